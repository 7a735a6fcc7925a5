//! CSV as vendors' bulk calls have it: RFC 4180, commas, lines that end with LF.

use crate::bindings::offtake::destination::types::CallFailure;

/// Adds a cell to a line.
fn write_cell(line: &mut String, text: &str) {
    if text.contains(['"', ',', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ') {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

/// Adds a line of cells. An empty cell and none at all are the same; what that means is the vendor's to say.
pub fn write_line<'a>(text: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_cell(text, cell);
    }
    text.push('\n');
}

/// The lines of a file, the header among them. Line ends may be LF or CRLF.
///
/// # Errors
/// Fatal, where the file ends within quotes: it came cut short.
pub fn read(bytes: &[u8]) -> Result<Vec<Vec<String>>, CallFailure> {
    let text = std::str::from_utf8(bytes).map_err(|_| CallFailure::unreadable("a result file is not UTF-8"))?;
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut in_quotes, mut any) = (false, false);
    let mut letters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(letter) = letters.next() {
        any = true;
        match (in_quotes, letter) {
            (true, '"') if letters.next_if_eq(&'"').is_some() => cell.push('"'),
            (_, '"') => in_quotes = !in_quotes,
            (true, letter) => cell.push(letter),
            (false, ',') => line.push(std::mem::take(&mut cell)),
            (false, '\r') if letters.peek() == Some(&'\n') => {}
            (false, '\n') => {
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
                any = false;
            }
            (false, letter) => cell.push(letter),
        }
    }
    if in_quotes {
        return Err(CallFailure::unreadable("a result file ends in the middle of a value"));
    }
    if any {
        line.push(cell);
        lines.push(line);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let cells = ["", "a", "a,b", "say \"hi\"", "two\nlines", "cr\r\nlf", " blanks ", "é🚀", "#N/A"];
        let mut text = String::new();
        write_line(&mut text, cells);
        write_line(&mut text, ["last"]);
        assert_eq!(read(text.as_bytes()).unwrap(), [cells.map(str::to_owned).to_vec(), vec!["last".to_owned()]]);
    }

    #[test]
    fn files_with_any_line_end_are_read() {
        let file = b"\"sf__Id\",\"sf__Created\",Ext__c\r\n\"003\",\"true\",\"u-1\"\r\n\"004\",\"false\",";
        let expected = [["sf__Id", "sf__Created", "Ext__c"], ["003", "true", "u-1"], ["004", "false", ""]];
        assert_eq!(read(file).unwrap(), expected.map(|line| line.map(str::to_owned).to_vec()));
        assert_eq!(read(b"").unwrap(), Vec::<Vec<String>>::new());
        assert!(read(b"a,\"b").is_err());
    }
}
