//! The languages that a connector can be written in, and how a folder shows its own.

use std::path::Path;

use crate::error::Error;
use crate::manifest::Limits;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Compiled: small, fast, and the same bytes for the same sources.
    #[default]
    Rust,
    /// CPython, snapshotted with the connector in it.
    Python,
    /// QuickJS, snapshotted with the connector in it.
    JavaScript,
}

/// The file by which a folder shows its language.
const SIGNS: [(&str, Language); 3] =
    [("Cargo.toml", Language::Rust), ("pyproject.toml", Language::Python), ("package.json", Language::JavaScript)];

/// An interpreter takes as much memory as a connector can have, and ten times as long.
const INTERPRETED: Limits = Limits { memory_mib: 256, cpu_ms: 10_000, wall_ms: 120_000 };

impl Language {
    /// The language of the connector in a folder.
    pub(crate) fn of(dir: &Path) -> Result<Self, Error> {
        let missing = |missing| Error::NotAConnector { dir: dir.to_owned(), missing };
        if !dir.join("connector.toml").is_file() {
            return Err(missing("connector.toml"));
        }
        let sign = SIGNS.into_iter().find(|(sign, _)| dir.join(sign).is_file());
        sign.map(|(_, language)| language).ok_or_else(|| missing("Cargo.toml, pyproject.toml or package.json"))
    }

    /// What a call gets where `connector.toml` does not say.
    pub(crate) fn default_limits(self) -> Limits {
        match self {
            Self::Rust => Limits::default(),
            Self::Python | Self::JavaScript => INTERPRETED,
        }
    }
}
