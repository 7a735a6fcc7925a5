//! Ctrl-C and SIGTERM: the first asks runs to stop, the second abandons them.

use offtake_engine::Stop;
use tokio::sync::watch;

use crate::exit::Exit;
use crate::output::Output;

/// Watches signals while runs go on.
#[derive(Debug)]
pub(crate) struct Signals {
    stop: Stop,
    /// The first signal, and whether there was another.
    received: watch::Receiver<(Option<Exit>, bool)>,
    task: tokio::task::JoinHandle<()>,
}

impl Signals {
    /// Runs that have the handle are asked to stop at the first signal.
    pub(crate) fn watch(output: &Output) -> Self {
        let stop = Stop::default();
        let (tell, received) = watch::channel((None, false));
        let (asked, output) = (stop.clone(), output.clone());
        let task = tokio::spawn(async move {
            let first = next().await;
            tell.send_replace((Some(first), false));
            output.note("stopping after the calls that are under way… press Ctrl-C again to stop now");
            asked.ask();
            next().await;
            tell.send_replace((Some(first), true));
        });
        Self { stop, received, task }
    }

    /// What runs are given.
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// How to exit after a signal, when there was one.
    pub(crate) fn exit(&self) -> Option<Exit> {
        self.received.borrow().0
    }

    /// Returns at the second signal. State is written so that it may be cut off at any moment, so whoever waits may just go.
    pub(crate) async fn second(&self) {
        let mut received = self.received.clone();
        if received.wait_for(|(_, again)| *again).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(unix)]
async fn next() -> Exit {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupt().await;
    };
    tokio::select! {
        exit = interrupt() => exit,
        _ = terminate.recv() => Exit::Terminated,
    }
}

#[cfg(not(unix))]
async fn next() -> Exit {
    interrupt().await
}

/// Where signals cannot be watched, they keep their usual effect.
async fn interrupt() -> Exit {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    Exit::Interrupted
}
