//! An invented primary school as the three files of ONDE, and where the real-format ones are.

use std::fs;
use std::path::{Path, PathBuf};

/// Two classes, four pupils, three teachers (one is the head), five relatives.
pub const PUPILS: &str = "\
\"Nom Elève\";\"Nom d'usage Elève\";\"Prénom Elève\";\"Date naissance\";\"Sexe\";\" Cycle\";\"Niveau\";\"Classe\"
\"VERDIER\";;\"Éloïse\";\"2018-03-04\";\"F\";\"CYCLE II\";\"CE1\";\"CE1 A\"
\"VERDIER\";;\"Noé\";\"2016-05-06\";\"M\";\"CYCLE III\";\"CM1\";\"CM1\"
\"MASSON\";;\"Lila\";\"2018-07-08\";\"F\";\"CYCLE II\";\"CE1\";\"CE1 A\"
\"N'GUESSAN\";;\"Aya\";\"2016-09-10\";\"F\";\"CYCLE III\";\"CM1\";\"CM1\"
";

const TEACHERS: &str = "\
\"Civilité\";\"Nom usage\";\"Nom\";\"Prénom\";\"Courriel\";\"Directeur\";\"Classe\"
\"MME\";;\"LAMBERT\";\"Cécile\";;\"non\";\"CE1 A\"
\"M.\";;\"BRUNET\";\"Hugo\";;\"non\";\"CM1\"
\"MME\";;\"ROUX\";\"Agnès\";;\"oui\";\"CM1\"
";

/// Its relatives.
pub const RELATIVES: &str = "\
\"Civilité Responsable\";\"Nom usage responsable\";\"Nom responsable\";\"Prénom responsable\";\"Adresse responsable\";\"CP responsable\";\"Commune responsable\";\"Pays\";\"Courriel\";\"Téléphone domicile\";\"Téléphone travail\";\"Téléphone portable\";\"Nom d'usage enfant\";\"Nom de famille enfant\";\"Prénom enfant\";\"Classes enfants\";\"Nom d'usage enfant\";\"Nom de famille enfant\";\"Prénom enfant\";\"Classes enfants\"
\"MME\";;\"VERDIER\";\"Solène\";\"1 rue des Tilleuls\";\"99100\";\"Villefictive\";\"FRANCE\";;;;;;\"VERDIER\";\"Éloïse\";\"CE1 A\";;\"VERDIER\";\"Noé\";\"CM1\"
\"M.\";;\"VERDIER\";\"Marc\";\"1 rue des Tilleuls\";\"99100\";\"Villefictive\";\"FRANCE\";;;;;;\"VERDIER\";\"Éloïse\";\"CE1 A\"
\"M.\";;\"MASSON\";\"Karim\";\"2 rue des Tilleuls\";\"99100\";\"Villefictive\";\"FRANCE\";;;;;;\"MASSON\";\"Lila\";\"CE1 A\"
\"MME\";;\"MASSON\";\"Inès\";\"2 rue des Tilleuls\";\"99100\";\"Villefictive\";\"FRANCE\";;;;;;\"MASSON\";\"Lila\";\"CE1 A\"
\"MME\";;\"N'GUESSAN\";\"Awa\";\"3 rue des Tilleuls\";\"99100\";\"Villefictive\";\"FRANCE\";;;;;;\"N'GUESSAN\";\"Aya\";\"CM1\"
";

/// The code of the invented school.
pub const UAI: &str = "0990201F";

/// Writes the invented school's files into `folder`.
pub fn write(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let files = [
        ("CSVExtraction-eleves.csv", PUPILS),
        ("CSVExtraction-enseignants.csv", TEACHERS),
        ("CSVExtraction-responsables.csv", RELATIVES),
    ];
    for (name, text) in files {
        write_one(&folder.join(name), text);
    }
}

/// Writes the files of another school like it, with people of other names.
pub fn write_neighbour(folder: &Path) {
    write(folder);
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let mut text = fs::read(&path).unwrap();
        for (name, other) in [
            ("VERDIER", "VOISINE"),
            ("MASSON", "MOREAU"),
            ("N'GUESSAN", "NORMANDIN"),
            ("LAMBERT", "LECOMTE"),
            ("BRUNET", "BERTIN"),
            ("ROUX", "ROYER"),
        ] {
            text = replaced(&text, name.as_bytes(), other.as_bytes());
        }
        fs::write(path, text).unwrap();
    }
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut done, mut rest) = (vec![], text);
    while let Some(place) = rest.windows(from.len()).position(|window| window == from) {
        done.extend_from_slice(&rest[..place]);
        done.extend_from_slice(to);
        rest = &rest[place + from.len()..];
    }
    done.extend_from_slice(rest);
    done
}

/// Writes a file as ONDE does, in ISO-8859-1: every character used here is its own byte.
pub fn write_one(path: &Path, text: &str) {
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    fs::write(path, bytes).unwrap();
}

/// Returns the folders with the real school's files, none if `../shared` is missing, which is said.
pub fn real() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures");
    let communication =
        "entcore/entcore/communication/src/test/resources/be1d-test/Ecole primaire Emile Zola";
    let folders = [fixtures.join("imports/onde"), fixtures.join(communication)];
    if folders.iter().all(|folder| folder.is_dir()) {
        return folders.into();
    }
    println!("skipped: {} is missing", fixtures.display());
    vec![]
}
