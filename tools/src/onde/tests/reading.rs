//! Reading files.

use super::*;
use crate::onde::encoding::Encoding;
use crate::onde::finding::Severity;
use crate::onde::headers::Table;

fn one(name: &str, text: &str) -> Result<Tables, Refused> {
    read(&[InputFile { name, bytes: text.as_bytes() }])
}

/// The only hard error of these files.
fn refusal(files: &[(&str, &str)]) -> (&'static str, String) {
    let files: Vec<_> = files.iter().map(|(name, text)| InputFile { name, bytes: text.as_bytes() }).collect();
    let refused = read(&files).unwrap_err();
    let hard: Vec<_> = refused.findings.iter().filter(|found| found.severity == Severity::Hard).collect();
    assert_eq!(hard.len(), 1, "{hard:?}");
    assert_eq!(refused.files.len(), files.len());
    (hard[0].code, hard[0].text.en.clone())
}

fn codes(tables: &Tables) -> Vec<(u32, &'static str)> {
    tables.findings.iter().map(|finding| (finding.line, finding.code)).collect()
}

#[test]
fn a_file_with_another_separator_is_refused_with_file_line_and_advice() {
    for (sign, shown) in [(",", "\",\""), ("\t", "\"TAB\""), ("|", "\"|\"")] {
        let text = format!("{PUPILS}\nGrand;;Zoé;2016-02-29;F;CP;CP\n").replace(';', sign);
        for name in ["eleves.csv", "liste.csv"] {
            let (code, said) = refusal(&[(name, &text)]);
            assert_eq!(code, "onde.wrong-separator");
            assert!(said.starts_with(&format!("{name}, line 1: fields are separated by {shown}")), "{said}");
        }
    }
}

#[test]
fn a_missing_required_column_refuses_all_files() {
    let pupils = format!("{PUPILS}\nGrand;;Zoé;2016-02-29;F;CP;CP\n");
    let relatives =
        "Civilité Responsable;Nom responsable;Nom de famille enfant;Prénom enfant\nMme;Grand;Grand;Zoé\n";
    let (code, said) = refusal(&[("eleves.csv", &pupils), ("responsables.csv", relatives)]);
    assert_eq!(code, "onde.missing-column");
    assert_eq!(
        said,
        "responsables.csv, line 1: required column missing (Prénom responsable); export \
         CSVExtraction-responsables.csv from ONDE again, without removing or renaming columns."
    );
}

#[test]
fn what_is_no_onde_file_is_refused() {
    assert_eq!(refusal(&[("eleves.csv", "")]).0, "onde.empty-file");
    assert_eq!(refusal(&[("eleves.csv", "\r\n;;\r\n")]).0, "onde.empty-file");
    assert_eq!(refusal(&[("liste.csv", "Quoi;Comment\n1;2\n")]).0, "onde.unknown-file");
    assert_eq!(refusal(&[("eleves.csv", "PK\u{3}\u{4}\u{14}\u{0}")]).0, "onde.missing-column");
    let refused = read(&[]).unwrap_err();
    assert_eq!(refused.findings[0].code, "onde.no-file");
}

#[test]
fn the_same_list_twice_is_refused() {
    let text = format!("{PUPILS}\nGrand;;Zoé;2016-02-29;F;CP;CP\n");
    let (code, said) = refusal(&[("eleves.csv", &text), ("eleves (1).csv", &text)]);
    assert_eq!(code, "onde.table-twice");
    assert!(said.starts_with("eleves (1).csv: this file holds the same list as eleves.csv"), "{said}");
}

#[test]
fn headers_win_over_a_wrong_file_name() {
    let text = format!("{TEACHERS}\nM.;;Petit;Max;;;;;;non;CP\n");
    let tables = one("eleves.csv", &text).unwrap();
    assert_eq!((tables.teachers.len(), tables.pupils.len()), (1, 0));
    assert_eq!(codes(&tables), [(0, "onde.named-otherwise")]);
    assert_eq!(one("liste.csv", &text).unwrap().teachers.len(), 1);
}

#[test]
fn size_hash_encoding_and_lines_of_a_file_are_kept() {
    let tables = one("eleves.csv", &format!("{PUPILS}\nGrand;;Zoé;2016-02-29;F;CP;CP\n")).unwrap();
    let file = &tables.files[0];
    assert_eq!((file.table, file.encoding, file.lines), (Some(Table::Pupils), Encoding::Utf8, 1));
    assert_eq!(file.size, format!("{PUPILS}\nGrand;;Zoé;2016-02-29;F;CP;CP\n").len());
    let abc = read(&[InputFile { name: "x.csv", bytes: b"abc" }]).unwrap_err();
    assert_eq!(abc.files[0].sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn broken_lines_are_soft_and_cost_themselves_only() {
    let tables = files(
        &[
            "Grand;;Zoé;29/02/16;F;CP;CP",
            "Grand;;Léo;;M;CP;CP",
            ";;Max;2016-01-01;M;CP;CP",
            "Petit;;-;2016-01-01;M;CP;CP",
            "Petit;;Noé;2016-01-01;M;CP;CP;;trop",
            "\"Petit;;Ana;2016-01-01;F;CP;CP",
            "Petit;;Eva;2016-01-01;F;CP;CP",
            "Petit;;Ida;2016-01-01;F;CP",
        ],
        &[],
        &[],
    );
    assert_eq!(
        codes(&tables),
        [
            (2, "onde.bad-birth-date"),
            (3, "onde.no-birth-date"),
            (4, "onde.no-name"),
            (5, "onde.no-name"),
            (6, "onde.too-many-cells"),
            (7, "onde.broken-quotes"),
            (9, "onde.no-class"),
        ]
    );
    assert_eq!(tables.findings[0].original, "Grand;;Zoé;29/02/16;F;CP;CP");
    assert!(
        tables.findings[..6].iter().all(|finding| finding.left_out && finding.severity == Severity::Soft)
    );
    let dated: Vec<_> = tables.pupils.iter().filter(|pupil| pupil.birth_date.is_some()).collect();
    assert_eq!(dated.iter().map(|pupil| pupil.line).collect::<Vec<_>>(), [8, 9]);
}

#[test]
fn unknown_headers_are_listed_and_not_fatal() {
    let tables =
        one("eleves.csv", &format!("{PUPILS};Humeur\nGrand;;Zoé;2016-02-29;F;CP;CP;bonne\n")).unwrap();
    assert_eq!(codes(&tables), [(1, "onde.unknown-header")]);
    assert!(tables.findings[0].text.en.contains("Humeur"));
    assert_eq!(tables.pupils.len(), 1);
}

#[test]
fn the_lines_of_one_teacher_become_one_teacher_with_classes() {
    let tables = files(
        &[],
        &[
            "M.;;Petit;Max;;;;;;oui;CP",
            "MME;;Grand;Eva;;;;;;non;CE1",
            "M.;;PETIT;Max;;;;;;oui;CE2",
            "M.;;Petit;Max;;;;;;oui;CP",
            "M.;;Petit;Max;;;;max@example.org;;oui;CM1",
        ],
        &[],
    );
    let told: Vec<_> =
        tables.teachers.iter().map(|t| (t.lines.as_slice(), t.head, t.classes.join(" "))).collect();
    assert_eq!(
        told,
        [
            ([2, 4].as_slice(), true, "CP CE2".to_owned()),
            ([3].as_slice(), false, "CE1".to_owned()),
            ([6].as_slice(), true, "CM1".to_owned())
        ]
    );
    assert_eq!(codes(&tables), [(5, "onde.equal-line")]);
}

#[test]
fn a_relative_line_is_read_up_to_its_last_child() {
    let tables = files(
        &[],
        &[],
        &[
            "Mme;Roux;Grand;Eva;1 rue A;61000;Ville;eva@example.org;06 39 98 00 10;;Grand;Zoé;CP;Roux;Grand;Léo;CE1;;Petit;Ana;CM1",
        ],
    );
    let relative = &tables.relatives[0];
    assert_eq!(relative.names.usual_name, "Roux");
    assert_eq!(relative.address.key().as_deref(), Some("1ruea/61000/ville"));
    let children: Vec<_> =
        relative.children.iter().map(|c| (c.names.to_string(), c.class.as_str())).collect();
    assert_eq!(
        children,
        [("Grand Zoé".to_owned(), "CP"), ("Grand Léo".to_owned(), "CE1"), ("Petit Ana".to_owned(), "CM1")]
    );
}

#[test]
fn a_relative_line_equal_to_an_earlier_one_is_ignored_and_reported() {
    let line = "Mme;;Grand;Eva;;;;;;;Grand;Zoé;CP";
    let ragged = "\"Mme\";;\"Grand\";\"Eva\";;;;;;;\"Grand\";\"Zoé\";\"CP\";;;;";
    let tables = files(&[], &[], &[line, ragged, "M.;;Grand;Eva;;;;;;;Grand;Zoé;CP"]);
    assert_eq!(tables.relatives.iter().map(|r| r.line).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(codes(&tables), [(3, "onde.equal-line")]);
    assert!(tables.findings[0].text.en.contains("line 2"));
}

#[test]
fn reading_stops_at_the_table_of_organisations() {
    let tables = files(
        &[],
        &[],
        &[
            "Mme;;Grand;Eva;;;;;;;Grand;Zoé;CP",
            "\"Intitulé\";\"Adresse Organisme\"",
            "Foyer;;X;Y;;;;;;;Grand;Zoé;CP",
        ],
    );
    assert_eq!(tables.relatives.len(), 1);
    assert_eq!(codes(&tables), [(3, "onde.second-table")]);
}

#[test]
fn a_child_without_a_name_and_a_bad_email_are_said() {
    let tables = files(&[], &[], &["Mme;;Grand;Eva;;;;eva chez example;;;;Zoé;CP;;Grand;Léo;CE1"]);
    assert_eq!(codes(&tables), [(2, "onde.child-without-name"), (2, "onde.bad-email")]);
    assert_eq!((tables.relatives[0].children.len(), tables.relatives[0].email.as_str()), (1, ""));
}

#[test]
fn text_encoded_twice_is_repaired_and_reported() {
    let twice: String =
        format!("{PUPILS}\nGrand;;Zoé;2016-02-29;F;CP;CP\n").bytes().map(char::from).collect();
    let tables = one("eleves.csv", &twice).unwrap();
    assert_eq!(tables.pupils[0].names.first_name, "Zoé");
    assert_eq!(codes(&tables), [(0, "onde.repaired-text")]);
}
