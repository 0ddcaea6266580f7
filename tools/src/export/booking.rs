//! Roles of booking that were granted to a person, invitations to them, and domains they created.

use std::collections::BTreeSet;

use anyhow::Result;
use domain::resource_domain::{Event as DomainEvent, Target};
use domain::{DomainId, Event, GrantId, StreamId};
use serde_json::{Value, json};

use super::document::{Datum, Section};
use super::origin::{Reader, sealed};

/// Returns what stands in the streams of the domains where something was ever granted to the person: who creates one
/// is its first MANAGER. What their groups have is not theirs.
pub async fn sections(reader: &Reader<'_>) -> Result<Vec<Section>> {
    let ever = |grant: &projections::resources::Grant| (grant.domain, grant.id);
    let grants: Vec<(DomainId, GrantId)> = reader
        .node
        .read(|world| world.resources.ever_granted_to(reader.person).into_iter().map(ever).collect());
    let own: BTreeSet<GrantId> = grants.iter().map(|(_, grant)| *grant).collect();
    let mut data = vec![];
    for domain in grants.iter().map(|(domain, _)| *domain).collect::<BTreeSet<_>>() {
        for told in reader.stream(&StreamId::domain(domain)).await? {
            let Event::ResourceDomain(event) = &told.event else { continue };
            if let Some(value) = about(reader, domain, &own, event) {
                data.push(told.datum(value));
            }
        }
    }
    data.sort_by_key(|datum: &Datum| datum.origin.position);
    Ok(vec![Section { section: "bookingRoles".to_owned(), data }])
}

/// What an event says of the person; none if it is about others.
fn about(
    reader: &Reader<'_>,
    domain: DomainId,
    own: &BTreeSet<GrantId>,
    event: &DomainEvent,
) -> Option<Value> {
    let of = |grant: &GrantId| own.contains(grant).then(|| json!({ "domain": domain, "grant": grant }));
    match event {
        DomainEvent::Created(created) if created.by == Some(reader.person) => {
            let (structure, name) = (reader.structure(created.structure), sealed(&created.name));
            Some(json!({ "domain": domain, "structure": structure, "name": name }))
        }
        DomainEvent::RoleGranted(granted) if granted.to == Target::Person(reader.person) => Some(
            json!({ "domain": domain, "grant": granted.grant, "resource": granted.on, "role": granted.role,
                "starts": granted.from, "ends": granted.through, "invitation": granted.invitation }),
        ),
        DomainEvent::InvitationAccepted(accepted) => of(&accepted.grant),
        DomainEvent::InvitationDeclined(declined) => of(&declined.grant),
        DomainEvent::RoleRevoked(revoked) => of(&revoked.grant),
        DomainEvent::Created(_)
        | DomainEvent::Renamed(_)
        | DomainEvent::Deleted(_)
        | DomainEvent::ResourceAdded(_)
        | DomainEvent::ResourceRemoved(_)
        | DomainEvent::RoleGranted(_)
        | DomainEvent::DetailsShownFrom(_) => None,
    }
}
