//! Finding people: filters and pages over those the caller sees.
//!
//! Invariant: a filter only takes away; nobody enters a list who was not seen before it.

use async_graphql::connection::{Edge, OpaqueCursor};
use domain::group::GroupKind;
use domain::{ClassId, GroupId, PersonId, StructureId};
use projections::World;
use projections::dense::PersonNo;
use projections::graph::Reach;
use projections::people::People;
use projections::search::{Found, Rank};
use roaring::RoaringBitmap;

use super::{Person, Profile};
use crate::failure::{Failure, Result};
use crate::graphql::common::{Listed, Page, Total};
use crate::rights::Rights;

/// Which people are asked for.
#[derive(Debug, Default)]
pub(super) struct Filter {
    pub(super) structure: Option<StructureId>,
    pub(super) profile: Option<Profile>,
    pub(super) class: Option<ClassId>,
    pub(super) group: Option<GroupId>,
}

impl Filter {
    /// Leaves of `seen` those who are asked for.
    pub(super) fn sift(&self, world: &World, rights: &Rights, seen: &mut Reach) -> Result<()> {
        let people = &world.people;
        if let Some(group) = self.group {
            let number = people.group(group).filter(|number| rights.sees_members(world, *number));
            let members = number.and_then(|number| people.members(number)).ok_or(Failure::NotFound)?;
            seen.people &= members;
        }
        if let Some(structure) = self.structure {
            let number = people.structure_no(structure).ok_or(Failure::NotFound)?;
            let read = rights.looks(structure);
            seen.people &= if read { people.attached(number) } else { people.people_of(number) };
        }
        if let Some(profile) = self.profile {
            keep(&mut seen.people, people.of_profile(profile.into()));
        }
        if let Some(class) = self.class {
            seen.people &= in_class(people, class, people.barred() & &seen.people);
        }
        Ok(())
    }
}

/// Returns a page of people by name, `among` those who are seen.
pub fn page(
    world: &World,
    rights: &Rights,
    among: &Reach,
    search: &str,
    page: &Page<(u8, String, PersonId)>,
    total: bool,
) -> Result<Listed<(u8, String, PersonId), Person>> {
    let Page::First(first, after) = page else {
        return Err(Failure::BadInput("last", "this list is read from its beginning"));
    };
    let after = after.as_ref().map(|after| place(world, after)).transpose()?;
    let mut found = world.search.search(search, &among.people, after.as_ref(), first + 1);
    let more = found.len() > *first;
    found.truncate(*first);
    let everybody = || world.search.search(search, &among.people, None, usize::MAX).len() as u64;
    let total = Total { total_count: total.then(everybody) };
    let mut listed = Listed::with_additional_fields(after.is_some(), more, total);
    listed.edges.extend(found.into_iter().filter_map(|found| {
        let person = Person::seen(world, rights, found.person)?;
        Some(Edge::new(OpaqueCursor((found.rank as u8, found.name.into(), person.row.id)), person))
    }));
    Ok(listed)
}

fn place(world: &World, (rank, name, person): &(u8, String, PersonId)) -> Result<Found> {
    let rank = [Rank::Exact, Rank::Prefix, Rank::Inside].into_iter().find(|known| *known as u8 == *rank);
    let person = world.people.number(*person);
    let place = rank.zip(person).map(|(rank, person)| Found { rank, name: name.as_str().into(), person });
    place.ok_or(Failure::BadInput("after", "a cursor that this list gave"))
}

/// Returns who is in a class themselves: its members, and those of the `barred` who would be. A relative is not: they
/// are found through the children that are seen.
fn in_class(people: &People, class: ClassId, barred: RoaringBitmap) -> RoaringBitmap {
    let mut found = barred;
    found.retain(|person| {
        let row = people.person(PersonNo(person));
        let mut attachments = row.into_iter().flat_map(|row| &row.attachments);
        attachments.any(|attachment| people.in_force(attachment) && attachment.classes.contains(&class))
    });
    let structure = people.all_structures().find(|(_, row)| row.classes.contains_key(&class));
    for profile in
        [domain::group::Profile::Teacher, domain::group::Profile::Staff, domain::group::Profile::Student]
    {
        let group =
            structure.and_then(|(number, _)| people.group_of_kind(number, &GroupKind::Class(class, profile)));
        if let Some(members) = group.and_then(|group| people.members(group)) {
            found |= members;
        }
    }
    found
}

/// Leaves of `seen` who is in `these`, nobody if there are none.
pub fn keep(seen: &mut RoaringBitmap, these: Option<&RoaringBitmap>) {
    match these {
        Some(these) => *seen &= these,
        None => seen.clear(),
    }
}
