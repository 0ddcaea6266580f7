//! Tables for spreadsheets.
//!
//! Invariant: no cell is taken for a formula; one that would be begins with a quotation mark.

use std::io;

/// Returns rows as a file with commas.
pub fn csv(rows: &[Vec<String>]) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| inert(cell)))?;
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Returns `cell` so that no spreadsheet takes it for a formula.
pub fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}
