//! What a connector answered to a write, taken apart.

use offtake_core::destination::{CallFailure, Effect, Failure, OutcomeKind, RowResult, WriteRequest};
use serde_json::{Map, Value};

use crate::check::Not;
use crate::session::Session;
use crate::stage::Stage;
use crate::vendor::{Exchange, Said};

/// Reasons that the sandbox gives when it ends a call.
const BROKEN: [&str; 6] = ["contract", "cpu_limit", "memory_limit", "stack_overflow", "too_much_data", "trap"];
const OUT_OF_TIME: &str = "wall_limit";

/// An answer that accounts for each row at most once.
#[derive(Debug, Clone)]
pub(crate) struct Conduct {
    rows: Vec<Option<Result<OutcomeKind, Failure>>>,
    whole: Option<CallFailure>,
}

/// Breaks the check with a sentence.
pub(crate) fn kept(holds: bool, sentence: impl FnOnce() -> String) -> Result<(), Not> {
    if holds { Ok(()) } else { Err(Not::Kept(sentence())) }
}

/// A failure in a few words.
pub(crate) fn words(failure: &Failure) -> String {
    let class = match failure {
        Failure::Transient(_) => "transient",
        Failure::RateLimited { .. } => "rate-limited",
        Failure::Auth(_) => "auth",
        Failure::Forbidden(_) => "forbidden",
        Failure::Rejected(_) => "rejected",
        Failure::Unattributed(_) => "unattributed",
        Failure::TooLarge(_) => "too-large",
        Failure::SchemaChanged(_) => "schema-changed",
        Failure::Misconfigured(_) => "misconfigured",
        Failure::Fatal(_) => "fatal",
    };
    format!("{class} ({}: {})", failure.detail().code, failure.detail().message)
}

/// Whether the sandbox, rather than the connector, ended the call.
pub(crate) fn is_broken(failure: &Failure) -> bool {
    matches!(failure, Failure::Fatal(detail) if BROKEN.contains(&detail.code.as_str()) || detail.code == OUT_OF_TIME)
}

/// A failed call must have been failed by the connector.
pub(crate) fn not_broken(failed: &CallFailure) -> Result<(), Not> {
    kept(!is_broken(&failed.failure), || format!("the call broke: {}", failed.failure.detail().message))
}

impl Conduct {
    /// Takes an answer apart; one that breaks the accounting of rows is no answer.
    pub(crate) fn of(rows: usize, answer: Result<Vec<RowResult>, CallFailure>) -> Result<Self, Not> {
        let mut conduct = Self { rows: vec![None; rows], whole: None };
        match answer {
            Err(failed) => {
                not_broken(&failed)?;
                conduct.whole = Some(failed);
            }
            Ok(results) => {
                for result in results {
                    let slot = usize::try_from(result.row).ok().and_then(|row| conduct.rows.get_mut(row));
                    match slot {
                        None => {
                            return Err(Not::Kept(format!("it answered for row {} of a batch of {rows}", result.row)));
                        }
                        Some(Some(_)) => return Err(Not::Kept(format!("it answered twice for row {}", result.row))),
                        Some(slot) => *slot = Some(result.outcome),
                    }
                }
            }
        }
        Ok(conduct)
    }

    /// Writes a batch and takes the answer apart.
    pub(crate) async fn written(stage: &Stage, session: &Session, request: WriteRequest) -> Result<Self, Not> {
        let rows = request.refs.len();
        Self::of(rows, session.write(stage, request).await)
    }

    /// Indices of the rows that are done.
    pub(crate) fn done(&self) -> Vec<usize> {
        self.indices(|row| matches!(row, Some(Ok(_))))
    }

    /// Indices of the rows that nothing was said of.
    pub(crate) fn missing(&self) -> Vec<usize> {
        self.indices(Option::is_none)
    }

    /// What was said of a row.
    pub(crate) fn row(&self, index: usize) -> Option<&Result<OutcomeKind, Failure>> {
        self.rows.get(index).and_then(Option::as_ref)
    }

    /// Failures of rows.
    pub(crate) fn of_rows(&self) -> Vec<&Failure> {
        self.rows.iter().flatten().filter_map(|outcome| outcome.as_ref().err()).collect()
    }

    /// The failure of the whole call.
    pub(crate) fn whole(&self) -> Option<&CallFailure> {
        self.whole.as_ref()
    }

    /// All failures, of the call and of rows.
    pub(crate) fn failures(&self) -> Vec<&Failure> {
        self.whole.iter().map(|whole| &whole.failure).chain(self.of_rows()).collect()
    }

    /// Every row is done.
    pub(crate) fn all_done(&self) -> Result<(), Not> {
        if let Some(whole) = &self.whole {
            return Err(Not::Kept(format!("the call failed: {}", words(&whole.failure))));
        }
        if let Some(failure) = self.of_rows().first() {
            return Err(Not::Kept(format!("a row failed: {}", words(failure))));
        }
        let missing = self.missing();
        kept(missing.is_empty(), || {
            format!("nothing was said of {} of {} rows, although the vendor took all", missing.len(), self.rows.len())
        })
    }

    /// No row is done.
    pub(crate) fn none_done(&self) -> Result<(), Not> {
        let done = self.done();
        kept(done.is_empty(), || format!("{} of {} rows are said to be done", done.len(), self.rows.len()))
    }

    /// Nothing is said that takes for granted that the vendor did nothing.
    pub(crate) fn effect_unknown(&self) -> Result<(), Not> {
        if let Some(whole) = &self.whole {
            return kept(whole.effect == Effect::Unknown, || {
                format!(
                    "the call failed as {} with effect `none`, and the vendor may have acted",
                    words(&whole.failure)
                )
            });
        }
        let certain = self.of_rows().into_iter().find(|failure| !matches!(failure, Failure::Fatal(_)));
        match certain {
            None => Ok(()),
            Some(failure) => Err(Not::Kept(format!(
                "a row failed as {}, which says that the vendor did nothing: leave it out, or fail the call with effect `unknown`",
                words(failure)
            ))),
        }
    }

    fn indices(&self, is: impl Fn(&Option<Result<OutcomeKind, Failure>>) -> bool) -> Vec<usize> {
        self.rows.iter().enumerate().filter(|(_, row)| is(row)).map(|(index, _)| index).collect()
    }
}

/// The script or the recording lacks an answer: then the check says nothing of the connector.
pub(crate) fn scripted(exchanges: &[Exchange]) -> Result<(), Not> {
    let lacking = exchanges.iter().find_map(|exchange| match &exchange.said {
        Said::Nothing(why) => Some(why.clone()),
        Said::Answer(_) | Said::Fault => None,
    });
    lacking.map_or(Ok(()), |why| Err(Not::Kept(why)))
}

/// Whether a row stands in a request, by its match values.
pub(crate) fn carries(exchange: &Exchange, row: &Map<String, Value>, match_keys: &[String]) -> bool {
    let text = exchange.text();
    let values = match_keys.iter().filter_map(|key| row.get(key));
    let mut values = values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).peekable();
    values.peek().is_some() && values.all(|value| text.to_lowercase().contains(&value.to_lowercase()))
}
