//! Error codes: each that the sources use has a row in `docs/errors.md`, and each row a use.

use std::collections::BTreeSet;

use crate::source::body;

/// `OFT-`, a letter and three digits.
const PREFIX: &str = "OFT-";

/// Codes that a source file can hand to a person.
pub fn used(path: &str, text: &str) -> BTreeSet<String> {
    let is_test = path.contains("/tests/") || path.ends_with("/tests.rs");
    if is_test { BTreeSet::new() } else { codes(body(text)) }
}

/// Codes that have a row in a table.
pub fn documented(text: &str) -> BTreeSet<String> {
    let cells = text.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
    cells.flat_map(codes).collect()
}

/// What is missing on either side.
pub fn compare(used: &BTreeSet<String>, documented: &BTreeSet<String>) -> Vec<String> {
    let missing = used.difference(documented).map(|code| format!("{code} has no row in docs/errors.md"));
    let unused = documented.difference(used).map(|code| format!("{code} is in docs/errors.md, but nothing says it"));
    missing.chain(unused).collect()
}

fn codes(text: &str) -> BTreeSet<String> {
    let starts = text.match_indices(PREFIX).filter_map(|(at, _)| text.get(at..));
    let whole = starts.filter_map(|rest| {
        let end = rest.char_indices().skip(PREFIX.len()).find(|(_, char)| !char.is_ascii_alphanumeric());
        let code = end.map_or(Some(rest), |(end, _)| rest.get(..end))?;
        let mut kind = code.chars().skip(PREFIX.len());
        let is_code = kind.next()?.is_ascii_uppercase() && code.len() == 8 && kind.all(|char| char.is_ascii_digit());
        is_code.then(|| code.to_owned())
    });
    whole.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(codes: &[&str]) -> BTreeSet<String> {
        codes.iter().map(|code| (*code).to_owned()).collect()
    }

    #[test]
    fn codes_are_read_from_sources_but_not_from_their_tests() {
        let text =
            "code: \"OFT-D001\", // OFT-xnnn OFT-D01 OFT-D0001 OFT-C002.\n#[cfg(test)]\nmod tests {\n    OFT-Z999\n}\n";
        assert_eq!(used("runtime/a/src/b.rs", text), set(&["OFT-C002", "OFT-D001"]));
        assert_eq!(used("runtime/a/tests/b.rs", text), set(&[]));
        assert_eq!(used("runtime/a/src/tests.rs", text), set(&[]));
    }

    #[test]
    fn only_rows_document() {
        let text = "See OFT-A001.\n\n| code | means |\n|---|---|\n| `OFT-D001` | not OFT-D002 |\n";
        assert_eq!(documented(text), set(&["OFT-D001"]));
    }

    #[test]
    fn both_directions_are_compared() {
        let found = compare(&set(&["OFT-A001", "OFT-A002"]), &set(&["OFT-A002", "OFT-A003"]));
        assert_eq!(found.len(), 2);
        assert!(found.iter().any(|line| line.starts_with("OFT-A001 has no row")));
        assert!(found.iter().any(|line| line.starts_with("OFT-A003 is in docs")));
    }
}
