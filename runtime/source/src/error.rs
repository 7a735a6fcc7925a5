//! What can go wrong with a model, with its codes.

use std::path::PathBuf;

use datafusion::error::DataFusionError;
use offtake_core::Fault;

/// A model cannot be planned or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// OFT-D001: the SQL is not one valid query.
    #[error("the model's SQL is not valid: {message}")]
    Sql {
        /// The planner's words.
        message: String,
        /// Line and column from 1, where the parser named one.
        position: Option<(u64, u64)>,
    },
    /// OFT-D002: the SQL names a table that the connection does not have.
    #[error("table `{table}` is not in the connection; it has {}", list(.known))]
    UnknownTable {
        /// As the SQL has it.
        table: String,
        /// Tables and catalogs of the connection.
        known: Vec<String>,
    },
    /// OFT-D003: a table's files are not there.
    #[error("table `{table}`: nothing at {}", .path.display())]
    NotFound {
        /// The table.
        table: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// OFT-D004: a table cannot be opened.
    #[error("table `{table}` cannot be read: {message}")]
    Unreadable {
        /// The table.
        table: String,
        /// The reader's words.
        message: String,
    },
    /// OFT-D005: a table uses an Iceberg feature that would be read wrongly.
    #[error("table `{table}` uses {feature}, which this version does not read")]
    UnsupportedFeature {
        /// The table.
        table: String,
        /// The feature's name in the Iceberg specification.
        feature: &'static str,
    },
    /// OFT-D006: the model does not only read.
    #[error("a model is one SELECT: {0}")]
    NotAQuery(String),
    /// OFT-D007: the query failed while it ran.
    #[error("the query failed: {0}")]
    Query(String),
}

/// A field of the mapping cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingError {
    /// OFT-C013: the model has no such column.
    #[error("column `{column}` is not in the model")]
    UnknownColumn {
        /// As the mapping has it.
        column: String,
        /// The model's columns.
        known: Vec<String>,
    },
    /// OFT-C015: the expression is not a scalar over the model's columns.
    #[error("{message}")]
    Expression {
        /// Why not.
        message: String,
    },
}

impl Error {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sql { .. } => "OFT-D001",
            Self::UnknownTable { .. } => "OFT-D002",
            Self::NotFound { .. } => "OFT-D003",
            Self::Unreadable { .. } => "OFT-D004",
            Self::UnsupportedFeature { .. } => "OFT-D005",
            Self::NotAQuery(_) => "OFT-D006",
            Self::Query(_) => "OFT-D007",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Sql { .. } => "correct the model's SQL",
            Self::UnknownTable { .. } => "correct the name, or add the table under `source.tables` of the connection",
            Self::NotFound { .. } => "correct `path`; it is relative to the project folder",
            Self::Unreadable { .. } => "check `format` and that the files are whole",
            Self::UnsupportedFeature { .. } => {
                "rewrite the table without it (a compaction does), or read it through an engine that can"
            }
            Self::NotAQuery(_) => "remove what writes, and what stands after the first statement",
            Self::Query(_) => "nothing was sent and nothing deleted; correct the SQL or the data and run again",
        }
    }

    /// The planner's error, with its position when it has one.
    pub(crate) fn planning(error: &DataFusionError) -> Self {
        let message = words(error);
        let position = position(&message);
        Self::Sql { message, position }
    }
}

impl MappingError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownColumn { .. } => "OFT-C013",
            Self::Expression { .. } => "OFT-C015",
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.to_string()).with_help(error.help())
    }
}

/// The innermost words of an error, without the wrappers' names and backtraces.
pub(crate) fn words(error: &DataFusionError) -> String {
    let root = error.find_root().strip_backtrace();
    let prefixes = [
        "Error during planning: ",
        "Schema error: ",
        "SQL error: ",
        "Execution error: ",
        "Arrow error: ",
        "External error: ",
        "This feature is not implemented: ",
    ];
    let mut text = root.as_str();
    while let Some(rest) = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = rest;
    }
    text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// sqlparser ends its message with `at Line: 3, Column: 8`.
fn position(message: &str) -> Option<(u64, u64)> {
    let (_, rest) = message.rsplit_once("Line: ")?;
    let (line, rest) = rest.split_once(", Column: ")?;
    let column: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((line.parse().ok()?, column.parse().ok()?))
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
