//! Published versions of the connector interface: frozen, comments included.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Every version that is published, with the digest of its files.
pub const FROZEN: [(&str, &str); 2] = [
    ("0.1.0", "c88d2aa7bb6714f46190f5caf74d46e4fd36cce66294f86a55807c41d2fbe545"),
    ("0.1.1", "541b2e9ed7f04745cc9beb62162e2c1aea38a7f31eb81a946ac8d4bef9418609"),
];

/// One digest of files, given as their names below the version's folder and their texts, in any order.
pub fn digest(mut files: Vec<(String, String)>) -> String {
    files.sort();
    let mut hasher = Sha256::new();
    for (name, text) in files {
        // Lengths keep apart what is name and what is text.
        hasher.update(format!("{} {name} {} ", name.len(), text.len()));
        hasher.update(text);
    }
    hasher.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _written = write!(hex, "{byte:02x}");
        hex
    })
}

/// What is wrong with the versions that are there, given with their digests.
pub fn check(found: &[(String, String)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (version, digest) in found {
        match FROZEN.iter().find(|(frozen, _)| frozen == version) {
            Some((_, frozen)) if frozen == digest => {}
            Some(_) => {
                wrong.push(format!("wit/{version} is published and has changed (now {digest}): see wit/README.md"))
            }
            None => wrong.push(format!("wit/{version} has no digest in tests/house/src/wit.rs (it is {digest})")),
        }
    }
    let gone = FROZEN.iter().filter(|(frozen, _)| found.iter().all(|(version, _)| version != frozen));
    wrong.extend(gone.map(|(version, _)| format!("wit/{version} is published and gone")));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_wherever_it_is() {
        let files = |name: &str, text: &str| digest(vec![("a".into(), "b".into()), (name.into(), text.into())]);
        let whole = files("c", "d");
        assert_eq!(whole, digest(vec![("c".into(), "d".into()), ("a".into(), "b".into())]));
        for other in [files("c", "d\n"), files("cd", ""), files("", "cd"), digest(vec![("a".into(), "b".into())])] {
            assert_ne!(whole, other);
        }
    }

    #[test]
    fn versions_neither_change_nor_go_nor_come_unnoticed() {
        let (version, frozen) = FROZEN[0];
        let good = (version.to_owned(), frozen.to_owned());
        let others = FROZEN[1..].iter().map(|(version, digest)| ((*version).to_owned(), (*digest).to_owned()));
        let all: Vec<(String, String)> = std::iter::once(good.clone()).chain(others).collect();
        assert!(check(&all).is_empty());
        assert!(check(&[]).iter().any(|line| line.contains("gone")));
        assert!(check(&[(version.to_owned(), "other".to_owned())]).iter().any(|line| line.contains("has changed")));
        assert!(check(&[good, ("9.9.9".to_owned(), String::new())]).iter().any(|line| line.contains("no digest")));
    }
}
