//! Ids of records: fifteen characters, and three that say which of them are capitals.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The id of the record with this number among those with this prefix.
pub(super) fn of(prefix: &str, number: u64) -> String {
    let mut rest = number;
    let mut digits = Vec::new();
    for _ in 0..7 {
        digits.push(DIGITS.get((rest % 62) as usize).copied().map_or('0', char::from));
        rest /= 62;
    }
    let id: String = prefix.chars().chain("4S00".chars()).chain(['0']).chain(digits.into_iter().rev()).collect();
    long(&id).unwrap_or(id)
}

/// The id with its three checking characters; none when it has not the form of an id.
pub(super) fn long(id: &str) -> Option<String> {
    let short: &str = match id.len() {
        15 => id,
        18 => id.get(..15)?,
        _ => return None,
    };
    if !short.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let check = |five: &[u8]| {
        let bits = five.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase()).map(|(index, _)| 1 << index);
        CHECKS.get(bits.sum::<usize>()).copied().map_or('A', char::from)
    };
    Some(short.chars().chain(short.as_bytes().chunks(5).map(check)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_ids_check() {
        for id in ["0014S000007NxmlQAC", "0034S000005YJYwQAO", "00Q4S000002sSacUAE", "0TO4S000000GuXhWAK"] {
            assert_eq!(id.get(..15).and_then(long).as_deref(), Some(id));
            assert_eq!(long(id).as_deref(), Some(id));
        }
        let id = of("001", 62 * 62 + 5);
        assert_eq!((id.len(), long(&id)), (18, Some(id.clone())));
        assert_eq!(long("003"), None);
        assert_eq!(long("0014S000007Nxm!"), None);
    }
}
