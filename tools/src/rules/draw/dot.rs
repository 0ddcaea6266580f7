//! The picture for Graphviz.

use std::fmt::Write as _;

use super::Picture;

/// Returns the picture in the language of `dot`.
pub(super) fn draw(picture: &Picture) -> String {
    let mut to = String::from(
        "digraph rules {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n",
    );
    // Writing to a String cannot fail.
    let _ = writeln!(to, "  label={};\n  labelloc=t;", quoted(&picture.title));
    for (number, column) in picture.columns.iter().enumerate() {
        let _ = writeln!(to, "  subgraph cluster_{number} {{\n    label={};", quoted(&column.title));
        for place in &column.boxes {
            let drawn = &picture.boxes[*place];
            let mut label = vec![drawn.name.clone()];
            label.extend(Some(drawn.alike.clone()).filter(|alike| !alike.is_empty()));
            label.push(
                std::iter::once(drawn.members.to_string())
                    .chain(drawn.says.clone())
                    .collect::<Vec<_>>()
                    .join(" · "),
            );
            let _ = writeln!(to, "    g{place} [label={}];", quoted(&label.join("\n")));
        }
        to.push_str("  }\n");
    }
    for line in &picture.lines {
        let mut looks = vec![];
        looks.extend((!line.one_by_one).then_some("style=dashed"));
        looks.extend(line.by_hand.then_some("penwidth=2"));
        let _ = writeln!(to, "  g{} -> g{} [{}];", line.from, line.to, looks.join(", "));
    }
    for text in &picture.legend {
        let _ = writeln!(to, "  // {}", text.replace(char::is_control, " "));
    }
    to.push_str("}\n");
    to
}

/// Returns a text as a quoted id of the language: a line break is written, other controls are shown as replaced.
fn quoted(text: &str) -> String {
    let mut to = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            control if control.is_control() => to.push(char::REPLACEMENT_CHARACTER),
            other => to.push(other),
        }
    }
    to.push('"');
    to
}
