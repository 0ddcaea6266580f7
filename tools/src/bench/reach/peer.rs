//! The same facts in PostgreSQL: who is in which group, what groups state, rules, families, each indexed both ways.
//!
//! Nothing about the shape of a school is recursive in the question about two people, so no query is: that is in
//! PostgreSQL's favour.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use projections::World;

use super::super::cluster::{Cluster, Work};
use super::{Questions, Times, linked};

const TABLES: &str = "
    CREATE TABLE groups (id int PRIMARY KEY, uses bool NOT NULL, exposes bool NOT NULL, internal bool NOT NULL);
    CREATE TABLE members (person int NOT NULL, grp int NOT NULL);
    CREATE TABLE rules (source int NOT NULL, target int NOT NULL);
    CREATE TABLE family (asker int NOT NULL, target int NOT NULL);
    CREATE TABLE pairs (id int PRIMARY KEY, asker int NOT NULL, target int NOT NULL);
    CREATE TABLE askers (id int PRIMARY KEY, asker int NOT NULL)";

const INDEXES: &str = "
    ALTER TABLE members ADD PRIMARY KEY (person, grp);
    CREATE UNIQUE INDEX ON members (grp, person);
    CREATE INDEX ON rules (source, target);
    CREATE INDEX ON rules (target, source);
    ALTER TABLE family ADD PRIMARY KEY (asker, target);
    ANALYZE";

/// Whether the asker of the pair `p` reaches its target.
const REACHES: &str = "EXISTS (SELECT 1 FROM members m JOIN groups f ON f.id = m.grp AND f.uses
        JOIN rules r ON r.source = m.grp JOIN groups t ON t.id = r.target AND t.exposes
        JOIN members h ON h.grp = r.target AND h.person = p.target WHERE m.person = p.asker)
    OR EXISTS (SELECT 1 FROM members m JOIN groups g ON g.id = m.grp AND g.internal
        JOIN members h ON h.grp = m.grp AND h.person = p.target WHERE m.person = p.asker)
    OR EXISTS (SELECT 1 FROM family f WHERE f.asker = p.asker AND f.target = p.target)";

/// Everybody whom somebody reaches.
const WHOLE: &str = "\\set n random(:first, :last)
WITH a AS (SELECT asker FROM askers WHERE id = :n)
SELECT h.person FROM a JOIN members m ON m.person = a.asker JOIN groups f ON f.id = m.grp AND f.uses
    JOIN rules r ON r.source = m.grp JOIN groups t ON t.id = r.target AND t.exposes
    JOIN members h ON h.grp = r.target
UNION SELECT h.person FROM a JOIN members m ON m.person = a.asker JOIN groups g ON g.id = m.grp AND g.internal
    JOIN members h ON h.grp = m.grp
UNION SELECT f.target FROM a JOIN family f ON f.asker = a.asker;
";

/// A server that holds an academy.
pub(super) struct Peer {
    cluster: Cluster,
    pairs: usize,
    teachers: usize,
}

impl Peer {
    /// Starts a server without facts. Fails if the programs are not there.
    pub(super) fn start(programs: Option<&Path>, scratch: Option<&Path>) -> Result<Self> {
        let cluster = Cluster::start(programs, scratch)?;
        cluster.ask(TABLES)?;
        Ok(Self { cluster, pairs: 0, teachers: 0 })
    }

    /// Gives it everything that is current in `world`, and the questions; the head of the authority is the last asker.
    pub(super) fn fill(&mut self, world: &World, asked: &Questions) -> Result<()> {
        let [mut groups, mut members, mut rules, mut family, mut pairs, mut askers] =
            [(); 6].map(|()| String::new());
        let bit = |fact: bool| if fact { 't' } else { 'f' };
        for (structure, _) in world.people.all_structures() {
            for group in world.people.groups_of(structure) {
                let facts = world.graph.facts(&world.people, *group);
                let [uses, exposes, internal] = [facts.uses, facts.exposes, facts.internal].map(bit);
                writeln!(groups, "{}\t{uses}\t{exposes}\t{internal}", group.0)?;
                for person in world.people.members(*group).into_iter().flatten() {
                    writeln!(members, "{person}\t{}", group.0)?;
                }
                for rule in world.graph.rules_from(*group) {
                    writeln!(rules, "{}\t{}", rule.from.0, rule.to.0)?;
                }
            }
        }
        for (person, _) in world.people.everybody() {
            let (children, relatives) = (world.people.children(person), world.people.relatives(person));
            for other in children.iter().chain(relatives) {
                if linked(world, person, *other) {
                    writeln!(family, "{}\t{}", person.0, other.0)?;
                }
            }
        }
        for (number, (asker, target)) in asked.pairs.iter().enumerate() {
            writeln!(pairs, "{number}\t{}\t{}", asker.0, target.0)?;
        }
        for (number, asker) in asked.teachers.iter().chain([&asked.head]).enumerate() {
            writeln!(askers, "{number}\t{}", asker.0)?;
        }
        (self.pairs, self.teachers) = (asked.pairs.len(), asked.teachers.len());
        for (table, lines) in [
            ("groups", groups),
            ("members", members),
            ("rules", rules),
            ("family", family),
            ("pairs", pairs),
            ("askers", askers),
        ] {
            self.cluster.fill(table, &lines)?;
        }
        self.cluster.ask(INDEXES).map(drop)
    }

    /// Returns how many of the pairs are allowed.
    pub(super) fn allowed(&self) -> Result<usize> {
        self.cluster.count(&format!("SELECT count(*) FROM pairs p WHERE {REACHES}"))
    }

    /// Asks everything for so many seconds.
    pub(super) fn ask(&mut self, times: &mut Times, seconds: u64) -> Result<()> {
        let pair = format!("\\set n random(:first, :last)\nSELECT {REACHES} FROM pairs p WHERE p.id = :n;\n");
        let (pairs, teachers) = (self.pairs, self.teachers);
        for (script, first, last, samples) in [
            (pair.as_str(), 0, pairs.saturating_sub(1), &mut times.pair),
            (WHOLE, 0, teachers.saturating_sub(1), &mut times.teacher),
            (WHOLE, teachers, teachers, &mut times.head),
        ] {
            let variables = [("first", first.to_string()), ("last", last.to_string())];
            let (calls, _) = self.cluster.run(Work { script, clients: 1, seconds, variables: &variables })?;
            samples.append(calls);
        }
        Ok(())
    }
}
