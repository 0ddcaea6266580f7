//! Whatever the bytes, reading ends in tables or a refusal.

use proptest::prelude::*;

use super::*;

const SOUND: &str = "Nom Elève;Prénom Elève;Date naissance;Classe\r\n\"Grand\";\"Zoé\";\"2016-02-29\";\"CP\"\r\n\
    \"Petit\";\"Max\";\"2015-01-01\";\"CE1\"\r\n";

fn survives(name: &str, bytes: &[u8]) {
    if let Ok(tables) = read(&[InputFile { name, bytes }]) {
        let first = reconcile(&tables, &Known::default());
        let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
        assert!(tables.pupils.len() + tables.teachers.len() + tables.relatives.len() <= lines);
        let known = applied(&first, Known::default());
        assert!(reconcile(&tables, &known).changes_nothing());
    }
}

fn text(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

fn names() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("eleves.csv"), Just("enseignants.csv"), Just("responsables.csv"), Just("x.csv")]
}

proptest! {
    #[test]
    fn random_bytes_never_panic(name in names(), bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        survives(name, &bytes);
    }

    #[test]
    fn a_mutated_file_never_panics_and_a_second_import_changes_nothing(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = SOUND.as_bytes().to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        survives("eleves.csv", &bytes);
        bytes.truncate(cut.index(bytes.len()));
        survives("eleves.csv", &bytes);
    }

    #[test]
    fn lines_of_loose_cells_never_panic_and_a_second_import_changes_nothing(
        table in 0_usize..3,
        lines in prop::collection::vec(
            prop::collection::vec(
                prop_oneof![
                    Just("Grand"), Just("GRAND"), Just("Zoé"), Just("Léo"), Just("2016-02-29"), Just("2016-02-30"),
                    Just("CP"), Just("oui"), Just("\""), Just("\"a\"b"), Just(""), Just("a@example.org"),
                    Just("0639980010"), Just("é\u{301}"), Just("Intitulé"),
                ],
                0..20,
            ),
            0..30,
        ),
    ) {
        let (name, headers) = NAMES[table];
        let lines: Vec<String> = lines.iter().map(|cells| cells.join(";")).collect();
        survives(name, format!("{headers}\n{}", lines.join("\n")).as_bytes());
    }

    #[test]
    fn whole_schools_import_twice_without_a_change(
        pupils in prop::collection::vec((0_u8..3, 0_u8..3, 1_u32..4, 0_u8..2), 0..12),
        relatives in prop::collection::vec((0_u8..3, 0_u8..2, 0_u8..3, 0_u8..3, 0_u8..3, 0_u8..3), 0..16),
        forget_keys in any::<bool>(),
    ) {
        let pupils: Vec<String> = pupils.iter()
            .map(|(last, first, day, class)| format!("L{last};;F{first};2016-01-{day:02};F;N{class};C{class}"))
            .collect();
        let relatives: Vec<String> = relatives.iter()
            .map(|(last, first, street, phone, child, other)| format!(
                "Mme;;L{last};P{first};{street} rue A;1;V;;063998001{phone};;L{last};F{child};C0;;L{other};F{child};C1"
            ))
            .collect();
        let (pupils, relatives) = (text(&pupils), text(&relatives));
        if let Ok(tables) = try_files([&pupils, &[], &relatives]) {
            let first = reconcile(&tables, &Known::default());
            let mut known = applied(&first, Known::default());
            if forget_keys {
                known.people.iter_mut().for_each(|person| person.source_keys.clear());
            }
            let second = reconcile(&tables, &known);
            prop_assert_eq!(second.counts.new_people, 0);
            prop_assert_eq!(second.counts.new_links, 0);
            prop_assert_eq!(second.counts.absent, 0);
            prop_assert_eq!(second.counts.reviews, first.counts.reviews);
            prop_assert!(forget_keys || second.changes_nothing());
        }
    }
}
