//! CSV in and out: RFC 4180 with any delimiter.

/// The lines of a file, the header among them; none when it ends within quotes.
pub(crate) fn read(text: &str, delimiter: char) -> Option<Vec<Vec<String>>> {
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut in_quotes, mut any) = (false, false);
    let mut letters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if in_quotes && letters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => {
                in_quotes = !in_quotes;
                any = true;
            }
            _ if in_quotes => cell.push(letter),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' => {
                if any || !line.is_empty() || !cell.is_empty() {
                    line.push(std::mem::take(&mut cell));
                    lines.push(std::mem::take(&mut line));
                }
                any = false;
            }
            _ if letter == delimiter => line.push(std::mem::take(&mut cell)),
            _ => cell.push(letter),
        }
    }
    if in_quotes {
        return None;
    }
    if any || !line.is_empty() || !cell.is_empty() {
        line.push(cell);
        lines.push(line);
    }
    Some(lines)
}

/// A line, each cell in quotes.
pub(crate) fn write(cells: &[&str], delimiter: char) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    format!("{}\n", cells.join(&delimiter.to_string()))
}
