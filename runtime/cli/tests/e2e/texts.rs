//! Do texts, odd columns and changed files arrive unchanged, or stop before anything is sent?

use serde_json::json;

use crate::data::{map, property, ran, reading, sent};
use crate::ledger::count;
use crate::project::{Project, people};

#[tokio::test(flavor = "multi_thread")]
async fn v6_texts_arrive_byte_for_byte_or_reject_their_row() {
    let longest = "x".repeat(65_536);
    let widest = "👋".repeat(65_536);
    let texts = [
        "plain",
        " blanks around ",
        "👩‍👩‍👧‍👦",
        "\u{1f9ff}",
        "a\0b",
        "\u{202e}olleh",
        "\u{e9}",
        "e\u{301}",
        "\u{fb01}",
        "\u{2028}\u{2029}",
        "\r\n\t\u{1b}[31m",
        "\"\\'`",
        "=HYPERLINK(1)",
        "\u{feff}bom",
        "\u{fffd}",
        "\u{10ffff}",
        "null",
        "NaN",
        "0012",
        "{\"a\":1}",
        longest.as_str(),
        widest.as_str(),
    ];
    let line =
        |n: usize, text: &str| format!("{}\n", json!({ "email": format!("p{n}@example.com"), "firstname": text }));
    let mut lines: String = texts.iter().enumerate().map(|(n, text)| line(n, text)).collect();
    for (n, length) in [(900, 65_537), (901, 1_000_000), (902, 3_000_000)] {
        lines.push_str(&line(n, &"y".repeat(length)));
    }
    let project = reading(&lines, "SELECT email, firstname FROM people", &["email", "firstname"]).await;
    let (code, run) = ran(&project).await;
    assert_eq!((code, count(&run, "delivered"), count(&run, "rejected")), (0, texts.len() as u64, 3), "{run}");
    let contacts = project.contacts();
    for (n, text) in texts.iter().enumerate() {
        let found = &contacts[&format!("p{n}@example.com")]["firstname"];
        assert_eq!(found, text, "{n}");
    }
    assert_eq!(contacts.len(), texts.len());
    let listed = project.offtake(&["rejects", "--output", "json"]).await;
    for word in ["OFT-R001", "longer than 65536 characters", "OFT-R003", "the destination takes"] {
        assert!(listed.stdout.contains(word), "{word}: {:.6000}", listed.stdout);
    }
    assert!(listed.stdout.len() < 50_000, "rejects keep a part of a record: {}", listed.stdout.len());
}

/// A file that cannot be read right, in place of one that was delivered.
static BROKEN: [(&str, &str, &[u8], &str); 8] = [
    (
        "CSV with a byte that is no UTF-8",
        "csv",
        b"email,name,revenue,stage\nperson0@example.com,\xff,0.5,lead\n",
        "OFT-D",
    ),
    ("CSV in Latin-1", "csv", b"email,name,revenue,stage\nperson0@example.com,S\xf8ren,0.5,lead\n", "OFT-D"),
    ("a header in Latin-1", "csv", b"email,name,revenue,st\xe4ge\nperson0@example.com,A,0.5,lead\n", "OFT-D"),
    ("CSV in UTF-16", "csv", b"\xff\xfee\0m\0a\0i\0l\0,\0n\0\n\0", "OFT-"),
    (
        "NDJSON with a byte that is no UTF-8",
        "ndjson",
        b"{\"email\":\"person0@example.com\",\"name\":\"\xff\",\"revenue\":0.5,\"stage\":\"lead\"}\n",
        "OFT-D",
    ),
    (
        "NDJSON with half an emoji",
        "ndjson",
        b"{\"email\":\"person0@example.com\",\"name\":\"\\ud83d\",\"revenue\":0.5,\"stage\":\"lead\"}\n",
        "OFT-D",
    ),
    (
        "NDJSON that breaks off",
        "ndjson",
        b"{\"email\":\"person0@example.com\",\"name\":\"A\",\"revenue\":0.5,\"stage\":\"lead\"}\n{\"email\":\"pers",
        "OFT-D",
    ),
    ("Parquet that is none", "parquet", b"PAR1 and no more PAR1", "OFT-D"),
];

#[tokio::test(flavor = "multi_thread")]
async fn v7_files_that_cannot_be_read_right_send_and_remove_nothing() {
    let project = Project::new(&people(0..3)).await;
    project.run().await;
    let (contacts, writes) = (project.contacts(), project.writes().len());
    let lake = std::fs::read_to_string(project.path("connections/lake.yml")).unwrap();
    for (name, format, bytes, code) in &BROKEN {
        std::fs::write(project.path("broken"), bytes).unwrap();
        let broken = format!("format: {format}, path: broken");
        project.write("connections/lake.yml", &lake.replace("format: csv, path: people.csv", &broken));
        let said = project.offtake(&["run", "--output", "json"]).await;
        let codes =
            [said.codes(), vec![said.json()["runs"][0]["error"]["code"].as_str().unwrap_or_default().to_owned()]]
                .concat();
        assert_ne!(said.code, 0, "{name}: {said:?}");
        assert!(codes.iter().any(|found| found.starts_with(code)), "{name}: {codes:?}");
        assert_eq!((project.contacts(), project.writes().len()), (contacts.clone(), writes), "{name}");
    }
    project.write("connections/lake.yml", &lake);
    assert_eq!(count(&project.run().await, "unchanged"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn v8_nested_values_are_refused_before_anything_is_sent_and_encodings_are_not_seen() {
    let refused = [
        "[1, 2]",
        "['a', 'b']",
        "{'a': 1}",
        "named_struct('a', 1, 'b', [1])",
        "[[1], [2]]",
        "INTERVAL '1' DAY",
        "arrow_cast(1, 'Duration(Second)')",
        "MAP {'a': 1}",
        "raw.nested",
    ];
    let taken = [
        ("arrow_cast('word', 'Dictionary(Int32, Utf8)')", "word"),
        ("arrow_cast('word', 'Utf8View')", "word"),
        ("arrow_cast('word', 'LargeUtf8')", "word"),
        ("arrow_cast(arrow_cast('word', 'LargeUtf8'), 'Dictionary(UInt8, LargeUtf8)')", "word"),
        ("array_to_string([1, 2], ';')", "1;2"),
    ];
    let line = "{\"email\":\"a@example.com\",\"nested\":{\"a\":[{}]}}\n";
    let project = reading(line, "", &["email", "firstname"]).await;
    for expression in refused {
        project.write("models/people.sql", &format!("SELECT email, {expression} AS firstname FROM people AS raw"));
        for command in [&["validate", "--online", "--output", "json"], &["run", "crm", "--output", "json"]] {
            let said = project.offtake(command).await;
            assert_eq!((said.code, said.codes()), (2, vec!["OFT-C017".to_owned()]), "{expression}: {said:?}");
        }
        assert!(project.writes().is_empty(), "{expression}");
    }
    for (expression, expected) in taken {
        project.write("models/people.sql", &format!("SELECT email, {expression} AS firstname FROM people AS raw"));
        let (code, _) = ran(&project).await;
        assert_eq!((code, sent(&project)["a@example.com"]["firstname"].as_str()), (0, expected), "{expression}");
    }
    assert_eq!(project.writes().len(), 2, "how a text is stored is no change");
}

/// What becomes of five delivered rows when their file is replaced.
struct Drift {
    name: &'static str,
    file: &'static str,
    exit: i32,
    code: Option<&'static str>,
    changed: u64,
    /// `annualrevenue` of the first afterwards.
    revenue: &'static str,
}

const STEADY: Drift = Drift { name: "", file: "", exit: 0, code: None, changed: 0, revenue: "0.5" };
const STOPS: Drift = Drift { exit: 2, code: Some("OFT-C013"), ..STEADY };

static DRIFTS: [Drift; 13] = [
    Drift {
        name: "a column added",
        file: "email,name,revenue,stage,note,new\na@x.org,A,0.50,lead,n,1\nb@x.org,B,1.50,lead,n,2\n",
        ..STEADY
    },
    Drift {
        name: "an unmapped column dropped",
        file: "email,name,revenue,stage\na@x.org,A,0.50,lead\nb@x.org,B,1.50,lead\n",
        ..STEADY
    },
    Drift {
        name: "an unmapped column renamed",
        file: "email,name,revenue,stage,remark\na@x.org,A,0.50,lead,n\nb@x.org,B,1.50,lead,n\n",
        ..STEADY
    },
    Drift {
        name: "columns in another order",
        file: "stage,revenue,note,name,email\nlead,0.50,n,A,a@x.org\nlead,1.50,n,B,b@x.org\n",
        ..STEADY
    },
    Drift {
        name: "rows in another order",
        file: "email,name,revenue,stage,note\nb@x.org,B,1.50,lead,n\na@x.org,A,0.50,lead,n\n",
        ..STEADY
    },
    Drift {
        name: "more digits",
        file: "email,name,revenue,stage,note\na@x.org,A,0.5000,lead,n\nb@x.org,B,1.5e0,lead,n\n",
        ..STEADY
    },
    Drift {
        name: "a mapped column dropped",
        file: "email,revenue,stage,note\na@x.org,0.50,lead,n\nb@x.org,1.50,lead,n\n",
        ..STOPS
    },
    Drift {
        name: "a mapped column renamed",
        file: "email,fullname,revenue,stage,note\na@x.org,A,0.50,lead,n\nb@x.org,B,1.50,lead,n\n",
        ..STOPS
    },
    Drift {
        name: "a mapped column in capitals",
        file: "email,NAME,revenue,stage,note\na@x.org,A,0.50,lead,n\nb@x.org,B,1.50,lead,n\n",
        ..STOPS
    },
    Drift {
        name: "the key renamed",
        file: "mail,name,revenue,stage,note\na@x.org,A,0.50,lead,n\nb@x.org,B,1.50,lead,n\n",
        ..STOPS
    },
    Drift { name: "the header lost", file: "a@x.org,A,0.50,lead,n\nb@x.org,B,1.50,lead,n\n", ..STOPS },
    Drift { name: "no rows", file: "email,name,revenue,stage,note\n", exit: 5, ..STEADY },
    Drift {
        name: "a number that becomes text",
        file: "email,name,revenue,stage,note\na@x.org,A,0.50 EUR,lead,n\nb@x.org,B,1.50 EUR,lead,n\n",
        changed: 2,
        revenue: "0.50 EUR",
        ..STEADY
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn v9_a_file_that_has_changed_its_columns_sends_nothing_wrong() {
    const FILE: &str = "email,name,revenue,stage,note\na@x.org,A,0.50,lead,n\nb@x.org,B,1.50,lead,n\n";
    let project = Project::new(&[]).await;
    project.edit("syncs/crm.yml", "model: models/people.sql", "table: people");
    project.write("people.csv", FILE);
    project.run().await;
    for drift in &DRIFTS {
        project.write("people.csv", drift.file);
        let writes = project.writes().len();
        let said = project.offtake(&["run", "--output", "json"]).await;
        assert_eq!(said.code, drift.exit, "{}: {said:?}", drift.name);
        assert!(
            drift.code.is_none_or(|code| said.codes().iter().any(|found| found == code)),
            "{}: {said:?}",
            drift.name
        );
        if drift.exit == 0 {
            let run = said.json()["runs"][0].clone();
            assert_eq!(
                (count(&run, "changed"), count(&run, "delivered")),
                (drift.changed, drift.changed),
                "{}",
                drift.name
            );
        }
        assert_eq!(project.writes().len() - writes, usize::from(drift.changed > 0), "{}", drift.name);
        let contacts = project.contacts();
        assert_eq!(
            (contacts.len(), contacts["a@x.org"]["annualrevenue"].as_str()),
            (2, drift.revenue),
            "{}",
            drift.name
        );
        assert_eq!(contacts["a@x.org"]["firstname"], "A", "{}", drift.name);
    }
    project.write("people.csv", FILE);
    assert_eq!(count(&project.run().await, "delivered"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn v9_a_number_that_becomes_text_does_not_go_into_a_number() {
    let line = "{\"email\":\"a@x.org\",\"amount\":1.5}\n";
    let project = reading(line, "SELECT email, amount FROM people", &["email", "amount"]).await;
    property(&project, "amount", "number");
    project.run().await;
    project.write("people.ndjson", &line.replace("1.5", "\"1.5\""));
    let said = project.offtake(&["run", "--output", "json"]).await;
    assert_eq!((said.code, said.codes(), project.writes().len()), (2, vec!["OFT-C017".to_owned()], 1), "{said:?}");
    project.write("people.ndjson", &line.replace("1.5", "2"));
    assert_eq!(count(&project.run().await, "changed"), 1);
    assert_eq!(project.contacts()["a@x.org"]["amount"], "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn v13_five_hundred_columns_and_one_arrive() {
    let project = Project::new(&[]).await;
    let names: Vec<String> = (0..500).map(|n| format!("c{n}")).collect();
    names.iter().for_each(|name| property(&project, name, "string"));
    let row = |row: u32| (0..500).map(|n| format!(",v{row}x{n}")).collect::<String>();
    let rows: String = (0..3).map(|n| format!("p{n}@example.com{}\n", row(n))).collect();
    project.write("people.csv", &format!("email,{}\n{rows}", names.join(",")));
    project.edit("syncs/crm.yml", "model: models/people.sql", "table: people");
    map(&project, &["email"]);
    assert_eq!(count(&project.run().await, "delivered"), 3);
    let fields: Vec<&str> = std::iter::once("email").chain(names.iter().map(String::as_str)).collect();
    map(&project, &fields);
    assert_eq!(count(&project.run().await, "delivered"), 3);
    for (email, properties) in project.contacts() {
        let row = email.trim_start_matches('p').trim_end_matches("@example.com").to_owned();
        assert!((0..500).all(|n| properties[&format!("c{n}")] == format!("v{row}x{n}")), "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v13_columns_are_found_by_whatever_name_they_have() {
    let odd = ["a.b", "a b", "A", "a", "select", "😀", "a'b", "a`b", "ä", "1", "a/b", "model.email", "$x", "${x}", "*"];
    let project = Project::new(&[]).await;
    project.edit("syncs/crm.yml", "model: models/people.sql", "table: people");
    let mut fields = "  - { to: email, from: email }\n".to_owned();
    for (n, name) in odd.iter().enumerate() {
        property(&project, &format!("p{n}"), "string");
        let quoted = json!(name.replace("${", "$${")).to_string();
        fields.push_str(&format!("  - {{ to: p{n}, from: {quoted} }}\n"));
    }
    let sync = std::fs::read_to_string(project.path("syncs/crm.yml")).unwrap();
    let (head, _) = sync.split_once("fields:\n").unwrap();
    project.write("syncs/crm.yml", &format!("{head}fields:\n{fields}"));
    let values: String = (0..odd.len()).map(|n| format!(",v{n}")).collect();
    project.write("people.csv", &format!("email,{}\na@x.org{values}\n", odd.join(",")));
    let (code, run) = ran(&project).await;
    assert_eq!((code, count(&run, "delivered")), (0, 1), "{run}");
    let found = project.contacts().remove("a@x.org").unwrap();
    for (n, name) in odd.iter().enumerate() {
        assert_eq!(found[&format!("p{n}")], format!("v{n}"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v13_two_columns_of_one_name_are_refused() {
    let project = Project::new(&[]).await;
    project.edit("syncs/crm.yml", "model: models/people.sql", "table: people");
    project.write("people.csv", "email,name,name,revenue,stage\na@x.org,A,B,1,lead\n");
    let said = project.offtake(&["run", "--output", "json"]).await;
    assert!(said.code != 0 && said.codes().iter().all(|code| code.starts_with("OFT-D")), "{said:?}");
    assert!(project.writes().is_empty());
}

/// A file with one column `v` beside the key, and what arrives of its first row.
static TYPED: [(&str, &str, &str); 13] = [
    ("csv", "a@x.org,9007199254740993", "9007199254740993"),
    ("csv", "a@x.org,18446744073709551615", "18446744073709551615"),
    ("csv", "a@x.org,123456789012345678901234567890", "123456789012345678901234567890"),
    ("csv", "a@x.org,+491701234567", "+491701234567"),
    ("csv", "a@x.org,01234\nb@x.org,A1234", "01234"),
    ("csv", "a@x.org,\" x \"", " x "),
    ("csv", "a@x.org,NULL", "NULL"),
    ("csv", "a@x.org,\"a\nb,\"\"c\"\"\"", "a\nb,\"c\""),
    ("csv", "a@x.org,2026-11-22T10:00:00+02:00", "2026-11-22T08:00:00Z"),
    ("ndjson", "{\"email\":\"a@x.org\",\"v\":9007199254740993}", "9007199254740993"),
    ("ndjson", "{\"email\":\"a@x.org\",\"v\":\"01234\"}", "01234"),
    ("ndjson", "{\"email\":\"a@x.org\",\"v\":-9223372036854775808}", "-9223372036854775808"),
    ("ndjson", "{\"email\":\"a@x.org\",\"v\":0.30000000000000004}", "0.30000000000000004"),
];

#[tokio::test(flavor = "multi_thread")]
async fn v3_v6_values_of_text_files_arrive_as_they_are_written() {
    for (format, rows, expected) in TYPED {
        let project = reading("", "SELECT email, v AS firstname FROM people", &["email", "firstname"]).await;
        let header = if format == "csv" { "email,v\n" } else { "" };
        project.write("people.ndjson", &format!("{header}{rows}\n"));
        project.edit("connections/lake.yml", "format: ndjson", &format!("format: {format}"));
        let (code, _) = ran(&project).await;
        assert_eq!((code, sent(&project)["a@x.org"]["firstname"].as_str()), (0, expected), "{rows}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v9_rows_that_disagree_about_a_columns_type_stop_the_read() {
    let cases = ["1 \"01\"", "true 1", "{\"a\":1} 1", "1 1e400"];
    for values in cases {
        let lines: String =
            values.split(' ').map(|v| format!("{{\"email\":\"a{}@x.org\",\"v\":{v}}}\n", v.len())).collect();
        let project = reading(&lines, "SELECT email, v AS firstname FROM people", &["email", "firstname"]).await;
        let said = project.offtake(&["run", "--output", "json"]).await;
        let run = said.json()["runs"][0]["error"]["code"].as_str().map(str::to_owned);
        let codes: Vec<String> = said.codes().into_iter().chain(run).collect();
        assert!(said.code != 0 && codes.iter().any(|code| code.starts_with("OFT-D")), "{values}: {said:?}");
        assert!(project.writes().is_empty(), "{values}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v9_a_row_far_down_that_is_of_another_type_stops_the_read() {
    let project = Project::new(&people(0..3)).await;
    project.run().await;
    let mut rows = people(0..5_000);
    rows[4_500] = "person4500@example.com,Person,much,lead".to_owned();
    project.rows(&rows);
    let said = project.offtake(&["run", "--output", "json"]).await;
    assert_eq!((said.code, said.json()["runs"][0]["error"]["code"].as_str()), (1, Some("OFT-D007")), "{said:?}");
    assert_eq!((project.writes().len(), project.contacts().len()), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_a_key_of_several_fields_is_refused_where_the_destination_takes_one() {
    let project = Project::new(&people(0..3)).await;
    project.edit("syncs/crm.yml", "match: [email]", "match: [email, company]");
    let said = project.offtake(&["run", "--output", "json"]).await;
    let run = said.json()["runs"][0].clone();
    assert_eq!((run["status"].as_str(), run["error"]["code"].as_str()), (Some("failed"), Some("OFT-E105")), "{said:?}");
    assert!(run["error"]["message"].as_str().unwrap().contains("email, company"), "{said:?}");
    assert_eq!((project.writes().len(), count(&run, "pending")), (0, 3));
}
