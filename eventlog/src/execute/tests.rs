//! The queue of commands, on a log in memory and on sled.

use std::collections::HashSet;

use domain::actor::Actor;
use domain::id::Ulid;
use domain::structure::{Command, Refusal, Structure};
use domain::{CommandId, Label, RuleId, StructureId};

use super::*;
use crate::clock::TestClock;
use crate::keys::Ring;
use crate::log::Direction;
use crate::{MemoryLog, SledLog};

const HERE: StructureId = StructureId::from_u128(1);

fn clock() -> Arc<dyn Clock> {
    Arc::new(TestClock::at("2026-09-01T08:00:00Z".parse().unwrap()))
}

fn executor(log: Arc<dyn EventLog>, vault: &Arc<Vault>) -> Arc<Executor> {
    Arc::new(Executor::new(log, Arc::clone(vault), clock()))
}

fn vault() -> Arc<Vault> {
    Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap())))
}

fn in_memory() -> Arc<Executor> {
    executor(Arc::new(MemoryLog::new(clock())), &vault())
}

fn meta_of(key: u64) -> Meta {
    meta(Actor::Operator, CommandId::of(&Actor::Operator, Ulid::from(u128::from(key))))
}

fn create() -> Command {
    Command::Create(domain::structure::Create {
        structure: HERE,
        uai: None,
        name: Label::parse("École des Tilleuls").unwrap(),
        parent: None,
        zone: domain::clock::Zone::PARIS,
        matrix: domain::structure::Matrix::shipped("classic").unwrap(),
        command: CommandId::from_u128(1),
    })
}

fn open_class(n: u64) -> Command {
    let class = domain::ClassId::from_u128(u128::from(n));
    Command::OpenClass { class, name: Label::parse(&format!("class {n}")).unwrap() }
}

fn free_group(n: u64) -> Command {
    let group = domain::GroupId::from_u128(u128::from(n));
    Command::CreateFreeGroup { group, name: "Sortie à vélo".into(), members_reach_each_other: false }
}

fn stream() -> StreamId {
    StreamId::structure(HERE)
}

async fn run(
    executor: &Executor,
    key: u64,
    command: Command,
) -> Result<Done<domain::structure::Event>, NotDone<Refusal>> {
    executor.execute::<Structure>(&stream(), &meta_of(key), command).await
}

#[tokio::test]
async fn a_repeated_command_is_answered_alike_and_appends_nothing() {
    let executor = in_memory();
    let first = run(&executor, 1, create()).await.unwrap();
    let second = run(&executor, 1, create()).await.unwrap();
    assert!(!first.repeated && second.repeated);
    assert_eq!(first.position, second.position);
    executor.forget(&stream()).await;
    let from_the_log = run(&executor, 1, create()).await.unwrap();
    assert!(from_the_log.repeated);
    assert_eq!(from_the_log.position, first.position);
    assert_eq!(executor.log().head(), first.position);
}

#[tokio::test]
async fn a_key_used_for_another_command_is_a_mismatch() {
    let executor = in_memory();
    let with = |variables: &str| Meta { variables: Some(variables.into()), ..meta_of(1) };
    executor.execute::<Structure>(&stream(), &with("a"), create()).await.unwrap();
    let other = executor.execute::<Structure>(&stream(), &with("b"), open_class(1)).await;
    assert!(matches!(other, Err(NotDone::Mismatch)));
}

#[tokio::test]
async fn a_refusal_says_what_it_rests_on() {
    let executor = in_memory();
    let created = run(&executor, 1, create()).await.unwrap();
    let close = Command::CloseClass { class: domain::ClassId::from_u128(9), people: 0 };
    match run(&executor, 2, close).await {
        Err(NotDone::Refused { refusal: Refusal::UnknownClass, at }) => assert_eq!(at, created.position),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn sealed_fields_are_shut_in_the_log_and_open_in_the_state() {
    let executor = in_memory();
    run(&executor, 1, create()).await.unwrap();
    run(&executor, 2, free_group(5)).await.unwrap();
    let events = executor.log().read_stream(&stream(), None, Direction::Backwards, 1).await.unwrap();
    let stored = String::from_utf8(events[0].data().to_vec()).unwrap();
    assert!(!stored.contains("Sortie"), "{stored}");
    let domain::Event::Structure(domain::structure::Event::FreeGroupCreated(created)) =
        decode::open(executor.vault(), &events[0]).unwrap()
    else {
        panic!("another event")
    };
    assert_eq!(created.name.open().map(String::as_str), Some("Sortie à vélo"));
}

async fn many_writers(executor: Arc<Executor>) {
    run(&executor, 0, create()).await.unwrap();
    let writers = (0..64_u64).map(|writer| {
        let executor = Arc::clone(&executor);
        tokio::spawn(async move {
            for n in (writer..10_000).step_by(64) {
                run(&executor, n + 1, open_class(n)).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let mut seen = HashSet::new();
    let events = executor.log().read_all(Position::START, 20_000).await.unwrap();
    for (index, recorded) in events.iter().enumerate() {
        assert_eq!(recorded.revision, index as u64, "no gap");
        assert!(seen.insert(recorded.id), "no double");
    }
    assert_eq!(events.len(), 10_000 + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_writers_on_one_stream_lose_nothing_in_memory() {
    many_writers(in_memory()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_writers_on_one_stream_lose_nothing_on_sled() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = SledLog::open(&directory.path().join("log"), clock(), Arc::new(())).unwrap();
    many_writers(executor(Arc::new(log), &vault())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_on_one_log_decide_again_and_lose_nothing() {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(clock()));
    let vault = vault();
    let nodes = [executor(Arc::clone(&log), &vault), executor(Arc::clone(&log), &vault)];
    run(&nodes[0], 0, create()).await.unwrap();
    let writers = nodes.clone().into_iter().zip([0, 1]).map(|(node, offset)| {
        tokio::spawn(async move {
            for n in 0..100 {
                run(&node, 1 + n * 2 + offset, open_class(n * 2 + offset)).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let events = log.read_all(Position::START, 1000).await.unwrap();
    assert_eq!(events.len(), 200 + 2);
    let states = [nodes[0].state::<Structure>(&stream()).await, nodes[1].state::<Structure>(&stream()).await];
    let _ = states.map(Result::unwrap);
}

#[tokio::test]
async fn prepared_commands_are_appended_together_once() {
    let executor = in_memory();
    run(&executor, 1, create()).await.unwrap();
    let commands = || vec![open_class(1), open_class(2), open_class(1)];
    let prepared = executor.prepare::<Structure>(&stream(), &meta_of(2), commands()).await.unwrap().unwrap();
    let append = prepared.expect("something to append");
    assert_eq!(append.events.len(), 2, "the third was already so");
    executor.append_all(vec![append]).await.remove(0).unwrap();
    let again = executor.prepare::<Structure>(&stream(), &meta_of(2), commands()).await.unwrap().unwrap();
    assert_eq!(again, None, "found by its command id");
    let (unknown, class) = (RuleId::from_u128(1), domain::ClassId::from_u128(77));
    let commands = vec![Command::RemoveRule { rule: unknown }, Command::CloseClass { class, people: 0 }];
    let refused = executor.prepare::<Structure>(&stream(), &meta_of(3), commands).await.unwrap();
    assert_eq!(refused, Err(Refusal::UnknownClass));
}

#[tokio::test]
async fn the_turns_of_one_actor_come_one_after_the_other() {
    let executor = in_memory();
    let first = executor.turn("person:1").await;
    let second = tokio::spawn({
        let executor = Arc::clone(&executor);
        async move { drop(executor.turn("person:1").await) }
    });
    drop(executor.turn("person:2").await);
    assert!(!second.is_finished());
    drop(first);
    second.await.unwrap();
}
