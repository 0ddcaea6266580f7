//! What domains and resources are called and what bookings are for, opened for whoever may read it.
//!
//! Invariant: whoever calls has checked that. What was erased is none, and no fault.

use domain::resource::Life;
use domain::sealed::{Carries, Visit};
use domain::{EventId, PersonId, Retention, Sealed, Subject};
use projections::calendars::{Calendar, Text};
use projections::resources::Domain;

use crate::failure::{Failure, Result};
use crate::node::Node;

/// Opens what a domain is called.
pub fn of_domain(node: &Node, domain: &Domain) -> Result<Option<String>> {
    open(node, Subject::Structure(domain.structure), domain.named, &domain.name, "name")
}

/// Opens what a resource is called.
pub fn of_resource(node: &Node, calendar: &Calendar) -> Result<Option<String>> {
    let (Life::Open { structure, .. } | Life::Deleted { structure, .. }) = calendar.state.life() else {
        return Ok(None);
    };
    let Text { event, text } = &calendar.name;
    open(node, Subject::Structure(structure), *event, text, "name")
}

/// Opens what somebody's booking is for.
pub fn purpose(node: &Node, owner: PersonId, text: &Text) -> Result<Option<String>> {
    open(node, Subject::Identity(owner), text.event, &text.text, "purpose")
}

/// Opens why somebody's booking was refused or cancelled.
pub(super) fn reason(node: &Node, owner: PersonId, text: &Text) -> Result<Option<String>> {
    open(node, Subject::Identity(owner), text.event, &text.text, "reason")
}

fn open(
    node: &Node,
    subject: Subject,
    event: EventId,
    text: &Sealed<String>,
    name: &'static str,
) -> Result<Option<String>> {
    let mut carried = Alone { subject, name, text: text.clone() };
    let opened = node.vault().open(event, &mut carried);
    opened.map_err(|error| Failure::Internal(Box::new(error)))?;
    Ok(carried.text.into_open())
}

/// A sealed text alone, with what its key is derived from.
struct Alone {
    subject: Subject,
    name: &'static str,
    text: Sealed<String>,
}

impl Carries for Alone {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(self.subject, Retention::Life, self.name, 0, &mut self.text);
    }
}
