//! Reports.

use super::*;
use crate::onde::report::{Language, Report};

fn some() -> (Tables, Plan) {
    let tables = files(
        &["Grand;;Zoé;29/02/16;F;CP;CP", "Grand;;Léo;2014-05-01;M;CM1;CM1", "=A1;\"+x\";;;;;"],
        &[],
        &["Mme;;Grand;Eva;;;;;;;Grand;Léo;CM1;;Grand;Ida;CP"],
    );
    let plan = reconcile(&tables, &Known::default());
    (tables, plan)
}

#[test]
fn the_text_names_files_counts_and_findings_by_line() {
    let (tables, plan) = some();
    let report = Report::of(&tables, &plan);
    let text = report.text(Language::French);
    assert!(text.starts_with("CSVExtraction-eleves.csv : 3 lignes, "), "{text}");
    assert!(text.contains("\nélèves : 1\n") && text.contains("\nlignes laissées de côté : 2\n"), "{text}");
    assert!(
        text.contains("\nCSVExtraction-eleves.csv, ligne 2 : date de naissance illisible « 29/02/16 »"),
        "{text}"
    );
    assert!(text.contains(
        "\nCSVExtraction-responsables.csv, ligne 2 : enfant introuvable parmi les élèves : Grand Ida"
    ));
    let english = report.text(Language::English);
    assert!(english.contains("\nCSVExtraction-responsables.csv, line 2: child not found"), "{english}");
}

#[test]
fn the_json_has_codes_and_both_languages() {
    let (tables, plan) = some();
    let json: serde_json::Value = serde_json::from_str(&Report::of(&tables, &plan).json().unwrap()).unwrap();
    assert_eq!(json["findings"][0]["code"], "onde.bad-birth-date");
    assert_eq!(json["findings"][0]["severity"], "soft");
    assert!(json["findings"][0]["text"]["fr"].is_string() && json["findings"][0]["text"]["en"].is_string());
    assert_eq!(json["counts"]["links"], 1);
    assert_eq!(json["files"][0]["encoding"], "UTF-8");
    assert!(serde_json::to_string(&plan).is_ok());
}

#[test]
fn lines_left_out_come_back_as_csv_and_start_no_formula() {
    let (tables, plan) = some();
    let bytes = Report::of(&tables, &plan).left_out(Language::French, api::table::inert).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(lines[0], "fichier;ligne;motif;texte");
    assert!(lines[1].starts_with("CSVExtraction-eleves.csv;2;"), "{}", lines[1]);
    assert!(lines[1].ends_with(";\"Grand;;Zoé;29/02/16;F;CP;CP\""), "{}", lines[1]);
    assert!(lines[2].contains(";\"'=A1;"), "{}", lines[2]);
}

#[test]
fn refused_files_have_a_report_without_counts() {
    let refused = read(&[InputFile { name: "eleves.csv", bytes: b"" }]).unwrap_err();
    let report = Report::of_refused(&refused);
    assert!(report.text(Language::English).ends_with("export it again from ONDE.\n"));
    assert!(report.json().unwrap().contains("\"counts\": null"));
}
