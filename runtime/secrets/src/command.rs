//! A secret that a program prints: the command line of a password manager or a cloud's vault.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;
use crate::read::SECRET_BYTES_MAX;

/// A vault across the world answers in seconds; one that asks a person would never.
const TIMEOUT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// Its name, which may be shown; its arguments may tell more than they should.
pub(crate) fn program(command: &[String]) -> &str {
    command.first().map_or("", String::as_str)
}

/// What the program prints. It is started as it is, without a shell.
pub(crate) fn output(command: &[String]) -> Result<String, Error> {
    let failed = |what: String| Error::Command { program: program(command).to_owned(), what };
    let spawned = Command::new(program(command))
        .args(command.get(1..).unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = spawned.map_err(|error| failed(format!("cannot be started: {error}")))?;
    // Its own thread, because a pipe cannot be read with a time limit.
    let stdout = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.map(|pipe| pipe.take(SECRET_BYTES_MAX).read_to_end(&mut bytes));
        read.and_then(Result::ok).map(|_| bytes)
    });
    let Some(success) = ended(&mut child).map_err(|error| failed(format!("was lost: {error}")))? else {
        return Err(failed(format!("did not end within {} s", TIMEOUT.as_secs())));
    };
    if !success {
        return Err(failed("ended with an error".to_owned()));
    }
    let bytes = reader.join().ok().flatten().ok_or_else(|| failed("cannot be read".to_owned()))?;
    String::from_utf8(bytes).map_err(|_| failed("does not print text".to_owned()))
}

/// Whether it succeeded; none where its time was up.
fn ended(child: &mut Child) -> std::io::Result<Option<bool>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if started.elapsed() > TIMEOUT {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}
