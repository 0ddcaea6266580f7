//! A week to look at: a column for each day, in it a lane for each resource, hours downwards; black on white, nothing
//! loaded from elsewhere.
//!
//! Invariant: what is only seen is also said: each box has its title, with everything that its line of the table says.

use std::fmt::Write as _;

use super::{DAY, Kind, Taken, Week, clock};
use crate::html::{bare, svg};

const LANE: usize = 112;
const GAP: usize = 14;
const LEFT: usize = 56;
const TOP: usize = 104;
const HOUR: usize = 48;
const LINE: usize = 13;
const MARGIN: usize = 20;

/// How wide a letter is, about.
const LETTER: usize = 6;

/// The hours that are drawn though nothing is in them.
const USUAL: (u32, u32) = (8 * 60, 18 * 60);

/// Returns the picture as a file.
pub(super) fn draw(week: &Week) -> String {
    let hours = hours(week);
    let lanes = week.resources.len().max(1);
    let column = lanes * LANE + GAP;
    let width = LEFT + week.days.len() * column + MARGIN;
    let bottom = TOP + height(hours.0, hours.1);
    let mut to = svg::opened((width, bottom + MARGIN), 11, week.language, (MARGIN, &week.title));
    to.push_str(
        "<defs><pattern id=\"closed\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
         <path d=\"M0 6L6 0\" stroke=\"#999\"/></pattern></defs>\n",
    );
    // Writing to a String cannot fail.
    for hour in (hours.0..=hours.1).step_by(60) {
        let y = TOP + height(hours.0, hour);
        let (end, said) = (width - MARGIN, clock(hour));
        let _ = writeln!(
            to,
            "<path d=\"M{LEFT} {y}H{end}\" stroke=\"#ddd\"/><text x=\"{MARGIN}\" y=\"{}\" fill=\"#444\">{said}</text>",
            y + 4
        );
    }
    for (day, (date, name)) in week.days.iter().enumerate() {
        let left = LEFT + day * column;
        let said = bare(&format!("{name} {date}"));
        let _ =
            writeln!(to, "<text x=\"{left}\" y=\"62\" font-size=\"13\" font-weight=\"600\">{said}</text>");
        let nothing = !week.slots.iter().any(|slot| slot.day == day);
        if week.resources.is_empty() || nothing {
            let said = if week.resources.is_empty() { &week.words.no_resource } else { &week.words.nothing };
            let y = TOP + LINE + 4;
            let _ = writeln!(to, "<text x=\"{}\" y=\"{y}\" fill=\"#444\">{}</text>", left + 4, bare(said));
        }
        for (resource, lane) in week.resources.iter().enumerate() {
            let x = left + resource * LANE;
            let said = format!("{} ({})", lane.name, lane.quantity);
            let _ = writeln!(
                to,
                "<g><title>{}</title><text x=\"{}\" y=\"{}\" fill=\"#444\">{}</text>\
                 <rect x=\"{x}\" y=\"{TOP}\" width=\"{LANE}\" height=\"{}\" fill=\"none\" stroke=\"#bbb\"/></g>",
                bare(&said),
                x + 2,
                TOP - 10,
                bare(&cut(&said, LANE)),
                bottom - TOP
            );
            let slots: Vec<_> = week.on(day, resource).collect();
            for (slot, (place, beside)) in slots.iter().zip(places(&slots)) {
                let wide = LANE / beside;
                let corner = (x + place * wide, TOP + height(hours.0, slot.from));
                taken(&mut to, slot, &lane.name, corner, (wide, height(slot.from, slot.to)));
            }
        }
    }
    svg::closed(to)
}

/// Returns from which full hour to which is drawn, in minutes.
fn hours(week: &Week) -> (u32, u32) {
    let first = week.slots.iter().map(|slot| slot.from).min().unwrap_or(USUAL.0).min(USUAL.0);
    let last = week.slots.iter().map(|slot| slot.to).max().unwrap_or(USUAL.1).max(USUAL.1);
    (first / 60 * 60, last.div_ceil(60).min(DAY / 60) * 60)
}

/// Returns how high so much time is.
fn height(from: u32, to: u32) -> usize {
    usize::try_from(to.saturating_sub(from)).unwrap_or(0) * HOUR / 60
}

/// Returns where each slot of a lane stands beside those it overlaps, and beside how many, itself counted: none covers
/// another.
fn places(slots: &[&Taken]) -> Vec<(usize, usize)> {
    let mut places: Vec<(usize, usize)> = vec![];
    // Slots that overlap each other, one by one, and until when each place is taken.
    let (mut first, mut reached, mut ends) = (0, 0, Vec::<u32>::new());
    for (number, slot) in slots.iter().enumerate() {
        if slot.from >= reached {
            spread(&mut places[first..], ends.len());
            (first, ends) = (number, vec![]);
        }
        let free = ends.iter().position(|end| *end <= slot.from);
        let place = free.unwrap_or(ends.len());
        match ends.get_mut(place) {
            Some(end) => *end = slot.to,
            None => ends.push(slot.to),
        }
        reached = reached.max(slot.to);
        places.push((place, 1));
    }
    spread(&mut places[first..], ends.len());
    places
}

fn spread(places: &mut [(usize, usize)], beside: usize) {
    for (_, of) in places {
        *of = beside;
    }
}

fn taken(
    to: &mut String,
    slot: &Taken,
    resource: &str,
    (x, y): (usize, usize),
    (wide, high): (usize, usize),
) {
    let (fill, stroke) = match slot.kind {
        Kind::Closed => ("url(#closed)", "stroke=\"#666\""),
        Kind::Confirmed => ("#dde9f7", "stroke=\"#1b4f9c\" stroke-width=\"1.5\""),
        Kind::Waiting => ("#fff", "stroke=\"#8a5a00\" stroke-width=\"1.5\" stroke-dasharray=\"5 3\""),
        Kind::Suspended => ("#eee", "stroke=\"#4a4a4a\" stroke-width=\"1.5\" stroke-dasharray=\"1 3\""),
    };
    let _ = writeln!(
        to,
        "<g class=\"slot\"><title>{}</title><rect x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{high}\" rx=\"3\" \
         fill=\"{fill}\" {stroke}/>",
        bare(&format!("{resource}: {}", slot.said())),
        x + 1,
        wide.saturating_sub(2).max(1),
    );
    let hours = format!("{}–{}", clock(slot.from), clock(slot.to));
    let quantity = slot.quantity.map(|quantity| format!(" × {quantity}")).unwrap_or_default();
    let lines = [slot.state.clone() + &quantity, hours, slot.owner.clone(), slot.purpose.clone()];
    // What does not fit is in the title; the word for what it is comes first.
    let fit = (high / LINE).max(1);
    for (number, line) in lines.iter().filter(|line| !line.is_empty()).take(fit).enumerate() {
        let y = y + (number + 1) * LINE - 2;
        let _ = writeln!(to, "<text x=\"{}\" y=\"{y}\">{}</text>", x + 4, bare(&cut(line, wide)));
    }
    to.push_str("</g>\n");
}

/// Returns as much of a text as fits, with a sign where it was cut.
fn cut(text: &str, wide: usize) -> String {
    let most = wide.saturating_sub(6) / LETTER;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
