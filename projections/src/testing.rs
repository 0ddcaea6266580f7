//! A school made of events, for the tests of every model: short ids, short names.

use domain::clock::{DayBegan, Zone};
use domain::group::{Fact, GroupKind, InternalPolicy, Profile, Reason};
use domain::person::{self as who, Availability, BlockCause, Identity, Source};
use domain::structure::{self as school, GivenFacts, GivenRule, Matrix, matrix::Extent};
use domain::{
    ClassId, CommandId, Event, EventId, GroupId, Label, PersonId, RuleId, Sealed, StructureId, Timestamp,
};
use eventlog::Position;

use crate::dense::{GroupNo, PersonNo};
use crate::world::{At, Owner, World};

/// A log and the world that followed it.
#[derive(Debug, Default)]
pub(crate) struct School {
    pub world: World,
    pub log: Vec<(At, Event)>,
}

pub(crate) const HERE: StructureId = StructureId::from_u128(1);
pub(crate) const ELSEWHERE: StructureId = StructureId::from_u128(2);
pub(crate) const CE1: ClassId = ClassId::from_u128(11);
pub(crate) const CE2: ClassId = ClassId::from_u128(12);

pub(crate) fn label(text: &str) -> Label {
    Label::parse(text).unwrap()
}

pub(crate) fn person(id: u128) -> PersonId {
    PersonId::from_u128(id)
}

pub(crate) fn instant() -> Timestamp {
    "2026-09-01T08:00:00Z".parse().unwrap()
}

pub(crate) fn of_class(class: ClassId, profile: Profile) -> GroupId {
    GroupKind::Class(class, profile).id(HERE)
}

pub(crate) fn of_school(profile: Profile) -> GroupId {
    GroupKind::Profile(profile).id(HERE)
}

/// Shuts what is sealed, as it always is in the log.
pub(crate) fn shut(event: &mut impl domain::sealed::Carries) {
    struct Shut;
    impl domain::sealed::Visit for Shut {
        fn field(
            &mut self,
            _: domain::Subject,
            _: domain::Retention,
            _: &'static str,
            _: u32,
            slot: &mut dyn domain::sealed::Slot,
        ) {
            slot.shut("1:0:202609:bm9t".into());
        }
    }
    event.each(&mut Shut);
}

impl School {
    /// A structure under the default policy, without a matrix, with CE1 and CE2.
    pub fn bare() -> Self {
        let mut it = Self::default();
        it.structure(HERE, Zone::PARIS, InternalPolicy::Implied);
        it.class(HERE, CE1, "CE1");
        it.class(HERE, CE2, "CE2");
        it
    }

    /// The same with a shipped matrix.
    pub fn with(matrix: &str) -> Self {
        let mut it = Self::bare();
        it.matrix(HERE, matrix);
        it
    }

    pub fn happened(&mut self, owner: Owner, event: impl Into<Event>) {
        let position = u64::try_from(self.log.len()).unwrap() + 1;
        let at = At {
            position: Position(position),
            recorded_at: instant(),
            event: EventId::from_u128(u128::from(position)),
            owner,
        };
        let event = event.into();
        self.world.apply(at, &event).unwrap();
        self.log.push((at, event));
    }

    pub fn of_structure(&mut self, structure: StructureId, event: impl Into<school::Event>) {
        self.happened(Owner::Structure(structure), event.into());
    }

    pub fn of_person(&mut self, id: PersonId, event: impl Into<who::Event>) {
        self.happened(Owner::Person(id), event.into());
    }

    pub fn structure(&mut self, structure: StructureId, zone: Zone, policy: InternalPolicy) {
        let family = Matrix::shipped(Matrix::DEFAULT).unwrap().family();
        let (uai, parent, name) = (None, None, label("École"));
        self.of_structure(structure, school::Created { structure, uai, name, parent, zone, policy, family });
    }

    pub fn class(&mut self, structure: StructureId, class: ClassId, name: &str) {
        self.of_structure(structure, school::ClassOpened { class, name: label(name) });
    }

    /// Everything the matrix gives to what is there now.
    pub fn matrix(&mut self, structure: StructureId, name: &str) {
        let matrix = Matrix::shipped(name).unwrap();
        let number = self.world.people.structure_no(structure).unwrap();
        let (functions, disciplines) = self.world.people.held(number);
        let classes = self.world.people.structure(number).unwrap().classes.keys().copied().collect();
        let given = matrix.give(&Extent { classes, functions, disciplines });
        let command = CommandId::from_u128(u128::try_from(self.log.len()).unwrap());
        let facts = given.facts.into_iter();
        let facts =
            facts.map(|(kind, facts, family)| GivenFacts { group: kind.id(structure), facts, family });
        let rules = (0..).zip(given.rules).map(|(index, (from, to))| GivenRule {
            rule: RuleId::derived(command, index),
            from: from.id(structure),
            to: to.id(structure),
        });
        let (facts, rules) = (facts.collect(), rules.collect());
        self.of_structure(
            structure,
            school::MatrixApplied {
                matrix: matrix.name,
                version: matrix.version,
                facts,
                rules,
                recipes: vec![],
                accepted: vec![],
            },
        );
    }

    pub fn register(&mut self, id: u128, profile: Profile, availability: Availability) -> PersonId {
        let identity =
            Identity { first_name: "Odile".into(), last_name: format!("L{id}"), ..Identity::default() };
        let identity = Sealed::Open(identity);
        let source = Source::Manual;
        let person = person(id);
        self.of_person(person, who::Registered { person, profile, identity, source, availability });
        person
    }

    pub fn attach(&mut self, id: PersonId, structure: StructureId, starts: Option<&str>, ends: Option<&str>) {
        let day = |text: &str| text.parse().unwrap();
        let (starts, ends) = (starts.map(day), ends.map(day));
        self.of_person(id, who::Attached { structure, main: true, starts, ends });
    }

    /// Somebody of HERE, in these classes.
    pub fn member(&mut self, id: u128, profile: Profile, classes: &[ClassId]) -> PersonId {
        let id = self.register(id, profile, Availability::Source);
        self.attach(id, HERE, None, None);
        for class in classes {
            self.join(id, *class);
        }
        id
    }

    /// A parent of HERE.
    pub fn parent(&mut self, id: u128, children: &[PersonId]) -> PersonId {
        let id = self.member(id, Profile::Relative, &[]);
        for child in children {
            self.of_person(id, who::ChildLinked { child: *child });
        }
        id
    }

    pub fn join(&mut self, id: PersonId, class: ClassId) {
        self.of_person(id, who::ClassJoined { structure: HERE, class });
    }

    pub fn block(&mut self, id: PersonId, cause: BlockCause) {
        let reason = Sealed::Shut("v1".into());
        self.of_person(id, who::Blocked { person: id, cause, by: Some(HERE), until: None, reason });
    }

    pub fn day(&mut self, zone: Zone, date: &str) {
        self.happened(
            Owner::Other,
            domain::clock::Event::from(DayBegan { zone, date: date.parse().unwrap() }),
        );
    }

    pub fn grant(&mut self, group: GroupId, fact: Fact) {
        self.of_structure(HERE, school::FactGranted { group, fact, reason: Reason::Hand, accepted: vec![] });
    }

    pub fn ungrant(&mut self, group: GroupId, fact: Fact) {
        self.of_structure(HERE, school::FactRemoved { group, fact });
    }

    /// Makes a rule that exposes, and accepts that these groups open.
    pub fn rule(&mut self, id: u128, from: GroupId, to: GroupId, accepted: &[GroupId]) -> RuleId {
        let (rule, accepted) = (RuleId::from_u128(id), accepted.to_vec());
        self.of_structure(HERE, school::RuleMade { rule, from, to, exposes_members: true, accepted });
        rule
    }

    pub fn unrule(&mut self, rule: RuleId) {
        self.of_structure(HERE, school::RuleRemoved { rule });
    }

    pub fn no(&self, id: PersonId) -> PersonNo {
        self.world.people.number(id).unwrap()
    }

    pub fn group_no(&self, id: GroupId) -> GroupNo {
        self.world.people.group(id).unwrap()
    }

    /// Whether one reaches another; the whole reach must say the same as the question about the pair.
    pub fn reaches(&self, from: PersonId, to: PersonId) -> bool {
        let World { people, graph, .. } = &self.world;
        let pair = graph.witness(people, self.no(from), self.no(to)).is_some();
        assert_eq!(pair, graph.reach(people, self.no(from)).people.contains(self.no(to).0));
        pair
    }

    pub fn reaches_group(&self, from: PersonId, to: GroupId) -> bool {
        let World { people, graph, .. } = &self.world;
        let pair = graph.witness_group(people, self.no(from), self.group_no(to)).is_some();
        assert_eq!(pair, graph.reach(people, self.no(from)).groups.contains(self.group_no(to).0));
        pair
    }

    /// A world built again from the same log.
    pub fn rebuilt(&self) -> World {
        let mut world = World::default();
        for (at, event) in &self.log {
            world.apply(*at, event).unwrap();
        }
        world
    }
}
