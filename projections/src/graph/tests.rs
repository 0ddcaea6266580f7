//! The rules of communication, one sentence each.

use domain::group::{Fact, Facts, FamilyLink, GroupKind, InternalPolicy, Profile, Reason};
use domain::message::Witness;
use domain::person::{self as who, BlockCause};
use domain::structure::{FactGranted, GivenFacts, MatrixApplied, PolicySet, RuleMade};
use domain::{ClassId, GroupId, PersonId, RuleId};

use super::{Cause, Target};
use crate::testing::{CE1, CE2, HERE, School, label, of_class, of_school};

/// The four values of the attribute in the field.
const FOUR: [(&str, &[Fact]); 4] = [
    ("NONE", &[]),
    ("IN", &[Fact::Uses]),
    ("OUT", &[Fact::Exposes]),
    ("BOTH", &[Fact::Uses, Fact::Exposes, Fact::Internal]),
];

/// A in one free-standing group, B in another; staff, so that nothing needs accepting.
pub(super) fn two_groups(facts: [&[Fact]; 2]) -> (School, [PersonId; 2], [GroupId; 2]) {
    let mut school = School::bare();
    let a = school.member(1, Profile::Teacher, &[CE1]);
    let b = school.member(2, Profile::Staff, &[CE2]);
    let groups = [of_class(CE1, Profile::Teacher), of_class(CE2, Profile::Staff)];
    // A rule of a matrix is a reason for nothing, so that each cell has the facts it names.
    let rule = domain::structure::GivenRule { rule: RuleId::from_u128(1), from: groups[0], to: groups[1] };
    let matrix = MatrixApplied {
        matrix: label("cell"),
        version: 1,
        facts: vec![],
        rules: vec![rule],
        recipes: vec![],
        accepted: vec![],
    };
    school.of_structure(HERE, matrix);
    for (group, facts) in groups.into_iter().zip(facts) {
        for fact in facts {
            school.grant(group, *fact);
        }
    }
    (school, [a, b], groups)
}

#[test]
fn every_cell_of_the_table_of_section_3_is_as_the_page_says() {
    for (first, facts_1) in FOUR {
        for (second, facts_2) in FOUR {
            let (school, [a, b], [_, group]) = two_groups([facts_1, facts_2]);
            let uses = matches!(first, "IN" | "BOTH");
            let exposes = matches!(second, "OUT" | "BOTH");
            assert_eq!(school.reaches(a, b), uses && exposes, "{first} → {second}, the person");
            assert_eq!(school.reaches_group(a, group), uses, "{first} → {second}, the group");
            assert!(!school.reaches(b, a), "{first} → {second}, the other way");
        }
    }
}

#[test]
fn members_reach_each_other_in_a_group_that_is_both_and_in_no_other() {
    for (value, facts) in FOUR {
        let mut school = School::bare();
        let (a, b) = (school.member(1, Profile::Teacher, &[CE1]), school.member(2, Profile::Teacher, &[CE1]));
        let group = of_class(CE1, Profile::Teacher);
        for fact in facts {
            school.grant(group, *fact);
        }
        assert_eq!(school.reaches(a, b), value == "BOTH", "{value}");
        assert_eq!(school.reaches_group(a, group), value == "BOTH", "{value}");
        assert!(!school.reaches(a, a), "never myself");
    }
}

fn teachers_and_parents() -> (School, PersonId, PersonId, PersonId) {
    let mut school = School::bare();
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    let pupils = [school.member(2, Profile::Student, &[CE1]), school.member(3, Profile::Student, &[CE1])];
    let parents = [school.parent(4, &pupils[..1]), school.parent(5, &pupils[1..])];
    (school, teacher, parents[0], parents[1])
}

const TEACHERS: fn() -> GroupId = || of_class(CE1, Profile::Teacher);
const PARENTS: fn() -> GroupId = || of_class(CE1, Profile::Relative);

#[test]
fn a_rule_made_by_hand_makes_its_start_use_and_its_end_expose() {
    let (mut school, teacher, parent, _) = teachers_and_parents();
    assert!(!school.reaches(teacher, parent));
    let rule = school.rule(1, TEACHERS(), PARENTS(), &[]);
    assert!(school.reaches(teacher, parent));
    assert!(!school.reaches(parent, teacher), "one way");
    let causes = |group, fact| {
        let reasons = school.world.graph.reasons(school.group_no(group), fact);
        reasons.iter().map(|because| because.cause).collect::<Vec<_>>()
    };
    assert_eq!(causes(TEACHERS(), Fact::Uses), [Cause::Rule(rule)]);
    assert_eq!(causes(PARENTS(), Fact::Exposes), [Cause::Rule(rule)]);
}

#[test]
fn removing_a_rule_removes_the_reasons_it_was_and_no_other() {
    let (mut school, teacher, parent, _) = teachers_and_parents();
    school.grant(PARENTS(), Fact::Exposes);
    let rule = school.rule(1, TEACHERS(), PARENTS(), &[]);
    school.unrule(rule);
    assert!(!school.reaches(teacher, parent), "the last rule of the pair is gone");
    let facts = |group| school.world.graph.facts(&school.world.people, school.group_no(group));
    assert!(!facts(TEACHERS()).uses, "only the rule gave it");
    assert!(facts(PARENTS()).exposes, "granted by hand, so it stays");
}

#[test]
fn a_rule_that_does_not_expose_reaches_the_group_alone() {
    let (mut school, teacher, parent, _) = teachers_and_parents();
    let (rule, from, to) = (RuleId::from_u128(1), TEACHERS(), PARENTS());
    school.of_structure(HERE, RuleMade { rule, from, to, exposes_members: false, accepted: vec![] });
    assert!(school.reaches_group(teacher, PARENTS()));
    assert!(!school.reaches(teacher, parent));
}

#[test]
fn taking_a_fact_off_by_hand_takes_every_reason_of_that_position_and_a_later_rule_is_a_new_one() {
    let (mut school, teacher, parent, _) = teachers_and_parents();
    school.grant(PARENTS(), Fact::Exposes);
    school.rule(1, TEACHERS(), PARENTS(), &[]);
    school.ungrant(PARENTS(), Fact::Exposes);
    assert!(!school.reaches(teacher, parent));
    assert!(school.reaches_group(teacher, PARENTS()), "the rule itself stays");
    school.rule(2, of_school(Profile::Teacher), PARENTS(), &[]);
    assert!(school.reaches(teacher, parent));
}

#[test]
fn somebody_in_more_groups_than_a_word_has_bits_reaches_by_each_of_them_and_by_no_other() {
    let mut school = School::bare();
    let classes: Vec<_> = (100..180).map(ClassId::from_u128).collect();
    for (class, number) in classes.iter().zip(0..) {
        school.class(HERE, *class, &format!("C{number}"));
    }
    let teacher = school.member(1, Profile::Teacher, &classes);
    let pupils: Vec<_> = classes
        .iter()
        .zip(1_000..)
        .map(|(class, id)| school.member(id, Profile::Student, &[*class]))
        .collect();
    // Numbers of groups that share a bit lie 64 apart: of some that share one, only one has a rule.
    let has_rule = |place: usize| place.is_multiple_of(3) || place > 70;
    for (place, class) in classes.iter().enumerate().filter(|(place, _)| has_rule(*place)) {
        let [from, to] = [Profile::Teacher, Profile::Student].map(|profile| of_class(*class, profile));
        school.rule(place as u128 + 1, from, to, &[]);
    }
    for (place, pupil) in pupils.iter().enumerate() {
        assert_eq!(school.reaches(teacher, *pupil), has_rule(place), "the pupil of class {place}");
        assert!(!school.reaches(*pupil, teacher), "one way");
    }
    let numbers = school.world.graph.reach(&school.world.people, school.no(teacher)).numbers();
    let reached = pupils.iter().enumerate().filter(|(place, _)| has_rule(*place));
    assert_eq!(numbers, reached.map(|(_, pupil)| school.no(*pupil).0).collect::<Vec<_>>());
}

#[test]
fn rules_of_a_matrix_are_reasons_for_nothing() {
    let (school, [a, b], [from, to]) = two_groups([&[], &[]]);
    assert!(!school.reaches(a, b) && !school.reaches_group(a, to));
    let facts = |group| school.world.graph.facts(&school.world.people, school.group_no(group));
    assert!(!facts(from).uses && !facts(to).exposes);
}

#[test]
fn rules_run_both_ways_open_parents_to_each_other_only_once_it_is_accepted() {
    // Seed 000: rules both ways open the members of each group to each other.
    let (mut school, teacher, parent, other) = teachers_and_parents();
    school.rule(1, TEACHERS(), PARENTS(), &[]);
    let back = school.rule(2, PARENTS(), TEACHERS(), &[]);
    assert!(school.reaches(parent, teacher));
    assert!(!school.reaches(parent, other), "implied, but nobody accepted it");
    let implication = |school: &School| {
        let World { people, graph, .. } = &school.world;
        graph.implication(people, school.group_no(PARENTS())).map(|implication| implication.waiting)
    };
    assert_eq!(implication(&school), Some(true));
    school.unrule(back);
    assert_eq!(implication(&school), None, "implied internal ends with its facts");
    school.rule(3, PARENTS(), TEACHERS(), &[PARENTS()]);
    assert!(school.reaches(parent, other) && school.reaches_group(parent, PARENTS()));
    assert_eq!(implication(&school), Some(false));
}

#[test]
fn implied_internal_of_a_group_without_students_and_relatives_needs_no_acceptance() {
    let mut school = School::bare();
    let (a, b) = (school.member(1, Profile::Teacher, &[CE1]), school.member(2, Profile::Teacher, &[CE1]));
    school.grant(TEACHERS(), Fact::Uses);
    school.grant(TEACHERS(), Fact::Exposes);
    assert!(school.reaches(a, b));
    school.ungrant(TEACHERS(), Fact::Uses);
    assert!(!school.reaches(a, b));
}

#[test]
fn granted_internal_stays_when_the_facts_that_would_imply_it_end() {
    let (mut school, _, parent, other) = teachers_and_parents();
    school.grant(PARENTS(), Fact::Internal);
    let rule = school.rule(1, PARENTS(), TEACHERS(), &[]);
    school.unrule(rule);
    assert!(school.reaches(parent, other));
    school.ungrant(PARENTS(), Fact::Internal);
    assert!(!school.reaches(parent, other));
}

#[test]
fn under_an_explicit_policy_nothing_is_implied() {
    let mut school = School::bare();
    let (a, b) = (school.member(1, Profile::Teacher, &[CE1]), school.member(2, Profile::Teacher, &[CE1]));
    school.grant(TEACHERS(), Fact::Uses);
    school.grant(TEACHERS(), Fact::Exposes);
    let mut set = |policy| {
        school.of_structure(HERE, PolicySet { policy, accepted: vec![] });
        school.reaches(a, b)
    };
    assert!(!set(InternalPolicy::Explicit));
    assert!(set(InternalPolicy::Implied));
}

#[test]
fn a_policy_that_implies_again_opens_pupils_only_if_it_names_them() {
    let mut school = School::bare();
    let explicit = PolicySet { policy: InternalPolicy::Explicit, accepted: vec![] };
    school.of_structure(HERE, explicit.clone());
    let (a, b) = (school.member(1, Profile::Student, &[CE1]), school.member(2, Profile::Student, &[CE1]));
    let pupils = of_class(CE1, Profile::Student);
    school.grant(pupils, Fact::Uses);
    school.grant(pupils, Fact::Exposes);
    school.of_structure(HERE, PolicySet { policy: InternalPolicy::Implied, accepted: vec![] });
    assert!(!school.reaches(a, b));
    school.of_structure(HERE, explicit);
    school.of_structure(HERE, PolicySet { policy: InternalPolicy::Implied, accepted: vec![pupils] });
    assert!(school.reaches(a, b));
}

#[test]
fn a_fact_granted_with_acceptance_opens_the_group() {
    let (mut school, _, parent, other) = teachers_and_parents();
    school.grant(PARENTS(), Fact::Uses);
    let (group, fact, reason) = (PARENTS(), Fact::Exposes, Reason::Hand);
    school.of_structure(HERE, FactGranted { group, fact, reason, accepted: vec![group] });
    assert!(school.reaches(parent, other));
}

#[test]
fn a_matrix_that_grants_internal_needs_no_acceptance() {
    let (mut school, _, parent, other) = teachers_and_parents();
    school.matrix(HERE, "classic");
    assert!(school.reaches(parent, other));
    let (mut school, _, parent, other) = teachers_and_parents();
    school.matrix(HERE, "published-2025");
    assert!(!school.reaches(parent, other));
}

#[test]
fn a_nested_group_with_members_is_reachable_as_a_group_and_adds_no_members() {
    let mut school = School::bare();
    let staff = school.member(1, Profile::Staff, &[]);
    let pupil = school.member(2, Profile::Student, &[CE1]);
    school.rule(1, of_school(Profile::Staff), of_school(Profile::Student), &[]);
    school.ungrant(of_school(Profile::Student), Fact::Exposes);
    school.grant(of_class(CE1, Profile::Student), Fact::Exposes);
    assert!(school.reaches_group(staff, of_class(CE1, Profile::Student)));
    assert!(!school.reaches_group(staff, of_class(CE2, Profile::Student)), "nobody is in it");
    assert!(!school.reaches(staff, pupil));
    let World { people, graph, .. } = &school.world;
    let nested = school.group_no(of_class(CE1, Profile::Student));
    let witness = graph.witness_group(people, school.no(staff), nested);
    let (rule, from, to) = (RuleId::from_u128(1), of_school(Profile::Staff), of_school(Profile::Student));
    assert_eq!(witness, Some(Witness::Rule { rule, from, to }));
}

#[test]
fn a_group_whose_only_member_i_am_is_reachable() {
    let mut school = School::bare();
    let alone = school.member(1, Profile::Teacher, &[CE1]);
    school.grant(TEACHERS(), Fact::Internal);
    assert!(school.reaches_group(alone, TEACHERS()));
}

#[test]
fn parents_reach_a_teacher_only_if_both_are_attached_to_the_class() {
    // Seed 000: « Il faut vérifier que les parents ET les enseignants sont bien rattachés à leur classe. »
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[]);
    let pupil = school.member(2, Profile::Student, &[]);
    let parent = school.parent(3, &[pupil]);
    assert!(!school.reaches(parent, teacher), "neither is");
    school.join(teacher, CE1);
    assert!(!school.reaches(parent, teacher), "the child is not");
    school.join(pupil, CE1);
    assert!(school.reaches(parent, teacher));
    school.of_person(teacher, who::ClassLeft { structure: HERE, class: CE1 });
    assert!(!school.reaches(parent, teacher), "the teacher is not");
    assert!(school.reaches(teacher, parent), "teachers reach all relatives of the school");
}

#[test]
fn teachers_of_their_own_classes_only_no_longer_reach_the_others() {
    // Seed 000: take the rule of the school's teachers away, give one to those of each class.
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    let (own, other) =
        (school.member(2, Profile::Student, &[CE1]), school.member(3, Profile::Student, &[CE2]));
    assert!(school.reaches(teacher, other));
    let World { people, graph, .. } = &school.world;
    let group = people.group(of_school(Profile::Teacher)).unwrap();
    let pupils = people.group(of_school(Profile::Student)).unwrap();
    let rule = graph.rules_from(group).find(|rule| rule.to == pupils).unwrap().id;
    school.unrule(rule);
    assert!(!school.reaches(teacher, own));
    school.rule(1, TEACHERS(), of_class(CE1, Profile::Student), &[]);
    assert!(school.reaches(teacher, own) && !school.reaches(teacher, other));
}

#[test]
fn members_of_a_broadcast_like_group_are_not_seen_into() {
    let mut school = School::bare();
    let head = school.member(1, Profile::Staff, &[]);
    let holder = school.member(2, Profile::Staff, &[]);
    let function = label("SOC");
    school.of_person(
        holder,
        who::FunctionGiven { structure: HERE, function: function.clone(), discipline: None },
    );
    let list = GroupKind::Function(function).id(HERE);
    let (rule, from) = (RuleId::from_u128(1), of_school(Profile::Staff));
    school.of_structure(HERE, RuleMade { rule, from, to: list, exposes_members: false, accepted: vec![] });
    assert!(school.reaches_group(head, list) && !school.reaches(head, holder));
}

#[test]
fn blocked_and_closed_people_are_reached_by_nobody_and_reach_nobody() {
    let mut school = School::with("published-2025");
    let pupil = school.member(1, Profile::Student, &[CE1]);
    let parent = school.parent(2, &[pupil]);
    let teacher = school.member(3, Profile::Teacher, &[CE1]);
    for cause in [BlockCause::Person, BlockCause::Security] {
        school.block(pupil, cause);
        assert!(!school.reaches(parent, pupil) && !school.reaches(pupil, parent));
        assert!(!school.reaches(teacher, pupil) && !school.reaches(pupil, teacher));
        assert!(school.reaches(parent, teacher), "a blocked pupil does not silence their parents");
        school.of_person(pupil, who::Unblocked { cause });
        assert!(school.reaches(parent, pupil) && school.reaches(teacher, pupil));
    }
    school.of_person(teacher, who::Closed {});
    assert!(!school.reaches(parent, teacher));
}

#[test]
fn a_relative_and_their_child_are_linked_as_the_classes_of_the_child_say() {
    let mut school = School::with("published-2025");
    let pupil = school.member(1, Profile::Student, &[]);
    let parent = school.parent(2, &[pupil]);
    assert!(school.reaches(parent, pupil) && school.reaches(pupil, parent), "no class: the structure says");
    let says = |to_child, to_relative| Some(FamilyLink { to_child, to_relative });
    for (class, family) in [(CE1, says(false, true)), (CE2, says(false, false))] {
        let given = GivenFacts { group: of_class(class, Profile::Relative), facts: Facts::default(), family };
        let matrix = MatrixApplied {
            matrix: label("m"),
            version: 1,
            facts: vec![given],
            rules: vec![],
            recipes: vec![],
            accepted: vec![],
        };
        school.of_structure(HERE, matrix);
    }
    school.join(pupil, CE2);
    assert!(!school.reaches(pupil, parent));
    school.join(pupil, CE1);
    assert!(school.reaches(pupil, parent), "the union of the classes");
    assert!(!school.reaches(parent, pupil));
}

#[test]
fn every_path_is_told() {
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    let staff = school.member(2, Profile::Staff, &[]);
    school.rule(1, TEACHERS(), of_school(Profile::Staff), &[]);
    let World { people, graph, .. } = &school.world;
    let paths = graph.paths(people, school.no(teacher), Target::Person(school.no(staff)));
    assert_eq!(paths.len(), 2);
    assert_eq!(Some(paths[0].witness), graph.witness(people, school.no(teacher), school.no(staff)));
    assert!(paths.iter().all(|path| path.since.is_some()));
}

#[test]
fn the_report_has_a_line_for_each_person_and_the_matrix_counts_one_way_pairs() {
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    let pupil = school.member(2, Profile::Student, &[CE2, CE1]);
    school.parent(3, &[pupil]);
    let login = domain::Sealed::Open("odile.l1".to_owned());
    school.of_person(teacher, who::LoginGiven { person: teacher, login });
    let World { people, graph, .. } = &school.world;
    let here = people.structure_no(HERE).unwrap();
    let lines: Vec<_> = graph
        .report(people, here)
        .iter()
        .map(|line| (line.login.clone(), line.profile, line.joined_classes(), line.reachable))
        .collect();
    assert_eq!(
        lines,
        [
            (None, Profile::Student, "CE1|CE2".to_owned(), [1, 0, 0, 1, 0]),
            (None, Profile::Relative, "CE1|CE2".to_owned(), [1, 0, 1, 0, 0]),
            (Some("odile.l1".to_owned()), Profile::Teacher, "CE1".to_owned(), [0, 0, 1, 1, 0]),
        ]
    );
    school.of_person(teacher, who::ClassLeft { structure: HERE, class: CE1 });
    let World { people, graph, .. } = &school.world;
    let pairs = graph.matrix(people, here);
    let pair = |from, to| {
        let pair = pairs.iter().find(|pair| pair.from == from && pair.to == to).unwrap();
        (pair.pairs, pair.one_way)
    };
    assert_eq!(pair(Profile::Teacher, Profile::Student), (1, 1));
    assert_eq!(pair(Profile::Student, Profile::Teacher), (0, 0));
    assert_eq!(pair(Profile::Student, Profile::Relative), (1, 0));
}

use crate::world::World;

#[test]
fn a_rule_that_was_removed_is_still_known_with_when_it_was() {
    let mut school = School::bare();
    let [from, to] = [of_class(CE1, Profile::Teacher), of_class(CE2, Profile::Teacher)];
    let rule = school.rule(7, from, to, &[]);
    let made = u64::try_from(school.log.len()).unwrap();
    let when = |school: &School| {
        let (known, until) = school.world.graph.rule_ever(rule).unwrap();
        (known.since.position.0, known.by_matrix, until.map(|until| until.position.0))
    };
    assert_eq!(when(&school), (made, false, None));
    school.unrule(rule);
    assert_eq!(when(&school), (made, false, Some(made + 1)));
    assert_eq!(school.world.graph.rule(rule), None, "and allows nothing any more");
    assert_eq!(school.rebuilt().graph.rule_ever(rule), school.world.graph.rule_ever(rule));
    let read = crate::snapshot::tests::through(&school.world);
    assert_eq!(read.graph.rule_ever(rule), school.world.graph.rule_ever(rule));
    assert_eq!(school.world.graph.rule_ever(RuleId::from_u128(8)), None);
}
