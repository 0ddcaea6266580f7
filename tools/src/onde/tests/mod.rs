//! The rules of ONDE imports on invented people, and on the public sample files.

mod emile_zola;
mod mutated;
mod reading;
mod reconciling;
mod reporting;

use domain::PersonId;

use super::known::{Known, KnownPerson, Source};
use super::plan::{Change, Field, Plan, PlannedPerson, Who};
use super::read::{InputFile, Refused, Tables, read};
use super::reconcile::reconcile;

const PUPILS: &str = "Nom Elève;Nom d'usage Elève;Prénom Elève;Date naissance;Sexe;Niveau;Classe";
const TEACHERS: &str =
    "Civilité;Nom usage;Nom;Prénom;Adresse;CP;Commune;Courriel;Téléphone portable;Directeur;Classe";
const RELATIVES: &str = "Civilité Responsable;Nom usage responsable;Nom responsable;Prénom responsable;\
    Adresse responsable;CP responsable;Commune responsable;Courriel;Téléphone portable;\
    Nom d'usage enfant;Nom de famille enfant;Prénom enfant;Classes enfants;\
    Nom d'usage enfant;Nom de famille enfant;Prénom enfant;Classes enfants";

const NAMES: [(&str, &str); 3] = [
    ("CSVExtraction-eleves.csv", PUPILS),
    ("CSVExtraction-enseignants.csv", TEACHERS),
    ("CSVExtraction-responsables.csv", RELATIVES),
];

/// Reads the three files with these lines below their headers; a table without lines is not given.
fn try_files(lines: [&[&str]; 3]) -> Result<Tables, Refused> {
    let given = NAMES.iter().zip(lines).filter(|(_, lines)| !lines.is_empty());
    let texts: Vec<(&str, String)> = given
        .map(|((name, headers), lines)| (*name, format!("{headers}\r\n{}\r\n", lines.join("\r\n"))))
        .collect();
    let files: Vec<_> = texts.iter().map(|(name, text)| InputFile { name, bytes: text.as_bytes() }).collect();
    read(&files)
}

fn files(pupils: &[&str], teachers: &[&str], relatives: &[&str]) -> Tables {
    try_files([pupils, teachers, relatives]).unwrap()
}

fn plan(tables: &Tables, known: &Known) -> Plan {
    reconcile(tables, known)
}

/// The codes of what there is to say, with their lines.
fn said(plan: &Plan) -> Vec<(u32, &'static str)> {
    plan.findings.iter().map(|finding| (finding.line, finding.code)).collect()
}

/// What the platform has after `plan`, with ids from 1000 on for new people.
fn applied(plan: &Plan, mut known: Known) -> Known {
    let base = 1000 + known.people.len() as u128;
    let id = |who: Who| match who {
        Who::New(place) => PersonId::from_u128(base + place as u128),
        Who::Known(person) => person,
    };
    for class in plan.classes.iter().filter(|class| class.new) {
        known.classes.push(class.name.clone());
    }
    for planned in &plan.people {
        match planned.who {
            Who::New(_) => known.people.push(KnownPerson {
                id: id(planned.who),
                profile: planned.profile,
                identity: planned.identity.clone(),
                source: Source::Onde,
                source_keys: planned.source_keys.clone(),
                permanent: false,
                children: planned.children.iter().copied().map(id).collect(),
                classes: planned.classes.clone(),
                levels: planned.levels.clone(),
                head: planned.head,
            }),
            Who::Known(person) => {
                let place = known.people.iter().position(|known| known.id == person).unwrap();
                change(&mut known.people[place], planned, id);
            }
        }
    }
    known
}

fn change(person: &mut KnownPerson, planned: &PlannedPerson, id: impl Fn(Who) -> PersonId) {
    for change in &planned.changes {
        let line = &planned.identity;
        match change {
            Change::Set { field, .. } => match field {
                Field::Honorific => person.identity.honorific.clone_from(&line.honorific),
                Field::LastName => person.identity.names.last_name.clone_from(&line.names.last_name),
                Field::UsualName => person.identity.names.usual_name.clone_from(&line.names.usual_name),
                Field::FirstName => person.identity.names.first_name.clone_from(&line.names.first_name),
                Field::BirthDate => person.identity.birth_date = line.birth_date,
                Field::Email => person.identity.email.clone_from(&line.email),
                Field::HomePhone => person.identity.phones.home.clone_from(&line.phones.home),
                Field::WorkPhone => person.identity.phones.work.clone_from(&line.phones.work),
                Field::MobilePhone => person.identity.phones.mobile.clone_from(&line.phones.mobile),
                Field::Address => person.identity.address.clone_from(&line.address),
                Field::Levels => person.levels.clone_from(&planned.levels),
            },
            Change::JoinClass(class) => person.classes.push(class.clone()),
            Change::LeaveClass(class) => person.classes.retain(|have| have != class),
            Change::AddChild(child) => person.children.push(id(*child)),
            Change::DropChild(child) => person.children.retain(|have| have != child),
            Change::BecomeHead => person.head = true,
            Change::StopBeingHead => person.head = false,
            Change::KeepKey(key) => person.source_keys.push(key.clone()),
        }
    }
}
