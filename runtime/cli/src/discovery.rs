//! What destinations said of their objects, remembered so that files can be checked without asking again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use offtake_core::Name;
use offtake_core::object::{Field, Fields};
use serde::{Deserialize, Serialize};

/// An answer and its age.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Remembered {
    fetched_ms: u64,
    /// The connector that gave it.
    connector_digest: String,
    fields: Fields,
}

impl Remembered {
    /// The fields.
    pub(crate) fn fields(&self) -> &[Field] {
        &self.fields.fields
    }

    /// When they were fetched.
    pub(crate) fn fetched(&self) -> String {
        let ms = i64::try_from(self.fetched_ms).unwrap_or(0);
        jiff::Timestamp::from_millisecond(ms)
            .map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
            .unwrap_or_default()
    }
}

fn path(state: &Path, connection: &Name, object: &str) -> PathBuf {
    // An object's name is the vendor's; as a file name it is made harmless.
    let safe: String = object.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    state.join("discovery").join(connection.as_str()).join(format!("{safe}.json"))
}

/// What is remembered of an object, if the same connector fetched it.
pub(crate) fn recall(state: &Path, connection: &Name, object: &str, connector_digest: &str) -> Option<Remembered> {
    let bytes = fs::read(path(state, connection, object)).ok()?;
    let remembered: Remembered = serde_json::from_slice(&bytes).ok()?;
    let same = remembered.connector_digest == connector_digest && remembered.fields.object == object;
    same.then_some(remembered)
}

/// Remembers an answer. Failing to costs the next check a request.
pub(crate) fn remember(
    state: &Path,
    connection: &Name,
    object: &str,
    connector_digest: &str,
    fields: Vec<Field>,
) -> Remembered {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let remembered = Remembered {
        fetched_ms: u64::try_from(since.as_millis()).unwrap_or(0),
        connector_digest: connector_digest.to_owned(),
        fields: Fields { schema: "offtake.fields/1".to_owned(), object: object.to_owned(), fields },
    };
    let path = path(state, connection, object);
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = folder.and_then(|()| fs::write(&path, serde_json::to_vec(&remembered).unwrap_or_default()));
    if let Err(error) = written {
        tracing::debug!(%error, "the destination's fields could not be remembered");
    }
    remembered
}
