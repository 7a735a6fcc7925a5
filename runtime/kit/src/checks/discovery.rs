//! What a connector says of itself and of the vendor.

use std::collections::BTreeSet;

use offtake_core::destination::CallFailure;
use offtake_core::object::{self, Object, Operation};
use offtake_core::ports::Destination;
use offtake_plugin::CEILING;
use serde_json::Value;

use crate::check::Not;
use crate::conduct::{kept, not_broken, scripted, words};
use crate::session::Session;
use crate::stage::Stage;
use crate::vendor::Plan;

/// No vendor has one of this name.
const NO_SUCH_OBJECT: &str = "offtake-kit-no-such-object";
const OPERATIONS: [Operation; 7] = [
    Operation::Insert,
    Operation::Update,
    Operation::Upsert,
    Operation::Delete,
    Operation::Append,
    Operation::MemberAdd,
    Operation::MemberRemove,
];

pub(super) async fn manifest(stage: &Stage) -> Result<(), Not> {
    let manifest = stage.manifest();
    kept(!manifest.endpoints.is_empty(), || "the manifest names no endpoint".to_owned())?;
    for (name, endpoint) in &manifest.endpoints {
        let base = &endpoint.base;
        kept(base.starts_with("https://"), || format!("endpoint `{name}` is {base}, which is not https"))?;
        let open = endpoint.methods.is_empty() || endpoint.paths.is_empty();
        kept(!open, || format!("endpoint `{name}` names no methods or no paths"))?;
    }
    for (slot, credential) in &manifest.credentials {
        let unknown = credential.endpoints.iter().find(|name| !manifest.endpoints.contains_key(*name));
        let said = |name: &String| format!("slot `{slot}` is for `{name}`, which is no endpoint");
        kept(unknown.is_none(), || unknown.map(said).unwrap_or_default())?;
        kept(!credential.description.is_empty(), || format!("slot `{slot}` does not say what an operator puts there"))?;
    }
    let (asked, most) = (manifest.limits, CEILING);
    let fits = asked == asked.at_most(most);
    kept(fits, || format!("it asks for {asked:?} a call, and a host gives at most {most:?}"))
}

/// Unwraps a call that has to succeed.
fn good<T>(what: &str, session: &Session, answer: Result<T, CallFailure>) -> Result<T, Not> {
    scripted(&session.exchanges())?;
    answer.map_err(|failed| Not::Kept(format!("{what} fails: {}", words(&failed.failure))))
}

pub(super) async fn account(stage: &Stage) -> Result<(), Not> {
    let session = stage.open(Plan::Well).await?;
    let said = good("`check`", &session, session.watch(session.bound().check()).await)?;
    let document: Value =
        serde_json::from_str(&said).map_err(|error| Not::Kept(format!("the answer of `check` is no JSON: {error}")))?;
    let schema = document.get("schema").and_then(Value::as_str);
    kept(schema == Some("offtake.account/1"), || format!("`schema` is {schema:?} and not offtake.account/1"))?;
    let facts = document.get("facts").and_then(Value::as_array);
    let facts = facts.ok_or_else(|| Not::Kept("`facts` is no list".to_owned()))?;
    let is_fact = |fact: &Value| ["label", "value"].iter().all(|key| fact.get(*key).is_some_and(Value::is_string));
    kept(facts.iter().all(is_fact), || "a fact has no `label` or no `value` that is a text".to_owned())
}

async fn found(stage: &Stage) -> Result<(Object, Session), Not> {
    let session = stage.open(Plan::Well).await?;
    let objects = good("`discover-objects`", &session, session.watch(session.bound().objects()).await)?;
    let ids: BTreeSet<&str> = objects.iter().map(|object| object.id.as_str()).collect();
    kept(ids.len() == objects.len(), || "two objects have the same id".to_owned())?;
    let wanted = stage.script.object();
    let found = objects.iter().find(|object| object.id == wanted).cloned();
    let object = found.ok_or_else(|| Not::Kept(format!("there is no `{wanted}` among {ids:?}")))?;
    Ok((object, session))
}

pub(super) async fn objects(stage: &Stage) -> Result<(), Not> {
    let (object, _session) = found(stage).await?;
    let id = &object.id;
    kept(!object.label.is_empty(), || format!("`{id}` has no label"))?;
    for operation in stage.script.operations() {
        let named = operation.as_str();
        kept(object.operations.contains(operation), || format!("`{id}` does not name the operation `{named}`"))?;
    }
    let keys = stage.script.match_keys();
    let unknown = keys.iter().find(|key| !object.match_keys.contains(key));
    kept(unknown.is_none(), || format!("`{id}` does not name the match key {unknown:?}"))
}

pub(super) async fn fields(stage: &Stage) -> Result<(), Not> {
    let session = stage.open(Plan::Well).await?;
    let answer = session.watch(session.bound().fields(stage.script.object())).await;
    let fields = good("`discover-fields`", &session, answer)?;
    let names: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    kept(names.len() == fields.len(), || "two fields have the same name".to_owned())?;
    for wanted in stage.script.fields() {
        let field = object::find(&fields, wanted);
        let field = field.ok_or_else(|| Not::Kept(format!("the field `{wanted}` of the script is not discovered")))?;
        let is_key = stage.script.match_keys().contains(&field.name);
        kept(is_key || !field.read_only, || format!("the field `{wanted}` of the script is read-only"))?;
    }
    Ok(())
}

pub(super) async fn unknown_object(stage: &Stage) -> Result<(), Not> {
    let session = stage.open(Plan::Well).await?;
    match session.watch(session.bound().fields(NO_SUCH_OBJECT)).await {
        Err(failed) => not_broken(&failed),
        Ok(fields) => Err(Not::Kept(format!("an object that is not there has {} fields", fields.len()))),
    }
}

pub(super) async fn limits(stage: &Stage) -> Result<(), Not> {
    let (object, session) = found(stage).await?;
    for operation in OPERATIONS {
        let name = operation.as_str();
        let answer = session.watch(session.bound().limits(&object.id, operation)).await;
        match answer {
            Err(failed) => {
                not_broken(&failed)?;
                let says = || format!("`limits-for` fails for `{name}`: {}", words(&failed.failure));
                kept(!object.operations.contains(&operation), says)?;
            }
            Ok(limits) => {
                let some = limits.max_rows > 0 && limits.max_bytes > 0 && limits.max_concurrency > 0;
                kept(some, || format!("for `{name}` one of rows, bytes and concurrency is 0: {limits:?}"))?;
                let real = limits.rates.iter().all(|rate| rate.requests > 0 && !rate.window.is_zero());
                kept(real, || format!("for `{name}` a rate has no requests or no time: {limits:?}"))?;
            }
        }
    }
    Ok(())
}

pub(super) async fn reading(stage: &Stage) -> Result<(), Not> {
    let script = &stage.script;
    let session = stage.open(Plan::Well).await?;
    let rows = stage.rows(script.main_operation(), 0, 3).await?;
    let request = script.batch(Operation::Delete, "K07", &rows);
    let fields: Vec<String> = script
        .fields()
        .filter(|field| !script.match_keys().iter().any(|key| key == field))
        .map(str::to_owned)
        .collect();
    stage.remember(&request.rows);
    let call = session.bound().lookup(script.object(), script.match_keys(), &fields, &request.rows);
    let answer = session.watch(call).await;
    let writes = session.writes();
    let wrote = writes.first().map(|exchange| format!("{} {}", exchange.method, exchange.path));
    kept(writes.is_empty(), || {
        format!("reading sends {}, which the script does not mark with `reads = true`", wrote.unwrap_or_default())
    })?;
    let Some(lines) = good("`look-up`", &session, answer)? else {
        return Err(Not::Applicable("the connector does not read".to_owned()));
    };
    let (got, asked) = (lines.len(), rows.len());
    kept(got == asked, || format!("it answers {got} lines to {asked} rows"))?;
    let is_record =
        |line: &String| serde_json::from_str::<Value>(line).is_ok_and(|record| record.is_object() || record.is_null());
    kept(lines.iter().all(is_record), || "a line is neither an object nor null".to_owned())
}
