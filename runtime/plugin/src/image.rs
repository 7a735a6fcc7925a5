//! The first memory of a component's instances, made when it is loaded.
//!
//! The engine would make it at the first call, in a file of memory that it seals against writing. Linux refuses the seal
//! (`EBUSY`) while it still holds pages of the file for itself, which happens to the images of interpreters on a busy
//! machine: a connector's first call would fail for that.

use std::time::Duration;

use wasmtime::component::Component;

/// Half a second in all; the kernel lets go of the pages within milliseconds.
const ATTEMPTS: u32 = 25;
const PAUSE: Duration = Duration::from_millis(20);

/// Makes the images. An error is one that stays.
pub(crate) fn prepare(component: &Component) -> wasmtime::Result<()> {
    for _ in 1..ATTEMPTS {
        match component.initialize_copy_on_write_image() {
            Err(error) if is_busy(&error) => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
    component.initialize_copy_on_write_image()
}

fn is_busy(error: &wasmtime::Error) -> bool {
    let of_system = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::ResourceBusy)
    };
    // The library that seals wraps the system's error and passes over it when it is asked for its source.
    error.chain().any(of_system) || format!("{error:#}").contains("os error 16")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_is_tried_again() {
        let busy = std::io::Error::from(std::io::ErrorKind::ResourceBusy);
        assert!(is_busy(&wasmtime::Error::from(busy)));
        assert!(is_busy(&wasmtime::Error::msg("Device or resource busy (os error 16)")));
        assert!(!is_busy(&wasmtime::Error::from(std::io::Error::from(std::io::ErrorKind::OutOfMemory))));
    }
}
