//! Failures, named after what the host does about them.

use std::fmt;

use crate::bindings::offtake::destination::types::{CallFailure, Detail, Effect, Failure, Throttle};

impl Detail {
    /// A detail with the connector's code (snake_case, stable) and a sentence for a person.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), http_status: None, field: None }
    }

    /// Adds the HTTP status of the vendor's answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }

    /// Adds the destination field that is to blame.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl Failure {
    /// The words that go with the failure, whatever its kind.
    #[must_use]
    pub fn detail(&self) -> &Detail {
        match self {
            Self::RateLimited(throttle) => &throttle.detail,
            Self::Transient(detail)
            | Self::Auth(detail)
            | Self::Forbidden(detail)
            | Self::Rejected(detail)
            | Self::Unattributed(detail)
            | Self::TooLarge(detail)
            | Self::SchemaChanged(detail)
            | Self::Misconfigured(detail)
            | Self::Fatal(detail) => detail,
        }
    }

    /// A rate limit; the host chooses the wait where the vendor named none.
    #[must_use]
    pub fn rate_limited(retry_after_ms: Option<u64>, scope: Option<String>, detail: Detail) -> Self {
        Self::RateLimited(Throttle { retry_after_ms, scope, detail })
    }

    /// The failure of a whole call that did nothing at the vendor.
    #[must_use]
    pub fn without_effect(self) -> CallFailure {
        CallFailure { failure: self, effect: Effect::None }
    }

    /// The failure of a whole call after which nobody knows what the vendor did.
    #[must_use]
    pub fn with_unknown_effect(self) -> CallFailure {
        CallFailure { failure: self, effect: Effect::Unknown }
    }
}

impl CallFailure {
    /// This input can never succeed, and nothing was sent.
    #[must_use]
    pub fn rejected(detail: Detail) -> Self {
        Failure::Rejected(detail).without_effect()
    }

    /// The connector cannot serve this call as it is configured.
    #[must_use]
    pub fn misconfigured(code: impl Into<String>, message: impl Into<String>) -> Self {
        Failure::Misconfigured(Detail::new(code, message)).without_effect()
    }

    /// The object is not there, or is not what it was.
    #[must_use]
    pub fn schema_changed(code: impl Into<String>, message: impl Into<String>) -> Self {
        Failure::SchemaChanged(Detail::new(code, message)).without_effect()
    }

    /// The vendor's answer breaks its own contract: nobody can tell what it did.
    #[must_use]
    pub fn unreadable(message: impl Into<String>) -> Self {
        Failure::Fatal(Detail::new("unreadable_answer", message)).with_unknown_effect()
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_gives_up_its_detail() {
        let detail = Detail::new("quota", "slow down").with_status(429);
        let failure = Failure::rate_limited(Some(10), None, detail.clone());
        assert_eq!(failure.detail(), &detail);
        assert_eq!(Failure::Fatal(detail.clone()).detail(), &detail);
        assert_eq!(detail.to_string(), "quota: slow down");
    }
}
