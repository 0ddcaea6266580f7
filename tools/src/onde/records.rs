//! Cuts a text into lines of cells.
//!
//! Invariant: every line of the file comes back once, as cells or as broken; a quote that is never closed
//! costs its own line, not the rest of the file.

use super::text::clean;

/// The separator ONDE writes.
pub const SEPARATOR: u8 = b';';

/// How many further lines one quoted cell may take up.
const LINES_IN_A_CELL: usize = 4;

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its line in the file, from 1.
    pub line: u32,
    /// As it stands in the file.
    pub original: String,
    /// Its cells, cleaned, without the empty ones at the end; `None` if its quotes do not match.
    pub cells: Option<Vec<String>>,
}

/// Returns the lines of `text` that hold anything.
pub fn records(text: &str, separator: u8) -> Vec<Record> {
    let lines = physical_lines(text);
    let mut records = Vec::new();
    let mut next = 0;
    while let Some(first) = lines.get(next) {
        let last = (next..lines.len().min(next + 1 + LINES_IN_A_CELL))
            .find(|last| !ends_inside_quotes(&lines[next..=*last].join("\n"), separator));
        let joined = last.map(|last| lines[next..=last].join("\n"));
        let cells = joined.as_deref().and_then(|text| cells(text, separator));
        // Two lines with one stray quote each would join to twice the cells: leave both apart.
        let cells = cells.filter(|cells| last == Some(next) || cells.len() <= widest(&records));
        let taken = if cells.is_some() { last.unwrap_or(next) } else { next };
        let empty = cells.as_ref().is_some_and(Vec::is_empty);
        if !empty {
            let original = if taken == next { (*first).to_owned() } else { lines[next..=taken].join("\n") };
            records.push(Record { line: u32::try_from(next + 1).unwrap_or(u32::MAX), original, cells });
        }
        next = taken + 1;
    }
    records
}

/// The header line comes first and is the widest a joined line may be.
fn widest(records: &[Record]) -> usize {
    records.first().and_then(|record| record.cells.as_ref()).map_or(usize::MAX, Vec::len)
}

fn physical_lines(text: &str) -> Vec<&str> {
    // Old spreadsheets end lines with a carriage return alone.
    if text.contains('\n') { text.lines().collect() } else { text.split('\r').collect() }
}

/// Says whether a quoted cell is still open at the end of `text`.
fn ends_inside_quotes(text: &str, separator: u8) -> bool {
    let (mut quoted, mut at_start) = (false, true);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if quoted {
            if byte == b'"' && bytes.next_if_eq(&b'"').is_none() {
                quoted = false;
            }
        } else if byte == b'"' && at_start {
            quoted = true;
        }
        at_start = !quoted && byte == separator;
    }
    quoted
}

/// Returns the cells of one line, or nothing if it is more than one.
fn cells(text: &str, separator: u8) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(text.len().max(1))
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    if !reader.read_record(&mut record).ok()? {
        return Some(Vec::new());
    }
    let mut cells: Vec<String> = record.iter().map(clean).collect();
    while cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    let alone = !reader.read_record(&mut record).ok()?;
    alone.then_some(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u32, Option<Vec<String>>)> {
        records(text, SEPARATOR).into_iter().map(|record| (record.line, record.cells)).collect()
    }

    fn line(number: u32, cells: &[&str]) -> (u32, Option<Vec<String>>) {
        (number, Some(cells.iter().map(|cell| (*cell).to_owned()).collect()))
    }

    #[test]
    fn quoted_or_not_crlf_or_lf_ragged_or_not() {
        let expected = [line(1, &["a", "b"]), line(2, &["1"]), line(4, &["", "2"])];
        assert_eq!(read("\"a\";\"b\"\r\n\"1\";;;\r\n\r\n;\"2\""), expected);
        assert_eq!(read("a;b;;\n1;\n;;\n;2;\n"), expected);
        assert_eq!(read("a;b\r1\r\r;2"), expected);
    }

    #[test]
    fn a_quoted_cell_may_hold_separators_quotes_and_line_ends() {
        assert_eq!(
            read("a;b\n\"1;2\";\"x \"\"y\"\"\"\n\"3\n4\";5\n6;7"),
            [
                line(1, &["a", "b"]),
                line(2, &["1;2", "x \"y\""]),
                line(3, &["3 4", "5"]),
                line(5, &["6", "7"])
            ]
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_its_own_line() {
        assert_eq!(
            read("a;b\n\"1;2\n3;4\n5;6\n7;8\n9;10\n11;12"),
            [
                line(1, &["a", "b"]),
                (2, None),
                line(3, &["3", "4"]),
                line(4, &["5", "6"]),
                line(5, &["7", "8"]),
                line(6, &["9", "10"]),
                line(7, &["11", "12"])
            ]
        );
    }

    #[test]
    fn a_quote_inside_an_unquoted_cell_is_a_letter() {
        assert_eq!(
            read("a;b\n1 \"x;2\n3;4"),
            [line(1, &["a", "b"]), line(2, &["1 \"x", "2"]), line(3, &["3", "4"])]
        );
    }
}
