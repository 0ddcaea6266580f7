//! What is found is all that occurs, and hardly more; a damaged, foreign or missing file hides nothing.

use std::collections::BTreeSet;

use domain::actor::{Actor, RoleName};
use domain::clock::Zone;
use domain::group::{FamilyLink, InternalPolicy};
use domain::structure::{Created, Event};
use domain::{EventId, Meta, StreamId};
use eventlog::MemoryLog;
use eventlog::clock::SystemClock;
use eventlog::keys::Ring;
use eventlog::log::{Append, Expected};
use eventlog::vault::Vault;
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::testing::{label, person};

/// A log of structures that some people made in turn, and the read models that followed it.
struct Made {
    log: Arc<dyn EventLog>,
    live: Live,
    folder: TempDir,
}

const STRUCTURES: u64 = 700;
const PEOPLE: u64 = 5;

fn structure(number: u64) -> StructureId {
    StructureId::from_u128(u128::from(number) + 1_000)
}

/// Who makes a structure: each has a row of forty, so that many segments have nothing of one.
fn maker(number: u64) -> PersonId {
    person(u128::from(number / 40 % PEOPLE))
}

fn command(number: u64) -> CommandId {
    CommandId::from_u128(u128::from(number) + 5_000)
}

async fn made() -> Made {
    let clock: Arc<dyn eventlog::Clock> = Arc::new(SystemClock);
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(clock));
    let vault = Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap())));
    for number in 0..STRUCTURES {
        let created = Event::Created(Created {
            structure: structure(number),
            uai: None,
            name: label("École"),
            parent: None,
            zone: Zone::parse("Europe/Paris").unwrap(),
            policy: InternalPolicy::Implied,
            family: FamilyLink { to_child: false, to_relative: false },
        });
        let meta = Meta {
            actor: Actor::Person { person: maker(number), role: RoleName::PlatformAdministrator },
            correlation: Some(command(0)),
            ..eventlog::execute::meta(Actor::Operator, command(number))
        };
        let stream = StreamId::structure(structure(number));
        let events = eventlog::decode::encode(&vault, &stream, &meta, 202_609, 0, &[created]).unwrap();
        log.append(Append { stream, expected: Expected::NoStream, events }).wait().await.unwrap();
    }
    let live =
        Live::start(Arc::clone(&log), vault, &crate::snapshot::Folder::nowhere(), |_, _| ()).await.unwrap();
    Made { log, live, folder: TempDir::new().unwrap() }
}

impl Made {
    /// Returns an index with blocks of one event: two segments are full, and 188 events stand behind them.
    async fn index(&self) -> Occurrences {
        let index = Occurrences { block: 1, ..Occurrences::of(self.folder.path()) };
        while index.advance(&self.log, &self.live).await.unwrap() {}
        index
    }

    fn file(&self, number: u64) -> PathBuf {
        self.folder.path().join(format!("models/occurrences/{number:010}"))
    }
}

/// Returns the positions that are read on the way from `after` to `until`.
async fn walked(index: &Occurrences, wanted: Wanted, after: u64, until: u64) -> BTreeSet<u64> {
    let (mut walk, mut at, mut read) = (index.walk(wanted), after, BTreeSet::new());
    while at < until {
        let stretch = walk.next(Position(at), Position(until), 100).await;
        assert!(stretch.events <= 100 && stretch.after.0 + stretch.events <= until, "{stretch:?}");
        assert!(stretch.after.0 + stretch.events > at, "it goes on: {stretch:?}");
        read.extend((stretch.after.0 + 1..).take(usize::try_from(stretch.events).unwrap()));
        at = stretch.after.0 + stretch.events;
    }
    read
}

fn wanted(keys: &[Key<'_>]) -> Wanted {
    let mut wanted = Wanted::default();
    for key in keys {
        wanted.any_of([*key]);
    }
    wanted
}

/// The positions of the structures that somebody made, as far as there are files; behind them every position.
fn expected(person: PersonId, indexed: u64) -> BTreeSet<u64> {
    let own = (0..indexed).filter(|number| maker(*number) == person).map(|number| number + 1);
    own.chain(indexed + 1..=STRUCTURES).collect()
}

#[tokio::test]
async fn what_is_read_is_what_occurs_and_what_no_file_is_about() {
    let made = made().await;
    let index = made.index().await;
    for number in 0..PEOPLE {
        let read = walked(&index, wanted(&[Key::Person(person(number.into()))]), 0, STRUCTURES).await;
        assert_eq!(read, expected(person(number.into()), 512));
    }
    let one = walked(&index, wanted(&[Key::Structure(structure(300))]), 0, 512).await;
    assert_eq!(one, BTreeSet::from([301]));
    let both = [Key::Structure(structure(300)), Key::Person(maker(300)), Key::Kind("structure.")];
    assert_eq!(walked(&index, wanted(&both), 0, 512).await, BTreeSet::from([301]));
    let other = [Key::Structure(structure(300)), Key::Person(maker(0)), Key::Kind("structure.created")];
    assert_ne!(maker(0), maker(300));
    assert_eq!(walked(&index, wanted(&other), 0, 512).await, BTreeSet::new());
    assert_eq!(walked(&index, wanted(&[Key::Kind("person.")]), 0, 512).await, BTreeSet::new());
    assert_eq!(walked(&index, wanted(&[Key::Command(command(7))]), 0, 512).await, BTreeSet::from([8]));
    let undertaking = walked(&index, wanted(&[Key::Command(command(0))]), 0, STRUCTURES).await;
    assert_eq!(undertaking, (1..=STRUCTURES).collect());
}

#[tokio::test]
async fn a_window_is_kept_to() {
    let made = made().await;
    let index = made.index().await;
    let wanted = || wanted(&[Key::Person(maker(0))]);
    for (after, until) in [(0, 1), (10, 30), (39, 201), (250, 260), (255, 256), (256, 257), (500, 700)] {
        let within = expected(maker(0), 512).range(after + 1..=until).copied().collect();
        assert_eq!(walked(&index, wanted(), after, until).await, within, "{after}..{until}");
    }
}

#[tokio::test]
async fn without_files_everything_is_read() {
    let nowhere = Occurrences::nowhere();
    assert_eq!(walked(&nowhere, wanted(&[Key::Person(person(1))]), 0, 70_000).await.len(), 70_000);
    let made = made().await;
    let index = made.index().await;
    assert_eq!(walked(&index, Wanted::default(), 0, STRUCTURES).await.len(), 700);
    let mut nobody = Wanted::default();
    nobody.any_of([]);
    assert_eq!(walked(&index, nobody, 0, 512).await.len(), 0, "nothing is any of no keys");
}

#[tokio::test]
async fn a_file_is_used_again_after_a_start_and_made_again_when_it_does_not_fit() {
    let made = made().await;
    made.index().await;
    let whole = fs::read(made.file(1)).unwrap();
    // Of another log, in which the same segment ends with another event.
    let mut foreign = Head::decode(&whole).unwrap();
    foreign = Head::with_event(&foreign, EventId::from_u128(1));
    let mut bytes = foreign.encode();
    bytes.extend(&whole[bytes.len()..]);
    assert!(Head::decode(&bytes).is_some());
    for bad in [bytes, whole[..whole.len() - 1].to_vec(), vec![], b"preauocc".to_vec()] {
        fs::write(made.file(1), &bad).unwrap();
        let index = made.index().await;
        assert_eq!(fs::read(made.file(1)).unwrap(), whole);
        let read = walked(&index, wanted(&[Key::Person(maker(300))]), 0, STRUCTURES).await;
        assert_eq!(read, expected(maker(300), 512));
    }
    let before = fs::metadata(made.file(0)).unwrap().modified().unwrap();
    made.index().await;
    assert_eq!(fs::metadata(made.file(0)).unwrap().modified().unwrap(), before, "it was read, not made");
}

#[tokio::test]
async fn a_file_that_is_damaged_or_lost_while_it_is_used_hides_nothing() {
    let made = made().await;
    let whole = {
        made.index().await;
        fs::read(made.file(0)).unwrap()
    };
    let all = wanted(&[Key::Person(maker(0))]);
    let index = made.index().await;
    let mut bytes = whole.clone();
    for byte in &mut bytes[segment::HEAD..] {
        *byte ^= 0x55;
    }
    fs::write(made.file(0), &bytes).unwrap();
    // The first segment is read whole, and so is what follows it until the files are looked at again.
    assert_eq!(walked(&index, all.clone(), 0, STRUCTURES).await.len(), 700);
    while index.advance(&made.log, &made.live).await.unwrap() {}
    assert_eq!(walked(&index, all.clone(), 0, STRUCTURES).await, expected(maker(0), 512));
    assert_eq!(fs::read(made.file(0)).unwrap(), whole);
    fs::remove_file(made.file(1)).unwrap();
    assert_eq!(walked(&index, all, 0, STRUCTURES).await, expected(maker(0), 256));
}

fn keys() -> impl Strategy<Value = Vec<(u8, u8)>> {
    vec((0..40_u8, any::<u8>()), 0..600)
}

proptest! {
    /// Blocks are those in which something of every group was noted.
    #[test]
    fn found_is_what_was_noted(noted in keys(), groups in vec(vec(0..50_u8, 0..30), 0..3)) {
        let key = |number: u8| Key::Person(person(number.into()));
        let mut entries = Entries::default();
        for (who, block) in &noted {
            entries.note(key(*who), *block);
        }
        let (head, bytes) = entries.encode(256, 3, EventId::from_u128(9));
        prop_assert_eq!(Head::decode(&bytes), Some(head.clone()));
        let file = tempfile::tempfile().unwrap();
        (&file).write_all(&bytes).unwrap();
        let mut wanted = Wanted::default();
        for group in &groups {
            wanted.any_of(group.iter().map(|number| key(*number)));
        }
        let found = head.find(&file, &wanted).unwrap();
        for block in 0..=u8::MAX {
            let occurs = |group: &Vec<u8>| noted.iter().any(|(who, there)| *there == block && group.contains(who));
            let run = found.run(block.into());
            let there = run.is_some_and(|(begin, _)| begin == u64::from(block));
            prop_assert_eq!(there, groups.iter().all(occurs), "{}", block);
        }
    }

    /// Whatever one byte of a file is changed to, it is found out, or changes nothing that is looked for.
    #[test]
    fn a_changed_byte_hides_nothing(noted in keys(), at in any::<prop::sample::Index>(), flip in 1..=u8::MAX) {
        let mut entries = Entries::default();
        for (who, block) in &noted {
            entries.note(Key::Person(person((*who).into())), *block);
        }
        let (head, mut bytes) = entries.encode(256, 3, EventId::from_u128(9));
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(at >= segment::HEAD || Head::decode(&bytes).is_none());
        let file = tempfile::tempfile().unwrap();
        (&file).write_all(&bytes).unwrap();
        for who in 0..40_u8 {
            let mut wanted = Wanted::default();
            wanted.any_of([Key::Person(person(who.into()))]);
            if let Ok(found) = head.find(&file, &wanted) {
                let naive = |block: &u8| noted.contains(&(who, *block));
                let there = |block: &u8| found.run((*block).into()).is_some_and(|(begin, _)| begin == u64::from(*block));
                for block in 0..=u8::MAX {
                    prop_assert_eq!(there(&block), naive(&block));
                }
            }
        }
    }
}
