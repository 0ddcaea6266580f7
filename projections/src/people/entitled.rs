//! What keeps somebody out of groups: the account, and attachments that are not in force.
//!
//! Invariant: for an account that is not barred, the groups without a `but` are the current memberships.

use domain::group::{GroupKind, Profile};
use domain::person::BlockCause;
use domain::{ClassId, Date};

use super::People;
use super::row::{Attachment, Person};
use crate::dense::{GroupNo, PersonNo, StructureNo};

/// A group somebody is in, or would be in but for their account or for an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entitled {
    /// The group.
    pub group: GroupNo,
    /// The attachment that it hangs on, if that one is not in force.
    pub but: Option<Late>,
}

/// An attachment that is not in force, by its days or because its structure is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Late {
    /// Whose: a relative is in classes by their children.
    pub person: PersonNo,
    /// Where.
    pub structure: StructureNo,
    /// Its last day, if that has passed; else it has not begun.
    pub ended: Option<Date>,
}

/// Why an account gets nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Barred {
    /// It is closed.
    Closed,
    /// It is blocked.
    Blocked(BlockCause),
    /// It was kept until a day that has passed.
    Expired,
}

impl People {
    /// Returns why an account gets nothing new: every reason, none if it is not barred.
    pub fn why_barred(&self, person: PersonNo) -> Vec<Barred> {
        let Some(row) = self.person(person) else { return vec![] };
        let mut why: Vec<_> = row.blocks.iter().map(|block| Barred::Blocked(block.cause)).collect();
        why.extend(row.closed.then_some(Barred::Closed));
        why.extend(self.expired(row).then_some(Barred::Expired));
        why.sort_unstable();
        why
    }

    /// Returns how an attachment of somebody is not in force, if so.
    pub fn late(&self, person: PersonNo, attachment: &Attachment) -> Option<Late> {
        let ended = attachment.ends.filter(|_| self.past(attachment));
        (!self.in_force(attachment)).then_some(Late { person, structure: attachment.structure, ended })
    }

    /// Returns the groups somebody is in, or would be in but for their account or an attachment, by number.
    pub fn entitled(&self, person: PersonNo) -> Vec<Entitled> {
        let Some(row) = self.person(person) else { return vec![] };
        let (mut entitled, mut kinds) = (vec![], vec![]);
        let mut add = |whose: PersonNo, attachment: &Attachment, kinds: &mut Vec<_>| {
            let but = self.late(whose, attachment);
            let groups = kinds.drain(..).filter_map(|(structure, kind)| self.group_known(structure, &kind));
            entitled.extend(groups.map(|group| Entitled { group, but }));
        };
        for attachment in &row.attachments {
            self.own_kinds(row.profile, attachment, &mut kinds);
            add(person, attachment, &mut kinds);
        }
        for (child, attachment) in self.places_by_children(row) {
            self.kinds_by_child(attachment, &mut kinds);
            add(child, attachment, &mut kinds);
        }
        let by_hand = self.rosters.of(person).iter().filter_map(|group| {
            let structure = self.group_row(*group)?.structure;
            let closed = self.is_of_closed(*group).then_some(Late { person, structure, ended: None });
            Some(Entitled { group: *group, but: closed })
        });
        entitled.extend(by_hand);
        // One in force stands before one that is not.
        entitled.sort_unstable();
        entitled.dedup_by_key(|entitled| entitled.group);
        entitled
    }

    /// Returns the attachments of the children by which a relative is in classes, with whose each is.
    fn places_by_children<'a>(
        &'a self,
        row: &'a Person,
    ) -> impl Iterator<Item = (PersonNo, &'a Attachment)> + 'a {
        let children = row.children.iter().filter(|_| row.profile == Profile::Relative);
        children.flat_map(|child| {
            let attachments = self.person(*child).map_or(&[][..], |row| &row.attachments);
            attachments.iter().map(move |attachment| (*child, attachment))
        })
    }

    /// Returns whose attachment to a structure would put a person into classes there: their own, or that of one of
    /// their children, one in no class before one who is in another.
    pub fn whose_place(&self, person: PersonNo, structure: StructureNo) -> Option<(PersonNo, &Attachment)> {
        let row = self.person(person)?;
        if row.profile != Profile::Relative {
            return Some((person, row.attachment(structure)?));
        }
        let there = self.places_by_children(row).filter(|(_, attachment)| attachment.structure == structure);
        there.min_by_key(|(_, attachment)| (!self.in_force(attachment), !attachment.classes.is_empty()))
    }

    /// Returns whether a class is open.
    pub fn is_open(&self, structure: StructureNo, class: ClassId) -> bool {
        self.structure(structure).and_then(|row| row.classes.get(&class)).is_some_and(|class| class.open)
    }

    /// A rule may name a group that nobody was ever in.
    fn group_known(&self, structure: StructureNo, kind: &GroupKind) -> Option<GroupNo> {
        let named = || self.group(kind.id(self.places.get(structure.index())?.id));
        self.group_of_kind(structure, kind).or_else(named)
    }
}
