//! What the events of a person change.

use domain::PersonId;
use domain::StructureId;
use domain::person::{Attached, Blocked, Event, Registered};

use super::People;
use super::fold::Outcome;
use super::row::{Attachment, Block, Person, add, insert, take};
use crate::dense::PersonNo;
use crate::world::{At, Impossible, Owner};

impl People {
    pub(super) fn apply_person(&mut self, at: At, id: PersonId, event: &Event) -> Outcome {
        let who = self.person_number(id);
        match event {
            Event::Registered(registered) => self.register(at, who, registered),
            Event::IdentityChanged(changed) => {
                self.quietly(at, who, |row| row.identity = changed.identity.open().cloned())
            }
            Event::Attached(attached) => self.attach(at, who, attached),
            Event::Detached(detached) => {
                let structure = self.structure_number(detached.structure);
                self.row_mut(at, who)?.attachments.retain(|attachment| attachment.structure != structure);
                let place = &mut self.places[structure.index()];
                for people in [&mut place.attached, &mut place.present, &mut place.gone] {
                    people.remove(who.0);
                }
                Ok(self.touch([who]))
            }
            Event::ClassJoined(it) => self.there(at, who, it.structure, |a| add(&mut a.classes, it.class)),
            Event::ClassLeft(it) => self.there(at, who, it.structure, |a| take(&mut a.classes, &it.class)),
            Event::TeachingGroupJoined(it) => {
                self.there(at, who, it.structure, |a| add(&mut a.teaching_groups, it.group))
            }
            Event::TeachingGroupLeft(it) => {
                self.there(at, who, it.structure, |a| take(&mut a.teaching_groups, &it.group))
            }
            Event::LevelsSet(it) => self.there(at, who, it.structure, |a| {
                a.levels.clone_from(&it.levels);
                a.levels.sort_unstable();
                a.levels.dedup();
            }),
            Event::FunctionGiven(it) => {
                let held = (it.function.clone(), it.discipline.clone());
                self.there(at, who, it.structure, |a| add(&mut a.functions, held))
            }
            Event::FunctionTaken(it) => {
                let held = (it.function.clone(), it.discipline.clone());
                self.there(at, who, it.structure, |a| take(&mut a.functions, &held))
            }
            Event::HeadTeacherNamed(it) => {
                self.there(at, who, it.structure, |a| add(&mut a.head_teacher, it.class))
            }
            Event::HeadTeacherEnded(it) => {
                self.there(at, who, it.structure, |a| take(&mut a.head_teacher, &it.class))
            }
            Event::ChildLinked(linked) => {
                let child = self.person_number(linked.child);
                add(&mut self.row_mut(at, who)?.children, child);
                self.near[child.index()].relate(who);
                Ok(self.touch([who]))
            }
            Event::ChildUnlinked(unlinked) => {
                let child = self.person_number(unlinked.child);
                take(&mut self.row_mut(at, who)?.children, &child);
                self.near[child.index()].unrelate(who);
                Ok(self.touch([who]))
            }
            Event::LoginGiven(given) => {
                self.nameless.remove(who.0);
                self.quietly(at, who, |row| row.login = given.login.open().cloned())
            }
            Event::CodeIssued(_) | Event::Exported(_) | Event::IncidentRead(_) => Ok(vec![]),
            Event::Hidden(_) | Event::Shown(_) | Event::LinkMade(_) | Event::LinkRemoved(_) => {
                self.except(who, event);
                Ok(vec![])
            }
            Event::Activated(_) | Event::PasswordChanged(_) => {
                self.inactive.remove(who.0);
                self.quietly(at, who, |row| row.activated = true)
            }
            Event::SignedIn(_) => {
                let home = self.person(who).map(|row| self.home(row));
                let day = home.map(|zone| zone.day_at(at.recorded_at));
                self.quietly(at, who, |row| row.last_sign_in = day)
            }
            Event::Blocked(blocked) => self.block(at, who, blocked),
            Event::Unblocked(unblocked) => {
                self.row_mut(at, who)?.blocks.retain(|block| block.cause != unblocked.cause);
                Ok(self.touch([who]))
            }
            Event::Closed(_) | Event::Reopened(_) => {
                self.row_mut(at, who)?.closed = matches!(event, Event::Closed(_));
                Ok(self.touch([who]))
            }
            Event::Missing(_) => self.quietly(at, who, |row| row.missing = true),
            Event::Returned(_) => self.quietly(at, who, |row| row.missing = false),
            Event::RoleGranted(granted) => self.quietly(at, who, |row| {
                row.roles.retain(|(role, _)| *role != granted.role);
                row.roles.push((granted.role.clone(), granted.ends));
                row.roles.sort_unstable();
            }),
            Event::Erased(_) => {
                self.nameless.remove(who.0);
                let row = self.row_mut(at, who)?;
                (row.identity, row.login, row.closed, row.erased) = (None, None, true, true);
                row.roles.clear();
                Ok(self.touch([who]))
            }
            Event::RoleRevoked(revoked) => {
                self.quietly(at, who, |row| row.roles.retain(|(role, _)| *role != revoked.role))
            }
        }
    }

    /// What is set beside the rules changes no membership. The rule graph names whom a link leads to by number.
    fn except(&mut self, who: PersonNo, event: &Event) {
        if matches!(event, Event::Hidden(_)) {
            self.hidden.insert(who.0);
        } else if matches!(event, Event::Shown(_)) {
            self.hidden.remove(who.0);
        } else if let Event::LinkMade(made) = event {
            self.person_number(made.to);
        }
    }

    fn register(&mut self, at: At, who: PersonNo, registered: &Registered) -> Outcome {
        if Owner::Person(registered.person) != at.owner {
            return Err(Impossible::here(at, "a person was registered in the stream of another"));
        }
        let row = &mut self.rows[who.index()];
        if row.is_some() {
            return Err(Impossible::here(at, "a person was registered twice"));
        }
        self.nameless.insert(who.0);
        *row = Some(Box::new(Person {
            id: registered.person,
            profile: registered.profile,
            identity: registered.identity.open().cloned(),
            source: registered.source,
            availability: registered.availability,
            attachments: vec![],
            children: vec![],
            login: None,
            activated: false,
            closed: false,
            blocks: vec![],
            roles: vec![],
            missing: false,
            erased: false,
            last_sign_in: None,
        }));
        self.inactive.insert(who.0);
        self.profiles.entry(registered.profile).or_default().insert(who.0);
        Ok(self.touch([who]))
    }

    /// Attaches, or changes the days; what hangs on the attachment stays. The newest main one is the main one.
    fn attach(&mut self, at: At, who: PersonNo, attached: &Attached) -> Outcome {
        let structure = self.structure_number(attached.structure);
        let row = self.row_mut(at, who)?;
        if attached.main {
            for other in &mut row.attachments {
                other.main = false;
            }
        }
        let (main, starts, ends) = (attached.main, attached.starts, attached.ends);
        match row.attachments.binary_search_by_key(&structure, |attachment| attachment.structure) {
            Ok(place) => {
                let known = &mut row.attachments[place];
                (known.main, known.starts, known.ends) = (main, starts, ends);
            }
            Err(place) => insert(
                &mut row.attachments,
                place,
                Attachment {
                    structure,
                    main,
                    starts,
                    ends,
                    classes: vec![],
                    head_teacher: vec![],
                    teaching_groups: vec![],
                    functions: vec![],
                    levels: vec![],
                },
            ),
        }
        self.places[structure.index()].attached.insert(who.0);
        Ok(self.touch([who]))
    }

    fn block(&mut self, at: At, who: PersonNo, blocked: &Blocked) -> Outcome {
        let blocks = &mut self.row_mut(at, who)?.blocks;
        blocks.retain(|block| block.cause != blocked.cause);
        blocks.push(Block { cause: blocked.cause, by: blocked.by, until: blocked.until });
        blocks.sort_unstable_by_key(|block| block.cause);
        Ok(self.touch([who]))
    }

    /// Changes what hangs on an attachment.
    fn there(
        &mut self,
        at: At,
        who: PersonNo,
        structure: StructureId,
        change: impl FnOnce(&mut Attachment),
    ) -> Outcome {
        let structure = self.structure_number(structure);
        let attachment = self.row_mut(at, who)?.attachment_mut(structure);
        change(
            attachment.ok_or_else(|| Impossible::here(at, "a person is not attached where this says so"))?,
        );
        Ok(self.touch([who]))
    }

    /// Changes what no membership depends on.
    fn quietly(&mut self, at: At, who: PersonNo, change: impl FnOnce(&mut Person)) -> Outcome {
        change(self.row_mut(at, who)?);
        Ok(vec![])
    }

    fn row_mut(&mut self, at: At, who: PersonNo) -> Result<&mut Person, Impossible> {
        let row = self.rows.get_mut(who.index()).and_then(Option::as_deref_mut);
        row.ok_or_else(|| Impossible::here(at, "this happened to a person who was never registered"))
    }
}
