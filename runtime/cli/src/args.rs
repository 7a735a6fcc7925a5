//! What can be typed.

mod plugin;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub(crate) use self::plugin::{Language, Plugin, RegistryArgs, Test};

/// How this program is told to compile a component for another process of it.
pub(crate) const COMPILE: &str = "compile-component";

/// Reverse ETL: golden records from the lakehouse into the tools where people work.
#[derive(Debug, Parser)]
#[command(name = "offtake", version, about, propagate_version = true, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Global {
    /// Folder of the project.
    #[arg(short = 'C', long, global = true, default_value = ".", value_name = "FOLDER")]
    pub(crate) project_dir: PathBuf,
    /// How results are written to stdout.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) output: Format,
    /// Nothing but results and errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// More on stderr; twice for everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// How log lines are written to stderr.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// No colours (also by the variable NO_COLOR).
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One document with a versioned schema.
    Json,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// Verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a project that can be edited into yours.
    Init(Init),
    /// Check all files: shape, names, SQL, mapping, connector.
    Validate(Validate),
    /// Show what a run would send, and send nothing.
    Plan(Plan),
    /// Send what changed.
    Run(Run),
    /// Send again what earlier runs did not bring to the destination, and nothing else.
    Retry(Retry),
    /// Show how each sync stands.
    Status,
    /// List past runs, newest first, or show one.
    Runs(Runs),
    /// List rows that are not at the destination with their current value, and why.
    Rejects(Rejects),
    /// Show everything that was done with one row.
    History(History),
    /// Look at, verify, move and mend what is remembered of a sync.
    #[command(subcommand)]
    State(State),
    /// List connections and syncs.
    Ls,
    /// Write, build and look at connectors.
    #[command(subcommand)]
    Plugin(Plugin),
    /// Keep secrets, encrypted on this machine, for connections to refer to.
    #[command(subcommand)]
    Secret(Secret),
    /// Print the JSON Schema of a kind of file.
    Schema(Schema),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Watch the whole way once: a lakehouse table into a simulated HubSpot.
    Demo(Demo),
    /// Serve a simulated vendor on loopback until it is interrupted.
    Simulate(Simulate),
    /// Compile the component on stdin; only this program starts itself so.
    #[command(name = COMPILE, hide = true)]
    CompileComponent,
}

/// Which syncs.
#[derive(Debug, ClapArgs)]
pub(crate) struct Select {
    /// Names of syncs; all when none is given.
    pub(crate) syncs: Vec<String>,
}

/// `init`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Init {
    /// Folder to write into; made when it does not exist.
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
}

/// `validate`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) select: Select,
    /// Ask each destination for its fields instead of using what is remembered.
    #[arg(long)]
    pub(crate) online: bool,
}

/// `plan`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) select: Select,
    /// Exit with 2 when there is something to send, 0 when not, 1 on errors.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// `run`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) select: Select,
    /// All syncs of this model: its file, or the table or SQL that they share.
    #[arg(long, value_name = "MODEL", conflicts_with = "syncs")]
    pub(crate) model: Option<String>,
    /// A plan that a guard holds back; only exactly this plan is let through.
    #[arg(long, value_name = "PLAN")]
    pub(crate) approve: Vec<String>,
}

/// `retry`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Retry {
    #[command(flatten)]
    pub(crate) select: Select,
    /// Only the row with this match key: its value, or a JSON object of several.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<String>,
}

/// `runs`.
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Runs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    #[command(flatten)]
    pub(crate) list: RunsList,
}

/// `runs list`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RunsList {
    #[command(flatten)]
    pub(crate) select: Select,
    /// How many of each sync.
    #[arg(long, default_value_t = 10)]
    pub(crate) limit: usize,
}

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List past runs, newest first.
    List(RunsList),
    /// Show one run: rows, requests, time, what it read and with which connector.
    Show {
        /// Its id, or the beginning of it.
        run: String,
    },
}

/// `rejects`.
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Rejects {
    #[command(subcommand)]
    pub(crate) command: Option<RejectsCommand>,
    #[command(flatten)]
    pub(crate) list: RejectsList,
}

/// `rejects list`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RejectsList {
    #[command(flatten)]
    pub(crate) select: Select,
    /// How many of each sync.
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: usize,
}

/// What to do with rejects.
#[derive(Debug, Subcommand)]
pub(crate) enum RejectsCommand {
    /// List them.
    List(RejectsList),
    /// Write all of them to stdout, with what was sent.
    Export {
        #[command(flatten)]
        select: Select,
        /// How.
        #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
        format: ExportFormat,
    },
    /// Do not try refused values again until they change in the source.
    Ignore {
        /// The sync.
        sync: String,
        /// The row with this match key: its value, or a JSON object of several.
        #[arg(long, value_name = "KEY", required_unless_present = "all")]
        key: Vec<String>,
        /// Every row of the list.
        #[arg(long, conflicts_with = "key")]
        all: bool,
        /// Try them again.
        #[arg(long)]
        undo: bool,
    },
}

/// How rejects are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A table for spreadsheets.
    Csv,
    /// One object a line.
    Jsonl,
}

/// `history`.
#[derive(Debug, ClapArgs)]
pub(crate) struct History {
    /// The sync.
    pub(crate) sync: String,
    /// The row's match key: its value, or a JSON object of several.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: String,
}

/// `state`.
#[derive(Debug, Subcommand)]
pub(crate) enum State {
    /// Show its files, sizes and counts.
    Info(Select),
    /// Verify every file from end to end; changes nothing.
    Check(Select),
    /// Write the state of a sync into a file that another machine can import.
    Export {
        /// The sync.
        sync: String,
        /// The file.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Take over an exported state.
    Import {
        /// The sync.
        sync: String,
        /// The file.
        file: PathBuf,
        /// Replace what is remembered now.
        #[arg(long)]
        replace: bool,
    },
    /// Forget what was delivered: the next run sends every row again.
    Reset {
        /// The sync.
        sync: String,
        /// Do it; without this only the number of rows is shown.
        #[arg(long)]
        yes: bool,
    },
    /// Write the store anew without what it no longer needs.
    Compact(Select),
    /// Go back to the newest checkpoint that is whole.
    Restore {
        /// The sync.
        sync: String,
        /// Do it; without this only what is wrong is shown.
        #[arg(long)]
        yes: bool,
    },
}

/// `secret`.
#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Keep a secret: typed where nobody sees it, or read from stdin. Connections say `{ secret: NAME }`.
    Set {
        /// Its name.
        name: String,
    },
    /// List the names of what is kept.
    List,
    /// Forget a secret.
    Rm {
        /// Its name.
        name: String,
    },
}

/// `schema`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Schema {
    /// Kind of file.
    #[arg(value_enum, default_value_t = SchemaKind::Sync)]
    pub(crate) kind: SchemaKind,
}

/// Kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaKind {
    /// `offtake.yml`.
    Project,
    /// `connections/*.yml`.
    Connection,
    /// `syncs/*.yml`.
    Sync,
}

/// `demo`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Demo {
    /// Folder of the project that is written.
    #[arg(default_value = "offtake-demo")]
    pub(crate) folder: PathBuf,
}

/// `simulate`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Simulate {
    /// The vendor.
    #[arg(value_enum)]
    pub(crate) vendor: Vendor,
    /// Port on loopback; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// The token that it accepts.
    #[arg(long, default_value = crate::demo::TOKEN)]
    pub(crate) token: String,
    /// Keep to the vendor's request limits. Without it they are lifted.
    #[arg(long)]
    pub(crate) limits: bool,
}

/// A vendor that can be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Vendor {
    /// Braze's REST API.
    Braze,
    /// HubSpot's CRM API.
    Hubspot,
    /// Marketo Engage's REST API.
    Marketo,
    /// Salesforce's REST API and Bulk API 2.0.
    Salesforce,
    /// A JSON API of no vendor, for the webhook connector.
    Webhook,
    /// Zendesk's Support API.
    Zendesk,
}
