//! Components taken apart and put together.

use std::borrow::Cow;
use std::ops::Range;

use offtake_build::MANIFEST_SECTION;
use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{Parser, Payload};

/// The bytes of the well-behaved guest.
pub(crate) fn ok() -> Vec<u8> {
    std::fs::read(super::guest::component("ok")).unwrap()
}

/// The manifest of the well-behaved guest, and the component without it.
pub(crate) fn apart() -> (serde_json::Value, Vec<u8>) {
    let mut component = ok();
    let (whole, content) = manifest_section(&component);
    let manifest = serde_json::from_slice(component.get(content).unwrap()).unwrap();
    component.drain(whole);
    (manifest, component)
}

/// Where the manifest's section is, with its head and without.
fn manifest_section(component: &[u8]) -> (Range<usize>, Range<usize>) {
    let (mut end_before, mut depth) = (0, 0_usize);
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.unwrap();
        match &payload {
            Payload::CustomSection(section) if depth == 0 && section.name() == MANIFEST_SECTION => {
                let end = section.range().end;
                return (end_before..end, end - section.data().len()..end);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some((_, range)) = payload.as_section() {
            end_before = range.end;
        }
    }
    panic!("the component has no manifest")
}

/// Places of the bytes that are in no core module.
pub(crate) fn outside_of_modules(component: &[u8]) -> Vec<usize> {
    let modules: Vec<Range<usize>> = Parser::new(0)
        .parse_all(component)
        .filter_map(|payload| match payload.unwrap() {
            Payload::ModuleSection { unchecked_range, .. } => Some(unchecked_range),
            _ => None,
        })
        .collect();
    (0..component.len()).filter(|at| !modules.iter().any(|module| module.contains(at))).collect()
}

/// A component with a custom section appended.
pub(crate) fn with_manifest(mut component: Vec<u8>, manifest: &[u8]) -> Vec<u8> {
    let section = CustomSection { name: MANIFEST_SECTION.into(), data: Cow::Borrowed(manifest) };
    component.push(section.id());
    section.encode(&mut component);
    component
}

/// A component with a core module appended, which is compiled and never instantiated.
pub(crate) fn with_module(mut component: Vec<u8>, module: &[u8]) -> Vec<u8> {
    // Id of the section; then its length and the module itself.
    component.push(1);
    module.encode(&mut component);
    component
}

/// A component from its text.
pub(crate) fn text(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap()
}
