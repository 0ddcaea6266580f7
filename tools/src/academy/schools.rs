//! What kinds of schools there are: their levels, their subjects, their posts, and how many people each has.

use domain::group::{GroupKind, Profile};

/// A kind of school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// École primaire: CP to CM2.
    Primary,
    /// Collège: sixième to troisième.
    Middle,
    /// Lycée: seconde to terminale.
    High,
}

/// A level: its code, and the year before the school year in which its pupils were born.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Its code: `CM1`.
    pub code: &'static str,
    /// What its classes are called before their letter or number: `6`, `2NDE `.
    pub class: &'static str,
    /// How old its pupils become in the year school begins.
    pub age: i32,
}

/// A function, with the post discipline held in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Post {
    /// Its code.
    pub function: &'static str,
    /// Code of the post discipline.
    pub discipline: Option<&'static str>,
}

/// A subject: the post discipline of its teachers, and how many classes one of them has.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    /// Code of the post discipline.
    pub discipline: &'static str,
    /// How many classes a teacher of it has.
    pub classes: usize,
}

/// The function of whoever teaches.
pub const TEACHING: &str = "ENSEIGNEMENT";
/// The function of the social worker and of the nurse (`product.md`, Vocabulary).
pub const MEDICAL: &str = "PERSONNELS MEDICO-SOCIAUX";
/// The function of the principal education adviser (CPE).
pub const EDUCATION: &str = "EDUCATION";
/// The function of the finance manager (gestionnaire).
pub const ADMINISTRATION: &str = "PERSONNELS ADMINISTRATIFS";

/// The head of school.
pub const HEAD: Post = Post { function: GroupKind::DIRECTION, discipline: None };
/// The finance manager (gestionnaire).
pub const FINANCE: Post = Post { function: ADMINISTRATION, discipline: Some("D0014") };
/// The principal education adviser (CPE).
pub const ADVISER: Post = Post { function: EDUCATION, discipline: Some("E0030") };
/// The social worker.
pub const SOCIAL: Post = Post { function: MEDICAL, discipline: Some("P9222") };
/// The nurse.
pub const NURSE: Post = Post { function: MEDICAL, discipline: Some("P9230") };
/// The librarian, a teacher.
pub const LIBRARY: Post = Post { function: "DOCUMENTATION", discipline: Some("L0080") };
/// An education assistant (AED).
pub const ASSISTANT: Post = Post { function: "ASSISTANT D'EDUCATION", discipline: None };

const fn level(code: &'static str, class: &'static str, age: i32) -> Level {
    Level { code, class, age }
}

const fn subject(discipline: &'static str, classes: usize) -> Subject {
    Subject { discipline, classes }
}

const PRIMARY: [Level; 5] = [
    level("CP", "CP ", 6),
    level("CE1", "CE1 ", 7),
    level("CE2", "CE2 ", 8),
    level("CM1", "CM1 ", 9),
    level("CM2", "CM2 ", 10),
];
const MIDDLE: [Level; 4] =
    [level("6EME", "6", 11), level("5EME", "5", 12), level("4EME", "4", 13), level("3EME", "3", 14)];
const HIGH: [Level; 3] = [level("2NDE", "2NDE ", 15), level("1ERE", "1ERE ", 16), level("TERM", "TERM ", 17)];

// Letters, mathematics, history, English, Spanish, German, biology, physics, technology, sport, arts, music.
const MIDDLE_SUBJECTS: [Subject; 12] = [
    subject("L0202", 4),
    subject("L1300", 5),
    subject("L1000", 6),
    subject("L0422", 6),
    subject("L0426", 8),
    subject("L0421", 12),
    subject("L1600", 12),
    subject("L1500", 12),
    subject("L1400", 12),
    subject("L1900", 6),
    subject("L1800", 18),
    subject("L1700", 18),
];
// Letters, mathematics, history, English, Spanish, German, biology, physics, economics, philosophy, sport.
const HIGH_SUBJECTS: [Subject; 11] = [
    subject("L0202", 4),
    subject("L1300", 4),
    subject("L1000", 5),
    subject("L0422", 5),
    subject("L0426", 7),
    subject("L0421", 12),
    subject("L1600", 6),
    subject("L1500", 5),
    subject("L1100", 6),
    subject("L0100", 8),
    subject("L1900", 8),
];

impl Kind {
    /// Returns what its schools are called in front of their name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Primary => "École primaire",
            Self::Middle => "Collège",
            Self::High => "Lycée",
        }
    }

    /// Returns its levels, the youngest first.
    pub fn levels(self) -> &'static [Level] {
        match self {
            Self::Primary => &PRIMARY,
            Self::Middle => &MIDDLE,
            Self::High => &HIGH,
        }
    }

    /// Returns its subjects; none where one teacher has a class for everything.
    pub fn subjects(self) -> &'static [Subject] {
        match self {
            Self::Primary => &[],
            Self::Middle => &MIDDLE_SUBJECTS,
            Self::High => &HIGH_SUBJECTS,
        }
    }

    /// Returns how many pupils a class has.
    pub fn class_size(self) -> usize {
        match self {
            Self::Primary => 24,
            Self::Middle => 26,
            Self::High => 31,
        }
    }

    /// Returns the posts of a school of so many pupils, besides who teaches.
    pub fn posts(self, pupils: usize) -> Vec<(Profile, Post)> {
        let staff = |post, count: usize| std::iter::repeat_n((Profile::Staff, post), count);
        match self {
            // The head of a primary school teaches; see `adults`.
            Self::Primary => staff(ASSISTANT, pupils.div_ceil(120)).collect(),
            Self::Middle | Self::High => staff(HEAD, 1)
                .chain(staff(FINANCE, 1))
                .chain(staff(ADVISER, pupils.div_ceil(300)))
                .chain(staff(NURSE, 1))
                .chain(staff(SOCIAL, 1))
                .chain(staff(ASSISTANT, pupils.div_ceil(90)))
                .chain([(Profile::Teacher, LIBRARY)])
                .collect(),
        }
    }
}

/// A lycée, one or two collèges and the écoles around them: what families and teachers share.
#[derive(Debug)]
pub struct Basin {
    /// How many people belong to it.
    pub people: usize,
    /// Its schools, each with how many people it is for: 200 to 2,000 if there are enough.
    pub schools: Vec<(Kind, usize)>,
}

/// Returns the basins of an academy of so many people.
pub fn basins(people: usize) -> Vec<Basin> {
    const ONE: [(Kind, usize); 1] = [(Kind::Primary, 100)];
    const TWO: [(Kind, usize); 2] = [(Kind::Primary, 45), (Kind::Middle, 55)];
    const SMALL: [(Kind, usize); 3] = [(Kind::Primary, 25), (Kind::Middle, 35), (Kind::High, 40)];
    const LARGE: [(Kind, usize); 8] = [
        (Kind::High, 22),
        (Kind::Middle, 16),
        (Kind::Middle, 16),
        (Kind::Primary, 10),
        (Kind::Primary, 9),
        (Kind::Primary, 9),
        (Kind::Primary, 9),
        (Kind::Primary, 9),
    ];
    let basins = ((people + 2_400) / 4_800).max(1);
    let shares = |whole: usize| -> &'static [(Kind, usize)] {
        match whole {
            0..500 => &ONE,
            500..800 => &TWO,
            800..2_400 => &SMALL,
            _ => &LARGE,
        }
    };
    (0..basins)
        .map(|basin| {
            let people = people * (basin + 1) / basins - people * basin / basins;
            let schools = shares(people).iter().map(|(kind, percent)| (*kind, people * percent / 100));
            Basin { people, schools: schools.collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schools_are_for_two_hundred_to_two_thousand_people() {
        for people in [800, 1_200, 2_399, 2_400, 7_199, 7_200, 40_000, 400_000] {
            let all: Vec<_> = basins(people).into_iter().flat_map(|basin| basin.schools).collect();
            assert!(all.iter().all(|(_, size)| (200..=2_000).contains(size)), "{people}: {all:?}");
        }
    }

    #[test]
    fn the_demo_has_one_school_of_each_kind() {
        let kinds: Vec<_> =
            basins(1_200).iter().flat_map(|basin| &basin.schools).map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Kind::Primary, Kind::Middle, Kind::High]);
    }
}
