//! A YAML file with the place of every value.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

/// A file that was read.
#[derive(Debug)]
pub struct Document {
    path: PathBuf,
    text: String,
    root: Option<Place>,
    value: Value,
}

/// The place of a value, and those within it.
#[derive(Debug)]
struct Place {
    span: Range<usize>,
    children: Vec<(String, Range<usize>, Place)>,
}

/// Why a text is not YAML.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) message: String,
    pub(crate) span: Option<Range<usize>>,
}

impl Document {
    /// Reads a text. The document exists even when it is not YAML, so that the error can show it.
    pub(crate) fn parse(path: &Path, text: String) -> (Self, Option<Malformed>) {
        let parsed = serde_saphyr::from_str::<Spanned<Node>>(&text);
        let offsets = Offsets::new(&text);
        let (root, value, malformed) = match parsed {
            Ok(node) => {
                let value = node.value.to_json();
                (Some(place(node, &offsets)), value, None)
            }
            Err(error) => {
                let span = error.location().map(|location| offsets.span(&location));
                let message = error.without_snippet().to_string();
                (None, Value::Null, Some(Malformed { message, span }))
            }
        };
        (Self { path: path.to_owned(), text, root, value }, malformed)
    }

    /// A file that is shown in messages but is no YAML: a model's SQL.
    pub fn plain(path: &Path, text: String) -> Self {
        Self { path: path.to_owned(), text, root: None, value: Value::Null }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says, without places.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// Bytes of the value at a JSON pointer, or of the closest one around it.
    pub fn span(&self, pointer: &str) -> Option<Range<usize>> {
        let mut place = self.root.as_ref()?;
        for segment in segments(pointer) {
            match place.children.iter().find(|(key, _, _)| *key == segment) {
                Some((_, _, child)) => place = child,
                None => break,
            }
        }
        Some(place.span.clone())
    }

    /// Bytes of a key in the mapping at a JSON pointer.
    pub(crate) fn key_span(&self, pointer: &str, key: &str) -> Option<Range<usize>> {
        let mut place = self.root.as_ref()?;
        for segment in segments(pointer) {
            place = place.children.iter().find(|(name, _, _)| *name == segment).map(|(_, _, child)| child)?;
        }
        place.children.iter().find(|(name, _, _)| name == key).map(|(_, span, _)| span.clone())
    }
}

fn segments(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

fn place(node: Spanned<Node>, offsets: &Offsets) -> Place {
    let span = offsets.span(&node.referenced);
    let children = match node.value {
        Node::Scalar(_) => Vec::new(),
        Node::Sequence(items) => {
            let items = items.into_iter().enumerate();
            items.map(|(index, item)| (index.to_string(), 0..0, place(item, offsets))).collect()
        }
        Node::Mapping(entries) => {
            let entries = entries.into_iter();
            entries.map(|(key, value)| (key.value.0, offsets.span(&key.referenced), place(value, offsets))).collect()
        }
    };
    Place { span, children }
}

/// The parser counts characters, messages need bytes.
struct Offsets {
    bytes: Vec<usize>,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let mut bytes: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
        bytes.push(text.len());
        Self { bytes }
    }

    fn span(&self, location: &Location) -> Range<usize> {
        let span = location.span();
        let start = usize::try_from(span.offset()).unwrap_or(0);
        let end = start + usize::try_from(span.len()).unwrap_or(0);
        let last = self.bytes.last().copied().unwrap_or(0);
        let byte = |character: usize| self.bytes.get(character).copied().unwrap_or(last);
        byte(start)..byte(end)
    }
}

/// Any YAML value.
#[derive(Debug)]
enum Node {
    Scalar(Value),
    Sequence(Vec<Spanned<Node>>),
    Mapping(Vec<(Spanned<Key>, Spanned<Node>)>),
}

/// A key. YAML takes a bare `null` for no value at all, and a person for the word.
#[derive(Debug)]
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Option::<String>::deserialize(deserializer)?;
        Ok(Self(word.unwrap_or_else(|| "null".to_owned())))
    }
}

impl Node {
    fn to_json(&self) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::Sequence(items) => items.iter().map(|item| item.value.to_json()).collect(),
            Self::Mapping(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.value.0.clone(), value.value.to_json()));
                Value::Object(entries.collect())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut sequence = Vec::new();
        while let Some(item) = items.next_element()? {
            sequence.push(item);
        }
        Ok(Node::Sequence(sequence))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut mapping = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            mapping.push(entry);
        }
        Ok(Node::Mapping(mapping))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_place() {
        let text = "sync: crm # ünïcode\nfields:\n  - { to: email, from: mail }\n  - to: ë\n    value: 3\n";
        let (document, malformed) = Document::parse(Path::new("x.yml"), text.to_owned());
        assert!(malformed.is_none());
        let shown = |pointer: &str| document.text().get(document.span(pointer).unwrap()).unwrap().to_owned();
        assert_eq!(shown("/sync"), "crm");
        assert_eq!(shown("/fields/0/from"), "mail");
        assert_eq!(shown("/fields/1/to"), "ë");
        assert_eq!(shown("/fields/1/value"), "3");
        assert_eq!(document.value().pointer("/fields/1/value"), Some(&Value::from(3)));
        assert_eq!(document.text().get(document.key_span("/fields/0", "from").unwrap()), Some("from"));
    }

    #[test]
    fn malformed_yaml_keeps_its_text() {
        let (document, malformed) = Document::parse(Path::new("x.yml"), "a: [1, 2\nb: 3".to_owned());
        assert!(malformed.is_some());
        assert!(document.text().starts_with("a: ["));
        let (_, doubled) = Document::parse(Path::new("x.yml"), "a: 1\na: 2".to_owned());
        assert!(doubled.unwrap().message.contains("duplicate"));
    }
}
