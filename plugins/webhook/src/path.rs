//! Paths with values of a row: `/v1/people/{email}`.

use offtake_sdk::http::encode;
use offtake_sdk::{Detail, Row, text};

/// Stands for the id that the API gave the record.
const ID: &str = "id()";

/// Puts a row's values into a template, percent-encoded. A row without one of them has no path.
pub(crate) fn fill(template: &str, row: &Row) -> Result<String, Detail> {
    let mut path = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        path.push_str(before);
        path.push_str(&encode(&value(name, row)?));
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

/// Whether a template needs a row.
pub(crate) fn needs_row(template: &str) -> bool {
    template.contains('{')
}

fn value(name: &str, row: &Row) -> Result<String, Detail> {
    let value = match name {
        ID => row.remote_id().map(str::to_owned),
        field => row.fields().get(field).and_then(text),
    };
    let missing = || Detail::new("path_value_missing", format!("the path needs `{name}`, which the row does not have"));
    // An empty segment is another path: a DELETE of a record would become one of all of them. So would a dot.
    let found = value.filter(|value| !matches!(value.as_str(), "" | "." | ".."));
    found.ok_or_else(|| if name == ID { missing() } else { missing().with_field(name) })
}
