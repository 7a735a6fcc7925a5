//! Does every mistake get a coded error with its place and remedy, and is nothing lost or half sent?

use std::fs;

use crate::project::{Project, Said, people};

/// A mistake: what is done to a good project, the command, the exit code, the error codes, and words that a person needs.
struct Mistake {
    name: &'static str,
    make: fn(&Project),
    command: &'static [&'static str],
    exit: i32,
    codes: &'static [&'static str],
    words: &'static [&'static str],
}

static MISTAKES: [Mistake; 22] = [
    Mistake {
        name: "a column that the model does not have",
        make: |project| project.edit("syncs/crm.yml", "from: name", "from: nmae"),
        command: &["validate"],
        exit: 2,
        codes: &["OFT-C013"],
        words: &["syncs/crm.yml:9:28", "did you mean `name`?"],
    },
    Mistake {
        name: "a field that HubSpot does not have",
        make: |project| project.edit("syncs/crm.yml", "to: firstname", "to: first_name"),
        command: &["validate", "--online"],
        exit: 2,
        codes: &["OFT-C014"],
        words: &["first_name", "did you mean `firstname`?", "syncs/crm.yml:9:11"],
    },
    Mistake {
        name: "a type that does not convert",
        make: |project| {
            project.edit("syncs/crm.yml", "to: company, value: Example", "to: hs_analytics_num_visits, from: name")
        },
        command: &["run"],
        exit: 2,
        codes: &["OFT-C014"],
        words: &["hs_analytics_num_visits"],
    },
    Mistake {
        name: "text for a closed list of numbers",
        make: |project| project.edit("syncs/crm.yml", "to: company, value: Example", "to: closedate, from: name"),
        command: &["run"],
        exit: 2,
        codes: &["OFT-C017"],
        words: &["closedate", "CAST(name AS TIMESTAMP)"],
    },
    Mistake {
        name: "a read-only field",
        make: |project| project.edit("syncs/crm.yml", "to: company, value: Example", "to: createdate, sql: now()"),
        command: &["plan"],
        exit: 2,
        codes: &["OFT-C016"],
        words: &["createdate", "read-only"],
    },
    Mistake {
        name: "malformed YAML",
        make: |project| project.edit("syncs/crm.yml", "match: [email]", "match: [email"),
        command: &["validate"],
        exit: 2,
        codes: &["OFT-C001"],
        words: &["syncs/crm.yml:"],
    },
    Mistake {
        name: "everything that is wrong with a file at once",
        make: |project| {
            project.edit("syncs/crm.yml", "match: [email]", "match: email");
            project.edit("syncs/crm.yml", "on_delete: delete", "on_delte: delete");
            project.edit("syncs/crm.yml", "mode: upsert", "mode: upsrt");
            project.edit("syncs/crm.yml", "version: 1\n", "");
        },
        command: &["validate"],
        exit: 2,
        codes: &["OFT-C003", "OFT-C004", "OFT-C005", "OFT-C005"],
        words: &["did you mean `on_delete`?", "did you mean `upsert`?", "key `version` is missing"],
    },
    Mistake {
        name: "names that do not fit together",
        make: |project| {
            project.edit("syncs/crm.yml", "connection: hubspot", "connection: hubspott");
            project.edit("syncs/crm.yml", "match: [email]", "match: [mail]");
            project.edit("syncs/crm.yml", "to: firstname", "to: email");
        },
        command: &["validate"],
        exit: 2,
        codes: &["OFT-C008", "OFT-C011", "OFT-C012"],
        words: &["did you mean `hubspot`?", "`email` is mapped twice"],
    },
    Mistake {
        name: "SQL that is none",
        make: |project| project.edit("models/people.sql", "FROM people", "FORM people"),
        command: &["validate"],
        exit: 2,
        codes: &["OFT-D001"],
        words: &["models/people.sql"],
    },
    Mistake {
        name: "a table that is not in the connection",
        make: |project| project.edit("models/people.sql", "FROM people", "FROM peple"),
        command: &["validate"],
        exit: 2,
        codes: &["OFT-D002"],
        words: &["did you mean `people`?", "models/people.sql:2:6"],
    },
    Mistake {
        name: "a model that writes",
        make: |project| project.write("models/people.sql", "DROP TABLE people"),
        command: &["run"],
        exit: 2,
        codes: &["OFT-D006"],
        words: &["one SELECT"],
    },
    Mistake {
        name: "files that are not there",
        make: |project| fs::remove_file(project.path("people.csv")).unwrap(),
        command: &["run"],
        exit: 2,
        codes: &["OFT-D003"],
        words: &["people.csv"],
    },
    Mistake {
        name: "a truncated component",
        make: |project| {
            let bytes = fs::read(project.path("plugins/hubspot.wasm")).unwrap();
            fs::write(project.path("plugins/hubspot.wasm"), bytes.get(..bytes.len() / 2).unwrap()).unwrap();
        },
        command: &["run"],
        exit: 2,
        codes: &["OFT-P011"],
        words: &["connections/hubspot.yml:4:11", "(byte "],
    },
    Mistake {
        name: "a file that is no component",
        make: |project| project.write("plugins/hubspot.wasm", "\u{7f}ELF"),
        command: &["plugin", "inspect", "plugins/hubspot.wasm"],
        exit: 2,
        codes: &["OFT-P011"],
        words: &["offtake plugin build"],
    },
    Mistake {
        name: "a component that is not there",
        make: |project| fs::remove_file(project.path("plugins/hubspot.wasm")).unwrap(),
        command: &["validate"],
        exit: 2,
        codes: &["OFT-P016"],
        words: &["hubspot.wasm"],
    },
    Mistake {
        name: "settings that the connector does not know",
        make: |project| project.edit("connections/hubspot.yml", "tier: enterprise", "teir: enterprise"),
        command: &["validate"],
        exit: 2,
        codes: &["OFT-C003"],
        words: &["did you mean `tier`?"],
    },
    Mistake {
        name: "a secret that is not set",
        make: |project| {
            project.edit("connections/hubspot.yml", "env: OFFTAKE_HUBSPOT_TOKEN", "env: OFFTAKE_OTHER_TOKEN")
        },
        command: &["run"],
        exit: 2,
        codes: &["OFT-A003"],
        words: &["export OFFTAKE_OTHER_TOKEN=…"],
    },
    Mistake {
        name: "loopback without its grant",
        make: |project| project.edit("connections/hubspot.yml", ", networks: [127.0.0.1/32]", ""),
        command: &["run"],
        exit: 2,
        codes: &["OFT-E301"],
        words: &["127.0.0.1 is not a public address", "allow.networks"],
    },
    Mistake {
        name: "plain http without its grant",
        make: |project| project.edit("connections/hubspot.yml", "plain_http: true, ", ""),
        command: &["run"],
        exit: 2,
        codes: &["OFT-E310"],
        words: &["plain_http"],
    },
    Mistake {
        name: "a host that cannot be reached",
        make: |project| project.connect("http://127.0.0.1:1", "plugins/hubspot.wasm"),
        command: &["run"],
        exit: 6,
        codes: &["OFT-E101"],
        words: &["refused", "can be reached"],
    },
    Mistake {
        name: "a sync that is not there",
        make: |_| {},
        command: &["run", "crn"],
        exit: 2,
        codes: &["OFT-C019"],
        words: &["did you mean `crm`?"],
    },
    Mistake {
        name: "a folder that is no project",
        make: |project| fs::remove_file(project.path("offtake.yml")).unwrap(),
        command: &["run"],
        exit: 2,
        codes: &["OFT-C002"],
        words: &["offtake init"],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_is_named_at_its_place_and_sends_nothing() {
    let mut wrong = Vec::new();
    for mistake in &MISTAKES {
        let project = Project::new(&people(0..5)).await;
        (mistake.make)(&project);
        let json = project.offtake(&[mistake.command, &["--output", "json"]].concat()).await;
        let text = project.offtake(mistake.command).await;
        let mut codes = json.codes();
        codes.sort();
        if codes != mistake.codes || json.code != mistake.exit || text.code != mistake.exit {
            wrong.push(format!("{}: {codes:?} exit {} {}", mistake.name, json.code, text.stderr));
        }
        for word in mistake.words {
            if !unwrapped(&text).contains(&word.replace(' ', "")) {
                wrong.push(format!("{}: `{word}` is not in\n{}", mistake.name, text.stderr));
            }
        }
        if !project.simulator.records("contacts").is_empty() || !project.writes().is_empty() {
            wrong.push(format!("{}: something was sent", mistake.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}

/// A terminal breaks lines where it likes.
fn unwrapped(said: &Said) -> String {
    said.stderr.chars().filter(|c| !c.is_whitespace() && *c != '│' && *c != '·').collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_a_wrong_token_stops_before_anything_is_sent_and_is_not_shown() {
    let project = Project::new(&people(0..5)).await;
    project.write("wrong", "pat-na1-not-the-right-one");
    project.edit("connections/hubspot.yml", "{ env: OFFTAKE_HUBSPOT_TOKEN }", "{ file: wrong }");
    let said = project.offtake(&["run"]).await;
    assert_eq!(said.code, 6, "{said:?}");
    assert!(said.stderr.contains("OFT-A001"), "{said:?}");
    assert!(project.writes().is_empty());
    let audit = fs::read_to_string(project.path("state/audit/hubspot.jsonl")).unwrap();
    assert!(audit.contains("\"status\":401") && !audit.contains("not-the-right-one"), "{audit}");
    assert!(!said.stderr.contains("not-the-right-one"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s9_a_state_in_use_is_told_with_its_owner() {
    let project = Project::new(&people(0..5)).await;
    let held = offtake_state::StateDirectory::open(&project.path("state")).unwrap();
    let said = project.offtake(&["run"]).await;
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.stderr.contains("OFT-S001") && said.stderr.contains(&format!("pid {}", std::process::id())),
        "{said:?}"
    );
    drop(held);
}
