//! Brings the rows of the files and what is known together into a plan.
//!
//! Invariant: a pure function, and a second run over what the first one made changes nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::PersonId;

use super::children::{self, Found, Pupils};
use super::classes::{self, Spelling};
use super::diff;
use super::facts::Facts;
use super::finding::{Finding, Problem, Severity};
use super::headers::Table;
use super::known::{Known, KnownPerson, Names, Profile, Source};
use super::lines::{self, Line};
use super::matching::{Candidate, Claim, Outcome, match_all};
use super::plan::{Counts, Link, Plan, PlannedPerson, Review, Who};
use super::proposals::{Relative, proposals};
use super::read::Tables;
use super::rows;

/// Returns what importing `tables` would change in what is known.
pub fn reconcile(tables: &Tables, known: &Known) -> Plan {
    let mut reconciling = Reconciling {
        tables,
        known,
        plan: Plan { findings: tables.findings.clone(), ..Plan::default() },
        places: HashMap::new(),
        spared: HashSet::new(),
        homonyms: HashMap::new(),
    };
    for person in &known.people {
        let name = (person.profile, person.identity.names.key());
        reconciling.homonyms.entry(name).or_default().push(person.id);
    }
    let (classes, spelling) = classes::planned(tables, &known.classes);
    reconciling.plan.classes = classes;
    let in_files = reconciling.pupils(&spelling);
    reconciling.take(Profile::Teacher, lines::of_teachers(&tables.teachers, &spelling));
    reconciling.relatives(&in_files);
    reconciling.compare();
    reconciling.links();
    reconciling.propose();
    reconciling.absent();
    reconciling.count();
    reconciling.plan
}

struct Reconciling<'a> {
    tables: &'a Tables,
    known: &'a Known,
    plan: Plan,
    /// Where in the plan a known person stands.
    places: HashMap<PersonId, usize>,
    /// People of whom a line that was left out may speak.
    spared: HashSet<PersonId>,
    /// The known people by profile and name.
    homonyms: HashMap<(Profile, String), Vec<PersonId>>,
}

fn table_of(profile: Profile) -> Table {
    match profile {
        Profile::Student => Table::Pupils,
        Profile::Teacher => Table::Teachers,
        Profile::Relative => Table::Relatives,
    }
}

impl<'a> Reconciling<'a> {
    fn known_people(&self, profile: Profile) -> impl Iterator<Item = &'a KnownPerson> + use<'a> {
        self.known.people.iter().filter(move |person| person.profile == profile)
    }

    fn say(&mut self, profile: Profile, line: u32, original: &str, problem: &Problem) {
        let file = self.tables.file_of(table_of(profile)).unwrap_or_default();
        self.plan.findings.push(problem.at(file, line, original));
    }

    fn pupils(&mut self, spelling: &Spelling) -> Pupils {
        let (dated, undated): (Vec<_>, Vec<_>) =
            self.tables.pupils.iter().partition(|row| row.birth_date.is_some());
        let whos = self.take(Profile::Student, lines::of_pupils(&dated, spelling));
        let mut pupils = Pupils::default();
        for (row, who) in dated.iter().zip(whos) {
            pupils.add(who, &row.names, &row.classes);
        }
        for row in undated {
            pupils.add(None, &row.names, &row.classes);
            self.spare_by_name(Profile::Student, &row.names);
        }
        pupils
    }

    fn relatives(&mut self, in_files: &Pupils) {
        let mut on_platform = Pupils::default();
        for person in self.known_people(Profile::Student).filter(|p| !self.places.contains_key(&p.id)) {
            on_platform.add(Some(Who::Known(person.id)), &person.identity.names, &person.classes);
        }
        let rows = &self.tables.relatives;
        let children = rows.iter().map(|row| self.children(row, in_files, &on_platform)).collect();
        self.take(Profile::Relative, lines::of_relatives(rows, children));
    }

    /// Returns the children of a line that can be linked, and says why the others cannot.
    fn children(&mut self, row: &rows::Relative, in_files: &Pupils, on_platform: &Pupils) -> Vec<Who> {
        let mut linked = Vec::new();
        for child in &row.children {
            let name = child.names.to_string();
            let problem = match children::find(child, in_files, on_platform) {
                Found::One(who, agrees) => {
                    if !linked.contains(&who) {
                        linked.push(who);
                    }
                    let class = child.class.clone();
                    (!agrees).then_some(Problem::ChildInOtherClass { child: name, class })
                }
                Found::LeftOut => Some(Problem::ChildLeftOut { child: name }),
                Found::Nobody => Some(Problem::ChildNotFound { child: name }),
                Found::Several(count) => Some(Problem::ChildTwice { child: name, count }),
            };
            if let Some(problem) = problem {
                self.say(Profile::Relative, row.line, &row.original, &problem);
            }
        }
        linked
    }

    /// Matches the lines of one profile and puts them into the plan; returns who each one is.
    fn take(&mut self, profile: Profile, lines: Vec<Line<'_>>) -> Vec<Option<Who>> {
        let claims: Vec<Claim> = (lines.iter())
            .map(|line| Claim {
                line: line.numbers.first().copied().unwrap_or_default(),
                key: line.key.clone(),
                facts: Facts::of(profile, &line.identity, &line.children, &line.classes),
            })
            .collect();
        let candidates: Vec<Candidate<'_>> = (self.known_people(profile))
            .map(|person| {
                let children: Vec<Who> = person.children.iter().copied().map(Who::Known).collect();
                let facts = Facts::of(profile, &person.identity, &children, &person.classes);
                Candidate { id: person.id, source_keys: &person.source_keys, facts }
            })
            .collect();
        let decisions = self.known.decisions.iter().map(|(key, answer)| (key, *answer)).collect();
        let outcomes = match_all(profile, &claims, &candidates, &decisions);
        let mut whos = Vec::with_capacity(lines.len());
        for (line, outcome) in lines.into_iter().zip(outcomes) {
            whos.push(match outcome {
                Outcome::New if profile == Profile::Relative && line.children.is_empty() => {
                    // Directory.md: a relative without a child is missing from that day; nobody starts so.
                    self.leave_out(profile, &line, &Problem::NoChildLinked, Vec::new());
                    None
                }
                Outcome::New => Some(self.plan_new(profile, line)),
                Outcome::Is(person) => Some(self.plan_known(profile, person, line)),
                Outcome::LeftOut(problem, candidates) => {
                    self.leave_out(profile, &line, &problem, candidates);
                    None
                }
            });
        }
        whos
    }

    fn plan_new(&mut self, profile: Profile, line: Line<'_>) -> Who {
        let who = Who::New(self.plan.people.len());
        self.plan.people.push(line.planned(who, profile));
        who
    }

    /// Several lines are one known person only if somebody decided so: what they say adds up.
    fn plan_known(&mut self, profile: Profile, person: PersonId, line: Line<'_>) -> Who {
        let who = Who::Known(person);
        let place = self.places.get(&person).copied();
        if let Some(planned) = place.and_then(|place| self.plan.people.get_mut(place)) {
            add(&mut planned.classes, line.classes);
            add(&mut planned.levels, line.levels.to_vec());
            add(&mut planned.children, line.children);
            add(&mut planned.source_keys, vec![line.key]);
            planned.lines.extend(line.numbers);
            planned.head |= line.head;
        } else {
            self.places.insert(person, self.plan.people.len());
            self.plan.people.push(line.planned(who, profile));
        }
        who
    }

    fn leave_out(&mut self, profile: Profile, line: &Line<'_>, problem: &Problem, candidates: Vec<PersonId>) {
        let number = line.numbers.first().copied().unwrap_or_default();
        self.say(profile, number, line.original, problem);
        self.spared.extend(&candidates);
        self.spare_by_name(profile, &line.identity.names);
        if matches!(
            problem,
            Problem::TwoCandidates { .. } | Problem::SharedCandidate | Problem::LooksLikeLine { .. }
        ) {
            let (table, key) = (table_of(profile), line.key.clone());
            self.plan.reviews.push(Review { table, line: number, key, candidates });
        }
    }

    fn spare_by_name(&mut self, profile: Profile, names: &Names) {
        self.spared.extend(self.homonyms.get(&(profile, names.key())).into_iter().flatten());
    }

    fn compare(&mut self) {
        let listed: HashSet<Who> = (self.plan.people.iter())
            .filter(|person| person.profile == Profile::Student)
            .map(|person| person.who)
            .collect();
        for known in &self.known.people {
            let place = self.places.get(&known.id).copied();
            if let Some(planned) = place.and_then(|place| self.plan.people.get_mut(place)) {
                planned.changes = diff::changes(known, planned, |child| listed.contains(child));
            }
        }
    }

    fn links(&mut self) {
        let before: HashSet<(PersonId, PersonId)> = (self.known.people.iter())
            .flat_map(|person| person.children.iter().map(|child| (person.id, *child)))
            .collect();
        for person in &self.plan.people {
            for child in &person.children {
                let known = match (person.who, *child) {
                    (Who::Known(relative), Who::Known(child)) => before.contains(&(relative, child)),
                    (Who::New(_), _) | (_, Who::New(_)) => false,
                };
                self.plan.links.push(Link { relative: person.who, child: *child, new: !known });
            }
        }
    }

    fn propose(&mut self) {
        let elsewhere: Vec<(&KnownPerson, Vec<Who>)> = (self.known_people(Profile::Relative))
            .filter(|person| !self.places.contains_key(&person.id))
            .map(|person| (person, person.children.iter().copied().map(Who::Known).collect()))
            .collect();
        let in_files = self.plan.people.iter().filter(|person| person.profile == Profile::Relative);
        let relatives: Vec<Relative<'_>> = in_files
            .map(|p| Relative { who: p.who, identity: &p.identity, children: &p.children, in_files: true })
            .chain(elsewhere.iter().map(|(person, children)| Relative {
                who: Who::Known(person.id),
                identity: &person.identity,
                children,
                in_files: false,
            }))
            .collect();
        let settled: HashSet<(PersonId, PersonId)> = self.known.settled_pairs.iter().copied().collect();
        self.plan.proposals = proposals(&relatives, |first, second| match (first, second) {
            (Who::Known(a), Who::Known(b)) => settled.contains(&(a, b)) || settled.contains(&(b, a)),
            (Who::New(_), _) | (_, Who::New(_)) => false,
        });
    }

    fn absent(&mut self) {
        let given: BTreeSet<Table> = self.tables.files.iter().filter_map(|file| file.table).collect();
        let absent = self.known.people.iter().filter(|person| {
            person.source == Source::Onde
                && !person.permanent
                && given.contains(&table_of(person.profile))
                && !self.places.contains_key(&person.id)
                && !self.spared.contains(&person.id)
        });
        self.plan.absent = absent.map(|person| person.id).collect();
    }

    fn count(&mut self) {
        let plan = &mut self.plan;
        let order = |finding: &Finding| self.tables.files.iter().position(|file| file.name == finding.file);
        plan.findings.sort_by_key(|finding| (order(finding), finding.line));
        let of = |profile| plan.people.iter().filter(|person| person.profile == profile).count();
        let is_new = |person: &&PlannedPerson| matches!(person.who, Who::New(_));
        let new_people = plan.people.iter().filter(is_new).count();
        let changed_people = plan.people.iter().filter(|person| !person.changes.is_empty()).count();
        let left_out: HashSet<(&str, u32)> = (plan.findings.iter())
            .filter(|finding| finding.left_out)
            .map(|finding| (finding.file.as_str(), finding.line))
            .collect();
        let with = |severity| plan.findings.iter().filter(|finding| finding.severity == severity).count();
        plan.counts = Counts {
            pupils: of(Profile::Student),
            teachers: of(Profile::Teacher),
            relatives: of(Profile::Relative),
            classes: plan.classes.len(),
            links: plan.links.len(),
            new_people,
            changed_people,
            unchanged_people: plan.people.len() - new_people - changed_people,
            new_classes: plan.classes.iter().filter(|class| class.new).count(),
            new_links: plan.links.iter().filter(|link| link.new).count(),
            proposals: plan.proposals.len(),
            reviews: plan.reviews.len(),
            absent: plan.absent.len(),
            lines_left_out: left_out.len(),
            soft_findings: with(Severity::Soft),
            notes: with(Severity::Info),
        };
    }
}

fn add<T: PartialEq>(kept: &mut Vec<T>, more: Vec<T>) {
    for item in more {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
}
