//! Lists of HTTP statuses: `429`, or `5xx` for all that begin so.

use serde::Deserialize;
use serde::de::Error;

/// Statuses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statuses(Vec<std::ops::RangeInclusive<u16>>);

impl Statuses {
    pub(crate) fn contain(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let range = |text: &String| match text.strip_suffix("xx") {
            Some(class) => class.parse::<u16>().ok().map(|class| class * 100..=class * 100 + 99),
            None => text.parse::<u16>().ok().map(|status| status..=status),
        };
        let range = |text: &String| range(text).ok_or_else(|| D::Error::custom(format!("{text:?} is no status")));
        texts.iter().map(range).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_stands_for_its_statuses() {
        let statuses: Statuses = serde_json::from_str(r#"["409", "5xx"]"#).unwrap();
        for (status, contained) in [(409, true), (408, false), (500, true), (599, true), (499, false)] {
            assert_eq!(statuses.contain(status), contained, "{status}");
        }
        assert!(serde_json::from_str::<Statuses>(r#"["soon"]"#).is_err());
    }
}
