//! Whom or what an event is about: whoever audits that person or structure may see the event.
//!
//! Invariant: once there is an answer for an event it does not change while the log grows: who wrote a message, whom an
//! erasure is about is decided once. Only a draft is about nobody until it is sent; it is made by its author. A notice
//! is about the one person it tells something, about nobody if there are several. An event of a booking is about whose it
//! is, and about the structure of the resource.

use domain::{Event, PersonId, StructureId, access, person::login};
use eventlog::Recorded;
use eventlog::decode::{Fault, decode};

use crate::world::World;

/// Whom or what an event is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct About {
    /// The person.
    pub person: Option<PersonId>,
    /// The structure.
    pub structure: Option<StructureId>,
}

impl About {
    /// Returns whom an event is about. `world` has applied it.
    pub fn of(world: &World, recorded: &Recorded) -> Result<Self, Fault> {
        let stream = recorded.stream();
        let (category, key) = stream.split_once('-').unwrap_or((stream, ""));
        let (person, structure) = match category {
            "person" | "copies" | "mailbox" | "favourites" | "feeds" => (key.parse().ok(), None),
            "structure" | "imports" => (None, key.parse().ok()),
            "group" => {
                let row = key.parse().ok().and_then(|group| world.people.group(group));
                let row = row.and_then(|group| world.people.group_row(group));
                let structure = row.and_then(|row| world.people.structure(row.structure));
                (None, structure.map(|structure| structure.id))
            }
            "access" => {
                let structure = key.split_once('-').and_then(|(structure, _)| structure.parse().ok());
                let Event::Access(access::Event::Refused(refused)) = decode(recorded)? else {
                    return Ok(Self { person: None, structure });
                };
                (refused.account, structure)
            }
            "message" | "openings" => {
                let author = key.parse().ok().and_then(|message| {
                    let row = world.mailboxes.message(world.mailboxes.number(message)?)?;
                    world.people.id(row.whose()?)
                });
                (author, None)
            }
            "login" => {
                let Event::Login(login::Event::Claimed(claimed)) = decode(recorded)? else {
                    return Ok(Self::default());
                };
                (Some(claimed.person), None)
            }
            "erasure" => {
                let erasure = key.parse().ok().and_then(|erasure| world.erasures.get(erasure));
                (erasure.map(|erasure| erasure.what.person()), None)
            }
            "contents" => {
                let request = key.parse().ok().and_then(|request| world.contents.get(request));
                (request.map(|request| request.what.author()), None)
            }
            "rule" => {
                let request = key.strip_prefix("request-").and_then(|key| key.parse().ok());
                (request.and_then(|request| world.rule_requests.get(request)).map(|request| request.by), None)
            }
            "domain" => (None, key.parse().ok().and_then(|domain| world.resources.structure_of(domain))),
            "resource" => {
                let resource = key.parse().ok();
                let structure = resource.and_then(|id| world.resources.structure_of_resource(id));
                (owner(world, recorded)?, structure)
            }
            "booking" => {
                let request = key.strip_prefix("request-").and_then(|key| key.parse().ok());
                let request = request.and_then(|request| world.calendars.request(request));
                (request.map(|request| request.made.owner), None)
            }
            _ => (None, None),
        };
        Ok(Self { person, structure })
    }
}

/// Returns whose booking an event of a resource is of; nobody's if it is of the resource alone.
fn owner(world: &World, recorded: &Recorded) -> Result<Option<PersonId>, Fault> {
    // The kind says so: what is of the resource alone need not be read.
    if recorded.kind().starts_with("resource.") {
        return Ok(None);
    }
    let Event::Resource(event) = decode(recorded)? else { return Ok(None) };
    let booking = event.booking().and_then(|booking| world.calendars.booking(booking));
    Ok(booking.map(|(_, booking)| booking.owner))
}
