//! Reads answers as the connection says.

use std::collections::BTreeMap;

use offtake_sdk::{Batch, CallFailure, Detail, Failure, OutcomeKind, Report, Response, Row, VendorError, log, text};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::config::{Answer, Rows, Words};

/// Statuses as which the SDK reads those that the connection names.
const AS_REJECTED: u16 = 400;
const AS_RETRY: u16 = 503;

/// What an answer other than 2xx says.
pub(crate) fn explain(answer: &Answer, response: &Response) -> VendorError {
    let body = body(response);
    let status = response.status();
    let later = answer.retry.contain(status) || answer.words.retry_if.as_ref().is_some_and(|later| later.holds(&body));
    let treat_as =
        if later && status != 429 { Some(AS_RETRY) } else { answer.reject.contain(status).then_some(AS_REJECTED) };
    let said = Said::of(&answer.words, &body);
    VendorError { code: said.code, message: said.message, field: said.field, treat_as, ..VendorError::default() }
}

/// A refusal that comes with a status of success; none where it is a success. The API says that it did not do it.
///
/// A page of a proxy has a status of success, too: what is no JSON is nobody's word, unless the connection expects text.
pub(crate) fn refused(answer: &Answer, response: &Response) -> Option<CallFailure> {
    let is_json = response.body().is_empty() || serde_json::from_slice::<IgnoredAny>(response.body()).is_ok();
    if !is_json && !answer.text {
        return Some(CallFailure::unreadable(
            "the answer is not JSON; where the API answers so, set `text` under `answer`",
        ));
    }
    let body = body(response);
    let later = answer.words.retry_if.as_ref().is_some_and(|later| later.holds(&body));
    let refused = answer.words.done_if.as_ref().is_some_and(|done| !done.holds(&body));
    let detail = || Said::of(&answer.words, &body).detail(Some(response.status()));
    match (later, refused) {
        (true, _) => Some(Failure::Transient(detail()).without_effect()),
        (false, true) => Some(Failure::Unattributed(detail()).without_effect()),
        (false, false) => None,
    }
}

/// The id that an answer about one row gives its record.
pub(crate) fn id(answer: &Answer, response: &Response) -> Option<String> {
    Said::of(&answer.words, &body(response)).id
}

/// Answers for the rows of one request by what its body says of each, or by its status alone where the connection names no place.
pub(crate) fn settle(answer: &Answer, response: &Response, batch: &Batch, kind: OutcomeKind, report: &mut Report) {
    let Some(rows) = &answer.rows else {
        return rest_done(batch, kind, report);
    };
    let body = body(response);
    let elements = |place: &Option<String>| place.as_ref().and_then(|place| body.pointer(place)?.as_array());
    let index = Index::new(rows, batch);
    let mut nameless = 0_usize;
    for (place, element) in elements(&rows.errors).into_iter().flatten().enumerate() {
        let named = index.row_of(element, place, rows.results.is_none() && rows.index.is_none() && rows.key.is_none());
        // The one row is the only one that the error can be about.
        match named.or(batch.rows().first().filter(|_| batch.len() == 1)) {
            Some(row) => report.failed(row, failure(&rows.words, element)),
            None => nameless += 1,
        }
    }
    if nameless > 0 {
        log::warn(&format!("{nameless} errors of the answer name no row"));
    }
    match elements(&rows.results) {
        Some(results) => {
            for (place, element) in results.iter().enumerate() {
                let Some(row) = index.row_of(element, place, false).filter(|row| !report.is_answered(row)) else {
                    continue;
                };
                if is_done(&rows.words, element) {
                    report.done(row, kind, Said::of(&rows.words, element).id);
                } else {
                    report.failed(row, failure(&rows.words, element));
                }
            }
        }
        // Where only refusals are listed, silence is a success. Where results should be and are not, it is none.
        None if rows.results.is_none() && nameless == 0 => rest_done(batch, kind, report),
        None if rows.results.is_none() => log::warn("the rows that no error names stay unknown"),
        None => log::warn("the answer has no results at the place that the connection names"),
    }
}

fn rest_done(batch: &Batch, kind: OutcomeKind, report: &mut Report) {
    for row in batch {
        if !report.is_answered(row) {
            report.done(row, kind, None);
        }
    }
}

fn is_done(words: &Words, element: &Value) -> bool {
    let later = words.retry_if.as_ref().is_some_and(|later| later.holds(element));
    !later && words.done_if.as_ref().is_none_or(|done| done.holds(element))
}

fn failure(words: &Words, element: &Value) -> Failure {
    let detail = Said::of(words, element).detail(None);
    let later = words.retry_if.as_ref().is_some_and(|later| later.holds(element));
    if later { Failure::Transient(detail) } else { Failure::Rejected(detail) }
}

fn body(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_default()
}

/// What is found at the places that the connection names.
struct Said {
    code: Option<String>,
    message: Option<String>,
    field: Option<String>,
    id: Option<String>,
}

impl Said {
    fn of(words: &Words, body: &Value) -> Self {
        let at = |place: &Option<String>| body.pointer(place.as_ref()?).and_then(text).filter(|said| !said.is_empty());
        Self { code: at(&words.code), message: at(&words.message), field: at(&words.field), id: at(&words.id) }
    }

    fn detail(self, status: Option<u16>) -> Detail {
        let message = self.message.unwrap_or_else(|| "the API refused it and did not say why".to_owned());
        let detail = Detail::new(self.code.as_deref().map_or_else(|| "refused".to_owned(), snake), message);
        let detail = status.map_or(detail.clone(), |status| detail.with_status(status));
        match self.field {
            Some(field) => detail.with_field(field),
            None => detail,
        }
    }
}

/// Codes of the contract are snake_case.
fn snake(code: &str) -> String {
    code.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

/// Finds the row that an element is about.
struct Index<'a> {
    rows: &'a Rows,
    batch: &'a Batch,
    by_key: BTreeMap<String, &'a Row>,
}

impl<'a> Index<'a> {
    fn new(rows: &'a Rows, batch: &'a Batch) -> Self {
        let by_key = match &rows.key {
            None => BTreeMap::new(),
            Some(key) => {
                batch.into_iter().filter_map(|row| Some((text(row.fields().get(&key.field)?)?, row))).collect()
            }
        };
        Self { rows, batch, by_key }
    }

    /// A list of refusals that names no rows is about none: its order says nothing.
    fn row_of(&self, element: &Value, place: usize, is_nameless: bool) -> Option<&'a Row> {
        if let Some(key) = &self.rows.key {
            return self.by_key.get(&element.pointer(&key.at).and_then(text)?).copied();
        }
        let place = match &self.rows.index {
            Some(index) => usize::try_from(element.pointer(index)?.as_u64()?).ok()?,
            None if is_nameless => return None,
            None => place,
        };
        self.batch.rows().get(place)
    }
}
