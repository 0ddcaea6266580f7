//! No open text in an event: ids, numbers, enumerations, instants and public labels; all else is `Sealed<…>`.
//!
//! The sources of `domain` are read as tokens. From each struct that `events!` lists the walk follows the types of
//! its fields, and ends at types that are known to be closed. A type it does not know fails: it is never skipped.

use std::collections::{BTreeMap, BTreeSet};

use crate::files;

/// Types that cannot hold what a person typed. `Label` is checked where it is read.
const CLOSED: [&str; 37] = [
    "BookingId",
    "BookingRequestId",
    "ClassId",
    "ClosureId",
    "CommandId",
    "ContentRequestId",
    "Date",
    "DomainId",
    "EventId",
    "FavouriteId",
    "FeedId",
    "GrantId",
    "GroupId",
    "ErasureId",
    "ImportId",
    "Label",
    "MessageId",
    "NaiveDateTime",
    "NaiveTime",
    "Option",
    "PersonId",
    "ResourceId",
    "RoleName",
    "RuleId",
    "RuleRequestId",
    "StructureId",
    "Timestamp",
    "Uai",
    "Vec",
    "Weekday",
    "Zone",
    "bool",
    "i8",
    "u16",
    "u32",
    "u64",
    "u8",
];

/// Texts that are open on purpose: a digest in hexadecimal.
const OPEN: [&str; 2] = ["File.sha256", "Opened.digest"];

const TEXT: [&str; 5] = ["Cow", "OsString", "PathBuf", "String", "str"];

/// Around a text or not: what stands inside decides.
const AROUND: &str = "Box";

/// The fields of a type, by name: the identifiers of each one's type outside of `Sealed<…>`.
type Fields = Vec<(String, Vec<String>)>;

/// Splits Rust source into words and single signs; comments go, a text becomes one `"…"`.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens: Vec<String> = vec![];
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if first == '"' {
            let mut escaped = false;
            let closes = |(at, c): (usize, char)| {
                let end = c == '"' && !escaped && at > 0;
                escaped = c == '\\' && !escaped;
                end.then_some(at + 1)
            };
            rest.char_indices().find_map(closes).unwrap_or(rest.len())
        } else if rest.starts_with("'\"'") {
            3
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if !first.is_whitespace() && !token.starts_with("//") {
            tokens.push(token.to_owned());
        }
        rest = after;
    }
    tokens
}

/// Returns what stands between the bracket that begins `tokens` and its partner.
fn inside(tokens: &[String]) -> &[String] {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &tokens[1..at];
        }
    }
    panic!("a bracket is never closed");
}

/// Cuts at the commas outside of brackets.
fn parts(tokens: &[String]) -> Vec<&[String]> {
    let mut depth = 0;
    let outer = |token: &String| {
        match token.as_str() {
            "{" | "(" | "[" | "<" => depth += 1,
            "}" | ")" | "]" | ">" => depth -= 1,
            _ => {}
        }
        depth == 0 && token == ","
    };
    tokens.split(outer).filter(|part| !part.is_empty()).collect()
}

/// Leaves out attributes and `pub`.
fn bare(mut part: &[String]) -> &[String] {
    loop {
        match part {
            [hash, bracket, ..] if hash == "#" && bracket == "[" => {
                part = &part[inside(&part[1..]).len() + 3..];
            }
            [public, rest @ ..] if public == "pub" => part = rest,
            _ => return part,
        }
    }
}

/// Returns the identifiers of a type, but not those inside `Sealed<…>`.
fn identifiers(of: &[String]) -> Vec<String> {
    let (mut found, mut sealed) = (vec![], 0);
    for (at, token) in of.iter().enumerate() {
        match token.as_str() {
            "<" if sealed > 0 || at > 0 && of[at - 1] == "Sealed" => sealed += 1,
            ">" if sealed > 0 => sealed -= 1,
            "Sealed" => {}
            word if sealed == 0 && word.starts_with(|c: char| c.is_alphabetic()) => {
                found.push(word.to_owned());
            }
            _ => {}
        }
    }
    found
}

/// Returns the fields between the brackets of a struct or a variant.
fn fields(body: &[String]) -> Fields {
    let field = |part| match bare(part) {
        [name, colon, of @ ..] if colon == ":" => (name.clone(), identifiers(of)),
        of => ("0".to_owned(), identifiers(of)),
    };
    parts(body).into_iter().map(field).collect()
}

/// Returns the fields of all variants of an enumeration.
fn variants(body: &[String]) -> Fields {
    let of_variant = |part| match bare(part) {
        [_, bracket, ..] if bracket == "{" || bracket == "(" => fields(inside(&bare(part)[1..])),
        _ => vec![],
    };
    parts(body).into_iter().flat_map(of_variant).collect()
}

/// Returns the types a source declares: plain ones, and those that the macros of `person/event.rs` make.
fn types(tokens: &[String]) -> BTreeMap<String, Fields> {
    let mut types = BTreeMap::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some([name, bracket, ..]) = tokens.get(at + 1..) else { continue };
        let body = || inside(&tokens[at + 2..]);
        match (token.as_str(), bracket.as_str()) {
            ("struct", "{" | "(") => types.insert(name.clone(), fields(body())),
            ("struct", ";") => types.insert(name.clone(), vec![]),
            ("enum", "{") => types.insert(name.clone(), variants(body())),
            ("of_structure", "{") if name == "!" => {
                for made in body().split_inclusive(|token| token == "}").map(bare) {
                    if let [name, rest @ ..] = made {
                        types.insert(name.clone(), fields(inside_of_macro(rest)));
                    }
                }
                None
            }
            ("bare", "{") if name == "!" => {
                types.extend(body().iter().map(|name| (name.clone(), vec![])));
                None
            }
            _ => None,
        };
    }
    types
}

/// The fields of a struct that a macro makes; `pub structure: StructureId` is the macro's own.
fn inside_of_macro(rest: &[String]) -> &[String] {
    match rest.first() {
        Some(bracket) if bracket == "{" => inside(rest),
        Some(_) | None => panic!("a struct of a macro has no fields: {rest:?}"),
    }
}

/// Returns the structs that `events!` lists in a source.
fn listed(tokens: &[String]) -> Vec<String> {
    let begins = |at: &usize| tokens[*at] == "events" && tokens[at + 1] == "!" && tokens[at + 2] == "{";
    let lists = (0..tokens.len().saturating_sub(2)).filter(begins).map(|at| inside(&tokens[at + 2..]));
    let name = |entry: &[String]| bare(entry).first().cloned();
    lists.flat_map(|list| list.split(|token| token == ";").filter_map(name).collect::<Vec<_>>()).collect()
}

/// What was found in the events of some sources.
struct Found {
    /// How many events there are.
    events: usize,
    /// Each path from an event to an open text or an unknown type.
    wrong: Vec<String>,
    /// Every text that stands open on purpose: public labels and digests.
    open: BTreeSet<String>,
}

/// Looks at the events of some sources.
fn open_texts(sources: &[(String, String)]) -> Found {
    let sources: Vec<_> = sources.iter().map(|(path, text)| (path.as_str(), tokens(text))).collect();
    let declared: Vec<_> = sources.iter().map(|(path, tokens)| (*path, types(tokens))).collect();
    // A name belongs to the file that uses it if declared there, else to every file that declares it.
    let find = |from: &str, name: &str| -> Vec<(&str, &Fields)> {
        let all = || declared.iter().filter_map(|(path, types)| Some((*path, types.get(name)?)));
        let here: Vec<_> = all().filter(|(path, _)| *path == from).collect();
        if here.is_empty() { all().collect() } else { here }
    };
    let (mut wrong, mut open, mut seen, mut events) = (vec![], BTreeSet::new(), BTreeSet::new(), 0);
    for (path, tokens) in &sources {
        let mut left: Vec<_> = listed(tokens).into_iter().map(|name| (*path, name)).collect();
        events += left.len();
        while let Some((from, name)) = left.pop() {
            let found = find(from, &name);
            if found.is_empty() {
                wrong.push(format!("{from}: {name} is unknown; is it closed?"));
            }
            for (path, fields) in found {
                if !seen.insert((path, name.clone())) {
                    continue;
                }
                for (field, types) in fields {
                    let place = format!("{name}.{field}");
                    if types.iter().any(|of| of == "Label") || OPEN.contains(&place.as_str()) {
                        open.insert(place.clone());
                    }
                    for of in types.iter().filter(|of| !CLOSED.contains(&of.as_str()) && *of != AROUND) {
                        match TEXT.contains(&of.as_str()) {
                            true if OPEN.contains(&place.as_str()) => {}
                            true => wrong.push(format!("{path}: {place} is an open text; seal it")),
                            false => left.push((path, of.clone())),
                        }
                    }
                }
            }
        }
    }
    Found { events, wrong, open }
}

#[test]
fn no_event_has_an_open_text() {
    let Found { events, wrong, open } = open_texts(&files("domain/src"));
    assert_eq!(events, domain::Event::kinds().count(), "an `events!` was not read");
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The sealed ones are in `migrations/samples/sealed.txt`.
    let agreed = include_str!("../open_texts.txt").lines().map(str::to_owned).collect();
    assert_eq!(
        open, agreed,
        "a text stands open in an event: tools/tests/open_texts.txt must say so, one a line, sorted"
    );
}

#[test]
fn an_open_text_is_found_wherever_it_hides() {
    let source = r#"
        crate::events! {
            /// Named.
            Named = "a.named", schema 1;
            Sorted = "a.sorted", schema 1;
        }
        pub struct Named { pub who: PersonId, #[serde(default)] pub name: Option<Box<str>>, pub note: Sealed<Note> }
        pub struct Note { pub text: String }
        pub struct Sorted { pub rows: Vec<Row>, pub by: Mystery, pub map: Sealed<Vec<Option<String>>> }
        pub enum Row { Empty, Cell(u8), Full { of: Label, title: String } }
    "#;
    let Found { events, mut wrong, open } = open_texts(&[("a.rs".to_owned(), source.to_owned())]);
    wrong.sort();
    assert_eq!(open.into_iter().collect::<Vec<_>>(), ["Row.of"]);
    assert_eq!(events, 2);
    assert_eq!(
        wrong,
        [
            "a.rs: Mystery is unknown; is it closed?",
            "a.rs: Named.name is an open text; seal it",
            "a.rs: Row.title is an open text; seal it",
        ]
    );
}

#[test]
fn structs_made_by_a_macro_are_read_too() {
    let source = r#"
        crate::events! { Joined = "a.joined", schema 1; Left = "a.left", schema 1; Closed = "a.closed", schema 1; }
        of_structure! {
            /// In.
            Joined { /// The class. class
                class: ClassId, }
            /// Out.
            Left { why: String, }
        }
        bare! { Closed }
    "#;
    let Found { wrong, .. } = open_texts(&[("a.rs".to_owned(), source.to_owned())]);
    assert_eq!(wrong, ["a.rs: Left.why is an open text; seal it"]);
}
