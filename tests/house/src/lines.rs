//! Rules that look at one file alone.

use crate::source::{body, code, functions};

const FUNCTION_LINES_MAX: usize = 70;
const BODY_LINES_MAX: usize = 500;
const FILE_BYTES_MAX: usize = 64 * 1024;

/// Words that promise work; each is written in two halves so that this file does not break its own rule.
const PROMISES: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// What Rust code must not contain, and why.
const FORBIDDEN: [(&str, &str); 6] = [
    ("#[allow", "use #[expect(…, reason = \"…\")], which warns when it is no longer needed"),
    ("#![allow", "use #![expect(…, reason = \"…\")], which warns when it is no longer needed"),
    ("#[ignore", "a test that does not run proves nothing: make it run or remove it"),
    ("todo!", "finish it or leave it out"),
    ("unimplemented!", "finish it or leave it out"),
    ("dbg!", "use tracing"),
];

/// Macros that generate bindings, and the one file that may use each.
const GENERATORS: [(&str, &str); 2] =
    [("bindgen!", "runtime/plugin/src/bindings.rs"), ("generate!", "sdk/rust/src/bindings.rs")];

/// What is wrong with one file, as `path:line: sentence`.
pub fn check(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !path.contains("testdata/") && !path.contains("recordings/") && !path.ends_with(".lock") {
        if text.len() > FILE_BYTES_MAX {
            found.push(format!("{path}: {} KiB; only testdata may be over 64", text.len() / 1024));
        }
        found.extend(promises(path, text));
    }
    if path.ends_with(".rs") {
        found.extend(module(path, text));
        found.extend(forbidden(path, text));
        found.extend(lengths(path, text));
    }
    found
}

/// Names no file `mod.rs`, and each module says first what it is for.
fn module(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if path == "mod.rs" || path.ends_with("/mod.rs") {
        found.push(format!("{path}: name the file after its module"));
    }
    if !text.starts_with("//!") && !text.starts_with("#![doc = include_str!(") {
        found.push(format!("{path}:1: a module begins with `//!` and says what it is for"));
    }
    found
}

fn forbidden(path: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let lines = code.lines().enumerate();
    let mut found = Vec::new();
    for (index, line) in lines {
        for (pattern, why) in FORBIDDEN {
            if has_word(line, pattern) {
                found.push(format!("{path}:{}: {pattern}: {why}", index + 1));
            }
        }
        for (pattern, home) in GENERATORS {
            if has_word(line, pattern) && path != home {
                found.push(format!("{path}:{}: {pattern} belongs into {home}", index + 1));
            }
        }
    }
    found
}

fn lengths(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = body(text).lines().count();
    if lines > BODY_LINES_MAX {
        found.push(format!("{path}: {lines} lines before its tests; at most {BODY_LINES_MAX}"));
    }
    for function in functions(text) {
        if function.lines > FUNCTION_LINES_MAX {
            let (name, line, lines) = (function.name, function.line, function.lines);
            found.push(format!("{path}:{line}: `{name}` has {lines} lines; at most {FUNCTION_LINES_MAX}"));
        }
    }
    found
}

fn promises(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate();
    let broken = lines.filter_map(|(index, line)| {
        let word = PROMISES.iter().find(|word| is_whole_word(line, word))?;
        Some(format!("{path}:{}: {word}: do it or leave it out", index + 1))
    });
    broken.collect()
}

/// Whether the pattern stands in the line and is not the end of a longer name.
fn has_word(line: &str, pattern: &str) -> bool {
    line.match_indices(pattern).any(|(at, _)| !ends_in_name(line.get(..at)))
}

fn is_whole_word(line: &str, word: &str) -> bool {
    let starts_name = |rest: Option<&str>| rest.and_then(|rest| rest.chars().next()).is_some_and(is_of_name);
    line.match_indices(word).any(|(at, _)| !ends_in_name(line.get(..at)) && !starts_name(line.get(at + word.len()..)))
}

fn ends_in_name(before: Option<&str>) -> bool {
    before.and_then(|before| before.chars().next_back()).is_some_and(is_of_name)
}

fn is_of_name(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "//! Says what it is for.\n\nfn f() {}\n";

    fn refused(path: &str, text: &str, words: &str) {
        let found = check(path, text);
        assert!(found.iter().any(|line| line.contains(words)), "{words}: {found:?}");
    }

    #[test]
    fn a_good_file_is_left_alone() {
        assert_eq!(check("runtime/core/src/good.rs", GOOD), Vec::<String>::new());
    }

    #[test]
    fn a_file_is_named_after_its_module() {
        refused("runtime/core/src/ports/mod.rs", GOOD, "name the file");
    }

    #[test]
    fn a_module_says_what_it_is_for() {
        refused("a.rs", "use b;\n", "begins with `//!`");
        refused("a.rs", "// Not a doc comment.\n", "begins with `//!`");
        assert!(check("a.rs", "#![doc = include_str!(\"../README.md\")]\n").is_empty());
    }

    #[test]
    fn lints_are_expected_with_a_reason() {
        refused("a.rs", "//! A.\n#[allow(dead_code)]\nfn f() {}\n", "a.rs:2: #[allow");
        refused("a.rs", "//! A.\n#![allow(dead_code)]\n", "a.rs:2: #![allow");
        assert!(check("a.rs", "//! A.\n#[expect(dead_code, reason = \"b\")]\nfn f() {}\n").is_empty());
    }

    #[test]
    fn tests_run() {
        refused("a.rs", "//! A.\n#[test]\n#[ignore = \"slow\"]\nfn f() {}\n", "a.rs:3: #[ignore");
    }

    #[test]
    fn code_is_finished() {
        for name in ["todo", "unimplemented", "dbg"] {
            refused("a.rs", &format!("//! A.\nfn f() {{\n    {name}!()\n}}\n"), &format!("a.rs:3: {name}!"));
            assert!(check("a.rs", &format!("//! A.\n/// Not {name}!() here.\nfn f() {{}}\n")).is_empty());
        }
        for word in PROMISES {
            refused("a.rs", &format!("//! A.\n// {word}: later\n"), "a.rs:2:");
            refused("docs/a.md", &format!("{word}\n"), "docs/a.md:1:");
            assert!(check("a.rs", &format!("//! A.\n// {word}S\n")).is_empty());
            assert!(check("plugins/a/testdata/b.json", word).is_empty());
        }
    }

    #[test]
    fn bindings_are_generated_in_one_file() {
        let text = "//! A.\nwasmtime::component::bindgen!({ path: \"wit\" });\n";
        refused("runtime/plugin/src/host.rs", text, "bindgen! belongs into");
        assert!(check("runtime/plugin/src/bindings.rs", text).is_empty());
        let text = "//! A.\nwit_bindgen::generate!({ path: \"wit\" });\n";
        refused("plugins/hubspot/src/lib.rs", text, "generate! belongs into");
        assert!(check("sdk/rust/src/bindings.rs", text).is_empty());
        assert!(check("a.rs", "//! A.\nregenerate!();\n").is_empty());
    }

    #[test]
    fn functions_and_files_stay_short() {
        let function = |lines: usize| format!("//! A.\nfn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2));
        refused("a.rs", &function(71), "`f` has 71 lines");
        assert!(check("a.rs", &function(70)).is_empty());
        let file = |lines: usize| format!("//! A.\n{}", "use a;\n".repeat(lines - 1));
        refused("a.rs", &file(501), "501 lines");
        assert!(check("a.rs", &file(500)).is_empty());
        let tested = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", file(500), "    use a;\n".repeat(100));
        assert!(check("a.rs", &tested).is_empty());
    }

    #[test]
    fn only_testdata_is_large() {
        let large = "a\n".repeat(FILE_BYTES_MAX);
        refused("docs/a.txt", &large, "only testdata");
        assert!(check("plugins/a/testdata/b.json", &large).is_empty());
        assert!(check("Cargo.lock", &large).is_empty());
    }
}
