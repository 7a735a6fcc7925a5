//! What the wire said, by what it means for the effect of the request.

use std::error::Error as StdError;
use std::io;

use offtake_core::ports::SendError;

use crate::credential::KeptBack;
use crate::policy::not_granted;
use crate::resolver::Blocked;

/// Reads the chain of causes, without any secret.
pub(crate) fn of(error: &reqwest::Error, kept_back: &KeptBack) -> SendError {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    let mut innermost = String::new();
    let mut tls = false;
    while let Some(current) = cause {
        if let Some(blocked) = current.downcast_ref::<Blocked>() {
            return not_granted(&blocked.0);
        }
        tls |= is_tls(current);
        innermost = current.to_string();
        cause = current.source();
    }
    let innermost = kept_back.redact(&innermost);
    if innermost.contains("failed to lookup address") {
        SendError::Dns(innermost)
    } else if error.is_connect() && (tls || innermost.contains("certificate")) {
        SendError::Tls(innermost)
    } else if error.is_connect() {
        SendError::Connect(innermost)
    } else if error.is_timeout() {
        SendError::Timeout
    } else {
        SendError::Reset(innermost)
    }
}

/// Whether it is the handshake's own complaint. An I/O error passes over the error that it wraps when it is asked for its
/// source, and there may be several around each other.
fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => is_tls(wrapped),
        None => error.is::<rustls::Error>(),
    }
}
