//! What each event changes.

use domain::group::{GroupKind, Profile};
use domain::{Event, import, structure};

use super::row::{Class, Structure, Timetable};
use super::{Change, People};
use crate::dense::{PersonNo, StructureNo};
use crate::world::{At, Impossible, Owner};

pub(super) type Outcome = Result<Vec<Change>, Impossible>;

impl People {
    pub(super) fn fold(&mut self, at: At, event: &Event) -> Outcome {
        let misplaced = |kind: &str, whose: &str| {
            Err(Impossible::here(at, format!("{kind} stands in no {whose}'s stream")))
        };
        match event {
            Event::Person(event) => {
                let Owner::Person(person) = at.owner else { return misplaced(event.kind().kind, "person") };
                self.apply_person(at, person, event)
            }
            Event::Structure(event) => {
                let Owner::Structure(structure) = at.owner else {
                    return misplaced(event.kind().kind, "structure");
                };
                let structure = self.structure_number(structure);
                self.apply_structure(at, structure, event)
            }
            Event::Roster(event) => {
                let Owner::Group(group) = at.owner else { return misplaced(event.kind().kind, "group") };
                self.apply_roster(at, group, event)
            }
            Event::Clock(domain::clock::Event::DayBegan(day)) => {
                let mut changes = self.begin_day(day.zone, day.date);
                changes.extend(self.look_at_lists());
                Ok(changes)
            }
            Event::Import(import) => match import {
                import::Event::Finished(_) => Ok(self.look_at_lists()),
                import::Event::Received(_)
                | import::Event::StepApplied(_)
                | import::Event::Reported(_)
                | import::Event::Abandoned(_) => Ok(vec![]),
            },
            Event::Reading(_)
            | Event::Message(_)
            | Event::Login(_)
            | Event::Favourite(_)
            | Event::Feed(_)
            | Event::Erasure(_)
            | Event::Contents(_)
            | Event::RuleRequest(_)
            | Event::ResourceDomain(_)
            | Event::Resource(_)
            | Event::BookingRequest(_)
            | Event::Access(_)
            | Event::Retention(_) => Ok(vec![]),
        }
    }

    fn apply_structure(&mut self, at: At, number: StructureNo, event: &structure::Event) -> Outcome {
        if let structure::Event::Created(created) = event {
            return self.create(at, number, created);
        }
        let Some(row) = self.places[number.index()].row.as_mut() else {
            return Err(Impossible::here(
                at,
                format!("{} for a structure that was never created", event.kind().kind),
            ));
        };
        match event {
            structure::Event::Created(_)
            | structure::Event::MatrixApplied(_)
            | structure::Event::RecipeTaken(_)
            | structure::Event::RecipeTakenBack(_)
            | structure::Event::MatrixReset(_) => {}
            structure::Event::ClassOpened(opened) => {
                row.classes.insert(opened.class, Class { name: opened.name.clone(), open: true });
                for profile in [Profile::Teacher, Profile::Staff, Profile::Student, Profile::Relative] {
                    self.ensure_group(number, GroupKind::Class(opened.class, profile));
                }
                self.ensure_group(number, GroupKind::HeadTeacher(opened.class));
            }
            structure::Event::Closed(_) | structure::Event::Reopened(_) => {
                row.closed = matches!(event, structure::Event::Closed(_));
                let people = self.attached(number) | self.put_into_groups_of(number);
                return Ok(self.touch(people.iter().map(PersonNo)));
            }
            structure::Event::GroupHidden(hidden) => {
                let group = self.group_number(hidden.group);
                self.hidden_groups.insert(group.0);
            }
            structure::Event::GroupShown(shown) => {
                let group = self.group_number(shown.group);
                self.hidden_groups.remove(group.0);
            }
            structure::Event::ClassClosed(closed) => {
                if let Some(class) = row.classes.get_mut(&closed.class) {
                    class.open = false;
                }
                let class = closed.class;
                let left = |person: &PersonNo| {
                    let attachment = self.person(*person).and_then(|row| row.attachment(number));
                    attachment.is_some_and(|a| a.classes.contains(&class) || a.head_teacher.contains(&class))
                };
                let people: Vec<_> = self.attached(number).iter().map(PersonNo).filter(left).collect();
                return Ok(self.touch(people));
            }
            structure::Event::TeachingGroupOpened(opened) => {
                let group = self.ensure_group(number, GroupKind::Teaching(opened.group));
                if let Some(group) = self.group_rows[group.index()].as_mut() {
                    group.label = Some(opened.name.clone());
                }
            }
            structure::Event::FreeGroupCreated(created) => {
                let group = self.ensure_group(number, GroupKind::Free(created.group));
                if let Some(group) = self.group_rows[group.index()].as_mut() {
                    group.typed = created.name.open().cloned();
                }
                self.fill_by_hand(group);
            }
            structure::Event::BroadcastListCreated(created) => return Ok(self.create_list(number, created)),
            structure::Event::ListCriteriaSet(set) => return self.set_criteria(at, set),
            structure::Event::GroupRenamed(renamed) => {
                let group =
                    self.group(renamed.group).and_then(|group| self.group_rows[group.index()].as_mut());
                let group =
                    group.ok_or_else(|| Impossible::here(at, "a group is renamed that nobody made"))?;
                group.typed = renamed.name.open().cloned();
            }
            structure::Event::PolicySet(set) => row.policy = set.policy,
            structure::Event::PeriodsSet(_)
            | structure::Event::ClosureMade(_)
            | structure::Event::ClosureLifted(_) => row.timetable.apply(at, event)?,
            structure::Event::AccessWindowSet(set) => {
                match set.opens {
                    Some(day) => row.windows.insert(set.profile, day),
                    None => row.windows.remove(&set.profile),
                };
            }
            structure::Event::ProfileBlocked(blocked) => {
                row.blocks.insert(blocked.profile, blocked.until);
            }
            structure::Event::ProfileUnblocked(unblocked) => {
                row.blocks.remove(&unblocked.profile);
            }
            structure::Event::FactGranted(_)
            | structure::Event::FactRemoved(_)
            | structure::Event::RuleMade(_)
            | structure::Event::RuleRemoved(_) => {}
        }
        self.number_what_is_named(event);
        Ok(vec![])
    }

    /// Gives numbers to groups that an event names, perhaps before anybody is in them.
    fn number_what_is_named(&mut self, event: &structure::Event) {
        match event {
            structure::Event::MatrixApplied(_)
            | structure::Event::RecipeTaken(_)
            | structure::Event::RecipeTakenBack(_)
            | structure::Event::MatrixReset(_) => {
                let named = event.adjustment().into_iter().flat_map(structure::Adjustment::groups);
                for group in named {
                    self.group_number(group);
                }
            }
            structure::Event::FactGranted(granted) => {
                self.group_number(granted.group);
            }
            structure::Event::FactRemoved(removed) => {
                self.group_number(removed.group);
            }
            structure::Event::RuleMade(made) => {
                self.group_number(made.from);
                self.group_number(made.to);
            }
            structure::Event::Created(_)
            | structure::Event::ClassOpened(_)
            | structure::Event::ClassClosed(_)
            | structure::Event::TeachingGroupOpened(_)
            | structure::Event::FreeGroupCreated(_)
            | structure::Event::BroadcastListCreated(_)
            | structure::Event::ListCriteriaSet(_)
            | structure::Event::GroupRenamed(_)
            | structure::Event::RuleRemoved(_)
            | structure::Event::PolicySet(_)
            | structure::Event::AccessWindowSet(_)
            | structure::Event::ProfileBlocked(_)
            | structure::Event::ProfileUnblocked(_)
            | structure::Event::GroupHidden(_)
            | structure::Event::GroupShown(_)
            | structure::Event::Closed(_)
            | structure::Event::Reopened(_)
            | structure::Event::PeriodsSet(_)
            | structure::Event::ClosureMade(_)
            | structure::Event::ClosureLifted(_) => {}
        }
    }

    fn create(&mut self, at: At, number: StructureNo, created: &structure::Created) -> Outcome {
        if self.places[number.index()].row.is_some() {
            return Err(Impossible::here(at, "a structure was created twice"));
        }
        if Owner::Structure(created.structure) != at.owner {
            return Err(Impossible::here(at, "a structure was created in the stream of another"));
        }
        let parent = created.parent.map(|parent| self.structure_number(parent));
        if let Some(parent) = parent {
            self.places[parent.index()].below.push(number);
        }
        if let Some(uai) = created.uai {
            self.by_uai.entry(uai).or_insert(number);
        }
        self.places[number.index()].row = Some(Structure {
            id: created.structure,
            uai: created.uai,
            name: created.name.clone(),
            parent,
            zone: created.zone,
            policy: created.policy,
            family: created.family,
            classes: std::collections::BTreeMap::new(),
            windows: std::collections::BTreeMap::new(),
            blocks: std::collections::BTreeMap::new(),
            timetable: Timetable::default(),
            closed: false,
        });
        for profile in Profile::ALL {
            self.ensure_group(number, GroupKind::Profile(profile));
        }
        self.ensure_group(number, GroupKind::Direction);
        let early: Vec<_> = self.attached(number).iter().map(PersonNo).collect();
        Ok(self.touch(early))
    }
}
