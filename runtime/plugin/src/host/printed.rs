//! stdout and stderr of a guest that was built for WASI: kept until its call ends, and then logged like its other lines.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::limits::LOG_BYTES_MAX;

/// Bytes that a guest may hand over at a time, as for its other streams.
const PERMIT_BYTES: usize = 64 << 10;

/// What was printed so far, of both streams in one order.
#[derive(Debug, Clone, Default)]
pub(super) struct Printed(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    /// The last line is kept without its end.
    is_cut: bool,
    dropped_lines: u64,
}

impl Printed {
    /// The text, and how many more lines there were.
    pub(super) fn take(&self) -> (String, u64) {
        let kept = std::mem::take(&mut *self.kept());
        (String::from_utf8_lossy(&kept.bytes).into_owned(), kept.dropped_lines)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn add(&mut self, bytes: &[u8]) {
        let room = LOG_BYTES_MAX.saturating_sub(self.bytes.len());
        let (kept, dropped) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
        self.bytes.extend_from_slice(kept);
        self.is_cut |= !kept.is_empty() && !dropped.is_empty() && !kept.ends_with(b"\n");
        let ends = dropped.iter().filter(|byte| **byte == b'\n').count() as u64;
        // A line is kept or counted, never both.
        self.dropped_lines += ends.saturating_sub(self.is_cut.into());
        self.is_cut &= ends == 0;
    }
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Of WASI 0.3, which is not linked.
        Box::new(tokio::io::sink())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

impl OutputStream for Printed {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.kept().add(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        // Never less, because a guest that may not print would wait for ever; what is too much is dropped.
        Ok(PERMIT_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_counted_by_lines() {
        let mut printed = Printed::default();
        printed.write(bytes::Bytes::from("Traceback\nValueError\n")).unwrap();
        for _ in 0..LOG_BYTES_MAX {
            printed.write(bytes::Bytes::from("xyz\n")).unwrap();
        }
        let (text, dropped) = printed.take();
        assert!(text.starts_with("Traceback\nValueError\nxyz\n") && text.len() == LOG_BYTES_MAX);
        assert_eq!(dropped + text.lines().count() as u64, 2 + LOG_BYTES_MAX as u64);
        assert_eq!(printed.take(), (String::new(), 0));
    }
}
