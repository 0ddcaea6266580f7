//! How long questions about reach take, over a data directory: one pair, the whole reach of a teacher, of a head of
//! everybody.
//!
//! `cargo run --release -p preau-projections --example reach -- DIR [ROUNDS] [pair|teacher|head|cold]…` asks in the
//! data that `preau bench data --people N --out DIR` made. The first time it adds an office whose head reaches everybody.
//! Of the head once as they come, one after the other, and once `cold`, with nothing of the answer left in a cache.
//! What `preau bench reach` measures next to PostgreSQL, without making everything anew for each try.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement, for the one who runs it"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::actor::Actor;
use domain::clock::Zone;
use domain::group::{FamilyLink, GroupKind, InternalPolicy, Profile};
use domain::person::{Attached, Availability, Identity, Registered, Source};
use domain::structure::{Created, RuleMade};
use domain::{CommandId, Event, Label, PersonId, RuleId, StreamId, StructureId, person, structure};
use eventlog::clock::SystemClock;
use eventlog::keys::Ring;
use eventlog::vault::Vault;
use eventlog::{Append, EventLog, Expected, SledLog};
use preau_projections::snapshot::Folder;
use preau_projections::{Live, PersonNo, World};

const OFFICE: StructureId = StructureId::from_u128(0xACAD);
const HEAD: PersonId = PersonId::from_u128(0x0EAD);

/// Pairs, half of them within one school.
const PAIRS: u64 = 20_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, rest @ ..] = &arguments[..] else { panic!("reach DIR [ROUNDS] [pair|teacher|head|cold]…") };
    let dir = Path::new(dir);
    let rounds: u32 = rest.first().map_or(5, |rounds| rounds.parse().unwrap());
    let wanted = |what: &str| rest.len() < 2 || rest[1..].iter().any(|asked| asked == what);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (ring, _) = Ring::open(&dir.join("keys"), None).unwrap();
    let ring = Arc::new(ring);
    let (log, _) = SledLog::open(&dir.join("log"), Arc::new(SystemClock), ring.clone()).unwrap();
    let (log, vault): (Arc<dyn EventLog>, _) = (Arc::new(log), Arc::new(Vault::new(ring)));
    let start = || {
        runtime
            .block_on(Live::start(Arc::clone(&log), Arc::clone(&vault), &Folder::nowhere(), |_, _| ()))
            .unwrap()
    };
    let mut live = start();
    let appends = live.read(|world| world.people.number(HEAD).is_none().then(|| office(world, &vault)));
    if let Some(appends) = appends {
        for ticket in log.append_all(appends) {
            runtime.block_on(ticket.wait()).unwrap();
        }
        drop(live);
        live = start();
    }
    live.read(|world| {
        let parts = world.memory();
        println!("people {} MiB, graph {} MiB", parts.people >> 20, parts.graph >> 20);
        let (pairs, teachers) = draw(world);
        let head = world.people.number(HEAD).unwrap();
        let mut other = vec![0_u8; OTHER];
        for _ in 0..rounds {
            if wanted("pair") {
                ask("pair", pairs.iter(), |(me, to)| {
                    usize::from(world.graph.witness(&world.people, *me, *to).is_some())
                });
            }
            if wanted("teacher") {
                ask("teacher", teachers.iter(), |me| ids(world, *me));
            }
            if wanted("head") {
                ask("head", [head; 20].iter(), |me| ids(world, *me));
            }
            if wanted("cold") {
                let times = [head; 20].map(|head| {
                    other.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_add(1));
                    timed(|| ids(world, head))
                });
                tell("cold", times.to_vec());
            }
        }
    });
}

/// Returns how many people somebody reaches, their numbers copied out.
fn ids(world: &World, me: PersonNo) -> usize {
    let ids = world.graph.reach(&world.people, me).numbers();
    std::hint::black_box(ids).len()
}

/// More than the caches hold.
const OTHER: usize = 64 << 20;

/// Asks each question, and prints how long they took.
fn ask<'a, T: 'a>(what: &str, questions: impl Iterator<Item = &'a T>, answer: impl Fn(&'a T) -> usize) {
    tell(what, questions.map(|question| timed(|| answer(question))).collect());
}

/// Returns how long an answer took, and how much it is.
fn timed(answer: impl Fn() -> usize) -> (Duration, usize) {
    let begun = now();
    let sum = std::hint::black_box(answer());
    (begun.elapsed(), sum)
}

/// Prints how long the answers took, and how much they are together.
fn tell(what: &str, mut times: Vec<(Duration, usize)>) {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 100].0;
    let sum: usize = times.iter().map(|(_, sum)| sum).sum();
    println!("{what}: p50 {:.2?} p99 {:.2?} least {:.2?}, {sum} in all", at(50), at(99), at(0));
}

/// Draws pairs, half of them of one school, and takes the teachers of the school nearest to 2,000 people.
fn draw(world: &World) -> (Vec<(PersonNo, PersonNo)>, Vec<PersonNo>) {
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let all: Vec<_> = world.people.everybody().map(|(number, _)| number).collect();
    let schools = world.people.all_structures().map(|(number, _)| world.people.people_of(number));
    let schools: Vec<Vec<u32>> =
        schools.filter(|school| school.len() > 2).map(|it| it.iter().collect()).collect();
    let mut pairs = vec![];
    for number in 0..PAIRS {
        let pair = if number % 2 == 0 {
            let school = &schools[random(schools.len())];
            (PersonNo(school[random(school.len())]), PersonNo(school[random(school.len())]))
        } else {
            (all[random(all.len())], all[random(all.len())])
        };
        if pair.0 != pair.1 {
            pairs.push(pair);
        }
    }
    let near = |people: u64| people.abs_diff(2_000);
    let numbers = world.people.all_structures().map(|(number, _)| number);
    let school = numbers.min_by_key(|number| near(world.people.people_of(*number).len())).unwrap();
    let teachers = world.people.group_of_kind(school, &GroupKind::Profile(Profile::Teacher)).unwrap();
    let teachers = world.people.members(teachers).unwrap().iter().map(PersonNo).collect();
    (pairs, teachers)
}

/// An office with a head, and a rule from it to the profile groups of every school.
fn office(world: &World, vault: &Vault) -> Vec<Append> {
    let append = |stream: StreamId, key: u128, events: &[Event]| {
        let meta = eventlog::execute::meta(Actor::Operator, CommandId::from_u128(key));
        let events = eventlog::decode::encode(vault, &stream, &meta, 202_611, 0, events).unwrap();
        Append { stream, expected: Expected::Any, events }
    };
    let created = Created {
        structure: OFFICE,
        uai: None,
        name: Label::parse("Rectorat").unwrap(),
        parent: None,
        zone: Zone::PARIS,
        policy: InternalPolicy::Implied,
        family: FamilyLink::default(),
    };
    let from = GroupKind::Profile(Profile::Staff).id(OFFICE);
    let mut events = vec![structure::Event::Created(created)];
    for (_, school) in world.people.all_structures() {
        for profile in [Profile::Relative, Profile::Student, Profile::Teacher, Profile::Staff] {
            let rule = RuleId::from_u128(1 << 90 | events.len() as u128);
            let to = GroupKind::Profile(profile).id(school.id);
            let made = RuleMade { rule, from, to, exposes_members: true, accepted: vec![] };
            events.push(structure::Event::RuleMade(made));
        }
    }
    let events: Vec<_> = events.into_iter().map(Event::Structure).collect();
    let registered = Registered {
        person: HEAD,
        profile: Profile::Staff,
        identity: Identity {
            first_name: "Odile".into(), last_name: "Rivière".into(), ..Identity::default()
        }
        .into(),
        source: Source::Manual,
        availability: Availability::Permanent,
    };
    let head = [
        person::Event::Registered(registered),
        person::Event::Attached(Attached { structure: OFFICE, main: true, starts: None, ends: None }),
    ];
    let rules = append(StreamId::structure(OFFICE), 1, &events);
    vec![rules, append(StreamId::person(HEAD), 2, &head.map(Event::Person))]
}

#[allow(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}
