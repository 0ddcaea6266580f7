//! `preau rules draw`: the groups of a structure and the rules between them, as a picture and as its twin in a table.
//!
//! - [`svg`]: the picture, to look at.
//! - [`dot`]: the same for Graphviz.
//!
//! Invariant: every form shows the same boxes and the same lines. Classes whose groups say the same and have the same
//! rules are one set of boxes: a school of thirty classes is as easy to read as one of two.

mod dot;
mod svg;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;
use api::Node;
use api::graphql::names::Names;
use api::texts::Texts;
use domain::ClassId;
use domain::group::{Facts, GroupKind, Profile};
use projections::dense::StructureNo;
use projections::{GroupNo, World};
use serde::{Deserialize, Serialize};

use super::Table;
use super::arguments::{Draw, DrawFormat};
use crate::beside::{self, Request};
use crate::cli::{Language, TableFormat};
use crate::settings::Settings;
use crate::{failed, named, say};

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    structure: String,
    class: Option<String>,
    format: DrawFormat,
    language: Language,
}

/// What a picture shows.
#[derive(Debug, PartialEq, Eq)]
struct Picture {
    title: String,
    /// Explains boxes and lines.
    legend: Vec<String>,
    columns: Vec<Column>,
    boxes: Vec<Drawn>,
    lines: Vec<Line>,
    /// What the columns of the table are called.
    header: Vec<String>,
}

/// Boxes that stand above each other.
#[derive(Debug, PartialEq, Eq)]
struct Column {
    title: String,
    boxes: Vec<usize>,
}

/// A group, or the same group of several classes.
#[derive(Debug, PartialEq, Eq)]
struct Drawn {
    name: String,
    /// How many groups it stands for, and what is said of that.
    groups: usize,
    alike: String,
    members: u64,
    facts: Facts,
    waiting: bool,
    /// What it says of its members, in words.
    says: Vec<String>,
}

/// Rules from the groups of one box to those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    from: usize,
    to: usize,
    /// Whether a person made one of them, or the matrix all.
    by_hand: bool,
    /// Whether members are reached one by one.
    one_by_one: bool,
}

/// Prints the picture, or writes it to a file.
pub async fn print(args: Draw) -> Result<()> {
    let Draw { flags, structure, class, format, out, language } = args;
    let language = Language::or_of_system(language);
    let question = Question { structure, class, format, language };
    let drawn = beside::carry_out(&Settings::of(&flags)?, Request::DrawRules(question)).await?;
    match out {
        None => say(&drawn),
        Some(path) => write(&path, &drawn),
    }
}

fn write(path: &PathBuf, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| {
        failed::input(format!("--out {}: {error}; name a file that can be written", path.display()))
    })
}

/// Returns the picture in its form.
pub fn of(node: &Node, question: &Question) -> Result<String> {
    let Question { structure, class, format, language } = question;
    let texts = Texts::load()?;
    node.read(|world| {
        let structure = named::structure(world, structure)?;
        let only = class.as_deref().map(|name| class_called(world, structure, name)).transpose()?;
        let names = Names { world, texts: &texts, language: (*language).into() };
        let picture = Picture::of(&names, structure, only);
        Ok(match format {
            DrawFormat::Svg => svg::draw(&picture, *language),
            DrawFormat::Dot => dot::draw(&picture),
            DrawFormat::Text => picture.table(TableFormat::Text)?,
            DrawFormat::Csv => picture.table(TableFormat::Csv)?,
        })
    })
}

fn class_called(world: &World, structure: StructureNo, name: &str) -> Result<ClassId> {
    let row = world.people.structure(structure);
    let mut classes = row.into_iter().flat_map(|row| &row.classes).filter(|(_, class)| class.open);
    let found = classes.find(|(_, class)| class.name.as_str() == name).map(|(id, _)| *id);
    found.ok_or_else(|| failed::not_there(format!("{name}: the structure has no open class of this name")))
}

/// What the groups of a class say and where their rules lead, with the class itself left out: classes of one pattern
/// are drawn once.
type Pattern = Vec<(Seat, [bool; 4], BTreeSet<(End, bool)>, BTreeSet<(End, bool)>)>;

/// The groups of a class.
type Seats = Vec<(Seat, GroupNo)>;

/// Which group of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seat {
    Of(Profile),
    HeadTeacher,
}

/// Where a rule leads or starts, seen from a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Here(Seat),
    Elsewhere(GroupNo),
}

fn seat(kind: &GroupKind) -> Option<(ClassId, Seat)> {
    match kind {
        GroupKind::Class(class, profile) => Some((*class, Seat::Of(*profile))),
        GroupKind::HeadTeacher(class) => Some((*class, Seat::HeadTeacher)),
        GroupKind::Profile(_)
        | GroupKind::Direction
        | GroupKind::Function(_)
        | GroupKind::Discipline(_)
        | GroupKind::Subject(_)
        | GroupKind::Level(..)
        | GroupKind::Teaching(_)
        | GroupKind::Free(_)
        | GroupKind::BroadcastList(_) => None,
    }
}

/// Builds a picture.
struct Builder<'a> {
    names: &'a Names<'a>,
    structure: StructureNo,
    picture: Picture,
    /// The box of each group.
    places: BTreeMap<GroupNo, usize>,
}

impl Picture {
    /// Returns the picture of a structure; with `only`, of one of its classes and what it has to do with.
    fn of(names: &Names<'_>, structure: StructureNo, only: Option<ClassId>) -> Self {
        let world = names.world;
        let row = world.people.structure(structure);
        let title = row.map_or(String::new(), |row| {
            names.texts.say(names.language, "draw.title", &[("structure", row.name.to_string().into())])
        });
        let say = |code: &str| names.say(code);
        let legend = ["picture.rule", "picture.group", "picture.hand"].map(say).to_vec();
        let header = ["group", "alike", "members", "uses", "exposes", "internal", "reaches"];
        let header = header.map(|column| say(&format!("draw.column-{column}"))).to_vec();
        let picture = Self { title, legend, columns: vec![], boxes: vec![], lines: vec![], header };
        let mut builder = Builder { names, structure, picture, places: BTreeMap::new() };
        builder.wide();
        builder.classes(only);
        builder.others();
        builder.rules(only);
        builder.picture
    }

    /// Returns the twin, as it is printed.
    fn table(&self, format: TableFormat) -> Result<String> {
        Table(std::iter::once(self.header.clone()).chain(self.rows()).collect()).print(format)
    }

    /// Returns a row for each box, in the order of the columns.
    fn rows(&self) -> Vec<Vec<String>> {
        let shown = self.columns.iter().flat_map(|column| &column.boxes);
        let mark = |holds: bool| if holds { "x".to_owned() } else { String::new() };
        let row = |place: &usize| {
            let drawn = &self.boxes[*place];
            let mut reached: Vec<_> =
                self.lines.iter().filter(|line| line.from == *place).map(|line| self.end(line)).collect();
            reached.sort_unstable();
            let internal = if drawn.waiting { "?".to_owned() } else { mark(drawn.facts.internal) };
            vec![
                drawn.name.clone(),
                drawn.groups.to_string(),
                drawn.members.to_string(),
                mark(drawn.facts.uses),
                mark(drawn.facts.exposes),
                internal,
                reached.join(" | "),
            ]
        };
        shown.map(row).collect()
    }

    /// Returns where a line leads, in words; in brackets where only the group is reached.
    fn end(&self, line: &Line) -> String {
        let name = &self.boxes[line.to].name;
        if line.one_by_one { name.clone() } else { format!("({name})") }
    }
}

impl Builder<'_> {
    fn world(&self) -> &World {
        self.names.world
    }

    /// The profile groups of the structure: always there.
    fn wide(&mut self) {
        let groups = self.groups(|kind| matches!(kind, GroupKind::Profile(_)));
        self.column("draw.column-structure", groups);
    }

    fn groups(&self, of: impl Fn(&GroupKind) -> bool) -> Vec<GroupNo> {
        let people = &self.world().people;
        let is = |group: &GroupNo| people.group_row(*group).is_some_and(|row| of(&row.kind));
        people.groups_of(self.structure).iter().copied().filter(is).collect()
    }

    /// Each pattern of classes once: by the first class of it.
    fn classes(&mut self, only: Option<ClassId>) {
        let mut classes: BTreeMap<ClassId, Seats> = BTreeMap::new();
        for group in self.groups(|kind| seat(kind).is_some()) {
            let row = self.world().people.group_row(group);
            if let Some((class, seat)) = row.and_then(|row| seat(&row.kind)) {
                classes.entry(class).or_default().push((seat, group));
            }
        }
        let row = self.world().people.structure(self.structure);
        let name = |class: &ClassId| {
            let class = row.and_then(|row| row.classes.get(class)).filter(|class| class.open);
            class.map(|class| class.name.to_string())
        };
        let mut alike: BTreeMap<Pattern, Vec<(String, Seats)>> = BTreeMap::new();
        for (class, mut groups) in classes {
            let Some(name) = name(&class).filter(|_| only.is_none_or(|only| only == class)) else { continue };
            groups.sort_unstable();
            groups.retain(|(_, group)| self.says_something(*group));
            alike.entry(self.pattern(class, &groups)).or_default().push((name, groups));
        }
        let mut patterns: Vec<_> = alike.into_values().collect();
        for classes in &mut patterns {
            classes.sort_unstable();
        }
        patterns.sort_unstable();
        let mut boxes = vec![];
        for classes in patterns {
            let Some((_, first)) = classes.first() else { continue };
            for (place, (_, group)) in first.iter().enumerate() {
                let same: Vec<_> = classes.iter().filter_map(|(_, groups)| groups.get(place)).collect();
                boxes.push(self.draw(*group, &same.iter().map(|(_, group)| *group).collect::<Vec<_>>()));
            }
        }
        self.add_column("draw.column-classes", boxes);
    }

    fn says_something(&self, group: GroupNo) -> bool {
        let World { people, graph, .. } = self.world();
        let facts = graph.facts(people, group);
        let any = facts.uses || facts.exposes || facts.internal || people.hidden_groups().contains(group.0);
        any || graph.rules_from(group).next().is_some() || graph.rules_to(group).next().is_some()
    }

    fn pattern(&self, class: ClassId, groups: &[(Seat, GroupNo)]) -> Pattern {
        let World { people, graph, .. } = self.world();
        let end = |group: GroupNo| match people.group_row(group).and_then(|row| seat(&row.kind)) {
            Some((of, seat)) if of == class => End::Here(seat),
            Some(_) | None => End::Elsewhere(group),
        };
        let pattern = groups.iter().map(|(seat, group)| {
            let facts = graph.facts(people, *group);
            let starts = graph.rules_from(*group).map(|rule| (end(rule.to), rule.by_matrix)).collect();
            let ends = graph.rules_to(*group).map(|rule| (end(rule.from), rule.by_matrix)).collect();
            (*seat, [facts.uses, facts.exposes, facts.internal, self.waits(*group)], starts, ends)
        });
        pattern.collect()
    }

    fn waits(&self, group: GroupNo) -> bool {
        let World { people, graph, .. } = self.world();
        let implied = graph.implication(people, group).is_some_and(|implied| implied.waiting);
        implied && !graph.facts(people, group).internal
    }

    /// What is left of the structure, as far as it says something, and groups of others at the end of a rule.
    fn others(&mut self) {
        let held = |kind: &GroupKind| match kind {
            GroupKind::Direction
            | GroupKind::Function(_)
            | GroupKind::Discipline(_)
            | GroupKind::Subject(_)
            | GroupKind::Level(..) => true,
            GroupKind::Profile(_)
            | GroupKind::Class(..)
            | GroupKind::HeadTeacher(_)
            | GroupKind::Teaching(_)
            | GroupKind::Free(_)
            | GroupKind::BroadcastList(_) => false,
        };
        let made = |kind: &GroupKind| {
            matches!(kind, GroupKind::Teaching(_) | GroupKind::Free(_) | GroupKind::BroadcastList(_))
        };
        let mut held = self.groups(held);
        held.retain(|group| self.says_something(*group));
        self.column("draw.column-functions", held);
        let made = self.groups(made);
        self.column("draw.column-made", made);
        let graph = &self.world().graph;
        let own = self.world().people.groups_of(self.structure);
        let ends = own.iter().flat_map(|group| {
            let starts = graph.rules_from(*group).map(|rule| rule.to);
            starts.chain(graph.rules_to(*group).map(|rule| rule.from))
        });
        let known: BTreeSet<_> = own.iter().copied().collect();
        let elsewhere: BTreeSet<_> = ends.filter(|end| !known.contains(end)).collect();
        self.column("draw.column-elsewhere", elsewhere.into_iter().collect());
    }

    fn column(&mut self, title: &str, groups: Vec<GroupNo>) {
        let boxes = groups.into_iter().map(|group| self.draw(group, &[group])).collect();
        self.add_column(title, boxes);
    }

    fn add_column(&mut self, title: &str, boxes: Vec<usize>) {
        if !boxes.is_empty() {
            self.picture.columns.push(Column { title: self.names.say(title), boxes });
        }
    }

    /// Draws a group; `same` are all that its box stands for.
    fn draw(&mut self, group: GroupNo, same: &[GroupNo]) -> usize {
        let place = self.picture.boxes.len();
        let World { people, graph, .. } = self.names.world;
        let facts = graph.facts(people, group);
        let waiting = self.waits(group);
        let mut says = vec![];
        for (holds, code) in [
            (facts.uses, "draw.uses"),
            (facts.exposes, "draw.exposes"),
            (facts.internal, "draw.internal"),
            (waiting, "draw.waiting"),
            (people.hidden_groups().contains(group.0), "draw.hidden"),
        ] {
            says.extend(holds.then(|| self.names.say(code)));
        }
        let members = |group: &GroupNo| {
            let Some(members) = people.members(*group) else { return 0 };
            members.len()
        };
        let others = same.len().saturating_sub(1);
        let (texts, language) = (self.names.texts, self.names.language);
        let alike = (others > 0).then(|| texts.say(language, "draw.alike", &[("classes", others.into())]));
        self.picture.boxes.push(Drawn {
            name: self.names.group(group).name,
            groups: same.len(),
            alike: alike.unwrap_or_default(),
            members: same.iter().map(members).sum(),
            facts,
            waiting,
            says,
        });
        self.places.extend(same.iter().map(|group| (*group, place)));
        place
    }

    /// The lines: one for all rules between two boxes. With one class alone, only what it has to do with.
    fn rules(&mut self, only: Option<ClassId>) {
        let World { people, graph, .. } = self.names.world;
        let mut lines: BTreeMap<(usize, usize), (bool, bool)> = BTreeMap::new();
        for (from, place) in &self.places {
            for rule in graph.rules_from(*from) {
                let Some(end) = self.places.get(&rule.to) else { continue };
                let line = lines.entry((*place, *end)).or_insert((false, false));
                line.0 |= !rule.by_matrix;
                line.1 |= graph.facts(people, rule.to).exposes;
            }
        }
        let line = |((from, to), (by_hand, one_by_one)): (&(usize, usize), &(bool, bool))| Line {
            from: *from,
            to: *to,
            by_hand: *by_hand,
            one_by_one: *one_by_one,
        };
        self.picture.lines = lines.iter().map(line).collect();
        if only.is_some() {
            self.only_what_meets_a_class();
        }
    }

    fn only_what_meets_a_class(&mut self) {
        let people = &self.names.world.people;
        let of_class =
            |group: &GroupNo| people.group_row(*group).is_some_and(|row| seat(&row.kind).is_some());
        let inside: BTreeSet<usize> =
            self.places.iter().filter(|(group, _)| of_class(group)).map(|(_, place)| *place).collect();
        self.picture.lines.retain(|line| inside.contains(&line.from) || inside.contains(&line.to));
        let met: BTreeSet<usize> = self.picture.lines.iter().flat_map(|line| [line.from, line.to]).collect();
        for column in &mut self.picture.columns {
            column.boxes.retain(|place| inside.contains(place) || met.contains(place));
        }
        self.picture.columns.retain(|column| !column.boxes.is_empty());
    }
}
