//! A check, its verdict, and the report of all.

use std::fmt;

use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::checks::ALL;
use crate::error::Error;
use crate::stage::Stage;

/// The report's schema name.
const SCHEMA: &str = "offtake.conformance/1";

/// One thing that the contract asks of a connector.
pub struct Check {
    /// Stable.
    pub id: &'static str,
    /// In a few words.
    pub name: &'static str,
    /// What is asserted.
    pub asserts: &'static str,
    pub(crate) run: Run,
}

/// Runs a check.
pub(crate) type Run = for<'a> fn(&'a Stage) -> BoxFuture<'a, Result<(), Not>>;

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Not {
    /// The connector breaks the contract.
    Kept(String),
    /// There is nothing to check.
    Applicable(String),
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The contract is kept.
    Pass,
    /// It is broken, in this way.
    Fail(String),
    /// There is nothing to check, for this reason.
    NotApplicable(String),
}

/// A check with its verdict.
#[derive(Debug)]
pub struct Outcome {
    /// The check.
    pub check: &'static Check,
    /// What it came to.
    pub verdict: Verdict,
}

/// What all checks came to.
#[derive(Debug)]
pub struct Report {
    /// `id@version`.
    pub connector: String,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    /// In the order of the checks.
    pub outcomes: Vec<Outcome>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl Verdict {
    /// The word in tables and documents.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail(_) => "fail",
            Self::NotApplicable(_) => "not-applicable",
        }
    }

    /// Why it is no pass.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Pass => None,
            Self::Fail(reason) | Self::NotApplicable(reason) => Some(reason),
        }
    }
}

impl Report {
    /// Runs the checks of these ids, or all. `progress` is told of each when it begins.
    ///
    /// # Errors
    /// OFT-K005.
    pub async fn of(stage: &Stage, only: &[String], progress: &mut dyn FnMut(&Check)) -> Result<Self, Error> {
        if let Some(unknown) = only.iter().find(|id| !ALL.iter().any(|check| check.id == **id)) {
            return Err(Error::UnknownCheck(unknown.clone()));
        }
        let mut outcomes = Vec::new();
        for check in ALL.iter().filter(|check| only.is_empty() || only.iter().any(|id| id == check.id)) {
            progress(check);
            let verdict = match (check.run)(stage).await {
                Ok(()) => Verdict::Pass,
                Err(Not::Kept(reason)) => Verdict::Fail(reason),
                Err(Not::Applicable(reason)) => Verdict::NotApplicable(reason),
            };
            outcomes.push(Outcome { check, verdict });
        }
        let manifest = stage.manifest();
        let connector = format!("{}@{}", manifest.id, manifest.version);
        Ok(Self { connector, digest: stage.digest().to_owned(), outcomes })
    }

    /// Whether no check failed and at least one passed.
    pub fn is_good(&self) -> bool {
        self.count("fail") == 0 && self.count("pass") > 0
    }

    /// How many checks have this verdict.
    pub fn count(&self, word: &str) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.verdict.word() == word).count()
    }

    /// The document, schema `offtake.conformance/1`.
    pub fn document(&self) -> Value {
        let checks = self.outcomes.iter().map(|Outcome { check, verdict }| {
            json!({
                "id": check.id,
                "name": check.name,
                "asserts": check.asserts,
                "verdict": verdict.word(),
                "reason": verdict.reason(),
            })
        });
        json!({
            "schema": SCHEMA,
            "connector": self.connector,
            "sha256": self.digest,
            "conforms": self.is_good(),
            "checks": checks.collect::<Vec<_>>(),
        })
    }
}
