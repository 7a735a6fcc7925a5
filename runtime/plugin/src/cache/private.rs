//! Files that are this user's and nobody else's: never a link, never another user's, never open to others.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::SystemTime;

/// What becomes of a file that has the name already.
pub(super) enum Existing<'a> {
    /// It goes.
    Replace,
    /// It stays where this says so of it.
    KeepIf(&'a dyn Fn(&Path) -> bool),
}

/// Makes the folder or closes it to others, and says whether it was closed to them before.
pub(super) fn folder(path: &Path) -> io::Result<bool> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() {
        return Err(io::Error::other("it is no folder"));
    }
    if !is_mine(&found) {
        return Err(io::Error::other("it is another user's"));
    }
    let was_private = is_closed(&found);
    #[cfg(unix)]
    if !was_private {
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    }
    Ok(was_private)
}

/// The whole file, and marks it as used now.
pub(super) fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        // A pipe must not block whoever opens it.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, i32::from_ne_bytes(flags.to_ne_bytes()));
    }
    let file = options.open(path)?;
    // Of what was opened, not of what has its name by now.
    let found = file.metadata()?;
    if !found.is_file() || !is_mine(&found) || !is_closed(&found) || found.len() > bytes_max {
        return Err(io::Error::other("it is not a file of this user alone"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
    (&file).take(bytes_max).read_to_end(&mut bytes)?;
    // Where this fails, the file goes a little earlier than it would.
    drop(file.set_modified(SystemTime::now()));
    Ok(bytes)
}

/// Writes a whole file under a name of its own and then gives it its name, so that nobody sees half of it.
pub(super) fn write(folder: &Path, path: &Path, parts: &[&[u8]], existing: Existing<'_>) -> io::Result<()> {
    let temporary = super::temporary(folder)?;
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|file| fill(file, parts)).and_then(|()| match existing {
        Existing::Replace => fs::rename(&temporary, path),
        Existing::KeepIf(is_good) => link(&temporary, path, is_good),
    });
    // There is nothing left to remove where it was renamed.
    drop(fs::remove_file(&temporary));
    written
}

fn fill(mut file: File, parts: &[&[u8]]) -> io::Result<()> {
    parts.iter().try_for_each(|part| file.write_all(part))
}

/// Gives a file another name, unless there is a good one of that name.
fn link(from: &Path, to: &Path, is_good: &dyn Fn(&Path) -> bool) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(_) if is_good(to) => Ok(()),
        // What is there is no use, or this file system has no links.
        Err(_) => fs::rename(from, to),
        Ok(()) => Ok(()),
    }
}

#[cfg(unix)]
fn is_mine(file: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(file) == rustix::process::geteuid().as_raw()
}

#[cfg(unix)]
fn is_closed(file: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(file) & 0o077 == 0
}

/// Elsewhere the user's own cache folder is closed to others by the system.
#[cfg(not(unix))]
fn is_mine(_: &fs::Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn is_closed(_: &fs::Metadata) -> bool {
    true
}
