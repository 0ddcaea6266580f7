//! Recipes and resets: what is said before is what then happens, taken back all is as before, and the shipped recipes
//! over the shipped matrices, cell by cell.

use domain::group::GroupKind;
use domain::structure::Recipe;

use super::*;
use crate::graph::twin::act::any_act;
use crate::graph::twin::decided;

const OWN: &str = "TEACHERS_OWN_CLASSES_ONLY";
const QUIET: &str = "NO_TALK_INSIDE_CLASSES";
const PARENTS: &str = "PARENTS_DO_NOT_WRITE_TO_TEACHERS";

/// A school in which something can be changed, after some acts.
fn lived(before: &[Act]) -> School {
    let mut school = School::default();
    beginning(&mut school);
    for number in 0..11 {
        act(&mut school, &Act::Class { who: number, school: false, second: number % 3 == 0, join: true });
        act(&mut school, &Act::Child { relative: number, child: number / 2, link: true });
    }
    act(&mut school, &Act::Matrix(false, before.len().is_multiple_of(2)));
    for what in before {
        act(&mut school, what);
    }
    school
}

fn says(preview: &Preview, school: &School, was: &All) -> Result<(), TestCaseError> {
    let (will, people) = (all(&school.world), &school.world.people);
    prop_assert_eq!(&preview.opened, &naive(people, &(&will.0 - &was.0), &(&will.1 - &was.1)));
    prop_assert_eq!(&preview.closed, &naive(people, &(&was.0 - &will.0), &(&was.1 - &will.1)));
    let numbers = |inside: &[Inside]| inside.iter().map(|inside| inside.group.0).collect::<BTreeSet<_>>();
    prop_assert_eq!(numbers(&preview.opened_inside), &will.2 - &was.2);
    prop_assert_eq!(numbers(&preview.closed_inside), &was.2 - &will.2);
    Ok(())
}

/// No group waits for acceptance: an end of a recipe that is accepted would open it.
fn none_waits(world: &World) -> bool {
    let groups = (0..).map(GroupNo).take_while(|group| world.people.group_id(*group).is_some());
    let waits = |group: GroupNo| world.graph.is_waiting(&world.people, group);
    !groups.into_iter().any(waits)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn what_is_said_of_a_recipe_or_a_matrix_is_what_then_happens(
        before in acts(),
        asked in vec((0..5_usize, any::<bool>()), 1..5),
    ) {
        let mut school = lived(&before);
        for (which, other) in asked {
            let was = all(&school.world);
            let matrix = if other { "classic" } else { "published-2025" };
            let preview = match Recipe::SHIPPED.get(which) {
                Some((name, _)) => decided::recipe(&mut school, HERE, name, other, true),
                None => decided::matrix(&mut school, HERE, matrix, which == 3, true),
            };
            if let Some(preview) = preview {
                says(&preview, &school, &was)?;
            }
        }
    }

    #[test]
    fn taken_and_taken_back_everybody_reaches_whom_they_reached(
        before in vec(any_act(), 0..12),
        which in 0..3_usize,
    ) {
        let mut school = lived(&before);
        prop_assume!(none_waits(&school.world));
        let (name, _) = Recipe::SHIPPED[which];
        let was = all(&school.world);
        if decided::recipe(&mut school, HERE, name, true, true).is_some() {
            decided::recipe(&mut school, HERE, name, false, true).expect("it was taken");
            prop_assert_eq!(all(&school.world), was);
        }
    }
}

/// Two classes of two teachers, two pupils and their parents, a head teacher of each, and somebody of the staff.
fn two_classes(matrix: &str, policy: InternalPolicy) -> School {
    let mut school = School::bare();
    school.of_structure(HERE, PolicySet { policy, accepted: vec![] });
    for (base, class) in [(0, CE1), (100, CE2)] {
        for number in [1, 2] {
            school.member(base + number, Profile::Teacher, &[class]);
            let pupil = school.member(base + 10 + number, Profile::Student, &[class]);
            school.parent(base + 20 + number, &[pupil]);
        }
        let head = school.member(base + 3, Profile::Teacher, &[]);
        school.of_person(head, domain::person::HeadTeacherNamed { structure: HERE, class });
    }
    school.member(50, Profile::Staff, &[]);
    school.matrix(HERE, matrix);
    school
}

/// Who to whom, by name: a teacher of CE1, two pupils and two parents of it, those of CE2, the staff.
const CELLS: [(&str, u128, u128); 14] = [
    ("teacher → pupil of the class", 1, 11),
    ("teacher → pupil of another class", 1, 111),
    ("teacher → parent of the class", 1, 21),
    ("teacher → parent of another class", 1, 121),
    ("teacher → teacher of the class", 1, 2),
    ("pupil → pupil of the class", 11, 12),
    ("pupil → pupil of another class", 11, 111),
    ("pupil → teacher of the class", 11, 1),
    ("parent → parent of the class", 21, 22),
    ("parent → teacher of the class", 21, 1),
    ("parent → head teachers of the class, as a group", 21, 0),
    ("parent → another's child in the class", 21, 12),
    ("head teacher without class → pupil", 3, 11),
    ("staff → parent", 50, 21),
];

fn cells(school: &School) -> String {
    let cell = |(_, from, to): &(&str, u128, u128)| {
        let person = crate::testing::person;
        let heads = GroupKind::HeadTeacher(CE1).id(HERE);
        let reached = match *to {
            0 => school.reaches_group(person(*from), heads),
            to => school.reaches(person(*from), person(to)),
        };
        if reached { '1' } else { '0' }
    };
    CELLS.iter().map(cell).collect()
}

/// A recipe, and the cells with it under IMPLIED and under EXPLICIT.
type With = (&'static str, &'static str, &'static str);

/// By matrix: without a recipe, then with each of them, under IMPLIED and under EXPLICIT; in the order of the cells.
const EXPECTED: [(&str, &str, [With; 3]); 2] = [
    (
        "published-2025",
        "11111101011011",
        [
            (OWN, "10101101111001", "10101101011001"),
            (QUIET, "11111001011011", "11111001011011"),
            (PARENTS, "11111101000011", "11111101000011"),
        ],
    ),
    (
        "classic",
        "11111101111111",
        [
            (OWN, "10101101111101", "10101101111101"),
            (QUIET, "refused", "11111001111111"),
            (PARENTS, "11111101100111", "11111101100111"),
        ],
    ),
];

#[test]
fn the_shipped_recipes_over_the_shipped_matrices_cell_by_cell() {
    for (matrix, plain, recipes) in EXPECTED {
        for (name, implied, explicit) in recipes {
            for (policy, expected) in
                [(InternalPolicy::Implied, implied), (InternalPolicy::Explicit, explicit)]
            {
                let mut school = two_classes(matrix, policy);
                let told = format!("{name}, {matrix}, {policy:?}, of {CELLS:?}");
                assert_eq!(cells(&school), plain, "without {told}");
                let done = decided::recipe(&mut school, HERE, name, true, true);
                let after = if done.is_some() { cells(&school) } else { "refused".to_owned() };
                assert_eq!(after, expected, "{told}");
                if done.is_some() {
                    decided::recipe(&mut school, HERE, name, false, true).unwrap();
                }
                assert_eq!(cells(&school), plain, "taken back: {told}");
            }
        }
    }
}

#[test]
fn a_recipe_that_opens_the_parents_of_each_class_counts_them_and_explicit_opens_none() {
    let mut school = two_classes("published-2025", InternalPolicy::Implied);
    let taking = decided::taking(&school, HERE, OWN);
    let state = decided::state(&school, HERE);
    let events = domain::Decider::decide(&state, domain::structure::Command::TakeRecipe(taking)).unwrap();
    let change = events[0].adjustment().unwrap();
    let (people, graph) = (&school.world.people, &school.world.graph);
    let without = Some((StructureNo(0), InternalPolicy::Explicit));
    let explicit = graph.preview_adjustment(people, without, &change, &[]);
    assert!(explicit.to_accept.is_empty() && explicit.opened_inside.is_empty());
    // Not accepted, nothing happens; accepted, the parents of both classes reach each other.
    assert!(decided::recipe(&mut school, HERE, OWN, true, false).is_none());
    let preview = decided::recipe(&mut school, HERE, OWN, true, true).unwrap();
    assert_eq!(preview.to_accept.len(), 2);
    let pair = |from, to| preview.opened.profiles.iter().find(|it| (it.from, it.to) == (from, to));
    assert_eq!(
        pair(Profile::Relative, Profile::Relative).unwrap().pairs,
        4,
        "two ordered pairs in each class"
    );
}

#[test]
fn a_class_made_after_an_accepted_recipe_is_like_the_others() {
    for accept in [true, false] {
        let policy = if accept { InternalPolicy::Implied } else { InternalPolicy::Explicit };
        let mut school = two_classes("published-2025", policy);
        decided::recipe(&mut school, HERE, OWN, true, accept).unwrap();
        let class = domain::ClassId::from_u128(13);
        school.class(HERE, class, "CE3");
        let teacher = school.member(201, Profile::Teacher, &[class]);
        let pupils = [211, 212].map(|id| school.member(id, Profile::Student, &[class]));
        let [one, other] =
            [(221, pupils[0]), (222, pupils[1])].map(|(id, pupil)| school.parent(id, &[pupil]));
        decided::matrix(&mut school, HERE, "published-2025", false, true).unwrap();
        assert!(school.reaches(teacher, pupils[0]) && school.reaches(teacher, one));
        assert!(!school.reaches(teacher, crate::testing::person(11)), "a pupil of another class");
        assert_eq!(school.reaches(one, other), accept, "as in the other classes");
    }
}
