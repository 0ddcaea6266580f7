//! The hours of a structure: kept, lifted, written into a snapshot and read.

use domain::booking::slot::Slot;
use domain::structure::{ClosureLifted, ClosureMade, Event, OnClosure, Period, PeriodsSet};
use domain::{ClosureId, Sealed, Timestamp};

use crate::snapshot::tests::through;
use crate::testing::{HERE, School, label};
use crate::world::{At, Owner, World};

const CHRISTMAS: ClosureId = ClosureId::from_u128(1);
const WORKS: ClosureId = ClosureId::from_u128(2);

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn made(closure: ClosureId) -> ClosureMade {
    ClosureMade {
        structure: HERE,
        closure,
        from: "2026-12-19T00:00:00".parse().unwrap(),
        to: "2027-01-04T00:00:00".parse().unwrap(),
        start: instant("2026-12-18T23:00:00Z"),
        end: instant("2027-01-03T23:00:00Z"),
        what: Sealed::Shut("1:0:202609:bm9t".into()),
        way: OnClosure::Cancel,
    }
}

fn hours(world: &World) -> crate::people::Timetable {
    let number = world.people.structure_no(HERE).unwrap();
    world.people.structure(number).unwrap().timetable.clone()
}

#[test]
fn periods_and_closures_are_kept_until_they_are_replaced_and_lifted() {
    let mut school = School::bare();
    assert_eq!(hours(&school.world), crate::people::Timetable::default());
    let period = |name, from: &str, to: &str| Period {
        name: label(name),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    };
    let periods = vec![period("M1", "08:00:00", "09:00:00"), period("S1", "13:30:00", "14:30:00")];
    school.of_structure(HERE, PeriodsSet { periods: periods.clone() });
    school.of_structure(HERE, made(WORKS));
    school.of_structure(HERE, made(CHRISTMAS));
    school.of_structure(HERE, ClosureLifted { closure: WORKS });
    let kept = hours(&school.world);
    assert_eq!(kept.periods, periods);
    let closure = &kept.closures[&CHRISTMAS];
    assert_eq!(kept.closures.len(), 1);
    let slot = Slot { start: instant("2026-12-18T23:00:00Z"), end: instant("2027-01-03T23:00:00Z") };
    assert_eq!((closure.slot, closure.way), (slot, OnClosure::Cancel));
    let read = through(&school.world);
    assert_eq!(hours(&read), kept);
    assert_eq!(read.dumps(), school.world.dumps());
    school.of_structure(HERE, PeriodsSet { periods: vec![] });
    assert_eq!(hours(&school.world).periods, []);
}

#[test]
fn a_closure_that_is_not_there_is_not_lifted() {
    let mut school = School::bare();
    let event = domain::Event::from(Event::from(ClosureLifted { closure: WORKS }));
    let at = At {
        position: eventlog::Position(school.world.position.0 + 1),
        recorded_at: instant("2026-09-01T08:00:00Z"),
        event: domain::EventId::from_u128(9),
        owner: Owner::Structure(HERE),
    };
    assert!(school.world.apply(at, &event).is_err());
}
