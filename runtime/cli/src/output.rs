//! Results on stdout, everything else on stderr.

use std::io::{self, IsTerminal, Write};

use anyhow::Error;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use offtake_config::{Problem, Problems};
use offtake_core::Fault;
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;

use crate::args::{Format, Global, LogFormat};
use crate::exit::Exit;

/// Where nobody says how wide a line may be.
const WIDTH_WITHOUT_TERMINAL: u16 = 140;
/// comfy-table's places for lines: only the one under the header is set.
const RULED_HEADER: &str = "     ──            ";

/// How this process writes.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    format: Format,
    pub(crate) quiet: bool,
    color: bool,
    pub(crate) terminal: bool,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        let terminal = io::stderr().is_terminal();
        let refused = global.no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { format: global.output, quiet: global.quiet, color: terminal && !refused, terminal }
    }

    pub(crate) fn init_logging(&self, global: &Global) {
        let level = match (global.quiet, global.verbose) {
            (true, _) => "error",
            (false, 0) => "warn",
            (false, 1) => "warn,offtake=info",
            (false, _) => "info,offtake=debug",
        };
        let builder = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(level))
            .with_writer(io::stderr)
            .with_ansi(self.color)
            .with_target(false);
        let result = match global.log_format {
            LogFormat::Text => builder.without_time().try_init(),
            LogFormat::Json => builder.json().try_init(),
        };
        if let Err(error) = result {
            self.note(&format!("logging is off: {error}"));
        }
    }

    /// A result: one document, or text.
    pub(crate) fn result(&self, document: &Value, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        let text = match self.format {
            Format::Json => serde_json::to_string_pretty(document)?,
            Format::Text => text(),
        };
        if text.is_empty() { Ok(()) } else { self.print(&text) }
    }

    /// Text on stdout.
    pub(crate) fn print(&self, text: &str) -> anyhow::Result<()> {
        match writeln!(io::stdout().lock(), "{}", text.trim_end()) {
            // `offtake … | head` closes the pipe on purpose.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    /// A line for a person who watches, on stderr.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            // Nobody is left to tell when stderr is gone.
            let _gone = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// A table with a rule under its header and no other lines.
    pub(crate) fn table(&self, header: &[&str]) -> Table {
        let mut table = Table::new();
        table.load_preset(RULED_HEADER).set_content_arrangement(ContentArrangement::Dynamic);
        if !io::stdout().is_terminal() {
            table.set_width(WIDTH_WITHOUT_TERMINAL);
        }
        table.set_header(header.iter().copied());
        table
    }

    /// Names with their values, one a line.
    pub(crate) fn facts(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        if !io::stdout().is_terminal() {
            table.set_width(WIDTH_WITHOUT_TERMINAL);
        }
        table
    }

    /// Shows an error and says how to exit.
    pub(crate) fn error(&self, error: &Error) -> Exit {
        let (errors, exit) = self.explain(error);
        if self.format == Format::Json {
            let document = json!({"schema": "offtake.errors/1", "errors": errors});
            let text = serde_json::to_string_pretty(&document).unwrap_or_default();
            let _gone = self.print(&text);
        }
        exit
    }

    /// Shows an error to a person, or returns it for a document; and says how to exit.
    pub(crate) fn explain(&self, error: &Error) -> (Vec<Value>, Exit) {
        let shown = shown(error);
        let exits = shown.iter().map(|shown| Exit::of(&shown.code));
        let exit = exits.min_by_key(|exit| *exit == Exit::Usage).unwrap_or(Exit::Failed);
        if self.format == Format::Json {
            return (shown.iter().map(Shown::to_json).collect(), exit);
        }
        let theme = if self.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
        let mut text = String::new();
        for report in &shown {
            if handler.render_report(&mut text, report).is_err() {
                text.push_str(&report.message);
            }
        }
        let _gone = writeln!(io::stderr().lock(), "{}", text.trim_end());
        (Vec::new(), exit)
    }
}

/// An error as it is shown: code, what, where, why, next step.
#[derive(Debug)]
struct Shown {
    code: String,
    message: String,
    causes: Vec<String>,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    label: Option<LabeledSpan>,
    position: Option<(usize, usize)>,
}

fn shown(error: &Error) -> Vec<Shown> {
    if let Some(problems) = error.downcast_ref::<Problems>() {
        return problems.0.iter().map(Shown::problem).collect();
    }
    let plain = |code: &str, help: Option<String>| Shown {
        code: code.to_owned(),
        message: error.to_string(),
        causes: error.chain().skip(1).map(ToString::to_string).collect(),
        help,
        source: None,
        label: None,
        position: None,
    };
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return vec![plain(fault.code, fault.help.clone())];
    }
    if let Some(error) = error.downcast_ref::<offtake_build::Error>() {
        return vec![plain(error.code(), Some(error.help()))];
    }
    vec![plain("OFT-X001", None)]
}

impl Shown {
    fn problem(problem: &Problem) -> Self {
        let source = problem.document.as_ref().map(|document| {
            NamedSource::new(document.path().display().to_string(), document.text().to_owned()).with_language("yaml")
        });
        let label = problem.span.clone().map(|span| LabeledSpan::at(span, problem.label.clone()));
        Self {
            code: problem.code.to_owned(),
            message: problem.message.clone(),
            causes: Vec::new(),
            help: problem.help.clone(),
            source,
            label,
            position: problem.position(),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "code": self.code,
            "message": self.message,
            "causes": self.causes,
            "help": self.help,
            "file": self.source.as_ref().map(|source| source.name().to_owned()),
            "line": self.position.map(|(line, _)| line),
            "column": self.position.map(|(_, column)| column),
        })
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        self.causes.iter().try_for_each(|cause| write!(f, "\n{cause}"))
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.label.clone().map(|label| Box::new(std::iter::once(label)) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}
