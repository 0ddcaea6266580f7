//! Findings and counts as text, JSON and CSV.

use std::fmt::Write as _;

use serde::Serialize;

use super::finding::{Finding, Severity, Text};
use super::plan::{Counts, Plan};
use super::read::{FileReport, Refused, Tables};

/// The language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// French.
    French,
    /// English.
    English,
}

/// What is said of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Report<'a> {
    /// The files.
    pub files: &'a [FileReport],
    /// How much of everything; nothing if the files were refused.
    pub counts: Option<&'a Counts>,
    /// What there is to say.
    pub findings: &'a [Finding],
}

impl<'a> Report<'a> {
    /// Returns the report of a plan.
    pub fn of(tables: &'a Tables, plan: &'a Plan) -> Self {
        Self { files: &tables.files, counts: Some(&plan.counts), findings: &plan.findings }
    }

    /// Returns the report of files that were refused.
    pub fn of_refused(refused: &'a Refused) -> Self {
        Self { files: &refused.files, counts: None, findings: &refused.findings }
    }

    /// Returns the report as JSON, for people and programs in scope: it names people.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    /// Returns the report as text: files, counts, then one line for each finding.
    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        for file in self.files {
            let encoding = serde_json::to_value(file.encoding).unwrap_or_default();
            let encoding = encoding.as_str().unwrap_or_default();
            let (name, size, lines) = (&file.name, file.size, file.lines);
            // Writing to a String cannot fail.
            let _ = match language {
                Language::French => writeln!(out, "{name} : {lines} lignes, {size} octets, {encoding}"),
                Language::English => writeln!(out, "{name}: {lines} lines, {size} bytes, {encoding}"),
            };
        }
        if let Some(counts) = self.counts {
            for (words, count) in counted(counts) {
                let (label, colon) = match language {
                    Language::French => (words.fr, " :"),
                    Language::English => (words.en, ":"),
                };
                let _ = writeln!(out, "{label}{colon} {count}");
            }
        }
        for finding in self.findings {
            let _ = writeln!(out, "{}", line_of(finding, language));
        }
        out
    }

    /// Returns the lines left out as CSV: file, line, reason, original text. `inert` makes a cell one that no spreadsheet
    /// takes for a formula.
    pub fn left_out(
        &self,
        language: Language,
        inert: impl Fn(&str) -> String,
    ) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(b';')
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        writer.write_record(match language {
            Language::French => ["fichier", "ligne", "motif", "texte"],
            Language::English => ["file", "line", "reason", "text"],
        })?;
        for finding in self.findings.iter().filter(|finding| finding.left_out) {
            let reason = in_language(&finding.text, language);
            let line = finding.line.to_string();
            writer.write_record([&inert(&finding.file), &line, &inert(reason), &inert(&finding.original)])?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}

fn in_language(text: &Text, language: Language) -> &str {
    match language {
        Language::French => &text.fr,
        Language::English => &text.en,
    }
}

fn line_of(finding: &Finding, language: Language) -> String {
    let text = in_language(&finding.text, language);
    match (finding.severity, finding.line, language) {
        // It already carries its place.
        (Severity::Hard, ..) => text.to_owned(),
        (_, 0, Language::French) => format!("{} : {text}", finding.file),
        (_, 0, Language::English) => format!("{}: {text}", finding.file),
        (_, line, Language::French) => format!("{}, ligne {line} : {text}", finding.file),
        (_, line, Language::English) => format!("{}, line {line}: {text}", finding.file),
    }
}

fn counted(counts: &Counts) -> Vec<(Text, usize)> {
    let row = |fr: &str, en: &str, count| (Text { fr: fr.to_owned(), en: en.to_owned() }, count);
    vec![
        row("élèves", "pupils", counts.pupils),
        row("enseignants", "teachers", counts.teachers),
        row("responsables", "relatives", counts.relatives),
        row("classes", "classes", counts.classes),
        row("liens entre responsables et enfants", "links between relatives and children", counts.links),
        row("personnes à créer", "people to create", counts.new_people),
        row("personnes à modifier", "people to change", counts.changed_people),
        row("personnes inchangées", "people unchanged", counts.unchanged_people),
        row("classes à ouvrir", "classes to open", counts.new_classes),
        row("liens à ajouter", "links to add", counts.new_links),
        row("rapprochements proposés", "merges proposed", counts.proposals),
        row("lignes à trancher à la main", "lines to decide by hand", counts.reviews),
        row("personnes absentes des fichiers", "people not in the files", counts.absent),
        row("lignes laissées de côté", "lines left out", counts.lines_left_out),
    ]
}
