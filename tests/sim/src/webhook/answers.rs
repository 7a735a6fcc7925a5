//! Answers that were given, under the keys of their requests.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// The oldest answers are forgotten beyond this many.
const KEPT_MAX: usize = 100_000;

/// A digest of a request's method, path and body.
pub(super) type Print = [u8; 32];

/// An answer that can be given again.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Given {
    pub(super) fn again(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// What is known of a request with a key.
pub(super) enum Known {
    /// Nothing: it is to be handled.
    New,
    /// It was answered before.
    Answered(Given),
    /// It is being handled.
    Running,
    /// Another request had the key.
    Other,
}

#[derive(Default)]
pub(super) struct Answers {
    /// None while a request is being handled.
    kept: BTreeMap<String, (Print, Option<Given>)>,
    /// Keys in the order in which they came.
    order: VecDeque<String>,
    /// Keys of requests whose answer is not to be kept.
    forgone: BTreeSet<String>,
}

impl Answers {
    /// Takes the key for a request, unless it is taken.
    pub(super) fn begin(&mut self, key: &str, print: Print) -> Known {
        match self.kept.get(key) {
            Some((known, _)) if *known != print => Known::Other,
            Some((_, Some(given))) => Known::Answered(given.clone()),
            Some((_, None)) => Known::Running,
            None => {
                self.kept.insert(key.to_owned(), (print, None));
                self.order.push_back(key.to_owned());
                if self.order.len() > KEPT_MAX
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.kept.remove(&oldest);
                }
                Known::New
            }
        }
    }

    /// Keeps the answer to the request that has taken the key.
    pub(super) fn end(&mut self, key: &str, given: Given) {
        if self.forgone.remove(key) {
            self.kept.remove(key);
            self.order.retain(|kept| kept != key);
        } else if let Some((_, kept)) = self.kept.get_mut(key) {
            *kept = Some(given);
        }
    }

    /// The answer to the next request with this key is not to be kept.
    pub(super) fn forgo(&mut self, key: &str) {
        if !self.kept.contains_key(key) {
            self.forgone.insert(key.to_owned());
        }
    }
}
