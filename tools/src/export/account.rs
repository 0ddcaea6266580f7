//! What the streams about a person hold: identity, attachments, family, account, roles, refusals, erasures.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::Datelike as _;
use domain::access::Event as AccessEvent;
use domain::erasure::{Event as ErasureEvent, What};
use domain::person::{Event as PersonEvent, Identity, login};
use domain::{Event, Sealed, StreamId, StructureId, Timestamp};
use projections::erasures::State;
use serde_json::{Map, Value, json};

use super::document::{Datum, Origin, Section, erased};
use super::origin::{Reader, Told, sealed};

/// The sections of a record, in the order in which they are read.
#[derive(Default)]
struct Record {
    identity: Fields,
    history: Vec<Datum>,
    attachments: Vec<Datum>,
    family: Vec<Datum>,
    links: Vec<Datum>,
    account: Vec<Datum>,
    roles: Vec<Datum>,
    /// Where they ever were, and since when there is something of them.
    structures: BTreeSet<StructureId>,
    since: Option<Timestamp>,
    logins: Vec<String>,
}

/// Each field of an identity, with the event that said it last.
type Fields = BTreeMap<String, (Value, Origin)>;

/// Returns what stands in the streams of a person, and refused accesses to their account.
pub async fn sections(reader: &Reader<'_>) -> Result<Vec<Section>> {
    let mut record = Record::default();
    for told in reader.stream(&StreamId::person(reader.person)).await? {
        record.take(reader, told);
    }
    for login in std::mem::take(&mut record.logins) {
        let stream = StreamId::login(&reader.node.vault().ring().login_digest(&login));
        for told in reader.stream(&stream).await? {
            if let Event::Login(login::Event::Claimed(claimed)) = &told.event
                && claimed.person == reader.person
            {
                let value = json!({ "login": sealed(&claimed.login) });
                record.account.push(told.datum(value));
            }
        }
    }
    record.account.sort_by_key(|datum| datum.origin.position);
    record.family.extend(relatives(reader).await?);
    record.links.extend(links(reader).await?);
    let refused = refused(reader, &record).await?;
    let now = record.identity.into_iter();
    let now = now.map(|(name, (value, origin))| Datum { name, value, origin }).collect();
    let sections = [
        ("identity", now),
        ("identityHistory", record.history),
        ("attachments", record.attachments),
        ("family", record.family),
        ("directLinks", record.links),
        ("account", record.account),
        ("roles", record.roles),
        ("refusedAccess", refused),
    ];
    Ok(sections.into_iter().map(|(section, data)| Section { section: section.to_owned(), data }).collect())
}

impl Record {
    fn take(&mut self, reader: &Reader<'_>, mut told: Told) {
        self.since = self.since.or(Some(told.origin.recorded_at));
        let Event::Person(event) = &told.event else { return };
        let (structure, class, group) =
            (|id| reader.structure(id), |at, id| reader.class(at, id), |id| reader.group(id));
        let in_class = |at, id| json!({ "structure": structure(at), "class": class(at, id) });
        let (list, value) = match event {
            PersonEvent::Registered(it) => {
                told.origin.source = Some(json!(it.source));
                self.identity(&it.identity, &told.origin);
                let value =
                    json!({ "profile": it.profile, "source": it.source, "availability": it.availability });
                (&mut self.account, value)
            }
            PersonEvent::IdentityChanged(it) => return self.identity(&it.identity, &told.origin),
            PersonEvent::Attached(it) => {
                self.structures.insert(it.structure);
                let place = structure(it.structure);
                let value =
                    json!({ "structure": place, "main": it.main, "starts": it.starts, "ends": it.ends });
                (&mut self.attachments, value)
            }
            PersonEvent::Detached(it) => {
                (&mut self.attachments, json!({ "structure": structure(it.structure) }))
            }
            PersonEvent::ClassJoined(it) => (&mut self.attachments, in_class(it.structure, it.class)),
            PersonEvent::ClassLeft(it) => (&mut self.attachments, in_class(it.structure, it.class)),
            PersonEvent::TeachingGroupJoined(it) => {
                let place = structure(it.structure);
                (&mut self.attachments, json!({ "structure": place, "group": group(it.group) }))
            }
            PersonEvent::TeachingGroupLeft(it) => {
                let place = structure(it.structure);
                (&mut self.attachments, json!({ "structure": place, "group": group(it.group) }))
            }
            PersonEvent::LevelsSet(it) => {
                let place = structure(it.structure);
                (&mut self.attachments, json!({ "structure": place, "levels": it.levels }))
            }
            PersonEvent::FunctionGiven(it) => {
                let held = json!({ "structure": structure(it.structure), "function": it.function,
                    "discipline": it.discipline });
                (&mut self.attachments, held)
            }
            PersonEvent::FunctionTaken(it) => {
                let held = json!({ "structure": structure(it.structure), "function": it.function,
                    "discipline": it.discipline });
                (&mut self.attachments, held)
            }
            PersonEvent::HeadTeacherNamed(it) => (&mut self.attachments, in_class(it.structure, it.class)),
            PersonEvent::HeadTeacherEnded(it) => (&mut self.attachments, in_class(it.structure, it.class)),
            PersonEvent::ChildLinked(it) => (&mut self.family, json!({ "child": reader.somebody(it.child) })),
            PersonEvent::ChildUnlinked(it) => {
                (&mut self.family, json!({ "child": reader.somebody(it.child) }))
            }
            PersonEvent::LinkMade(it) => {
                let value = json!({ "to": reader.somebody(it.to), "bothWays": it.both_ways });
                (&mut self.links, value)
            }
            PersonEvent::LinkRemoved(it) => (&mut self.links, json!({ "to": reader.somebody(it.to) })),
            PersonEvent::LoginGiven(it) => {
                self.logins.extend(it.login.open().cloned());
                (&mut self.account, json!({ "login": sealed(&it.login) }))
            }
            // Digests and verifiers are secrets of the account, and tell nothing of its owner.
            PersonEvent::CodeIssued(_) => (&mut self.account, json!({})),
            PersonEvent::Activated(it) => (&mut self.account, json!({ "charter": it.charter })),
            PersonEvent::PasswordChanged(it) => (&mut self.account, json!({ "temporary": it.temporary })),
            PersonEvent::SignedIn(it) => (&mut self.account, json!({ "address": sealed(&it.address) })),
            PersonEvent::Blocked(it) => {
                let by = it.by.map(structure);
                let value = json!({ "cause": it.cause, "by": by, "until": it.until,
                    "reason": sealed(&it.reason) });
                (&mut self.account, value)
            }
            PersonEvent::Unblocked(it) => (&mut self.account, json!({ "cause": it.cause })),
            PersonEvent::Closed(_)
            | PersonEvent::Reopened(_)
            | PersonEvent::Missing(_)
            | PersonEvent::Returned(_)
            | PersonEvent::Exported(_)
            | PersonEvent::Hidden(_)
            | PersonEvent::Shown(_)
            // Of the window nothing is told that would say what is looked into.
            | PersonEvent::IncidentRead(_) => (&mut self.account, json!({})),
            PersonEvent::Erased(it) => (&mut self.account, json!({ "writings": it.writings })),
            PersonEvent::RoleGranted(it) => {
                let structures: Vec<_> = it.role.structures.iter().copied().map(structure).collect();
                let value = json!({ "role": it.role.role, "structures": structures,
                    "below": it.role.below, "ends": it.ends });
                (&mut self.roles, value)
            }
            PersonEvent::RoleRevoked(it) => {
                let structures: Vec<_> = it.role.structures.iter().copied().map(structure).collect();
                let value = json!({ "role": it.role.role, "structures": structures, "below": it.role.below });
                (&mut self.roles, value)
            }
        };
        list.push(told.datum(value));
    }

    /// Takes in an identity, which is all of it: what changed is the history, what is there now the identity.
    fn identity(&mut self, identity: &Sealed<Identity>, origin: &Origin) {
        let Some(now) = identity.open().and_then(|identity| fields(identity).ok()) else {
            let gone = Datum { name: "identity".to_owned(), value: erased(), origin: origin.clone() };
            return self.history.push(gone);
        };
        let names: BTreeSet<String> = self.identity.keys().chain(now.keys()).cloned().collect();
        for name in names {
            let (before, after) = (self.identity.get(&name).map(|(value, _)| value), now.get(&name));
            if before == after {
                continue;
            }
            let value = after.cloned().unwrap_or(Value::Null);
            match after {
                Some(after) => self.identity.insert(name.clone(), (after.clone(), origin.clone())),
                None => self.identity.remove(&name),
            };
            self.history.push(Datum { name, value, origin: origin.clone() });
        }
    }
}

fn fields(identity: &Identity) -> serde_json::Result<Map<String, Value>> {
    match serde_json::to_value(identity)? {
        Value::Object(fields) => Ok(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Ok(Map::new())
        }
    }
}

/// Returns who has this person as their child now, from the records of those.
async fn relatives(reader: &Reader<'_>) -> Result<Vec<Datum>> {
    let relatives: Vec<_> = reader.node.read(|world| {
        let people = &world.people;
        let number = people.number(reader.person);
        let relatives = number.map_or(&[][..], |number| people.relatives(number));
        relatives.iter().filter_map(|relative| people.id(*relative)).collect()
    });
    let mut data = vec![];
    for relative in relatives {
        let linked = reader.stream(&StreamId::person(relative)).await?.into_iter().rev().find(|told| {
            matches!(&told.event, Event::Person(PersonEvent::ChildLinked(it)) if it.child == reader.person)
        });
        let named = json!({ "relative": reader.somebody(relative) });
        data.extend(linked.map(|told| told.datum(named)));
    }
    Ok(data)
}

/// Returns the direct links by hand that lead to the person now, with the events that made them.
async fn links(reader: &Reader<'_>) -> Result<Vec<Datum>> {
    let from: Vec<_> = reader.node.read(|world| {
        let number = world.people.number(reader.person);
        let links = number.map_or(&[][..], |number| world.graph.links(number)).iter();
        let leading = links.filter(|link| Some(link.to) == number);
        leading.filter_map(|link| world.people.id(link.from)).collect()
    });
    let mut data = vec![];
    for person in from {
        let made = reader.stream(&StreamId::person(person)).await?.into_iter().rev().find_map(|told| {
            let Event::Person(PersonEvent::LinkMade(it)) = &told.event else { return None };
            let both_ways = it.both_ways;
            (it.to == reader.person).then_some((told, both_ways))
        });
        let value = |both_ways| json!({ "from": reader.somebody(person), "bothWays": both_ways });
        data.extend(made.map(|(told, both_ways)| told.datum(value(both_ways))));
    }
    Ok(data)
}

/// Returns refused accesses to the account, month by month, in every place where it ever belonged.
async fn refused(reader: &Reader<'_>, record: &Record) -> Result<Vec<Datum>> {
    let Some(since) = record.since else { return Ok(vec![]) };
    let places: Vec<_> = [None].into_iter().chain(record.structures.iter().copied().map(Some)).collect();
    let mut data = vec![];
    for month in months(since, reader.node.now()) {
        for place in &places {
            for told in reader.stream(&StreamId::access(*place, month)).await? {
                let Event::Access(AccessEvent::Refused(it)) = &told.event else { continue };
                if it.account == Some(reader.person) {
                    let value = json!({ "command": it.command, "code": it.code,
                        "address": sealed(&it.address), "count": it.count });
                    data.push(told.datum(value));
                }
            }
        }
    }
    data.sort_by_key(|datum| datum.origin.position);
    Ok(data)
}

/// Returns every month from one instant to another, `yyyymm`.
fn months(from: Timestamp, to: Timestamp) -> impl Iterator<Item = u32> {
    let count = |at: Timestamp| u32::try_from(at.year()).unwrap_or(0) * 12 + at.month0();
    (count(from)..=count(to)).map(|month| month / 12 * 100 + month % 12 + 1)
}

/// Returns the erasures that were asked for, of this person or of what they wrote.
pub async fn erasures(reader: &Reader<'_>) -> Result<Section> {
    let asked: Vec<_> = reader.node.read(|world| {
        let theirs = world.erasures.newest(None).filter(|erasure| erasure.what.person() == reader.person);
        theirs.map(|erasure| (erasure.position, erasure.state)).collect()
    });
    let mut data = vec![];
    for (position, state) in asked.into_iter().rev() {
        let told = reader.at(position).await?;
        let Event::Erasure(ErasureEvent::Requested(it)) = &told.event else { continue };
        let (what, message, writings) = match it.what {
            What::Person { writings, .. } => ("PERSON", None, Some(writings)),
            What::Message { message, .. } => ("MESSAGE", Some(message), None),
        };
        let (state, decided) = match state {
            State::Asked => ("ASKED", None),
            State::Declined { at, .. } => ("DECLINED", Some(at)),
            State::Confirmed { at, done: None, .. } => ("CONFIRMED", Some(at)),
            State::Confirmed { at, done: Some(_), .. } => ("DONE", Some(at)),
        };
        let value = json!({ "what": what, "message": message, "writings": writings,
            "reason": sealed(&it.reason), "state": state, "decidedAt": decided });
        data.push(told.datum(value));
    }
    Ok(Section { section: "erasures".to_owned(), data })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(position: u64) -> Origin {
        Origin {
            position,
            recorded_at: Timestamp::UNIX_EPOCH,
            kind: "person.identity-changed".to_owned(),
            stream: "person-1".to_owned(),
            actor: Value::Null,
            source: None,
            reason: None,
            correlation: None,
        }
    }

    #[test]
    fn every_change_of_an_identity_is_told_and_the_present_knows_where_it_comes_from() {
        let mut record = Record::default();
        let first = Identity {
            first_name: "Odile".into(),
            last_name: "Vasseur".into(),
            email: Some("o@example.org".into()),
            ..Identity::default()
        };
        let second = Identity { last_name: "Le Bihan".into(), email: None, ..first.clone() };
        record.identity(&first.clone().into(), &origin(1));
        record.identity(&first.into(), &origin(2));
        record.identity(&second.into(), &origin(3));
        let told = |data: &[Datum]| -> Vec<(String, Value, u64)> {
            data.iter().map(|d| (d.name.clone(), d.value.clone(), d.origin.position)).collect()
        };
        assert_eq!(
            told(&record.history),
            [
                ("email".to_owned(), json!("o@example.org"), 1),
                ("first_name".to_owned(), json!("Odile"), 1),
                ("last_name".to_owned(), json!("Vasseur"), 1),
                ("email".to_owned(), Value::Null, 3),
                ("last_name".to_owned(), json!("Le Bihan"), 3),
            ]
        );
        let now: Vec<_> =
            record.identity.iter().map(|(name, (_, origin))| (&**name, origin.position)).collect();
        assert_eq!(now, [("first_name", 1), ("last_name", 3)]);
        record.identity(&Sealed::Erased, &origin(4));
        assert_eq!(record.history.last().map(|datum| &datum.value), Some(&erased()));
    }

    #[test]
    fn months_go_on_over_the_end_of_a_year() {
        let at = |text: &str| text.parse().unwrap();
        let months: Vec<_> = months(at("2025-11-30T23:00:00Z"), at("2026-02-01T00:00:00Z")).collect();
        assert_eq!(months, [202_511, 202_512, 202_601, 202_602]);
    }
}
