//! The reader of ONDE files: it is a function of its input, accounts for every line, and refuses only with a reason.
//!
//! Input: what the first file is called (1), then one to three files, each ended by a zero and a one.
#![no_main]

// The command has no library, and its pure modules need none.
#[allow(dead_code, reason = "only the reader is fuzzed")]
#[path = "../../../tools/src/onde/mod.rs"]
mod onde;

use libfuzzer_sys::fuzz_target;

use onde::encoding::{Decoded, Encoding, decode};
use onde::finding::Severity;
use onde::headers::Table;
use onde::read::{InputFile, Tables, read};
use onde::records::{SEPARATOR, records};

const NAMES: [&str; 4] = ["eleves.csv", "enseignants.csv", "responsables.csv", "x.csv"];
const END: [u8; 2] = [0, 1];

fuzz_target!(|input: &[u8]| {
    let [name, bytes @ ..] = input else { return };
    let names = NAMES.iter().cycle().skip(usize::from(*name) % NAMES.len());
    let files: Vec<_> =
        names.zip(split(bytes)).take(3).map(|(name, bytes)| InputFile { name, bytes }).collect();
    let texts: Vec<_> = files.iter().map(|file| decode(file.bytes)).collect();
    for (file, decoded) in files.iter().zip(&texts) {
        lines_come_back_once(file.bytes, decoded);
    }
    let answer = read(&files);
    assert_eq!(answer, read(&files), "the same files read otherwise");
    let (reports, findings) = match &answer {
        Ok(tables) => (&tables.files, &tables.findings),
        Err(refused) => (&refused.files, &refused.findings),
    };
    let hard = findings.iter().filter(|finding| finding.severity == Severity::Hard).count();
    assert_eq!(hard > 0, answer.is_err(), "refused without a reason, or taken in spite of one");
    for (report, file) in reports.iter().zip(&files) {
        assert_eq!((report.name.as_str(), report.size), (file.name, file.bytes.len()));
    }
    assert_eq!(reports.len(), files.len(), "a file is forgotten");
    let lines = |text: &str| text.bytes().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
    let lengths: Vec<_> = files.iter().zip(&texts).map(|(file, it)| (file.name, lines(&it.text))).collect();
    for finding in findings {
        let length = lengths.iter().find(|(name, _)| *name == finding.file);
        let (_, lines) = length.expect("a finding names a file that was given");
        assert!(finding.line as usize <= *lines, "a finding beyond the end: {finding:?}");
        assert!(!finding.text.fr.is_empty() && !finding.text.en.is_empty());
    }
    match &answer {
        Ok(tables) => accounted(tables, &files, &texts),
        Err(refused) => assert!(refused.findings[..hard].iter().all(|it| it.severity == Severity::Hard)),
    }
});

fn split(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut files = vec![];
    while let Some(at) = bytes.windows(2).position(|pair| pair == END) {
        files.push(&bytes[..at]);
        bytes = &bytes[at + 2..];
    }
    files.push(bytes);
    files
}

/// Every line that holds anything comes back once, in its place, as it stands in the file.
fn lines_come_back_once(bytes: &[u8], decoded: &Decoded) {
    if let (Encoding::Utf8, 0, Ok(text)) = (decoded.encoding, decoded.repaired, std::str::from_utf8(bytes)) {
        assert_eq!(decoded.text, text.strip_prefix('\u{feff}').unwrap_or(text), "UTF-8 read otherwise");
    }
    let text = decoded.text.as_str();
    let stood: Vec<&str> =
        if text.contains('\n') { text.lines().collect() } else { text.split('\r').collect() };
    let mut next = 0;
    for record in records(text, SEPARATOR) {
        let first = record.line as usize - 1;
        let skipped = stood[next..first].iter().flat_map(|line| line.chars());
        assert!(skipped.clone().all(|letter| !letter.is_alphanumeric()), "a line is lost before {record:?}");
        let count = record.original.split('\n').count();
        assert_eq!(record.original, stood[first..first + count].join("\n"));
        assert!(count == 1 || record.cells.is_some(), "broken quotes cost more than their line: {record:?}");
        next = first + count;
    }
    assert!(stood[next..].iter().all(|line| line.chars().all(|letter| !letter.is_alphanumeric())));
}

/// A table takes no more rows than it has lines, and each row is the line it says.
fn accounted(tables: &Tables, files: &[InputFile<'_>], texts: &[Decoded]) {
    let pupils = tables.pupils.iter().map(|row| (row.line, row.original.as_str())).collect();
    let teachers = tables.teachers.iter().map(|row| (row.lines[0], row.original.as_str())).collect();
    let relatives = tables.relatives.iter().map(|row| (row.line, row.original.as_str())).collect();
    for (table, rows) in [(Table::Pupils, pupils), (Table::Teachers, teachers), (Table::Relatives, relatives)]
    {
        let rows: Vec<(u32, &str)> = rows;
        let Some(name) = tables.file_of(table) else {
            assert!(rows.is_empty(), "rows of a table that no file holds");
            continue;
        };
        let place = files.iter().position(|file| file.name == name).expect("it was given");
        let report = tables.files.iter().find(|report| report.name == name).expect("it was read");
        assert!(rows.len() <= report.lines && rows.is_sorted_by(|one, next| one.0 < next.0));
        let records = records(&texts[place].text, SEPARATOR);
        for (line, original) in rows {
            let record = records.iter().skip(1).find(|record| record.line == line);
            assert_eq!(
                record.map(|record| record.original.as_str()),
                Some(original),
                "a row of another line"
            );
        }
    }
}
