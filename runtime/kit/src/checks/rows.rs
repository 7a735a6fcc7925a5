//! Rows that a vendor takes: one, none, many, strange ones.

use offtake_core::destination::Failure;
use offtake_core::object::Operation;
use serde_json::{Map, Value};

use crate::check::Not;
use crate::conduct::{Conduct, kept, scripted, words};
use crate::stage::Stage;
use crate::vendor::{Exchange, Plan};

/// The longest text that is tried: longer than any vendor's field for a name.
const LONG_CHARS: usize = 20_000;
/// The first whole number that a float does not hold; the contract writes it as a text of digits.
const BIG: &str = "9007199254740993";

/// Texts that break careless quoting, encoding and cutting.
const STRANGE: [&str; 7] = [
    "\"quoted\" and 'quoted' and \\back\\slashed\\",
    "two\nlines\tand a tab",
    "Zoë Ångström 🦀 日本語 שלום \u{202e}",
    "e\u{301} is not \u{e9}",
    "{{ n }} ${n} %s %00 &amp; <b>bold</b>",
    "Robert'); DROP TABLE people;--",
    "null",
];

pub(super) async fn one_row(stage: &Stage) -> Result<(), Not> {
    for operation in stage.operations() {
        written(stage, *operation, "K10", &stage.rows(*operation, 0, 1).await?).await?;
    }
    Ok(())
}

pub(super) async fn full_batch(stage: &Stage) -> Result<(), Not> {
    for operation in stage.operations() {
        written(stage, *operation, "K11", &stage.rows(*operation, 0, usize::MAX).await?).await?;
    }
    Ok(())
}

/// Writes rows of which each has to be done, and returns the requests that wrote them.
async fn written(
    stage: &Stage,
    operation: Operation,
    name: &str,
    rows: &[Map<String, Value>],
) -> Result<Vec<Exchange>, Not> {
    let session = stage.open(Plan::Well).await?;
    let batch = stage.script.batch(operation, &format!("{name}-{}", operation.as_str()), rows);
    let conduct = Conduct::written(stage, &session, batch).await;
    scripted(&session.exchanges())?;
    let named = |not: Not| match not {
        Not::Kept(why) => Not::Kept(format!("{} of {} rows: {why}", operation.as_str(), rows.len())),
        other => other,
    };
    conduct.and_then(|conduct| conduct.all_done()).map_err(named)?;
    Ok(session.writes())
}

pub(super) async fn empty_batch(stage: &Stage) -> Result<(), Not> {
    let session = stage.open(Plan::Well).await?;
    let batch = stage.script.batch(stage.script.main_operation(), "K12", &[]);
    match session.write(stage, batch).await {
        Err(failed) => Err(Not::Kept(format!("it fails: {}", words(&failed.failure)))),
        Ok(results) => {
            kept(results.is_empty(), || format!("it answers for {} rows of none", results.len()))?;
            let sent = session.writes().len();
            kept(sent == 0, || format!("it sends {sent} writes for no rows"))
        }
    }
}

pub(super) async fn strange_values(stage: &Stage) -> Result<(), Not> {
    let script = &stage.script;
    let mut wanted: Vec<(String, Value)> = Vec::new();
    if let Some(field) = script.text_field() {
        let long = "x".repeat(LONG_CHARS);
        let texts = STRANGE.iter().map(|text| (*text).to_owned()).chain([long]);
        wanted.extend(texts.map(|text| (field.to_owned(), Value::String(text))));
    }
    wanted.extend(script.integer_field().map(|field| (field.to_owned(), Value::String(BIG.to_owned()))));
    if wanted.is_empty() {
        return Err(Not::Applicable("the script names no `text` and no `integer` field".to_owned()));
    }
    let operation = script.main_operation();
    for (n, (field, value)) in wanted.into_iter().enumerate() {
        let mut row = script.row(n);
        row.insert(field.clone(), value.clone());
        let session = stage.open(Plan::Well).await?;
        let batch = script.batch(operation, &format!("K13-{n}"), &[row]);
        let conduct = Conduct::written(stage, &session, batch).await?;
        scripted(&session.exchanges())?;
        let shown: String = value.as_str().unwrap_or_default().chars().take(40).collect();
        match conduct.row(0) {
            Some(Ok(_)) => {
                let arrived = session.writes().iter().any(|exchange| holds(exchange, &value));
                kept(arrived, || format!("`{field}` = {shown:?} is done and did not arrive as it was"))?;
            }
            // A vendor may have a rule against it, and the connector may know.
            Some(Err(Failure::Rejected(_))) => {}
            Some(Err(failure)) => {
                return Err(Not::Kept(format!("`{field}` = {shown:?} fails as {}", words(failure))));
            }
            None => {
                let why = conduct.whole().map(|whole| words(&whole.failure));
                return Err(Not::Kept(format!("`{field}` = {shown:?} is not answered: {why:?}")));
            }
        }
    }
    Ok(())
}

/// Whether a value stands in a request: as a text or number of its JSON, at any depth, or in its path.
fn holds(exchange: &Exchange, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    fn within(tree: &Value, text: &str) -> bool {
        match tree {
            Value::String(own) => own == text,
            Value::Number(number) => number.to_string() == text,
            Value::Array(items) => items.iter().any(|item| within(item, text)),
            Value::Object(map) => map.values().any(|item| within(item, text)),
            Value::Null | Value::Bool(_) => false,
        }
    }
    match serde_json::from_slice::<Value>(&exchange.body) {
        Ok(tree) => within(&tree, text) || exchange.text().contains(text),
        Err(_) => exchange.text().contains(text),
    }
}

pub(super) async fn null_and_absent(stage: &Stage) -> Result<(), Not> {
    let script = &stage.script;
    let Some(null) = script.null() else {
        return Err(Not::Applicable("the script has no `[null]`".to_owned()));
    };
    let operation = script.main_operation();
    let mut cleared = script.row(0);
    cleared.insert(null.field.clone(), Value::Null);
    let mut silent = script.row(0);
    silent.remove(&null.field);
    let held = |expression: &str, exchange: &Exchange| script.holds(expression, &exchange.asked()).map_err(Not::Kept);

    let writes = written(stage, operation, "K14-null", &[cleared]).await?;
    let mut sent = false;
    for exchange in &writes {
        sent |= held(&null.sent, exchange)?;
    }
    kept(sent, || format!("`{}` is null, and of no request `{}` is true", null.field, null.sent))?;

    for exchange in written(stage, operation, "K14-absent", &[silent]).await? {
        let alone = held(&null.left_alone, &exchange)?;
        kept(alone, || format!("`{}` is absent, and of a request `{}` is not true", null.field, null.left_alone))?;
    }
    Ok(())
}
