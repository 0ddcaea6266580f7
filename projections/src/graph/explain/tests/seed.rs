//! The questions people ask who do not find each other (seed 000), each answered by the explanation.

use domain::clock::Zone;
use domain::group::{Fact, GroupKind, InternalPolicy, Profile};
use domain::person::{self as who, BlockCause};
use domain::structure::{ClassOpened, TeachingGroupOpened};
use domain::{ClassId, GroupId, Sealed};

use super::free_group;
use crate::graph::change::Change;
use crate::graph::explain::{Authority, Missing, Remedy, Step};
use crate::graph::{Cause, Target};
use crate::testing::{CE1, CE2, ELSEWHERE, HERE, School, label, of_class, of_school};
use crate::world::World;

#[test]
fn pourquoi_les_parents_n_arrivent_pas_a_contacter_les_enseignants_de_leurs_enfants() {
    // « Il faut vérifier que les parents ET les enseignants sont bien rattachés à leur classe. »
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[]);
    let pupil = school.member(2, Profile::Student, &[]);
    let parent = school.parent(3, &[pupil]);
    let structure = school.world.people.structure_no(HERE).unwrap();
    let (pupil_no, teacher_no) = (school.no(pupil), school.no(teacher));
    let neither =
        [teacher_no, pupil_no].map(|person| Missing::NoClass { person, structure, class: Some(CE1) });
    let misses = school.explained(parent, teacher).misses;
    assert!(misses.iter().any(|miss| miss.missing == neither), "neither is in a class: {misses:?}");

    school.join(teacher, CE1);
    assert_eq!(school.nearest(parent, teacher), [school.in_class(pupil, CE1)], "the child is not");
    let fixes = school.fixes(school.in_class(pupil, CE1));
    assert_eq!(fixes[0].remedy, Remedy::JoinClass { person: pupil_no, structure, class: Some(CE1) });
    assert_eq!(fixes[0].by, Authority::Local(structure));

    school.of_person(teacher, who::ClassLeft { structure: HERE, class: CE1 });
    school.join(pupil, CE1);
    assert_eq!(school.nearest(parent, teacher), [school.in_class(teacher, CE1)], "the teacher is not");

    school.join(teacher, CE1);
    let routes = school.explained(parent, teacher).routes;
    assert_eq!(
        routes[0].steps.first(),
        Some(&Step::Member {
            person: school.no(parent),
            group: school.group_no(of_class(CE1, Profile::Relative)),
        })
    );
}

#[test]
fn pourquoi_un_parent_dont_l_enfant_n_est_pas_rattache_au_compte_ne_trouve_personne() {
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    let parent = school.parent(2, &[]);
    let relative = school.no(parent);
    assert_eq!(school.nearest(parent, teacher), [Missing::NoChild { relative }]);
}

#[test]
fn pourquoi_des_comptes_utilisateurs_n_apparaissent_ils_pas_dans_l_annuaire() {
    // « Vérifiez que vous êtes bien rattaché(e) à une classe ou à un groupe. Si les comptes ont été bloqués, il n'est
    // pas possible de les voir dans l'annuaire. »
    let mut school = School::with("published-2025");
    let pupil = school.member(1, Profile::Student, &[]);
    let teacher = school.member(2, Profile::Teacher, &[CE1]);
    assert_eq!(school.nearest(pupil, teacher), [school.in_class(pupil, CE1)]);
    school.join(pupil, CE1);
    assert_eq!(school.nearest(pupil, teacher), []);
    school.block(teacher, BlockCause::Person);
    let (person, cause) = (school.no(teacher), BlockCause::Person);
    assert_eq!(school.nearest(pupil, teacher), [Missing::Blocked { person, cause }]);
}

#[test]
fn pourquoi_je_ne_vois_pas_la_classe_ulis_dans_les_classes() {
    // « Dans l'onglet Classe(s), l'élève est toujours rattaché à sa classe d'inclusion. Il est toutefois possible de
    // créer des classes correspondant à ces groupes d'enseignement. »
    let mut school = School::with("published-2025");
    let (ulis, group) = (ClassId::from_u128(13), GroupId::from_u128(700));
    school.of_structure(HERE, TeachingGroupOpened { group, name: label("ULIS") });
    let teacher = school.member(1, Profile::Teacher, &[]);
    let pupil = school.member(2, Profile::Student, &[CE1]);
    for person in [teacher, pupil] {
        school.of_person(person, who::TeachingGroupJoined { structure: HERE, group });
    }
    let number = school.group_no(group);
    let misses = school.explained(pupil, teacher).misses;
    let missing = [Missing::NotInternal { group: number }];
    assert!(misses.iter().any(|miss| miss.missing == missing), "the group says nothing: {misses:?}");
    school.of_structure(HERE, ClassOpened { class: ulis, name: label("ULIS") });
    school.matrix(HERE, "published-2025");
    school.join(teacher, ulis);
    let misses = school.explained(pupil, teacher).misses;
    let not_there = [school.in_class(pupil, ulis)];
    assert!(misses.iter().any(|miss| miss.missing == not_there), "only the teacher is there: {misses:?}");
    school.join(pupil, ulis);
    assert_eq!(school.nearest(pupil, teacher), [], "and stays in CE1 too");
    assert!(
        school.world.people.is_member(school.no(pupil), school.group_no(of_class(CE1, Profile::Student)))
    );
}

#[test]
fn j_ai_cree_un_groupe_manuel_mais_je_ne_parviens_pas_a_effectuer_de_partage_avec_ce_groupe() {
    // « Par défaut un groupe manuel n'a pas de règle de communication. »
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[]);
    let group = free_group(&mut school, HERE);
    let misses = school.explained_group(teacher, group).misses;
    let (from, to) = (school.group_no(of_school(Profile::Teacher)), school.group_no(group));
    let no_rule = Missing::NoRule { from, to, one_by_one: false };
    assert_eq!(misses[0].missing, [no_rule, Missing::Empty { group: to }]);
    let made = Change::MakeRule { from, to, expose_members: false };
    assert_eq!(school.fixes(no_rule)[0].remedy, Remedy::Rules(made));
}

#[test]
fn comment_ouvrir_la_communication_vers_un_autre_etablissement() {
    // « Merci de préciser les utilisateurs et les destinataires souhaités. »
    let mut school = School::with("published-2025");
    school.structure(ELSEWHERE, Zone::PARIS, InternalPolicy::Implied);
    let here = school.member(1, Profile::Teacher, &[CE1]);
    let there = school.register(2, Profile::Teacher, who::Availability::Source);
    school.attach(there, ELSEWHERE, None, None);
    let missing = school.nearest(here, there);
    let [Missing::NoRule { to, one_by_one: true, .. }] = missing[..] else { panic!("{missing:?}") };
    assert_eq!(to, school.group_no(GroupKind::Profile(Profile::Teacher).id(ELSEWHERE)));
    assert!(matches!(school.fixes(missing[0])[0].by, Authority::LocalOfBoth(..)));
}

#[test]
fn je_ne_parviens_pas_a_retirer_un_droit_de_communication_entre_les_membres_d_un_groupe() {
    // « Si vous ouvrez les droits dans les deux sens, la communication est permise entre les membres. Pour remédier à
    // cela il faut supprimer un des deux droits. »
    let mut school = School::bare();
    let pupils = [school.member(1, Profile::Student, &[CE1]), school.member(2, Profile::Student, &[CE1])];
    let [teachers, those] = [Profile::Teacher, Profile::Student].map(|profile| of_class(CE1, profile));
    let there = school.rule(1, teachers, those, &[those]);
    let back = school.rule(2, those, teachers, &[]);
    let routes = school.explained(pupils[0], pupils[1]).routes;
    let Step::States { group, fact: Fact::Internal, because, implied: Some(implied) } = &routes[0].steps[1]
    else {
        panic!("{routes:?}")
    };
    assert!(because.is_empty() && !implied.waiting, "nobody granted it: it is implied, and was accepted");
    let World { graph, .. } = &school.world;
    let causes = |fact| graph.reasons(*group, fact).iter().map(|because| because.cause).collect::<Vec<_>>();
    assert_eq!(
        (causes(Fact::Uses), causes(Fact::Exposes)),
        (vec![Cause::Rule(back)], vec![Cause::Rule(there)])
    );
    school.unrule(back);
    assert!(school.explained(pupils[0], pupils[1]).routes.is_empty());
}

#[test]
fn comment_limiter_la_communication_des_enseignants_uniquement_avec_les_eleves_et_parents_de_leur_classe() {
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    let other = school.member(2, Profile::Student, &[CE2]);
    let (from, to) =
        (school.group_no(of_school(Profile::Teacher)), school.group_no(of_school(Profile::Student)));
    let rule = school.world.graph.rules_from(from).find(|rule| rule.to == to).unwrap().id;
    school.unrule(rule);
    school.rule(1, of_class(CE1, Profile::Teacher), of_class(CE1, Profile::Student), &[]);
    school.rule(2, of_class(CE2, Profile::Teacher), of_class(CE2, Profile::Student), &[]);
    let misses = school.explained(teacher, other).misses;
    let told = |missing| misses.iter().any(|miss| miss.missing == [missing]);
    assert!(told(school.in_class(teacher, CE2)) && told(school.in_class(other, CE1)), "{misses:?}");
    let (own, theirs) = (of_class(CE1, Profile::Teacher), of_class(CE2, Profile::Student));
    let (from, to) = (school.group_no(own), school.group_no(theirs));
    assert!(told(Missing::NoRule { from, to, one_by_one: true }), "{misses:?}");
}

#[test]
fn que_se_passe_t_il_si_j_envoie_un_message_a_des_comptes_inactifs() {
    // « Les utilisateurs pourront voir le message envoyé une fois leur compte activé. »
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[]);
    let pupil = school.member(2, Profile::Student, &[]);
    assert!(school.world.people.inactive().contains(school.no(pupil).0));
    assert_eq!(school.explained(teacher, pupil).routes.len(), 1);
    let password = Sealed::Shut("v1".into());
    school.of_person(pupil, who::Activated { person: pupil, password, charter: label("1") });
    assert_eq!(school.explained(teacher, pupil).routes.len(), 1, "the same");
}

#[test]
fn je_ne_veux_pas_que_les_parents_me_contactent() {
    // The rule is taken away; what is left is said as a rule that is not there, never as a ban.
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    let pupil = school.member(2, Profile::Student, &[CE1]);
    let parent = school.parent(3, &[pupil]);
    let (from, to) = (of_class(CE1, Profile::Relative), of_class(CE1, Profile::Teacher));
    let (from, to) = (school.group_no(from), school.group_no(to));
    let rule = school.world.graph.rules_from(from).find(|rule| rule.to == to).unwrap().id;
    school.unrule(rule);
    assert_eq!(school.nearest(parent, teacher), [Missing::NoRule { from, to, one_by_one: true }]);
    let World { people, graph, .. } = &school.world;
    let back = graph.explain(people, school.no(teacher), Target::Person(school.no(parent)));
    assert!(!back.routes.is_empty(), "the teacher still reaches the parent");
}
