//! Does every verb answer, for people and for machines?

use std::path::Path;

use tempfile::TempDir;

use crate::project::{Project, offtake, people};

#[tokio::test(flavor = "multi_thread")]
async fn verbs_answer_in_both_formats() {
    let project = Project::new(&people(0..4)).await;
    project.run().await;
    let verbs: [(&[&str], &str, &str); 7] = [
        (&["validate"], "offtake.validate/1", "✓ crm"),
        (&["plan"], "offtake.plan/1", "Nothing was sent"),
        (&["status"], "offtake.status/1", "completed"),
        (&["runs"], "offtake.runs/1", "crm"),
        (&["rejects"], "offtake.rejects/1", "no rejects"),
        (&["ls"], "offtake.ls/1", "contacts"),
        (&["plugin", "list"], "offtake.plugins/1", "hubspot"),
    ];
    for (verb, schema, word) in verbs {
        let text = project.offtake(verb).await;
        assert_eq!(text.code, 0, "{verb:?} {text:?}");
        assert!(text.stdout.contains(word), "{verb:?} {text:?}");
        let json = project.offtake(&[verb, &["--output", "json"]].concat()).await;
        assert_eq!(json.json()["schema"], schema, "{verb:?}");
    }
    let inspected = project.offtake(&["plugin", "inspect", "plugins/hubspot.wasm"]).await;
    assert!(
        inspected.stdout.contains("https://api.hubapi.com")
            && inspected.stdout.contains("offtake:destination/http@0.1.0")
    );
}

#[test]
fn init_writes_a_project_that_is_valid_but_for_its_connector() {
    let folder = TempDir::new().unwrap();
    let said = offtake(folder.path(), &["init", "crm"]);
    assert_eq!(said.code, 0, "{said:?}");
    let project = folder.path().join("crm");
    let validated = offtake(&project, &["validate", "--output", "json"]);
    assert_eq!(validated.codes(), ["OFT-P016"], "{validated:?}");
    let again = offtake(folder.path(), &["init", "crm", "--output", "json"]);
    assert_eq!((again.code, again.codes()), (2, vec!["OFT-C021".to_owned()]));
}

#[test]
fn schemas_and_completions_are_printed() {
    for kind in ["project", "connection", "sync"] {
        let said = offtake(Path::new("."), &["schema", kind]);
        assert_eq!(said.json()["additionalProperties"], false, "{kind}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(offtake(Path::new("."), &["completions", shell]).stdout.contains("validate"), "{shell}");
    }
    assert_eq!(offtake(Path::new("."), &["rn"]).code, 2);
}
