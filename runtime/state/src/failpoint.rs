//! Named places at which tests make a run fail or die. Without the feature `failpoints` they are nothing.

use std::io;

/// Passes the place, unless a test wants it to fail: `return(full)` as a full disk, `return` as any other error.
pub(crate) fn reach(name: &str) -> io::Result<()> {
    #[cfg(feature = "failpoints")]
    fail::fail_point!(name, |word| Err(injected(name, word)));
    let _ = name;
    Ok(())
}

#[cfg(feature = "failpoints")]
fn injected(name: &str, word: Option<String>) -> io::Error {
    let kind = if word.as_deref() == Some("full") { io::ErrorKind::StorageFull } else { io::ErrorKind::Other };
    io::Error::new(kind, format!("injected at {name}"))
}
