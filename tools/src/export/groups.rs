//! Groups filled by hand that a person was put into, taken out of or managed, the recipients they saved, and the links to
//! calendars that they opened.

use anyhow::Result;
use domain::favourite::Event as FavouriteEvent;
use domain::feed::{Event as FeedEvent, Of};
use domain::roster::Event as RosterEvent;
use domain::{Event, GroupId, PersonId, StreamId};
use serde_json::{Value, json};

use super::document::{Datum, Section};
use super::origin::{Reader, sealed};

/// Returns what stands in the streams of groups filled by hand, favourites and feeds.
pub async fn sections(reader: &Reader<'_>) -> Result<Vec<Section>> {
    let sections = [
        ("groupsByHand", by_hand(reader).await?),
        ("favourites", favourites(reader).await?),
        ("feeds", feeds(reader).await?),
    ];
    Ok(sections.into_iter().map(|(section, data)| Section { section: section.to_owned(), data }).collect())
}

/// Every such group is read: who no longer is in one is known by its events alone.
async fn by_hand(reader: &Reader<'_>) -> Result<Vec<Datum>> {
    let groups: Vec<GroupId> = reader.node.read(|world| world.people.filled_by_hand().collect());
    let mut data = vec![];
    for group in groups {
        for told in reader.stream(&StreamId::group(group)).await? {
            let Event::Roster(event) = &told.event else { continue };
            if let Some(value) = about(reader, group, event) {
                data.push(told.datum(value));
            }
        }
        // A server has others to answer in between.
        tokio::task::yield_now().await;
    }
    data.sort_by_key(|datum| datum.origin.position);
    Ok(data)
}

/// What an event says of the person; none if it is about others. Who else it names is theirs.
fn about(reader: &Reader<'_>, group: GroupId, event: &RosterEvent) -> Option<Value> {
    let me = reader.person;
    let mine = |people: &[PersonId]| people.contains(&me).then(|| json!({ "group": reader.group(group) }));
    match event {
        RosterEvent::MembersAdded(added) => mine(&added.people),
        RosterEvent::MembersRemoved(removed) => mine(&removed.people),
        RosterEvent::ManagerNamed(named) if named.person == me => {
            let under = named.under.map(|under| reader.somebody(under));
            Some(json!({ "group": reader.group(group), "under": under }))
        }
        RosterEvent::ManagerEnded(ended) => mine(&[ended.person]),
        RosterEvent::ManagerNamed(_) => None,
    }
}

async fn favourites(reader: &Reader<'_>) -> Result<Vec<Datum>> {
    let told = reader.stream(&StreamId::favourites(reader.person)).await?.into_iter();
    let datum = |told: super::origin::Told| {
        let Event::Favourite(event) = &told.event else { return None };
        let value = match event {
            FavouriteEvent::Saved(saved) => {
                let people: Vec<_> = saved.people.iter().map(|person| reader.somebody(*person)).collect();
                let groups: Vec<_> = saved.groups.iter().map(|group| reader.group(*group)).collect();
                let name = sealed(&saved.name);
                json!({ "favourite": saved.favourite, "name": name, "people": people, "groups": groups })
            }
            FavouriteEvent::Deleted(deleted) => json!({ "favourite": deleted.favourite }),
        };
        Some(told.datum(value))
    };
    Ok(told.filter_map(datum).collect())
}

/// Digests of secrets never leave.
async fn feeds(reader: &Reader<'_>) -> Result<Vec<Datum>> {
    let told = reader.stream(&StreamId::feeds(reader.person)).await?.into_iter();
    let datum = |told: super::origin::Told| {
        let Event::Feed(event) = &told.event else { return None };
        let value = match event {
            FeedEvent::Opened(opened) => {
                let resource = match opened.of {
                    Of::Own => None,
                    Of::Busy(resource) | Of::Details(resource) => Some(resource),
                };
                json!({ "feed": opened.feed, "resource": resource, "ends": opened.last_day })
            }
            FeedEvent::Revoked(revoked) => json!({ "feed": revoked.feed }),
        };
        Some(told.datum(value))
    };
    Ok(told.filter_map(datum).collect())
}
