//! The `Retry-After` header: seconds or a date, both to milliseconds from now.

/// RFC 9110 §10.2.3. None where the header says neither.
pub(crate) fn parse(value: &str, now_unix_ms: u64) -> Option<u64> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0).then_some((seconds * 1000.0).ceil() as u64);
    }
    let at_unix_ms = unix_seconds(value)?.checked_mul(1000)?;
    Some(at_unix_ms.saturating_sub(now_unix_ms))
}

/// The three forms of RFC 9110 §5.6.7 (`Sun, 06 Nov 1994 08:49:37 GMT`, the one with dashes, and asctime) differ in
/// order and separators alone, so the pieces are told apart by their looks.
fn unix_seconds(date: &str) -> Option<u64> {
    let (mut day, mut month, mut year, mut time) = (None, None, None, None);
    for piece in date.split([' ', ',', '-']).filter(|piece| !piece.is_empty()) {
        if piece.contains(':') {
            time = seconds_of_day(piece);
        } else if let Ok(number) = piece.parse::<u64>() {
            if day.is_none() { day = Some(number) } else { year = Some(number) }
        } else if let Some(number) = month_number(piece) {
            month = Some(number);
        }
    }
    let year = match year? {
        short @ 0..=69 => short + 2000,
        short @ 70..=99 => short + 1900,
        full => full,
    };
    let day = day.filter(|day| (1..=31).contains(day))?;
    Some(days_since_epoch(year, month?, day)? * 86_400 + time?)
}

fn seconds_of_day(time: &str) -> Option<u64> {
    let mut pieces = time.split(':').map(|piece| piece.parse::<u64>().ok());
    let (hours, minutes, seconds) = (pieces.next()??, pieces.next()??, pieces.next()??);
    (hours < 24 && minutes < 60 && seconds <= 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

fn month_number(name: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    (1..).zip(MONTHS).find(|(_, month)| *month == name).map(|(number, _)| number)
}

/// Days from 1970-01-01 in the Gregorian calendar, by the year that begins in March.
fn days_since_epoch(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..10_000).contains(&year) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month_from_march + 2) / 5 + day - 1;
    days.checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d1_every_spelling_of_a_wait_is_read_or_is_none() {
        const NOW_UNIX_MS: u64 = 784_111_777_000;
        let cases = [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("120", Some(120_000)),
            (" 120 ", Some(120_000)),
            ("1.5", Some(1500)),
            ("0.0001", Some(1)),
            ("1e9", Some(1_000_000_000_000)),
            ("1e300", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:42 GMT", Some(5000)),
            ("Sunday, 06-Nov-94 08:49:42 GMT", Some(5000)),
            ("Sun Nov  6 08:49:42 1994", Some(5000)),
            ("Sun, 06 Nov 1994 08:49:30 GMT", Some(0)),
            ("-1", None),
            ("-1e300", None),
            ("1e400", None),
            ("NaN", None),
            ("inf", None),
            ("-inf", None),
            ("", None),
            ("soon", None),
            ("12 parsecs", None),
            ("0x10", None),
            ("Sun, 06 Nov 1994", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 99999 08:49:37 GMT", None),
        ];
        for (value, expected) in cases {
            assert_eq!(parse(value, NOW_UNIX_MS), expected, "{value:?}");
        }
    }
}
