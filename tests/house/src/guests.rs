//! Misbehaving connectors: each guest is there to be tested.

/// Guests that no test names.
pub fn untested(guests: &[String], tests: &str) -> Vec<String> {
    let quoted = |guest: &&String| !tests.contains(&format!("\"{guest}\""));
    guests
        .iter()
        .filter(quoted)
        .map(|guest| format!("tests/guests/{guest} is named nowhere in tests/sandbox"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_without_a_test_is_found() {
        let guests = ["ok".to_owned(), "spins".to_owned()];
        assert_eq!(
            untested(&guests, "run(\"ok\"); // spins"),
            ["tests/guests/spins is named nowhere in tests/sandbox"]
        );
        assert!(untested(&guests, "\"ok\" \"spins\"").is_empty());
    }
}
