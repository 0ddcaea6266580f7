//! Which table a file holds and what its columns are.
//!
//! Invariant: names of headers and files live in `data/onde-headers.json`, none in the code. An unknown
//! header is listed, a missing required one is returned as such; nothing here fails.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::text::fold;

/// One of the three tables of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Élèves.
    Pupils,
    /// Enseignants.
    Teachers,
    /// Responsables.
    Relatives,
}

impl Table {
    /// Every table, in the order they are read.
    pub const ALL: [Self; 3] = [Self::Pupils, Self::Teachers, Self::Relatives];
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the data's")]
pub enum Column {
    Honorific,
    LastName,
    UsualName,
    FirstName,
    BirthDate,
    Sex,
    Street,
    PostCode,
    Town,
    Country,
    Email,
    HomePhone,
    WorkPhone,
    MobilePhone,
    Head,
    Cycle,
    Level,
    Class,
    ConsentCertificate,
    ConsentAssociations,
    ConsentPhotos,
    ChildUsualName,
    ChildLastName,
    ChildFirstName,
    ChildClass,
    /// Known and not read.
    Ignored,
}

#[derive(Debug, Default, Deserialize)]
struct Vocabulary {
    second_table: Vec<String>,
    pupils: TableVocabulary,
    teachers: TableVocabulary,
    relatives: TableVocabulary,
}

#[derive(Debug, Default, Deserialize)]
struct TableVocabulary {
    export: String,
    files: Vec<String>,
    required: Vec<Column>,
    columns: Vec<ColumnVocabulary>,
}

#[derive(Debug, Deserialize)]
struct ColumnVocabulary {
    column: Column,
    shown: String,
    names: Vec<String>,
}

// Unreadable data would leave every header unknown; a test reads it.
static VOCABULARY: LazyLock<Vocabulary> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/onde-headers.json")).unwrap_or_default());

fn vocabulary(table: Table) -> &'static TableVocabulary {
    match table {
        Table::Pupils => &VOCABULARY.pupils,
        Table::Teachers => &VOCABULARY.teachers,
        Table::Relatives => &VOCABULARY.relatives,
    }
}

/// Returns the name ONDE gives the file of `table`.
pub fn export_name(table: Table) -> &'static str {
    &vocabulary(table).export
}

/// Returns the table that a file of this name (or path) holds, if the name says so.
pub fn table_of_name(name: &str) -> Option<Table> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let key = fold(file);
    if !key.ends_with("csv") && !key.ends_with("txt") {
        return None;
    }
    Table::ALL
        .into_iter()
        .find(|table| vocabulary(*table).files.iter().any(|start| key.starts_with(start.as_str())))
}

/// Says whether a line with this first cell starts the table of organisations behind the relatives.
pub fn starts_second_table(first_cell: &str) -> bool {
    VOCABULARY.second_table.contains(&fold(first_cell))
}

/// Where a child's names stand in a relative's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChildBlock {
    /// Usual name.
    pub usual_name: Option<usize>,
    /// Family name.
    pub last_name: Option<usize>,
    /// First name.
    pub first_name: Option<usize>,
    /// Class.
    pub class: Option<usize>,
}

/// The columns of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// How many headers there are.
    pub width: usize,
    /// Headers that no synonym knows, as written.
    pub unknown: Vec<String>,
    /// Required columns that are not there, as ONDE calls them.
    pub missing: Vec<&'static str>,
    /// How many headers were understood.
    pub known: usize,
    /// The blocks of children, in order.
    pub children: Vec<ChildBlock>,
    places: BTreeMap<Column, Vec<usize>>,
}

impl Layout {
    /// Returns the layout of a header line read as `table`.
    pub fn of(table: Table, headers: &[String]) -> Self {
        let words = vocabulary(table);
        let mut layout = Self {
            width: headers.len(),
            unknown: Vec::new(),
            missing: Vec::new(),
            known: 0,
            children: Vec::new(),
            places: BTreeMap::new(),
        };
        for (place, header) in headers.iter().enumerate() {
            let key = fold(header);
            match words.columns.iter().find(|column| column.names.contains(&key)) {
                Some(found) => {
                    layout.known += 1;
                    layout.places.entry(found.column).or_default().push(place);
                    layout.add_to_block(found.column, place);
                }
                None if key.is_empty() => {}
                None => layout.unknown.push(header.clone()),
            }
        }
        layout.missing = (words.columns.iter())
            .filter(|c| words.required.contains(&c.column) && !layout.places.contains_key(&c.column))
            .map(|c| c.shown.as_str())
            .collect();
        layout
    }

    /// A block ends where one of its columns comes again.
    fn add_to_block(&mut self, column: Column, place: usize) {
        let slot: fn(&mut ChildBlock) -> &mut Option<usize> = match column {
            Column::ChildUsualName => |block| &mut block.usual_name,
            Column::ChildLastName => |block| &mut block.last_name,
            Column::ChildFirstName => |block| &mut block.first_name,
            Column::ChildClass => |block| &mut block.class,
            _ => return,
        };
        if let Some(last) = self.children.last_mut() {
            let free = slot(last);
            if free.is_none() {
                *free = Some(place);
                return;
            }
        }
        let mut block = ChildBlock::default();
        *slot(&mut block) = Some(place);
        self.children.push(block);
    }

    /// Returns the blocks of children of a line of `cells` cells: a line may go on past the headers in
    /// whole blocks. `None` if it does not end where a block ends.
    pub fn blocks(&self, cells: usize) -> Option<Vec<ChildBlock>> {
        let mut blocks = self.children.clone();
        let Some(extra) = cells.checked_sub(self.width).filter(|extra| *extra > 0) else {
            return Some(blocks);
        };
        let last = *blocks.last()?;
        let places = [last.usual_name, last.last_name, last.first_name, last.class];
        let size = places.iter().flatten().count();
        let at_the_end = places.iter().flatten().all(|place| place + size >= self.width);
        if !at_the_end {
            return None;
        }
        for further in 1..=extra.div_ceil(size) {
            let moved = |place: Option<usize>| place.map(|place| place + further * size);
            blocks.push(ChildBlock {
                usual_name: moved(last.usual_name),
                last_name: moved(last.last_name),
                first_name: moved(last.first_name),
                class: moved(last.class),
            });
        }
        Some(blocks)
    }

    /// Returns the cells of every column of this kind, in order, without the empty ones.
    pub fn all<'r>(&'r self, column: Column, cells: &'r [String]) -> impl Iterator<Item = &'r str> {
        let places = self.places.get(&column).into_iter().flatten();
        places.filter_map(|place| cells.get(*place)).map(String::as_str).filter(|cell| !cell.is_empty())
    }

    /// Returns how many columns of this kind there are.
    pub fn count(&self, column: Column) -> usize {
        self.places.get(&column).map_or(0, Vec::len)
    }

    /// Returns the cell of the nth column of this kind, from 0.
    pub fn nth<'r>(&self, column: Column, nth: usize, cells: &'r [String]) -> &'r str {
        let place = self.places.get(&column).and_then(|places| places.get(nth));
        place.and_then(|place| cells.get(*place)).map_or("", String::as_str)
    }

    /// Returns the first cell of this kind that is not empty, else the empty text.
    pub fn one<'r>(&'r self, column: Column, cells: &'r [String]) -> &'r str {
        self.all(column, cells).next().unwrap_or_default()
    }
}

/// Returns the table that these headers fit best, if they have all that one requires.
pub fn table_of_headers(headers: &[String]) -> Option<Table> {
    let fitting = Table::ALL.into_iter().map(|table| (Layout::of(table, headers), table));
    let mut fitting: Vec<_> = fitting.filter(|(layout, _)| layout.missing.is_empty()).collect();
    fitting.sort_by_key(|(layout, _)| std::cmp::Reverse(layout.known));
    match fitting.as_slice() {
        [(first, _), (second, _), ..] if first.known == second.known => None,
        [(_, table), ..] => Some(*table),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(line: &str) -> Vec<String> {
        line.split(';').map(str::to_owned).collect()
    }

    #[test]
    fn the_data_reads_and_every_required_column_has_names() {
        for table in Table::ALL {
            let words = vocabulary(table);
            assert!(words.columns.len() > 10, "{table:?}");
            for required in &words.required {
                assert!(words.columns.iter().any(|column| column.column == *required), "{required:?}");
            }
            for name in words.columns.iter().flat_map(|column| &column.names) {
                assert_eq!(*name, fold(name), "names in the data are normalised");
            }
        }
    }

    #[test]
    fn files_are_known_by_their_names() {
        assert_eq!(table_of_name("CSVExtraction-eleves.csv"), Some(Table::Pupils));
        assert_eq!(table_of_name("a/b/Élèves 2026 (1).CSV"), Some(Table::Pupils));
        assert_eq!(table_of_name("c:\\x\\enseignants.default.csv"), Some(Table::Teachers));
        assert_eq!(table_of_name("CSVExtraction-responsables.csv"), Some(Table::Relatives));
        assert_eq!(table_of_name("eleves.xlsx"), None);
        assert_eq!(table_of_name("liste.csv"), None);
    }

    #[test]
    fn headers_are_read_whatever_their_dress() {
        let layout = Layout::of(
            Table::Pupils,
            &cells("NOM  Elève *; prénom eleve;Date naissance;Classe; Cycle;Humeur"),
        );
        assert_eq!(layout.missing, Vec::<&str>::new());
        assert_eq!(layout.unknown, ["Humeur"]);
        assert_eq!(layout.one(Column::Cycle, &cells("a;b;c;d;II")), "II");
    }

    #[test]
    fn a_missing_required_column_is_named_as_onde_names_it() {
        let layout = Layout::of(Table::Pupils, &cells("Nom Elève;Prénom Elève;Classe"));
        assert_eq!(layout.missing, ["Date naissance"]);
    }

    #[test]
    fn repeated_headers_are_lists_in_order() {
        let layout = Layout::of(Table::Teachers, &cells("Nom;Prénom;Classe;Classe;Classe"));
        let line = cells("A;B;CP;;CE1");
        assert_eq!(layout.all(Column::Class, &line).collect::<Vec<_>>(), ["CP", "CE1"]);
    }

    #[test]
    fn blocks_of_children_follow_the_headers_and_go_on_past_them() {
        let layout = Layout::of(
            Table::Relatives,
            &cells(
                "Nom responsable;Prénom responsable;Nom de famille enfant;Prénom enfant;Nom de famille enfant;Prénom enfant",
            ),
        );
        let lasts =
            |n| layout.blocks(n).map(|all| all.iter().filter_map(|b| b.last_name).collect::<Vec<_>>());
        assert_eq!(lasts(4), Some(vec![2, 4]));
        assert_eq!(lasts(8), Some(vec![2, 4, 6]));
        let shifted = Layout::of(
            Table::Relatives,
            &cells("Nom de famille enfant;Prénom enfant;Nom responsable;Prénom responsable"),
        );
        assert_eq!(shifted.blocks(6), None);
    }

    #[test]
    fn headers_tell_the_table_when_the_name_does_not() {
        let pupils = cells("Nom Elève;Prénom Elève;Date naissance;Classe");
        assert_eq!(table_of_headers(&pupils), Some(Table::Pupils));
        assert_eq!(table_of_headers(&cells("Nom;Prénom;Directeur;Classe")), Some(Table::Teachers));
        assert_eq!(table_of_headers(&cells("Quoi;Comment")), None);
    }
}
