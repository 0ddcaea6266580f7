//! Bringing rows and people together.

use super::*;
use crate::onde::known::{Answer, Evidence, Profile, SourceKey};

const ZOE: &str = "Grand;;Zoé;2016-02-29;F;CP;CP";
const LEO: &str = "Grand;;Léo;2014-05-01;M;CM1;CM1";

fn parent(first: &str, street: &str, phone: &str, children: &str) -> String {
    format!("Mme;;Grand;{first};{street};61000;Ville;;{phone};{children}")
}

/// Applies a first import of these files to nothing.
fn after(pupils: &[&str], teachers: &[&str], relatives: &[&str]) -> Known {
    applied(&plan(&files(pupils, teachers, relatives), &Known::default()), Known::default())
}

fn is_new(plan: &Plan) -> Vec<bool> {
    plan.people.iter().map(|person| matches!(person.who, Who::New(_))).collect()
}

#[test]
fn a_first_import_creates_everybody_and_a_second_changes_nothing() {
    let tables = files(
        &[ZOE, LEO],
        &["M.;;Petit;Max;;;;;;oui;CP", "M.;;Petit;Max;;;;;;oui;CM1"],
        &[
            &parent("Eva", "1 rue A", "", ";Grand;Zoé;CP;;Grand;Léo;CM1"),
            &parent("Ana", "", "", ";Grand;Zoé;CP"),
        ],
    );
    let first = plan(&tables, &Known::default());
    let counts = &first.counts;
    assert_eq!((counts.pupils, counts.teachers, counts.relatives), (2, 1, 2));
    assert_eq!((counts.classes, counts.links, counts.new_people, counts.new_links), (2, 3, 5, 3));
    assert_eq!(first.people[2].classes, ["CP", "CM1"]);
    assert!(first.people[2].head);
    let known = applied(&first, Known::default());
    let second = plan(&tables, &known);
    assert!(second.changes_nothing(), "{second:?}");
    assert_eq!((second.counts.unchanged_people, second.counts.absent), (5, 0));
}

#[test]
fn names_compare_folded() {
    let known = after(&[ZOE], &["MME;;Le Goff;Anne-Marie;;;;;;non;CP"], &[]);
    let again = files(&["GRAND;;ZOE;2016-02-29;F;CP;cp"], &["Mme;;LE-GOFF;Anne Marie;;;;;;non;CP"], &[]);
    assert_eq!(is_new(&plan(&again, &known)), [false, false]);
}

#[test]
fn a_pupil_goes_by_names_and_birth_date() {
    let known = after(&[ZOE], &[], &[]);
    let moved = plan(&files(&["Grand;;Zoé;2016-02-29;F;CE1;CE1"], &[], &[]), &known);
    assert_eq!(is_new(&moved), [false]);
    let changes = &moved.people[0].changes;
    assert_eq!(changes[1..], [Change::JoinClass("CE1".to_owned()), Change::LeaveClass("CP".to_owned())]);
    let other = plan(&files(&["Grand;;Zoé;2016-03-01;F;CP;CP"], &[], &[]), &known);
    assert_eq!(is_new(&other), [true]);
    assert_eq!(other.absent, [known.people[0].id]);
}

#[test]
fn a_teacher_goes_by_names_and_by_email_if_both_have_one() {
    let known = after(&[], &["M.;;Petit;Max;;;;max@example.org;;non;CP"], &[]);
    for (email, new) in [("", false), ("MAX@example.org", false), ("other@example.org", true)] {
        let tables = files(&[], &[&format!("M.;;Petit;Max;;;;{email};;non;CP")], &[]);
        assert_eq!(is_new(&plan(&tables, &known)), [new], "{email}");
    }
}

#[test]
fn a_relative_goes_by_names_and_children_else_by_names_and_contact() {
    let known = after(&[ZOE, LEO], &[], &[&parent("Eva", "1 rue A", "06 39 98 00 10", ";Grand;Zoé;CP")]);
    let person = |street: &str, phone: &str, children: &str| {
        let plan = plan(&files(&[ZOE, LEO], &[], &[&parent("Eva", street, phone, children)]), &known);
        matches!(plan.people[2].who, Who::Known(_))
    };
    assert!(person("9 rue Z", "", ";Grand;Zoé;CP"), "same children");
    assert!(person("1, Rue a", "", ";Grand;Léo;CM1"), "same address");
    assert!(person("", "+33 6 39 98 00 10", ";Grand;Léo;CM1"), "same telephone");
    assert!(!person("9 rue Z", "06 39 98 00 11", ";Grand;Léo;CM1"), "nothing but the name");
}

#[test]
fn a_name_with_two_candidates_is_reviewed_never_guessed() {
    let both =
        [&parent("Eva", "1 rue A", "", ";Grand;Zoé;CP"), &parent("Eva", "1 rue A", "", ";Grand;Léo;CM1")];
    let mut known = after(&[ZOE, LEO], &[], &both.map(String::as_str));
    let tables = files(&[ZOE, LEO], &[], &[&parent("Eva", "1 rue A", "", ";Grand;Zoé;CP;;Grand;Léo;CM1")]);
    let unsure = plan(&tables, &known);
    assert_eq!(said(&unsure), [(2, "onde.two-candidates")]);
    assert_eq!((unsure.counts.relatives, unsure.counts.reviews, unsure.counts.absent), (0, 1, 0));
    assert!(unsure.changes_nothing());
    // Decided once, never asked again.
    let review = &unsure.reviews[0];
    assert_eq!(review.candidates.len(), 2);
    known.decisions.push((review.key.clone(), Answer::Is(review.candidates[0])));
    let decided = plan(&tables, &known);
    assert_eq!(decided.people[2].who, Who::Known(review.candidates[0]));
    assert_eq!((decided.counts.reviews, decided.counts.new_people), (0, 0));
}

#[test]
fn two_lines_that_may_be_one_known_person_are_both_reviewed() {
    let known = after(
        &[ZOE, LEO],
        &[],
        &[&parent("Eva", "1 rue A", "06 39 98 00 10", ";Grand;Zoé;CP;;Grand;Léo;CM1")],
    );
    let lines = [
        &parent("Eva", "1 rue A", "", ";Grand;Zoé;CP"),
        &parent("Eva", "", "06 39 98 00 10", ";Grand;Léo;CM1"),
    ];
    let plan = plan(&files(&[ZOE, LEO], &[], &lines.map(String::as_str)), &known);
    assert_eq!(said(&plan), [(2, "onde.shared-candidate"), (3, "onde.shared-candidate")]);
}

#[test]
fn a_person_made_new_by_hand_is_known_the_next_time() {
    let known = after(&["Grand;;Zoé;2016-02-29;F;CP;CP", "Grand;;Zoé;2016-02-29;M;CE1;CE1"], &[], &[]);
    assert_eq!(known.people.len(), 1);
    let tables = files(&["Grand;;Zoé;2016-02-29;F;CP;CP", "Grand;;Zoé;2016-02-29;M;CE1;CE1"], &[], &[]);
    let unsure = plan(&tables, &known);
    assert_eq!(said(&unsure), [(3, "onde.looks-like-line")]);
    let mut decided = known.clone();
    decided.decisions.push((unsure.reviews[0].key.clone(), Answer::IsNew));
    let made = plan(&tables, &decided);
    assert_eq!(is_new(&made), [false, true]);
    let known = applied(&made, decided);
    let again = plan(&tables, &known);
    assert!(again.changes_nothing(), "{again:?}");
    assert_eq!(again.counts.reviews, 0);
}

#[test]
fn a_line_decided_out_stays_out() {
    let tables = files(&[ZOE], &[], &[]);
    let key = plan(&tables, &Known::default()).people[0].source_keys[0].clone();
    let known = Known { decisions: vec![(key, Answer::LeaveOut)], ..Known::default() };
    let plan = plan(&tables, &known);
    assert_eq!((said(&plan), plan.people.len()), (vec![(2, "onde.decided-out")], 0));
}

#[test]
fn an_import_never_merges_and_proposes_pairs_with_evidence_only() {
    let lines = [
        parent("Eva", "1 rue A", "", ";Grand;Zoé;CP"),
        parent("Eva", "1 rue A", "", ";Grand;Léo;CM1"),
        parent("Ana", "2 rue B", "", ";Grand;Zoé;CP"),
        parent("Ana", "3 rue C", "", ";Grand;Léo;CM1"),
        parent("Ida", "4 rue D", "", ";Grand;Zoé;CP"),
        parent("Ida", "5 rue E", "", ";Grand;Zoé;CP"),
    ];
    let tables = files(&[ZOE, LEO], &[], &lines.each_ref().map(String::as_str));
    let first = plan(&tables, &Known::default());
    assert_eq!((first.counts.relatives, first.counts.new_people), (6, 8));
    let told: Vec<_> = first.proposals.iter().map(|p| (p.first, p.second, p.evidence.as_slice())).collect();
    assert_eq!(
        told,
        [
            (Who::New(2), Who::New(3), [Evidence::Address].as_slice()),
            (Who::New(6), Who::New(7), [Evidence::Child].as_slice())
        ]
    );
    let mut known = applied(&first, Known::default());
    let second = plan(&tables, &known);
    assert!(second.changes_nothing());
    assert_eq!(second.proposals.len(), 2);
    known.settled_pairs = second
        .proposals
        .iter()
        .map(|pair| match (pair.first, pair.second) {
            (Who::Known(first), Who::Known(second)) => (second, first),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(plan(&tables, &known).proposals, []);
}

#[test]
fn a_pair_with_somebody_only_the_platform_has_is_proposed() {
    let known = after(&[ZOE], &[], &[&parent("Eva", "", "06 39 98 00 10", ";Grand;Zoé;CP")]);
    let married = "Mme;Grand;Roux;Eva;;;;;06 39 98 00 10;;Grand;Zoé;CP";
    let plan = plan(&files(&[], &[], &[married]), &known);
    assert_eq!(is_new(&plan), [true]);
    assert_eq!(plan.proposals[0].evidence, [Evidence::Phone, Evidence::Child]);
}

#[test]
fn after_a_merge_both_lines_are_the_person_who_survived() {
    let lines =
        [parent("Eva", "1 rue A", "", ";Grand;Zoé;CP"), parent("Eva", "1 rue A", "", ";Grand;Léo;CM1")];
    let tables = files(&[ZOE, LEO], &[], &lines.each_ref().map(String::as_str));
    let mut known = after(&[ZOE, LEO], &[], &lines.each_ref().map(String::as_str));
    let gone = known.people.pop().unwrap();
    let kept = known.people.last_mut().unwrap();
    kept.children.extend(gone.children);
    let id = kept.id;
    for line in [kept.source_keys[0].clone(), gone.source_keys[0].clone()] {
        known.decisions.push((line, Answer::Is(id)));
    }
    known.people.last_mut().unwrap().source_keys.extend(gone.source_keys);
    let plan = plan(&tables, &known);
    assert!(plan.changes_nothing(), "{plan:?}");
    assert_eq!((plan.counts.relatives, plan.counts.links, plan.counts.reviews), (1, 2, 0));
    assert_eq!(plan.people[2].lines, [2, 3]);
}

#[test]
fn a_child_not_found_or_found_twice_is_soft_and_the_others_are_linked() {
    let tables = files(
        &[ZOE, "Petit;;Max;2015-01-01;M;CE1;CE1", "Petit;;Max;2015-06-01;M;CE1;CE1"],
        &[],
        &[
            &parent("Eva", "", "", ";Grand;Zoé;CP;;Grand;Personne;CP"),
            &parent("Ana", "", "", ";Petit;Max;CE1;;Grand;Zoé;CE1"),
            &parent("Ida", "", "", ";Grand;Personne;CP"),
        ],
    );
    let plan = plan(&tables, &Known::default());
    assert_eq!(
        said(&plan),
        [
            (2, "onde.child-not-found"),
            (3, "onde.child-ambiguous"),
            (3, "onde.child-in-other-class"),
            (4, "onde.child-not-found"),
            (4, "onde.no-child-linked")
        ]
    );
    assert_eq!((plan.counts.relatives, plan.counts.links), (2, 2));
    assert!(plan.findings[0].original.contains("Eva"));
}

#[test]
fn relatives_alone_find_the_children_the_platform_has() {
    let known = after(&[ZOE], &[], &[]);
    let plan = plan(&files(&[], &[], &[&parent("Eva", "", "", ";Grand;Zoé;CP")]), &known);
    assert_eq!(
        plan.links.iter().map(|link| link.child).collect::<Vec<_>>(),
        [Who::Known(known.people[0].id)]
    );
    assert_eq!(plan.absent, [], "no file of pupils was given");
}

#[test]
fn a_child_whose_line_was_left_out_is_said_so() {
    let tables = files(
        &["Grand;;Zoé;2016;F;CP;CP", LEO],
        &[],
        &[&parent("Eva", "", "", ";Grand;Zoé;CP;;Grand;Léo;CM1")],
    );
    let plan = plan(&tables, &Known::default());
    assert_eq!(said(&plan), [(2, "onde.bad-birth-date"), (2, "onde.child-left-out")]);
    assert_eq!(plan.counts.links, 1);
}

#[test]
fn homonym_teachers_of_whom_nothing_tells_which_is_which_are_reviewed() {
    let lines = ["M.;;Petit;Max;;;;;06 39 98 00 10;non;CP", "M.;;Petit;Max;;;;;06 39 98 00 11;non;CE1"];
    let first = plan(&files(&[], &lines, &[]), &Known::default());
    assert_eq!((said(&first), first.counts.teachers), (vec![(3, "onde.looks-like-line")], 1));
    let told = ["M.;;Petit;Max;;;;a@example.org;;non;CP", "M.;;Petit;Max;;;;b@example.org;;non;CE1"];
    assert_eq!(plan(&files(&[], &told, &[]), &Known::default()).counts.teachers, 2);
}

#[test]
fn several_classes_and_two_levels_are_all_kept() {
    let tables = files(
        &[
            "Grand;;Zoé;2016-02-29;F;CM1;CM1-CM2",
            "Petit;;Léo;2015-02-01;M;CM2;CM1-CM2",
            "Petit;;Léo;2015-02-01;M;ULIS;ULIS",
        ],
        &["MME;;Roy;Ana;;;;;;non;CM1-CM2", "M.;;Roux;Paul;;;;;;non;CM1-CM2"],
        &[],
    );
    let plan = plan(&tables, &Known { classes: vec!["cm1-cm2".to_owned()], ..Known::default() });
    let classes: Vec<_> = plan.classes.iter().map(|c| (c.name.as_str(), c.levels.join("+"), c.new)).collect();
    assert_eq!(classes, [("cm1-cm2", "CM1".to_owned(), false), ("ULIS", String::new(), true)]);
    assert_eq!(plan.people[1].classes, ["cm1-cm2", "ULIS"]);
    assert_eq!(plan.people[1].levels, ["CM2", "ULIS"]);
    assert_eq!(
        plan.people.iter().filter(|p| p.profile == Profile::Teacher && p.classes == ["cm1-cm2"]).count(),
        2
    );
}

#[test]
fn somebody_another_source_feeds_only_gains_what_was_empty() {
    let mut known = after(&[ZOE], &["M.;;Petit;Max;;;;;;non;CP"], &[]);
    known.people[1].source = Source::Other;
    known.people[1].identity.honorific = "Dr".to_owned();
    known.people[1].source_keys.clear();
    known.people[1].head = true;
    let tables = files(&[], &["M.;;PETIT;Max;;;;max@example.org;;non;CE1"], &[]);
    let plan = plan(&tables, &known);
    let changes = &plan.people[0].changes;
    let set = Change::Set { field: Field::Email, before: String::new(), after: "max@example.org".to_owned() };
    assert_eq!(changes[..2], [set, Change::JoinClass("CE1".to_owned())]);
    assert!(matches!(changes[2..], [Change::KeepKey(_)]), "{changes:?}");
}

#[test]
fn an_empty_cell_changes_nothing() {
    let known = after(&[ZOE], &[], &[&parent("Eva", "1 rue A", "06 39 98 00 10", ";Grand;Zoé;CP")]);
    let plan = plan(&files(&[ZOE], &[], &[&parent("Eva", "", "", ";Grand;Zoé;CP")]), &known);
    // A post code and a town without a street are no address to replace one by.
    assert_eq!(plan.people[1].changes, []);
}

#[test]
fn people_of_the_feed_of_whom_no_line_speaks_are_absent_and_permanent_ones_are_not() {
    let mut known = after(&[ZOE, LEO, "Petit;;Ana;2015-01-01;F;CP;CP"], &["M.;;Petit;Max;;;;;;non;CP"], &[]);
    known.people[2].permanent = true;
    let plan = plan(&files(&[ZOE], &[], &[]), &known);
    assert_eq!(plan.absent, [known.people[1].id]);
    assert!(plan.changes_nothing());
}

#[test]
fn a_line_that_was_left_out_makes_nobody_absent() {
    let known = after(&[ZOE, LEO], &[], &[]);
    let plan = plan(&files(&["Grand;;Zoé;29-02-16;F;CP;CP", LEO], &[], &[]), &known);
    assert_eq!((said(&plan), plan.absent.len()), (vec![(2, "onde.bad-birth-date")], 0));
}

#[test]
fn lines_nothing_distinguishes_keep_their_people() {
    // They differ in a column that is not kept, so they are two lines and two people.
    let texts = [
        ("eleves.csv", format!("{PUPILS}\n{ZOE}\n")),
        (
            "responsables.csv",
            format!(
                "{RELATIVES};Numéro de poste\n{0};;;;;1\n{0};;;;;2\n",
                parent("Eva", "1 rue A", "", ";Grand;Zoé;CP")
            ),
        ),
    ];
    let input: Vec<_> = texts.iter().map(|(name, text)| InputFile { name, bytes: text.as_bytes() }).collect();
    let tables = read(&input).unwrap();
    let mut known = applied(&plan(&tables, &Known::default()), Known::default());
    assert_eq!(known.people.len(), 3);
    assert!(plan(&tables, &known).changes_nothing());
    known.people.iter_mut().for_each(|person| person.source_keys.clear());
    let again = plan(&tables, &known);
    assert_eq!((again.counts.new_people, again.counts.reviews), (0, 0));
}

#[test]
fn without_source_keys_the_rules_find_everybody_again() {
    let relatives = [
        parent("Eva", "1 rue A", "", ";Grand;Zoé;CP"),
        parent("Eva", "1 rue A", "", ";Grand;Léo;CM1"),
        parent("Eva", "1 rue A", "06 39 98 00 10", ";Grand;Léo;CM1"),
    ];
    let tables =
        files(&[ZOE, LEO], &["M.;;Petit;Max;;;;;;oui;CP"], &relatives.each_ref().map(String::as_str));
    let first = plan(&tables, &Known::default());
    let mut known = applied(&first, Known::default());
    known.people.iter_mut().for_each(|person| person.source_keys.clear());
    let second = plan(&tables, &known);
    assert_eq!((second.counts.new_people, second.counts.reviews), (0, 0));
    let only_keys = |person: &PlannedPerson| person.changes.iter().all(|c| matches!(c, Change::KeepKey(_)));
    assert!(second.people.iter().all(only_keys), "{second:?}");
    let ids: std::collections::BTreeSet<_> = second.people.iter().map(|person| person.who).collect();
    assert_eq!(ids.len(), second.people.len());
}

#[test]
fn a_source_key_never_changes() {
    // Kept with people and decisions for years.
    let plan = plan(&files(&[ZOE], &[], &[]), &Known::default());
    assert_eq!(plan.people[0].source_keys, [SourceKey("ae3036cb49b895b6d0deff3845886145".to_owned())]);
}
