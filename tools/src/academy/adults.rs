//! Who works in the schools of a basin: teachers with their classes and subjects, heads, staff, and those whom two
//! schools share.

use std::ops::Range;

use domain::PersonId;
use domain::group::Profile;

use super::names::Words;
use super::plan::{Academy, Person, Place};
use super::schools::{ADVISER, HEAD, Kind, Post, SOCIAL, TEACHING};
use super::seed::Draws;

/// From how many classes a teacher of a subject may have, there is time left for a second school.
const SPARE: usize = 12;

/// Adds everybody who works in the schools `here`.
pub fn employ(academy: &mut Academy, here: Range<usize>, basin: usize) {
    let mut draws = Draws::of(academy.seed, &format!("adults {basin}"));
    let mut employed = vec![];
    for school in here.clone() {
        let teachers = match academy.schools[school].kind {
            Kind::Primary => of_classes(academy, school),
            Kind::Middle | Kind::High => of_subjects(academy, school),
        };
        employed.extend(teachers.into_iter().map(|place| (Profile::Teacher, vec![place])));
        employed.extend(posts(academy, school));
    }
    share(academy, here, &mut employed, &mut draws);
    for (profile, places) in employed {
        let number = academy.people.len();
        academy.people.push(adult(academy, number, profile, places, &mut draws));
    }
}

fn adult(
    academy: &Academy,
    number: usize,
    profile: Profile,
    places: Vec<Place>,
    draws: &mut Draws,
) -> Person {
    let words = Words::get();
    let woman = draws.chance(62);
    let family = words.family(draws);
    let married = words.family(draws);
    let head = places.iter().any(|place| place.posts.contains(&HEAD));
    Person {
        id: PersonId::from_u128(academy.id("person", number)),
        profile,
        woman,
        first: words.first_name(draws, woman),
        family,
        usual: (woman && draws.chance(35)).then_some(married),
        born: None,
        household: u32::try_from(number).unwrap_or(u32::MAX),
        places,
        children: vec![],
        active: head || draws.chance(93),
    }
}

/// One teacher for each class; the first is also the head.
fn of_classes(academy: &Academy, school: usize) -> Vec<Place> {
    let teaching = Post { function: TEACHING, discipline: None };
    (0..academy.schools[school].classes.len())
        .map(|class| {
            let head = (class == 0).then_some(HEAD);
            let posts = head.into_iter().chain([teaching]).collect();
            Place { classes: vec![class], head_teacher: vec![class], posts, ..Place::at(school) }
        })
        .collect()
}

/// Several teachers for each class, one for each subject; one of them is its head teacher.
fn of_subjects(academy: &Academy, school: usize) -> Vec<Place> {
    let classes = academy.schools[school].classes.len();
    let mut places: Vec<Place> = vec![];
    for subject in academy.schools[school].kind.subjects() {
        let teachers = classes.div_ceil(subject.classes);
        for teacher in 0..teachers {
            let own = classes * teacher / teachers..classes * (teacher + 1) / teachers;
            let post = Post { function: TEACHING, discipline: Some(subject.discipline) };
            places.push(Place { classes: own.collect(), posts: vec![post], ..Place::at(school) });
        }
    }
    for class in 0..classes {
        let free = |place: &&mut Place| place.classes.contains(&class) && place.head_teacher.is_empty();
        if let Some(place) = places.iter_mut().find(free) {
            place.head_teacher.push(class);
        }
    }
    places
}

fn posts(academy: &Academy, school: usize) -> Vec<(Profile, Vec<Place>)> {
    let classes = academy.schools[school].classes.len();
    let pupils = academy.schools[school].classes.iter().map(|class| class.pupils).sum();
    let posts = academy.schools[school].kind.posts(pupils);
    let advisers = posts.iter().filter(|(_, post)| *post == ADVISER).count();
    let mut adviser = 0;
    let place = |(profile, post): (Profile, Post)| {
        let mut place = Place { posts: vec![post], ..Place::at(school) };
        if post == ADVISER {
            place.classes = (classes * adviser / advisers..classes * (adviser + 1) / advisers).collect();
            adviser += 1;
        }
        (profile, vec![place])
    };
    posts.into_iter().map(place).collect()
}

/// Gives teachers of subjects with few lessons a class in a second school, and the social worker a second school.
fn share(academy: &Academy, here: Range<usize>, employed: &mut [(Profile, Vec<Place>)], draws: &mut Draws) {
    let schools: Vec<_> = here.filter(|school| academy.schools[*school].kind != Kind::Primary).collect();
    if schools.len() < 2 {
        return;
    }
    for (_, places) in employed {
        let Some(own) = places.first() else { continue };
        let Some(at) = schools.iter().position(|school| *school == own.school) else { continue };
        let other = schools[(at + 1) % schools.len()];
        let Some(post) = own.posts.first().copied() else { continue };
        let subjects = academy.schools[own.school].kind.subjects();
        let spare = subjects.iter().any(|it| Some(it.discipline) == post.discipline && it.classes >= SPARE);
        if post == SOCIAL && at == 0 {
            places.push(Place { posts: vec![post], ..Place::at(other) });
        } else if post.function == TEACHING && spare && draws.chance(50) {
            let class = draws.below(academy.schools[other].classes.len());
            places.push(Place { classes: vec![class], posts: vec![post], ..Place::at(other) });
        }
    }
}
