//! One process a state folder: two runs of one sync would send rows twice.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;
use crate::files::private;

/// How long a process that is ending may still hold the folder, before another is told that it is in use.
const WAIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// Holds the folder until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock and writes down who has it. What an owner that died has left in the file says nothing.
    pub(crate) fn take(directory: &Path) -> Result<Self, Error> {
        let path = directory.join("LOCK");
        let mut options: OpenOptions = private();
        let mut file = options.read(true).create(true).truncate(false).open(&path).map_err(Error::io("open", &path))?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if since.elapsed() < WAIT => thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Locked { path: directory.to_owned(), owner: owner(&mut file) });
                }
                Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path)(source)),
            }
        }
        let words = introduction();
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(words.as_bytes()));
        written.map_err(Error::io("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// The first line of what the owner wrote. It is a courtesy: without it the message is only shorter.
fn owner(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    let line = if read.is_ok() { text.lines().next() } else { None };
    line.filter(|line| !line.is_empty()).unwrap_or("a process that did not say its name").to_owned()
}

fn introduction() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let (host, boot) = (read("/etc/hostname"), read("/proc/sys/kernel/random/boot_id"));
    let since = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M").to_string();
    let (pid, version) = (std::process::id(), env!("CARGO_PKG_VERSION"));
    format!("pid {pid} on {host}, since {since}\nofftake {version}, boot {boot}\n")
}
