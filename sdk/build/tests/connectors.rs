//! From an empty folder to a component, by every way that there is.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

use offtake_build::{BuildOptions, Built, Error, Language, ToolchainKind};

/// Shared by the tests and kept between runs, because the dependencies of guests are the same every time.
fn target_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests")
}

fn build(connector: &Path) -> Result<Built, Error> {
    let options = BuildOptions { target_dir: Some(target_dir()), ..BuildOptions::default() };
    offtake_build::build(connector, &options, &mut |_| {})
}

/// The manifest section, and the imports of the component.
fn look_into(component: &[u8]) -> (serde_json::Value, Vec<String>) {
    wasmparser::Validator::new().validate_all(component).expect("the component is valid");
    let (mut manifest, mut imports, mut depth) = (None, Vec::new(), 0);
    for payload in wasmparser::Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            wasmparser::Payload::ModuleSection { .. } | wasmparser::Payload::ComponentSection { .. } => depth += 1,
            wasmparser::Payload::End(_) => depth -= 1,
            wasmparser::Payload::CustomSection(section) if section.name() == offtake_build::MANIFEST_SECTION => {
                manifest = Some(serde_json::from_slice(section.data()).unwrap());
            }
            wasmparser::Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| import.unwrap().name.name.to_owned()));
            }
            _ => {}
        }
    }
    (manifest.expect("there is a manifest"), imports)
}

#[test]
fn a_new_connector_passes_its_tests_and_builds() {
    let folder = tempfile::tempdir().unwrap();
    let scaffolded = offtake_build::scaffold("acme-crm", Language::Rust, folder.path()).unwrap();
    let tests = Command::new("cargo")
        .args(["test", "--target-dir"])
        .arg(target_dir())
        .current_dir(&scaffolded.dir)
        .output()
        .unwrap();
    assert!(tests.status.success(), "{}", String::from_utf8_lossy(&tests.stderr));
    assert!(String::from_utf8_lossy(&tests.stdout).contains("4 passed"));

    let built = build(&scaffolded.dir).unwrap();
    assert_eq!(built.path, scaffolded.dir.canonicalize().unwrap().join("target/offtake/acme-crm.wasm"));
    let component = std::fs::read(&built.path).unwrap();
    assert_eq!(built.size_bytes, component.len() as u64);
    let (manifest, imports) = look_into(&component);
    assert_eq!(manifest["schema"], "offtake.manifest/1");
    assert_eq!(manifest["id"], "acme-crm");
    assert_eq!(manifest["name"], "Acme crm");
    assert_eq!(manifest["wit"], "offtake:destination@0.1.0");
    assert_eq!(manifest["config"]["properties"]["workspace"]["default"], "main");
    for import in imports {
        assert!(import.starts_with("offtake:destination/"), "{import}");
    }

    let again = offtake_build::scaffold("acme-crm", Language::Rust, folder.path()).unwrap_err();
    assert_eq!(again.code(), "OFT-B011");
}

/// Copies what a connector of the repository needs to be built where it stands.
fn clone_to(folder: &Path) -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for part in ["plugins/hubspot", "sdk/rust", "wit"] {
        copy(&repository.join(part), &folder.join(part));
    }
    folder.join("plugins/hubspot")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        } else if entry.file_name() != "target" {
            copy(&entry.path(), &target);
        }
    }
}

#[test]
fn the_same_sources_give_the_same_bytes_wherever_they_lie() {
    let folders = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let [one, two, three, four] = folders.each_ref().map(tempfile::TempDir::path);
    let connectors = [
        offtake_build::unpack_bundled("hubspot", one).unwrap(),
        offtake_build::unpack_bundled("hubspot", &two.join("somewhere/else")).unwrap(),
        clone_to(three),
        clone_to(&four.join("a/clone of it")),
    ];
    let builds = connectors.map(|connector| {
        let mut compiled = false;
        let options = BuildOptions { target_dir: Some(target_dir()), ..BuildOptions::default() };
        let built = offtake_build::build(&connector, &options, &mut |line| {
            compiled |= line.contains("Compiling offtake-hubspot");
        });
        let built = built.unwrap();
        assert!(compiled, "a build must not take over another one's artifact");
        built
    });
    for built in &builds {
        assert_eq!(built.sha256, builds[0].sha256, "{}", built.path.display());
    }
    let component = std::fs::read(&builds[3].path).unwrap();
    for place in [one, two, three, four, target_dir().as_path()] {
        let place = place.to_str().unwrap().as_bytes();
        assert!(
            !component.windows(place.len()).any(|window| window == place),
            "a path of this machine is in the bytes"
        );
    }
}

#[test]
fn debians_packages_build_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let scaffolded = offtake_build::scaffold("from-debian", Language::Rust, folder.path()).unwrap();
    // The variable is read by the process that builds, so another one does. Where the packages are missing it installs
    // them, and where it may not, it says which line does.
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "offtake-build", "--example", "build", "--"])
        .arg(&scaffolded.dir)
        .arg(target_dir())
        .env("OFFTAKE_WASM_TOOLCHAIN", "debian")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "this test needs Debian's compiler: apt-get install rustc-web rust-web-src\n{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("Debian packages"), "{said}");
    let component = std::fs::read(scaffolded.dir.join("target/offtake/from-debian.wasm")).unwrap();
    let (manifest, imports) = look_into(&component);
    assert_eq!(manifest["id"], "from-debian");
    assert!(imports.iter().all(|import| import.starts_with("offtake:destination/")), "{imports:?}");
}

#[test]
fn a_broken_manifest_is_told_whole_and_before_anything_is_compiled() {
    let folder = tempfile::tempdir().unwrap();
    let scaffolded = offtake_build::scaffold("broken", Language::Rust, folder.path()).unwrap();
    let path = scaffolded.dir.join("connector.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("https://", "http://").replace("version = \"0.1.0\"", "version = \"new\"");
    let text = text.replace("endpoints = [\"api\"]", "endpoints = [\"apo\"]");
    std::fs::write(&path, text).unwrap();
    let error = build(&scaffolded.dir).unwrap_err();
    assert_eq!(error.code(), "OFT-B002");
    let Error::Manifest { problems, .. } = &error else { panic!("{error}") };
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["version", "endpoints.api.base", "credentials.token.endpoints"]);
    assert!(error.to_string().contains("3 problems"), "{error}");
}

#[test]
fn what_is_no_connector_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(build(folder.path()).unwrap_err().code(), "OFT-B001");
    for name in ["", "Acme", "9lives", "a b", "../a"] {
        assert_eq!(
            offtake_build::scaffold(name, Language::Rust, folder.path()).unwrap_err().code(),
            "OFT-B010",
            "{name}"
        );
    }
    assert_eq!(offtake_build::unpack_bundled("no-such-vendor", folder.path()).unwrap_err().code(), "OFT-B012");

    let scaffolded = offtake_build::scaffold("no-export", Language::Rust, folder.path()).unwrap();
    let source = scaffolded.dir.join("src/lib.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, text.replace("offtake_sdk::export!(Destination);", "")).unwrap();
    assert_eq!(build(&scaffolded.dir).unwrap_err().code(), "OFT-B008");
    std::fs::write(&source, text.replace("impl Connector for", "impl Connecter for")).unwrap();
    let error = build(&scaffolded.dir).unwrap_err();
    assert_eq!(error.code(), "OFT-B006");
    assert!(error.to_string().contains("Connecter"), "{error}");
}

#[test]
fn the_toolchain_of_this_machine_is_found() {
    let report = offtake_build::check_toolchain();
    assert_eq!(report.found.len(), 2);
    if let Some(toolchain) = report.ready {
        assert!(matches!(toolchain.kind, ToolchainKind::Rustup | ToolchainKind::Debian));
        assert!(toolchain.version.starts_with("rustc "));
    }
}

#[test]
fn connectors_with_an_interpreter_are_built_and_ask_for_more() {
    for (language, name, tool) in
        [(Language::Python, "in-python", "componentize-py"), (Language::JavaScript, "in-js", "componentize-qjs")]
    {
        let folder = tempfile::tempdir().unwrap();
        let scaffolded = offtake_build::scaffold(name, language, folder.path()).unwrap();
        let built = build(&scaffolded.dir).unwrap();
        assert!(built.toolchain.contains(tool), "{}", built.toolchain);
        let (manifest, imports) = look_into(&std::fs::read(&built.path).unwrap());
        assert_eq!((&manifest["id"], &manifest["limits"]["memory_mib"]), (&name.into(), &256.into()));
        assert_eq!(manifest["limits"]["cpu_ms"], 10_000);
        assert!(imports.iter().all(|import| !import.starts_with("wasi:http")), "{imports:?}");
        // The SDK for JavaScript needs no WASI at all.
        let wasi = imports.iter().any(|import| import.starts_with("wasi:"));
        assert_eq!(wasi, language == Language::Python, "{imports:?}");
    }
}

#[test]
fn connectors_that_come_along_bring_the_sdk_of_their_language() {
    let folder = tempfile::tempdir().unwrap();
    for (name, sdk) in
        [("hubspot", "rust/Cargo.toml"), ("airtable", "python/offtake_sdk/adapter.py"), ("mailchimp", "js/index.js")]
    {
        let connector = offtake_build::unpack_bundled(name, folder.path()).unwrap();
        for part in [format!("sdk/{sdk}"), "wit/0.1.0/connector.wit".to_owned()] {
            assert!(connector.join("vendor/offtake-sdk").join(&part).is_file(), "{name}: {part}");
        }
        assert!(connector.join("conformance.toml").is_file(), "{name}");
    }
}

#[test]
fn what_is_wrong_with_interpreted_sources_is_told_with_its_place() {
    for (language, source, broken, words) in [
        (Language::Python, "connector.py", "def check(self, cx", "SyntaxError"),
        (Language::Python, "connector.py", "import no_such_module", "no_such_module"),
        (Language::JavaScript, "connector.js", "export const connector = {{", "connector.js"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let scaffolded = offtake_build::scaffold("broken-source", language, folder.path()).unwrap();
        std::fs::write(scaffolded.dir.join(source), broken).unwrap();
        let error = build(&scaffolded.dir).unwrap_err();
        assert_eq!(error.code(), "OFT-B016", "{error}");
        assert!(error.to_string().contains(words), "{error}");
        std::fs::remove_file(scaffolded.dir.join(source)).unwrap();
        assert_eq!(build(&scaffolded.dir).unwrap_err().code(), "OFT-B001", "{source}");
    }
}
