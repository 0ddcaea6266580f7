//! Random lives of a domain: grants, invitations, days that begin, accounts that are blocked.
//!
//! Invariants tested, after whatever the rules of a domain allow: somebody is for a domain and for each resource what a
//! naive reading of "which grants count" says; what is followed, rebuilt and read from a snapshot is the same.

use domain::booking::role::{Action, Answer};
use domain::clock::Zone;
use domain::group::Profile;
use domain::person::{BlockCause, Unblocked};
use domain::resource_domain::{self as rules, Command, Created, Outside, ResourceDomain, Revoke};
use domain::{Decider as _, StructureId};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::snapshot::tests::through;
use crate::testing::{HERE, School, of_school, person};
use crate::world::World;

const ROOMS: DomainId = DomainId::from_u128(1);

/// Two teachers, a member of staff, a guest.
const PROFILES: [Profile; 4] = [Profile::Teacher, Profile::Teacher, Profile::Staff, Profile::Guest];

#[derive(Debug, Clone)]
enum Act {
    Grant { on: usize, to: usize, role: usize, from: Option<u32>, through: Option<u32>, invitation: bool },
    Accept(usize),
    Decline(usize),
    Revoke(usize),
    Remove(usize),
    Day,
    Block(usize),
    Unblock(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let day = || prop::option::weighted(0.3, 1..9_u32);
    let grant = (0..3_usize, 0..6_usize, 0..5_usize, day(), day(), prop::bool::weighted(0.3));
    prop_oneof![
        8 => grant.prop_map(|(on, to, role, from, through, invitation)| {
            Act::Grant { on, to, role, from, through, invitation }
        }),
        2 => (0..40_usize).prop_map(Act::Accept),
        1 => (0..40_usize).prop_map(Act::Decline),
        3 => (0..40_usize).prop_map(Act::Revoke),
        1 => (1..3_usize).prop_map(Act::Remove),
        2 => Just(Act::Day),
        1 => (0..PROFILES.len()).prop_map(Act::Block),
        1 => (0..PROFILES.len()).prop_map(Act::Unblock),
    ]
}

fn date(day: u32) -> Date {
    Date::from_ymd_opt(2026, 9, day).unwrap()
}

/// A room, by its place from 1 on; none for the domain.
fn room(place: usize) -> Option<ResourceId> {
    (place > 0).then(|| ResourceId::from_u128(place as u128))
}

fn target(place: usize) -> Target {
    match place {
        4 => Target::Group(of_school(Profile::Teacher)),
        5 => Target::Group(of_school(Profile::Staff)),
        who => Target::Person(person(who as u128)),
    }
}

/// A domain, what its rules decided, and what a naive reader would note of it.
struct Life {
    school: School,
    domain: ResourceDomain,
    today: u32,
    /// Every grant there is, with whether it was accepted, if it is an invitation.
    noted: Vec<(RoleGranted, Option<bool>)>,
    blocked: BTreeSet<usize>,
    next: u128,
}

impl Life {
    fn new() -> Self {
        let mut school = School::bare();
        for (who, profile) in PROFILES.into_iter().enumerate() {
            school.member(who as u128, profile, &[]);
        }
        let (domain, noted, blocked) = (ResourceDomain::default(), vec![], BTreeSet::new());
        let mut life = Self { school, domain, today: 0, noted, blocked, next: 0 };
        life.begin_day();
        let (structure, name): (StructureId, _) = (HERE, Sealed::Shut("1:0:202609:bm9t".into()));
        life.happened(Created { domain: ROOMS, structure, name, by: None }.into());
        for resource in [1, 2].into_iter().filter_map(room) {
            life.decide(Command::AddResource { resource, name: "Salle".to_owned(), quantity: 1 });
        }
        life
    }

    fn happened(&mut self, mut event: DomainEvent) {
        self.domain = std::mem::take(&mut self.domain).evolve(&event);
        crate::testing::shut(&mut event);
        self.school.happened(Owner::Domain(ROOMS), event);
    }

    /// Does what the rules allow, and notes it.
    fn decide(&mut self, command: Command) {
        for event in self.domain.decide(command).unwrap_or_default() {
            match &event {
                DomainEvent::RoleGranted(granted) => {
                    self.noted.push((granted.clone(), granted.invitation.then_some(false)));
                }
                DomainEvent::InvitationAccepted(accepted) => {
                    let known = self.noted.iter_mut().find(|(granted, _)| granted.grant == accepted.grant);
                    known.unwrap().1 = Some(true);
                }
                DomainEvent::InvitationDeclined(rules::InvitationDeclined { grant })
                | DomainEvent::RoleRevoked(rules::RoleRevoked { grant }) => {
                    self.noted.retain(|(granted, _)| granted.grant != *grant);
                }
                DomainEvent::ResourceRemoved(removed) => {
                    self.noted.retain(|(granted, _)| granted.on != Some(removed.resource));
                }
                _ => {}
            }
            self.happened(event);
        }
    }

    fn begin_day(&mut self) {
        self.today += 1;
        self.school.day(Zone::PARIS, &date(self.today).to_string());
    }

    /// One of the grants there are, and whom it is to.
    fn pick(&self, place: usize) -> Option<&RoleGranted> {
        self.noted.get(place % self.noted.len().max(1)).map(|(granted, _)| granted)
    }

    fn answer(&self, place: usize) -> Option<rules::Answer> {
        let granted = self.pick(place)?;
        let by = if let Target::Person(person) = granted.to { person } else { person(0) };
        Some(rules::Answer { grant: granted.grant, by, today: date(self.today) })
    }

    fn play(&mut self, act: &Act) {
        let today = date(self.today);
        match *act {
            Act::Grant { on, to, role, from, through, invitation } => {
                self.next += 1;
                let (grant, on, to, role) =
                    (GrantId::from_u128(self.next), room(on), target(to), Role::ALL[role]);
                let (from, through) = (from.map(date), through.map(date));
                let (invitation, instead_of) = (invitation.then_some(Outside(true)), None);
                let asked =
                    rules::Grant { grant, on, to, role, from, through, invitation, instead_of, today };
                self.decide(Command::Grant(asked));
            }
            Act::Accept(place) => {
                if let Some(answer) = self.answer(place) {
                    self.decide(Command::Accept(answer));
                }
            }
            Act::Decline(place) => {
                if let Some(answer) = self.answer(place) {
                    self.decide(Command::Decline(answer));
                }
            }
            Act::Revoke(place) => {
                if let Some(grant) = self.pick(place).map(|granted| granted.grant) {
                    self.decide(Command::Revoke(Revoke { grant, administers: false, today }));
                }
            }
            Act::Remove(place) => {
                if let Some(resource) = room(place) {
                    self.decide(Command::RemoveResource { resource });
                }
            }
            Act::Day if self.today < 12 => self.begin_day(),
            Act::Day => {}
            Act::Block(who) => {
                if self.blocked.insert(who) {
                    self.school.block(person(who as u128), BlockCause::Person);
                }
            }
            Act::Unblock(who) => {
                if self.blocked.remove(&who) {
                    let lifted = Unblocked { cause: BlockCause::Person };
                    self.school.of_person(person(who as u128), lifted);
                }
            }
        }
    }

    /// What somebody is, read from the page word by word.
    fn naive(&self, place: usize, who: usize) -> Option<Role> {
        let today = date(self.today);
        let counts = |(granted, accepted): &&(RoleGranted, Option<bool>)| {
            let begun = granted.from.is_none_or(|from| from <= today);
            *accepted != Some(false) && begun && granted.through.is_none_or(|through| today <= through)
        };
        let theirs = |granted: &RoleGranted| {
            target(who) == granted.to || granted.to == Target::Group(of_school(PROFILES[who]))
        };
        let counting: Vec<_> = self.noted.iter().filter(counts).collect();
        let own = |granted: &RoleGranted| room(place).is_some() && granted.on == room(place);
        let has_own = counting.iter().any(|(granted, accepted)| own(granted) && accepted.is_none());
        let used = counting.into_iter().filter(|(granted, _)| {
            own(granted) || (granted.on.is_none() && (!has_own || granted.role == Role::Manager))
        });
        let there = match &self.domain {
            ResourceDomain::Open(_) => !self.blocked.contains(&who),
            ResourceDomain::Unmade | ResourceDomain::Deleted => false,
        };
        used.map(|(granted, _)| granted).filter(|it| there && theirs(it)).map(|it| it.role).max()
    }

    fn agree(&self) -> Result<(), TestCaseError> {
        let World { people, resources, .. } = &self.school.world;
        for (place, who) in (0..3).flat_map(|place| (0..PROFILES.len()).map(move |who| (place, who))) {
            let on = room(place).map_or(On::Domain(ROOMS), On::Resource);
            if resources.domain_on(on).is_none() {
                continue;
            }
            let role = resources.role(people, on, person(who as u128)).map(|(role, _)| role);
            prop_assert_eq!(role, self.naive(place, who), "{:?} {}", on, who);
            let validates = role.is_some_and(|role| role.may(Action::Validate) == Answer::Yes);
            let number = self.school.no(person(who as u128));
            let among = resources.who_may(people, on, Action::Validate).contains(number.0);
            prop_assert_eq!(among, validates, "{:?} {} among those who validate", on, who);
            let sees = resources.seen_by(people, person(who as u128)).contains(&ROOMS);
            prop_assert!(sees || role.is_none(), "{:?} {} has a role on what they do not see", on, who);
        }
        Ok(())
    }

    fn comes_back(&self) -> Result<(), TestCaseError> {
        let told = self.school.world.resources.dump();
        prop_assert_eq!(&self.school.rebuilt().resources.dump(), &told);
        prop_assert_eq!(&through(&self.school.world).resources.dump(), &told);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn somebody_is_what_the_page_says_whatever_happened(acts in vec(act(), 1..60)) {
        let mut life = Life::new();
        for act in &acts {
            life.play(act);
            life.agree()?;
        }
        life.comes_back()?;
    }
}
