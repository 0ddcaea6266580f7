//! The public sample files. They are read where they are and never copied; without them the tests say so.

use std::path::{Path, PathBuf};

use super::*;
use crate::onde::encoding::Encoding;
use crate::onde::known::Evidence;

const EXPORT: [&str; 3] =
    ["CSVExtraction-eleves.csv", "CSVExtraction-enseignants.csv", "CSVExtraction-responsables.csv"];

/// Reads some files below `../shared/fixtures`, or says that they are not there.
fn fixtures(folder: &str, names: &[&str]) -> Option<Vec<(PathBuf, Vec<u8>)>> {
    let root = std::env::var_os("PREAU_FIXTURES").map_or_else(
        || Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures")).to_owned(),
        PathBuf::from,
    );
    let folder = root.join(folder);
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(names.iter().map(|name| (folder.join(name), std::fs::read(folder.join(name)).unwrap())).collect())
}

fn tables(files: &[(PathBuf, Vec<u8>)]) -> Tables {
    let input: Vec<_> =
        files.iter().map(|(path, bytes)| InputFile { name: path.to_str().unwrap(), bytes }).collect();
    read(&input).unwrap()
}

fn check_emile_zola(files: &[(PathBuf, Vec<u8>)], encoding: Encoding) {
    let tables = tables(files);
    assert!(tables.files.iter().all(|file| file.encoding == encoding), "{:?}", tables.files);
    let first = reconcile(&tables, &Known::default());
    let counts = &first.counts;
    assert_eq!((counts.pupils, counts.teachers, counts.relatives), (247, 14, 469));
    assert_eq!((counts.classes, counts.links, counts.new_people), (10, 491, 730));
    assert_eq!((counts.reviews, counts.soft_findings, counts.lines_left_out), (0, 0, 0));
    assert_eq!(first.people.iter().filter(|person| person.head).count(), 1);
    let evidence: Vec<_> = first.proposals.iter().map(|pair| pair.evidence.clone()).collect();
    assert_eq!(evidence, [[Evidence::Address], [Evidence::Address]]);
    let Who::New(one) = first.proposals[0].first else { panic!("nobody is known yet") };
    let Who::New(two) = first.proposals[1].first else { panic!("nobody is known yet") };
    assert_eq!(first.people[one].identity.names.last_name, first.people[two].identity.names.last_name);

    let mut known = applied(&first, Known::default());
    let second = reconcile(&tables, &known);
    assert!(second.changes_nothing());
    assert_eq!((second.counts.unchanged_people, second.counts.absent, second.counts.reviews), (730, 0, 0));

    // The rules alone, without the keys the first import kept.
    known.people.iter_mut().for_each(|person| person.source_keys.clear());
    let by_rules = reconcile(&tables, &known);
    assert_eq!((by_rules.counts.new_people, by_rules.counts.new_links, by_rules.counts.reviews), (0, 0, 0));
    let differs = |person: &&PlannedPerson| !person.changes.iter().all(|c| matches!(c, Change::KeepKey(_)));
    assert_eq!(by_rules.people.iter().filter(differs).count(), 0);
}

#[test]
fn both_copies_of_the_emile_zola_files_give_the_expected_plan() {
    for folder in [
        "imports/onde",
        "entcore/entcore/communication/src/test/resources/be1d-test/Ecole primaire Emile Zola",
    ] {
        let Some(files) = fixtures(folder, &EXPORT) else { return };
        check_emile_zola(&files, Encoding::Latin1);
    }
}

#[test]
fn the_utf8_copy_gives_the_same_plan() {
    let names = ["eleves.default.csv", "enseignants.default.csv", "responsables.default.csv"];
    let Some(files) = fixtures("entcore/edifice-k6-commons/data/structure", &names) else { return };
    check_emile_zola(&files, Encoding::Utf8);
}

#[test]
fn both_layouts_give_the_same_keys() {
    let Some(one) = fixtures("imports/onde", &EXPORT) else { return };
    let folder = "entcore/entcore/communication/src/test/resources/be1d-test/Ecole primaire Emile Zola";
    let Some(other) = fixtures(folder, &EXPORT) else { return };
    let known = applied(&reconcile(&tables(&one), &Known::default()), Known::default());
    let plan = reconcile(&tables(&other), &known);
    assert_eq!((plan.counts.new_people, plan.counts.reviews, plan.counts.changed_people), (0, 0, 0));
}

#[test]
fn the_files_encoded_twice_are_read() {
    let names = ["eleves.tiny.csv", "enseignants.tiny.csv", "responsables.tiny.csv"];
    let Some(files) = fixtures("entcore/edifice-k6-commons/data/structure", &names) else { return };
    let tables = tables(&files);
    let plan = reconcile(&tables, &Known::default());
    assert_eq!(plan.findings.iter().filter(|finding| finding.code == "onde.repaired-text").count(), 3);
    assert_eq!((plan.counts.pupils, plan.counts.teachers, plan.counts.relatives), (4, 6, 7));
    assert_eq!(plan.counts.soft_findings, 0, "{:?}", plan.findings);
}

#[test]
fn the_synthetic_school_with_organisations_is_read() {
    let Some(files) = fixtures("imports/synthetic/onde", &[EXPORT[0], EXPORT[2]]) else { return };
    let plan = reconcile(&tables(&files), &Known::default());
    assert_eq!(
        (plan.counts.pupils, plan.counts.relatives, plan.counts.links, plan.counts.classes),
        (2, 2, 2, 1)
    );
    assert_eq!(said(&plan).iter().map(|(_, code)| *code).collect::<Vec<_>>(), ["onde.second-table"]);
    assert_eq!(plan.classes[0].levels, ["CM1", "CM2"]);
}

#[test]
fn reading_and_reconciling_takes_milliseconds() {
    let Some(files) = fixtures("imports/onde", &EXPORT) else { return };
    let start = std::time::Instant::now();
    let tables = tables(&files);
    let read = start.elapsed();
    let plan = reconcile(&tables, &Known::default());
    let both = start.elapsed();
    let known = applied(&plan, Known::default());
    let start = std::time::Instant::now();
    reconcile(&tables, &known);
    println!("read {read:?}, with the first plan {both:?}, second plan {:?}", start.elapsed());
    // An order of magnitude: the build is not optimised and the machine may be busy.
    assert!(both < std::time::Duration::from_secs(5));
}
