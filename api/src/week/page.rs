//! The week as a page: the picture, and below it the table that says the same for whoever does not see it.
//!
//! Invariants (RGAA 4.1, 1.6, 5.4 and 5.7): each box of the picture is a row of the table, in the same order; a column
//! and a row are named by a header with its scope; the picture names the table that describes it.

use std::fmt::Write as _;

use super::{Taken, Week, clock};
use crate::html;
use crate::html::{bare, text};

/// Returns the page.
pub(super) fn of(week: &Week) -> String {
    let mut to = String::new();
    // Writing to a String cannot fail. What is wider than a screen is scrolled, by the keyboard too.
    let _ = writeln!(
        to,
        "<figure role=\"group\" tabindex=\"0\" aria-label=\"{}\" aria-describedby=\"slots\">\n{}</figure>",
        bare(&week.title),
        week.svg()
    );
    resources(&mut to, week);
    table(&mut to, week);
    html::page(week.language, &week.title, &to)
}

fn resources(to: &mut String, week: &Week) {
    if week.resources.is_empty() {
        let _ = writeln!(to, "<p>{}</p>", text(&week.words.no_resource));
        return;
    }
    let _ = writeln!(to, "<h2>{}</h2>\n<ul>", text(&week.words.resources));
    for lane in &week.resources {
        let _ = writeln!(to, "<li>{} ({})</li>", text(&lane.name), lane.quantity);
    }
    to.push_str("</ul>\n");
}

fn table(to: &mut String, week: &Week) {
    let _ =
        writeln!(to, "<table id=\"slots\">\n<caption>{}</caption>\n<thead><tr>", text(&week.words.caption));
    for column in &week.words.header {
        let _ = writeln!(to, "<th scope=\"col\">{}</th>", text(column));
    }
    to.push_str("</tr></thead>\n<tbody>\n");
    for slot in &week.slots {
        row(to, week, slot);
    }
    if week.slots.is_empty() {
        let (columns, nothing) = (week.words.header.len(), text(&week.words.nothing));
        let _ = writeln!(to, "<tr class=\"nothing\"><td colspan=\"{columns}\">{nothing}</td></tr>");
    }
    to.push_str("</tbody>\n</table>\n");
}

fn row(to: &mut String, week: &Week, slot: &Taken) {
    let (date, day) = &week.days[slot.day];
    let quantity = slot.quantity.map(|quantity| quantity.to_string()).unwrap_or_default();
    let _ = writeln!(
        to,
        "<tr class=\"slot\"><th scope=\"row\">{}</th><td>{} <time datetime=\"{date}\">{date}</time></td><td>{}</td>\
         <td>{}</td><td>{quantity}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        text(&week.resources[slot.resource].name),
        text(day),
        clock(slot.from),
        clock(slot.to),
        text(&slot.state),
        text(&slot.owner),
        text(&slot.purpose)
    );
}
