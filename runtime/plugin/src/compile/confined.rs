//! Takes from a process what a compiler does not need.

use std::io;

use crate::limits::CompileLimits;

/// Elsewhere a process has no such limits, and components are not compiled in one.
#[cfg(not(unix))]
pub(super) fn confine(_: CompileLimits) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(super) use unix::confine;

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::path::Path;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::{CompileLimits, io};

    /// stdin, stdout, stderr.
    const STREAMS: i32 = 3;

    /// Closes what was inherited and lowers the limits: memory, CPU time, no files, no core.
    pub(in super::super) fn confine(limits: CompileLimits) -> io::Result<()> {
        close_inherited()?;
        lower(Resource::Core, 0, 0)?;
        lower(Resource::Fsize, 0, 0)?;
        // The first limit is a signal that tells what it is about; the second is a kill.
        lower(Resource::Cpu, limits.cpu_s.into(), 1)?;
        // Elsewhere an ordinary process has hundreds of gigabytes mapped, all of them shared.
        if cfg!(target_os = "linux") {
            lower(Resource::As, u64::from(limits.memory_mib) << 20, 0)?;
        }
        // Nothing can be opened any more: no file, no socket.
        lower(Resource::Nofile, STREAMS.unsigned_abs().into(), 0)
    }

    fn lower(resource: Resource, wanted: u64, beyond: u64) -> io::Result<()> {
        // A limit that is lower already stays: it may not be raised.
        let before = getrlimit(resource);
        let current = before.current.map_or(wanted, |current| current.min(wanted));
        let maximum = before.maximum.map_or(wanted + beyond, |maximum| maximum.min(wanted + beyond));
        Ok(setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })?)
    }

    /// A shell or a service manager may have left descriptors open in the host which it did not open itself.
    fn close_inherited() -> io::Result<()> {
        let Some(folder) = ["/proc/self/fd", "/dev/fd"].into_iter().map(Path::new).find(|folder| folder.is_dir())
        else {
            return Ok(());
        };
        let listed: Vec<OsString> =
            std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
        // The descriptor through which they were listed is closed by now, and no longer there.
        let there = listed.into_iter().filter(|name| std::fs::symlink_metadata(folder.join(name)).is_ok());
        let open = there.filter_map(|name| name.to_str()?.parse().ok()).filter(|descriptor| *descriptor >= STREAMS);
        let open: Vec<i32> = open.collect();
        for descriptor in open {
            #[expect(unsafe_code, reason = "there is no safe way to close what was inherited and has no owner here")]
            // SAFETY: it is open, as was just seen, and `answer` is the first thing that its process does, so that nothing in it
            // owns a descriptor beyond the three streams.
            unsafe {
                rustix::io::close(descriptor);
            }
        }
        Ok(())
    }
}
