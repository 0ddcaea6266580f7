//! What there is to say about a file or a line, in French and English.
//!
//! Invariant: a code never changes its meaning; a text says what, where (its finding's file and line) and
//! what to do. Texts may name people: they are for the report, never for a log.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is changed by any file.
    Hard,
    /// The line, or a child in it, is not taken.
    Soft,
    /// Good to know.
    Info,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// French.
    pub fr: String,
    /// English.
    pub en: String,
}

/// One thing to say about one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the file.
    pub file: String,
    /// The line in it, from 1; 0 for the file as a whole.
    pub line: u32,
    /// How bad it is.
    pub severity: Severity,
    /// What it is: stable, never shown.
    pub code: &'static str,
    /// What to show.
    pub text: Text,
    /// Whether the whole line is left out of the changes.
    pub left_out: bool,
    /// The line as it stands in the file.
    pub original: String,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the texts below say it")]
pub enum Problem {
    NoFile,
    UnknownFile,
    TwiceTheTable { other: String },
    EmptyFile,
    WrongSeparator { found: char },
    MissingColumns { columns: Vec<&'static str>, export: &'static str },
    BrokenQuotes,
    TooManyCells { cells: usize, headers: usize },
    NoName,
    NoBirthDate,
    BadBirthDate { found: String },
    NoChildLinked,
    TwoCandidates { count: usize },
    SharedCandidate,
    LooksLikeLine { line: u32 },
    EqualLine { line: u32 },
    DecidedOut,
    ChildWithoutName { place: usize },
    ChildNotFound { child: String },
    ChildTwice { child: String, count: usize },
    ChildLeftOut { child: String },
    ChildInOtherClass { child: String, class: String },
    UnknownHeaders { headers: Vec<String> },
    NamedOtherwise { export: &'static str },
    SecondTable,
    Repaired { count: usize },
    NoClass,
    BadEmail { found: String },
    BadAnswer { found: String },
}

use Severity::{Hard, Info, Soft};

impl Problem {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        self.kind().0
    }

    /// Returns how bad it is.
    pub fn severity(&self) -> Severity {
        self.kind().1
    }

    /// Says whether the whole line is left out because of it.
    pub fn leaves_out(&self) -> bool {
        self.kind().2
    }

    fn kind(&self) -> (&'static str, Severity, bool) {
        match self {
            Self::NoFile => ("onde.no-file", Hard, false),
            Self::UnknownFile => ("onde.unknown-file", Hard, false),
            Self::TwiceTheTable { .. } => ("onde.table-twice", Hard, false),
            Self::EmptyFile => ("onde.empty-file", Hard, false),
            Self::WrongSeparator { .. } => ("onde.wrong-separator", Hard, false),
            Self::MissingColumns { .. } => ("onde.missing-column", Hard, false),
            Self::BrokenQuotes => ("onde.broken-quotes", Soft, true),
            Self::TooManyCells { .. } => ("onde.too-many-cells", Soft, true),
            Self::NoName => ("onde.no-name", Soft, true),
            Self::NoBirthDate => ("onde.no-birth-date", Soft, true),
            Self::BadBirthDate { .. } => ("onde.bad-birth-date", Soft, true),
            Self::NoChildLinked => ("onde.no-child-linked", Soft, true),
            Self::TwoCandidates { .. } => ("onde.two-candidates", Soft, true),
            Self::SharedCandidate => ("onde.shared-candidate", Soft, true),
            Self::LooksLikeLine { .. } => ("onde.looks-like-line", Soft, true),
            Self::EqualLine { .. } => ("onde.equal-line", Info, true),
            Self::DecidedOut => ("onde.decided-out", Info, true),
            Self::ChildWithoutName { .. } => ("onde.child-without-name", Soft, false),
            Self::ChildNotFound { .. } => ("onde.child-not-found", Soft, false),
            Self::ChildTwice { .. } => ("onde.child-ambiguous", Soft, false),
            Self::ChildLeftOut { .. } => ("onde.child-left-out", Soft, false),
            Self::ChildInOtherClass { .. } => ("onde.child-in-other-class", Info, false),
            Self::UnknownHeaders { .. } => ("onde.unknown-header", Info, false),
            Self::NamedOtherwise { .. } => ("onde.named-otherwise", Info, false),
            Self::SecondTable => ("onde.second-table", Info, false),
            Self::Repaired { .. } => ("onde.repaired-text", Info, false),
            Self::NoClass => ("onde.no-class", Info, false),
            Self::BadEmail { .. } => ("onde.bad-email", Info, false),
            Self::BadAnswer { .. } => ("onde.bad-answer", Info, false),
        }
    }

    /// Returns the finding for `line` of `file`.
    pub fn at(&self, file: &str, line: u32, original: &str) -> Finding {
        let place = match (self.severity(), line) {
            (Hard, 0) if file.is_empty() => Text { fr: String::new(), en: String::new() },
            (Hard, 0) => Text { fr: format!("{file} : "), en: format!("{file}: ") },
            // A hard error is read alone, so it carries its place.
            (Hard, _) => {
                Text { fr: format!("{file}, ligne {line} : "), en: format!("{file}, line {line}: ") }
            }
            (Soft | Info, _) => Text { fr: String::new(), en: String::new() },
        };
        let text = self.text();
        Finding {
            file: file.to_owned(),
            line,
            severity: self.severity(),
            code: self.code(),
            text: Text { fr: place.fr + &text.fr, en: place.en + &text.en },
            left_out: self.leaves_out(),
            original: original.to_owned(),
        }
    }

    /// Returns what stands in the text between braces.
    fn words(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TwiceTheTable { other } => vec![("other", other.clone())],
            Self::WrongSeparator { found: '\t' } => vec![("found", "TAB".to_owned())],
            Self::WrongSeparator { found } => vec![("found", found.to_string())],
            Self::MissingColumns { columns, export } => {
                vec![("columns", columns.join(", ")), ("export", (*export).to_owned())]
            }
            Self::TooManyCells { cells, headers } => {
                vec![("cells", cells.to_string()), ("headers", headers.to_string())]
            }
            Self::BadBirthDate { found } | Self::BadEmail { found } | Self::BadAnswer { found } => {
                vec![("found", found.clone())]
            }
            Self::TwoCandidates { count } | Self::Repaired { count } => vec![("count", count.to_string())],
            Self::LooksLikeLine { line } | Self::EqualLine { line } => vec![("line", line.to_string())],
            Self::ChildWithoutName { place } => vec![("place", place.to_string())],
            Self::ChildNotFound { child } | Self::ChildLeftOut { child } => vec![("child", child.clone())],
            Self::ChildTwice { child, count } => {
                vec![("count", count.to_string()), ("child", child.clone())]
            }
            Self::ChildInOtherClass { child, class } => {
                vec![("child", child.clone()), ("class", class.clone())]
            }
            Self::UnknownHeaders { headers } => vec![("headers", headers.join(", "))],
            Self::NamedOtherwise { export } => vec![("export", (*export).to_owned())],
            Self::NoFile
            | Self::UnknownFile
            | Self::EmptyFile
            | Self::BrokenQuotes
            | Self::NoName
            | Self::NoBirthDate
            | Self::NoChildLinked
            | Self::SharedCandidate
            | Self::DecidedOut
            | Self::SecondTable
            | Self::NoClass => Vec::new(),
        }
    }

    fn text(&self) -> Text {
        let (fr, en) = TEXTS.get(self.code()).map_or((self.code(), self.code()), |[fr, en]| (fr, en));
        let words = self.words();
        Text { fr: filled(fr, &words), en: filled(en, &words) }
    }
}

/// Returns `template` with each `{name}` replaced; a value is never read as a template.
fn filled(template: &str, words: &[(&'static str, String)]) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(words.iter().find(|(word, _)| *word == name).map_or("", |(_, value)| value.as_str()));
        rest = after;
    }
    out + rest
}

// Unreadable data would show the codes; a test reads it.
static TEXTS: LazyLock<HashMap<String, [String; 2]>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/onde-findings.json")).unwrap_or_default());

#[cfg(test)]
mod tests {
    use super::*;

    fn some_of_each() -> Vec<Problem> {
        use Problem as P;
        let s = || "x{y}".to_owned();
        vec![
            P::NoFile,
            P::UnknownFile,
            P::TwiceTheTable { other: s() },
            P::EmptyFile,
            P::WrongSeparator { found: ',' },
            P::MissingColumns { columns: vec!["Nom"], export: "a.csv" },
            P::BrokenQuotes,
            P::TooManyCells { cells: 3, headers: 2 },
            P::NoName,
            P::NoBirthDate,
            P::BadBirthDate { found: s() },
            P::NoChildLinked,
            P::TwoCandidates { count: 2 },
            P::SharedCandidate,
            P::LooksLikeLine { line: 2 },
            P::EqualLine { line: 2 },
            P::DecidedOut,
            P::ChildWithoutName { place: 1 },
            P::ChildNotFound { child: s() },
            P::ChildTwice { child: s(), count: 2 },
            P::ChildLeftOut { child: s() },
            P::ChildInOtherClass { child: s(), class: s() },
            P::UnknownHeaders { headers: vec![s()] },
            P::NamedOtherwise { export: "a.csv" },
            P::SecondTable,
            P::Repaired { count: 1 },
            P::NoClass,
            P::BadEmail { found: s() },
            P::BadAnswer { found: s() },
        ]
    }

    #[test]
    fn every_code_has_a_french_and_an_english_text_and_every_text_a_code() {
        let problems = some_of_each();
        assert_eq!(problems.len(), TEXTS.len());
        for problem in problems {
            let template = &TEXTS[problem.code()];
            for language in template {
                assert!(language.ends_with('.'), "{language}");
                for (name, _) in problem.words() {
                    assert!(language.contains(&format!("{{{name}}}")), "{name} is not in {language}");
                }
                assert_eq!(language.matches('{').count(), problem.words().len(), "{language}");
            }
        }
    }

    #[test]
    fn a_hard_error_is_one_sentence_with_file_line_and_what_to_do() {
        let finding = Problem::WrongSeparator { found: '\t' }.at("eleves.csv", 1, "a\tb");
        assert!(finding.text.fr.starts_with("eleves.csv, ligne 1 : "), "{}", finding.text.fr);
        assert!(finding.text.en.starts_with("eleves.csv, line 1: fields are separated by \"TAB\""));
        assert_eq!((finding.severity, finding.left_out), (Severity::Hard, false));
    }

    #[test]
    fn a_name_with_braces_is_only_a_name() {
        let text = Problem::ChildNotFound { child: "{child} {count}".to_owned() }.text();
        assert!(text.en.contains("the pupils: {child} {count}, not linked"), "{}", text.en);
    }
}
