//! What may happen in a small random school. What a decider would refuse is left out when it is played.

use domain::clock::Zone;
use domain::group::{Fact, GroupKind, InternalPolicy, Profile, Reason};
use domain::import::{Counts, Finished};
use domain::person::{self as who, Availability, BlockCause};
use domain::roster::{self, ManagerEnded, ManagerNamed, MembersAdded, MembersRemoved};
use domain::structure::{
    BroadcastListCreated, ClassClosed, Closed, Criteria, FactGranted, FactRemoved, FreeGroupCreated,
    GroupHidden, GroupShown, ListCriteriaSet, PolicySet, Reopened, RuleMade,
};
use domain::{ClassId, GroupId, ImportId, PersonId, RuleId, Sealed, StructureId};
use proptest::collection::vec;
use proptest::prelude::*;

use super::decided;
use crate::testing::{School, label, person};
use crate::world::Owner;

/// People by number: teachers, staff, pupils, relatives, a guest.
pub(crate) const PROFILES: [Profile; 11] = [
    Profile::Teacher,
    Profile::Teacher,
    Profile::Teacher,
    Profile::Staff,
    Profile::Student,
    Profile::Student,
    Profile::Student,
    Profile::Relative,
    Profile::Relative,
    Profile::Relative,
    Profile::Guest,
];

/// Something that happens; numbers are taken modulo what there is.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Attach {
        who: usize,
        school: bool,
        starts: Option<u8>,
        ends: Option<u8>,
        main: bool,
    },
    Detach(usize, bool),
    Class {
        who: usize,
        school: bool,
        second: bool,
        join: bool,
    },
    HeadTeacher(usize, bool, bool),
    Function {
        who: usize,
        school: bool,
        direction: bool,
        discipline: bool,
        give: bool,
    },
    Levels(usize, bool, u8),
    Teaching(usize, bool, bool),
    Child {
        relative: usize,
        child: usize,
        link: bool,
    },
    Block(usize, bool, bool),
    Close(usize, bool),
    Day {
        paris: bool,
        day: u8,
    },
    Matrix(bool, bool),
    Grant {
        school: bool,
        group: usize,
        fact: u8,
        feed: bool,
        accept: bool,
    },
    Ungrant {
        school: bool,
        group: usize,
        fact: u8,
    },
    Rule {
        school: bool,
        from: usize,
        to: usize,
        elsewhere: bool,
        exposes: bool,
        accept: u8,
    },
    Unrule(usize),
    Policy {
        school: bool,
        implied: bool,
        accept: usize,
    },
    CloseClass(bool, bool),
    Hide(usize, bool),
    HideGroup {
        school: bool,
        group: usize,
        hide: bool,
    },
    Link {
        from: usize,
        to: usize,
        both_ways: bool,
        make: bool,
    },
    CloseSchool(bool, bool),
    Recipe {
        school: bool,
        which: usize,
        take: bool,
        accept: bool,
    },
    Reapply {
        school: bool,
        classic: bool,
        reset: bool,
        accept: bool,
    },
    /// Somebody is put into a group filled by hand, or taken out.
    Fill {
        school: bool,
        list: bool,
        who: usize,
        second: usize,
        enters: bool,
    },
    Manage {
        school: bool,
        who: usize,
        under: Option<usize>,
        named: bool,
    },
    Criteria {
        school: bool,
        criteria: u8,
    },
    ImportEnds,
}

pub(crate) fn any_act() -> impl Strategy<Value = Act> {
    let (b, n) = (any::<bool>(), 0..64_usize);
    let bb = (any::<bool>(), any::<bool>());
    let day = proptest::option::weighted(0.3, 1..9_u8);
    prop_oneof![
        4 => (n.clone(), bb, day.clone(), day).prop_map(|(who, (school, main), starts, ends)| {
            Act::Attach { who, school, starts, ends, main }
        }),
        1 => (n.clone(), b).prop_map(|(who, school)| Act::Detach(who, school)),
        6 => (n.clone(), bb, prop::bool::weighted(0.8)).prop_map(|(who, (school, second), join)| {
            Act::Class { who, school, second, join }
        }),
        1 => (n.clone(), bb).prop_map(|(who, (school, second))| Act::HeadTeacher(who, school, second)),
        2 => (n.clone(), bb, bb).prop_map(|(who, (school, direction), (discipline, give))| {
            Act::Function { who, school, direction, discipline, give }
        }),
        2 => (n.clone(), b, 0..4_u8).prop_map(|(who, school, levels)| Act::Levels(who, school, levels)),
        2 => (n.clone(), bb).prop_map(|(who, (school, join))| Act::Teaching(who, school, join)),
        4 => (n.clone(), n.clone(), prop::bool::weighted(0.8)).prop_map(|(relative, child, link)| {
            Act::Child { relative, child, link }
        }),
        1 => (n.clone(), bb).prop_map(|(who, (cause, on))| Act::Block(who, cause, on)),
        1 => (n.clone(), b).prop_map(|(who, closed)| Act::Close(who, closed)),
        2 => (b, 1..9_u8).prop_map(|(paris, day)| Act::Day { paris, day }),
        2 => bb.prop_map(|(school, classic)| Act::Matrix(school, classic)),
        5 => (n.clone(), bb, b, 0..3_u8).prop_map(|(group, (school, feed), accept, fact)| {
            Act::Grant { school, group, fact, feed, accept }
        }),
        2 => (n.clone(), b, 0..3_u8).prop_map(|(group, school, fact)| Act::Ungrant { school, group, fact }),
        6 => (n.clone(), n.clone(), bb, b, 0..4_u8).prop_map(|(from, to, (school, elsewhere), exposes, accept)| {
            Act::Rule { school, from, to, elsewhere, exposes, accept }
        }),
        2 => n.clone().prop_map(Act::Unrule),
        1 => (bb, n.clone()).prop_map(|((school, implied), accept)| Act::Policy { school, implied, accept }),
        1 => bb.prop_map(|(school, second)| Act::CloseClass(school, second)),
        1 => (n.clone(), b).prop_map(|(who, hide)| Act::Hide(who, hide)),
        1 => (n.clone(), bb).prop_map(|(group, (school, hide))| Act::HideGroup { school, group, hide }),
        2 => (n.clone(), n.clone(), b, prop::bool::weighted(0.8)).prop_map(|(from, to, both_ways, make)| {
            Act::Link { from, to, both_ways, make }
        }),
        1 => bb.prop_map(|(school, close)| Act::CloseSchool(school, close)),
        4 => (0..3_usize, b, prop::bool::weighted(0.6), prop::bool::weighted(0.7)).prop_map(
            |(which, school, take, accept)| Act::Recipe { school, which, take, accept }
        ),
        2 => (bb, bb).prop_map(|((school, classic), (reset, accept))| {
            Act::Reapply { school, classic, reset, accept }
        }),
        5 => (n.clone(), n.clone(), bb, prop::bool::weighted(0.7)).prop_map(|(who, second, (school, list), enters)| {
            Act::Fill { school, list, who, second, enters }
        }),
        1 => (n.clone(), proptest::option::of(n.clone()), bb).prop_map(|(who, under, (school, named))| {
            Act::Manage { school, who, under, named }
        }),
        2 => (b, 0..9_u8).prop_map(|(school, criteria)| Act::Criteria { school, criteria }),
        2 => Just(Act::ImportEnds),
    ]
}

pub(crate) fn acts() -> impl Strategy<Value = Vec<Act>> {
    vec(any_act(), 0..40)
}

pub(crate) fn structure(second: bool) -> StructureId {
    StructureId::from_u128(if second { 2 } else { 1 })
}

fn class(of: bool, second: bool) -> ClassId {
    ClassId::from_u128(10 + u128::from(of) * 10 + u128::from(second))
}

fn teaching(of: bool) -> GroupId {
    GroupId::from_u128(700 + u128::from(of))
}

pub(crate) fn list(of: bool) -> GroupId {
    GroupId::from_u128(810 + u128::from(of))
}

/// What a list of each structure is of.
pub(crate) fn profile_of_list(of: bool) -> Profile {
    if of { Profile::Relative } else { Profile::Teacher }
}

/// Criteria by number: which structures, which functions; none at all for one of them.
fn criteria(number: u8) -> Option<Criteria> {
    let (structures, functions) = (number / 3 % 3, number % 3);
    let structures = match structures {
        0 => vec![],
        1 => vec![structure(false)],
        _ => vec![structure(false), structure(true)],
    };
    let functions = match functions {
        0 => vec![],
        1 => vec![label("SOC")],
        _ => vec![label("DIR"), label("SOC")],
    };
    (number < 8).then_some(Criteria { structures, functions })
}

fn free(of: bool) -> GroupId {
    GroupId::from_u128(800 + u128::from(of))
}

pub(crate) fn zone(paris: bool) -> Zone {
    if paris { Zone::PARIS } else { Zone::parse("Indian/Reunion").unwrap() }
}

fn date(day: u8) -> domain::Date {
    format!("2026-09-0{day}").parse().unwrap()
}

/// Every group there can be in a structure.
pub(crate) fn kinds(of: bool) -> Vec<GroupKind> {
    let mut kinds: Vec<_> = Profile::ALL.into_iter().map(GroupKind::Profile).collect();
    for second in [false, true] {
        let class = class(of, second);
        kinds.extend(Profile::ALL.into_iter().map(|profile| GroupKind::Class(class, profile)));
        kinds.push(GroupKind::HeadTeacher(class));
    }
    for level in ["CE1", "CE2"] {
        kinds.push(GroupKind::Level(label(level), Profile::Student));
        kinds.push(GroupKind::Level(label(level), Profile::Relative));
    }
    kinds.push(GroupKind::Direction);
    kinds.extend(["DIR", "SOC"].map(|code| GroupKind::Function(label(code))));
    kinds.push(GroupKind::Discipline(label("P9222")));
    kinds.extend([GroupKind::Teaching(teaching(of)), GroupKind::Free(free(of))]);
    kinds.push(GroupKind::BroadcastList(list(of)));
    kinds
}

fn group(of: bool, number: usize) -> GroupId {
    let kinds = kinds(of);
    kinds[number % kinds.len()].id(structure(of))
}

fn fact(number: u8) -> Fact {
    [Fact::Uses, Fact::Exposes, Fact::Internal][usize::from(number) % 3]
}

/// Two structures in two zones with two classes each, and everybody, most of them attached.
pub(crate) fn beginning(school: &mut School) {
    for of in [false, true] {
        school.structure(structure(of), zone(!of), InternalPolicy::Implied);
        school.class(structure(of), class(of, false), "A");
        school.class(structure(of), class(of, true), "B");
        let (group, name) = (free(of), Sealed::Open("Sortie".to_owned()));
        let structure = structure(of);
        school.of_structure(structure, FreeGroupCreated { structure, group, name, internal: of });
        let (group, name) = (list(of), Sealed::Open("Liste".to_owned()));
        let (profile, criteria) = (profile_of_list(of), criteria(if of { 0 } else { 4 }));
        school.of_structure(structure, BroadcastListCreated { structure, group, name, profile, criteria });
    }
    for (number, profile) in (0..).zip(PROFILES) {
        let kept = if number % 5 == 3 { Availability::Until(date(6)) } else { Availability::Source };
        let id = school.register(number, profile, kept);
        if number % 4 != 2 {
            school.attach(id, structure(false), None, None);
        }
    }
}

/// Plays an act, if it can happen now.
pub(crate) fn act(school: &mut School, act: &Act) {
    if let Some((id, event)) = of_person(school, act) {
        school.of_person(id, event);
    }
    if let Some((id, event)) = of_structure(school, act) {
        school.of_structure(id, event);
    }
    if let Some((group, event)) = of_group(act) {
        school.happened(Owner::Group(group), event);
    }
    match *act {
        Act::ImportEnds => {
            let (import, counts) = (ImportId::from_u128(1), Counts::default());
            school.happened(Owner::Other, domain::import::Event::from(Finished { import, counts }));
        }
        Act::Day { paris, day } => school.day(zone(paris), &date(day).to_string()),
        Act::Matrix(of, true) => school.matrix(structure(of), "classic"),
        Act::Matrix(of, false) => school.matrix(structure(of), "published-2025"),
        Act::Recipe { school: of, which, take, accept } => {
            let (name, _) = domain::structure::Recipe::SHIPPED[which];
            decided::recipe(school, structure(of), name, take, accept);
        }
        Act::Reapply { school: of, classic, reset, accept } => {
            let name = if classic { "classic" } else { "published-2025" };
            decided::matrix(school, structure(of), name, reset, accept);
        }
        _ => {}
    }
}

fn of_group(act: &Act) -> Option<(GroupId, roster::Event)> {
    Some(match *act {
        Act::Fill { school: of, list: true, who, enters: true, .. } => {
            let of_profile = (0..PROFILES.len()).filter(|number| PROFILES[*number] == profile_of_list(of));
            let who = of_profile.collect::<Vec<_>>()[who % 3];
            (list(of), MembersAdded { people: vec![someone(who)] }.into())
        }
        Act::Fill { school: of, list: false, who, second, enters: true } => {
            (free(of), MembersAdded { people: vec![someone(who), someone(second)] }.into())
        }
        Act::Fill { school: of, list: is_list, who, second, enters: false } => {
            let group = if is_list { list(of) } else { free(of) };
            (group, MembersRemoved { people: vec![someone(who), someone(second)] }.into())
        }
        Act::Manage { school: of, who, under, named: true } => {
            (free(of), ManagerNamed { person: someone(who), under: under.map(someone) }.into())
        }
        Act::Manage { school: of, who, named: false, .. } => {
            (free(of), ManagerEnded { person: someone(who) }.into())
        }
        _ => return None,
    })
}

fn someone(number: usize) -> PersonId {
    person(u128::try_from(number % PROFILES.len()).unwrap())
}

fn of_person(school: &School, act: &Act) -> Option<(PersonId, who::Event)> {
    let there = |number: usize, of: bool| {
        let people = &school.world.people;
        let place = people.structure_no(structure(of)).unwrap();
        people.person_by_id(someone(number)).unwrap().attachment(place).map(|_| structure(of))
    };
    let classless =
        |number: usize| matches!(PROFILES[number % PROFILES.len()], Profile::Relative | Profile::Guest);
    Some(match *act {
        Act::Attach { who, school: of, starts, ends, main } => {
            let (structure, starts, ends) = (structure(of), starts.map(date), ends.map(date));
            if starts.zip(ends).is_some_and(|(starts, ends)| ends < starts) {
                return None;
            }
            (someone(who), who::Attached { structure, main, starts, ends }.into())
        }
        Act::Detach(who, of) => (someone(who), who::Detached { structure: there(who, of)? }.into()),
        Act::Class { who, .. } if classless(who) => return None,
        Act::Class { who, school: of, second, join: true } => {
            let (structure, class) = (there(who, of)?, class(of, second));
            (someone(who), who::ClassJoined { structure, class }.into())
        }
        Act::Class { who, school: of, second, join: false } => {
            let (structure, class) = (there(who, of)?, class(of, second));
            (someone(who), who::ClassLeft { structure, class }.into())
        }
        Act::HeadTeacher(who, of, second) => {
            let (structure, class) = (there(who, of)?, class(of, second));
            (someone(who), who::HeadTeacherNamed { structure, class }.into())
        }
        Act::Function { who, school: of, direction, discipline, give } => {
            let structure = there(who, of)?;
            let function = label(if direction { "DIR" } else { "SOC" });
            let discipline = discipline.then(|| label("P9222"));
            let event = if give {
                who::FunctionGiven { structure, function, discipline }.into()
            } else {
                who::FunctionTaken { structure, function, discipline }.into()
            };
            (someone(who), event)
        }
        Act::Levels(who, of, bits) => {
            let structure = there(who, of)?;
            let levels = [(1, "CE1"), (2, "CE2")].into_iter().filter(|(bit, _)| bits & bit > 0);
            let levels = levels.map(|(_, level)| label(level)).collect();
            (someone(who), who::LevelsSet { structure, levels }.into())
        }
        Act::Teaching(who, of, true) => {
            let (structure, group) = (there(who, of)?, teaching(of));
            (someone(who), who::TeachingGroupJoined { structure, group }.into())
        }
        Act::Teaching(who, of, false) => {
            let (structure, group) = (there(who, of)?, teaching(of));
            (someone(who), who::TeachingGroupLeft { structure, group }.into())
        }
        Act::Child { relative, child, link } => {
            let relative = person(7 + u128::try_from(relative % 3).unwrap());
            let child = person(4 + u128::try_from(child % 3).unwrap());
            let linked = who::ChildLinked { child }.into();
            (relative, if link { linked } else { who::ChildUnlinked { child }.into() })
        }
        Act::Block(who, cause, on) => {
            let cause = if cause { BlockCause::Person } else { BlockCause::Security };
            let (person, reason) = (someone(who), Sealed::Shut("v1".into()));
            let blocked = who::Blocked { person, cause, by: None, until: None, reason }.into();
            (person, if on { blocked } else { who::Unblocked { cause }.into() })
        }
        Act::Hide(who, true) => (someone(who), who::Hidden {}.into()),
        Act::Hide(who, false) => (someone(who), who::Shown {}.into()),
        Act::Link { from, to, .. } if someone(from) == someone(to) => return None,
        Act::Link { from, to, both_ways, make: true } => {
            (someone(from), who::LinkMade { to: someone(to), both_ways }.into())
        }
        Act::Link { from, to, .. } => (someone(from), who::LinkRemoved { to: someone(to) }.into()),
        Act::Close(who, true) => (someone(who), who::Closed {}.into()),
        Act::Close(who, false) => (someone(who), who::Reopened {}.into()),
        _ => return None,
    })
}

fn of_structure(school: &School, act: &Act) -> Option<(StructureId, domain::structure::Event)> {
    Some(match *act {
        Act::Grant { school: of, group: number, fact: which, feed, accept } => {
            let group = group(of, number);
            if group == list(of) && fact(which) != Fact::Uses {
                return None;
            }
            let reason = if feed { Reason::Feed } else { Reason::Hand };
            let accepted = if accept { vec![group] } else { vec![] };
            (structure(of), FactGranted { group, fact: fact(which), reason, accepted }.into())
        }
        Act::Ungrant { school: of, group: number, fact: which } => {
            (structure(of), FactRemoved { group: group(of, number), fact: fact(which) }.into())
        }
        Act::Rule { school: of, from, to, elsewhere, exposes, accept } => {
            let (from, to) = (group(of, from), group(of != elsewhere, to));
            if from == to {
                return None;
            }
            let exposes = exposes && to != list(of != elsewhere);
            let accepted = [(1, from), (2, to)].into_iter().filter(|(bit, _)| accept & bit > 0);
            let accepted = accepted.map(|(_, group)| group).collect();
            let rule = RuleId::from_u128(9_000 + u128::try_from(school.log.len()).unwrap());
            (structure(of), RuleMade { rule, from, to, exposes_members: exposes, accepted }.into())
        }
        Act::Unrule(number) => {
            let made = rules_made(school);
            let (owner, rule) = made.get(number % made.len().max(1)).copied()?;
            (owner, domain::structure::RuleRemoved { rule }.into())
        }
        Act::Policy { school: of, implied, accept } => {
            let policy = if implied { InternalPolicy::Implied } else { InternalPolicy::Explicit };
            (structure(of), PolicySet { policy, accepted: vec![group(of, accept)] }.into())
        }
        Act::HideGroup { school: of, group: number, hide: true } => {
            (structure(of), GroupHidden { group: group(of, number) }.into())
        }
        Act::HideGroup { school: of, group: number, hide: false } => {
            (structure(of), GroupShown { group: group(of, number) }.into())
        }
        Act::CloseSchool(of, true) => (structure(of), Closed {}.into()),
        Act::CloseSchool(of, false) => (structure(of), Reopened {}.into()),
        Act::Criteria { school: of, criteria: number } => {
            (structure(of), ListCriteriaSet { group: list(of), criteria: criteria(number) }.into())
        }
        Act::CloseClass(of, second) => (structure(of), ClassClosed { class: class(of, second) }.into()),
        _ => return None,
    })
}

/// Every rule ever made, by hand or by a matrix, removed ones too.
fn rules_made(school: &School) -> Vec<(StructureId, RuleId)> {
    let mut made = vec![];
    for (at, event) in &school.log {
        let crate::world::Owner::Structure(owner) = at.owner else { continue };
        match event {
            domain::Event::Structure(domain::structure::Event::RuleMade(rule)) => {
                made.push((owner, rule.rule));
            }
            domain::Event::Structure(event) => {
                let given = event.adjustment().unwrap_or_default().rules;
                made.extend(given.iter().map(|given| (owner, given.rule)));
            }
            _ => {}
        }
    }
    made
}
