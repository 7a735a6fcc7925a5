//! Iceberg tables, each by its folder, by its metadata file and through its catalog.

use offtake_core::lake::Format;
use offtake_core::ports::MappedModel;
use serde_json::Value;

use crate::support::{WRITTEN, read, refused, rows, sorted, table, whole};

/// Reads a case in all three ways and compares every value.
async fn check(name: &str) {
    let case = WRITTEN.case(name);
    let by_path = |key: &str| table(case[key].as_str().unwrap(), Format::Iceberg);
    let in_catalog = format!("SELECT * FROM {}", case["sql"].as_str().unwrap());
    let ways = [
        ("folder", by_path("folder"), "SELECT * FROM t".to_owned()),
        ("metadata file", by_path("metadata"), "SELECT * FROM t".to_owned()),
        ("catalog", WRITTEN.catalogs(), in_catalog),
    ];
    let expected = sorted(case["rows"].as_array().unwrap().clone());
    let mut wrong = Vec::new();
    for (way, lake, sql) in ways {
        let model = match lake.model(&sql).await {
            Ok(model) => model,
            Err(error) => {
                wrong.push(format!("{name} by {way}: {} {error}", error.code()));
                continue;
            }
        };
        let columns: Value = model.columns().into_iter().map(|(column, _)| column).collect();
        if columns != case["columns"] {
            wrong.push(format!("{name} by {way}: columns {columns} instead of {}", case["columns"]));
        }
        match read(&whole(&model)).await {
            Ok(found) if found == expected => {}
            Ok(found) => wrong.push(format!("{name} by {way}:\n{}", difference(&found, &expected))),
            Err(fault) => wrong.push(format!("{name} by {way}: {fault:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(found: &[Value], expected: &[Value]) -> String {
    let lines = |rows: &[Value], others: &[Value], sign: char| {
        rows.iter().filter(|row| !others.contains(row)).map(|row| format!("  {sign} {row}\n")).collect::<String>()
    };
    format!("{}{}", lines(expected, found, '-'), lines(found, expected, '+'))
}

/// Evolved structs are either read right or refused when the model is planned; never mixed up, never half a run.
#[tokio::test]
async fn structs_that_changed_are_read_right_or_refused() {
    let lake = WRITTEN.catalogs();
    let mut wrong = Vec::new();
    for case in WRITTEN.cases.iter().filter(|case| case["name"].as_str().unwrap().starts_with("struct_")) {
        let sql = format!("SELECT * FROM {}", case["sql"].as_str().unwrap());
        let model = match lake.model(&sql).await {
            Ok(model) => model,
            Err(error) if error.code() == "OFT-D005" => continue,
            Err(error) => {
                wrong.push(format!("{}: {} {error}", case["name"], error.code()));
                continue;
            }
        };
        let expected = sorted(case["rows"].as_array().unwrap().clone());
        match read(&whole(&model)).await {
            Ok(found) if found == expected => {}
            Ok(found) => wrong.push(format!("{}:\n{}", case["name"], difference(&found, &expected))),
            Err(fault) => wrong.push(format!("{}: {fault:?}", case["name"])),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One test a case, and one that no case of the script was left out.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            check(stringify!($name)).await;
        })*

        #[test]
        fn every_case_is_tested() {
            let known = [$(stringify!($name)),*];
            for case in WRITTEN.cases.iter().filter(|case| case.get("rows").is_some()) {
                let name = case["name"].as_str().unwrap();
                // `pinned` grows while its own test runs.
                assert!(known.contains(&name) || name == "pinned" || name.starts_with("struct_"), "{name}");
            }
        }
    };
}

cases![
    plain_types,
    plain_types_bare,
    format_v1,
    appended_twice,
    partitioned_by_identity,
    partitioned_by_bucket,
    partitioned_by_truncate,
    partitioned_by_day,
    partitioned_by_time,
    partitioned_by_month_and_region,
    partition_added,
    rows_deleted,
    rows_overwritten,
    all_rows_deleted,
    never_written,
    rolled_back,
    position_deletes,
    column_added,
    column_added_without_data,
    column_renamed,
    column_renamed_without_data,
    column_dropped,
    column_dropped_without_data,
    columns_reordered,
    columns_reordered_without_data,
    dropped_and_added_again,
    names_swapped,
    int_widened,
    float_widened,
    fractions,
    measures,
];

#[tokio::test]
async fn a_filter_keeps_rows_that_files_could_hide() {
    // Statistics and partition values prune files; a wrong one loses rows without an error.
    let lake = WRITTEN.catalogs();
    let cases = [
        ("partitioned_by_identity", "region = 'eu'", 2),
        ("partitioned_by_identity", "region IS NULL", 1),
        ("partitioned_by_bucket", "id = 3", 1),
        ("partitioned_by_truncate", "region LIKE 'us%'", 1),
        ("partitioned_by_day", "at < '1970-01-01'", 1),
        ("partitioned_by_day", "at >= '2026-01-01T05:00:00'", 1),
        ("partitioned_by_time", "at = '1969-12-31T23:00:00'", 1),
        ("partition_added", "region = 'eu' AND at > '2025-12-31'", 4),
        ("dropped_and_added_again", "name IS NULL", 2),
        ("dropped_and_added_again", "name = 'Ada'", 0),
        ("column_added", "city IS NULL", 2),
        ("column_renamed", "full_name = 'Ada'", 1),
        ("names_swapped", "first = 'Lovelace'", 1),
        ("int_widened", "n > 2147483647", 1),
        ("int_widened", "n < 0", 1),
        ("float_widened", "n < 1", 1),
        ("position_deletes", "id > 0", 4),
        ("position_deletes", "name = 'person 1'", 0),
        ("column_added", "city IS NOT NULL", 1),
        ("column_added", "city = 'Arlington'", 1),
        ("column_added", "city <> 'Oslo'", 1),
        ("partitioned_by_identity", "region NOT IN ('eu')", 1),
        ("partitioned_by_identity", "region NOT LIKE 'us%'", 2),
        ("plain_types", "isnan(nan)", 1),
        ("plain_types", "date < '1970-01-01'", 1),
        ("plain_types", "timestamptz < '1970-01-01T00:00:00Z'", 1),
        ("plain_types", "long < 0 OR money > 12", 2),
        ("plain_types", "NOT bool", 1),
        ("fractions", "CAST(n AS BIGINT) = 1", 1),
        ("measures", "CAST(s AS VARCHAR) = '9'", 1),
        ("measures", "TRY_CAST(s AS BIGINT) > 9", 1),
        ("measures", "NOT (n > 1 AND length(s) = 2)", 3),
        ("measures", "NOT (n > 0 OR length(s) = 2)", 0),
        ("measures", "n > 100 OR length(s) = 1", 2),
        ("measures", "n > 2", 1),
        ("plain_types", "money = 12.50", 1),
        ("plain_types", "text LIKE '%👩‍👩‍👧%'", 1),
    ];
    let mut wrong = Vec::new();
    for (name, filter, expected) in cases {
        match rows(&lake, &format!("SELECT id FROM lake.golden.{name} WHERE {filter}")).await {
            Ok(found) if found.len() == expected => {}
            Ok(found) => wrong.push(format!("{name} WHERE {filter}: {found:?} instead of {expected} rows")),
            Err(fault) => wrong.push(format!("{name} WHERE {filter}: {fault:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_model_is_pinned_to_the_snapshot_it_was_planned_on() {
    let case = WRITTEN.case("pinned");
    let lake = WRITTEN.catalogs();
    let mapped = whole(&lake.model("SELECT * FROM lake.golden.pinned").await.unwrap());
    let before = mapped.read().await.unwrap().snapshot;
    assert_eq!(before, Some(format!("lake.golden.pinned@{}", case["snapshot"])));
    WRITTEN.script("tables.py", &["append"]);
    assert_eq!(read(&mapped).await.unwrap(), sorted(case["rows"].as_array().unwrap().clone()));
    assert_eq!(mapped.read().await.unwrap().snapshot, before);
    assert_eq!(rows(&lake, "SELECT * FROM lake.golden.pinned").await.unwrap().len(), 3, "a new model sees the new row");
    // The folder's newest metadata file is the new one; the file that was named stays at its version.
    let by_file = table(case["metadata"].as_str().unwrap(), Format::Iceberg);
    assert_eq!(rows(&by_file, "SELECT * FROM t").await.unwrap().len(), 2);
    let by_folder = table(case["folder"].as_str().unwrap(), Format::Iceberg);
    assert_eq!(rows(&by_folder, "SELECT * FROM t").await.unwrap().len(), 3);
}

#[tokio::test]
async fn tables_of_two_catalogs_are_joined_on_their_snapshots() {
    let sql =
        "SELECT a.id, b.name FROM lake.golden.appended_twice a JOIN lake.golden.rows_overwritten b ON a.id = b.id";
    let model = WRITTEN.catalogs().model(sql).await.unwrap();
    let mapped = whole(&model);
    let snapshot = mapped.read().await.unwrap().snapshot.unwrap();
    assert_eq!(snapshot.split(',').count(), 2, "{snapshot}");
    let names: Vec<Value> = read(&mapped).await.unwrap().into_iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["Ada", "Hopper"]);
}

#[tokio::test]
async fn equality_deletes_are_refused() {
    let case = WRITTEN.case("equality_deletes");
    for key in ["folder", "metadata"] {
        let error = refused(&table(case[key].as_str().unwrap(), Format::Iceberg), "SELECT * FROM t").await;
        assert_eq!(error.code(), "OFT-D005", "{error}");
        assert!(error.to_string().contains("equality deletes"), "{error}");
    }
    let error = refused(&WRITTEN.catalogs(), "SELECT * FROM lake.golden.equality_deletes").await;
    assert_eq!(error.code(), "OFT-D005", "{error}");
}

#[tokio::test]
async fn a_missing_data_file_fails_the_read() {
    let fault = rows(&WRITTEN.catalogs(), "SELECT * FROM lake.golden.missing_file").await.unwrap_err();
    assert_eq!(fault.code, "OFT-D007", "{fault:?}");
}

#[tokio::test]
async fn truncated_metadata_is_refused() {
    let case = WRITTEN.case("truncated_metadata");
    for key in ["folder", "metadata"] {
        let error = refused(&table(case[key].as_str().unwrap(), Format::Iceberg), "SELECT * FROM t").await;
        assert_eq!(error.code(), "OFT-D004", "{error}");
    }
    let error = refused(&WRITTEN.catalogs(), "SELECT * FROM lake.golden.truncated_metadata").await;
    assert_eq!(error.code(), "OFT-D004", "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let missing = table(WRITTEN.out.join("nowhere"), Format::Iceberg);
    assert_eq!(refused(&missing, "SELECT * FROM t").await.code(), "OFT-D003");
    let empty = WRITTEN.out.join("an-empty-folder");
    std::fs::create_dir_all(&empty).unwrap();
    assert_eq!(refused(&table(&empty, Format::Iceberg), "SELECT * FROM t").await.code(), "OFT-D003");
    let lake = WRITTEN.catalogs();
    for table in ["lake.golden.nowhere", "lake.nowhere.pinned", "nowhere.golden.pinned", "golden.pinned", "pinned"] {
        let error = refused(&lake, &format!("SELECT * FROM {table}")).await;
        assert_eq!(error.code(), "OFT-D002", "{table}: {error}");
    }
}
