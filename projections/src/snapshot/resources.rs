//! How domains of resources and feeds are written down in a snapshot.

use domain::booking::role::Role;
use domain::feed::Of;
use domain::resource_domain::Target;

use super::bytes::{Stored, coded, stored};
use super::values::tagged;
use crate::resources::{Domain, Grant, Resources, Standing};

coded! {
    Role { Visitor = 0, Writer = 1, PublishingWriter = 2, Moderator = 3, Manager = 4 }
    Standing { Plain = 0, Invited = 1, Accepted = 2 }
}

stored! {
    Resources { domains, grants, gone, of_structure, ever, of_resource, of_group, of_person }
    Domain { id, structure, name, named, details_from, resources, grants, on }
    Grant { id, domain, on, to, role, from, through, standing, position }
}

impl Stored for Target {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Group(group) => tagged(0, group, to),
            Self::Person(person) => tagged(1, person, to),
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Stored::get(from).map(Self::Group),
            1 => Stored::get(from).map(Self::Person),
            _ => None,
        }
    }
}

impl Stored for Of {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Own => to.push(0),
            Self::Busy(resource) => tagged(1, resource, to),
            Self::Details(resource) => tagged(2, resource, to),
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(Self::Own),
            1 => Stored::get(from).map(Self::Busy),
            2 => Stored::get(from).map(Self::Details),
            _ => None,
        }
    }
}
