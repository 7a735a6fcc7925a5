//! The host's side of the imports in a native test: one state a thread.

use std::cell::RefCell;

use super::vendor::{Answers, LogLine, Request};
use crate::bindings::offtake::destination::http as wit;
use crate::bindings::offtake::destination::log::Level;

/// How long a call has, counted from the fake clock.
const CALL_MS: u64 = 60_000;

pub(crate) struct State {
    answers: Answers,
    pub(super) requests: Vec<Request>,
    pub(super) log_lines: Vec<LogLine>,
    pub(super) now_unix_ms: u64,
    random: u8,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

pub(super) fn install(answers: Answers) {
    let state = State { answers, requests: Vec::new(), log_lines: Vec::new(), now_unix_ms: 0, random: 0 };
    STATE.with_borrow_mut(|slot| {
        assert!(slot.is_none(), "this thread has a vendor already: drop it before making another");
        *slot = Some(state);
    });
}

/// Takes the vendor away and says how many requests it saw.
pub(super) fn uninstall() -> usize {
    STATE.with_borrow_mut(Option::take).map_or(0, |state| state.requests.len())
}

pub(super) fn with<T>(look: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(|slot| look(slot.get_or_insert_with(deaf)))
}

/// Stands in where a test made no vendor, so that code which only looks at the clock or logs needs none.
fn deaf() -> State {
    State { answers: Box::new(|_| None), requests: Vec::new(), log_lines: Vec::new(), now_unix_ms: 0, random: 0 }
}

pub(crate) fn send(request: wit::Request) -> Result<wit::Response, wit::Error> {
    let request = Request(request);
    let answer = with(|state| {
        state.requests.push(request.clone());
        (state.answers)(&request)
    });
    assert!(answer.is_some(), "no reply is scripted for {} {}", request.method(), request.path());
    answer.unwrap_or(Err(wit::Error::Cancelled))
}

pub(crate) fn send_all(requests: Vec<wit::Request>, _in_flight_max: u16) -> Vec<Result<wit::Response, wit::Error>> {
    requests.into_iter().map(send).collect()
}

pub(crate) fn log(level: Level, message: &str, fields_json: Option<&str>) {
    with(|state| state.log_lines.push(LogLine::new(level, message, fields_json)));
}

pub(crate) fn now_unix_ms() -> u64 {
    with(|state| state.now_unix_ms)
}

pub(crate) fn deadline_unix_ms() -> u64 {
    now_unix_ms() + CALL_MS
}

/// Counts instead of guessing, so that a test sees the same bytes every time.
pub(crate) fn random(len: u8) -> Vec<u8> {
    with(|state| {
        (0..len)
            .map(|_| {
                state.random = state.random.wrapping_add(1);
                state.random
            })
            .collect()
    })
}
