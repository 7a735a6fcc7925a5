//! SQL that is no model, and expressions that are no mapping: exact codes.

use offtake_core::mapping::{Constant, FieldMapping, Value as Source};
use offtake_source::{Error, Model};
use serde_json::json;

use crate::support::{WRITTEN, read, refused};

const PEOPLE: &str = "lake.golden.appended_twice";

async fn people() -> Model {
    WRITTEN.catalogs().model(&format!("SELECT * FROM {PEOPLE}")).await.unwrap()
}

fn field(to: &str, value: Source) -> FieldMapping {
    FieldMapping { to: to.to_owned(), value }
}

fn sql(expression: &str) -> Source {
    Source::Sql(expression.to_owned())
}

#[tokio::test]
async fn models_that_are_refused() {
    let written = WRITTEN.out.join("copied.csv");
    let cases = [
        (format!("SELECT 1; SELECT * FROM {PEOPLE}"), "OFT-D006"),
        (String::new(), "OFT-D006"),
        (" -- nothing\n".to_owned(), "OFT-D006"),
        (format!("INSERT INTO {PEOPLE} VALUES (1, 'x')"), "OFT-D006"),
        (format!("UPDATE {PEOPLE} SET id = 1"), "OFT-D006"),
        (format!("DELETE FROM {PEOPLE}"), "OFT-D006"),
        (format!("CREATE TABLE x AS SELECT * FROM {PEOPLE}"), "OFT-D006"),
        (format!("CREATE VIEW x AS SELECT * FROM {PEOPLE}"), "OFT-D006"),
        ("CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'".to_owned(), "OFT-D006"),
        ("DROP TABLE x".to_owned(), "OFT-D006"),
        (format!("COPY {PEOPLE} TO '{}'", written.display()), "OFT-D006"),
        (format!("COPY (SELECT * FROM {PEOPLE}) TO '{}'", written.display()), "OFT-D006"),
        ("SET datafusion.execution.batch_size = 1".to_owned(), "OFT-D006"),
        ("SHOW ALL".to_owned(), "OFT-D006"),
        (format!("EXPLAIN SELECT * FROM {PEOPLE}"), "OFT-D006"),
        ("SELECT * FROM nowhere".to_owned(), "OFT-D002"),
        ("SELECT * FROM '/etc/passwd'".to_owned(), "OFT-D002"),
        ("SELECT * FROM information_schema.tables".to_owned(), "OFT-D002"),
        (format!("SELECT a.id FROM {PEOPLE} a JOIN nowhere b ON a.id = b.id"), "OFT-D002"),
        (format!("SELEC * FROM {PEOPLE}"), "OFT-D001"),
        (format!("SELECT id FROM {PEOPLE} WHERE"), "OFT-D001"),
        (format!("SELECT no_such FROM {PEOPLE}"), "OFT-D001"),
        (format!("SELECT no_such_function(id) FROM {PEOPLE}"), "OFT-D001"),
        (format!("SELECT id, count(*) FROM {PEOPLE}"), "OFT-D001"),
    ];
    let lake = WRITTEN.catalogs();
    let mut wrong = Vec::new();
    for (sql, code) in cases {
        match lake.model(&sql).await {
            Err(error) if error.code() == code => {}
            Err(error) => wrong.push(format!("{sql}: {} instead of {code}: {error}", error.code())),
            Ok(_) => wrong.push(format!("{sql}: planned instead of {code}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!written.exists());
}

#[tokio::test]
async fn a_syntax_error_has_its_place() {
    let error = refused(&WRITTEN.catalogs(), &format!("SELECT id\nFROM {PEOPLE}\nWHERE id = = 1")).await;
    assert!(matches!(error, Error::Sql { position: Some((3, 12)), .. }), "{error:?}");
}

#[tokio::test]
async fn models_that_only_read() {
    let lake = WRITTEN.catalogs();
    let cases = [
        (format!("SELECT id FROM {PEOPLE};"), 3),
        (format!("WITH p AS (SELECT * FROM {PEOPLE}) SELECT id FROM p WHERE name IS NOT NULL"), 2),
        (format!("SELECT id FROM {PEOPLE} WHERE id IN (SELECT max(id) FROM {PEOPLE})"), 1),
        (format!("SELECT id FROM {PEOPLE} UNION ALL SELECT id FROM {PEOPLE}"), 6),
        (format!("SELECT name, count(*) AS n FROM {PEOPLE} GROUP BY name"), 3),
        (format!("SELECT id, row_number() OVER (ORDER BY id) AS n FROM {PEOPLE} ORDER BY id LIMIT 2"), 2),
        ("SELECT 1 AS id".to_owned(), 1),
        ("VALUES (1), (2)".to_owned(), 2),
    ];
    for (sql, expected) in cases {
        let found = crate::support::rows(&lake, &sql).await.unwrap_or_else(|fault| panic!("{sql}: {fault:?}"));
        assert_eq!(found.len(), expected, "{sql}");
    }
}

#[tokio::test]
async fn mappings_that_are_refused_field_by_field() {
    let cases = [
        (Source::Column("no_such".to_owned()), "OFT-C013"),
        (Source::Column("NAME".to_owned()), "OFT-C013"),
        (sql("count(*)"), "OFT-C015"),
        (sql("max(id) + 1"), "OFT-C015"),
        (sql("row_number() OVER (ORDER BY id)"), "OFT-C015"),
        (sql("(SELECT 1)"), "OFT-C015"),
        (sql("EXISTS (SELECT 1)"), "OFT-C015"),
        (sql("id IN (SELECT 1)"), "OFT-C015"),
        (sql("no_such + 1"), "OFT-C015"),
        (sql("no_such_function(id)"), "OFT-C015"),
        (sql("id +"), "OFT-C015"),
        (sql(""), "OFT-C015"),
        (sql("id, name"), "OFT-C015"),
        (sql("id; DROP TABLE x"), "OFT-C015"),
        (sql("*"), "OFT-C015"),
        (sql("unnest([1, 2])"), "OFT-C015"),
        (sql("appended_twice.id"), "OFT-C015"),
    ];
    let model = people().await;
    let mut wrong = Vec::new();
    for (source, code) in cases {
        // A good field before and after: the index must be the bad one's.
        let good = || field("good", sql("id + 1"));
        let fields = [good(), field("bad", source.clone()), field("better", sql("upper(name)"))];
        match model.map(&fields) {
            Err(errors) if errors.iter().map(|(at, error)| (*at, error.code())).eq([(1, code)]) => {}
            Err(errors) => wrong.push(format!("{source:?}: {errors:?} instead of {code}")),
            Ok(_) => wrong.push(format!("{source:?}: mapped instead of {code}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let fields = [field("a", sql("no_such")), field("b", sql("id")), field("c", Source::Column("x".to_owned()))];
    let errors = people().await.map(&fields).unwrap_err();
    let found: Vec<_> = errors.iter().map(|(index, error)| (*index, error.code())).collect();
    assert_eq!(found, [(0, "OFT-C015"), (2, "OFT-C013")]);
}

#[tokio::test]
async fn mappings_that_are_scalars() {
    let fields = [
        field("id", Source::Column("id".to_owned())),
        field("Name", sql("coalesce(upper(name), 'nobody')")),
        field("email.address", sql("lower(name) || '@example.com'")),
        field("size", sql("CASE WHEN id > 1 THEN 'large' ELSE 'small' END")),
        field("text", Source::Constant(Constant::Text("it's".to_owned()))),
        field("whole", Source::Constant(Constant::Integer(-7))),
        field("part", Source::Constant(Constant::Number(0.5))),
        field("yes", Source::Constant(Constant::Boolean(true))),
    ];
    let found = read(&people().await.map(&fields).unwrap()).await.unwrap();
    let constants = json!({ "text": "it's", "whole": -7, "part": 0.5, "yes": true });
    assert_eq!(found.len(), 3);
    for row in &found {
        for (name, value) in constants.as_object().unwrap() {
            assert_eq!(&row[name], value);
        }
    }
    let ada = found.iter().find(|row| row["id"] == 1).unwrap();
    assert_eq!(
        (&ada["Name"], &ada["email.address"], &ada["size"]),
        (&json!("ADA"), &json!("ada@example.com"), &json!("small"))
    );
    let nobody = found.iter().find(|row| row["id"] == 2).unwrap();
    assert_eq!((&nobody["Name"], &nobody["email.address"]), (&json!("nobody"), &json!(null)));
}

#[tokio::test]
async fn columns_keep_the_case_that_the_model_gave_them() {
    let model = WRITTEN.catalogs().model(&format!("SELECT id AS \"Id\", name FROM {PEOPLE}")).await.unwrap();
    let mapped = model.map(&[field("x", Source::Column("Id".to_owned())), field("y", sql("\"Id\" * 2"))]).unwrap();
    assert_eq!(read(&mapped).await.unwrap()[0], json!({ "x": 1, "y": 2 }));
}
