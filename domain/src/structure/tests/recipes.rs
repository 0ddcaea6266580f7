//! Recipes, and the matrix applied again and reset: one sentence each.

use Profile::{Relative, Staff, Student, Teacher};

use super::*;

const CE2: ClassId = ClassId::from_u128(12);
const OWN: &str = "TEACHERS_OWN_CLASSES_ONLY";
const QUIET: &str = "NO_TALK_INSIDE_CLASSES";
const PARENTS: &str = "PARENTS_DO_NOT_WRITE_TO_TEACHERS";

/// A structure that follows its own events.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    state: Structure,
    commands: u128,
    matrix: Matrix,
}

impl Place {
    /// With CE1, its matrix applied.
    fn with(matrix: &str) -> Self {
        let matrix = Matrix::shipped(matrix).unwrap();
        let mut place = Self { state: Structure::default(), commands: 0, matrix: matrix.clone() };
        place.done(Command::Create(Create { matrix, ..create() }));
        place.class(CE1, "CE1");
        place
    }

    fn class(&mut self, class: ClassId, name: &str) {
        self.done(Command::OpenClass { class, name: label(name) });
        let command = self.next();
        let (functions, disciplines) = (vec![], vec![]);
        let matrix = self.matrix.clone();
        self.done(Command::ApplyMatrix { matrix, functions, disciplines, command });
    }

    fn next(&mut self) -> CommandId {
        self.commands += 1;
        command(1_000 + self.commands)
    }

    #[track_caller]
    fn done(&mut self, command: Command) -> Vec<Event> {
        let events = self.state.decide(command).expect("refused");
        self.state = events.iter().fold(std::mem::take(&mut self.state), Structure::evolve);
        events
    }

    fn policy(&mut self, policy: InternalPolicy) {
        self.done(Command::SetPolicy { policy, opens: vec![], accepted: vec![] });
    }

    fn taking(&mut self, recipe: &str) -> Taking {
        let recipe = label(recipe);
        let closings = self.state.to_close(&recipe).into_iter().map(|group| self.closing(group)).collect();
        let (functions, disciplines, opening) = (vec![], vec![], Opening::default());
        Taking { recipe, functions, disciplines, closings, opening, command: self.next() }
    }

    /// What the graph would say of a group of a structure that no other one has to do with.
    fn closing(&self, group: GroupId) -> Closing {
        let rules = |which: fn(&Rule) -> GroupId| {
            self.state.rules.iter().filter(|(_, rule)| which(rule) == group).map(|(id, _)| *id).collect()
        };
        let has = |fact| !self.state.because(group, fact).is_empty();
        Closing {
            group: Target { group, structure: HERE, broadcast_list: false },
            granted: has(Fact::Internal),
            uses: has(Fact::Uses),
            exposes: has(Fact::Exposes),
            starts: rules(|rule| rule.from),
            ends: rules(|rule| rule.to),
        }
    }

    #[track_caller]
    fn take(&mut self, recipe: &str) -> Vec<Event> {
        let taking = self.taking(recipe);
        self.done(Command::TakeRecipe(taking))
    }

    #[track_caller]
    fn take_back(&mut self, recipe: &str) -> Vec<Event> {
        let taking = self.taking(recipe);
        self.done(Command::TakeBackRecipe(taking))
    }

    fn refusal(&mut self, recipe: &str) -> Refusal {
        let taking = self.taking(recipe);
        self.state.decide(Command::TakeRecipe(taking)).expect_err("not refused")
    }

    fn applying(&mut self) -> Applying {
        let (matrix, command) = (Some(self.matrix.clone()), self.next());
        let (functions, disciplines, opening) = (vec![], vec![], Opening::default());
        Applying { matrix, functions, disciplines, opening, command }
    }

    fn links(&self, from: &GroupKind, to: &GroupKind) -> bool {
        let (from, to) = (from.id(HERE), to.id(HERE));
        self.state.rules.values().any(|rule| (rule.from, rule.to) == (from, to))
    }

    /// Uses, exposes, internal.
    fn facts(&self, group: &GroupKind) -> [bool; 3] {
        [Fact::Uses, Fact::Exposes, Fact::Internal]
            .map(|fact| !self.state.because(group.id(HERE), fact).is_empty())
    }

    /// What stands, whatever the rules are called.
    fn stands(&self) -> (BTreeSet<(GroupId, GroupId)>, BTreeSet<Reasoned>) {
        let rules = self.state.rules.values().map(|rule| (rule.from, rule.to)).collect();
        let facts = self.state.reasons.keys().flat_map(|(group, fact)| self.state.because(*group, *fact));
        (rules, facts.collect())
    }
}

fn wide(profile: Profile) -> GroupKind {
    GroupKind::Profile(profile)
}

fn of(class: ClassId, profile: Profile) -> GroupKind {
    GroupKind::Class(class, profile)
}

#[test]
fn a_recipe_is_taken_once_and_taken_back_once() {
    let mut place = Place::with("published-2025");
    let before = place.stands();
    assert!(matches!(place.take(QUIET)[..], [Event::RecipeTaken(_)]));
    assert_eq!(place.state.recipes().map(Label::as_str).collect::<Vec<_>>(), [QUIET]);
    assert!(place.take(QUIET).is_empty(), "already so");
    assert!(matches!(place.take_back(QUIET)[..], [Event::RecipeTakenBack(_)]));
    assert!(place.take_back(QUIET).is_empty(), "already so");
    assert_eq!(place.stands(), before);
    assert_eq!(place.refusal("TEACHERS_REST"), Refusal::UnknownRecipe);
}

#[test]
fn teachers_of_their_own_classes_lose_the_school_and_get_their_classes() {
    for matrix in ["published-2025", "classic"] {
        let mut place = Place::with(matrix);
        place.take(OWN);
        for profile in [Student, Relative] {
            assert!(!place.links(&wide(Teacher), &wide(profile)), "{matrix}: {profile}");
            assert!(place.links(&of(CE1, Teacher), &of(CE1, profile)), "{matrix}: {profile}");
            assert!(place.links(&wide(Staff), &wide(profile)), "{matrix}: {profile}: staff is not meant");
        }
        assert_eq!(place.facts(&of(CE1, Teacher)), [true, true, false], "{matrix}");
        assert!(place.facts(&of(CE1, Relative))[1], "{matrix}");
    }
}

#[test]
fn what_a_recipe_opens_must_be_accepted() {
    let mut place = Place::with("published-2025");
    let parents = of(CE1, Relative).id(HERE);
    let opening = Opening { opens: vec![parents], ..Opening::default() };
    let taking = Taking { opening, ..place.taking(OWN) };
    let refused = place.state.decide(Command::TakeRecipe(taking.clone()));
    assert_eq!(refused, Err(Refusal::OpensMembers(vec![parents])));
    let opening = Opening { opens: vec![parents], accepted: vec![parents], accepts: true };
    let events = place.done(Command::TakeRecipe(Taking { opening, ..taking }));
    let [Event::RecipeTaken(taken)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((&taken.change.accepted, taken.accepts), (&vec![parents], true));
    place.class(CE2, "CE2");
    let applied = place.state.apply(HERE, &place.matrix, (vec![], vec![]), command(5));
    assert_eq!(applied, None, "the class got all of it at once");
}

#[test]
fn what_was_accepted_is_accepted_of_classes_made_afterwards() {
    for accepts in [true, false] {
        let mut place = Place::with("published-2025");
        let opening = Opening { accepts, ..Opening::default() };
        let taking = Taking { opening, ..place.taking(OWN) };
        place.done(Command::TakeRecipe(taking));
        place.done(Command::OpenClass { class: CE2, name: label("CE2") });
        let applied = place.state.apply(HERE, &place.matrix, (vec![], vec![]), command(5)).unwrap();
        let parents = of(CE2, Relative).id(HERE);
        assert_eq!(applied.accepted.contains(&parents), accepts);
        assert!(!applied.accepted.contains(&of(CE1, Relative).id(HERE)));
    }
}

#[test]
fn closing_a_class_keeps_what_rules_rest_on() {
    let mut place = Place::with("published-2025");
    place.take(QUIET);
    assert_eq!(place.facts(&of(CE1, Student)), [true, false, false], "pupils still reach their teachers");
}

#[test]
fn rules_both_ways_need_explicit() {
    let mut place = Place::with("classic");
    let Refusal::ImpliedByBothDirections(rules) = place.refusal(QUIET) else { panic!("not refused") };
    assert_eq!(rules.len(), 4, "three that start at the pupils, and one of the parents");
    place.policy(InternalPolicy::Explicit);
    place.take(QUIET);
    assert_eq!(place.facts(&of(CE1, Student)), [true, true, false]);

    let mut place = Place::with("published-2025");
    place.take(QUIET);
    let refusal = place.refusal(OWN);
    assert!(
        matches!(refusal, Refusal::ImpliedByBothDirections(_)),
        "the classes would talk again: {refusal}"
    );
    let mut place = Place::with("published-2025");
    place.take(OWN);
    assert!(matches!(place.refusal(QUIET), Refusal::ImpliedByBothDirections(_)));
}

#[test]
fn parents_lose_teachers_and_head_teachers_and_nothing_else() {
    for matrix in ["published-2025", "classic"] {
        let mut place = Place::with(matrix);
        let before = place.stands();
        place.take(PARENTS);
        let gone: BTreeSet<_> = before.0.difference(&place.stands().0).copied().collect();
        let parents = of(CE1, Relative).id(HERE);
        let ends = [of(CE1, Teacher), GroupKind::HeadTeacher(CE1)].map(|to| (parents, to.id(HERE)));
        assert_eq!((gone, &place.stands().1), (ends.into(), &before.1), "{matrix}");
        place.take_back(PARENTS);
        assert_eq!(place.stands(), before, "{matrix}");
    }
}

/// A structure of a matrix under a policy, without a class.
fn bare(matrix: &str, policy: InternalPolicy) -> Place {
    let matrix = Matrix::shipped(matrix).unwrap();
    let mut place = Place { state: Structure::default(), commands: 0, matrix: matrix.clone() };
    place.done(Command::Create(Create { matrix, ..create() }));
    place.policy(policy);
    place
}

#[test]
fn a_class_made_before_and_one_made_afterwards_get_the_same_and_lose_the_same() {
    for matrix in ["published-2025", "classic"] {
        for policy in [InternalPolicy::Implied, InternalPolicy::Explicit] {
            for (name, _) in Recipe::SHIPPED {
                let cell = format!("{name}, {matrix}, {policy:?}");
                if (name, matrix, policy) == (QUIET, "classic", InternalPolicy::Implied) {
                    continue; // Refused, see above.
                }
                let mut never = bare(matrix, policy);
                never.class(CE1, "CE1");
                let (mut before, mut after) = (never.clone(), bare(matrix, policy));
                before.take(name);
                after.take(name);
                after.class(CE1, "CE1");
                assert_eq!(before.stands(), after.stands(), "{cell}");
                assert_ne!(before.stands(), never.stands(), "{cell}: it does something");
                for mut place in [before, after] {
                    place.take_back(name);
                    assert_eq!(place.stands(), never.stands(), "{cell}, taken back");
                    place.class(CE2, "CE2");
                    let mut never = never.clone();
                    never.class(CE2, "CE2");
                    assert_eq!(place.stands(), never.stands(), "{cell}, the next class");
                }
            }
        }
    }
}

#[test]
fn a_class_made_while_rules_run_both_ways_fails_closed() {
    let mut place = bare("classic", InternalPolicy::Explicit);
    place.take(QUIET);
    place.policy(InternalPolicy::Implied);
    place.class(CE1, "CE1");
    assert_eq!(place.facts(&of(CE1, Student)), [true, false, false], "not exposed, so nothing is implied");
}

#[test]
fn recipes_are_taken_back_in_any_order() {
    let names = [OWN, QUIET, PARENTS];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut place = bare("published-2025", InternalPolicy::Explicit);
        place.class(CE1, "CE1");
        let before = place.stands();
        for name in names {
            place.take(name);
        }
        place.class(CE2, "CE2");
        place.done(Command::CloseClass { class: CE2, people: 0 });
        let mut never = bare("published-2025", InternalPolicy::Explicit);
        never.class(CE1, "CE1");
        never.class(CE2, "CE2");
        for number in order {
            place.take_back(names[number]);
        }
        assert_eq!(place.stands(), never.stands(), "{order:?}");
        assert!(before.0.is_subset(&place.stands().0));
    }
}

#[test]
fn a_group_that_somebody_changed_by_hand_is_left_alone() {
    let mut place = Place::with("published-2025");
    let group = target(&wide(Teacher));
    let (reason, opens, accepted) = (Reason::Hand, vec![], vec![]);
    place.done(Command::GrantFact { group, fact: Fact::Exposes, reason, opens, accepted });
    let parents = target(&of(CE1, Relative));
    place.done(Command::RemoveFact { group: parents, fact: Fact::Uses });
    place.take(OWN);
    assert!(place.links(&wide(Teacher), &wide(Student)), "it keeps its rules");
    assert_eq!(place.facts(&of(CE1, Relative)), [false; 3], "it gets no fact");
    assert!(place.links(&of(CE1, Teacher), &of(CE1, Student)), "the others get theirs");
    assert_eq!(place.state.left_alone(&label(OWN)), [group.group, parents.group]);
}

#[test]
fn what_was_set_off_by_hand_does_not_come_back_with_the_end_of_a_recipe() {
    let mut place = Place::with("published-2025");
    place.take(QUIET);
    let group = target(&of(CE1, Student));
    place.done(Command::RemoveFact { group, fact: Fact::Internal });
    place.take_back(QUIET);
    assert_eq!(place.facts(&of(CE1, Student)), [true, true, false]);
}

#[test]
fn reasons_by_hand_come_back_with_the_end_of_a_recipe() {
    let mut place = Place::with("published-2025");
    let group = target(&of(CE1, Student));
    // An import of the four-value attribute gives reasons without customising by hand.
    let granted =
        FactGranted { group: group.group, fact: Fact::Internal, reason: Reason::Feed, accepted: vec![] };
    place.state = place.state.clone().evolve(&granted.into());
    let before = place.stands();
    place.take(QUIET);
    assert_eq!(place.facts(&of(CE1, Student)), [true, false, false]);
    place.take_back(QUIET);
    assert_eq!(place.stands(), before);
}

#[test]
fn a_matrix_applied_again_adds_and_takes_nothing_away() {
    let mut place = Place::with("published-2025");
    let again = place.applying();
    assert!(place.done(Command::ReapplyMatrix(again)).is_empty());
    let before = place.stands();
    place.matrix = Matrix::shipped("classic").unwrap();
    let other = place.applying();
    let missing = Applying { matrix: None, ..other.clone() };
    assert_eq!(place.state.decide(Command::ReapplyMatrix(missing)), Err(Refusal::UnknownMatrix));
    place.done(Command::ReapplyMatrix(other));
    assert_eq!(place.state.matrix().map(Label::as_str), Some("classic"));
    let after = place.stands();
    assert!(before.0.is_subset(&after.0) && before.1.is_subset(&after.1));
    assert_eq!(place.facts(&of(CE1, Relative)), [true, true, true]);
    assert!(place.links(&of(CE1, Relative), &of(CE1, Student)));
}

#[test]
fn another_matrix_gives_customised_groups_nothing() {
    let mut place = Place::with("published-2025");
    let group = target(&of(CE1, Relative));
    place.done(Command::RemoveFact { group, fact: Fact::Uses });
    place.matrix = Matrix::shipped("classic").unwrap();
    let other = place.applying();
    place.done(Command::ReapplyMatrix(other));
    assert_eq!(place.facts(&of(CE1, Relative)), [false; 3]);
    assert!(!place.links(&of(CE1, Relative), &of(CE1, Student)));
}

#[test]
fn a_reset_puts_groups_back_to_matrix_and_recipes_and_leaves_free_groups_alone() {
    let mut place = Place::with("published-2025");
    place.take(PARENTS);
    let free = GroupId::from_u128(77);
    let name = "Sortie".to_owned();
    place.done(Command::CreateFreeGroup { group: free, name, members_reach_each_other: true });
    let before = place.stands();
    let (parents, pupils) = (target(&of(CE1, Relative)), target(&of(CE1, Student)));
    place.done(Command::RemoveFact { group: pupils, fact: Fact::Internal });
    let (reason, opens, accepted) = (Reason::Hand, vec![], vec![]);
    place.done(Command::GrantFact { group: parents, fact: Fact::Internal, reason, opens, accepted });
    place.done(Command::MakeRule(make(parents, target(&of(CE1, Teacher)))));
    let removed = place.state.rules.iter().find(|(_, rule)| rule.from == wide(Staff).id(HERE)).unwrap();
    place.done(Command::RemoveRule { rule: *removed.0 });
    let list = Target { group: free, structure: HERE, broadcast_list: false };
    let rule = RuleId::from_u128(10);
    place.done(Command::MakeRule(MakeRule { rule, ..make(list, parents) }));
    let reset = place.applying();
    let opening = Opening { opens: vec![pupils.group], ..Opening::default() };
    let refused = place.state.decide(Command::ResetMatrix(Applying { opening, ..reset.clone() }));
    assert_eq!(refused, Err(Refusal::OpensMembers(vec![pupils.group])));
    assert!(matches!(place.done(Command::ResetMatrix(reset))[..], [Event::MatrixReset(_)]));
    let mut expected = before;
    expected.0.insert((free, parents.group));
    assert_eq!(place.stands(), expected, "with the rule that starts at the free group");
    let again = place.applying();
    assert!(place.done(Command::ResetMatrix(again)).is_empty(), "already so");
    // The marks of hands are gone, and the recipe is still there to be taken back.
    place.take_back(PARENTS);
    assert!(place.links(&of(CE1, Relative), &of(CE1, Teacher)));
}
