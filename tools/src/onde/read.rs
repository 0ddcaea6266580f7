//! From the bytes of one to three files to rows.
//!
//! Invariant: a hard problem in any file refuses all of them; a soft one costs its line only.

use std::collections::HashMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::encoding::{Encoding, decode};
use super::finding::{Finding, Problem, Severity};
use super::headers::{Layout, Table, export_name, starts_second_table, table_of_headers, table_of_name};
use super::records::{Record, SEPARATOR, records};
use super::rows::{self, Pupil, Relative, Teacher};
use super::text::fold;

/// A file as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct InputFile<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What is kept of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Its name.
    pub name: String,
    /// What it holds, if that is known.
    pub table: Option<Table>,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: usize,
    /// How it was read.
    pub encoding: Encoding,
    /// How many lines of people it has.
    pub lines: usize,
}

/// The rows of the files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tables {
    /// The files, in the order given.
    pub files: Vec<FileReport>,
    /// Pupils.
    pub pupils: Vec<Pupil>,
    /// Teachers, their lines put together.
    pub teachers: Vec<Teacher>,
    /// Relatives, one for each line.
    pub relatives: Vec<Relative>,
    /// What there is to say, by file and line.
    pub findings: Vec<Finding>,
}

impl Tables {
    /// Returns the name of the file that holds `table`, or nothing.
    pub fn file_of(&self, table: Table) -> Option<&str> {
        self.files.iter().find(|file| file.table == Some(table)).map(|file| file.name.as_str())
    }
}

/// The files cannot be imported: some finding is hard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ONDE files cannot be read: see the findings")]
pub struct Refused {
    /// The files, in the order given.
    pub files: Vec<FileReport>,
    /// Everything found, the hard problems first.
    pub findings: Vec<Finding>,
}

/// Reads the files of one export, in any order; each table at most once.
pub fn read(files: &[InputFile<'_>]) -> Result<Tables, Refused> {
    let mut tables = Tables::default();
    if files.is_empty() {
        tables.findings.push(Problem::NoFile.at("", 0, ""));
    }
    for file in files {
        read_file(*file, &mut tables);
    }
    if tables.findings.iter().any(|finding| finding.severity == Severity::Hard) {
        let mut findings = tables.findings;
        findings.sort_by_key(|finding| finding.severity);
        return Err(Refused { files: tables.files, findings });
    }
    Ok(tables)
}

fn read_file(file: InputFile<'_>, tables: &mut Tables) {
    let decoded = decode(file.bytes);
    let mut report = FileReport {
        name: file.name.to_owned(),
        table: None,
        sha256: hexadecimal(&Sha256::digest(file.bytes)),
        size: file.bytes.len(),
        encoding: decoded.encoding,
        lines: 0,
    };
    if decoded.repaired > 0 {
        tables.findings.push(Problem::Repaired { count: decoded.repaired }.at(file.name, 0, ""));
    }
    let records = records(&decoded.text, SEPARATOR);
    match head(file.name, &records) {
        Err((problem, line, original)) => tables.findings.push(problem.at(file.name, line, &original)),
        Ok((table, layout)) => {
            if let Some(other) = tables.file_of(table) {
                let problem = Problem::TwiceTheTable { other: other.to_owned() };
                tables.findings.push(problem.at(file.name, 0, ""));
            } else {
                report.table = Some(table);
                if table_of_name(file.name).is_some_and(|named| named != table) {
                    let problem = Problem::NamedOtherwise { export: export_name(table) };
                    tables.findings.push(problem.at(file.name, 0, ""));
                }
                report.lines = read_lines(file.name, table, &layout, &records, tables);
            }
        }
    }
    tables.files.push(report);
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// Finds out the table and its columns from the file's name and its header line.
fn head(name: &str, records: &[Record]) -> Result<(Table, Layout), (Problem, u32, String)> {
    let Some(first) = records.first() else { return Err((Problem::EmptyFile, 0, String::new())) };
    let at = |problem| (problem, first.line, first.original.clone());
    let headers = first.cells.as_deref().unwrap_or_default();
    let named = table_of_name(name);
    let layout = named.map(|table| (table, Layout::of(table, headers)));
    if let Some((table, layout)) = layout.clone().filter(|(_, layout)| layout.missing.is_empty()) {
        return Ok((table, layout));
    }
    if let Some(table) = table_of_headers(headers) {
        return Ok((table, Layout::of(table, headers)));
    }
    if let Some(found) = other_separator(&first.original, named) {
        return Err(at(Problem::WrongSeparator { found }));
    }
    match layout {
        Some((table, layout)) => {
            Err(at(Problem::MissingColumns { columns: layout.missing, export: export_name(table) }))
        }
        None => Err(at(Problem::UnknownFile)),
    }
}

/// Returns the separator under which the header line makes sense, if it is not the semicolon.
fn other_separator(line: &str, named: Option<Table>) -> Option<char> {
    let known = |separator: u8| {
        let records = records(line, separator);
        let headers = records.first().and_then(|record| record.cells.clone()).unwrap_or_default();
        let tables = named.map_or(Table::ALL.to_vec(), |table| vec![table]);
        tables.into_iter().map(|table| Layout::of(table, &headers).known).max().unwrap_or(0)
    };
    let ours = known(SEPARATOR);
    [b',', b'\t', b'|'].into_iter().find(|other| known(*other) >= (ours + 1).max(2)).map(char::from)
}

fn read_lines(name: &str, table: Table, layout: &Layout, records: &[Record], tables: &mut Tables) -> usize {
    if let (false, Some(first)) = (layout.unknown.is_empty(), records.first()) {
        let problem = Problem::UnknownHeaders { headers: layout.unknown.clone() };
        tables.findings.push(problem.at(name, first.line, &first.original));
    }
    let mut seen: HashMap<&[String], u32> = HashMap::new();
    let mut joined: HashMap<String, usize> = HashMap::new();
    let mut lines = 0;
    for record in records.iter().skip(1) {
        let mut say = |problem: &Problem| {
            tables.findings.push(problem.at(name, record.line, &record.original));
        };
        let Some(cells) = record.cells.as_deref() else {
            say(&Problem::BrokenQuotes);
            lines += 1;
            continue;
        };
        if table == Table::Relatives && cells.first().is_some_and(|cell| starts_second_table(cell)) {
            say(&Problem::SecondTable);
            break;
        }
        lines += 1;
        if let Some(earlier) = seen.get(cells) {
            say(&Problem::EqualLine { line: *earlier });
            continue;
        }
        seen.insert(cells, record.line);
        if table != Table::Relatives && cells.len() > layout.width {
            say(&Problem::TooManyCells { cells: cells.len(), headers: layout.width });
            continue;
        }
        let mut notes = Vec::new();
        let (line, text) = (record.line, record.original.as_str());
        let left_out = match table {
            Table::Pupils => rows::pupil(layout, line, text, cells, &mut notes)
                .map(|row| add_pupil(row, &mut joined, &mut tables.pupils)),
            Table::Teachers => rows::teacher(layout, line, text, cells, &mut notes)
                .map(|row| add_teacher(row, &mut joined, &mut tables.teachers)),
            Table::Relatives => {
                rows::relative(layout, line, text, cells, &mut notes).map(|row| tables.relatives.push(row))
            }
        }
        .err();
        for problem in notes.iter().filter(|_| left_out.is_none()).chain(left_out.as_ref()) {
            tables.findings.push(problem.at(name, line, text));
        }
    }
    lines
}

/// Adds a pupil, or their class and level to the pupil of a line equal but for these.
fn add_pupil(row: Pupil, joined: &mut HashMap<String, usize>, pupils: &mut Vec<Pupil>) {
    let addresses: Vec<_> = row.addresses.iter().map(super::known::Address::key).collect();
    let all_but_class = format!("{:?}", (row.names.keys(), row.birth_date, row.sex, addresses, row.consents));
    if let Some(first) = joined.get(&all_but_class).and_then(|place| pupils.get_mut(*place)) {
        add(&mut first.classes, row.classes);
        add(&mut first.levels, row.levels);
    } else {
        joined.insert(all_but_class, pupils.len());
        pupils.push(row);
    }
}

/// Adds a teacher, or their class to the teacher of a line equal but for it.
fn add_teacher(row: Teacher, joined: &mut HashMap<String, usize>, teachers: &mut Vec<Teacher>) {
    let all_but_class = format!(
        "{:?}",
        (
            fold(&row.honorific),
            row.names.keys(),
            row.email.to_lowercase(),
            row.phones.keys(),
            row.address.key(),
            row.head
        )
    );
    if let Some(first) = joined.get(&all_but_class).and_then(|place| teachers.get_mut(*place)) {
        add(&mut first.classes, row.classes);
        first.lines.extend(row.lines);
    } else {
        joined.insert(all_but_class, teachers.len());
        teachers.push(row);
    }
}

fn add(kept: &mut Vec<String>, more: Vec<String>) {
    for text in more {
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
}
