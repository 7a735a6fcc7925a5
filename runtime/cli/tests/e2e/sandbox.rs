//! Does the binary keep connectors apart from itself, as its user runs it?

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::project::{CONNECTOR, Project, TOKEN, offtake, people};

/// The binary as it starts itself to compile a component.
fn compile(component: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offtake"));
    command.arg("compile-component").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(component).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn the_binary_compiles_for_itself_and_tells_nobody() {
    let compiled = compile(&std::fs::read(&*CONNECTOR).unwrap());
    assert!(compiled.status.success(), "{compiled:?}");
    assert!(compiled.stdout.starts_with(b"\x7fELF") && compiled.stderr.is_empty());
    let refused = compile(b"not a component");
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(3), 0));
    assert!(!refused.stderr.is_empty());
    assert!(!offtake(Path::new("."), &["--help"]).stdout.contains("compile"));
}

/// Arguments of the processes that this one has started.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let of_parent = processes.filter(|process| {
        // It may have ended by now.
        let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|id| id.trim() == parent.to_string()))
    });
    of_parent.filter_map(|process| std::fs::read_to_string(process.join("cmdline")).ok()).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_connector_is_compiled_by_another_process_and_once() {
    let project = Project::new(&people(0..3)).await;
    let cache = tempfile::tempdir().unwrap();
    for (start, expected) in [("first", true), ("second", false)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_offtake"));
        command.arg("-C").arg(project.folder.path()).args(["validate", "--online"]).env("OFFTAKE_HUBSPOT_TOKEN", TOKEN);
        command.env("XDG_CACHE_HOME", cache.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut seen = false;
        let status = loop {
            seen |= children(child.id()).iter().any(|arguments| arguments.contains("compile-component"));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
        };
        assert!(status.success(), "{start}");
        assert_eq!(seen, expected, "{start}");
    }
    let kept = std::fs::read_dir(cache.path().join("offtake/components")).unwrap();
    assert_eq!(kept.count(), 2, "the key and the code");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_environment_is_not_asked() {
    let project = Project::new(&people(0..3)).await;
    let folder = project.folder.path().to_owned();
    let output = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_offtake"));
        command.arg("-C").arg(folder).args(["run", "--output", "json"]).env("OFFTAKE_HUBSPOT_TOKEN", TOKEN);
        // Nobody listens there.
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env(name, "http://127.0.0.1:1");
        }
        command.output().unwrap()
    });
    let output = output.await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(project.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_says_with_which_bytes_it_was_done() {
    let project = Project::new(&people(0..3)).await;
    let first = project.run().await["connector_digest"].as_str().unwrap().to_owned();
    assert_eq!(first.len(), 64);
    // A section without meaning: the component does the same and is another.
    let mut bytes = std::fs::read(project.path("plugins/hubspot.wasm")).unwrap();
    bytes.extend_from_slice(&[0, 3, 1, b'x', 0]);
    std::fs::write(project.path("plugins/hubspot.wasm"), bytes).unwrap();
    project.rows(&people(0..4));
    assert_ne!(project.run().await["connector_digest"].as_str().unwrap(), first);
}
