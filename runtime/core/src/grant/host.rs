//! Names of hosts as an operator writes them.

use std::fmt;
use std::str::FromStr;

/// A host, or with `*.` before it every host below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    host: String,
    below: bool,
}

/// That is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host: write it as api.example.com, or *.example.com for all below it")]
pub struct InvalidHost(String);

impl HostPattern {
    /// Whether it means this host, in whatever case it is written and with or without the dot at its end.
    pub fn matches(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        match (self.below, host.strip_suffix(self.host.as_str())) {
            (true, Some(before)) => before.len() > 1 && before.ends_with('.'),
            (false, Some(before)) => before.is_empty(),
            (_, None) => false,
        }
    }
}

impl FromStr for HostPattern {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let (host, below) = text.strip_prefix("*.").map_or((text, false), |host| (host, true));
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        // An IPv6 address is written in brackets, as in a URL.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
        let is_address = host.starts_with('[') && host.ends_with(']');
        let fits = !host.is_empty() && host.bytes().all(plain) && (is_address || !host.contains([':', '[', ']']));
        if fits { Ok(Self { host, below }) } else { Err(InvalidHost(text.to_owned())) }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.below { "*." } else { "" }, self.host)
    }
}

/// The host of `https://host:port`.
pub(super) fn of_origin(origin: &str) -> &str {
    let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_hosts_and_not_what_looks_like_them() {
        let cases = [
            ("api.example.com", "api.example.com", true),
            ("api.example.com", "API.Example.com.", true),
            ("api.example.com", "api.example.com.evil.net", false),
            ("api.example.com", "xapi.example.com", false),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "evilexample.com", false),
            ("[fd00::1]", "[fd00::1]", true),
            ("169.254.169.254", "169.254.169.254", true),
        ];
        for (pattern, host, expected) in cases {
            assert_eq!(pattern.parse::<HostPattern>().unwrap().matches(host), expected, "{pattern} {host}");
        }
        for wrong in ["", "*", "*.", "https://a.com", "a.com:443", "a b", "a.com/x", "*.*.com", "::1"] {
            assert!(wrong.parse::<HostPattern>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn hosts_are_found_in_origins() {
        let cases = [
            ("https://api.example.com", "api.example.com"),
            ("https://api.example.com:8443", "api.example.com"),
            ("http://[::1]:80", "[::1]"),
            ("https://[::1]", "[::1]"),
        ];
        for (origin, expected) in cases {
            assert_eq!(of_origin(origin), expected);
        }
    }
}
