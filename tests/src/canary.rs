//! What is personal stands in no file of the data directory.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::preau::print;
use crate::school::{PASSWORD, School};

fn every_file(folder: &Path, to: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { every_file(&path, to) } else { to.push(path) }
    }
}

/// Returns the files in which `canary` stands, as UTF-8 or as ISO-8859-1.
pub fn hits(data: &Path, canary: &str) -> Vec<PathBuf> {
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
fn names_logins_subjects_and_bodies_stand_in_no_file() {
    let school = School::open("classic");
    let teacher = school.person("Cécile Lambert");
    let parent = school.person("Karim Masson");
    let input = json!({"subject": "Brouillon-canari", "bodyText": "Texte-canari"});
    teacher.act("saveDraft", input, "userErrors { code }");
    let message = teacher.send("Sujet-canari", &[], &[&parent.id]);
    let input = json!({"message": message, "bodyHtml": "<p>Réponse-canari</p>"});
    let answered = parent.act("replyToMessage", input, "message { id } userErrors { code }");
    assert!(answered["message"].is_object(), "{answered}");
    let input = json!({"person": parent.id, "cause": "SECURITY", "reason": "Motif-canari"});
    school.administrator().act("blockAccount", input, "userErrors { code }");
    let folder = school.stop();
    let data = folder.path().join("data");
    let backup = folder.path().join("backup");
    print(&["backup", "--data", data.to_str().unwrap(), "--to", backup.to_str().unwrap()]);
    // A public label does stand there, so the search itself works.
    assert!(!hits(&data, "CE1 A").is_empty() && !hits(&backup, "CE1 A").is_empty());
    for canary in [
        "VERDIER",
        "Éloïse",
        "rue des Tilleuls",
        "solene.verdier",
        "N'GUESSAN",
        "admin.test",
        "MASSON",
        "Brouillon-canari",
        "Texte-canari",
        "Sujet-canari",
        "Réponse-canari",
        "Motif-canari",
        PASSWORD,
    ] {
        assert_eq!(hits(&data, canary), Vec::<PathBuf>::new(), "{canary}");
        assert_eq!(hits(&backup, canary), Vec::<PathBuf>::new(), "{canary}, backed up");
    }
    no_key_stands_in(&backup, &data.join("keys"));
}

/// No 24 bytes of any file of `keys` stand in a file of `backup`.
fn no_key_stands_in(backup: &Path, keys: &Path) {
    let (mut files, mut secrets) = (Vec::new(), Vec::new());
    every_file(backup, &mut files);
    every_file(keys, &mut secrets);
    let pieces: HashSet<_> = secrets
        .iter()
        .flat_map(|path| fs::read(path).unwrap().chunks_exact(24).map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect();
    assert!(pieces.len() > 20, "master key, ring and journal: {secrets:?}");
    for path in files {
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(24).any(|window| pieces.contains(window)), "{}", path.display());
    }
}
