//! Files that are no connectors: each is refused with its code.

use std::fs::File;
use std::path::PathBuf;

use offtake_plugin::{COMPONENT_BYTES_MAX, Error, inspect};
use serde_json::json;
use tempfile::TempDir;

use crate::support::HOST;
use crate::support::bytes::{apart, ok, text, with_manifest};

fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connector.wasm");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn refusal(bytes: &[u8]) -> Error {
    let (_folder, path) = file(bytes);
    let inspected = inspect(&path).unwrap_err();
    let loaded = HOST.load(&path).err().unwrap();
    assert_eq!(loaded.code(), inspected.code());
    inspected
}

fn manifest() -> Vec<u8> {
    apart().0.to_string().into_bytes()
}

#[test]
fn imports_that_are_never_granted_are_named() {
    for import in
        ["wasi:http/outgoing-handler@0.2.0", "wasi:http/types@0.2.8", "evil:x/y", "wasi:cli/environment@0.3.0"]
    {
        let component = text(&format!("(component (import \"{import}\" (instance)))"));
        for bytes in [component.clone(), with_manifest(component, &manifest())] {
            let error = refusal(&bytes);
            assert_eq!(error.code(), "OFT-P010");
            assert!(error.to_string().contains(import), "{error}");
        }
    }
}

#[test]
fn what_is_no_component_is_told_so() {
    let elf = [b"\x7fELF\x02\x01\x01\x00".as_slice(), &[0; 56]].concat();
    let cases = [
        ("a core module", text("(module)")),
        ("a core module with a manifest", with_manifest(text("(module)"), &manifest())),
        ("an executable", elf),
        ("an empty file", Vec::new()),
        ("text", b"not a component".to_vec()),
        ("a component with something behind it", [ok(), b"PK\x03\x04".to_vec()].concat()),
    ];
    for (what, bytes) in cases {
        assert_eq!(refusal(&bytes).code(), "OFT-P011", "{what}");
    }
}

#[test]
fn a_manifest_there_must_be_and_only_one() {
    let (manifest, bare) = apart();
    let other_schema = {
        let mut manifest = manifest.clone();
        manifest["schema"] = json!("offtake.manifest/2");
        manifest
    };
    let twice = with_manifest(ok(), manifest.to_string().as_bytes());
    let cases = [
        ("none", bare.clone()),
        ("no JSON", with_manifest(bare.clone(), b"{")),
        ("no object", with_manifest(bare.clone(), b"[]")),
        ("no text", with_manifest(bare.clone(), &[0xff, 0xfe])),
        ("another schema", with_manifest(bare, other_schema.to_string().as_bytes())),
        ("two", twice),
    ];
    for (what, bytes) in cases {
        assert_eq!(refusal(&bytes).code(), "OFT-P013", "{what}");
    }
}

#[test]
fn another_version_of_the_interface_is_told_so() {
    let (mut manifest, bare) = apart();
    manifest["wit"] = json!("offtake:destination@0.2.0");
    let by_manifest = with_manifest(bare, manifest.to_string().as_bytes());
    let by_import = text("(component (import \"offtake:destination/http@0.2.0\" (instance)))");
    for bytes in [by_manifest, by_import] {
        let error = refusal(&bytes);
        assert_eq!(error.code(), "OFT-P014");
        assert!(error.to_string().contains("0.2.0"), "{error}");
    }
}

#[test]
fn a_component_that_exports_no_connector_is_none() {
    let component = with_manifest(text("(component)"), &manifest());
    assert_eq!(refusal(&component).code(), "OFT-P015");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connector.wasm");
    File::create(&path).unwrap().set_len(COMPONENT_BYTES_MAX + 1).unwrap();
    assert_eq!(inspect(&path).unwrap_err().code(), "OFT-P012");
}

#[test]
fn a_file_that_is_not_there_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(inspect(&folder.path().join("connector.wasm")).unwrap_err().code(), "OFT-P016");
    assert_eq!(inspect(folder.path()).unwrap_err().code(), "OFT-P016");
}
