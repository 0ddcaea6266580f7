//! Which pupil a relative's line means.
//!
//! Invariant: one pupil or none; the pupils of the files come first, then those the platform has.

use std::collections::HashMap;

use super::known::Names;
use super::plan::Who;
use super::rows::ChildRef;
use super::text::{class_key, fold};

/// A pupil a line may mean.
#[derive(Debug, Clone)]
struct Entry {
    /// Nobody if the pupil's own line was left out.
    who: Option<Who>,
    last_name: String,
    usual_name: String,
    classes: Vec<String>,
}

/// The pupils, by name.
#[derive(Debug, Clone, Default)]
pub struct Pupils {
    entries: Vec<Entry>,
    by_name: HashMap<String, Vec<usize>>,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// This pupil, and whether the class agrees.
    One(Who, bool),
    /// A pupil whose own line was left out.
    LeftOut,
    /// Nobody.
    Nobody,
    /// Several.
    Several(usize),
}

impl Pupils {
    /// Adds a pupil; without `who` they can be found but not linked.
    pub fn add(&mut self, who: Option<Who>, names: &Names, classes: &[String]) {
        let place = self.entries.len();
        self.entries.push(Entry {
            who,
            last_name: fold(&names.last_name),
            usual_name: fold(&names.usual_name),
            classes: classes.iter().map(|class| class_key(class)).collect(),
        });
        for key in names.keys() {
            self.by_name.entry(key).or_default().push(place);
        }
    }

    /// Finds a child by last name (family or usual) and first name; class, then family name, then usual
    /// name decide between several.
    pub fn find(&self, child: &ChildRef) -> Found {
        let mut places: Vec<usize> =
            child.names.keys().iter().filter_map(|key| self.by_name.get(key)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let classes: Vec<String> =
            child.class.split(',').map(class_key).filter(|key| !key.is_empty()).collect();
        let in_class = |entry: &Entry| entry.classes.iter().any(|class| classes.contains(class));
        let (last, usual) = (fold(&child.names.last_name), fold(&child.names.usual_name));
        self.narrow(&mut places, in_class);
        self.narrow(&mut places, |entry| entry.last_name == last);
        self.narrow(&mut places, |entry| entry.usual_name == usual);
        match places.as_slice() {
            [] => Found::Nobody,
            [place] => {
                let entry = &self.entries[*place];
                let agrees = classes.is_empty() || entry.classes.is_empty() || in_class(entry);
                entry.who.map_or(Found::LeftOut, |who| Found::One(who, agrees))
            }
            several => Found::Several(several.len()),
        }
    }

    /// Keeps those that fit, if several are left and any fits.
    fn narrow(&self, places: &mut Vec<usize>, fits: impl Fn(&Entry) -> bool) {
        if places.len() > 1 && places.iter().any(|place| fits(&self.entries[*place])) {
            places.retain(|place| fits(&self.entries[*place]));
        }
    }
}

/// Finds a child among the pupils of the files, then among those only the platform has.
pub fn find(child: &ChildRef, in_files: &Pupils, on_platform: &Pupils) -> Found {
    match in_files.find(child) {
        found @ (Found::One(..) | Found::Several(_)) => found,
        missed @ (Found::LeftOut | Found::Nobody) => match on_platform.find(child) {
            Found::Nobody | Found::LeftOut => missed,
            found @ (Found::One(..) | Found::Several(_)) => found,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(last: &str, usual: &str, first: &str) -> Names {
        Names::of(last.to_owned(), usual.to_owned(), first.to_owned()).unwrap()
    }

    fn child(last: &str, usual: &str, first: &str, class: &str) -> ChildRef {
        ChildRef { names: names(last, usual, first), class: class.to_owned() }
    }

    fn pupils(list: &[(&str, &str, &str, &str)]) -> Pupils {
        let mut pupils = Pupils::default();
        for (place, (last, usual, first, class)) in list.iter().enumerate() {
            pupils.add(Some(Who::New(place)), &names(last, usual, first), &[(*class).to_owned()]);
        }
        pupils
    }

    #[test]
    fn a_child_is_found_by_family_or_usual_name() {
        let pupils = pupils(&[("Petit", "Grand", "Zoé", "CP")]);
        for last in ["PETIT", "grand"] {
            assert_eq!(pupils.find(&child(last, "", "ZOE", "CP")), Found::One(Who::New(0), true));
        }
        assert_eq!(pupils.find(&child("Autre", "Petit", "Zoé", "")), Found::One(Who::New(0), true));
        assert_eq!(pupils.find(&child("Petit", "", "Léa", "CP")), Found::Nobody);
    }

    #[test]
    fn the_class_decides_between_two_of_one_name() {
        let pupils = pupils(&[("Petit", "", "Zoé", "CP"), ("Petit", "", "Zoé", "CM 1")]);
        assert_eq!(pupils.find(&child("Petit", "", "Zoé", "cm1")), Found::One(Who::New(1), true));
        assert_eq!(pupils.find(&child("Petit", "", "Zoé", "CE1")), Found::Several(2));
        assert_eq!(pupils.find(&child("Petit", "", "Zoé", "")), Found::Several(2));
    }

    #[test]
    fn the_family_name_decides_before_the_usual_name_of_another() {
        let pupils = pupils(&[("Petit", "", "Zoé", "CP"), ("Grand", "Petit", "Zoé", "CP")]);
        assert_eq!(pupils.find(&child("Petit", "", "Zoé", "CP")), Found::One(Who::New(0), true));
        assert_eq!(pupils.find(&child("Grand", "Petit", "Zoé", "CP")), Found::One(Who::New(1), true));
    }

    #[test]
    fn another_class_is_said_and_linked() {
        let pupils = pupils(&[("Petit", "", "Zoé", "CP")]);
        assert_eq!(pupils.find(&child("Petit", "", "Zoé", "CE1")), Found::One(Who::New(0), false));
    }
}
