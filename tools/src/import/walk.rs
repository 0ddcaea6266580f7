//! A whole school under a random walk: what everybody reaches equals the naive twin, after each step, followed live,
//! as of each position, and rebuilt.
//!
//! The school is the one of the real-format files, once with each matrix; where `../shared` is missing it is that of an
//! invented academy, which is said. `PREAU_STEPS` sets how many steps are walked, `PREAU_SEED` repeats a walk.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::graphql::rules::change::command;
use domain::actor::Actor;
use domain::group::{Fact, GroupKind, InternalPolicy, Profile};
use domain::person::{self, BlockCause, Person};
use domain::structure::Structure;
use domain::{ClassId, CommandId, PersonId, RuleId, StreamId, StructureId};
use eventlog::Position;
use eventlog::clock::SystemClock;
use projections::dense::StructureNo;
use projections::graph::Change;
use projections::world::Owner;
use projections::{GroupNo, World};

use super::tests::{folders, import, node, order};
use super::*;
use crate::academy::Academy;
use crate::academy::build::build;
use crate::academy::seed::Draws;

#[allow(dead_code, reason = "the tests of the graph ask it more")]
#[path = "../../../projections/src/graph/twin/naive.rs"]
mod naive;

use naive::Twin;

/// How many steps are walked where nobody says otherwise.
const STEPS: usize = 24;

/// What everybody reaches: people and groups, by number.
type Reaches = BTreeMap<PersonId, (Vec<u32>, Vec<u32>)>;

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// A school, its twin, and what everybody reached at each position of the walk.
struct Walk {
    node: Node,
    twin: Twin,
    /// How far the twin followed.
    at: Position,
    draws: Draws,
    steps: u32,
    known: Vec<(Position, Reaches)>,
}

impl Walk {
    async fn begin(node: Node, seed: u64) -> Self {
        let mut twin = Twin::default();
        node.read(|world| {
            for (number, structure) in world.people.all_structures() {
                for group in world.people.groups_of(number) {
                    twin.knows(structure.id, world.people.group_row(*group).unwrap().kind.clone());
                }
            }
        });
        let draws = Draws::of(seed, "walk");
        let mut walk = Self { node, twin, at: Position::START, draws, steps: 0, known: vec![] };
        walk.follow(false).await;
        walk.compare();
        walk
    }

    /// Has the twin follow what happened; where it is compared, at each position.
    async fn follow(&mut self, compared: bool) {
        loop {
            let read = self.node.log().read_all(self.at, 512).await.unwrap();
            if read.is_empty() {
                return;
            }
            for recorded in &read {
                let event = eventlog::decode::decode(recorded).unwrap();
                self.twin.follow(Owner::of(recorded.stream()), &event);
                self.at = recorded.position;
                if compared {
                    self.known.push((self.at, self.expected()));
                }
            }
        }
    }

    /// What the twin says that everybody reaches.
    fn expected(&self) -> Reaches {
        let looked = self.twin.look();
        let people = self.twin.everybody().map(|me| (me, self.twin.reach_in(&looked, me)));
        let reached: Vec<_> = people.collect();
        self.node.read(|world| {
            let numbered = reached.into_iter().map(|(me, (people, groups))| {
                let people = people.into_iter().map(|id| world.people.number(id).unwrap().0);
                let groups = groups.into_iter().map(|id| world.people.group(id).unwrap().0);
                let (mut people, mut groups): (Vec<_>, Vec<_>) = (people.collect(), groups.collect());
                people.sort_unstable();
                groups.sort_unstable();
                (me, (people, groups))
            });
            numbered.collect()
        })
    }

    fn compare(&mut self) {
        let expected = self.expected();
        let found = self.node.read(reaches);
        assert_eq!(self.node.live().position(), self.at);
        same(&found, &expected, self.at);
        self.known.push((self.at, expected));
    }

    async fn step(&mut self) {
        let happened = if self.draws.chance(70) { self.of_rules().await } else { self.of_people().await };
        if happened {
            self.known.retain(|(at, _)| *at <= self.at);
            self.follow(true).await;
            let (at, expected) = self.known.last().unwrap();
            same(&self.node.read(reaches), expected, *at);
        }
    }

    /// Returns an order whose command nobody gave before.
    fn order(&mut self) -> api::node::Order {
        self.steps += 1;
        self.node.order_as(Actor::Operator, CommandId::from_u128(0x5747_0000 + u128::from(self.steps)))
    }

    async fn of_rules(&mut self) -> bool {
        let order = self.order();
        let rule = RuleId::derived(order.meta.command, 0);
        let drawn = self.node.read(|world| drawn_rules(world, &mut self.draws));
        let (accepts, asks) = (self.draws.chance(50), self.draws.chance(70));
        let prepared = self.node.read(|world| {
            let preview = world.graph.preview(&world.people, &[drawn]);
            let opens = preview.to_accept.iter().filter_map(|group| world.people.group_id(*group));
            let opens: Vec<_> = opens.collect();
            let accepted = if accepts { opens.clone() } else { vec![] };
            // Facts may be stale: then nothing asks, and what was not accepted waits.
            let opens = if asks { opens } else { vec![] };
            let stream = api::graphql::rules::change::stream(world, &drawn).ok()?;
            Some((stream, command(world, drawn, rule, opens, accepted).ok()?))
        });
        let Some((stream, command)) = prepared else { return false };
        let carried = self.node.execute::<Structure>(&order, &stream, command).await.unwrap();
        !carried.events.is_empty()
    }

    async fn of_people(&mut self) -> bool {
        let order = self.order();
        let drawn = self.node.read(|world| drawn_people(world, &mut self.draws));
        let Some((person, command)) = drawn else { return false };
        let stream = StreamId::person(person);
        let carried = self.node.execute::<Person>(&order, &stream, command).await.unwrap();
        !carried.events.is_empty()
    }

    /// Looks at each position of the walk again, in a world of the past, and at a world built anew.
    async fn end(self) -> usize {
        for (at, expected) in &self.known {
            let past = self.node.past().at(*at).await.unwrap();
            same(&reaches(&past), expected, *at);
        }
        let clock = || Arc::new(SystemClock);
        let (log, vault) = (Arc::clone(self.node.log()), Arc::clone(self.node.vault()));
        let rebuilt = Node::start(log, vault, clock(), |_, _| ()).await.unwrap();
        let dumps = |node: &Node| node.read(|world| world.dumps().map(|(_, dump)| dump));
        assert_eq!(dumps(&rebuilt), dumps(&self.node), "the rebuilt world is the one that followed");
        self.known.len()
    }
}

fn reaches(world: &World) -> Reaches {
    let World { people, graph, .. } = world;
    let everybody = people.everybody().map(|(me, row)| {
        let reach = graph.reach(people, me);
        (row.id, (reach.people.iter().collect(), reach.groups.iter().collect()))
    });
    everybody.collect()
}

#[track_caller]
fn same(found: &Reaches, expected: &Reaches, at: Position) {
    assert_eq!(found.len(), expected.len(), "position {at}");
    for (me, expected) in expected {
        assert_eq!(&found[me], expected, "what {me} reaches at position {at}");
    }
}

fn drawn_structure(world: &World, draws: &mut Draws) -> (StructureNo, StructureId) {
    let all: Vec<_> = world.people.all_structures().map(|(number, row)| (number, row.id)).collect();
    *draws.pick(&all).unwrap()
}

fn drawn_group(world: &World, draws: &mut Draws) -> GroupNo {
    let (structure, _) = drawn_structure(world, draws);
    let all = world.people.groups_of(structure);
    // Groups that hold many, or that many rules are about, more often.
    let counts = |group: &&GroupNo| {
        let kind = &world.people.group_row(**group).unwrap().kind;
        matches!(kind, GroupKind::Profile(_) | GroupKind::Class(_, Profile::Student | Profile::Relative))
    };
    let wide: Vec<_> = all.iter().filter(counts).copied().collect();
    let drawn = if draws.chance(60) { &wide } else { all };
    *draws.pick(drawn).unwrap()
}

fn drawn_rules(world: &World, draws: &mut Draws) -> Change {
    let fact = *draws.pick(&[Fact::Uses, Fact::Exposes, Fact::Internal]).unwrap();
    match draws.weighted(&[5, 3, 3, 3, 1]) {
        0 => {
            let (from, to) = (drawn_group(world, draws), drawn_group(world, draws));
            Change::MakeRule { from, to, expose_members: draws.chance(80) }
        }
        1 => {
            let groups: Vec<_> = (0..20).map(|_| drawn_group(world, draws)).collect();
            let mut rules = groups.into_iter().flat_map(|group| world.graph.rules_from(group));
            let rule = rules.next().map_or(RuleId::from_u128(1), |rule| rule.id);
            Change::RemoveRule { rule }
        }
        2 => Change::GrantFact { group: drawn_group(world, draws), fact },
        3 => Change::RemoveFact { group: drawn_group(world, draws), fact },
        _ => {
            let (structure, _) = drawn_structure(world, draws);
            let policy = *draws.pick(&[InternalPolicy::Implied, InternalPolicy::Explicit]).unwrap();
            Change::SetPolicy { structure, policy }
        }
    }
}

fn drawn_people(world: &World, draws: &mut Draws) -> Option<(PersonId, person::Command)> {
    let all: Vec<_> = world.people.everybody().map(|(number, row)| (number, row.id, row.profile)).collect();
    let (number, id, profile) = *draws.pick(&all)?;
    let structure = world.people.person(number)?.main()?.structure;
    let structure = world.people.structure(structure)?;
    let classes: Vec<ClassId> = structure.classes.keys().copied().collect();
    let mut class = || draws.pick(&classes).copied();
    let (join, leave) = (class()?, class()?);
    let reason = "marche".to_owned();
    Some((
        id,
        match draws.weighted(&[4, 3, 2, 2, 1, 1, 2]) {
            0 => person::Command::JoinClass(structure.id, join),
            1 => person::Command::LeaveClass(structure.id, leave),
            2 => {
                let (cause, by, until) = (BlockCause::Person, Some(structure.id), None);
                person::Command::Block { cause, by, until, reason }
            }
            3 => person::Command::Unblock(BlockCause::Person),
            4 => person::Command::Close,
            5 => person::Command::Reopen,
            _ if profile == Profile::Relative => {
                let children = world.people.children(number);
                match children.first().and_then(|child| world.people.id(*child)) {
                    Some(child) if draws.chance(60) => person::Command::UnlinkChild(child),
                    Some(_) | None => {
                        let pupils = all.iter().filter(|(.., profile)| *profile == Profile::Student);
                        let pupils: Vec<_> = pupils.copied().collect();
                        let (_, child, profile) = *draws.pick(&pupils)?;
                        person::Command::LinkChild { child, profile }
                    }
                }
            }
            _ => person::Command::Detach(structure.id),
        },
    ))
}

async fn walked(node: Node, seed: u64, steps: usize) {
    let mut walk = Walk::begin(node, seed).await;
    for _ in 0..steps {
        walk.step().await;
    }
    let looked = walk.end().await;
    println!("{steps} steps, {looked} positions compared");
    assert!(looked > steps / 4, "most steps change something");
}

#[tokio::test]
async fn the_real_school_under_a_random_walk_reaches_what_the_naive_twin_says() {
    let steps =
        from_environment("PREAU_STEPS").and_then(|steps| usize::try_from(steps).ok()).unwrap_or(STEPS);
    let drawn = || u64::from(std::process::id()) << 20 ^ u64::try_from(steps).unwrap_or_default();
    let seed = from_environment("PREAU_SEED").unwrap_or_else(drawn);
    println!("PREAU_SEED={seed}");
    let folders = folders();
    // The first of the two folders has the same school as the other.
    let Some(folder) = folders.first() else {
        let (node, academy) = (node().await, Academy::invent(300, seed));
        build(&node, &academy, None, |_, _, _| ()).await.unwrap();
        println!("walked instead: an invented academy of 300");
        return walked(node, seed, steps).await;
    };
    for matrix in ["published-2025", "classic"] {
        let node = node().await;
        import(&node, &order(matrix), folder, 1).await;
        walked(node, seed, steps).await;
    }
}

#[tokio::test]
async fn an_invented_academy_under_a_random_walk_does_too() {
    let node = node().await;
    build(&node, &Academy::invent(300, 7), None, |_, _, _| ()).await.unwrap();
    walked(node, 7, 12).await;
}
