//! A file as the one part of a form: RFC 7578. Pure.

/// The content type and the form. The boundary is made of the batch's id, so that the same batch is sent in the same bytes.
pub(super) fn file(batch_id: &str, text: &str) -> (String, Vec<u8>) {
    let plain: String = batch_id.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    let boundary = (0_u32..).map(|n| format!("offtake-{plain}-{n}")).find(|boundary| !text.contains(boundary));
    let boundary = boundary.unwrap_or_default();
    let form = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"leads.csv\"\r\nContent-Type: text/csv\r\n\r\n\
         {text}\r\n--{boundary}--\r\n"
    );
    (format!("multipart/form-data; boundary={boundary}"), form.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_never_stands_in_the_file() {
        let (kind, form) = file("b-1", "email\nofftake-b1-0@example.com\n");
        assert_eq!(kind, "multipart/form-data; boundary=offtake-b1-1");
        let form = String::from_utf8(form).unwrap();
        assert!(form.starts_with("--offtake-b1-1\r\n") && form.ends_with("\r\n--offtake-b1-1--\r\n"));
    }
}
