//! How it is written down in a snapshot: all but names, logins and labels that somebody typed, which are sealed and
//! kept apart ([`Names`](crate::snapshot::names)).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::Date;
use domain::clock::Zone;

use super::row::{Attachment, Block, Class, Closure, Group, Person, Structure, Timetable};
use super::{People, Place};
use crate::dense::{GroupNo, PersonNo};
use crate::snapshot::bytes::{Stored, stored};

stored! {
    Attachment { structure, main, starts, ends, classes, head_teacher, teaching_groups, functions, levels }
    Block { cause, by, until }
    Class { name, open }
    Structure { id, uai, name, parent, zone, policy, family, classes, windows, blocks, timetable, closed }
    Timetable { periods, closures }
    Closure { from, to, slot, way, what, event }
    Place { id, row, attached, present, gone, groups, below }
}

impl Stored for Person {
    fn put(&self, to: &mut Vec<u8>) {
        let Self {
            id,
            profile,
            identity: _,
            source,
            availability,
            attachments,
            children,
            login: _,
            activated,
            closed,
            blocks,
            roles,
            missing,
            erased,
            last_sign_in,
        } = self;
        id.put(to);
        profile.put(to);
        source.put(to);
        availability.put(to);
        attachments.put(to);
        children.put(to);
        activated.put(to);
        closed.put(to);
        blocks.put(to);
        roles.put(to);
        missing.put(to);
        erased.put(to);
        last_sign_in.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            id: Stored::get(from)?,
            profile: Stored::get(from)?,
            identity: None,
            source: Stored::get(from)?,
            availability: Stored::get(from)?,
            attachments: Stored::get(from)?,
            children: Stored::get(from)?,
            login: None,
            activated: Stored::get(from)?,
            closed: Stored::get(from)?,
            blocks: Stored::get(from)?,
            roles: Stored::get(from)?,
            missing: Stored::get(from)?,
            erased: Stored::get(from)?,
            last_sign_in: Stored::get(from)?,
        })
    }
}

impl Stored for Group {
    fn put(&self, to: &mut Vec<u8>) {
        let Self { id, structure, kind, parent, label, typed: _ } = self;
        id.put(to);
        structure.put(to);
        kind.put(to);
        parent.put(to);
        label.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            id: Stored::get(from)?,
            structure: Stored::get(from)?,
            kind: Stored::get(from)?,
            parent: Stored::get(from)?,
            label: Stored::get(from)?,
            typed: None,
        })
    }
}

impl Stored for People {
    fn put(&self, to: &mut Vec<u8>) {
        let Self {
            numbers,
            groups,
            structures,
            rows,
            near,
            group_rows,
            nested,
            by_kind: _, // The kinds of the groups, the other way round.
            wholes: _,  // Those of a profile.
            places,
            by_uai,
            members,
            barred,
            inactive,
            hidden,
            hidden_groups,
            profiles,
            nameless,
            today,
            due,
            rosters,
        } = self;
        numbers.put(to);
        groups.put(to);
        structures.put(to);
        rows.put(to);
        near.put(to);
        group_rows.put(to);
        nested.put(to);
        places.put(to);
        by_uai.put(to);
        members.put(to);
        barred.put(to);
        inactive.put(to);
        hidden.put(to);
        hidden_groups.put(to);
        profiles.put(to);
        nameless.put(to);
        let today: BTreeMap<String, Date> =
            today.iter().map(|(zone, day)| ((*zone).to_owned(), *day)).collect();
        let due: BTreeMap<(String, Date), BTreeSet<PersonNo>> =
            due.iter().map(|((zone, day), people)| (((*zone).to_owned(), *day), people.clone())).collect();
        today.put(to);
        due.put(to);
        rosters.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let mut people = Self {
            numbers: Stored::get(from)?,
            groups: Stored::get(from)?,
            structures: Stored::get(from)?,
            rows: Stored::get(from)?,
            near: Stored::get(from)?,
            group_rows: Stored::get(from)?,
            nested: Stored::get(from)?,
            by_kind: HashMap::new(),
            wholes: super::wholes::Wholes::default(),
            places: Stored::get(from)?,
            by_uai: Stored::get(from)?,
            members: Stored::get(from)?,
            barred: Stored::get(from)?,
            inactive: Stored::get(from)?,
            hidden: Stored::get(from)?,
            hidden_groups: Stored::get(from)?,
            profiles: Stored::get(from)?,
            nameless: Stored::get(from)?,
            today: BTreeMap::new(),
            due: BTreeMap::new(),
            rosters: super::roster::Rosters::default(),
        };
        for (name, day) in Vec::<(String, Date)>::get(from)? {
            people.today.insert(Zone::parse(&name).ok()?.name(), day);
        }
        for ((name, day), who) in Vec::<((String, Date), BTreeSet<PersonNo>)>::get(from)? {
            people.due.insert((Zone::parse(&name).ok()?.name(), day), who);
        }
        people.rosters = Stored::get(from)?;
        for (number, row) in (0..).zip(&people.group_rows) {
            if let Some(row) = row {
                people.wholes.know(row.structure, &row.kind, GroupNo(number));
                people.by_kind.insert((row.structure, row.kind.clone()), GroupNo(number));
            }
        }
        Some(people)
    }
}
