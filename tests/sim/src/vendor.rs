//! What a vendor's simulator adds to what all of them share.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

/// What the server needs to know before it starts.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Where to listen. Only loopback addresses are accepted; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Requests with a larger body are refused.
    pub body_bytes_max: usize,
    /// The journal forgets its oldest entries beyond this many.
    pub journal_entries_max: usize,
}

/// What a command line says about a simulator, whichever vendor it is.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// Where to listen, if not on a free port of loopback.
    pub listen: Option<SocketAddr>,
    /// The credential that is let in, if not the vendor's example.
    pub token: Option<String>,
    /// Whether the vendor's request limits are lifted.
    pub generous: bool,
}

/// A vendor: its state, its routes, whom it lets in, its limits, and how its replies look.
pub trait Vendor: Send + Sync + Sized + 'static {
    /// How a simulator of this vendor is to behave.
    type Options: Default + Send;
    /// What it keeps, as tests see it.
    type Record: Serialize + Send;
    /// What an admitted request holds until it is answered: what its headers will tell of, or its place among the
    /// concurrent ones, which is given back when this is dropped.
    type Pass: Send;

    /// The members of a JSON body that hold a batch's records, for [`crate::Store::First`].
    const BATCHES: &'static [&'static str];

    /// The vendor with nothing in it.
    fn new(options: Self::Options) -> (Setup, Self);

    /// The options that a command line asks for.
    fn commanded(command: Command) -> Self::Options;

    /// The routes behind the gate, with their fallback.
    fn routes(self: Arc<Self>) -> Router;

    /// Routes that need no credential and are not in the journal, those that give out tokens for one.
    fn open_routes(self: Arc<Self>) -> Router {
        Router::new()
    }

    /// Lets a request in, or answers in its place. What a limit refuses is marked with [`crate::answer::crossed`].
    fn admit(&self, head: &Parts, body: &Bytes) -> Result<Self::Pass, Response>;

    /// Adds what an admitted request's answer tells of limits.
    fn describe(&self, pass: Self::Pass, headers: &mut HeaderMap);

    /// Adds what every reply of this vendor has, a scripted one too.
    fn dress(&self, response: Response) -> Response {
        response
    }

    /// The answer to a body of more than [`Setup::body_bytes_max`], or one that broke off.
    fn too_large(&self) -> Response;

    /// The body with the first so many records of its batch; any other body stays as it is.
    fn cut(&self, head: &Parts, body: &Bytes, records: usize) -> Bytes {
        self.cut_batch(head, body, records)
    }

    /// The same, as far as [`Vendor::BATCHES`] goes.
    fn cut_batch(&self, _head: &Parts, body: &Bytes, records: usize) -> Bytes {
        cut_json(body, Self::BATCHES, records)
    }

    /// What is stored of an object, in order of creation; nothing when there is no such object.
    fn records(&self, object: &str) -> Vec<Self::Record>;

    /// Lets the present access token in no more.
    fn expire_token(&self);
}

fn cut_json(body: &Bytes, members: &[&str], records: usize) -> Bytes {
    let Ok(mut parsed) = serde_json::from_slice::<Value>(body) else {
        return body.clone();
    };
    let mut found = false;
    for member in members {
        if let Some(list) = parsed.get_mut(*member).and_then(Value::as_array_mut) {
            list.truncate(records);
            found = true;
        }
    }
    if found { Bytes::from(parsed.to_string()) } else { body.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_batch_is_cut() {
        let cases = [
            (r#"{"inputs":[1,2,3],"x":[1,2,3]}"#, r#"{"inputs":[1,2],"x":[1,2,3]}"#),
            (r#"{"x":[1,2,3]}"#, r#"{"x":[1,2,3]}"#),
            ("a,b\n1,2\n", "a,b\n1,2\n"),
        ];
        for (given, kept) in cases {
            assert_eq!(cut_json(&Bytes::from(given), &["inputs"], 2), kept);
        }
    }
}
