//! Memberships: derived from what is attached to a person, compared with what they were.
//!
//! A relative is in the RELATIVE groups of the classes and levels of each of their children, whatever the account
//! of the child is: a pupil who is blocked does not silence their parents.

use domain::Date;
use domain::clock::Zone;
use domain::group::{GroupKind, Profile};
use domain::person::Availability;

use super::row::{Attachment, Person};
use super::{Change, People};
use crate::dense::{GroupNo, PersonNo, StructureNo};

impl People {
    /// Derives the memberships of these people and of their relatives again, and returns what changed: in the
    /// order of person ids, what ended before what began, each in the order of group numbers.
    pub(super) fn touch(&mut self, people: impl IntoIterator<Item = PersonNo>) -> Vec<Change> {
        let mut touched = vec![];
        for person in people {
            touched.push(person);
            touched.extend_from_slice(self.relatives(person));
        }
        touched.sort_unstable_by_key(|person| self.id(*person));
        touched.dedup();
        let mut changes = vec![];
        for person in touched {
            self.refresh(person, &mut changes);
        }
        changes
    }

    fn refresh(&mut self, person: PersonNo, changes: &mut Vec<Change>) {
        let Some(row) = self.rows.get_mut(person.index()).and_then(Option::take) else { return };
        self.rosters.note(person);
        self.schedule(person, &row);
        self.place(person, &row);
        let barred = row.closed || !row.blocks.is_empty() || self.expired(&row);
        let now = if barred {
            self.barred.insert(person.0);
            vec![]
        } else {
            self.barred.remove(person.0);
            self.derive(person, &row)
        };
        let before = self.near[person.index()].join(&now);
        for group in before.iter().filter(|group| now.binary_search(group).is_err()) {
            self.members.remove(*group, person);
            changes.push(Change { person, group: *group, joined: false });
        }
        for group in now.iter().filter(|group| before.binary_search(group).is_err()) {
            self.members.add(*group, person);
            changes.push(Change { person, group: *group, joined: true });
        }
        self.rows[person.index()] = Some(row);
    }

    /// Returns the groups that a person belongs in, in the order of numbers.
    fn derive(&mut self, person: PersonNo, row: &Person) -> Vec<GroupNo> {
        let mut kinds = vec![];
        for attachment in row.attachments.iter().filter(|attachment| self.in_force(attachment)) {
            self.own_kinds(row.profile, attachment, &mut kinds);
        }
        if row.profile == Profile::Relative {
            for child in row.children.iter().filter_map(|child| self.person(*child)) {
                for attachment in child.attachments.iter().filter(|attachment| self.in_force(attachment)) {
                    self.kinds_by_child(attachment, &mut kinds);
                }
            }
        }
        let mut groups: Vec<_> =
            kinds.into_iter().map(|(structure, kind)| self.ensure_group(structure, kind)).collect();
        groups.extend(self.rosters.of(person).iter().filter(|group| !self.is_of_closed(**group)));
        groups.sort_unstable();
        groups.dedup();
        // Collecting may have kept the room that the kinds took.
        groups.shrink_to_fit();
        groups
    }

    /// Adds the groups in which an attachment of their own puts somebody of a profile.
    pub(super) fn own_kinds(
        &self,
        profile: Profile,
        attachment: &Attachment,
        kinds: &mut Vec<(StructureNo, GroupKind)>,
    ) {
        let structure = attachment.structure;
        let mut add = |kind| kinds.push((structure, kind));
        add(GroupKind::Profile(profile));
        for class in attachment.classes.iter().filter(|class| self.counts(structure, **class)) {
            add(GroupKind::Class(*class, profile));
        }
        for class in attachment.head_teacher.iter().filter(|class| self.counts(structure, **class)) {
            add(GroupKind::HeadTeacher(*class));
        }
        for (function, discipline) in &attachment.functions {
            if function.as_str() == GroupKind::DIRECTION {
                add(GroupKind::Direction);
            }
            add(GroupKind::Function(function.clone()));
            if let Some(discipline) = discipline {
                add(GroupKind::Discipline(discipline.clone()));
            }
        }
        for group in &attachment.teaching_groups {
            add(GroupKind::Teaching(*group));
        }
        if profile == Profile::Student {
            for level in &attachment.levels {
                add(GroupKind::Level(level.clone(), Profile::Student));
            }
        }
    }

    /// Adds the groups in which an attachment of a child puts their relatives.
    pub(super) fn kinds_by_child(&self, attachment: &Attachment, kinds: &mut Vec<(StructureNo, GroupKind)>) {
        let structure = attachment.structure;
        let classes = attachment.classes.iter().filter(|class| self.counts(structure, **class));
        kinds.extend(classes.map(|class| (structure, GroupKind::Class(*class, Profile::Relative))));
        let level = |level: &domain::Label| GroupKind::Level(level.clone(), Profile::Relative);
        kinds.extend(attachment.levels.iter().map(|of| (structure, level(of))));
    }

    /// Returns whether an attachment is in force: its structure is open, and it has begun and not ended.
    pub fn in_force(&self, attachment: &Attachment) -> bool {
        self.structure(attachment.structure).is_some_and(|row| !row.closed) && self.in_days(attachment)
    }

    /// Returns whether an attachment has begun and not ended, on the day it is in the structure's zone.
    ///
    /// Before the first day of a zone began, nothing with a first day has begun and nothing has ended.
    pub fn in_days(&self, attachment: &Attachment) -> bool {
        let Some(structure) = self.structure(attachment.structure) else { return false };
        let today = self.today(structure.zone);
        let begun = attachment.starts.is_none_or(|starts| today.is_some_and(|today| starts <= today));
        begun && !self.past(attachment)
    }

    /// Returns whether an attachment is over, by its last day or because the structure is closed. One that is still to
    /// begin is not.
    pub fn ended(&self, attachment: &Attachment) -> bool {
        self.structure(attachment.structure).is_none_or(|row| row.closed) || self.past(attachment)
    }

    /// Returns whether the last day of an attachment has passed.
    pub(super) fn past(&self, attachment: &Attachment) -> bool {
        let today = self.structure(attachment.structure).and_then(|structure| self.today(structure.zone));
        attachment.ends.is_some_and(|ends| today.is_some_and(|today| ends < today))
    }

    /// Notes in each structure of a person whether they are there now, or no longer.
    fn place(&mut self, person: PersonNo, row: &Person) {
        for attachment in &row.attachments {
            let (present, gone) = (self.in_force(attachment), self.ended(attachment));
            let place = &mut self.places[attachment.structure.index()];
            for (people, is) in [(&mut place.present, present), (&mut place.gone, gone)] {
                if is {
                    people.insert(person.0)
                } else {
                    people.remove(person.0)
                };
            }
        }
    }

    /// Returns the day it is in a zone: the last one that began.
    pub fn today(&self, zone: Zone) -> Option<Date> {
        self.today.get(zone.name()).copied()
    }

    /// Returns where a person is at home: the zone of the main structure, of Paris for who has none.
    pub(super) fn home(&self, row: &Person) -> Zone {
        let structure = row.main().and_then(|attachment| self.structure(attachment.structure));
        structure.map_or(Zone::PARIS, |structure| structure.zone)
    }

    pub(super) fn expired(&self, row: &Person) -> bool {
        match row.availability {
            Availability::Source | Availability::Permanent => false,
            Availability::Until(day) => self.today(self.home(row)).is_some_and(|today| day < today),
        }
    }

    /// Notes the days on which something changes for a person.
    fn schedule(&mut self, person: PersonNo, row: &Person) {
        let mut days = vec![];
        for attachment in &row.attachments {
            if let Some(structure) = self.structure(attachment.structure) {
                days.extend(attachment.starts.map(|day| (structure.zone, day)));
                let ends = attachment.ends.and_then(|day| day.succ_opt());
                days.extend(ends.map(|day| (structure.zone, day)));
            }
        }
        match row.availability {
            Availability::Source | Availability::Permanent => {}
            Availability::Until(day) => days.extend(day.succ_opt().map(|day| (self.home(row), day))),
        }
        for (zone, day) in days {
            if self.today(zone).is_none_or(|today| today < day) {
                self.due.entry((zone.name(), day)).or_default().insert(person);
            }
        }
    }

    /// Begins a day: whatever is due by then takes effect.
    pub(super) fn begin_day(&mut self, zone: Zone, date: Date) -> Vec<Change> {
        let today = self.today.entry(zone.name()).or_insert(date);
        *today = (*today).max(date);
        let by = (zone.name(), *today);
        let ripe: Vec<_> = self.due.range((zone.name(), Date::MIN)..=by).map(|(key, _)| *key).collect();
        let people: Vec<_> = ripe.iter().filter_map(|key| self.due.remove(key)).flatten().collect();
        self.touch(people)
    }
}
