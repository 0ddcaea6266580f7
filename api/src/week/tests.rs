//! Every form of a week says the same, and nothing of a name is mark-up.

use super::*;

fn taken(day: usize, resource: usize, hours: (u32, u32), kind: Kind, owner: &str) -> Taken {
    let state = format!("{kind:?}").to_lowercase();
    let quantity = (kind != Kind::Closed).then_some(2);
    let (from, to) = (hours.0 * 60, hours.1 * 60);
    let (owner, purpose) = (owner.to_owned(), "for <b>\"it\" & 'that'".to_owned());
    Taken { day, resource, from, to, kind, quantity, state, owner, purpose }
}

fn empty() -> Week {
    let monday: Date = "2026-09-07".parse().unwrap();
    let lane = |name: &str| Lane { name: name.to_owned(), quantity: 3 };
    Week {
        language: Language::English,
        title: "Rooms </title><script>".to_owned(),
        days: (0..7).map(|number| (monday + Days::new(number), format!("day {number}"))).collect(),
        resources: vec![lane("Room <1>"), lane("=Tablets")],
        slots: vec![],
        words: words(),
    }
}

fn words() -> Words {
    Words {
        header: ["resource", "day", "start", "end", "quantity", "state", "owner", "purpose"]
            .map(str::to_owned)
            .to_vec(),
        caption: "what is booked".to_owned(),
        resources: "resources".to_owned(),
        nothing: "nothing booked".to_owned(),
        no_resource: "no resource".to_owned(),
    }
}

fn week() -> Week {
    let mut week = empty();
    week.slots = vec![
        taken(0, 0, (7, 9), Kind::Confirmed, "Cécile <i>"),
        taken(0, 0, (8, 10), Kind::Waiting, "Hugo"),
        taken(0, 1, (8, 10), Kind::Suspended, "Hugo"),
        taken(3, 0, (0, 24), Kind::Closed, ""),
    ];
    week
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

/// Returns what stands in the title of each slot of a picture, as it was before it was mark-up.
fn titles(svg: &str) -> Vec<String> {
    let titles = svg.split("<g class=\"slot\"><title>").skip(1);
    let plain = |text: &str| {
        let coded = ["&lt;", "&gt;", "&quot;", "&#39;", "&amp;"].into_iter().zip(["<", ">", "\"", "'", "&"]);
        coded.fold(text.to_owned(), |text, (coded, plain)| text.replace(coded, plain))
    };
    titles.map(|rest| plain(rest.split_once("</title>").unwrap().0)).collect()
}

#[test]
fn nothing_of_a_name_is_mark_up() {
    let svg = week().svg();
    let known = ["defs", "g", "path", "pattern", "rect", "svg", "text", "title"];
    let elements = elements(&svg).expect("closed in their order");
    assert!(elements.iter().all(|element| known.contains(&element.as_str())), "{elements:?}");
    for loads in ["<script", "href", "http:", "https:"] {
        let elsewhere = svg.replace("http://www.w3.org/2000/svg", "");
        assert!(!elsewhere.contains(loads), "{loads}");
    }
}

#[test]
fn every_slot_of_the_picture_is_a_line_of_the_table_and_of_the_text() {
    let week = week();
    let (titles, table, text) = (titles(&week.svg()), week.csv().unwrap(), week.text());
    let mut read = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = read.records().map(Result::unwrap).collect();
    assert_eq!((titles.len(), rows.len()), (4, 4));
    for (title, row) in titles.iter().zip(&rows) {
        let resource = row[0].trim_matches('\'');
        assert!(title.starts_with(&format!("{resource}: {}–{}", &row[2], &row[3])), "{title}\n{row:?}");
        for cell in [&row[4], &row[5], &row[6], &row[7]] {
            assert!(title.contains(cell), "{title} lacks {cell}");
        }
        let said = title.split_once(": ").unwrap().1;
        assert!(text.lines().any(|line| line.trim_start() == said), "{said}\n{text}");
    }
    assert_eq!(&rows[3][1], "2026-09-10");
    assert!(table.contains("\n'=Tablets,"), "no spreadsheet takes a name for a formula: {table}");
    // Word and stroke, not a colour alone.
    let svg = week.svg();
    // Beside another one there is room for a few letters.
    for word in [">conf", ">wait", ">suspended × 2<", ">closed<"] {
        assert!(svg.contains(word), "{word}\n{svg}");
    }
    assert!(svg.contains("stroke-dasharray=\"5 3\"") && svg.contains("stroke-dasharray=\"1 3\""));
}

#[test]
fn a_day_without_a_booking_says_so_and_a_domain_without_a_resource_too() {
    let text = week().text();
    assert_eq!(text.matches("\n  nothing booked\n").count(), 5, "{text}");
    assert_eq!(text.matches("\n    nothing booked\n").count(), 1, "the tablets on Thursday: {text}");
    assert_eq!(week().svg().matches(">nothing booked<").count(), 5);
    let bare = Week { resources: vec![], ..empty() };
    assert!(bare.text().ends_with("\n\nno resource\n"), "{}", bare.text());
    assert!(elements(&bare.svg()).is_some());
    assert_eq!(bare.csv().unwrap().lines().count(), 1);
}

#[test]
fn no_box_covers_another() {
    let mut week = empty();
    week.slots = vec![
        taken(0, 0, (8, 12), Kind::Confirmed, "a"),
        taken(0, 0, (8, 9), Kind::Confirmed, "b"),
        taken(0, 0, (9, 10), Kind::Confirmed, "c"),
        taken(0, 0, (12, 13), Kind::Confirmed, "d"),
    ];
    let svg = week.svg();
    let number = |text: &str, name: &str| -> usize {
        let (_, rest) = text.split_once(&format!(" {name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let boxes: Vec<[usize; 4]> = svg
        .split("<g class=\"slot\">")
        .skip(1)
        .map(|text| ["x", "y", "width", "height"].map(|name| number(text, name)))
        .collect();
    for (place, [x, y, width, height]) in boxes.iter().enumerate() {
        for [other_x, other_y, other_width, other_height] in &boxes[place + 1..] {
            let apart = x + width <= *other_x
                || other_x + other_width <= *x
                || y + height <= *other_y
                || other_y + other_height <= *y;
            assert!(apart, "{boxes:?}");
        }
    }
    assert!(boxes[3][2] > boxes[0][2], "what stands alone has all of its lane: {boxes:?}");
}

#[test]
fn what_lasts_past_midnight_is_on_each_of_its_days() {
    let mut week = empty();
    let shown = taken(0, 0, (0, 0), Kind::Confirmed, "a");
    let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    week.put(&shown, at("2026-09-06 22:00"), at("2026-09-08 01:30"));
    week.put(&shown, at("2026-09-09 22:00"), at("2026-09-10 00:00"));
    let hours: Vec<_> = week.slots.iter().map(|slot| (slot.day, clock(slot.from), clock(slot.to))).collect();
    let expected = [(0, "00:00", "24:00"), (1, "00:00", "01:30"), (2, "22:00", "24:00")];
    assert_eq!(hours, expected.map(|(day, from, to)| (day, from.to_owned(), to.to_owned())));
}

#[test]
fn the_page_has_the_picture_and_a_row_for_each_of_its_boxes() {
    let week = week();
    let page = week.page();
    assert!(
        page.contains("<html lang=\"en\">") && page.contains("<caption><bdi>what is booked</bdi></caption>")
    );
    assert_eq!(page.matches("<th scope=\"col\">").count(), 8);
    let rows: Vec<&str> = page.split("<tr class=\"slot\">").skip(1).collect();
    let titles = titles(&page);
    assert_eq!((titles.len(), rows.len()), (4, 4));
    for (slot, row) in week.slots.iter().zip(rows) {
        assert!(row.starts_with("<th scope=\"row\">"));
        for cell in week.row(slot) {
            assert!(row.contains(&crate::html::bare(&cell)), "{row} lacks {cell}");
        }
    }
    let described = page.split_once("aria-describedby=\"").unwrap().1.split_once('"').unwrap().0;
    assert!(page.contains(&format!("<table id=\"{described}\">")), "{described}");
    for mark_up in ["<script", "<i>", "<b>", "style=", " on", "href", "src="] {
        let tags: Vec<&str> = page.split('<').map(|part| part.split('>').next().unwrap()).collect();
        let found = tags.iter().find(|tag| format!("<{tag}>").contains(mark_up));
        assert_eq!(found, None, "{mark_up}");
    }
    let bare = Week { slots: vec![], ..empty() }.page();
    assert!(bare.contains("<tr class=\"nothing\"><td colspan=\"8\"><bdi>nothing booked</bdi>"), "{bare}");
}
