//! The table of threats in `docs/security.md`: every threat stands there, and what it names exists.

use std::collections::BTreeSet;

const THREATS: usize = 28;

/// A row: its number, the files and the tests that it names.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    number: String,
    files: Vec<String>,
    tests: Vec<String>,
}

/// The rows of the table.
pub fn rows(text: &str) -> Vec<Row> {
    let table = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| T")?.split(" | ");
        let number = format!("T{}", cells.next()?.trim());
        let (_threat, _control) = (cells.next()?, cells.next()?);
        Some(Row { number, files: quoted(cells.next()?), tests: quoted(cells.next()?) })
    });
    table.collect()
}

/// What stands in backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Names of the tests in Rust code, those included that a table of guests makes.
pub fn named(code: &str) -> BTreeSet<String> {
    let name = |rest: &str| rest.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect::<String>();
    let attributes = ["#[test]", "#[tokio::test"].into_iter().flat_map(|attribute| code.split(attribute).skip(1));
    let functions = attributes.filter_map(|rest| rest.split_once("fn ")).map(|(_, rest)| name(rest));
    let of_guests = code.lines().filter_map(|line| line.trim().split_once(" => ")).map(|(_, rest)| rest);
    let of_guests = of_guests.filter_map(|rest| rest.split_once(": ")).map(|(before, _)| before.to_owned());
    functions.chain(of_guests).collect()
}

/// What is wrong with the table.
pub fn check(rows: &[Row], files: &BTreeSet<String>, tests: &BTreeSet<String>) -> Vec<String> {
    let expected: Vec<String> = (1..=THREATS).map(|number| format!("T{number}")).collect();
    let found: Vec<&str> = rows.iter().map(|row| row.number.as_str()).collect();
    let mut wrong = Vec::new();
    if found != expected {
        wrong.push(format!("the table has {found:?}, and not T1 to T{THREATS} in order"));
    }
    for row in rows {
        let number = &row.number;
        if row.files.is_empty() || row.tests.is_empty() {
            wrong.push(format!("{number} names no file or no test"));
        }
        let gone = row.files.iter().filter(|file| !files.contains(*file));
        wrong.extend(gone.map(|file| format!("{number}: there is no {file}")));
        let gone = row.tests.iter().filter(|test| !tests.contains(*test));
        wrong.extend(gone.map(|test| format!("{number}: no test is called {test}")));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize) -> String {
        let row = |number| format!("| T{number} | it | we do `x` | `a.rs`, `b.rs` | `one`, `two` |\n");
        format!(
            "| # | threat | control | where | test |\n|---|---|---|---|---|\n{}",
            (1..=rows).map(row).collect::<String>()
        )
    }

    fn wrong(table: &str, files: &[&str], code: &str) -> Vec<String> {
        let files = files.iter().map(|file| (*file).to_owned()).collect();
        check(&rows(table), &files, &named(code))
    }

    #[test]
    fn a_good_table_is_left_alone() {
        let code = "#[test]\nfn one() {}\nguests! {\n    Ok => two: ok,\n}\n";
        assert!(wrong(&table(THREATS), &["a.rs", "b.rs", "c.rs"], code).is_empty());
    }

    #[test]
    fn what_does_not_exist_is_found() {
        let code = "#[test]\nfn one() {}\nfn two() {}\n#[test]\nfn two_more() {}\n";
        let found = wrong(&table(THREATS), &["a.rs"], code);
        assert_eq!(found.len(), 2 * THREATS);
        assert!(found.contains(&"T7: there is no b.rs".to_owned()), "{found:?}");
        assert!(found.contains(&"T28: no test is called two".to_owned()), "{found:?}");
    }

    #[test]
    fn a_threat_that_is_missing_is_found() {
        let code = "#[test]\nfn one() {}\n#[tokio::test(start_paused = true)]\nasync fn two() {}\n";
        assert_eq!(wrong(&table(THREATS - 1), &["a.rs", "b.rs"], code).len(), 1);
        let without = table(THREATS).replace("`one`, `two`", "none");
        assert!(
            wrong(&without, &["a.rs", "b.rs"], code).iter().any(|line| line.contains("T3 names no file or no test"))
        );
    }
}
