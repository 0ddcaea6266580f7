//! Names from the lists in `tools/data`: accents, hyphens, apostrophes and particles as the country has them.

use std::sync::LazyLock;

use super::seed::Draws;

/// The words that people, schools and places are named with, the more common ones first.
#[derive(Debug)]
pub struct Words {
    /// First names of women.
    pub women: Vec<&'static str>,
    /// First names of men.
    pub men: Vec<&'static str>,
    /// Family names.
    pub families: Vec<&'static str>,
    /// Towns.
    pub towns: Vec<&'static str>,
    /// Streets.
    pub streets: Vec<&'static str>,
    /// What schools are called, without their kind.
    pub schools: Vec<&'static str>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let first = || lines(include_str!("../../data/first-names.txt"));
    Words {
        women: first().filter_map(|line| line.strip_prefix("f ")).collect(),
        men: first().filter_map(|line| line.strip_prefix("m ")).collect(),
        families: lines(include_str!("../../data/last-names.txt")).collect(),
        towns: lines(include_str!("../../data/towns.txt")).collect(),
        streets: lines(include_str!("../../data/streets.txt")).collect(),
        schools: lines(include_str!("../../data/schools.txt")).collect(),
    }
});

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

impl Words {
    /// Returns the words.
    pub fn get() -> &'static Self {
        &WORDS
    }

    /// Draws a first name.
    pub fn first_name(&self, draws: &mut Draws, woman: bool) -> &'static str {
        let names = if woman { &self.women } else { &self.men };
        draws.pick_common(names).copied().unwrap_or("Camille")
    }

    /// Draws a family name; one in thirty has two parts.
    pub fn family(&self, draws: &mut Draws) -> Family {
        let mut one = || draws.pick_common(&self.families).copied().unwrap_or("Martin");
        let (first, second) = (one(), one());
        let double =
            draws.chance(3) && second != first && !first.contains([' ', '-']) && !second.contains([' ', '-']);
        Family { first, second: double.then_some(second) }
    }
}

/// A family name, in one or two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    first: &'static str,
    second: Option<&'static str>,
}

impl Family {
    /// Returns the name of a child of two people.
    pub fn joined(self, other: Self) -> Self {
        Self { first: self.first, second: Some(other.first).filter(|second| *second != self.first) }
    }

    /// Returns the name as it is written.
    pub fn text(self) -> String {
        self.second.map_or_else(|| self.first.to_owned(), |second| format!("{}-{second}", self.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_hundred_names_of_each_are_there() {
        let words = Words::get();
        assert!(words.women.len() > 150 && words.men.len() > 150 && words.families.len() > 250);
        assert!(words.towns.len() > 20 && words.streets.len() > 15 && words.schools.len() > 20);
    }

    #[test]
    fn the_lists_have_accents_hyphens_apostrophes_and_particles() {
        let words = Words::get();
        let has = |list: &[&str], what: &str| list.iter().any(|name| name.contains(what));
        assert!(has(&words.women, "ÿ") && has(&words.men, "Jean-") && has(&words.men, "É"));
        assert!(has(&words.families, "'") && has(&words.families, "De La ") && has(&words.families, "œ"));
    }

    #[test]
    fn no_list_names_anybody_twice() {
        let words = Words::get();
        for list in [&words.women, &words.men, &words.families, &words.towns, &words.streets, &words.schools]
        {
            let once: std::collections::BTreeSet<_> = list.iter().collect();
            assert_eq!(once.len(), list.len());
        }
    }
}
