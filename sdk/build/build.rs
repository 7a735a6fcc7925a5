//! The embedded folders are read when the crate is compiled, and the compiler notices changed files but no new ones.

fn main() {
    for folder in ["../rust/src", "../python", "../js", "../template", "../../wit", "../../plugins"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
