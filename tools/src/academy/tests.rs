//! What an invented academy promises.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use api::Node;
use domain::group::Profile;
use domain::person::login;
use eventlog::clock::TestClock;
use eventlog::keys::Ring;
use eventlog::vault::Vault;
use eventlog::{Clock, MemoryLog};
use projections::people::AccountState;

use super::build::{Stage, build};
use super::messages::{self, Enough, Written};
use super::plan;
use super::plan::Academy;
use super::schools::{ADVISER, FINANCE, HEAD, Kind, SOCIAL};
use crate::demo_clock::DemoClock;

/// Returns a node in memory whose clock is `days` days behind.
async fn node(days: u32) -> (Node, DemoClock) {
    let machine = TestClock::at("2026-11-25T12:00:00Z".parse().unwrap());
    let clock = DemoClock::back(Arc::new(machine), days);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let log = Arc::new(MemoryLog::new(Arc::clone(&shared)));
    let vault = Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap())));
    (Node::start(log, vault, shared, |_, _| ()).await.unwrap(), clock)
}

fn dump(academy: &Academy) -> String {
    let mut text = String::new();
    for school in &academy.schools {
        writeln!(text, "{} {:?} {} {}", school.id, school.uai, school.name, school.matrix).unwrap();
        for class in &school.classes {
            writeln!(text, "  {} {} {}", class.id, class.name, class.pupils).unwrap();
        }
    }
    for person in &academy.people {
        let identity = serde_json::to_string(&academy.identity(person)).unwrap();
        let (id, profile, active) = (person.id, person.profile, person.active);
        writeln!(text, "{id} {profile} {active} {identity} {:?} {:?}", person.places, person.children)
            .unwrap();
    }
    text
}

#[test]
fn the_same_seed_gives_the_same_academy_on_any_machine() {
    let digest = |people, seed| {
        let text = dump(&Academy::invent(people, seed));
        format!("{:032x}", domain::id::derive(&[text.as_bytes()]))
    };
    assert_eq!(digest(1_200, 2026), "d6f30be55ceb37f95aa04610e622bac6");
    assert_eq!(digest(10_000, 7), "84bbc59c5f882022e8434f43d01cdaf3");
    assert_ne!(digest(1_200, 2027), digest(1_200, 2026));
}

#[test]
fn an_academy_has_exactly_the_people_it_was_asked_for() {
    for people in [300, 600, 1_200, 2_400, 5_000, 7_200, 20_000] {
        for seed in [1, 2026] {
            assert_eq!(Academy::invent(people, seed).people.len(), people as usize, "{people} {seed}");
        }
    }
}

#[test]
fn schools_have_the_people_of_schools() {
    let academy = Academy::invent(20_000, 1);
    let mut by_school = vec![BTreeMap::<&str, usize>::new(); academy.schools.len()];
    for person in &academy.people {
        for place in &person.places {
            *by_school[place.school].entry(person.profile.as_str()).or_default() += 1;
        }
    }
    for (school, counts) in academy.schools.iter().zip(&by_school) {
        let all: usize = counts.values().sum();
        assert!((200..=2_200).contains(&all), "{} {counts:?}", school.name);
        assert!(counts["STUDENT"] > counts["TEACHER"] * 8, "{} {counts:?}", school.name);
        assert!(counts["RELATIVE"] * 2 > counts["STUDENT"], "{} {counts:?}", school.name);
        assert!(school.classes.iter().all(|class| (15..=31).contains(&class.pupils)), "{:?}", school.classes);
        let names: BTreeSet<_> = school.classes.iter().map(|class| &class.name).collect();
        assert_eq!(names.len(), school.classes.len(), "two classes of {} share a name", school.name);
    }
}

#[test]
fn every_school_has_one_head_and_every_class_a_head_teacher() {
    let academy = Academy::invent(5_000, 3);
    for (number, school) in academy.schools.iter().enumerate() {
        let places =
            || academy.people.iter().flat_map(|person| &person.places).filter(|p| p.school == number);
        assert_eq!(places().filter(|place| place.posts.contains(&HEAD)).count(), 1);
        for class in 0..school.classes.len() {
            assert!(places().any(|place| place.head_teacher.contains(&class)), "{} {class}", school.name);
        }
        if school.kind != Kind::Primary {
            for post in [FINANCE, ADVISER, SOCIAL] {
                assert!(places().any(|place| place.posts.contains(&post)), "{} {post:?}", school.name);
            }
        }
    }
    let shared = academy.people.iter().filter(|p| p.profile == Profile::Teacher && p.places.len() > 1);
    assert!(shared.count() > 3, "some teachers work in two schools");
}

#[test]
fn every_relative_has_one_to_four_children_and_every_pupil_one_or_two_relatives() {
    let academy = Academy::invent(5_000, 3);
    let mut relatives = vec![0; academy.people.len()];
    let mut families = [0; 5];
    for person in &academy.people {
        assert_eq!(person.profile == Profile::Relative, !person.children.is_empty());
        assert!(person.children.len() <= 4);
        families[person.children.len()] += 1;
        for child in &person.children {
            relatives[*child as usize] += 1;
            let child = &academy.people[*child as usize];
            assert_eq!(child.profile, Profile::Student);
            let school = child.places[0].school;
            assert!(person.places.iter().any(|place| place.school == school));
        }
    }
    assert!(families[1..].iter().all(|count| *count > 20), "{families:?}");
    for (person, relatives) in academy.people.iter().zip(relatives) {
        let expected = if person.profile == Profile::Student { 1..3 } else { 0..1 };
        assert!(expected.contains(&relatives), "{relatives}");
    }
    let apart = academy.people.iter().filter(|p| p.profile == Profile::Relative && p.places.len() > 1);
    assert!(apart.count() > 50, "brothers and sisters go to several schools");
}

#[test]
fn pupils_have_the_age_of_their_level_and_siblings_are_twins_or_nine_months_apart() {
    let academy = Academy::invent(5_000, 3);
    for person in &academy.people {
        assert_eq!(person.profile == Profile::Student, person.born.is_some());
        let mut born: Vec<_> =
            person.children.iter().filter_map(|child| academy.people[*child as usize].born).collect();
        born.sort_unstable();
        for pair in born.windows(2) {
            let days = (pair[1] - pair[0]).num_days();
            assert!(days == 0 || days > 270, "{days}");
        }
    }
    let years: BTreeSet<_> = academy
        .people
        .iter()
        .filter_map(|person| person.born)
        .map(|born| chrono::Datelike::year(&born))
        .collect();
    assert_eq!(years.first().copied(), Some(plan::SCHOOL_YEAR - 17));
    assert_eq!(years.last().copied(), Some(plan::SCHOOL_YEAR - 6));
}

#[test]
fn every_school_has_a_code_of_its_own() {
    let academy = Academy::invent(50_000, 3);
    let codes: BTreeSet<_> = academy.schools.iter().filter_map(|school| school.uai).collect();
    assert_eq!(codes.len(), academy.schools.len());
    assert!(codes.iter().all(|code| code.as_str().starts_with("099")));
}

#[test]
fn there_are_homonyms_also_in_one_household() {
    let academy = Academy::invent(1_200, 2026);
    let name = |person: &plan::Person| login::generate(person.first, &person.family.text());
    let distinct: BTreeSet<_> = academy.people.iter().map(name).collect();
    assert!(academy.people.len() - distinct.len() > 10, "{}", distinct.len());
    let namesake = |person: &&plan::Person| {
        person.children.iter().any(|child| name(&academy.people[*child as usize]) == name(person))
    };
    assert!(academy.people.iter().filter(namesake).count() > 0);
}

#[tokio::test]
async fn what_is_built_is_what_was_planned() {
    let (node, _) = node(30).await;
    let academy = Academy::invent(620, 5);
    let mut heard = vec![];
    build(&node, &academy, None, |stage, done, total| heard.push((stage, done, total))).await.unwrap();
    let stages: Vec<_> = heard.iter().map(|(stage, ..)| *stage).collect();
    assert_eq!(stages, [Stage::Schools, Stage::People, Stage::Rules]);
    assert!(heard.iter().all(|(_, done, total)| done == total));
    node.read(|world| {
        assert_eq!(world.people.everybody().count(), academy.people.len());
        assert_eq!(world.people.all_structures().count(), academy.schools.len());
        for (planned, (_, built)) in academy.schools.iter().zip(world.people.all_structures()) {
            assert_eq!((built.id, built.uai, built.name.as_str()), (planned.id, planned.uai, &*planned.name));
            assert_eq!(built.classes.len(), planned.classes.len());
            let attached = academy
                .people
                .iter()
                .filter(|p| p.places.iter().any(|p| academy.schools[p.school].id == built.id));
            let number = world.people.structure_no(built.id).unwrap();
            assert_eq!(world.people.people_of(number).len(), attached.count() as u64);
        }
        for person in &academy.people {
            let row = world.people.person_by_id(person.id).unwrap();
            assert_eq!((row.profile, row.attachments.len()), (person.profile, person.places.len()));
            assert_eq!(row.identity.as_ref(), Some(&academy.identity(person)));
            assert_eq!(row.children.len(), person.children.len());
        }
        let logins: BTreeSet<_> = world.people.everybody().filter_map(|(_, row)| row.login.clone()).collect();
        assert_eq!(logins.len(), academy.people.len(), "everybody has a login and no two have the same");
    });
}

/// Builds a small academy with a week of messages.
async fn with_messages() -> (Node, Academy, Written) {
    let (node, clock) = node(10).await;
    let academy = Academy::invent(620, 5);
    build(&node, &academy, Some("verifier"), |_, _, _| ()).await.unwrap();
    let written = messages::write(&node, &academy, Enough::Days(7), Some(&clock)).await.unwrap();
    (node, academy, written)
}

#[tokio::test]
async fn messages_reach_people_who_read_some_of_them() {
    let (node, academy, written) = with_messages().await;
    assert!(written.sent > 20 && written.answers > 3 && written.openings > 100, "{written:?}");
    assert!(written.trashed > 0, "{written:?}");
    assert_eq!(written.unreached, 0, "everybody writes to people they reach");
    node.read(|world| {
        let everybody: Vec<_> = world.people.everybody().map(|(number, _)| number).collect();
        let active =
            world.people.everybody().filter(|(_, row)| row.account() == AccountState::Active).count();
        assert_eq!(active, academy.people.iter().filter(|person| person.active).count());
        let unread: u32 = everybody.iter().map(|person| world.mailboxes.unread(*person)).sum();
        let mut opened = 0;
        let mut delivered = 0;
        for number in 1..=written.sent {
            let message = world.mailboxes.number(academy.message(number)).expect("was sent");
            let sent = world.mailboxes.message(message).unwrap();
            assert!(sent.counts.delivered > 0, "{number} reached nobody");
            opened += sent.opened();
            delivered += sent.counts.delivered;
        }
        assert_eq!(opened as usize, written.openings);
        assert!(unread > 0 && unread <= delivered - opened, "{unread} of {delivered}, {opened} opened");
        let in_trash: usize =
            everybody.iter().map(|person| world.mailboxes.trash(*person, None, 1_000).len()).sum();
        assert_eq!(in_trash, written.trashed);
    });
}

#[tokio::test]
async fn messages_are_spread_over_the_days() {
    let (node, academy, written) = with_messages().await;
    let days = node.read(|world| {
        let sent = (1..=written.sent).filter_map(|number| world.mailboxes.number(academy.message(number)));
        let at = sent.map(|number| world.mailboxes.message(number).unwrap().sent_at());
        at.map(|at| domain::clock::Zone::PARIS.day_at(at)).collect::<BTreeSet<_>>()
    });
    assert_eq!(days.len(), 5, "seven days have five that are no week-end: {days:?}");
    assert_eq!(node.read(|world| world.people.today(domain::clock::Zone::PARIS)), "2026-11-21".parse().ok());
}

#[tokio::test]
async fn what_was_built_can_be_built_again_from_the_log() {
    let (node, ..) = with_messages().await;
    let again = projections::live::rebuild(node.log(), node.vault()).await.unwrap();
    let same = node.read(|world| {
        let unread = |world: &projections::World| {
            world.people.everybody().map(|(number, _)| world.mailboxes.unread(number)).collect::<Vec<_>>()
        };
        world.position == again.position && unread(world) == unread(&again)
    });
    assert!(same);
}
