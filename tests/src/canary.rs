//! What is personal stands in no file of the data directory.

use std::fs;
use std::path::{Path, PathBuf};

use crate::school::School;

fn every_file(folder: &Path, to: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { every_file(&path, to) } else { to.push(path) }
    }
}

/// Returns the files in which `canary` stands, as UTF-8 or as ISO-8859-1.
fn hits(data: &Path, canary: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    every_file(data, &mut files);
    let latin: Vec<u8> = canary.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let stands = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        [canary.as_bytes(), &latin].iter().any(|word| bytes.windows(word.len()).any(|window| window == *word))
    };
    files.into_iter().filter(stands).collect()
}

#[test]
fn names_addresses_and_logins_stand_in_no_file() {
    let school = School::open("classic");
    let data = school.data().to_owned();
    let (ended, _folder) = school.stop();
    assert!(ended);
    // A public label does stand there, so the search itself works.
    assert!(!hits(&data, "CE1 A").is_empty());
    for canary in
        ["VERDIER", "Éloïse", "rue des Tilleuls", "solene.verdier", "N'GUESSAN", "admin.test", "MASSON"]
    {
        assert_eq!(hits(&data, canary), Vec::<PathBuf>::new(), "{canary}");
    }
}
