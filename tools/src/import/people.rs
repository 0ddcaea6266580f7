//! From a plan to the commands of each person.

use api::Node;
use domain::group::GroupKind;
use domain::person::{Address, Attached, Availability, Command, Identity, Register, Source};
use domain::{ClassId, CommandId, Label, PersonId, StructureId};

use super::profile_of;
use crate::onde::known as onde;
use crate::onde::plan::{Change, Field, Plan, PlannedPerson, Who};
use crate::onde::text::class_key;

/// The commands of an import, by step.
pub struct Planned {
    /// What concerns each person alone.
    pub own: Vec<(PersonId, Vec<Command>)>,
    /// Relatives and their children: when everybody exists.
    pub families: Vec<(PersonId, Vec<Command>)>,
}

/// What the commands of one import share.
struct Context<'a> {
    structure: StructureId,
    classes: &'a [(Label, ClassId)],
    run: CommandId,
}

/// Returns the commands that carry out `plan`.
pub fn plan(
    plan: &Plan,
    structure: StructureId,
    classes: &[(Label, ClassId)],
    run: CommandId,
    node: &Node,
) -> Planned {
    let context = Context { structure, classes, run };
    let mut planned = Planned { own: Vec::new(), families: Vec::new() };
    for person in &plan.people {
        let id = context.id(person.who);
        let (own, families) = match person.who {
            Who::New(_) => (context.new_person(id, person), context.children(&person.children)),
            Who::Known(_) => (context.changed(id, person, node), context.changed_children(person)),
        };
        planned.own.push((id, own));
        planned.families.push((id, families));
    }
    for step in [&mut planned.own, &mut planned.families] {
        step.retain(|(_, commands)| !commands.is_empty());
    }
    planned
}

impl Context<'_> {
    fn id(&self, who: Who) -> PersonId {
        match who {
            Who::Known(id) => id,
            Who::New(place) => PersonId::derived(self.run, u32::try_from(place).unwrap_or(u32::MAX)),
        }
    }

    fn class(&self, name: &str) -> Option<ClassId> {
        let key = class_key(name);
        self.classes.iter().find(|(known, _)| class_key(known.as_str()) == key).map(|(_, class)| *class)
    }

    fn new_person(&self, id: PersonId, person: &PlannedPerson) -> Vec<Command> {
        let mut identity = identity_of(&person.identity);
        identity.source_keys = person.source_keys.iter().map(|key| key.0.clone()).collect();
        let register = Register {
            person: id,
            profile: profile_of(person.profile),
            identity,
            source: Source::Onde,
            availability: Availability::Source,
        };
        let attached = Attached { structure: self.structure, main: true, starts: None, ends: None };
        let mut commands = vec![Command::Register(register), Command::Attach(attached)];
        let classes = person.classes.iter().filter_map(|name| self.class(name));
        if person.profile != onde::Profile::Relative {
            commands.extend(classes.map(|class| Command::JoinClass(self.structure, class)));
        }
        if !person.levels.is_empty() {
            commands.push(self.levels(&person.levels));
        }
        if person.head {
            commands.extend(direction().map(|code| Command::GiveFunction(self.structure, code, None)));
        }
        commands
    }

    fn changed(&self, id: PersonId, person: &PlannedPerson, node: &Node) -> Vec<Command> {
        let mut commands = vec![Command::MarkReturned];
        let known = node.read(|world| world.people.person_by_id(id)?.identity.clone());
        let mut identity = known.clone().unwrap_or_default();
        for change in &person.changes {
            match change {
                Change::Set { field: Field::Levels, .. } => commands.push(self.levels(&person.levels)),
                Change::Set { field, after, .. } => set(&mut identity, *field, after, &person.identity),
                Change::KeepKey(key) => identity.source_keys.push(key.0.clone()),
                Change::JoinClass(name) => {
                    commands.extend(self.class(name).map(|class| Command::JoinClass(self.structure, class)));
                }
                Change::LeaveClass(name) => {
                    commands.extend(self.class(name).map(|class| Command::LeaveClass(self.structure, class)));
                }
                Change::BecomeHead => {
                    commands
                        .extend(direction().map(|code| Command::GiveFunction(self.structure, code, None)));
                }
                Change::StopBeingHead => {
                    commands
                        .extend(direction().map(|code| Command::TakeFunction(self.structure, code, None)));
                }
                Change::AddChild(_) | Change::DropChild(_) => {}
            }
        }
        if known.is_some_and(|known| known != identity) {
            commands.push(Command::ChangeIdentity(identity));
        }
        commands
    }

    fn children(&self, children: &[Who]) -> Vec<Command> {
        let child =
            |who: &Who| Command::LinkChild { child: self.id(*who), profile: domain::group::Profile::Student };
        children.iter().map(child).collect()
    }

    fn changed_children(&self, person: &PlannedPerson) -> Vec<Command> {
        let change = |change: &Change| match change {
            Change::AddChild(who) => self.children(&[*who]).pop(),
            Change::DropChild(child) => Some(Command::UnlinkChild(*child)),
            Change::Set { .. }
            | Change::JoinClass(_)
            | Change::LeaveClass(_)
            | Change::BecomeHead
            | Change::StopBeingHead
            | Change::KeepKey(_) => None,
        };
        person.changes.iter().filter_map(change).collect()
    }

    fn levels(&self, levels: &[String]) -> Command {
        Command::SetLevels(
            self.structure,
            levels.iter().filter_map(|level| Label::parse(level).ok()).collect(),
        )
    }
}

fn direction() -> Option<Label> {
    Label::parse(GroupKind::DIRECTION).ok()
}

/// Returns `text` unless it is empty.
fn some(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn identity_of(read: &onde::Identity) -> Identity {
    Identity {
        honorific: some(&read.honorific),
        first_name: read.names.first_name.clone(),
        last_name: read.names.last_name.clone(),
        usual_name: some(&read.names.usual_name),
        birth_date: read.birth_date,
        email: some(&read.email),
        home_phone: some(&read.phones.home),
        work_phone: some(&read.phones.work),
        mobile_phone: some(&read.phones.mobile),
        address: address_of(&read.address),
        source_keys: vec![],
    }
}

fn address_of(read: &onde::Address) -> Option<Address> {
    let onde::Address { street, post_code, town, country } = read.clone();
    let address = Address { street, post_code, town, country };
    (address != Address::default()).then_some(address)
}

fn set(identity: &mut Identity, field: Field, after: &str, read: &onde::Identity) {
    match field {
        Field::Honorific => identity.honorific = some(after),
        Field::LastName => after.clone_into(&mut identity.last_name),
        Field::UsualName => identity.usual_name = some(after),
        Field::FirstName => after.clone_into(&mut identity.first_name),
        Field::BirthDate => identity.birth_date = read.birth_date,
        Field::Email => identity.email = some(after),
        Field::HomePhone => identity.home_phone = some(after),
        Field::WorkPhone => identity.work_phone = some(after),
        Field::MobilePhone => identity.mobile_phone = some(after),
        Field::Address => identity.address = address_of(&read.address),
        Field::Levels => {}
    }
}
