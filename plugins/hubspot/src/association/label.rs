//! Labels of associations, which an account defines for each pair of types.

use offtake_sdk::{CallFailure, Choice, Context};
use serde::{Deserialize, Serialize};

use crate::client;
use crate::config::Config;

/// A label, and how a write names it. HubSpot's own type without a label has no name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all(serialize = "camelCase"))]
pub(crate) struct Label {
    #[serde(rename(deserialize = "category", serialize = "associationCategory"))]
    category: String,
    #[serde(rename(deserialize = "typeId", serialize = "associationTypeId"))]
    type_id: u64,
    #[serde(rename(deserialize = "label"), skip_serializing)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct List {
    results: Vec<Label>,
}

impl Label {
    pub(super) fn choice(self) -> Option<Choice> {
        let name = self.name?;
        Some(Choice { value: name.clone(), label: name })
    }
}

/// The labels from one type to another, by one request.
pub(super) fn all(cx: &Context<Config>, from: &str, to: &str) -> Result<Vec<Label>, CallFailure> {
    Ok(client::labels(cx, from, to).send()?.json::<List>()?.results)
}

pub(super) fn find<'a>(labels: &'a [Label], name: &str) -> Option<&'a Label> {
    labels.iter().find(|label| label.name.as_deref() == Some(name))
}
