//! How much memory it takes.

use domain::group::GroupKind;
use domain::structure::Period;

use super::row::{Attachment, Block, Class, Closure, Group, Person, Structure};
use super::{People, Place};
use crate::memory::Heap;

impl People {
    /// Returns how many bytes it takes: all but names, and names.
    pub(crate) fn memory(&self) -> (usize, usize) {
        let Self {
            numbers,
            groups,
            structures,
            rows,
            near,
            group_rows,
            nested,
            by_kind,
            wholes,
            places,
            by_uai,
            members,
            barred,
            inactive,
            hidden,
            hidden_groups,
            profiles,
            nameless,
            today: _,
            due,
            rosters,
        } = self;
        let ids = numbers.memory() + groups.memory() + structures.memory();
        let lists = rows.heap() + near.heap() + group_rows.heap() + nested.heap() + places.heap();
        let tables = by_kind.heap() + wholes.heap() + by_uai.heap() + members.heap();
        let each = profiles.values().map(Heap::heap).sum::<usize>();
        let flags =
            barred.heap() + inactive.heap() + hidden.heap() + hidden_groups.heap() + nameless.heap() + each;
        let days: usize = due.values().map(|people| people.heap() + size_of_val(people)).sum();
        let named = rows.iter().flatten();
        let names = named.map(|row| row.identity.heap() + row.login.heap()).sum();
        let days = days + rosters.heap();
        (ids + lists + tables + flags + days, names)
    }
}

impl Heap for Person {
    /// All but names, which are counted apart.
    fn heap(&self) -> usize {
        let roles: usize = self.roles.iter().map(|(role, _)| role.heap() + size_of_val(role)).sum();
        let lists = self.attachments.heap() + self.children.heap();
        lists + roles + self.blocks.heap()
    }
}

impl Heap for Attachment {
    fn heap(&self) -> usize {
        let classes = self.classes.heap() + self.head_teacher.heap() + self.teaching_groups.heap();
        classes + self.functions.heap() + self.levels.heap()
    }
}

impl Heap for Place {
    fn heap(&self) -> usize {
        self.row.heap() + self.attached.heap() + self.groups.heap() + self.below.heap()
    }
}

impl Heap for Structure {
    fn heap(&self) -> usize {
        let days = self.windows.len() + self.blocks.len();
        let hours = self.timetable.periods.heap() + self.timetable.closures.heap();
        self.name.heap() + self.classes.heap() + days * size_of::<u64>() + hours
    }
}

impl Heap for Period {
    fn heap(&self) -> usize {
        self.name.heap()
    }
}

impl Heap for Closure {
    fn heap(&self) -> usize {
        self.what.heap()
    }
}

impl Heap for Class {
    fn heap(&self) -> usize {
        self.name.heap()
    }
}

impl Heap for Group {
    fn heap(&self) -> usize {
        self.kind.heap() + self.label.heap() + self.typed.heap()
    }
}

impl Heap for GroupKind {
    fn heap(&self) -> usize {
        match self {
            Self::Function(label)
            | Self::Discipline(label)
            | Self::Subject(label)
            | Self::Level(label, _) => label.heap(),
            Self::Profile(_)
            | Self::Class(..)
            | Self::HeadTeacher(_)
            | Self::Direction
            | Self::Teaching(_)
            | Self::Free(_)
            | Self::BroadcastList(_) => 0,
        }
    }
}

crate::memory::flat! { Block }
