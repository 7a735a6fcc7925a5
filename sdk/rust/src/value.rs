//! Conversions of a row's values that many vendors need alike.

use serde_json::Value;

use crate::batch::text;
use crate::bindings::offtake::destination::types::Detail;

/// The most digits after the second that a row has.
const FRACTION_DIGITS_MAX: usize = 9;

/// A timestamp that has more digits after the second than the vendor keeps, cut to so many. None where the text is something
/// else, or has no more of them: it can then go as it is.
#[must_use]
pub fn cut_fraction(text: &str, digits: usize) -> Option<String> {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:dd.";
    let (seconds, fraction) = (text.get(..SHAPE.len())?, text.get(SHAPE.len()..)?.strip_suffix('Z')?);
    let is_timestamp = seconds.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        _ => byte == *shape,
    });
    let is_fraction = !fraction.is_empty()
        && fraction.len() <= FRACTION_DIGITS_MAX
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let kept = fraction.get(..digits)?;
    let seconds = if digits == 0 { seconds.trim_end_matches('.') } else { seconds };
    (is_timestamp && is_fraction).then(|| format!("{seconds}{kept}Z"))
}

/// The items of a list as one text, for vendors that keep several values so. Nulls are left out.
///
/// # Errors
/// A detail for the row's rejection, where an item holds the separator: it would fall apart into two.
pub fn join(field: &str, items: &[Value], separator: char) -> Result<String, Detail> {
    let items = items.iter().filter(|item| !item.is_null());
    let texts: Vec<String> = items.map(|item| text(item).unwrap_or_else(|| item.to_string())).collect();
    if texts.iter().any(|text| text.contains(separator)) {
        let message = format!("an item of a list must not contain {separator:?}");
        return Err(Detail::new("separator_in_list", message).with_field(field));
    }
    Ok(texts.join(separator.encode_utf8(&mut [0; 4])))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fraction_is_cut_and_nothing_else_is_touched() {
        for (text, milliseconds, seconds) in [
            ("2026-11-22T13:45:00.123456789Z", Some("2026-11-22T13:45:00.123Z"), Some("2026-11-22T13:45:00Z")),
            ("2026-11-22T13:45:00.5Z", None, Some("2026-11-22T13:45:00Z")),
            ("2026-11-22T13:45:00Z", None, None),
            ("2026-11-22", None, None),
            ("2026-11-22T13:45:00.123456 or so", None, None),
            ("2026-11-22T13:45:00.1234567890Z", None, None),
            ("2026-11-22 13:45:00.123456Z", None, None),
        ] {
            assert_eq!(cut_fraction(text, 3).as_deref(), milliseconds, "{text}");
            assert_eq!(cut_fraction(text, 0).as_deref(), seconds, "{text}");
        }
    }

    #[test]
    fn a_list_that_would_fall_apart_is_refused() {
        let list = |items: Value| join("colours", items.as_array().unwrap(), ';');
        assert_eq!(list(json!(["a", null, 2, true])).unwrap(), "a;2;true");
        assert_eq!(list(json!([])).unwrap(), "");
        let detail = list(json!(["red;green"])).unwrap_err();
        assert_eq!((detail.code.as_str(), detail.field.as_deref()), ("separator_in_list", Some("colours")));
    }
}
