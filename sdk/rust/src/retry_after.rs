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
    fn reads_seconds_and_all_three_dates() {
        assert_eq!(parse("120", 0), Some(120_000));
        assert_eq!(parse("1.5", 0), Some(1500));
        let now_unix_ms = 784_111_777_000 - 5000;
        for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parse(date, now_unix_ms), Some(5000), "{date}");
        }
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT", u64::MAX), Some(0));
    }

    #[test]
    fn knows_nonsense() {
        for value in ["", "soon", "-1", "NaN", "Sun, 06 Nov 1994", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(parse(value, 0), None, "{value}");
        }
    }
}
