//! `preau bench reach`: one question about two people, the whole reach of one, a change of a rule and what it would do.
//!
//! - [`peer`]: the same facts in PostgreSQL, indexed, asked the same questions.
//! - [`cedar`]: the same for the policy language Cedar, asked about single pairs, where this program has it.
//!
//! Each is measured at three sizes, a hundredth, a tenth and all of it, and the exponent of its growth is printed.
//!
//! Invariant: all are asked about the same pairs, and a difference in what they answer ends the scenario.

#[cfg(feature = "cedar")]
mod cedar;
#[cfg(not(feature = "cedar"))]
#[path = "reach/without_cedar.rs"]
mod cedar;
mod peer;

use anyhow::{Context as _, Result, anyhow, ensure};
use api::Node;
use domain::actor::Actor;
use domain::group::{GroupKind, Profile};
use domain::message::Witness;
use domain::structure::{self, MakeRule, Structure, Target};
use domain::{RuleId, StreamId, StructureId};
use eventlog::execute::meta;
use projections::graph::{Change, Target as Aim};
use projections::{PersonNo, World};
use serde_json::json;

use self::cedar::Cedar;
use self::peer::Peer;
use super::arguments::Reach;
use super::authority::{self, Authority};
use super::data::make;
use super::measure::{Samples, Stopwatch, exponent};
use super::report::{Cell, Report, Table};
use crate::academy::seed::Draws;
use crate::opened;

/// How many people of one kind are asked for their whole reach.
const ASKERS: usize = 200;

/// How often a rule is made and removed in a round.
const CHANGES: usize = 20;

/// The times of one kind of question.
type Of = fn(&Times) -> &Samples;

/// Two people.
type Pair = (PersonNo, PersonNo);

/// What is asked of an academy.
struct Questions {
    pairs: Vec<Pair>,
    /// How many of the pairs are allowed.
    allowed: usize,
    /// Teachers of the school that is nearest to 2,000 people.
    teachers: Vec<PersonNo>,
    /// Who reaches everybody.
    head: PersonNo,
    /// A rule from all relatives of that school to all pupils of it.
    rule: Change,
}

/// How long each kind of question took, in milliseconds.
#[derive(Default)]
struct Times {
    pair: Samples,
    teacher: Samples,
    head: Samples,
    /// Looking at what the rule would do.
    preview: Samples,
}

/// Runs the scenario.
pub async fn reach(args: &Reach) -> Result<()> {
    let quick = args.common.quick;
    let (people, pairs, seconds, rounds) = if quick {
        (600, 300, 0, 1)
    } else {
        (args.people, args.pairs.max(1), args.seconds.max(1), args.common.rounds.max(1))
    };
    let asked = json!({ "people": people, "pairs": pairs, "rounds": rounds, "seed": args.seed });
    let mut report = Report::of("reach", asked);
    let mut sizes =
        Table::new("academy", &["people", "groups", "rules", "memberships", "graph_mib", "people_mib"]);
    let mut questions = Asked::new();
    let mut previews =
        Table::new("what a rule would do", &["people", "pairs_opened", "p50_ms", "p99_ms", "growth"]);
    let mut before: Option<(f64, f64)> = None;
    let mut changes = Table::new("a rule made or removed", &["people", "what", "p50_ms", "p99_ms"]);
    let mut cedars = Table::new("given to Cedar", &["people", "entities", "policies", "seconds"]);
    let mut missing = None;
    let parts: &[u32] = if quick { &[1] } else { &[100, 10, 1] };
    for part in parts {
        let folder = super::scratch(&args.common)?;
        let made = make(&folder.path().join("data"), (people / part).max(300), args.seed, None).await?;
        let node = made.node;
        let authority = authority::make(&node).await?;
        node.read(|world| sizes.row(size(world)));
        let asked = node.read(|world| draw(world, &authority, pairs, args.seed)).context("nobody to ask")?;
        let mut server = Peer::start(args.postgres.as_deref(), args.common.scratch.as_deref());
        if let Ok(server) = &mut server {
            node.read(|world| server.fill(world, &asked))?;
            let allowed = server.allowed()?;
            ensure!(allowed == asked.allowed, "PostgreSQL allows {allowed} pairs, we {}", asked.allowed);
        }
        let watch = Stopwatch::start();
        let policies = if args.cedar_pairs == 0 { None } else { node.read(Cedar::of)? };
        if let Some(policies) = &policies {
            let number = node.read(|world| world.people.everybody().count());
            let made = Cell::Measure(watch.seconds(), 2);
            cedars.row([number.into(), policies.entities().into(), policies.policies().into(), made]);
        }
        let (mut own, mut peer, mut cedar) = (Times::default(), Times::default(), Times::default());
        let (mut durable, mut visible) = (Samples::default(), Samples::default());
        for _ in 0..rounds {
            node.read(|world| own.ask(world, &asked));
            if let Ok(server) = &mut server {
                server.ask(&mut peer, seconds)?;
            }
            if let Some(policies) = &policies {
                let pairs = asked.pairs.iter().take(args.cedar_pairs);
                node.read(|world| compare(policies, world, pairs, &mut cedar.pair))?;
            }
            change(&node, &authority, &mut durable, &mut visible).await?;
        }
        let number = node.read(|world| world.people.everybody().count());
        questions.add(number, &own, [server.is_ok().then_some(&peer), policies.is_some().then_some(&cedar)]);
        for (what, times) in [("until it is durable", &durable), ("from there until it is seen", &visible)] {
            let (median, p99) = (Cell::measure(times.median(), 3), Cell::measure(times.p99(), 3));
            changes.row([number.into(), what.into(), median, p99]);
        }
        let opened = node.read(|world| world.graph.preview(&world.people, &[asked.rule]).opened.pairs());
        let (size, median) = (number as f64, own.preview.median());
        let growth =
            before.zip(median).map(|((size_before, before), now)| exponent(before, now, size / size_before));
        before = median.map(|median| (size, median));
        let (p99, growth) = (Cell::measure(own.preview.p99(), 3), Cell::measure(growth, 2));
        previews.row([number.into(), Cell::Count(opened), Cell::measure(median, 3), p99, growth]);
        missing = server.err();
    }
    report.table(sizes);
    report.table(questions.table);
    report.table(previews);
    report.table(changes);
    if cedar::HERE && args.cedar_pairs > 0 {
        report.table(cedars);
    }
    report.note("growth: the exponent over the size before; 0 is constant, 1 is linear.");
    if !cedar::HERE {
        report.note("Cedar was not measured: it needs a build with --features cedar.");
    }
    if let Some(missing) = missing {
        report.note(format!("PostgreSQL was not measured: {missing:#}"));
    }
    report.print(args.common.format)
}

/// Asks Cedar about pairs; it must answer what we do.
fn compare<'a>(
    policies: &Cedar,
    world: &World,
    pairs: impl Iterator<Item = &'a Pair>,
    times: &mut Samples,
) -> Result<()> {
    for pair in pairs {
        let own = world.graph.witness(&world.people, pair.0, pair.1).is_some();
        let theirs = policies.allows(*pair, times)?;
        ensure!(own == theirs, "of the pair {pair:?} Cedar says {theirs}, we {own}");
    }
    Ok(())
}

/// Returns whether somebody reaches a relative or child as such.
fn linked(world: &World, person: PersonNo, other: PersonNo) -> bool {
    let paths = world.graph.paths(&world.people, person, Aim::Person(other));
    paths.iter().any(|path| matches!(path.witness, Witness::Family { .. }))
}

fn size(world: &World) -> [Cell; 6] {
    let groups = || world.people.all_structures().flat_map(|(number, _)| world.people.groups_of(number));
    let members = groups().filter_map(|group| world.people.members(*group));
    let memberships = members.fold(0, |sum, members| sum + members.len());
    let parts = world.memory();
    [
        world.people.everybody().count().into(),
        groups().count().into(),
        groups().map(|group| world.graph.rules_from(*group).count()).sum::<usize>().into(),
        Cell::Count(memberships),
        Cell::mebibytes(parts.graph as u64),
        Cell::mebibytes(parts.people as u64),
    ]
}

/// Draws what is asked: of two pairs one is of people of one school.
fn draw(world: &World, authority: &Authority, count: usize, seed: u64) -> Option<Questions> {
    let mut draws = Draws::of(seed, "bench reach");
    let mut everybody = vec![];
    let mut schools: Vec<_> =
        world.people.all_structures().map(|(number, _)| world.people.people_of(number)).collect();
    schools.retain(|people| people.len() > 2);
    for (person, _) in world.people.everybody() {
        everybody.push(person);
    }
    let of_school: Vec<Vec<u32>> = schools.iter().map(|people| people.iter().collect()).collect();
    let mut pairs = vec![];
    while pairs.len() < count {
        let pair = if pairs.len() % 2 == 0 {
            let school = draws.pick(&of_school)?;
            (PersonNo(*draws.pick(school)?), PersonNo(*draws.pick(school)?))
        } else {
            (*draws.pick(&everybody)?, *draws.pick(&everybody)?)
        };
        if pair.0 != pair.1 {
            pairs.push(pair);
        }
    }
    let (number, _) = world
        .people
        .all_structures()
        .min_by_key(|(number, _)| world.people.people_of(*number).len().abs_diff(2_000))?;
    let group = |profile| world.people.group_of_kind(number, &GroupKind::Profile(profile));
    let (from, to) = (group(Profile::Relative)?, group(Profile::Student)?);
    let rule = Change::MakeRule { from, to, expose_members: true };
    let teachers =
        world.people.members(group(Profile::Teacher)?)?.iter().take(ASKERS).map(PersonNo).collect();
    let reaches = |(from, to): &&Pair| world.graph.witness(&world.people, *from, *to).is_some();
    let allowed = pairs.iter().filter(reaches).count();
    Some(Questions { pairs, allowed, teachers, rule, head: world.people.number(authority.head)? })
}

impl Times {
    /// Asks everything once; ids of a whole reach are copied out.
    fn ask(&mut self, world: &World, asked: &Questions) {
        for (from, to) in &asked.pairs {
            let watch = Stopwatch::start();
            let witness = world.graph.witness(&world.people, *from, *to);
            self.pair.add_time(watch.elapsed());
            std::hint::black_box(witness);
        }
        let whole = |person: PersonNo, times: &mut Samples| {
            let watch = Stopwatch::start();
            let ids = world.graph.reach(&world.people, person).numbers();
            times.add_time(watch.elapsed());
            std::hint::black_box(ids);
        };
        for teacher in &asked.teachers {
            whole(*teacher, &mut self.teacher);
        }
        for _ in 0..5 {
            whole(asked.head, &mut self.head);
        }
        for _ in 0..20 {
            let watch = Stopwatch::start();
            let preview = world.graph.preview(&world.people, &[asked.rule]);
            self.preview.add_time(watch.elapsed());
            std::hint::black_box(preview);
        }
    }
}

/// The table of questions; each row knows how it grew over the row of the same kind before.
struct Asked {
    table: Table,
    before: Vec<(&'static str, &'static str, f64, f64)>,
}

impl Asked {
    fn new() -> Self {
        let columns = &["people", "question", "system", "p50_us", "p99_us", "growth", "of_postgres"];
        Self { table: Table::new("questions", columns), before: vec![] }
    }

    fn add(&mut self, people: usize, own: &Times, [peer, cedar]: [Option<&Times>; 2]) {
        let kinds: [(&'static str, Of); 3] = [
            ("one pair", |times| &times.pair),
            ("whole reach of a teacher", |times| &times.teacher),
            ("whole reach of the head of the authority", |times| &times.head),
        ];
        for (question, of) in kinds {
            let limit = peer.and_then(|peer| of(peer).median());
            for (system, times) in [("preau", Some(own)), ("postgres", peer), ("cedar", cedar)] {
                let Some(times) = times.map(of) else { continue };
                let median = times.median();
                if system == "cedar" && median.is_none() {
                    continue;
                }
                let known = self.before.iter().rposition(|(name, of, ..)| (*name, *of) == (question, system));
                let growth = known.zip(median).map(|(place, now)| {
                    let (_, _, size, value) = self.before[place];
                    exponent(value, now, people as f64 / size)
                });
                if let Some(median) = median {
                    self.before.push((question, system, people as f64, median));
                }
                let microseconds = |time: Option<f64>| Cell::measure(time.map(|time| time * 1000.0), 3);
                self.table.row([
                    people.into(),
                    question.into(),
                    system.into(),
                    microseconds(median),
                    microseconds(times.p99()),
                    Cell::measure(growth, 2),
                    Cell::measure(limit.zip(median).map(|(limit, own)| limit / own), 0),
                ]);
            }
        }
    }
}

/// Removes a rule of the authority and makes it again, and measures when that is durable, and when it is seen.
async fn change(
    node: &Node,
    authority: &Authority,
    durable: &mut Samples,
    visible: &mut Samples,
) -> Result<()> {
    let office = authority::OFFICE;
    let from = GroupKind::Profile(Profile::Staff).id(office);
    let (group, _) = *authority.groups.first().context("the authority reaches nobody")?;
    for _ in 0..CHANGES {
        let command = opened::new_command()?;
        let rule = RuleId::derived(command, 0);
        let (owner, standing) = node
            .read(|world| {
                let group_no = world.people.group(group)?;
                let owner = world.people.group_row(group_no).map(|row| row.structure)?;
                let standing = world
                    .graph
                    .rules_to(group_no)
                    .find(|rule| world.people.group_id(rule.from) == Some(from));
                Some((world.people.structure(owner)?.id, standing.map(|rule| rule.id)))
            })
            .context("the group of a rule is gone")?;
        let asked = match standing {
            Some(rule) => structure::Command::RemoveRule { rule },
            None => structure::Command::MakeRule(MakeRule {
                rule,
                from: target(office, from),
                to: target(owner, group),
                exposes_members: false,
                opens: vec![],
                accepted: vec![],
            }),
        };
        let (stream, meta) = (StreamId::structure(office), meta(Actor::Operator, command));
        let watch = Stopwatch::start();
        let append = node.executor().prepare::<Structure>(&stream, &meta, vec![asked]).await?;
        let append = append.map_err(|refusal| anyhow!("a rule is refused: {refusal}"))?;
        for answer in node.executor().append_all(append.into_iter().collect()).await {
            answer.context("the log took no more events")?;
        }
        durable.add_time(watch.elapsed());
        let watch = Stopwatch::start();
        crate::bulk::caught_up(node, node.log().head()).await?;
        visible.add_time(watch.elapsed());
    }
    Ok(())
}

fn target(structure: StructureId, group: domain::GroupId) -> Target {
    Target { structure, group, broadcast_list: false }
}
