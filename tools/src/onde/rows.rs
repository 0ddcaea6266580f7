//! What one line of each table says.
//!
//! Invariant: a line either becomes a row or gives the one problem that leaves it out; smaller problems are
//! pushed to `notes` and the row is kept.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::finding::Problem;
use super::headers::{ChildBlock, Column, Layout};
use super::known::{Address, Names, Phones};
use super::text::{email_key, fold};

/// What ONDE says of a pupil's sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// `F`.
    Female,
    /// `M`, `H` or `G`.
    Male,
}

/// The consents a family gave the school, as far as the file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Consents {
    /// The insurance certificate was handed in.
    pub certificate: Option<bool>,
    /// Associations may have the family's address.
    pub associations: Option<bool>,
    /// Photographs may be taken.
    pub photos: Option<bool>,
}

/// A pupil's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pupil {
    /// Where: the first line, if several differ only by class and level.
    pub line: u32,
    /// The line as it stands.
    pub original: String,
    /// Names.
    pub names: Names,
    /// Birth date; without one the pupil is left out of the plan.
    pub birth_date: Option<NaiveDate>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Up to two addresses.
    pub addresses: Vec<Address>,
    /// Cycle.
    pub cycle: String,
    /// Levels: two when the pupil stands on two lines.
    pub levels: Vec<String>,
    /// Classes, in order.
    pub classes: Vec<String>,
    /// Consents.
    pub consents: Consents,
}

/// A teacher: one line, or several that differ by the class only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teacher {
    /// Where.
    pub lines: Vec<u32>,
    /// The first line as it stands.
    pub original: String,
    /// Honorific.
    pub honorific: String,
    /// Names.
    pub names: Names,
    /// E-mail.
    pub email: String,
    /// Telephones.
    pub phones: Phones,
    /// Address.
    pub address: Address,
    /// `Directeur = oui`.
    pub head: bool,
    /// Classes, in order.
    pub classes: Vec<String>,
}

/// A relative's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relative {
    /// Where.
    pub line: u32,
    /// The line as it stands.
    pub original: String,
    /// Honorific.
    pub honorific: String,
    /// Names.
    pub names: Names,
    /// E-mail.
    pub email: String,
    /// Telephones.
    pub phones: Phones,
    /// Address.
    pub address: Address,
    /// The children it names.
    pub children: Vec<ChildRef>,
}

/// A child as a relative's line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildRef {
    /// Names.
    pub names: Names,
    /// Class, or nothing.
    pub class: String,
}

/// Reads a pupil's line.
pub fn pupil(
    layout: &Layout,
    line: u32,
    original: &str,
    cells: &[String],
    notes: &mut Vec<Problem>,
) -> Result<Pupil, Problem> {
    let names = names(layout, cells)?;
    let written = layout.one(Column::BirthDate, cells);
    let birth_date = date(written);
    // The row is kept, so that its relatives hear why the child is not there.
    if written.is_empty() {
        notes.push(Problem::NoBirthDate);
    } else if birth_date.is_none() {
        notes.push(Problem::BadBirthDate { found: written.to_owned() });
    }
    let classes = distinct(layout.all(Column::Class, cells));
    if classes.is_empty() {
        notes.push(Problem::NoClass);
    }
    Ok(Pupil {
        line,
        original: original.to_owned(),
        names,
        birth_date,
        sex: sex(layout.one(Column::Sex, cells), notes),
        addresses: addresses(layout, cells),
        cycle: layout.one(Column::Cycle, cells).to_owned(),
        levels: distinct(layout.all(Column::Level, cells)),
        classes,
        consents: Consents {
            certificate: answer(layout.one(Column::ConsentCertificate, cells), notes),
            associations: answer(layout.one(Column::ConsentAssociations, cells), notes),
            photos: answer(layout.one(Column::ConsentPhotos, cells), notes),
        },
    })
}

/// Reads a teacher's line.
pub fn teacher(
    layout: &Layout,
    line: u32,
    original: &str,
    cells: &[String],
    notes: &mut Vec<Problem>,
) -> Result<Teacher, Problem> {
    let names = names(layout, cells)?;
    let classes = distinct(layout.all(Column::Class, cells));
    let head = answer(layout.one(Column::Head, cells), notes).unwrap_or(false);
    if classes.is_empty() && !head {
        notes.push(Problem::NoClass);
    }
    Ok(Teacher {
        lines: vec![line],
        original: original.to_owned(),
        honorific: layout.one(Column::Honorific, cells).to_owned(),
        names,
        email: email(layout, cells, notes),
        phones: phones(layout, cells),
        address: addresses(layout, cells).into_iter().next().unwrap_or_default(),
        head,
        classes,
    })
}

/// Reads a relative's line.
pub fn relative(
    layout: &Layout,
    line: u32,
    original: &str,
    cells: &[String],
    notes: &mut Vec<Problem>,
) -> Result<Relative, Problem> {
    let blocks = layout.blocks(cells.len());
    let blocks = blocks.ok_or(Problem::TooManyCells { cells: cells.len(), headers: layout.width })?;
    let names = names(layout, cells)?;
    let mut children = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        match child(*block, cells) {
            Some(Ok(child)) if !children.contains(&child) => children.push(child),
            Some(Ok(_)) | None => {}
            Some(Err(())) => notes.push(Problem::ChildWithoutName { place: place + 1 }),
        }
    }
    Ok(Relative {
        line,
        original: original.to_owned(),
        honorific: layout.one(Column::Honorific, cells).to_owned(),
        names,
        email: email(layout, cells, notes),
        phones: phones(layout, cells),
        address: addresses(layout, cells).into_iter().next().unwrap_or_default(),
        children,
    })
}

/// Returns the child of a block, nothing if the block is empty, an error if a name is missing.
fn child(block: ChildBlock, cells: &[String]) -> Option<Result<ChildRef, ()>> {
    let cell = |place: Option<usize>| place.and_then(|place| cells.get(place)).cloned().unwrap_or_default();
    let (usual, last, first, class) =
        (cell(block.usual_name), cell(block.last_name), cell(block.first_name), cell(block.class));
    if [&usual, &last, &first, &class].iter().all(|cell| cell.is_empty()) {
        return None;
    }
    Some(Names::of(last, usual, first).map(|names| ChildRef { names, class }).ok_or(()))
}

fn names(layout: &Layout, cells: &[String]) -> Result<Names, Problem> {
    let cell = |column| layout.one(column, cells).to_owned();
    Names::of(cell(Column::LastName), cell(Column::UsualName), cell(Column::FirstName)).ok_or(Problem::NoName)
}

fn email(layout: &Layout, cells: &[String], notes: &mut Vec<Problem>) -> String {
    let written = layout.one(Column::Email, cells);
    if !written.is_empty() && email_key(written).is_none() {
        notes.push(Problem::BadEmail { found: written.to_owned() });
        return String::new();
    }
    written.to_owned()
}

fn phones(layout: &Layout, cells: &[String]) -> Phones {
    let cell = |column| layout.one(column, cells).to_owned();
    Phones { home: cell(Column::HomePhone), work: cell(Column::WorkPhone), mobile: cell(Column::MobilePhone) }
}

/// Returns the addresses of the line: the nth street goes with the nth post code, town and country.
fn addresses(layout: &Layout, cells: &[String]) -> Vec<Address> {
    let count = layout.count(Column::Street).max(layout.count(Column::Town));
    let cell = |column, nth| layout.nth(column, nth, cells).to_owned();
    let read = |nth| Address {
        street: cell(Column::Street, nth),
        post_code: cell(Column::PostCode, nth),
        town: cell(Column::Town, nth),
        country: cell(Column::Country, nth),
    };
    (0..count).map(read).filter(|address| *address != Address::default()).collect()
}

/// Reads `yyyy-mm-dd`, or `dd/mm/yyyy` as spreadsheets rewrite it; years of two digits are refused.
fn date(text: &str) -> Option<NaiveDate> {
    let day = text.split([' ', 'T']).next().unwrap_or(text);
    let number = |part: &str, digits: std::ops::RangeInclusive<usize>| {
        let right = digits.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (parts, turned): (Vec<&str>, bool) = if day.contains('/') {
        (day.split('/').rev().collect(), true)
    } else {
        (day.split('-').collect(), false)
    };
    let [year, month, day] = parts.as_slice() else { return None };
    let width = if turned { 1..=2 } else { 2..=2 };
    let year = i32::try_from(number(year, 4..=4)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(month, width.clone())?, number(day, width)?)?;
    (1900..2200).contains(&date.year()).then_some(date)
}

fn sex(text: &str, notes: &mut Vec<Problem>) -> Option<Sex> {
    match fold(text).as_str() {
        "f" | "feminin" | "fille" => Some(Sex::Female),
        "m" | "h" | "g" | "masculin" | "garcon" => Some(Sex::Male),
        "" => None,
        _ => {
            notes.push(Problem::BadAnswer { found: text.to_owned() });
            None
        }
    }
}

fn answer(text: &str, notes: &mut Vec<Problem>) -> Option<bool> {
    match fold(text).as_str() {
        "oui" | "o" | "x" | "1" => Some(true),
        "non" | "n" | "0" => Some(false),
        "" => None,
        _ => {
            notes.push(Problem::BadAnswer { found: text.to_owned() });
            None
        }
    }
}

fn distinct<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for cell in cells {
        if !kept.iter().any(|have| have == cell) {
            kept.push(cell.to_owned());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_two_forms_and_never_guessed() {
        let day = NaiveDate::from_ymd_opt(2016, 2, 29);
        for text in ["2016-02-29", "29/02/2016", "2016-02-29 00:00:00", "2016-02-29T00:00:00"] {
            assert_eq!(date(text), day, "{text}");
        }
        for text in [
            "2015-02-29",
            "29/02/16",
            "16-02-29",
            "2016-2-29",
            "02-29-2016",
            "29.02.2016",
            "",
            "0206-01-01",
            "+016-01-01",
            "é",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn an_answer_that_is_neither_yes_nor_no_is_noted() {
        let mut notes = Vec::new();
        assert_eq!(answer("Oui", &mut notes), Some(true));
        assert_eq!(answer("NON", &mut notes), Some(false));
        assert_eq!(answer("", &mut notes), None);
        assert!(notes.is_empty());
        assert_eq!(answer("peut-être", &mut notes), None);
        assert_eq!(notes, [Problem::BadAnswer { found: "peut-être".to_owned() }]);
    }
}
