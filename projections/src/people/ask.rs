//! Questions about who there is.

use std::collections::BTreeSet;

use domain::clock::Zone;
use domain::group::GroupKind;
use domain::label::Uai;
use domain::person::KeptOut;
use domain::{ClassId, Label, PersonId, StructureId, Timestamp};
use roaring::RoaringBitmap;

use super::People;
use super::near::{Groups, Near};
use super::row::{Group, Person, Structure};
use crate::dense::{GroupNo, PersonNo, StructureNo};

impl People {
    /// Returns a person.
    pub fn person(&self, person: PersonNo) -> Option<&Person> {
        self.rows.get(person.index())?.as_deref()
    }

    /// Returns a person by id.
    pub fn person_by_id(&self, person: PersonId) -> Option<&Person> {
        self.person(self.number(person)?)
    }

    /// Returns everybody ever registered, in the order of numbers.
    pub fn everybody(&self) -> impl Iterator<Item = (PersonNo, &Person)> {
        (0..).map(PersonNo).zip(&self.rows).filter_map(|(number, row)| Some((number, row.as_deref()?)))
    }

    /// Returns the groups a person is a current member of, in the order of numbers.
    pub fn memberships(&self, person: PersonNo) -> &[GroupNo] {
        self.near.get(person.index()).map_or(&[], Near::groups)
    }

    /// Returns the groups a person is a current member of, with what tells quickly that they are in others.
    pub(crate) fn groups_with_bits(&self, person: PersonNo) -> Groups<'_> {
        self.near.get(person.index()).map(Near::with_bits).unwrap_or_default()
    }

    /// Returns whether a person is a current member of a group.
    pub fn is_member(&self, person: PersonNo, group: GroupNo) -> bool {
        self.members(group).is_some_and(|members| members.contains(person.0))
    }

    /// Returns the children of a relative.
    pub fn children(&self, relative: PersonNo) -> &[PersonNo] {
        self.person(relative).map_or(&[], |row| &row.children)
    }

    /// Returns the relatives of a pupil, in the order of numbers.
    pub fn relatives(&self, child: PersonNo) -> &[PersonNo] {
        self.near.get(child.index()).map_or(&[], Near::relatives)
    }

    /// Returns whether an account gets nothing new.
    pub fn is_barred(&self, person: PersonNo) -> bool {
        self.barred.contains(person.0)
    }

    /// Returns the classes a person is in today, those of their children for a relative, whatever the account is.
    pub fn classes(&self, person: PersonNo) -> Vec<(StructureNo, ClassId)> {
        let Some(row) = self.person(person) else { return vec![] };
        let children = row.children.iter().filter_map(|child| self.person(*child));
        let whose = std::iter::once(row).chain(children);
        let attachments = whose.flat_map(|row| &row.attachments).filter(|a| self.in_force(a));
        let mut classes: Vec<_> = attachments
            .flat_map(|a| a.classes.iter().map(|class| (a.structure, *class)))
            .filter(|(structure, class)| self.counts(*structure, *class))
            .collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// Returns the number of a structure.
    pub fn structure_no(&self, structure: StructureId) -> Option<StructureNo> {
        self.structures.get(structure).map(StructureNo)
    }

    /// Returns a structure.
    pub fn structure(&self, structure: StructureNo) -> Option<&Structure> {
        self.places.get(structure.index())?.row.as_ref()
    }

    /// Returns the number of the structure with a code; the first created, should two have it.
    pub fn structure_by_uai(&self, uai: Uai) -> Option<StructureNo> {
        self.by_uai.get(&uai).copied()
    }

    /// Returns every structure, in the order of numbers.
    pub fn all_structures(&self) -> impl Iterator<Item = (StructureNo, &Structure)> {
        let numbered = (0..).map(StructureNo).zip(&self.places);
        numbered.filter_map(|(number, place)| Some((number, place.row.as_ref()?)))
    }

    /// Returns a structure and all below it, parents first.
    pub fn below(&self, structure: StructureNo) -> Vec<StructureNo> {
        let mut found = vec![structure];
        let mut next = 0;
        while let Some(above) = found.get(next).copied() {
            next += 1;
            for below in self.places.get(above.index()).map_or(&[][..], |place| &place.below) {
                // A structure that names itself above itself, however far, is met once.
                if !found.contains(below) {
                    found.push(*below);
                }
            }
        }
        found
    }

    /// Returns the zones that structures live in, by name.
    pub fn structure_zones(&self) -> Vec<Zone> {
        let mut zones: Vec<_> = self.all_structures().map(|(_, structure)| structure.zone).collect();
        zones.sort_unstable_by_key(|zone| zone.name());
        zones.dedup();
        zones
    }

    /// Returns everybody attached to a structure, whether the attachment is in force or not.
    pub fn attached(&self, structure: StructureNo) -> RoaringBitmap {
        self.places.get(structure.index()).map(|place| place.attached.clone()).unwrap_or_default()
    }

    /// Returns everybody whose attachment to a structure is in force, blocked and closed accounts included.
    pub fn people_of(&self, structure: StructureNo) -> RoaringBitmap {
        self.places.get(structure.index()).map(|place| place.present.clone()).unwrap_or_default()
    }

    /// Returns everybody whose attachment to a structure is in force or still to begin.
    pub fn staying(&self, structure: StructureNo) -> RoaringBitmap {
        self.places.get(structure.index()).map(|place| &place.attached - &place.gone).unwrap_or_default()
    }

    /// Returns a group, once it is known what it is.
    pub fn group_row(&self, group: GroupNo) -> Option<&Group> {
        self.group_rows.get(group.index())?.as_ref()
    }

    /// Returns the group of a kind in a structure, once it is known.
    pub fn group_of_kind(&self, structure: StructureNo, kind: &GroupKind) -> Option<GroupNo> {
        self.by_kind.get(&(structure, kind.clone())).copied()
    }

    /// Returns the groups of a structure, in the order in which they became known.
    pub fn groups_of(&self, structure: StructureNo) -> &[GroupNo] {
        self.places.get(structure.index()).map_or(&[], |place| &place.groups)
    }

    /// Returns the groups nested in a group.
    pub fn nested(&self, group: GroupNo) -> &[GroupNo] {
        self.nested.get(group.index()).map_or(&[], |nested| nested)
    }

    /// Returns the codes of the functions and of the post disciplines that somebody of a structure holds, sorted:
    /// what a matrix is applied to.
    pub fn held(&self, structure: StructureNo) -> (Vec<Label>, Vec<Label>) {
        let (mut functions, mut disciplines) = (BTreeSet::new(), BTreeSet::new());
        for person in &self.attached(structure) {
            let attachment = self.person(PersonNo(person)).and_then(|row| row.attachment(structure));
            for (function, discipline) in attachment.into_iter().flat_map(|a| &a.functions) {
                functions.insert(function.clone());
                disciplines.extend(discipline.clone());
            }
        }
        (functions.into_iter().collect(), disciplines.into_iter().collect())
    }

    /// Returns whether a class counts: it is not known to be closed.
    pub(super) fn counts(&self, structure: StructureNo, class: ClassId) -> bool {
        let known = self.structure(structure).and_then(|row| row.classes.get(&class));
        known.is_none_or(|class| class.open)
    }

    /// Returns at most `most` people who have no login yet, each with the login their names give first. Somebody
    /// erased before they had one gets none.
    pub fn without_login(&self, most: usize) -> Vec<(PersonId, String)> {
        let base = |number: u32| {
            let row = self.person(PersonNo(number))?;
            let shown = row.identity.as_ref()?;
            Some((row.id, domain::person::login::generate(&shown.first_name, &shown.last_name)))
        };
        self.nameless.iter().filter_map(base).take(most).collect()
    }

    /// Returns what keeps a person out at `now` who is not blocked in person: the block of their profile, or an
    /// access window that is not open yet.
    ///
    /// Whoever belongs to several structures is kept out only if every one of them keeps them out: a structure
    /// decides for itself, not for the others. Answered is then what the main structure says.
    pub fn kept_out(&self, person: PersonNo, now: Timestamp) -> Option<KeptOut> {
        let row = self.person(person)?;
        let mut answer = None;
        for attachment in row.attachments.iter().filter(|attachment| self.in_force(attachment)) {
            let structure = self.structure(attachment.structure)?;
            let kept = kept_out_by(structure, row, now)?;
            if answer.is_none() || attachment.main {
                answer = Some(kept);
            }
        }
        answer
    }
}

fn kept_out_by(structure: &Structure, row: &Person, now: Timestamp) -> Option<KeptOut> {
    if let Some(until) = structure.blocks.get(&row.profile)
        && until.is_none_or(|until| now < until)
    {
        return Some(KeptOut::Profile(structure.id, *until));
    }
    let opens = structure.windows.get(&row.profile)?;
    (structure.zone.day_at(now) < *opens).then_some(KeptOut::Window(structure.id, *opens))
}
