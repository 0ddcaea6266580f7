//! The canonical text of the model: what a rebuilt one and one that followed are compared by.

use std::fmt::Write;

use super::People;
use crate::dense::GroupNo;

impl People {
    /// Returns everything known, one thing a line, in the order of numbers. Holds names: for tests and for
    /// comparing two models, never for a program log.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for (number, place) in self.places.iter().enumerate() {
            let _ = writeln!(text, "structure {number}: {:?}", place.row);
            let _ = writeln!(
                text,
                "  attached {:?} present {:?} gone {:?} groups {:?} below {:?}",
                place.attached.iter().collect::<Vec<_>>(),
                place.present.iter().collect::<Vec<_>>(),
                place.gone.iter().collect::<Vec<_>>(),
                place.groups,
                place.below
            );
        }
        for (group, row) in (0..).map(GroupNo).zip(&self.group_rows) {
            let members: Vec<_> = self.members.of(group).into_iter().flatten().collect();
            let (number, nested) = (group.0, self.nested(group));
            let _ = writeln!(text, "group {number}: {row:?} nests {nested:?} members {members:?}");
        }
        for (number, row) in self.rows.iter().enumerate() {
            let (groups, relatives) = (self.near[number].groups(), self.near[number].relatives());
            let _ = writeln!(text, "person {number}: {row:?} in {groups:?} relatives {relatives:?}");
            if let Some(shown) = row.as_ref().and_then(|row| row.identity.as_ref()) {
                let _ = writeln!(
                    text,
                    "  {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                    shown.honorific,
                    shown.first_name,
                    shown.last_name,
                    shown.usual_name,
                    shown.birth_date,
                    shown.email,
                    [&shown.home_phone, &shown.work_phone, &shown.mobile_phone],
                    shown.address.as_ref().map(|address| [&address.street, &address.post_code]),
                    shown.address.as_ref().map(|address| [&address.town, &address.country]),
                    shown.source_keys,
                    (),
                );
            }
        }
        let (hidden, groups) = (self.hidden.iter(), self.hidden_groups.iter());
        let _ =
            writeln!(text, "hidden {:?} groups {:?}", hidden.collect::<Vec<_>>(), groups.collect::<Vec<_>>());
        let (barred, inactive) = (self.barred.iter(), self.inactive.iter());
        let _ = writeln!(
            text,
            "barred {:?} inactive {:?}",
            barred.collect::<Vec<_>>(),
            inactive.collect::<Vec<_>>()
        );
        for (profile, people) in &self.profiles {
            let _ = writeln!(text, "{profile} {:?}", people.iter().collect::<Vec<_>>());
        }
        let _ = writeln!(text, "by hand {:?}", self.rosters);
        let _ = writeln!(text, "today {:?}\ndue {:?}", self.today, self.due);
        text
    }
}
