//! What is kept of a resource's stream is used where it is right, and nowhere else.

use chrono::TimeDelta;
use domain::actor::Actor;
use domain::booking::role::Role;
use domain::booking::slot::Wall;
use domain::clock::Zone;
use domain::id::Ulid;
use domain::resource::{Book, By, Cancel, Command, Open, Resource, Which};
use domain::structure::Structure;
use domain::{BookingId, DomainId, Meta, PersonId, ResourceId, StructureId};
use proptest::prelude::*;

use super::super::cached::load;
use super::super::{Executor, NotDone, meta};
use super::*;
use crate::clock::TestClock;
use crate::keys::Ring;
use crate::log::EventLog;
use crate::vault::Vault;
use crate::{Clock, MemoryLog};

const PROGRAM: u64 = 7;
const ROOM: ResourceId = ResourceId::from_u128(1);
const OWNER: PersonId = PersonId::from_u128(9);

/// A log and a folder beside it, in which every fifth event makes a file.
struct Place {
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let log = Arc::new(MemoryLog::new(clock()));
        let vault = Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap())));
        Self { log, vault, folder: tempfile::tempdir().unwrap() }
    }

    fn deciders(&self) -> Deciders {
        self.deciders_of(PROGRAM)
    }

    fn deciders_of(&self, program: u64) -> Deciders {
        Deciders::of_streams_from(self.folder.path(), program, 5)
    }

    /// Returns the queue of commands of a program that just started.
    fn started(&self) -> Executor {
        Executor::new(Arc::clone(&self.log), Arc::clone(&self.vault), clock()).keeping(self.deciders())
    }

    /// Returns the state of the room, and how many of its events came from a file.
    async fn read(&self, deciders: &Deciders) -> (Resource, u64) {
        let cached = load::<Resource>(&*self.log, &self.vault, deciders, &room()).await.unwrap();
        (cached.state, cached.kept)
    }

    async fn whole(&self) -> Resource {
        self.read(&Deciders::nowhere()).await.0
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(room().as_str())
    }

    /// Carries out a command, and waits until what is kept because of it is on the disk.
    async fn does(&self, executor: &Executor, key: u128, command: Command) -> Option<(Position, bool)> {
        let done = executor.execute::<Resource>(&room(), &meta_of(key), command).await;
        executor.deciders().idle().await;
        match done {
            Ok(done) => Some((done.position, done.repeated)),
            Err(NotDone::Refused { .. }) => None,
            Err(other) => panic!("not done: {other:?}"),
        }
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(TestClock::at("2026-09-01T08:00:00Z".parse().unwrap()))
}

fn room() -> StreamId {
    StreamId::resource(ROOM)
}

fn meta_of(key: u128) -> Meta {
    let variables = Some(format!("variables of {key}").into());
    Meta { variables, ..meta(Actor::Operator, CommandId::of(&Actor::Operator, Ulid::from(key))) }
}

fn open() -> Command {
    Command::Open(Open {
        resource: ROOM,
        domain: DomainId::from_u128(1),
        structure: StructureId::from_u128(1),
        zone: Zone::PARIS,
        name: "Salle secrète".to_owned(),
        quantity: 2,
        periods: vec![],
        closures: vec![],
    })
}

fn by() -> By {
    By { person: OWNER, role: Role::PublishingWriter, grant: None }
}

fn book(number: u16) -> Command {
    let first = "2026-09-08T08:00:00".parse::<chrono::NaiveDateTime>().unwrap();
    let start = first + TimeDelta::minutes(i64::from(number) * 30);
    let wall = Wall { zone: Zone::PARIS, start, end: start + TimeDelta::minutes(45) };
    let purpose = Some("Projet secret".to_owned());
    let once = Book::once(BookingId::from_u128(u128::from(number)), by(), wall, clock().now());
    Command::Book(Box::new(Book { purpose, ..once }))
}

fn cancel(number: u16) -> Command {
    let (booking, reason) = (BookingId::from_u128(u128::from(number)), Some("malade".to_owned()));
    Command::Cancel(Cancel {
        booking,
        which: Which::AllFuture,
        by: by(),
        reason,
        passing: vec![],
        now: clock().now(),
    })
}

/// Opens a room and books it so often.
async fn booked(place: &Place, times: u16) {
    booked_by(place, times, 0).await;
}

/// The same, by commands that are numbered from another one on.
async fn booked_by(place: &Place, times: u16, first: u128) {
    let executor = place.started();
    place.does(&executor, first, open()).await.unwrap();
    for number in 1..=times {
        place.does(&executor, first + u128::from(number), book(number)).await.unwrap();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_was_kept_and_the_rest_are_the_stream_read_whole(
        acts in prop::collection::vec((any::<bool>(), 1_u16..30, any::<bool>()), 6..40)
    ) {
        runtime().block_on(async {
            let place = Place::new();
            let mut executor = place.started();
            place.does(&executor, 0, open()).await;
            for (key, (books, number, restarts)) in (1..).zip(acts) {
                if restarts {
                    executor = place.started();
                }
                place.does(&executor, key, if books { book(number) } else { cancel(number) }).await;
                let whole = place.whole().await;
                let (kept, from_file) = place.read(&place.deciders()).await;
                let events = place.log.head().0;
                assert_eq!(kept, whole);
                assert_eq!(executor.state::<Resource>(&room()).await.unwrap(), whole);
                // At most a quarter, or five, are read again.
                assert!(events < 5 || events - from_file < 5.max(events / 4), "{from_file} of {events}");
            }
        });
    }
}

#[tokio::test]
async fn a_command_of_long_ago_is_found_after_a_restart() {
    let place = Place::new();
    booked(&place, 30).await;
    assert!(place.read(&place.deciders()).await.1 > 20);
    let (executor, head) = (place.started(), place.log.head());
    assert_eq!(place.does(&executor, 3, book(3)).await, Some((Position(4), true)));
    let other = Meta { variables: Some("others".into()), ..meta_of(3) };
    let again = executor.execute::<Resource>(&room(), &other, book(3)).await;
    assert!(matches!(again, Err(NotDone::Mismatch)), "{again:?}");
    assert_eq!(place.log.head(), head, "nothing happened twice");
}

#[tokio::test]
async fn what_is_not_as_it_was_written_is_not_used() {
    let place = Place::new();
    booked(&place, 9).await;
    let (sound, whole) = (fs::read(place.file()).unwrap(), place.whole().await);
    assert_eq!(place.read(&place.deciders()).await, (whole.clone(), 10));
    let flipped = (0..sound.len()).step_by(7).map(|at| {
        let mut bytes = sound.clone();
        bytes[at] ^= 4;
        bytes
    });
    let cut = (0..sound.len()).step_by(31).map(|end| sound[..end].to_vec());
    let longer = std::iter::once([&sound[..], b"more"].concat());
    for bytes in flipped.chain(cut).chain(longer) {
        fs::write(place.file(), bytes).unwrap();
        assert_eq!(place.read(&place.deciders()).await, (whole.clone(), 0));
        assert!(!place.file().exists(), "it is not looked at again");
    }
    // Whoever removes it while the program runs does no harm.
    fs::write(place.file(), &sound).unwrap();
    let deciders = place.deciders();
    fs::remove_file(place.file()).unwrap();
    assert_eq!(place.read(&deciders).await, (whole, 0));
}

#[tokio::test]
async fn what_others_wrote_is_not_used() {
    let place = Place::new();
    booked(&place, 9).await;
    let (sound, whole) = (fs::read(place.file()).unwrap(), place.whole().await);
    // An older or a newer program.
    assert_eq!(place.read(&place.deciders_of(PROGRAM + 1)).await, (whole, 0));
    // Another log, whose room has as many events, and one whose room has fewer.
    for times in [9, 2] {
        let other = Place::new();
        booked_by(&other, times, 1_000).await;
        fs::write(other.file(), &sound).unwrap();
        let whole = other.whole().await;
        assert_eq!(other.read(&other.deciders()).await, (whole, 0));
    }
    // Another stream.
    let elsewhere = StreamId::resource(ResourceId::from_u128(2));
    fs::write(place.folder.path().join(elsewhere.as_str()), &sound).unwrap();
    assert!(place.deciders().find::<Resource>(&elsewhere).await.is_none());
}

#[tokio::test]
async fn short_streams_and_others_than_those_of_resources_have_no_file() {
    let place = Place::new();
    let executor = place.started();
    place.does(&executor, 0, open()).await.unwrap();
    for number in 1..4 {
        place.does(&executor, number.into(), book(number)).await.unwrap();
        assert!(!place.file().exists());
    }
    place.does(&executor, 4, book(4)).await.unwrap();
    assert!(place.file().exists());
    let structure = StreamId::structure(StructureId::from_u128(1));
    fs::copy(place.file(), place.folder.path().join(structure.as_str())).unwrap();
    assert!(place.deciders().find::<Structure>(&structure).await.is_none());
}

#[tokio::test]
async fn nothing_that_somebody_typed_is_in_it() {
    let place = Place::new();
    booked(&place, 9).await;
    let bytes = fs::read(place.file()).unwrap();
    for text in ["secret", "secrète", "malade"] {
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
}

#[tokio::test]
async fn a_file_that_was_being_written_is_not_read_and_written_over() {
    let place = Place::new();
    fs::write(place.folder.path().join(NEW), vec![0; 1 << 20]).unwrap();
    booked(&place, 9).await;
    assert!(!place.folder.path().join(NEW).exists());
    assert_eq!(place.read(&place.deciders()).await, (place.whole().await, 10));
}

#[test]
fn a_long_stream_is_written_when_a_quarter_of_it_is_new() {
    let deciders = Deciders::of(Path::new("/nowhere"), PROGRAM);
    assert!(!deciders.is_due(0, 19_999) && deciders.is_due(0, 20_000));
    assert!(!deciders.is_due(20_000, 39_999) && deciders.is_due(20_000, 40_000));
    assert!(!deciders.is_due(120_000, 159_990) && deciders.is_due(120_000, 160_000));
    assert!(!Deciders::nowhere().is_due(0, u64::MAX));
}
