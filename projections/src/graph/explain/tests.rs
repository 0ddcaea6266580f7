//! What is allowed is explained by facts that are true, what is not by what is missing: the table, and random schools.

mod lists;
mod property;
mod seed;

use domain::group::{Fact, InternalPolicy, Profile};
use domain::person::{self as who, BlockCause};
use domain::structure::{FreeGroupCreated, PolicySet};
use domain::{GroupId, PersonId, Sealed, StructureId};

use super::{Authority, Explanation, Fix, Miss, Missing, Remedy, Step};
use crate::graph::change::Change;
use crate::graph::tests::two_groups;
use crate::graph::{Cause, Since, Target};
use crate::testing::{CE1, CE2, ELSEWHERE, HERE, School, of_class, of_school};
use crate::world::World;

impl School {
    fn explained(&self, from: PersonId, to: PersonId) -> Explanation {
        let World { people, graph, .. } = &self.world;
        let explanation = graph.explain(people, self.no(from), Target::Person(self.no(to)));
        assert_eq!(explanation.routes.is_empty(), !self.reaches(from, to), "as reach says");
        assert_eq!(explanation.routes.is_empty(), !explanation.misses.is_empty(), "one or the other");
        explanation
    }

    fn explained_group(&self, from: PersonId, to: GroupId) -> Explanation {
        let World { people, graph, .. } = &self.world;
        let explanation = graph.explain(people, self.no(from), Target::Group(self.group_no(to)));
        assert_eq!(explanation.routes.is_empty(), !self.reaches_group(from, to), "as reach says");
        assert_eq!(explanation.routes.is_empty(), !explanation.misses.is_empty(), "one or the other");
        explanation
    }

    /// What is missing on the nearest way.
    fn nearest(&self, from: PersonId, to: PersonId) -> Vec<Missing> {
        let misses = self.explained(from, to).misses;
        misses.first().map(|miss| miss.missing.clone()).unwrap_or_default()
    }

    fn fixes(&self, missing: Missing) -> Vec<Fix> {
        missing.fixes(&self.world.graph, &self.world.people)
    }

    fn in_class(&self, person: PersonId, class: domain::ClassId) -> Missing {
        let structure = self.world.people.structure_no(HERE).unwrap();
        Missing::NotInClass { person: self.no(person), structure, class }
    }
}

#[test]
fn every_cell_of_the_table_of_section_3_is_explained_as_the_page_says() {
    let four: [(&str, &[Fact]); 4] = [
        ("NONE", &[]),
        ("IN", &[Fact::Uses]),
        ("OUT", &[Fact::Exposes]),
        ("BOTH", &[Fact::Uses, Fact::Exposes, Fact::Internal]),
    ];
    for (first, facts_1) in four {
        for (second, facts_2) in four {
            let (school, [a, b], groups) = two_groups([facts_1, facts_2]);
            let [from, to] = groups.map(|group| school.group_no(group));
            let (uses, exposes) = (matches!(first, "IN" | "BOTH"), matches!(second, "OUT" | "BOTH"));
            let cell = format!("{first} → {second}");
            let lacks_use = (!uses).then_some(Missing::DoesNotUse { group: from });
            let lacks_exposure = (!exposes).then_some(Missing::DoesNotExpose { group: to });

            let person = school.explained(a, b);
            assert_eq!(person.routes.len(), usize::from(uses && exposes), "{cell}, the person");
            let on_this_way = |misses: &[Miss]| {
                let miss = misses.iter().find(|miss| (miss.from, miss.to) == (Some(from), Some(to)));
                miss.map(|miss| miss.missing.clone())
            };
            let lacks: Vec<_> = lacks_exposure.into_iter().chain(lacks_use).collect();
            assert_eq!(on_this_way(&person.misses).unwrap_or_default(), lacks, "{cell}, the person");
            if lacks.len() == 1 {
                assert_eq!(person.misses[0].missing, lacks, "{cell}: nothing is nearer");
            }

            let group = school.explained_group(a, groups[1]);
            assert_eq!(group.routes.len(), usize::from(uses), "{cell}, the group");
            let lacks: Vec<_> = lacks_use.into_iter().collect();
            assert_eq!(on_this_way(&group.misses).unwrap_or_default(), lacks, "{cell}, the group");

            let back = school.explained(b, a);
            assert!(back.misses.iter().any(|miss| matches!(miss.missing[..], [Missing::NoRule { .. }])));
        }
    }
}

#[test]
fn members_of_one_group_are_explained_by_it_when_it_is_both_and_in_no_other_cell() {
    for (value, facts) in [
        ("NONE", &[][..]),
        ("IN", &[Fact::Uses]),
        ("OUT", &[Fact::Exposes]),
        ("BOTH", &[Fact::Uses, Fact::Exposes, Fact::Internal]),
    ] {
        let mut school = School::bare();
        let (a, b) = (school.member(1, Profile::Teacher, &[CE1]), school.member(2, Profile::Teacher, &[CE1]));
        let id = of_class(CE1, Profile::Teacher);
        let group = school.group_no(id);
        for fact in facts {
            school.grant(id, *fact);
        }
        let explanation = school.explained(a, b);
        if value == "BOTH" {
            let [_, Step::States { fact: Fact::Internal, because, implied, .. }, _] =
                &explanation.routes[0].steps[..]
            else {
                panic!("{:?}", explanation.routes)
            };
            assert_eq!(because.iter().map(|because| because.cause).collect::<Vec<_>>(), [Cause::Hand]);
            assert!(implied.is_some(), "also implied");
        } else {
            assert_eq!(explanation.misses[0].missing, [Missing::NotInternal { group }], "{value}");
        }
        let myself =
            school.world.graph.explain(&school.world.people, school.no(a), Target::Person(school.no(a)));
        assert_eq!(myself.misses[0].missing, [Missing::Oneself]);
    }
}

#[test]
fn each_fix_of_rules_alone_has_the_preview_of_its_change() {
    let mut school = School::with("published-2025");
    let child = school.member(9, Profile::Student, &[CE1]);
    let (parent, _) = (school.parent(1, &[child]), school.parent(2, &[child]));
    let teacher = school.member(3, Profile::Teacher, &[CE2]);
    let misses = school.explained(parent, teacher).misses;
    let (mut previewed, mut others) = (0, 0);
    for miss in &misses {
        for fix in miss.missing.iter().flat_map(|missing| school.fixes(*missing)) {
            let World { people, graph, .. } = &school.world;
            let Some(preview) = fix.remedy.preview(graph, people) else {
                assert!(!matches!(fix.remedy, Remedy::Rules(_) | Remedy::Accept { .. }), "{fix:?}");
                others += 1;
                continue;
            };
            if let (Remedy::Rules(change), [_]) = (fix.remedy, &miss.missing[..]) {
                assert_eq!(preview, graph.preview(people, &[change]));
                // The only thing missing: the asker reaches the other by it, and so does who is in the same group.
                assert!(preview.opened.first_who.contains(&school.no(parent)), "{fix:?}: {preview:?}");
                assert!(preview.opened.first_whom.contains(&school.no(teacher)), "{fix:?}: {preview:?}");
                previewed += 1;
            }
        }
    }
    assert!(previewed > 0 && others > 0, "{misses:?}");
}

#[test]
fn accepting_that_members_reach_each_other_is_previewed_with_them() {
    let mut school = School::with("published-2025");
    let child = school.member(9, Profile::Student, &[CE1]);
    let parents = [1, 2, 3].map(|number| school.parent(number, &[child]));
    school.rule(90, of_class(CE1, Profile::Teacher), of_class(CE1, Profile::Relative), &[]);
    let group = school.group_no(of_class(CE1, Profile::Relative));
    assert_eq!(school.nearest(parents[0], parents[1]), [Missing::WaitingForAcceptance { group }]);
    let fix = school.fixes(Missing::WaitingForAcceptance { group })[0];
    let World { people, graph, .. } = &school.world;
    let preview = fix.remedy.preview(graph, people).unwrap();
    assert_eq!((preview.opened.pairs(), preview.to_accept), (6, vec![group]), "three parents");
}

#[test]
fn every_path_is_told_from_the_asker_to_the_target_with_the_events_that_made_it() {
    let mut school = School::bare();
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    let pupil = school.member(2, Profile::Student, &[CE1]);
    let [from, to] = [of_class(CE1, Profile::Teacher), of_class(CE1, Profile::Student)];
    let rule = school.rule(1, from, to, &[]);
    let made = school.log.last().unwrap().0;
    school.grant(to, Fact::Exposes);
    school.rule(2, of_school(Profile::Teacher), of_school(Profile::Student), &[]);
    let routes = school.explained(teacher, pupil).routes;
    assert_eq!(routes.len(), 2, "every path");
    let [from, to] = [from, to].map(|group| school.group_no(group));
    let route = routes
        .iter()
        .find(|route| route.steps[0] == Step::Member { person: school.no(teacher), group: from });
    let [_, uses, Step::Leads(led), exposes, last] = &route.unwrap().steps[..] else { panic!("{route:?}") };
    assert_eq!((led.id, led.since.position, led.since.event), (rule, made.position, made.event));
    assert_eq!(*last, Step::Member { person: school.no(pupil), group: to });
    let causes = |step: &Step| match step {
        Step::States { because, .. } => because.iter().map(|because| because.cause).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(causes(uses), [Cause::Rule(rule)]);
    assert_eq!(causes(exposes), [Cause::Rule(rule), Cause::Hand]);
    let Step::States { because, .. } = uses else { panic!() };
    assert_eq!(because[0].since.position, made.position);
}

#[test]
fn a_family_is_explained_by_the_classes_of_the_child() {
    let mut school = School::with("published-2025");
    let pupil = school.member(1, Profile::Student, &[CE1]);
    let parent = school.parent(2, &[pupil]);
    let matrix =
        school.log.iter().find(|(_, event)| event.kind().kind == "structure.matrix-applied").unwrap().0;
    let since = Since { position: matrix.position, event: matrix.event };
    let says = vec![(school.group_no(of_class(CE1, Profile::Relative)), Some(since))];
    let (relative, child) = (school.no(parent), school.no(pupil));
    for (from, to) in [(parent, pupil), (pupil, parent)] {
        let steps = school.explained(from, to).routes.swap_remove(0).steps;
        assert_eq!(steps, [Step::Family { relative, child, says: says.clone() }]);
    }
    let mut school = School::with("classic");
    let pupil = school.member(1, Profile::Student, &[CE1]);
    let parent = school.parent(2, &[pupil]);
    school.ungrant(of_class(CE1, Profile::Student), Fact::Exposes);
    let (relative, child) = (school.no(parent), school.no(pupil));
    let missing = Missing::NotLinked { relative, child, to_child: true };
    let misses = school.explained(parent, pupil).misses;
    assert!(misses.iter().any(|miss| miss.missing == [missing]), "{misses:?}");
    assert!(school.fixes(missing).is_empty(), "the matrix says it");
}

#[test]
fn what_keeps_an_account_out_is_named_with_who_may_lift_it() {
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    let pupil = school.member(2, Profile::Student, &[CE1]);
    let (person, here) = (school.no(pupil), school.world.people.structure_no(HERE).unwrap());
    school.block(pupil, BlockCause::Person);
    let blocked = Missing::Blocked { person, cause: BlockCause::Person };
    assert_eq!(school.nearest(teacher, pupil), [blocked]);
    assert_eq!(school.nearest(pupil, teacher), [blocked]);
    let remedy = Remedy::Unblock { person, cause: BlockCause::Person };
    assert_eq!(school.fixes(blocked), [Fix { remedy, by: Authority::LocalOrHead(here) }]);
    school.block(pupil, BlockCause::Security);
    school.of_person(pupil, who::Closed {});
    assert_eq!(school.nearest(teacher, pupil).len(), 3, "each is a change");
    for cause in [BlockCause::Person, BlockCause::Security] {
        school.of_person(pupil, who::Unblocked { cause });
    }
    assert_eq!(school.nearest(teacher, pupil), [Missing::Closed { person }]);
}

#[test]
fn an_attachment_that_is_over_or_has_not_begun_is_named() {
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[]);
    let pupil = school.member(2, Profile::Student, &[]);
    school.day(domain::clock::Zone::PARIS, "2026-09-10");
    school.attach(pupil, HERE, None, Some("2026-09-05"));
    let [Missing::NotInForce(late)] = school.nearest(teacher, pupil)[..] else { panic!() };
    assert_eq!(late.ended, Some("2026-09-05".parse().unwrap()));
    school.attach(pupil, HERE, Some("2026-10-01"), None);
    let [Missing::NotInForce(late)] = school.nearest(teacher, pupil)[..] else { panic!() };
    assert_eq!((late.person, late.ended), (school.no(pupil), None));
    school.of_person(pupil, who::Detached { structure: HERE });
    assert_eq!(school.nearest(teacher, pupil), [Missing::NoStructure { person: school.no(pupil) }]);
}

#[test]
fn internal_that_waits_for_acceptance_is_named_and_accepting_it_is_the_fix() {
    let mut school = School::bare();
    let pupils = [school.member(1, Profile::Student, &[CE1]), school.member(2, Profile::Student, &[CE1])];
    let id = of_class(CE1, Profile::Student);
    let group = school.group_no(id);
    school.grant(id, Fact::Uses);
    school.grant(id, Fact::Exposes);
    assert_eq!(school.nearest(pupils[0], pupils[1]), [Missing::WaitingForAcceptance { group }]);
    let fixes = school.fixes(Missing::WaitingForAcceptance { group });
    assert_eq!(fixes[0].remedy, Remedy::Accept { group });
    school.of_structure(HERE, PolicySet { policy: InternalPolicy::Explicit, accepted: vec![] });
    let here = school.world.people.structure_no(HERE).unwrap();
    let missing = Missing::NotImplied { group, structure: here };
    assert_eq!(school.nearest(pupils[0], pupils[1]), [missing]);
    let fixes: Vec<_> = school.fixes(missing).into_iter().map(|fix| fix.remedy).collect();
    let policy = Change::SetPolicy { structure: here, policy: InternalPolicy::Implied };
    let internal = Change::GrantFact { group, fact: Fact::Internal };
    assert_eq!(fixes, [Remedy::Rules(internal), Remedy::Rules(policy)]);
}

#[test]
fn facts_of_structure_wide_groups_of_pupils_and_relatives_are_for_the_platform_alone() {
    let mut school = School::bare();
    let teacher = school.member(1, Profile::Teacher, &[]);
    let pupil = school.member(2, Profile::Student, &[]);
    let [from, to] = [Profile::Teacher, Profile::Student].map(|profile| school.group_no(of_school(profile)));
    let rule = Missing::NoRule { from, to, one_by_one: true };
    assert_eq!(school.nearest(teacher, pupil), [rule]);
    assert_eq!(school.fixes(rule)[0].by, Authority::Platform, "it would make them exposed");
    school.grant(of_school(Profile::Student), Fact::Exposes);
    let here = school.world.people.structure_no(HERE).unwrap();
    assert_eq!(school.fixes(rule)[0].by, Authority::Local(here), "they are already");
    let exposes = Missing::DoesNotExpose { group: to };
    assert_eq!(school.fixes(exposes)[0].by, Authority::Platform);
}

#[test]
fn what_is_said_about_oneself_depends_on_nobody_else() {
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[]);
    let pupil = school.member(2, Profile::Student, &[]);
    let parent = school.parent(3, &[pupil]);
    let about = |school: &School, id| school.world.graph.about(&school.world.people, school.no(id));
    let structure = school.world.people.structure_no(HERE).unwrap();
    let no_class = |person| Missing::NoClass { person: school.no(person), structure, class: None };
    assert_eq!(about(&school, teacher), [no_class(teacher)]);
    let parents = school.group_no(of_school(Profile::Relative));
    assert_eq!(about(&school, parent), [no_class(pupil), Missing::NoRuleAtAll { group: parents }]);
    let before = about(&school, teacher);
    school.block(pupil, BlockCause::Person);
    school.member(9, Profile::Teacher, &[CE1]);
    assert_eq!(about(&school, teacher), before);
    school.join(teacher, CE1);
    assert_eq!(about(&school, teacher), [], "nothing is missing about them");
}

/// A free group, its id.
fn free_group(school: &mut School, structure: StructureId) -> GroupId {
    let (group, name) = (GroupId::from_u128(900), Sealed::Open("Sortie".to_owned()));
    school.of_structure(structure, FreeGroupCreated { structure, group, name, internal: false });
    group
}

#[test]
fn a_rule_between_two_structures_is_for_who_administers_both() {
    let mut school = School::bare();
    school.structure(ELSEWHERE, domain::clock::Zone::PARIS, InternalPolicy::Implied);
    let here = school.member(1, Profile::Teacher, &[]);
    let there = school.register(2, Profile::Staff, who::Availability::Source);
    school.attach(there, ELSEWHERE, None, None);
    let nearest = school.nearest(here, there);
    let numbers = [HERE, ELSEWHERE].map(|of| school.world.people.structure_no(of).unwrap());
    assert_eq!(school.fixes(nearest[0])[0].by, Authority::LocalOfBoth(numbers[0], numbers[1]));
}
