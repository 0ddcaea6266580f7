//! What a scenario found, as a table for people and as JSON for programs.
//!
//! Invariant: both say the same. What was not measured is `-` in the one and `null` in the other.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::measure;
use crate::cli::Format;
use crate::say;

/// What a scenario found.
#[derive(Debug)]
pub struct Report {
    scenario: &'static str,
    parameters: Map<String, Value>,
    machine: Map<String, Value>,
    tables: Vec<Table>,
    notes: Vec<String>,
}

/// Rows under columns.
#[derive(Debug)]
pub struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A word.
    Text(String),
    /// How many.
    Count(u64),
    /// A measure, with so many digits after the point.
    Measure(f64, usize),
    /// Not measured.
    Missing,
}

impl Cell {
    /// Returns a measure; missing if there is none.
    pub fn measure(value: Option<f64>, digits: usize) -> Self {
        value.filter(|value| value.is_finite()).map_or(Self::Missing, |value| Self::Measure(value, digits))
    }

    /// Returns a number of bytes in MiB.
    pub fn mebibytes(bytes: u64) -> Self {
        Self::Measure(bytes as f64 / f64::from(1 << 20), 1)
    }

    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => grouped(&count.to_string()),
            Self::Measure(value, digits) => grouped(&format!("{value:.digits$}")),
            Self::Missing => "-".to_owned(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Count(count) => json!(count),
            Self::Measure(value, digits) => {
                // As many digits as people see, so that both say the same.
                format!("{value:.digits$}").parse::<f64>().map_or(Value::Null, |value| json!(value))
            }
            Self::Missing => Value::Null,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

/// Puts a space between groups of three digits.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let digits = whole.len();
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (digits - index) % 3 == 0 && !text.ends_with('-') {
            text.push(' ');
        }
        text.push(digit);
    }
    text + rest
}

impl Table {
    /// Returns a table without rows.
    pub fn new(name: &'static str, columns: &'static [&'static str]) -> Self {
        Self { name, columns, rows: vec![] }
    }

    /// Adds a row; it has a value for each column.
    pub fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        let mut cells = cells.into();
        cells.resize(self.columns.len(), Cell::Missing);
        self.rows.push(cells);
    }

    fn text(&self) -> String {
        let cells: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(Cell::text).collect()).collect();
        let width = |column: usize| {
            let widest = cells.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
            widest.max(self.columns[column].len())
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let words: Vec<bool> = (0..self.columns.len())
            .map(|column| self.rows.iter().any(|row| matches!(row[column], Cell::Text(_))))
            .collect();
        let line = |row: &[String]| {
            let mut line = String::new();
            for ((cell, width), word) in row.iter().zip(&widths).zip(&words) {
                // Writing to a String cannot fail. Words stand left, numbers right.
                let _ =
                    if *word { write!(line, "{cell:<width$}  ") } else { write!(line, "{cell:>width$}  ") };
            }
            line.trim_end().to_owned() + "\n"
        };
        let header: Vec<String> = self.columns.iter().map(|column| (*column).to_owned()).collect();
        let rows: String = cells.iter().map(|row| line(row)).collect();
        format!("{}\n{}{rows}", self.name, line(&header))
    }

    fn json(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let fields =
                self.columns.iter().zip(row).map(|(column, cell)| ((*column).to_owned(), cell.json()));
            Value::Object(fields.collect())
        };
        self.rows.iter().map(object).collect()
    }
}

impl Report {
    /// Begins one; the machine is described as it is now.
    pub fn of(scenario: &'static str, parameters: Value) -> Self {
        let parameters = if let Value::Object(fields) = parameters { fields } else { Map::new() };
        let mut machine = Map::new();
        machine.insert("processor".into(), json!(measure::processor()));
        machine.insert("cores".into(), json!(std::thread::available_parallelism().map_or(1, usize::from)));
        machine.insert("kernel".into(), json!(measure::kernel()));
        machine.insert("version".into(), json!(env!("CARGO_PKG_VERSION")));
        machine.insert("optimised".into(), json!(!cfg!(debug_assertions)));
        machine.insert("load_before".into(), json!(measure::load()));
        Self { scenario, parameters, machine, tables: vec![], notes: vec![] }
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// Adds a sentence.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Prints it.
    pub fn print(mut self, format: Format) -> Result<()> {
        self.machine.insert("load_after".into(), json!(measure::load()));
        say(&match format {
            Format::Text => self.text(),
            Format::Json => format!("{:#}\n", self.json()),
        })
    }

    fn text(&self) -> String {
        let facts = |facts: &Map<String, Value>| {
            let fact = |(name, value): (&String, &Value)| match value {
                Value::String(text) => format!("{name} {text}"),
                other => format!("{name} {other}"),
            };
            facts.iter().map(fact).collect::<Vec<_>>().join(", ")
        };
        let (scenario, parameters) = (self.scenario, facts(&self.parameters));
        let mut text = format!("bench {scenario}: {parameters}\n{}\n", facts(&self.machine));
        for table in &self.tables {
            let _ = write!(text, "\n{}", table.text());
        }
        for note in &self.notes {
            let _ = write!(text, "\n{note}\n");
        }
        text
    }

    fn json(&self) -> Value {
        let tables: Map<_, _> =
            self.tables.iter().map(|table| (table.name.replace(' ', "_"), table.json())).collect();
        json!({
            "scenario": self.scenario,
            "parameters": self.parameters,
            "machine": self.machine,
            "tables": tables,
            "notes": self.notes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_and_its_json_say_the_same() {
        let mut table = Table::new("append", &["system", "events_per_s", "p99_ms"]);
        table.row(["file".into(), Cell::Measure(1_234_567.4, 0), Cell::Measure(0.126, 2)]);
        table.row(["log".into(), Cell::Count(12)]);
        let mut report = Report::of("append", json!({ "rounds": 5 }));
        report.table(table);
        insta::assert_snapshot!(report.tables[0].text(), @r"
        append
        system  events_per_s  p99_ms
        file       1 234 567    0.13
        log               12       -
        ");
        let json = report.json();
        assert_eq!(json["parameters"]["rounds"], 5);
        assert_eq!(
            json["tables"]["append"],
            json!([
                { "system": "file", "events_per_s": 1_234_567.0, "p99_ms": 0.13 },
                { "system": "log", "events_per_s": 12, "p99_ms": null },
            ])
        );
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(["7", "1000", "-123", "-1234.56"].map(grouped), ["7", "1 000", "-123", "-1 234.56"]);
    }
}
