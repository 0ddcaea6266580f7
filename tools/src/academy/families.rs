//! Families of a basin: one to four children, one or two relatives, brothers and sisters in several schools.
//!
//! Invariant: every pupil has a relative and every relative a child; the basin has exactly the people it is for,
//! as long as two relatives for each pupil are enough.

use std::ops::Range;

use domain::group::Profile;
use domain::{Date, PersonId};

use super::names::{Family, Words};
use super::plan::{Academy, Person, Place, birthday};
use super::schools::{Kind, Level};
use super::seed::Draws;

/// How many families of a hundred have one, two, three and four children.
const CHILDREN: [usize; 4] = [35, 42, 17, 6];

/// Where a pupil sits.
#[derive(Debug, Clone, Copy)]
struct Seat {
    school: usize,
    class: usize,
    level: Level,
}

/// The names of a family.
struct Named {
    /// The relatives, one or two: whether a woman, family name, name in use.
    relatives: Vec<(bool, Family, Option<Family>)>,
    children: Family,
    apart: bool,
}

/// Adds the pupils of the schools `here` and their relatives, `budget` people altogether.
pub fn settle(academy: &mut Academy, here: Range<usize>, budget: usize, basin: usize) {
    let mut draws = Draws::of(academy.seed, &format!("families {basin}"));
    let mut seats = seats(academy, here);
    draws.shuffle(&mut seats);
    let relatives = budget.saturating_sub(seats.len());
    let mut families = vec![];
    let mut rest = &seats[..];
    while !rest.is_empty() {
        let (family, others) = rest.split_at(rest.len().min(draws.weighted(&CHILDREN) + 1));
        families.push(family);
        rest = others;
    }
    // Two relatives for each must be enough: where they are not, brothers and sisters are of two families.
    while relatives > 2 * families.len()
        && let Some(place) = families.iter().position(|family| family.len() > 1)
    {
        let (one, others) = families[place].split_at(1);
        families[place] = one;
        families.push(others);
    }
    let mut both = vec![false; families.len()];
    both.iter_mut().take(relatives.saturating_sub(families.len())).for_each(|both| *both = true);
    draws.shuffle(&mut both);
    for (seats, both) in families.into_iter().zip(both) {
        family(academy, seats, both, &mut draws);
    }
}

fn seats(academy: &Academy, here: Range<usize>) -> Vec<Seat> {
    let mut seats = vec![];
    for school in here {
        for (class, of) in academy.schools[school].classes.iter().enumerate() {
            let levels = of.levels.iter().cycle().take(of.pupils);
            seats.extend(levels.map(|level| Seat { school, class, level: *level }));
        }
    }
    seats
}

fn family(academy: &mut Academy, seats: &[Seat], both: bool, draws: &mut Draws) {
    let named = name(both, draws);
    let household = number_of(academy);
    let children = children(academy, seats, named.children, household, draws);
    let mut schools: Vec<usize> = vec![];
    for seat in seats {
        if !schools.contains(&seat.school) {
            schools.push(seat.school);
        }
    }
    let eldest = academy.people[children.start as usize].first;
    let namesake = academy.people[children.start as usize].woman;
    for (index, (woman, family, usual)) in named.relatives.into_iter().enumerate() {
        // One in twenty-five gave a child their own first name: homonyms in one household.
        let own_name = woman == namesake && draws.chance(4);
        let first = if own_name { eldest } else { Words::get().first_name(draws, woman) };
        let number = academy.people.len();
        academy.people.push(Person {
            id: PersonId::from_u128(academy.id("person", number)),
            profile: Profile::Relative,
            woman,
            first,
            family,
            usual,
            born: None,
            household: if index > 0 && named.apart { number_of(academy) } else { household },
            places: schools.iter().copied().map(Place::at).collect(),
            children: children.clone().collect(),
            active: draws.chance(68),
        });
    }
}

fn children(
    academy: &mut Academy,
    seats: &[Seat],
    family: Family,
    household: u32,
    draws: &mut Draws,
) -> Range<u32> {
    let first = number_of(academy);
    // The birthdays of brothers and sisters are within two months, so that a year always lies between births.
    let season = draws.below(365);
    let mut taken: Vec<(i32, Option<Date>, &str)> = vec![];
    for seat in seats {
        let around = (season + draws.below(60)).saturating_sub(30);
        let twin = taken.iter().find(|(age, ..)| *age == seat.level.age).map(|(_, born, _)| *born);
        let born = twin.unwrap_or_else(|| birthday(seat.level.age, around as u64));
        let woman = draws.chance(50);
        let mut name = Words::get().first_name(draws, woman);
        while taken.iter().any(|(.., other)| *other == name) {
            name = Words::get().first_name(draws, woman);
        }
        taken.push((seat.level.age, born, name));
        let number = academy.people.len();
        let likely = if academy.schools[seat.school].kind == Kind::Primary { 30 } else { 82 };
        let level = Some(seat.level.code);
        academy.people.push(Person {
            id: PersonId::from_u128(academy.id("person", number)),
            profile: Profile::Student,
            woman,
            first: name,
            family,
            usual: None,
            born,
            household,
            places: vec![Place { classes: vec![seat.class], level, ..Place::at(seat.school) }],
            children: vec![],
            active: draws.chance(likely),
        });
    }
    first..number_of(academy)
}

/// Draws who the relatives are and what everybody is called.
fn name(both: bool, draws: &mut Draws) -> Named {
    let words = Words::get();
    let (hers, his) = (words.family(draws), words.family(draws));
    if !both {
        let woman = draws.chance(82);
        let children = if draws.chance(60) { hers } else { his };
        return Named { relatives: vec![(woman, hers, None)], children, apart: false };
    }
    let (she, he) = match draws.weighted(&[97, 2, 1]) {
        0 => (true, false),
        1 => (true, true),
        _ => (false, false),
    };
    let pair = |usual: Option<Family>, children, apart| Named {
        relatives: vec![(she, hers, usual), (he, his, None)],
        children,
        apart,
    };
    match draws.weighted(&[50, 22, 14, 14]) {
        0 => pair(Some(his), his, false),
        1 => pair(None, his, false),
        2 => pair(None, his.joined(hers), false),
        _ => pair(None, his, true),
    }
}

/// Returns the number that the next person gets.
fn number_of(academy: &Academy) -> u32 {
    u32::try_from(academy.people.len()).unwrap_or(u32::MAX)
}
