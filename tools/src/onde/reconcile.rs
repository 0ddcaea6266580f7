//! Brings the rows of the files and what is known together into a plan.
//!
//! Invariant: a pure function, and a second run over what the first one made changes nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::PersonId;

use super::children::{self, Found, Pupils};
use super::diff;
use super::facts::{Facts, KeyParts, source_keys};
use super::finding::{Finding, Problem, Severity};
use super::headers::Table;
use super::known::{Identity, Known, KnownPerson, Names, Profile, Source, SourceKey};
use super::matching::{Candidate, Claim, Outcome, match_all};
use super::plan::{Counts, Link, Plan, PlannedClass, PlannedPerson, Review, Who};
use super::proposals::{Relative, proposals};
use super::read::Tables;
use super::rows::Sex;
use super::text::class_key;

/// A row as every profile has it.
struct Line<'t> {
    numbers: Vec<u32>,
    original: &'t str,
    identity: Identity,
    sex: Option<Sex>,
    classes: Vec<String>,
    levels: &'t [String],
    head: bool,
    children: Vec<Who>,
    key: SourceKey,
}

/// Returns what importing `tables` would change in what is known.
pub fn reconcile(tables: &Tables, known: &Known) -> Plan {
    let mut reconciling = Reconciling {
        tables,
        known,
        plan: Plan { findings: tables.findings.clone(), ..Plan::default() },
        places: HashMap::new(),
        spared: HashSet::new(),
    };
    reconciling.classes();
    let in_files = reconciling.pupils();
    reconciling.teachers();
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

    /// Lists the classes of pupils and teachers; one class has one spelling, the platform's if it has it.
    fn classes(&mut self) {
        let mut places: HashMap<String, usize> = HashMap::new();
        let known: HashMap<String, &String> =
            self.known.classes.iter().map(|name| (class_key(name), name)).collect();
        let pupils = self.tables.pupils.iter().filter(|pupil| pupil.birth_date.is_some());
        let of_pupils = pupils.map(|pupil| (&pupil.classes, pupil.levels.as_slice()));
        let of_teachers = self.tables.teachers.iter().map(|teacher| (&teacher.classes, [].as_slice()));
        for (classes, levels) in of_pupils.chain(of_teachers) {
            for name in classes {
                let key = class_key(name);
                let have = known.get(&key).copied();
                let place = *places.entry(key).or_insert_with(|| {
                    let name = have.unwrap_or(name).clone();
                    self.plan.classes.push(PlannedClass { name, levels: Vec::new(), new: have.is_none() });
                    self.plan.classes.len() - 1
                });
                // A pupil in two classes does not tell which class has which level.
                if let (1, Some(class)) = (classes.len(), self.plan.classes.get_mut(place)) {
                    let more = levels.iter().filter(|level| !class.levels.contains(level)).cloned();
                    let more: Vec<String> = more.collect();
                    class.levels.extend(more);
                }
            }
        }
    }

    /// Returns the names of the classes as the plan spells them.
    fn spelt(&self, classes: &[String], spelling: &HashMap<String, String>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for class in classes {
            let name = spelling.get(&class_key(class)).unwrap_or(class);
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    fn spelling(&self) -> HashMap<String, String> {
        self.plan.classes.iter().map(|class| (class_key(&class.name), class.name.clone())).collect()
    }

    fn pupils(&mut self) -> Pupils {
        let spelling = self.spelling();
        let rows: Vec<_> = self.tables.pupils.iter().filter(|pupil| pupil.birth_date.is_some()).collect();
        let identities: Vec<Identity> = (rows.iter())
            .map(|row| Identity { names: row.names.clone(), birth_date: row.birth_date, ..Identity::default() })
            .collect();
        let parts: Vec<KeyParts> = (rows.iter().zip(&identities))
            .map(|(row, identity)| KeyParts::of(Profile::Student, identity, &[], &row.classes))
            .collect();
        let lines = (rows.iter().zip(identities).zip(source_keys(&parts))).map(|((row, identity), key)| Line {
            numbers: vec![row.line],
            original: &row.original,
            identity,
            sex: row.sex,
            classes: self.spelt(&row.classes, &spelling),
            levels: &row.levels,
            head: false,
            children: Vec::new(),
            key,
        });
        let lines: Vec<Line<'_>> = lines.collect();
        let whos = self.take(Profile::Student, lines);
        let mut pupils = Pupils::default();
        for (row, who) in rows.iter().zip(whos) {
            pupils.add(who, &row.names, &row.classes);
        }
        for row in self.tables.pupils.iter().filter(|row| row.birth_date.is_none()) {
            pupils.add(None, &row.names, &row.classes);
            self.spare_by_name(Profile::Student, &row.names);
        }
        pupils
    }

    fn teachers(&mut self) {
        let spelling = self.spelling();
        let rows = &self.tables.teachers;
        let identity = |row: &super::rows::Teacher| Identity {
            honorific: row.honorific.clone(),
            names: row.names.clone(),
            birth_date: None,
            email: row.email.clone(),
            phones: row.phones.clone(),
            address: row.address.clone(),
        };
        let parts: Vec<KeyParts> =
            rows.iter().map(|row| KeyParts::of(Profile::Teacher, &identity(row), &[], &row.classes)).collect();
        let lines = (rows.iter().zip(source_keys(&parts))).map(|(row, key)| Line {
            numbers: row.lines.clone(),
            original: &row.original,
            identity: identity(row),
            sex: None,
            classes: self.spelt(&row.classes, &spelling),
            levels: &[],
            head: row.head,
            children: Vec::new(),
            key,
        });
        let lines: Vec<Line<'_>> = lines.collect();
        self.take(Profile::Teacher, lines);
    }

    fn relatives(&mut self, in_files: &Pupils) {
        let mut on_platform = Pupils::default();
        for person in self.known_people(Profile::Student).filter(|p| !self.places.contains_key(&p.id)) {
            on_platform.add(Some(Who::Known(person.id)), &person.identity.names, &person.classes);
        }
        let rows = &self.tables.relatives;
        let mut lines = Vec::with_capacity(rows.len());
        let mut parts = Vec::with_capacity(rows.len());
        for row in rows {
            let mut linked: Vec<Who> = Vec::new();
            for child in &row.children {
                let name = child.names.to_string();
                let problem = match children::find(child, in_files, &on_platform) {
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
            let identity = Identity {
                honorific: row.honorific.clone(),
                names: row.names.clone(),
                birth_date: None,
                email: row.email.clone(),
                phones: row.phones.clone(),
                address: row.address.clone(),
            };
            let children: Vec<&Names> = row.children.iter().map(|child| &child.names).collect();
            parts.push(KeyParts::of(Profile::Relative, &identity, &children, &[]));
            lines.push(Line {
                numbers: vec![row.line],
                original: &row.original,
                identity,
                sex: None,
                classes: Vec::new(),
                levels: &[],
                head: false,
                children: linked,
                key: SourceKey(String::new()),
            });
        }
        for (line, key) in lines.iter_mut().zip(source_keys(&parts)) {
            line.key = key;
        }
        self.take(Profile::Relative, lines);
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
        self.plan.people.push(planned(who, profile, line));
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
            self.plan.people.push(planned(who, profile, line));
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
        let alike = self.known_people(profile).filter(|person| person.identity.names.key() == names.key());
        self.spared.extend(alike.map(|person| person.id));
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

fn planned(who: Who, profile: Profile, line: Line<'_>) -> PlannedPerson {
    PlannedPerson {
        who,
        profile,
        identity: line.identity,
        sex: line.sex,
        classes: line.classes,
        levels: line.levels.to_vec(),
        head: line.head,
        children: line.children,
        lines: line.numbers,
        source_keys: vec![line.key],
        changes: Vec::new(),
    }
}

fn add<T: PartialEq>(kept: &mut Vec<T>, more: Vec<T>) {
    for item in more {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
}
