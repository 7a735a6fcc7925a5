//! Progress on stderr: a bar on a terminal, a line every ten seconds elsewhere.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use offtake_engine::{Event, Observer};

use crate::output::Output;

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The bars of runs that go on side by side.
#[derive(Debug, Default)]
pub(crate) struct Bars {
    bars: MultiProgress,
}

/// Shows one run.
pub(crate) struct Progress {
    output: Output,
    sync: String,
    bar: ProgressBar,
    last_line: Mutex<Instant>,
}

impl Progress {
    pub(crate) fn new(output: &Output, sync: &str, bars: &Bars) -> Self {
        let shown = output.terminal && !output.quiet;
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let bar = if shown { bars.bars.add(bar) } else { bar };
        bar.enable_steady_tick(Duration::from_millis(100));
        let progress =
            Self { output: output.clone(), sync: sync.to_owned(), bar, last_line: Mutex::new(Instant::now()) };
        progress.style("{prefix} {spinner} {msg}");
        progress.bar.set_prefix(sync.to_owned());
        progress
    }

    fn style(&self, template: &str) {
        // The templates below are constants that parse.
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("━╸ "));
        }
    }

    fn line(&self, text: &str) {
        if self.output.terminal {
            return;
        }
        let mut last = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            self.output.note(&format!("{} {text}", self.sync));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn on(&self, event: Event) {
        match event {
            Event::Recovering(left) => self.output.note(&format!(
                "{}: run {} left {} rows whose outcome nobody knows; they go first, with the same idempotency keys",
                self.sync, left.run, left.rows
            )),
            Event::Stopping => self.bar.set_message("stopping"),
            Event::Reading => self.bar.set_message("reading the source"),
            Event::Compared { counts } => {
                self.style("{prefix} {bar:30} {pos}/{len}  {per_sec}  {msg}  {eta}");
                self.bar.set_message("");
                self.bar.set_length(counts.to_send());
                self.line(&format!("{} rows read, {} to send", counts.source_rows, counts.to_send()));
            }
            Event::Settled { delivered, rejected, of } => {
                self.bar.set_position(delivered + rejected);
                self.bar.set_message(format!("✓{delivered} ✗{rejected}"));
                self.line(&format!("{}/{of} sent, {rejected} rejected", delivered + rejected));
            }
            Event::Waiting { delay, code, message } => {
                let text = format!("{code}: {message}; waiting {:.1} s", delay.as_secs_f64());
                self.bar.set_message(text.clone());
                self.line(&text);
            }
        }
    }
}
