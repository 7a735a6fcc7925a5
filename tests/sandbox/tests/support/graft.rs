//! The well-behaved guest with something grafted on: text of a component that runs before each of its calls.

use super::bytes::{apart, text, with_manifest};

/// A memory of its own for what is grafted on, at `$memory`, with room for what the host hands over.
const MEMORY: &str = r#"
  (core module $Memory
    (memory (export "memory") 2)
    (global $at (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $here i32)
      (local.set $here (i32.and (i32.add (global.get $at) (i32.const 15)) (i32.const -16)))
      (global.set $at (i32.add (local.get $here) (local.get 3)))
      (local.get $here)))
  (core instance $memory (instantiate $Memory))
"#;

/// The guest with this text grafted on, and with these limits.
pub(crate) fn graft(wat: &str, limits: &serde_json::Value) -> Vec<u8> {
    let (mut manifest, bare) = apart();
    manifest["limits"] = limits.clone();
    let printed = wasmprinter::print_bytes(bare).unwrap();
    let open = printed.trim_end().strip_suffix(')').unwrap();
    with_manifest(text(&format!("{open}{MEMORY}{wat})")), manifest.to_string().as_bytes())
}

/// Text of an import that is lowered to the core function `$name_core`.
pub(crate) fn lowered(instance: &str, function: &str, name: &str) -> String {
    format!(
        r#"(core func ${name}_core (canon lower (func ${instance} "{function}")
             (memory $memory "memory") (realloc (func $memory "realloc"))))"#
    )
}

/// Text of a core module that runs `body` at once, with these lowered functions under their names and `memory`.
pub(crate) fn run(functions: &[(&str, &str)], body: &str) -> String {
    let imports: String =
        functions.iter().map(|(name, kind)| format!("(import \"\" \"{name}\" (func ${name} {kind}))\n")).collect();
    let given: String =
        functions.iter().map(|(name, _)| format!("(export \"{name}\" (func ${name}_core))\n")).collect();
    format!(
        r#"
  (core module $Run
    (import "" "memory" (memory 2))
    {imports}
    (table $table 1 funcref)
    (func $start (local $n i32) (local $handle i32) {body})
    (start $start))
  (core instance (instantiate $Run (with "" (instance
    (export "memory" (memory $memory "memory"))
    {given}))))
"#
    )
}
