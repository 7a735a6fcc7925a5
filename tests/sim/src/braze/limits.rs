//! The workspace's request limits, each over a window that begins where the clock says.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method};
use jiff::Timestamp;

/// Requests in the window of each class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `/users/track` in three seconds.
    pub track: u32,
    /// `/users/delete`, `alias`, `identify` together in a minute.
    pub users: u32,
    /// `/users/export/ids` in a minute.
    pub export: u32,
    /// Bulk calls of catalog items together in a minute.
    pub items: u32,
    /// Calls of catalogs and of single items in a minute.
    pub catalogs: u32,
    /// `/custom_attributes` in an hour.
    pub attributes: u32,
    /// Everything else in an hour.
    pub others: u32,
}

impl Limits {
    /// Limits that no test reaches by accident.
    pub const GENEROUS: Self = Self {
        track: 1_000_000,
        users: 1_000_000,
        export: 1_000_000,
        items: 1_000_000,
        catalogs: 1_000_000,
        attributes: 1_000_000,
        others: 1_000_000,
    };
}

impl Default for Limits {
    /// Those of customers since August 2024.
    fn default() -> Self {
        Self {
            track: 3_000,
            users: 20_000,
            export: 250,
            items: 16_000,
            catalogs: 50,
            attributes: 1_000,
            others: 250_000,
        }
    }
}

/// Which count a request falls under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// `/users/track`.
    Track,
    /// Other writes of users.
    Users,
    /// Exports of users.
    Export,
    /// Bulk calls of items.
    Items,
    /// Catalogs and single items.
    Catalogs,
    /// Custom attributes.
    Attributes,
    /// The rest.
    Others,
}

impl Class {
    pub(super) fn of(method: &Method, path: &str) -> Self {
        match path {
            "/users/track" => Self::Track,
            "/users/export/ids" => Self::Export,
            "/custom_attributes" => Self::Attributes,
            _ if path.starts_with("/users/") => Self::Users,
            _ if path.ends_with("/items") && method != Method::GET => Self::Items,
            _ if path.starts_with("/catalogs") => Self::Catalogs,
            _ => Self::Others,
        }
    }

    /// In seconds.
    fn window(self) -> i64 {
        match self {
            Self::Track => 3,
            Self::Users | Self::Export | Self::Items | Self::Catalogs => 60,
            Self::Attributes | Self::Others => 3_600,
        }
    }

    fn limit(self, limits: &Limits) -> u32 {
        match self {
            Self::Track => limits.track,
            Self::Users => limits.users,
            Self::Export => limits.export,
            Self::Items => limits.items,
            Self::Catalogs => limits.catalogs,
            Self::Attributes => limits.attributes,
            Self::Others => limits.others,
        }
    }
}

/// What a reply's headers say.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    limit: u32,
    remaining: u32,
    /// Seconds since 1970, at the window's end.
    reset: i64,
}

impl Shown {
    pub(super) fn write(self, headers: &mut HeaderMap) {
        headers.insert("x-ratelimit-limit", self.limit.into());
        headers.insert("x-ratelimit-remaining", self.remaining.into());
        headers.insert("x-ratelimit-reset", self.reset.into());
    }
}

/// Counts requests against the limits.
pub(super) struct Meter {
    limits: Limits,
    /// The end of the present window and the requests in it.
    counts: BTreeMap<Class, (i64, u32)>,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, counts: BTreeMap::new() }
    }

    /// Takes one request, or says what is left.
    pub(super) fn admit(&mut self, class: Class) -> Result<Shown, Shown> {
        let (now, window) = (Timestamp::now().as_second(), class.window());
        let reset = (now / window + 1) * window;
        let limit = class.limit(&self.limits);
        let (end, count) = self.counts.entry(class).or_insert((reset, 0));
        if *end != reset {
            (*end, *count) = (reset, 0);
        }
        if *count >= limit {
            return Err(Shown { limit, remaining: 0, reset });
        }
        *count += 1;
        Ok(Shown { limit, remaining: limit - *count, reset })
    }
}
