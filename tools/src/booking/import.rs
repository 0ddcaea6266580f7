//! `preau booking import`: domains and resources of a structure from a CSV file.
//!
//! Invariant: every line is checked by the rules that will decide, before anything is written; what is there by its name
//! is left as it is, so that a file may be given again, also after a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Result, anyhow};
use api::Node;
use api::process::resources::settle;
use api::texts::{Language, Texts};
use domain::actor::Actor;
use domain::resource_domain::{Command, Create, MOST_RESOURCES, Refusal, ResourceDomain};
use domain::{Decider as _, DomainId, ResourceId, StreamId, StructureId};
use projections::World;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::arguments::Import;
use super::{Place, fault, plain, resources};
use crate::beside::{self, Request};
use crate::onde::encoding::decode;
use crate::settings::Settings;
use crate::{cli, failed, opened, say};

/// The columns, as the header names them.
const COLUMNS: [&str; 3] = ["domain", "resource", "quantity"];

/// The most lines of one file.
const MOST_LINES: usize = 20_000;

/// The most lines that are named when they are wrong.
const MOST_NAMED: usize = 50;

/// One import after the other: each looks at what the one before it made.
static TURN: Mutex<()> = Mutex::const_new(());

/// What is to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    structure: String,
    /// What the file is called.
    file: String,
    lines: Vec<Line>,
    reason: Option<String>,
    language: cli::Language,
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    number: u64,
    domain: String,
    resource: String,
    quantity: u32,
}

/// A line that is wrong, and why.
type Wrong = (u64, String);

/// A domain as it is to be.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// The one that is there.
    known: Option<DomainId>,
    /// How many resources are in it.
    held: usize,
    /// What is to be made.
    missing: Vec<(String, u32)>,
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    domains: BTreeMap<String, Wanted>,
    /// How many resources of the file are there.
    there: usize,
    /// Those there is another number of: domain, resource, what there is, what the file says.
    differ: Vec<(String, String, u32, u32)>,
}

/// What a structure has: by the name of a domain its id, and by the name of a resource how much of it there is. A name
/// that several domains have leads to all of them.
type There = BTreeMap<String, Vec<(DomainId, BTreeMap<String, u32>)>>;

/// Reads the file, makes what is missing, and says what was done.
pub async fn print(args: Import) -> Result<()> {
    let settings = Settings::of(&args.flags)?;
    let file = args.file.display().to_string();
    let bytes = std::fs::read(&args.file)
        .map_err(|error| failed::input(format!("{file}: cannot be read: {error}; name a CSV file")))?;
    let lines = match read(&decode(&bytes).text) {
        Ok((lines, wrong)) if wrong.is_empty() => lines,
        Ok((lines, mut wrong)) => {
            // What the rules say of the others is told in one go.
            let language = cli::Language::or_of_system(args.language).into();
            wrong.extend(refused(&lines, &Texts::load()?, language));
            wrong.extend(plan(&lines, &There::new()).1);
            return Err(told(&file, wrong));
        }
        Err(what) => return Err(failed::input(format!("{file}: {what}"))),
    };
    let (structure, reason) = (args.structure, args.reason);
    let language = cli::Language::or_of_system(args.language);
    let asked = Asked { structure, file, lines, reason, language };
    say(&beside::carry_out(&settings, Request::ImportResources(asked)).await?)
}

/// Makes what is missing, and returns what is printed.
pub async fn of(node: &Node, asked: Asked) -> Result<String> {
    let Asked { structure, file, lines, reason, language } = asked;
    let (texts, language) = (Texts::load()?, language.into());
    let _turn = TURN.lock().await;
    // What an import before this one added and did not open.
    settle(node).await.map_err(fault)?;
    let (structure, plan) = node.read(|world| -> Result<_> {
        let place = Place::called(world, &structure)?;
        let mut wrong = refused(&lines, &texts, language);
        let (plan, more) = plan(&lines, &there(node, world, place)?);
        wrong.extend(more);
        if wrong.is_empty() { Ok((place.structure, plan)) } else { Err(told(&file, wrong)) }
    })?;
    let made = carry(node, structure, &plan, reason.as_deref()).await?;
    settle(node).await.map_err(fault)?;
    let count = |count: usize| (count as u64).into();
    let counts = [("domains", count(made.0)), ("resources", count(made.1)), ("there", count(plan.there))];
    let mut text = texts.say(language, "booking.import-done", &counts) + "\n";
    for (domain, resource, quantity, said) in &plan.differ {
        let values = [
            ("domain", domain.as_str().into()),
            ("resource", resource.as_str().into()),
            ("quantity", u64::from(*quantity).into()),
            ("said", u64::from(*said).into()),
        ];
        let _ = writeln!(text, "{}", texts.say(language, "booking.import-differs", &values));
    }
    Ok(text)
}

/// Reads the lines of a file, and which of them cannot be read; or says why it is no such file.
fn read(text: &str) -> std::result::Result<(Vec<Line>, Vec<Wrong>), String> {
    // One end for all lines, so that each is counted once.
    let text = text.replace("\r\n", "\n") + "\n";
    let header = text.lines().next().unwrap_or_default();
    let delimiter = if header.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let named: Vec<String> =
        reader.headers().map_err(|error| error.to_string())?.iter().map(str::to_lowercase).collect();
    let place = |column: &str| named.iter().position(|name| name == column);
    let places: Option<Vec<usize>> = COLUMNS.iter().map(|column| place(column)).collect();
    let Some(places) = places.filter(|_| named.len() == COLUMNS.len()) else {
        return Err(format!("the first line is not `{}`; begin the file with it", COLUMNS.join(",")));
    };
    let (mut lines, mut wrong) = (vec![], vec![]);
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| error.to_string())? {
        // The last line of it: where it begins, lines before it that are empty are counted to it.
        let number = reader.position().line() - 1;
        if record.len() != COLUMNS.len() {
            wrong.push((number, format!("{} columns instead of {}", record.len(), COLUMNS.len())));
            continue;
        }
        let cell = |column: usize| record.get(places[column]).unwrap_or_default();
        let Ok(quantity) = cell(2).parse() else {
            wrong.push((number, format!("the quantity `{}` is no whole number", cell(2))));
            continue;
        };
        let (domain, resource) = (plain(cell(0)), plain(cell(1)));
        lines.push(Line { number, domain, resource, quantity });
    }
    if lines.len() > MOST_LINES {
        return Err(format!("{} lines; give {MOST_LINES} at most in one file", lines.len()));
    }
    if lines.is_empty() && wrong.is_empty() {
        return Err("there is no line after the first; write one for each resource".to_owned());
    }
    Ok((lines, wrong))
}

/// Returns what the rules of a domain refuse of lines.
fn refused(lines: &[Line], texts: &Texts, language: Language) -> Vec<Wrong> {
    let refusal = |line: &Line| decided(line).err();
    let said = |refusal: &Refusal| texts.say(language, &refusal.to_string(), &[]);
    let wrong = lines.iter().filter_map(|line| Some((line.number, said(&refusal(line)?))));
    wrong.map(|(number, said)| (number, said.trim_end_matches('.').to_owned())).collect()
}

/// Decides a line in a domain of its own.
fn decided(line: &Line) -> std::result::Result<(), Refusal> {
    let (domain, structure) = (DomainId::from_u128(0), StructureId::from_u128(0));
    let create = Create { domain, structure, name: line.domain.clone(), by: None };
    let mut state = ResourceDomain::default();
    for event in state.decide(Command::Create(create))? {
        state = state.evolve(&event);
    }
    let (resource, name) = (ResourceId::from_u128(0), line.resource.clone());
    state.decide(Command::AddResource { resource, name, quantity: line.quantity }).map(drop)
}

fn there(node: &Node, world: &World, place: Place) -> Result<There> {
    let mut there = There::new();
    for (name, domain) in place.domains(node, world)? {
        let held = resources(node, world, domain)?;
        let held = held.into_iter().map(|(name, calendar)| (name, calendar.state.quantity()));
        there.entry(name).or_default().push((domain.id, held.collect()));
    }
    Ok(there)
}

/// Compares lines with what is there.
fn plan(lines: &[Line], there: &There) -> (Plan, Vec<Wrong>) {
    let (mut plan, mut wrong) = (Plan::default(), vec![]);
    let mut seen = BTreeMap::<(&str, &str), u64>::new();
    let mut full = BTreeSet::new();
    for line in lines {
        let Line { number, domain, resource, quantity } = line;
        if let Some(before) = seen.insert((domain, resource), *number) {
            wrong.push((*number, format!("“{resource}” of “{domain}” is on line {before} already")));
            continue;
        }
        let known = match there.get(domain).map(Vec::as_slice) {
            None | Some([]) => None,
            Some([known]) => Some(known),
            Some(several) => {
                wrong.push((
                    *number,
                    format!("{} domains are called “{domain}”; rename all but one", several.len()),
                ));
                continue;
            }
        };
        let wanted = plan.domains.entry(domain.clone()).or_insert_with(|| Wanted {
            known: known.map(|(id, _)| *id),
            held: known.map_or(0, |(_, held)| held.len()),
            missing: vec![],
        });
        match known.and_then(|(_, held)| held.get(resource)) {
            Some(quantity_there) => {
                plan.there += 1;
                if quantity_there != quantity {
                    plan.differ.push((domain.clone(), resource.clone(), *quantity_there, *quantity));
                }
            }
            None => wanted.missing.push((resource.clone(), *quantity)),
        }
        if wanted.held + wanted.missing.len() > MOST_RESOURCES && full.insert(domain) {
            wrong.push((*number, format!("“{domain}” would hold more than {MOST_RESOURCES} resources")));
        }
    }
    (plan, wrong)
}

/// Makes what is missing, and returns how many domains and resources that were.
async fn carry(
    node: &Node,
    structure: StructureId,
    plan: &Plan,
    reason: Option<&str>,
) -> Result<(usize, usize)> {
    let mut made = (0, 0);
    for (name, wanted) in &plan.domains {
        let domain = if let Some(domain) = wanted.known {
            domain
        } else {
            let domain = DomainId::derived(opened::new_command()?, 0);
            let create = Create { domain, structure, name: name.clone(), by: None };
            done(node, domain, Command::Create(create), reason).await?;
            made.0 += 1;
            domain
        };
        for (name, quantity) in &wanted.missing {
            let resource = ResourceId::derived(opened::new_command()?, 0);
            let (name, quantity) = (name.clone(), *quantity);
            done(node, domain, Command::AddResource { resource, name, quantity }, reason).await?;
            made.1 += 1;
        }
    }
    Ok(made)
}

async fn done(node: &Node, domain: DomainId, command: Command, reason: Option<&str>) -> Result<()> {
    let mut order = node.order_as(Actor::Operator, opened::new_command()?);
    order.meta.reason = reason.map(|reason| reason.to_owned().into());
    let again = "give the same file again: what was made is left as it is";
    let done = node.execute::<ResourceDomain>(&order, &StreamId::domain(domain), command).await;
    match done.map_err(|failure| anyhow!("{failure:?}: {again}"))?.refusal {
        None => Ok(()),
        Some(refusal) => Err(failed::input(format!("it was changed at the same time ({refusal}): {again}"))),
    }
}

/// Returns the sentence of lines that are wrong.
fn told(file: &str, mut wrong: Vec<Wrong>) -> anyhow::Error {
    wrong.sort();
    let named: Vec<_> =
        wrong.iter().take(MOST_NAMED).map(|(number, what)| format!("line {number}: {what}")).collect();
    let more = wrong.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    failed::input(format!("{file}: nothing was written; {}{more}", named.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64, domain: &str, resource: &str, quantity: u32) -> Line {
        Line { number, domain: domain.to_owned(), resource: resource.to_owned(), quantity }
    }

    #[test]
    fn a_file_is_read_with_either_separator_and_the_columns_in_any_order() {
        let expected =
            (vec![line(2, "Salles", "Salle 1", 1), line(3, "Prêt, matériel", "Tablettes", 30)], vec![]);
        for text in [
            "domain,resource,quantity\nSalles, Salle  1 ,1\n\"Prêt, matériel\",Tablettes,30\n",
            "Quantity;Domain;Resource\r\n1;Salles;Salle 1\r\n30;Prêt, matériel;Tablettes",
        ] {
            assert_eq!(read(text).unwrap(), expected);
        }
        let gap = "domain,resource,quantity\r\n\r\nSalles,Salle 1,1\r\n";
        assert_eq!(read(gap).unwrap().0, [line(3, "Salles", "Salle 1", 1)]);
        let latin = decode(
            &"domain;resource;quantity\nPrêt;Vélo;4\n"
                .chars()
                .map(|letter| u8::try_from(u32::from(letter)).unwrap())
                .collect::<Vec<_>>(),
        );
        assert_eq!(read(&latin.text).unwrap().0, [line(2, "Prêt", "Vélo", 4)]);
        for text in ["", "name,quantity\nx,1\n", "domain,resource,quantity,colour\na,b,1,c\n"] {
            assert!(read(text).unwrap_err().contains("the first line is not"), "{text}");
        }
        assert!(read("domain,resource,quantity\n").unwrap_err().contains("no line"));
    }

    #[test]
    fn every_wrong_line_is_told_with_its_number() {
        let text = "domain,resource,quantity\nSalles,Salle 1,one\nSalles,Salle 2\nSalles,Salle 3,0\n,Salle 4,1\nSalles,Salle 5,1\nSalles,Salle 5,2\n";
        let (lines, mut wrong) = read(text).unwrap();
        let texts = Texts::load().unwrap();
        wrong.extend(refused(&lines, &texts, Language::English));
        wrong.extend(plan(&lines, &There::new()).1);
        let told = told("rooms.csv", wrong).to_string();
        let expected = "rooms.csv: nothing was written; line 2: the quantity `one` is no whole number; \
            line 3: 2 columns instead of 3; line 4: There is at least one of a resource, and a million at most: correct \
            the number; line 5: The name of a domain is 1 to 100 characters on one line: shorten it; line 7: “Salle 5” \
            of “Salles” is on line 6 already";
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_there_is_left_and_a_name_that_two_have_is_refused() {
        let id = DomainId::from_u128;
        let held = |name: &str, quantity| BTreeMap::from([(name.to_owned(), quantity)]);
        let there = There::from([
            ("Salles".to_owned(), vec![(id(1), held("Salle 1", 1))]),
            ("Deux".to_owned(), vec![(id(2), BTreeMap::new()), (id(3), BTreeMap::new())]),
        ]);
        let lines = [
            line(2, "Salles", "Salle 1", 4),
            line(3, "Salles", "Salle 2", 1),
            line(4, "Prêt", "Vélo", 3),
            line(5, "Deux", "Vélo", 3),
        ];
        let (plan, wrong) = plan(&lines, &there);
        assert_eq!(wrong, [(5, "2 domains are called “Deux”; rename all but one".to_owned())]);
        assert_eq!(
            (plan.there, &plan.differ[..]),
            (1, &[("Salles".to_owned(), "Salle 1".to_owned(), 1, 4)][..])
        );
        let missing = |name: &str| plan.domains[name].missing.clone();
        assert_eq!(missing("Salles"), [("Salle 2".to_owned(), 1)]);
        assert_eq!((plan.domains["Prêt"].known, missing("Prêt")), (None, vec![("Vélo".to_owned(), 3)]));
        assert_eq!(plan.domains["Salles"].known, Some(id(1)));
    }

    #[test]
    fn a_domain_is_never_filled_beyond_what_it_holds() {
        let most = u64::try_from(MOST_RESOURCES).unwrap();
        let lines: Vec<_> =
            (0..=most).map(|number| line(number + 2, "Salles", &number.to_string(), 1)).collect();
        let wrong = plan(&lines, &There::new()).1;
        assert_eq!(wrong, [(most + 2, "“Salles” would hold more than 10000 resources".to_owned())]);
        assert_eq!(plan(&lines[1..], &There::new()).1, []);
    }
}
