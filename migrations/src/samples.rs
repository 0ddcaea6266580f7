//! Wire samples: one of every kind and schema, readable for ever.
//!
//! A sample is one line of JSON, byte for byte what the log holds; sealed fields are shut. A change of a stored
//! struct that is not an added optional field shows here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use domain::sealed::{Carries, Slot, Visit};
use domain::{Event, Retention, Subject};

use super::decode;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// Returns the bytes of every sample, by kind and schema.
fn samples() -> BTreeMap<(String, u16), Vec<u8>> {
    let mut samples = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "sealed.txt" {
            continue;
        }
        let (kind, schema) = name.strip_suffix(".json").and_then(|name| name.rsplit_once(".v")).expect(name);
        let bytes = std::fs::read(&path).unwrap().trim_ascii_end().to_vec();
        samples.insert((kind.to_owned(), schema.parse().expect(name)), bytes);
    }
    samples
}

fn newest() -> BTreeMap<&'static str, u16> {
    Event::kinds().map(|known| (known.kind, known.schema)).collect()
}

#[test]
fn every_kind_has_one_sample_of_each_of_its_schemas() {
    assert_eq!(newest().len(), Event::kinds().count(), "two features declare the same kind");
    let expected: BTreeSet<_> = newest()
        .into_iter()
        .flat_map(|(kind, newest)| (1..=newest).map(move |schema| (kind.to_owned(), schema)))
        .collect();
    let there: BTreeSet<_> = samples().into_keys().collect();
    let missing: Vec<_> = expected.difference(&there).collect();
    let unknown: Vec<_> = there.difference(&expected).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:?}, of no kind: {unknown:?}");
}

#[test]
fn every_sample_is_read_and_written_back_the_same() {
    let newest = newest();
    for ((kind, schema), sample) in samples() {
        let event = decode(&kind, schema, &sample).unwrap_or_else(|error| panic!("{error}: {error:?}"));
        assert_eq!(event.kind().kind, kind);
        if newest.get(kind.as_str()) == Some(&schema) {
            let written = String::from_utf8(event.encode().unwrap()).unwrap();
            assert_eq!(written, String::from_utf8(sample).unwrap(), "{kind}");
        }
    }
}

#[test]
fn every_sample_shows_its_optional_fields_and_lists() {
    for ((kind, schema), sample) in samples() {
        let event = decode(&kind, schema, &sample).unwrap();
        // The derived text of an absent option is `None` and of an empty list `[]`, wherever it stands.
        let shown = format!("{event:?}");
        assert!(!shown.contains(": None") && !shown.contains("[]"), "{kind} lacks something: {shown}");
    }
}

/// Notes whose each sealed field of a kind is, and how long it lives.
#[derive(Default)]
struct Noted {
    kind: String,
    lines: String,
    met: usize,
}

impl Visit for Noted {
    fn field(
        &mut self,
        subject: Subject,
        retention: Retention,
        name: &'static str,
        index: u32,
        slot: &mut dyn Slot,
    ) {
        assert!(slot.shut_text().is_some(), "{}: {name} {index} of a sample is not shut", self.kind);
        let subject = match subject {
            Subject::Identity(_) => "identity",
            Subject::Writing(..) => "writing",
            Subject::Structure(_) => "structure",
            Subject::Platform => "platform",
        };
        let retention = match retention {
            Retention::Life => "life",
            Retention::Connection => "connection",
            Retention::Message => "message",
            Retention::Register => "register",
            Retention::Import => "import",
        };
        self.met += 1;
        if index == 0 {
            writeln!(self.lines, "{} {name} {subject} {retention}", self.kind).unwrap();
        }
    }
}

/// How every shut text of a sample begins.
const SHUT: &str = "\"1:0:202609:";

#[test]
fn the_sealed_fields_are_those_that_were_agreed_on() {
    let newest = newest();
    let mut found = String::new();
    for ((kind, schema), sample) in samples() {
        if newest.get(kind.as_str()) != Some(&schema) {
            continue;
        }
        let mut noted = Noted { kind: kind.clone(), ..Noted::default() };
        decode(&kind, schema, &sample).unwrap().each(&mut noted);
        let shut = String::from_utf8(sample).unwrap().matches(SHUT).count();
        assert_eq!(noted.met, shut, "{kind}: `Carries::each` does not meet every sealed field");
        found += &noted.lines;
    }
    let agreed = std::fs::read_to_string(folder().join("sealed.txt")).unwrap();
    assert_eq!(found, agreed, "kind, field, whose, how long: samples/sealed.txt says otherwise");
}
