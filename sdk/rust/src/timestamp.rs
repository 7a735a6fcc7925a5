//! The timestamps of rows, for vendors that keep fewer digits.

/// A timestamp as rows have it (`2026-11-22T13:45:00.123456789Z`), cut to so many digits after the second. None where the text is no
/// such timestamp, or has no more digits than that.
#[must_use]
pub fn shorten_fraction(text: &str, digits_max: usize) -> Option<String> {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let seconds = text.get(..SHAPE.len())?;
    let fraction = text.get(SHAPE.len()..)?.strip_prefix('.')?.strip_suffix('Z')?;
    let is_timestamp = seconds.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        _ => byte == *shape,
    });
    let is_fraction = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_timestamp || !is_fraction || fraction.len() <= digits_max {
        return None;
    }
    match fraction.get(..digits_max)? {
        "" => Some(format!("{seconds}Z")),
        kept => Some(format!("{seconds}.{kept}Z")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_alone_are_cut() {
        for (text, digits_max, expected) in [
            ("2026-11-22T13:45:00.123456789Z", 3, Some("2026-11-22T13:45:00.123Z")),
            ("2026-11-22T13:45:00.123456789Z", 0, Some("2026-11-22T13:45:00Z")),
            ("2026-11-22T13:45:00.5Z", 0, Some("2026-11-22T13:45:00Z")),
            ("2026-11-22T13:45:00.5Z", 3, None),
            ("2026-11-22T13:45:00.123Z", 3, None),
            ("2026-11-22T13:45:00Z", 0, None),
            ("2026-11-22T13:45:00.Z", 0, None),
            ("2026-11-22T13:45:00.1234567890Z", 3, None),
            ("2026-11-22T13:45:00.123456 or so", 3, None),
            ("2026-11-22 13:45:00.123456Z", 3, None),
            ("2026-11-22T13:45:00.12345\u{e9}Z", 3, None),
            ("2026-11-22", 3, None),
        ] {
            assert_eq!(shorten_fraction(text, digits_max).as_deref(), expected, "{text}");
        }
    }
}
