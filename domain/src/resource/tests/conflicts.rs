//! The cases that other systems test, row by row: `../shared/fixtures/booking/expected/conflicts.csv`.

use super::*;

const FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures/booking/expected/conflicts.csv");

#[test]
fn every_conflict_that_other_systems_know_is_decided_as_an_exact_sweep_does() {
    let Ok(text) = std::fs::read_to_string(FILE) else {
        println!("skipped: {FILE} is not there");
        return;
    };
    let mut rows = 0;
    for line in text.lines().skip(1) {
        let fields: Vec<_> = line.split(',').collect();
        let [id, _, new, existing, capacity, _, expected, ..] = fields[..] else { panic!("{line}") };
        let slot = |hours: &str| format!("2026-09-08 {}", hours.replace('-', "/"));
        let mut room = Room::new(capacity.parse().unwrap());
        for hours in existing.split_whitespace() {
            room.booked(teacher(), &slot(hours));
        }
        let answer = room.books(book(teacher(), &slot(new)));
        assert_eq!(answer.is_ok(), expected == "ok", "{id}: {answer:?}");
        rows += 1;
    }
    assert_eq!(rows, 13);
}
