//! Every form of a picture shows the same, and nothing of a name is mark-up.

use super::*;

fn drawn(name: &str, internal: bool) -> Drawn {
    Drawn {
        name: name.to_owned(),
        groups: 1,
        alike: String::new(),
        members: 3,
        facts: Facts { uses: true, exposes: true, internal },
        waiting: false,
        says: vec!["uses".to_owned()],
    }
}

fn picture() -> Picture {
    let line = |from, to, by_hand, one_by_one| Line { from, to, by_hand, one_by_one };
    let column = |title: &str, boxes: &[usize]| Column { title: title.to_owned(), boxes: boxes.to_vec() };
    Picture {
        title: "École <b>\"des & Tilleuls\"".to_owned(),
        legend: vec!["a line".to_owned()],
        columns: vec![column("one", &[0, 1]), column("two", &[2])],
        boxes: vec![
            drawn("Club <script>", true),
            drawn("Very long names of groups are folded in the picture", false),
            drawn("C", false),
        ],
        lines: vec![
            line(0, 1, false, true),
            line(0, 2, true, true),
            line(2, 0, false, false),
            line(1, 1, false, true),
        ],
        header: ["group", "alike", "members", "uses", "exposes", "internal", "reaches"]
            .map(str::to_owned)
            .to_vec(),
    }
}

/// Returns the names of the elements of a text, if they are closed in their order.
fn elements(text: &str) -> Option<Vec<String>> {
    let (mut open, mut all) = (vec![], vec![]);
    for part in text.split('<').skip(1) {
        let (tag, _) = part.split_once('>')?;
        let name = tag.split([' ', '/', '\n']).next()?;
        if let Some(closed) = tag.strip_prefix('/') {
            (open.pop()? == closed).then_some(())?;
            continue;
        }
        all.push(name.to_owned());
        if !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    open.is_empty().then_some(all)
}

#[test]
fn the_svg_has_a_box_for_each_group_and_a_curve_for_each_line_and_no_mark_up_of_a_name() {
    let svg = svg::draw(&picture(), Language::Fr);
    let elements = elements(&svg).expect("well formed");
    let count = |name: &str| elements.iter().filter(|element| *element == name).count();
    assert_eq!((count("g"), count("rect")), (3, 4), "and the ground");
    assert_eq!(svg.matches("class=\"rule\"").count(), 4);
    assert_eq!((count("script"), count("b")), (0, 0));
    assert!(svg.contains("Club &lt;script&gt;") && svg.contains("&quot;des &amp; Tilleuls&quot;"));
    assert_eq!(svg.matches("stroke-dasharray").count(), 1, "the group alone is reached");
    assert_eq!(svg.matches("marker-end").count(), 4);
    assert!(svg.contains("<title>C → (Club &lt;script&gt;)</title>"));
    let outside = svg.matches("http").count();
    assert_eq!(outside, 1, "the name of the format, and nothing that is loaded");
}

#[test]
fn the_same_lines_stand_in_the_twin_and_for_graphviz() {
    let picture = picture();
    let dot = dot::draw(&picture);
    assert_eq!(dot.matches(" -> ").count(), 4);
    assert_eq!(dot.matches("style=dashed").count(), 1);
    assert!(dot.contains("label=\"École <b>\\\"des & Tilleuls\\\"\""));
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
    let rows = picture.rows();
    assert_eq!(rows[0][6], "C | Very long names of groups are folded in the picture");
    assert_eq!(rows[2][6], "(Club <script>)");
    assert_eq!((rows[0][5].as_str(), rows[1][5].as_str()), ("x", ""));
    assert_eq!(picture.table(TableFormat::Csv).unwrap().lines().count(), 4);
    assert_eq!(picture.table(TableFormat::Text).unwrap().lines().count(), 4);
}

#[test]
fn a_control_character_is_neither_a_line_nor_a_command() {
    let mut picture = picture();
    picture.boxes[2].name = "C\u{1b}[2J\"\\".to_owned();
    let dot = dot::draw(&picture);
    assert!(!dot.contains('\u{1b}') && dot.contains("C\u{fffd}[2J\\\"\\\\"));
    assert!(!svg::draw(&picture, Language::En).contains('\u{1b}'));
    assert!(!picture.table(TableFormat::Text).unwrap().contains('\u{1b}'));
}
