//! The account and its objects.

use offtake_sdk::{Account, CallFailure, Context, Failure, Object, log};
use serde::Deserialize;

use crate::client;
use crate::config::Config;
use crate::object::Kind;

#[derive(Deserialize)]
struct Me {
    user: Agent,
}

#[derive(Deserialize)]
struct Agent {
    id: Option<u64>,
    url: Option<String>,
    role: Option<String>,
    time_zone: Option<String>,
}

#[derive(Deserialize)]
struct CustomObjects {
    custom_objects: Vec<CustomObject>,
}

#[derive(Deserialize)]
struct CustomObject {
    key: String,
    title: Option<String>,
    title_pluralized: Option<String>,
}

/// Whose token it is. Without one, Zendesk answers with an anonymous user, which is refused here.
pub(crate) fn account(cx: &Context<Config>) -> Result<Account, CallFailure> {
    let Me { user } = client::request(cx, "GET", "users/me").send()?.json()?;
    let Some(id) = user.id else {
        let detail = offtake_sdk::Detail::new("anonymous", "Zendesk does not know whose token this is");
        return Err(Failure::Auth(detail).without_effect());
    };
    let host = user.url.as_deref().and_then(|url| url.split('/').nth(2)).unwrap_or_default();
    let mut account = Account::new().fact("Account", host).fact("User", id);
    for (label, value) in [("Role", user.role), ("Time zone", user.time_zone)] {
        if let Some(value) = value {
            account = account.fact(label, value);
        }
    }
    Ok(account)
}

/// The standard objects, and the account's custom ones by one request.
pub(crate) fn objects(cx: &Context<Config>) -> Result<Vec<Object>, CallFailure> {
    let standard = [(Kind::Users, "Users"), (Kind::Organizations, "Organizations"), (Kind::Tickets, "Tickets")];
    let mut objects: Vec<Object> = standard.iter().map(|(kind, label)| object(kind, label)).collect();
    match client::request(cx, "GET", "custom_objects").send() {
        Ok(answer) => {
            for custom in answer.json::<CustomObjects>()?.custom_objects {
                let label = custom.title_pluralized.or(custom.title).unwrap_or_else(|| custom.key.clone());
                objects.push(object(&Kind::Custom(custom.key), &label));
            }
        }
        // Plans without custom objects have no such path to see.
        Err(CallFailure { failure: Failure::Forbidden(_) | Failure::SchemaChanged(_), .. }) => {
            log::warn("the account shows no custom objects");
        }
        Err(failure) => return Err(failure),
    }
    Ok(objects)
}

fn object(kind: &Kind, label: &str) -> Object {
    let object = Object::new(kind.id(), label, kind.operations());
    kind.keys().iter().fold(object, |object, key| object.match_key(key.name()))
}
