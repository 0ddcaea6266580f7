//! An office above all schools, whose head reaches everybody: the one who writes to 100,000 people.

use anyhow::{Context as _, Result, anyhow};
use api::Node;
use domain::actor::Actor;
use domain::clock::Zone;
use domain::group::{GroupKind, Profile};
use domain::person::{self, Attached, Availability, Identity, Person, Register, Source};
use domain::structure::{self, Create, MakeRule, Matrix, Structure, Target};
use domain::{CommandId, GroupId, Label, PersonId, RuleId, StreamId, StructureId};
use eventlog::execute::meta;

use crate::bulk;

/// The office.
pub(super) const OFFICE: StructureId = StructureId::from_u128(0xACAD);
const HEAD: PersonId = PersonId::from_u128(0x0EAD);

/// Who writes to whom.
pub(super) struct Authority {
    /// The head of the office.
    pub(super) head: PersonId,
    /// Groups that the head reaches, each with its members.
    pub(super) groups: Vec<(GroupId, u64)>,
}

/// Makes the office: a rule leads from it to the relatives, pupils, teachers and staff of every school.
pub(super) async fn make(node: &Node) -> Result<Authority> {
    let groups = node.read(|world| {
        let mut groups = vec![];
        for (number, structure) in world.people.all_structures() {
            for profile in [Profile::Relative, Profile::Student, Profile::Teacher, Profile::Staff] {
                let kind = GroupKind::Profile(profile);
                let found = world.people.group_of_kind(number, &kind);
                if let Some(members) = found.and_then(|group| world.people.members(group))
                    && !members.is_empty()
                {
                    groups.push((structure.id, kind.id(structure.id), members.len()));
                }
            }
        }
        groups
    });
    structure(node, &groups).await?;
    head(node).await?;
    bulk::caught_up(node, node.log().head()).await?;
    let groups = groups.into_iter().map(|(_, group, members)| (group, members)).collect();
    Ok(Authority { head: HEAD, groups })
}

async fn structure(node: &Node, groups: &[(StructureId, GroupId, u64)]) -> Result<()> {
    // The rules that a structure is created with have ids of its own command.
    let (command, rules) = (CommandId::from_u128(1), CommandId::from_u128(3));
    let from = GroupKind::Profile(Profile::Staff).id(OFFICE);
    let mut commands = vec![structure::Command::Create(Create {
        structure: OFFICE,
        uai: None,
        name: Label::parse("Rectorat")?,
        parent: None,
        zone: Zone::PARIS,
        matrix: Matrix::shipped(Matrix::DEFAULT).context("no matrix is shipped")?,
        command,
    })];
    for (index, (structure, group, _)) in (0..).zip(groups) {
        commands.push(structure::Command::MakeRule(MakeRule {
            rule: RuleId::derived(rules, index),
            from: target(OFFICE, from),
            to: target(*structure, *group),
            exposes_members: false,
            opens: vec![],
            accepted: vec![],
        }));
    }
    let (stream, meta) = (StreamId::structure(OFFICE), meta(Actor::Operator, command));
    let append = node.executor().prepare::<Structure>(&stream, &meta, commands).await?;
    appended(node, append.map_err(|refusal| anyhow!("the office is refused: {refusal}"))?).await
}

fn target(structure: StructureId, group: GroupId) -> Target {
    Target { structure, group, broadcast_list: false }
}

async fn head(node: &Node) -> Result<()> {
    let identity =
        Identity { first_name: "Odile".into(), last_name: "Rivière".into(), ..Identity::default() };
    let register = Register {
        person: HEAD,
        profile: Profile::Staff,
        identity,
        source: Source::Manual,
        availability: Availability::Permanent,
    };
    let commands = vec![
        person::Command::Register(register),
        person::Command::Attach(Attached { structure: OFFICE, main: true, starts: None, ends: None }),
    ];
    let (stream, meta) = (StreamId::person(HEAD), meta(Actor::Operator, CommandId::from_u128(2)));
    let append = node.executor().prepare::<Person>(&stream, &meta, commands).await?;
    appended(node, append.map_err(|refusal| anyhow!("the head is refused: {refusal}"))?).await
}

async fn appended(node: &Node, append: Option<eventlog::Append>) -> Result<()> {
    for answer in node.executor().append_all(append.into_iter().collect()).await {
        answer.context("the log took no more events")?;
    }
    Ok(())
}
