//! Plain sets, computed again from everything at every event.
//!
//! Invariant: it stands on `domain` alone, and on the name of whose stream an event stands in, so that the tests of
//! another crate compile the same file and compare it with a whole school.

use std::collections::{BTreeMap, BTreeSet};

use domain::group::{Fact, FamilyLink, GroupKind, InternalPolicy, Profile, Reason};
use domain::person::{self as who, Availability, BlockCause};
use domain::roster;
use domain::structure::{self as school};
use domain::{ClassId, Date, Event, GroupId, Label, PersonId, RuleId, StructureId};

use super::Owner;

#[derive(Debug, Default)]
struct Human {
    profile: Option<Profile>,
    until: Option<Date>,
    closed: bool,
    active: bool,
    blocks: BTreeSet<BlockCause>,
    attached: BTreeMap<StructureId, (Option<Date>, Option<Date>)>,
    /// In the order of attaching, the newest main one last.
    main: Option<StructureId>,
    classes: BTreeSet<(StructureId, ClassId)>,
    heads: BTreeSet<(StructureId, ClassId)>,
    functions: BTreeSet<(StructureId, Label, Option<Label>)>,
    levels: BTreeMap<StructureId, Vec<Label>>,
    teaching: BTreeSet<(StructureId, GroupId)>,
    children: BTreeSet<PersonId>,
}

#[derive(Debug)]
struct Place {
    zone: &'static str,
    policy: InternalPolicy,
    accepted: BTreeSet<GroupId>,
    family: FamilyLink,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Given(Reason),
    Rule(RuleId),
}

/// The whole platform as sets.
#[derive(Debug, Default)]
pub(crate) struct Twin {
    humans: BTreeMap<PersonId, Human>,
    places: BTreeMap<StructureId, Place>,
    /// In the order of creation.
    order: Vec<StructureId>,
    today: BTreeMap<&'static str, Date>,
    shut: BTreeSet<(StructureId, ClassId)>,
    /// Why a fact is true, and whether that accepted that the group opens.
    facts: BTreeMap<(GroupId, Fact), BTreeMap<Why, bool>>,
    rules: BTreeMap<RuleId, (GroupId, GroupId)>,
    families: BTreeMap<GroupId, FamilyLink>,
    /// Groups implied to be internal now: whether they held pupils or relatives when they became so.
    implied: BTreeMap<GroupId, bool>,
    hidden: BTreeSet<PersonId>,
    hidden_groups: BTreeSet<GroupId>,
    /// From whom to whom, and whether both ways.
    links: BTreeMap<(PersonId, PersonId), bool>,
    closed: BTreeSet<StructureId>,
    /// Every group there can be.
    groups: BTreeMap<GroupId, (StructureId, GroupKind)>,
    /// Put into groups filled by hand.
    entered: BTreeSet<(GroupId, PersonId)>,
    /// Taken out of them, and not put in again.
    taken_out: BTreeSet<(GroupId, PersonId)>,
    /// Lists, with whom they are of and their criteria.
    lists: BTreeMap<GroupId, (Profile, Option<school::Criteria>)>,
    /// Whom the criteria put in when they were looked at last.
    automatic: BTreeSet<(GroupId, PersonId)>,
}

/// Who is in what, computed once for many questions.
#[derive(Debug)]
pub(crate) struct Looked {
    current: BTreeMap<PersonId, BTreeSet<GroupId>>,
    members: BTreeMap<GroupId, BTreeSet<PersonId>>,
    barred: BTreeSet<PersonId>,
    /// What is nested in what.
    nested: BTreeMap<GroupId, BTreeSet<GroupId>>,
}

impl Twin {
    /// Tells it that a group can be: before something is said about it.
    pub(crate) fn knows(&mut self, of: StructureId, kind: GroupKind) {
        self.groups.insert(kind.id(of), (of, kind));
    }

    pub(crate) fn follow(&mut self, owner: Owner, event: &Event) {
        match (owner, event) {
            (Owner::Structure(of), Event::Structure(event)) => self.follow_structure(of, event),
            (Owner::Person(of), Event::Person(event)) => self.follow_person(of, event),
            (_, Event::Clock(domain::clock::Event::DayBegan(day))) => {
                let known = self.today.entry(day.zone.name()).or_insert(day.date);
                *known = day.date.max(*known);
                self.look_at_lists();
            }
            (Owner::Group(of), Event::Roster(event)) => self.follow_roster(of, event),
            (_, Event::Import(domain::import::Event::Finished(_))) => self.look_at_lists(),
            // What is written, read, imported, saved, and how somebody signs in changes nobody's reach.
            (
                _,
                Event::Message(_)
                | Event::Reading(_)
                | Event::Import(_)
                | Event::Login(_)
                | Event::Favourite(_)
                | Event::Feed(_),
            ) => return,
            other => panic!("the twin does not know {other:?}"),
        }
        let implied: BTreeSet<GroupId> = self
            .groups
            .iter()
            .filter(|(group, (of, _))| {
                let both = self.is(**group, Fact::Uses) && self.is(**group, Fact::Exposes);
                both && self.places.get(of).is_some_and(|place| place.policy == InternalPolicy::Implied)
            })
            .map(|(group, _)| *group)
            .collect();
        self.implied.retain(|group, _| implied.contains(group));
        for group in implied {
            if !self.implied.contains_key(&group) {
                let protected = |id: &PersonId| {
                    matches!(self.humans[id].profile, Some(Profile::Student | Profile::Relative))
                };
                let held = self.members(group).iter().any(protected);
                self.implied.insert(group, held);
            }
        }
    }

    fn follow_structure(&mut self, of: StructureId, event: &school::Event) {
        match event {
            school::Event::Created(created) => {
                let (zone, policy, family) = (created.zone.name(), created.policy, created.family);
                self.order.push(of);
                self.places.insert(of, Place { zone, policy, accepted: BTreeSet::new(), family });
            }
            school::Event::ClassClosed(closed) => {
                self.shut.insert((of, closed.class));
            }
            school::Event::FreeGroupCreated(created) => {
                if created.internal {
                    self.because(created.group, Fact::Internal, Why::Given(Reason::Hand), false);
                }
            }
            school::Event::BroadcastListCreated(created) => {
                self.lists.insert(created.group, (created.profile, created.criteria.clone()));
                self.look_at(created.group);
            }
            school::Event::ListCriteriaSet(set) => {
                self.lists.get_mut(&set.group).unwrap().1.clone_from(&set.criteria);
                self.look_at(set.group);
            }
            school::Event::MatrixApplied(_)
            | school::Event::RecipeTaken(_)
            | school::Event::RecipeTakenBack(_)
            | school::Event::MatrixReset(_) => self.follow_adjustment(&event.adjustment().unwrap()),
            school::Event::FactGranted(granted) => {
                let accepted = granted.accepted.contains(&granted.group);
                self.because(granted.group, granted.fact, Why::Given(granted.reason), accepted);
            }
            school::Event::FactRemoved(removed) => {
                self.facts.remove(&(removed.group, removed.fact));
            }
            school::Event::RuleMade(made) => {
                self.rules.insert(made.rule, (made.from, made.to));
                let why = Why::Rule(made.rule);
                self.because(made.from, Fact::Uses, why, made.accepted.contains(&made.from));
                if made.exposes_members {
                    self.because(made.to, Fact::Exposes, why, made.accepted.contains(&made.to));
                }
            }
            school::Event::RuleRemoved(removed) => {
                self.rules.remove(&removed.rule);
                for reasons in self.facts.values_mut() {
                    reasons.remove(&Why::Rule(removed.rule));
                }
            }
            school::Event::PolicySet(set) => {
                let place = self.places.get_mut(&of).unwrap();
                place.policy = set.policy;
                place.accepted = set.accepted.iter().copied().collect();
            }
            school::Event::GroupHidden(hidden) => {
                self.hidden_groups.insert(hidden.group);
            }
            school::Event::GroupShown(shown) => {
                self.hidden_groups.remove(&shown.group);
            }
            school::Event::Closed(_) => {
                self.closed.insert(of);
            }
            school::Event::Reopened(_) => {
                self.closed.remove(&of);
            }
            school::Event::ClassOpened(_)
            | school::Event::TeachingGroupOpened(_)
            | school::Event::GroupRenamed(_)
            | school::Event::PeriodsSet(_)
            | school::Event::ClosureMade(_)
            | school::Event::ClosureLifted(_)
            | school::Event::AccessWindowSet(_)
            | school::Event::ProfileBlocked(_)
            | school::Event::ProfileUnblocked(_) => {}
        }
    }

    fn follow_adjustment(&mut self, change: &school::Adjustment) {
        for rule in &change.removed {
            self.rules.remove(rule);
            for reasons in self.facts.values_mut() {
                reasons.remove(&Why::Rule(*rule));
            }
        }
        for it in &change.lost {
            if let Some(reasons) = self.facts.get_mut(&(it.group, it.fact)) {
                reasons.remove(&Why::Given(it.reason));
            }
        }
        for it in &change.facts {
            let accepted = change.accepted.contains(&it.group);
            self.because(it.group, it.fact, Why::Given(it.reason), accepted);
        }
        self.rules.extend(change.rules.iter().map(|rule| (rule.rule, (rule.from, rule.to))));
        self.families.extend(change.families.iter().map(|it| (it.group, it.family)));
    }

    fn follow_roster(&mut self, group: GroupId, event: &roster::Event) {
        match event {
            roster::Event::MembersAdded(added) => {
                for id in &added.people {
                    self.entered.insert((group, *id));
                    self.taken_out.remove(&(group, *id));
                }
            }
            roster::Event::MembersRemoved(removed) => {
                for id in &removed.people {
                    self.entered.remove(&(group, *id));
                    self.taken_out.insert((group, *id));
                }
            }
            // Managing is being in it no more than administering is.
            roster::Event::ManagerNamed(_) | roster::Event::ManagerEnded(_) => {}
        }
    }

    fn look_at_lists(&mut self) {
        for group in self.lists.keys().copied().collect::<Vec<_>>() {
            self.look_at(group);
        }
    }

    /// Looks at everybody again, whatever changed since.
    fn look_at(&mut self, group: GroupId) {
        self.automatic.retain(|(of, _)| *of != group);
        let (profile, criteria) = &self.lists[&group];
        let Some(criteria) = criteria else { return };
        for (id, human) in self.humans.iter().filter(|(_, human)| human.profile == Some(*profile)) {
            let mut there = self.belongs(*id);
            there.retain(|of| criteria.structures.is_empty() || criteria.structures.contains(of));
            let holds = |of: &StructureId| {
                let held = human.functions.iter().filter(|(place, ..)| place == of);
                held.into_iter().any(|(_, function, _)| criteria.functions.contains(function))
            };
            if there.iter().any(|of| criteria.functions.is_empty() || holds(of)) {
                self.automatic.insert((group, *id));
            }
        }
    }

    fn because(&mut self, group: GroupId, fact: Fact, why: Why, accepted: bool) {
        let known = self.facts.entry((group, fact)).or_default().entry(why).or_insert(false);
        *known = *known || accepted;
    }

    fn follow_person(&mut self, id: PersonId, event: &who::Event) {
        let human = self.humans.entry(id).or_default();
        match event {
            who::Event::Registered(registered) => {
                human.profile = Some(registered.profile);
                if let Availability::Until(day) = registered.availability {
                    human.until = Some(day);
                }
            }
            who::Event::Attached(it) => {
                human.attached.insert(it.structure, (it.starts, it.ends));
                if it.main {
                    human.main = Some(it.structure);
                } else if human.main == Some(it.structure) {
                    human.main = None;
                }
            }
            who::Event::Detached(it) => {
                human.attached.remove(&it.structure);
                human.main = human.main.filter(|main| *main != it.structure);
                human.classes.retain(|(of, _)| *of != it.structure);
                human.heads.retain(|(of, _)| *of != it.structure);
                human.functions.retain(|(of, ..)| *of != it.structure);
                human.teaching.retain(|(of, _)| *of != it.structure);
                human.levels.remove(&it.structure);
            }
            who::Event::ClassJoined(it) => {
                human.classes.insert((it.structure, it.class));
            }
            who::Event::ClassLeft(it) => {
                human.classes.remove(&(it.structure, it.class));
            }
            who::Event::TeachingGroupJoined(it) => {
                human.teaching.insert((it.structure, it.group));
            }
            who::Event::TeachingGroupLeft(it) => {
                human.teaching.remove(&(it.structure, it.group));
            }
            who::Event::LevelsSet(it) => {
                human.levels.insert(it.structure, it.levels.clone());
            }
            who::Event::FunctionGiven(it) => {
                human.functions.insert((it.structure, it.function.clone(), it.discipline.clone()));
            }
            who::Event::FunctionTaken(it) => {
                human.functions.remove(&(it.structure, it.function.clone(), it.discipline.clone()));
            }
            who::Event::HeadTeacherNamed(it) => {
                human.heads.insert((it.structure, it.class));
            }
            who::Event::HeadTeacherEnded(it) => {
                human.heads.remove(&(it.structure, it.class));
            }
            who::Event::ChildLinked(it) => {
                human.children.insert(it.child);
            }
            who::Event::ChildUnlinked(it) => {
                human.children.remove(&it.child);
            }
            who::Event::Blocked(it) => {
                human.blocks.insert(it.cause);
            }
            who::Event::Unblocked(it) => {
                human.blocks.remove(&it.cause);
            }
            who::Event::Hidden(_) => {
                self.hidden.insert(id);
            }
            who::Event::Shown(_) => {
                self.hidden.remove(&id);
            }
            who::Event::LinkMade(it) => {
                self.links.insert((id, it.to), it.both_ways);
            }
            who::Event::LinkRemoved(it) => {
                self.links.remove(&(id, it.to));
            }
            who::Event::Activated(_) => human.active = true,
            who::Event::Closed(_) => human.closed = true,
            who::Event::Reopened(_) => human.closed = false,
            who::Event::IdentityChanged(_) | who::Event::LoginGiven(_) | who::Event::CodeIssued(_) => {}
            other => panic!("the twin does not know {other:?}"),
        }
    }

    fn is(&self, group: GroupId, fact: Fact) -> bool {
        self.facts.get(&(group, fact)).is_some_and(|reasons| !reasons.is_empty())
    }

    fn is_internal(&self, group: GroupId) -> bool {
        let accepted = [Fact::Uses, Fact::Exposes]
            .into_iter()
            .filter_map(|fact| self.facts.get(&(group, fact)))
            .any(|reasons| reasons.values().any(|accepted| *accepted))
            || self.places.values().any(|place| place.accepted.contains(&group));
        self.is(group, Fact::Internal) || self.implied.get(&group).is_some_and(|held| !held || accepted)
    }

    /// Structures a person belongs to today.
    fn belongs(&self, id: PersonId) -> BTreeSet<StructureId> {
        let today = |of: &StructureId| self.today.get(self.places[of].zone);
        let in_force = |of: &StructureId, starts: Option<Date>, ends: Option<Date>| {
            let begun = match (starts, today(of)) {
                (Some(starts), Some(today)) => starts <= *today,
                (Some(_), None) => false,
                (None, _) => true,
            };
            let over = matches!((ends, today(of)), (Some(ends), Some(today)) if ends < *today);
            begun && !over && !self.closed.contains(of)
        };
        let attached = &self.humans[&id].attached;
        let those = attached.iter().filter(|(of, (starts, ends))| in_force(of, *starts, *ends));
        those.map(|(of, _)| *of).collect()
    }

    pub(crate) fn barred(&self, id: PersonId) -> bool {
        let human = &self.humans[&id];
        let first = self.order.iter().copied().find(|of| human.attached.contains_key(of));
        let home = human.main.or(first).map_or("Europe/Paris", |of| self.places[&of].zone);
        let over = human.until.zip(self.today.get(home)).is_some_and(|(until, today)| until < *today);
        human.closed || !human.blocks.is_empty() || over
    }

    fn open_classes(&self, id: PersonId) -> BTreeSet<(StructureId, ClassId)> {
        let belongs = self.belongs(id);
        let counts = |of: &(StructureId, ClassId)| belongs.contains(&of.0) && !self.shut.contains(of);
        self.humans[&id].classes.iter().copied().filter(counts).collect()
    }

    /// Groups a person is a current member of.
    pub(crate) fn current(&self, id: PersonId) -> BTreeSet<GroupId> {
        let mut groups = BTreeSet::new();
        if self.barred(id) {
            return groups;
        }
        let human = &self.humans[&id];
        let profile = human.profile.unwrap();
        let belongs = self.belongs(id);
        for of in &belongs {
            groups.insert(GroupKind::Profile(profile).id(*of));
        }
        for (of, class) in self.open_classes(id) {
            groups.insert(GroupKind::Class(class, profile).id(of));
        }
        for (of, class) in human.heads.iter().filter(|of| belongs.contains(&of.0) && !self.shut.contains(of))
        {
            groups.insert(GroupKind::HeadTeacher(*class).id(*of));
        }
        for (of, function, discipline) in human.functions.iter().filter(|of| belongs.contains(&of.0)) {
            groups.insert(GroupKind::Function(function.clone()).id(*of));
            if function.as_str() == "DIR" {
                groups.insert(GroupKind::Direction.id(*of));
            }
            if let Some(discipline) = discipline {
                groups.insert(GroupKind::Discipline(discipline.clone()).id(*of));
            }
        }
        groups.extend(human.teaching.iter().filter(|(of, _)| belongs.contains(of)).map(|(_, group)| *group));
        let open = |group: &GroupId| self.groups.get(group).is_none_or(|(of, _)| !self.closed.contains(of));
        let by_hand = self.entered.union(&self.automatic).filter(|(group, who)| *who == id && open(group));
        groups.extend(by_hand.filter(|is_in| !self.taken_out.contains(is_in)).map(|(group, _)| *group));
        let pupils = match profile {
            Profile::Student => [id].into(),
            Profile::Relative => human.children.clone(),
            Profile::Teacher | Profile::Staff | Profile::Guest => BTreeSet::new(),
        };
        for pupil in pupils {
            for (of, class) in self.open_classes(pupil) {
                groups.insert(GroupKind::Class(class, profile).id(of));
            }
            for of in self.belongs(pupil) {
                for level in self.humans[&pupil].levels.get(&of).into_iter().flatten() {
                    groups.insert(GroupKind::Level(level.clone(), profile).id(of));
                }
            }
        }
        groups
    }

    /// People who never activated their account.
    pub(crate) fn inactive(&self) -> BTreeSet<PersonId> {
        self.humans.iter().filter(|(_, human)| !human.active).map(|(id, _)| *id).collect()
    }

    pub(crate) fn members(&self, group: GroupId) -> BTreeSet<PersonId> {
        self.humans.keys().copied().filter(|id| self.current(*id).contains(&group)).collect()
    }

    /// Looks at who is in what.
    pub(crate) fn look(&self) -> Looked {
        let current: BTreeMap<_, _> = self.humans.keys().map(|id| (*id, self.current(*id))).collect();
        let mut members: BTreeMap<GroupId, BTreeSet<PersonId>> = BTreeMap::new();
        for (id, groups) in &current {
            for group in groups {
                members.entry(*group).or_default().insert(*id);
            }
        }
        let barred = self.humans.keys().copied().filter(|id| self.barred(*id)).collect();
        let mut nested: BTreeMap<GroupId, BTreeSet<GroupId>> = BTreeMap::new();
        for (group, (of, kind)) in &self.groups {
            if let Some(parent) = kind.parent() {
                nested.entry(parent.id(*of)).or_default().insert(*group);
            }
        }
        Looked { current, members, barred, nested }
    }

    /// Everybody there ever was.
    pub(crate) fn everybody(&self) -> impl Iterator<Item = PersonId> {
        self.humans.keys().copied()
    }

    fn link(&self, child: PersonId) -> FamilyLink {
        let classes = self.open_classes(child);
        let said: Vec<FamilyLink> = if classes.is_empty() {
            self.belongs(child).iter().map(|of| self.places[of].family).collect()
        } else {
            let group = |(of, class): &(_, _)| GroupKind::Class(*class, Profile::Relative).id(*of);
            classes.iter().filter_map(|class| self.families.get(&group(class))).copied().collect()
        };
        FamilyLink {
            to_child: said.iter().any(|link| link.to_child),
            to_relative: said.iter().any(|link| link.to_relative),
        }
    }

    /// Section 3, point by point.
    pub(crate) fn reach(&self, me: PersonId) -> (BTreeSet<PersonId>, BTreeSet<GroupId>) {
        self.reach_in(&self.look(), me)
    }

    /// The same, of what was looked at before.
    pub(crate) fn reach_in(&self, looked: &Looked, me: PersonId) -> (BTreeSet<PersonId>, BTreeSet<GroupId>) {
        let (mut people, mut groups) = (BTreeSet::new(), BTreeSet::new());
        if looked.barred.contains(&me) {
            return (people, groups);
        }
        let member = &looked.current[&me];
        let mine: BTreeSet<_> = member.iter().copied().filter(|group| self.is(*group, Fact::Uses)).collect();
        let ends = self.rules.values().filter(|(from, _)| mine.contains(from)).map(|(_, to)| *to);
        let internal: BTreeSet<_> = member.iter().copied().filter(|group| self.is_internal(*group)).collect();
        let targets: BTreeSet<GroupId> = ends.chain(internal.iter().copied()).collect();
        for target in targets {
            let Some(members) = looked.members.get(&target) else { continue };
            groups.insert(target);
            let nested = looked.nested.get(&target).into_iter().flatten().copied();
            groups.extend(nested.filter(|nested| looked.members.contains_key(nested)));
            if self.is(target, Fact::Exposes) || internal.contains(&target) {
                people.extend(members.iter().copied());
            }
        }
        for (id, human) in &self.humans {
            if human.children.contains(&me) && self.link(me).to_relative {
                people.insert(*id);
            }
            if self.humans[&me].children.contains(id) && self.link(*id).to_child {
                people.insert(*id);
            }
        }
        for ((from, to), both_ways) in &self.links {
            if *from == me {
                people.insert(*to);
            }
            if *to == me && *both_ways {
                people.insert(*from);
            }
        }
        people.remove(&me);
        people.retain(|id| !looked.barred.contains(id) && !self.hidden.contains(id));
        groups.retain(|group| !self.hidden_groups.contains(group));
        (people, groups)
    }
}
