//! The rows of the three tables in the one shape that is matched and planned.

use super::classes::Spelling;
use super::facts::{KeyParts, source_keys};
use super::known::{Identity, Names, Profile, SourceKey};
use super::plan::{PlannedPerson, Who};
use super::rows::{Pupil, Relative, Sex, Teacher};

/// A row as every profile has it.
#[derive(Debug, Clone)]
pub struct Line<'t> {
    /// The lines of the file.
    pub numbers: Vec<u32>,
    /// The first of them as it stands.
    pub original: &'t str,
    /// Names and the rest.
    pub identity: Identity,
    /// Sex, of pupils.
    pub sex: Option<Sex>,
    /// Classes, as the plan spells them.
    pub classes: Vec<String>,
    /// Levels, of pupils.
    pub levels: &'t [String],
    /// Head of the school.
    pub head: bool,
    /// Children that can be linked.
    pub children: Vec<Who>,
    /// What the line is known by later.
    pub key: SourceKey,
}

impl<'t> Line<'t> {
    fn new(number: u32, original: &'t str, identity: Identity) -> Self {
        Self {
            numbers: vec![number],
            original,
            identity,
            sex: None,
            classes: Vec::new(),
            levels: &[],
            head: false,
            children: Vec::new(),
            key: SourceKey(String::new()),
        }
    }

    /// Returns the person of the plan that this line is.
    pub fn planned(self, who: Who, profile: Profile) -> PlannedPerson {
        PlannedPerson {
            who,
            profile,
            identity: self.identity,
            sex: self.sex,
            classes: self.classes,
            levels: self.levels.to_vec(),
            head: self.head,
            children: self.children,
            lines: self.numbers,
            source_keys: vec![self.key],
            changes: Vec::new(),
        }
    }
}

/// Returns the lines of pupils.
pub fn of_pupils<'t>(rows: &[&'t Pupil], spelling: &Spelling) -> Vec<Line<'t>> {
    let line = |row: &&'t Pupil| {
        let names = row.names.clone();
        let identity = Identity { names, birth_date: row.birth_date, ..Identity::default() };
        Line {
            sex: row.sex,
            classes: spelling.of(&row.classes),
            levels: &row.levels,
            ..Line::new(row.line, &row.original, identity)
        }
    };
    keyed(Profile::Student, rows.iter().map(line).collect(), |_| Vec::new())
}

/// Returns the lines of teachers.
pub fn of_teachers<'t>(rows: &'t [Teacher], spelling: &Spelling) -> Vec<Line<'t>> {
    let line = |row: &'t Teacher| {
        let identity = Identity {
            honorific: row.honorific.clone(),
            names: row.names.clone(),
            birth_date: None,
            email: row.email.clone(),
            phones: row.phones.clone(),
            address: row.address.clone(),
        };
        Line {
            numbers: row.lines.clone(),
            classes: spelling.of(&row.classes),
            head: row.head,
            ..Line::new(0, &row.original, identity)
        }
    };
    keyed(Profile::Teacher, rows.iter().map(line).collect(), |_| Vec::new())
}

/// Returns the lines of relatives with the children of each that can be linked.
pub fn of_relatives(rows: &[Relative], children: Vec<Vec<Who>>) -> Vec<Line<'_>> {
    let lines = rows.iter().zip(children).map(|(row, children)| {
        let identity = Identity {
            honorific: row.honorific.clone(),
            names: row.names.clone(),
            birth_date: None,
            email: row.email.clone(),
            phones: row.phones.clone(),
            address: row.address.clone(),
        };
        Line { children, ..Line::new(row.line, &row.original, identity) }
    });
    // The children as written, found or not: the key stays when a missing child is found later.
    keyed(Profile::Relative, lines.collect(), |place| {
        rows[place].children.iter().map(|child| &child.names).collect()
    })
}

fn keyed<'t>(
    profile: Profile,
    mut lines: Vec<Line<'t>>,
    children: impl Fn(usize) -> Vec<&'t Names>,
) -> Vec<Line<'t>> {
    let part = |(place, line): (usize, &Line<'t>)| {
        KeyParts::of(profile, &line.identity, &children(place), &line.classes)
    };
    let parts: Vec<KeyParts> = lines.iter().enumerate().map(part).collect();
    for (line, key) in lines.iter_mut().zip(source_keys(&parts)) {
        line.key = key;
    }
    lines
}
