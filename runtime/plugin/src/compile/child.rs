//! Both ends of the process in which a component is compiled: the component goes in by stdin, the code comes out by stdout,
//! a refusal by stderr.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child as Process, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::Engine;

use super::Child;
use crate::component::COMPONENT_BYTES_MAX;
use crate::error::Error;
use crate::limits::{CODE_BYTES_MAX, CompileLimits};

/// The compiler's words; the rest of a long complaint tells nobody anything.
const MESSAGE_BYTES_MAX: u64 = 4 << 10;
/// Between two looks whether a process that has said everything has ended.
const PATIENCE: Duration = Duration::from_millis(5);
/// Exit code of a process that refused the component, rather than breaking.
const REFUSED: u8 = 3;

/// What the other process left.
struct Left {
    code: io::Result<Vec<u8>>,
    message: String,
    /// None where it was ended for its time.
    status: Option<ExitStatus>,
}

/// The child's whole life: limits itself, reads a component from stdin, writes its code to stdout. It has to be the first
/// thing that its process does, because it closes whatever the process has inherited.
pub fn answer(limits: CompileLimits) -> ExitCode {
    let confined = super::confined::confine(limits);
    let code = confined.map_err(|error| error.to_string()).and_then(|()| made());
    let written = code.and_then(|code| io::stdout().lock().write_all(&code).map_err(|error| error.to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // Nobody listens any more where this fails.
            drop(io::stderr().lock().write_all(message.as_bytes()));
            ExitCode::from(REFUSED)
        }
    }
}

fn made() -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(COMPONENT_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > COMPONENT_BYTES_MAX {
        return Err("the component is too large".to_owned());
    }
    let engine = Engine::new(&super::config()).map_err(|error| error.to_string())?;
    super::here(&engine, &bytes)
}

/// Has the other process compile a component.
pub(super) fn compile(child: &Child, path: &Path, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let Child { program, arguments, limits } = child;
    let spawned = Command::new(program)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let broken = |error: io::Error| Error::Engine(format!("no process to compile in ({}): {error}", program.display()));
    let left = watch(spawned.map_err(broken)?, bytes, limits.wall).map_err(broken)?;
    judge(left, *limits).map_err(|(why, message)| match why {
        Why::Refused => Error::Compile { path: path.to_owned(), message },
        Why::Limit => Error::CompileLimit { path: path.to_owned(), message },
    })
}

fn watch(mut child: Process, bytes: &[u8], wall: Duration) -> io::Result<Left> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let ends_at = Instant::now() + wall;
    thread::scope(|scope| {
        // A process that ended early closes its stdin: what became of it says its status.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(bytes)));
        let code = listen(scope, stdout, CODE_BYTES_MAX + 1);
        let message = listen(scope, stderr, MESSAGE_BYTES_MAX);
        let code = code.recv_timeout(ends_at.saturating_duration_since(Instant::now()));
        let in_time = code.is_ok() && has_ended(&mut child, ends_at);
        // Of a process that has ended, there is nothing to kill.
        drop(child.kill());
        let status = child.wait()?;
        let message = message.recv().ok().and_then(Result::ok).unwrap_or_default();
        Ok(Left {
            code: code.unwrap_or_else(|_| Ok(Vec::new())),
            message: String::from_utf8_lossy(&message).trim().to_owned(),
            status: in_time.then_some(status),
        })
    })
}

/// Reads a stream in a thread, so much of it at most: then the other side gets a broken pipe.
fn listen<'scope, R: Read + Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    stream: Option<R>,
    bytes_max: u64,
) -> Receiver<io::Result<Vec<u8>>> {
    let (said, heard) = sync_channel(1);
    scope.spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map_or(Ok(0), |stream| stream.take(bytes_max).read_to_end(&mut bytes));
        // Nobody waits for it where the time was up.
        drop(said.send(read.map(|_| bytes)));
    });
    heard
}

/// Waits until the process ends by itself, and says whether it did before its time was up.
fn has_ended(child: &mut Process, ends_at: Instant) -> bool {
    while Instant::now() < ends_at {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        thread::sleep(PATIENCE);
    }
    false
}

/// Whose fault it is that there is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// The component cannot be compiled.
    Refused,
    /// It takes more than a component may.
    Limit,
}

fn judge(left: Left, limits: CompileLimits) -> Result<Vec<u8>, (Why, String)> {
    let limit = |what: String| Err((Why::Limit, what));
    let Some(status) = left.status else {
        return limit(format!("it takes longer than {} s", limits.wall.as_secs()));
    };
    let code = left.code.map_err(|error| (Why::Refused, error.to_string()))?;
    if code.len() as u64 > CODE_BYTES_MAX {
        return limit(format!("its code is larger than {} MiB", CODE_BYTES_MAX >> 20));
    }
    if status.success() {
        return Ok(code);
    }
    if status.code() == Some(REFUSED.into()) {
        return Err((Why::Refused, left.message));
    }
    // Words of Rust's own handler, before it aborts.
    if left.message.contains("memory allocation of") {
        return limit(format!("it takes more than {} MiB of memory", limits.memory_mib));
    }
    if ended_for_its_cpu_time(status) {
        return limit(format!("it takes more than {} s of CPU time", limits.cpu_s));
    }
    Err((Why::Refused, format!("it breaks the compiler ({status})")))
}

#[cfg(unix)]
fn ended_for_its_cpu_time(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(rustix::process::Signal::XCPU.as_raw())
}

#[cfg(not(unix))]
fn ended_for_its_cpu_time(_: ExitStatus) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    /// Exit codes and signals as `wait` reports them.
    const ABORTED: i32 = 6;
    const CPU_LIMIT: i32 = 24;
    const CODE: i32 = 1 << 8;

    fn left(status: Option<i32>, message: &str, code: &[u8]) -> Left {
        Left { code: Ok(code.to_vec()), message: message.to_owned(), status: status.map(ExitStatus::from_raw) }
    }

    #[test]
    fn every_end_of_the_process_has_its_reason() {
        assert_eq!(judge(left(Some(0), "", b"code"), CompileLimits::default()), Ok(b"code".to_vec()));
        let refused = i32::from(REFUSED) * CODE;
        let cases = [
            (left(Some(refused), "no such instruction", b""), Why::Refused, "no such instruction"),
            (left(Some(ABORTED), "memory allocation of 7 bytes failed", b""), Why::Limit, "MiB of memory"),
            (left(Some(ABORTED), "thread has overflowed its stack", b"half"), Why::Refused, "breaks the compiler"),
            (left(Some(101 * CODE), "panicked at", b""), Why::Refused, "breaks the compiler"),
            (left(Some(CPU_LIMIT), "", b""), Why::Limit, "of CPU time"),
            (left(None, "", b""), Why::Limit, "longer than"),
        ];
        for (left, why, words) in cases {
            let (found, message) = judge(left, CompileLimits::default()).unwrap_err();
            assert!(found == why && message.contains(words), "{words}: {message}");
        }
    }
}
