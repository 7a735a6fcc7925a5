//! Parquet, CSV and NDJSON, as files, globs and folders.

use std::path::PathBuf;

use offtake_core::Fault;
use offtake_core::lake::Format;
use serde_json::{Value, json};

use crate::support::{WRITTEN, read, refused, rows, sorted, table, whole};

const COMMA: Format = Format::Csv { header: true, delimiter: b',' };

fn path(name: &str) -> PathBuf {
    WRITTEN.out.join("files").join(name)
}

fn expected(name: &str) -> Value {
    let text = std::fs::read_to_string(WRITTEN.out.join("files.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[name].clone()
}

async fn all(name: &str, format: Format) -> Result<Vec<Value>, Fault> {
    rows(&table(path(name), format), "SELECT * FROM t").await
}

#[tokio::test]
async fn parquet_of_every_type() {
    let expected = sorted(expected("typed").as_array().unwrap().clone());
    for name in ["typed.parquet", "pages.parquet"] {
        let found = all(name, Format::Parquet).await.unwrap();
        for (found, expected) in found.iter().zip(&expected) {
            for (column, value) in expected.as_object().unwrap() {
                assert_eq!(&found[column], value, "{name}: {column}");
            }
        }
        assert_eq!(found, expected, "{name}");
    }
}

#[tokio::test]
async fn parquet_with_the_old_timestamps() {
    let found = all("int96.parquet", Format::Parquet).await.unwrap();
    assert_eq!(found, [json!({ "id": 1, "at": "1969-07-20T20:17:40Z" })]);
}

#[tokio::test]
async fn parquet_files_are_read_by_column_name() {
    let expected = sorted(expected("mixed").as_array().unwrap().clone());
    for name in ["mixed", "mixed/", "mixed/*.parquet", "mixed/part-?.parquet"] {
        assert_eq!(all(name, Format::Parquet).await.unwrap(), expected, "{name}");
    }
    assert_eq!(all("mixed/part-[01].parquet", Format::Parquet).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_folder_is_read_whole_or_not_at_all() {
    let error = refused(&table(path("other-kinds"), Format::Parquet), "SELECT * FROM t").await;
    assert_eq!(error.code(), "OFT-D004", "{error}");
    assert_eq!(all("other-kinds/*.parquet", Format::Parquet).await.unwrap().len(), 2);
}

#[tokio::test]
async fn files_with_unusual_names() {
    // A glob is what a name with `?` or `[` is taken for; it finds just that file here.
    for name in expected("odd").as_array().unwrap() {
        let name = name.as_str().unwrap().to_owned();
        let found = all(&format!("odd names/{name}"), Format::Parquet).await.map_err(|fault| fault.message);
        let wanted = if name == "[x].parquet" { Vec::new() } else { vec![json!({ "name": name })] };
        match found {
            Ok(found) => assert_eq!(found, wanted, "{name}"),
            Err(message) => assert!(wanted.is_empty(), "{name}: {message}"),
        }
    }
    assert_eq!(all("odd names", Format::Parquet).await.unwrap().len(), 6);
}

#[tokio::test]
async fn damaged_parquet_is_refused_by_code() {
    let error = refused(&table(path("broken.parquet"), Format::Parquet), "SELECT * FROM t").await;
    assert_eq!(error.code(), "OFT-D004", "{error}");
    let fault = all("damaged.parquet", Format::Parquet).await.unwrap_err();
    assert_eq!(fault.code, "OFT-D007", "{fault:?}");
}

#[tokio::test]
async fn csv_with_quotes_and_delimiters() {
    let wanted = [
        json!({ "id": 1, "name": "Ada \"the first\"", "note": "a,b;c" }),
        json!({ "id": 2, "name": "Zoë 👩", "note": "two\nlines" }),
        json!({ "id": 3, "name": null, "note": null }),
    ];
    assert_eq!(all("people.csv", COMMA).await.unwrap(), wanted);
    let semicolons = Format::Csv { header: true, delimiter: b';' };
    assert_eq!(all("semicolons.csv", semicolons).await.unwrap(), wanted);
}

#[tokio::test]
async fn csv_without_a_header_numbers_its_columns() {
    let format = Format::Csv { header: false, delimiter: b',' };
    let lake = table(path("no-header.csv"), format);
    let model = lake.model("SELECT column_1 AS id, column_2 AS name FROM t").await.unwrap();
    let found = read(&whole(&model)).await.unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], json!({ "id": 1, "name": "Ada \"the first\"" }));
}

#[tokio::test]
async fn csv_that_starts_with_a_byte_order_mark() {
    assert_eq!(all("bom.csv", COMMA).await.unwrap(), [json!({ "id": 1, "name": "Ada" })]);
}

#[tokio::test]
async fn csv_lines_of_another_length_fail_the_read() {
    let fault = all("uneven.csv", COMMA).await.unwrap_err();
    assert!(["OFT-D004", "OFT-D007"].contains(&fault.code), "{fault:?}");
}

#[tokio::test]
async fn csv_files_whose_headers_differ_are_not_mixed_up() {
    let wanted = [json!({ "first": "Ada", "last": "Lovelace" }), json!({ "first": "Grace", "last": "Hopper" })];
    match all("orders", COMMA).await {
        Ok(found) => assert_eq!(found, wanted),
        Err(fault) => assert!(["OFT-D004", "OFT-D007"].contains(&fault.code), "{fault:?}"),
    }
}

#[tokio::test]
async fn ndjson_with_missing_keys() {
    let wanted = [
        json!({ "id": 1, "name": "Ada", "tags": ["x"], "place": { "city": "Åre" } }),
        json!({ "id": 2, "name": null, "tags": null, "place": null }),
        json!({ "id": 3, "name": null, "tags": null, "place": null }),
    ];
    assert_eq!(all("people.ndjson", Format::Ndjson).await.unwrap(), wanted);
    let wanted = [json!({ "id": 1, "name": null }), json!({ "id": 2, "name": "later" })];
    assert_eq!(all("lines", Format::Ndjson).await.unwrap(), wanted);
    assert_eq!(all("lines/*.jsonl", Format::Ndjson).await.unwrap(), wanted);
}

#[tokio::test]
async fn broken_ndjson_is_refused_by_code() {
    let fault = all("broken.ndjson", Format::Ndjson).await.unwrap_err();
    assert!(["OFT-D004", "OFT-D007"].contains(&fault.code), "{fault:?}");
}

#[tokio::test]
async fn nothing_there_is_said_so() {
    std::fs::create_dir_all(path("void")).unwrap();
    let formats = [(Format::Parquet, "parquet"), (COMMA, "csv"), (Format::Ndjson, "ndjson")];
    for (format, extension) in formats {
        for name in [format!("nowhere.{extension}"), "void".to_owned(), format!("void/*.{extension}")] {
            let error = refused(&table(path(&name), format.clone()), "SELECT * FROM t").await;
            assert_eq!(error.code(), "OFT-D003", "{name}: {error}");
        }
    }
}
