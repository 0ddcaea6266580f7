//! The classes of the files.
//!
//! Invariant: one class has one spelling, the platform's if it has the class, else the first one written.

use std::collections::HashMap;

use super::plan::PlannedClass;
use super::read::Tables;
use super::text::class_key;

/// How each class is spelt.
#[derive(Debug, Clone, Default)]
pub struct Spelling(HashMap<String, String>);

impl Spelling {
    /// Returns the names of these classes, each once.
    pub fn of(&self, classes: &[String]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for class in classes {
            let name = self.0.get(&class_key(class)).unwrap_or(class);
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

/// Lists the classes of pupils and teachers.
pub fn planned(tables: &Tables, known: &[String]) -> (Vec<PlannedClass>, Spelling) {
    let known: HashMap<String, &String> = known.iter().map(|name| (class_key(name), name)).collect();
    let mut classes: Vec<PlannedClass> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let pupils = tables.pupils.iter().filter(|pupil| pupil.birth_date.is_some());
    let of_pupils = pupils.map(|pupil| (&pupil.classes, pupil.levels.as_slice()));
    let of_teachers = tables.teachers.iter().map(|teacher| (&teacher.classes, [].as_slice()));
    for (names, levels) in of_pupils.chain(of_teachers) {
        for name in names {
            let key = class_key(name);
            let have = known.get(&key).copied();
            let place = *places.entry(key).or_insert_with(|| {
                let name = have.unwrap_or(name).clone();
                classes.push(PlannedClass { name, levels: Vec::new(), new: have.is_none() });
                classes.len() - 1
            });
            // A pupil in two classes does not tell which class has which level.
            if let (1, Some(class)) = (names.len(), classes.get_mut(place)) {
                for level in levels {
                    if !class.levels.contains(level) {
                        class.levels.push(level.clone());
                    }
                }
            }
        }
    }
    let spelling = classes.iter().map(|class| (class_key(&class.name), class.name.clone())).collect();
    (classes, Spelling(spelling))
}
