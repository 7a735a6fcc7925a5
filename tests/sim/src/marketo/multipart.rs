//! The parts of a form: RFC 7578.

/// The content of the part with this name.
pub(super) fn part(content_type: &str, body: &[u8], name: &str) -> Option<Vec<u8>> {
    let boundary = content_type.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    let mark = format!("--{}", boundary.trim_matches('"'));
    let marks: Vec<usize> = positions(body, mark.as_bytes());
    marks.windows(2).find_map(|pair| {
        let [start, end] = pair else { return None };
        let part = body.get(start + mark.len()..*end)?;
        let head_end = positions(part, b"\r\n\r\n").first().copied()?;
        let head = String::from_utf8_lossy(part.get(..head_end)?).into_owned();
        let is_named = head.to_lowercase().contains("content-disposition: form-data")
            && head.contains(&format!("name=\"{name}\""));
        let content = part.get(head_end + 4..)?;
        is_named.then(|| content.strip_suffix(b"\r\n").unwrap_or(content).to_vec())
    })
}

fn positions(text: &[u8], wanted: &[u8]) -> Vec<usize> {
    text.windows(wanted.len().max(1)).enumerate().filter(|(_, window)| *window == wanted).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_by_its_name() {
        let body =
            b"--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; \
            name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\n1,2\n\r\n--b--\r\n";
        assert_eq!(part("multipart/form-data; boundary=b", body, "file").as_deref(), Some(b"a,b\n1,2\n".as_slice()));
        assert_eq!(part("multipart/form-data; boundary=b", body, "other"), None);
        assert_eq!(part("multipart/form-data", body, "file"), None);
    }
}
