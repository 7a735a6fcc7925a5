//! SOQL texts. What comes from a row or a mapping is never trusted. Pure.

use offtake_sdk::CallFailure;

/// How the values of the key field are written: text fields want quotes, number fields refuse them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Literals {
    Quoted,
    Plain,
}

/// A query for the records whose `key` is one of `values`.
///
/// # Errors
/// Misconfigured, where a name could not be a name.
pub(crate) fn by_key(
    object: &str,
    fields: &[&str],
    key: &str,
    values: &[&str],
    literals: Literals,
) -> Result<String, CallFailure> {
    for name in fields.iter().chain([&object, &key]) {
        identifier(name)?;
    }
    let literal = |value: &&str| match literals {
        Literals::Quoted => quoted(value),
        Literals::Plain => (*value).to_owned(),
    };
    let list: Vec<String> = values.iter().map(literal).collect();
    Ok(format!("SELECT {} FROM {object} WHERE {key} IN ({})", fields.join(","), list.join(",")))
}

/// Whether a value may stand in a query without quotes.
pub(crate) fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain && digits.bytes().any(|byte| byte.is_ascii_digit()) && digits.parse::<f64>().is_ok()
}

fn identifier(name: &str) -> Result<(), CallFailure> {
    let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    if fits {
        return Ok(());
    }
    Err(CallFailure::misconfigured("field_name_invalid", format!("{name:?} is no name of an object or a field")))
}

/// SOQL and SOSL reference, "Quoted String Escape Sequences".
fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('\'');
    for letter in value.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '\'' => text.push_str("\\'"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            other => text.push(other),
        }
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_quotes() {
        let soql = by_key("Contact", &["Id", "Ext__c"], "Ext__c", &["a'b", "c\\", "d\n"], Literals::Quoted).unwrap();
        assert_eq!(soql, "SELECT Id,Ext__c FROM Contact WHERE Ext__c IN ('a\\'b','c\\\\','d\\n')");
        let failure = by_key("Contact", &["Id FROM User"], "Ext__c", &[], Literals::Quoted).unwrap_err();
        assert_eq!(failure.failure.detail().code, "field_name_invalid");
    }

    #[test]
    fn only_numbers_go_without_quotes() {
        for (value, is) in [("12", true), ("-1.5", true), ("", false), ("1)", false), ("1e5", false), (".", false)] {
            assert_eq!(is_number(value), is, "{value}");
        }
    }
}
