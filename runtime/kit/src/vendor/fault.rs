//! How a vendor fails, whoever it is.

/// Where nobody may be led to.
pub(crate) const ELSEWHERE: &str = "https://elsewhere.offtake-kit.example";

/// What the vendor of a session does.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// It is well.
    Well,
    /// It is well, and the links in its answers lead elsewhere.
    Links,
    /// It fails.
    Fault {
        /// How.
        fault: Fault,
        /// At which requests.
        scope: Scope,
        /// How many of them it answers before.
        after: usize,
    },
}

impl Plan {
    /// Every write fails.
    pub(crate) fn writes(fault: Fault) -> Self {
        Self::Fault { fault, scope: Scope::Writes, after: 0 }
    }

    /// Every request fails.
    pub(crate) fn everything(fault: Fault) -> Self {
        Self::Fault { fault, scope: Scope::Everything, after: 0 }
    }
}

/// Requests that meet a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those that may change something.
    Writes,
    /// All.
    Everything,
}

/// One way to fail.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// A status with a header and a body of JSON.
    Status(u16, Option<(&'static str, String)>),
    /// Status 200 and a body that is not what it should be.
    Body(&'static str, &'static [u8]),
    /// Status 200 and a body past every cap.
    Huge,
    /// Status 200 and a body that breaks off.
    Truncated,
    /// The connection ends without an answer.
    Reset,
    /// No answer at all.
    Silence,
    /// Nobody listens.
    Down,
    /// Status 400, quoting the whole request with its headers.
    Echo,
}

impl Fault {
    /// A status and nothing else to go by.
    pub(crate) fn status(status: u16) -> Self {
        Self::Status(status, None)
    }

    /// A status that says when to come back.
    pub(crate) fn come_back(status: u16, retry_after: String) -> Self {
        Self::Status(status, Some(("retry-after", retry_after)))
    }

    /// Bytes that are not JSON.
    pub(crate) fn garbage() -> Self {
        Self::Body("application/json", b"\xff\xfe{]\x00not json at all")
    }

    /// The page of a proxy that is in the way.
    pub(crate) fn page() -> Self {
        Self::Body("text/html", b"<!doctype html><html><body><h1>Sign in to the network</h1></body></html>")
    }
}
