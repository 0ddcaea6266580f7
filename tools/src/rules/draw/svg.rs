//! The picture to look at: columns of boxes, a curve for each line, black on white, nothing loaded from elsewhere.
//!
//! Invariant: what is only seen is also said: each box and each line has its title.

use std::fmt::Write as _;

use api::html::{bare as text, svg};

use super::{Drawn, Line, Picture};
use crate::cli::Language;

const WIDTH: usize = 250;
const LINE: usize = 15;
const GAP: usize = 16;
const BETWEEN: usize = 130;
const MARGIN: usize = 24;
const TOP: usize = 76;

/// Letters of a box that fit beside each other.
const LETTERS: usize = 34;

/// Dark enough on white to be told from it and from each other; each box keeps one for the lines that start there.
const COLOURS: [&str; 8] =
    ["#1b4f9c", "#a3330b", "#1d6b3a", "#6a2c91", "#8a5a00", "#0b6b74", "#9c1b5b", "#4a4a4a"];

/// Where a box stands.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    column: usize,
    x: usize,
    y: usize,
    height: usize,
    shown: bool,
}

/// Returns the picture as a file.
pub(super) fn draw(picture: &Picture, language: Language) -> String {
    let places = places(picture);
    let bottom = places.iter().map(|place| place.y + place.height).max().unwrap_or(TOP);
    let columns = picture.columns.len().max(1);
    let width = 2 * MARGIN + columns * WIDTH + (columns - 1) * BETWEEN;
    let height = bottom + GAP + picture.legend.len() * (LINE + 4) + MARGIN;
    let mut to = svg::opened((width, height), 12, language.into(), (MARGIN, &picture.title));
    arrows(&mut to);
    // Writing to a String cannot fail.
    for (number, column) in picture.columns.iter().enumerate() {
        let x = MARGIN + number * (WIDTH + BETWEEN);
        let title = text(&column.title);
        let _ = writeln!(to, "<text x=\"{x}\" y=\"62\" font-weight=\"600\" fill=\"#444\">{title}</text>");
    }
    for line in &picture.lines {
        curve(&mut to, picture, &places, line);
    }
    for (number, (drawn, place)) in picture.boxes.iter().zip(&places).enumerate() {
        if place.shown {
            group(&mut to, drawn, *place, COLOURS[number % COLOURS.len()]);
        }
    }
    for (number, said) in picture.legend.iter().enumerate() {
        let y = bottom + 2 * GAP + number * (LINE + 4);
        let _ = writeln!(to, "<text x=\"{MARGIN}\" y=\"{y}\" fill=\"#444\">{}</text>", text(said));
    }
    svg::closed(to)
}

fn places(picture: &Picture) -> Vec<Place> {
    let mut places = vec![Place::default(); picture.boxes.len()];
    for (column, boxes) in picture.columns.iter().enumerate() {
        let (x, mut y) = (MARGIN + column * (WIDTH + BETWEEN), TOP);
        for number in &boxes.boxes {
            let height = (rows(&picture.boxes[*number]).len() + 1) * LINE;
            places[*number] = Place { column, x, y, height, shown: true };
            y += height + GAP;
        }
    }
    places
}

/// Returns what stands in a box, a line each.
fn rows(drawn: &Drawn) -> Vec<String> {
    let mut rows = folded(&drawn.name);
    rows.extend(Some(drawn.alike.clone()).filter(|alike| !alike.is_empty()));
    let said: Vec<_> = std::iter::once(drawn.members.to_string()).chain(drawn.says.clone()).collect();
    rows.extend(folded(&said.join(" · ")));
    rows
}

/// Returns a text in lines that fit; a word that does not is cut.
fn folded(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let word: String = word.chars().take(LETTERS).collect();
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > LETTERS {
            lines.push(word);
        } else if let Some(line) = lines.last_mut() {
            if last > 0 {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    lines
}

fn arrows(to: &mut String) {
    to.push_str("<defs>\n");
    for (number, colour) in COLOURS.iter().enumerate() {
        let _ = writeln!(
            to,
            "<marker id=\"a{number}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
             markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"{colour}\"/></marker>"
        );
    }
    to.push_str("</defs>\n");
}

fn group(to: &mut String, drawn: &Drawn, place: Place, colour: &str) {
    let Place { x, y, height, .. } = place;
    let thick = if drawn.facts.internal { 2.5 } else { 1.0 };
    let said = rows(drawn);
    let _ = writeln!(
        to,
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\" fill=\"#fff\" \
         stroke=\"{colour}\" stroke-width=\"{thick}\"/>",
        text(&said.join(", "))
    );
    for (number, line) in said.iter().enumerate() {
        let (x, y) = (x + 8, y + (number + 1) * LINE + 2);
        let weight = if number == 0 { "600" } else { "400" };
        let _ = writeln!(to, "<text x=\"{x}\" y=\"{y}\" font-weight=\"{weight}\">{}</text>", text(line));
    }
    to.push_str("</g>\n");
}

/// A curve from the side of one box to the side of another; its ends are spread over the height of the boxes.
fn curve(to: &mut String, picture: &Picture, places: &[Place], line: &Line) {
    let (from, end) = (places[line.from], places[line.to]);
    if !from.shown || !end.shown {
        return;
    }
    let y1 =
        spread(from, picture.lines.iter().filter(|other| other.from == line.from), |other| other == line);
    let y2 = spread(end, picture.lines.iter().filter(|other| other.to == line.to), |other| other == line);
    let forwards = from.column < end.column;
    let back = from.column > end.column;
    let (x1, x2) = if back {
        (from.x, end.x + WIDTH)
    } else {
        (from.x + WIDTH, if forwards { end.x } else { end.x + WIDTH })
    };
    let bend = BETWEEN / 2;
    let (c1, c2) = if forwards {
        (x1 + bend, x2.saturating_sub(bend))
    } else if back {
        (x1.saturating_sub(bend), x2 + bend)
    } else {
        (x1 + bend, x2 + bend)
    };
    let number = line.from % COLOURS.len();
    let colour = COLOURS[number];
    let dashes = if line.one_by_one { "" } else { " stroke-dasharray=\"5 4\"" };
    let thick = if line.by_hand { 2.5 } else { 1.2 };
    let said = format!("{} → {}", picture.boxes[line.from].name, picture.end(line));
    let _ = writeln!(
        to,
        "<path class=\"rule\" d=\"M{x1} {y1}C{c1} {y1} {c2} {y2} {x2} {y2}\" fill=\"none\" stroke=\"{colour}\" \
         stroke-width=\"{thick}\"{dashes} marker-end=\"url(#a{number})\"><title>{}</title></path>",
        text(&said)
    );
}

/// Returns where on the height of a box one of its lines begins or ends.
fn spread<'a>(place: Place, lines: impl Iterator<Item = &'a Line>, is: impl Fn(&Line) -> bool) -> usize {
    let lines: Vec<_> = lines.collect();
    let at = lines.iter().position(|line| is(line)).unwrap_or_default();
    place.y + place.height * (at + 1) / (lines.len() + 1)
}
