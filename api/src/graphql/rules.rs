//! Rules between groups and what groups say: changed, and looked at before they are (`communication.md` section 7).
//!
//! Invariants: what would let students or relatives reach each other is refused until it is accepted, and the refusal
//! carries the preview; what is accepted names groups, so that nothing else opens if others were faster.

pub mod change;
pub mod preview;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::group::{Fact as DomainFact, InternalPolicy as Policy};
use domain::structure::{Command, Refusal, Structure as Decided};
use domain::{CommandId, GroupId, RuleId, StructureId};
use projections::graph::{Change, Preview};
use projections::{GroupNo, World};

use self::change::{AcceptedOpening, FactOfGroupInput, PolicyOfStructureInput, RuleBetweenInput};
use self::change::{RuleChangeInput, closing, command, may_make, may_preview, stream};
use self::preview::{RuleChangePreview, Shown};
use super::acting::{Acting, Asked, field_of};
use super::common::{Global, Position, Ulid, UserError};
use super::groups::{Fact, Group, Rule};
use super::structure::{InternalPolicy, Structure};
use crate::failure::{Failure, Result};
use crate::node::Carried;
use crate::rights::Rights;

/// The most changes that are looked at together.
pub const CHANGES: usize = 100;

/// A rule to be made.
#[derive(Debug, InputObject)]
pub struct MakeRuleInput {
    from: ID,
    to: ID,
    /// Whether members of `to` are reached one by one because of it.
    #[graphql(default = true)]
    expose_members: bool,
    #[graphql(default)]
    accept: Vec<AcceptedOpening>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A rule to be removed.
#[derive(Debug, InputObject)]
pub struct RemoveRuleInput {
    rule: ID,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A fact to be given a reason by hand.
#[derive(Debug, InputObject)]
pub struct GrantFactInput {
    group: ID,
    fact: Fact,
    #[graphql(default)]
    accept: Vec<AcceptedOpening>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A fact to lose every reason it has.
#[derive(Debug, InputObject)]
pub struct RemoveFactInput {
    group: ID,
    fact: Fact,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A group whose members are no longer to reach each other.
#[derive(Debug, InputObject)]
pub struct CloseInternalInput {
    group: ID,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A policy to be set.
#[derive(Debug, InputObject)]
pub struct SetInternalPolicyInput {
    structure: ID,
    policy: InternalPolicy,
    #[graphql(default)]
    accept: Vec<AcceptedOpening>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// The rule, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct RulePayload {
    /// Which; null if it was refused, or is no more.
    rule: Option<Rule>,
    /// Groups at its ends whose members still reach each other, because that was granted.
    stays_internal: Vec<StaysInternal>,
    /// What it did, or would do if it was refused for want of acceptance; null if nothing happened just now.
    preview: Option<RuleChangePreview>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// A group whose members still reach each other when a rule goes.
#[derive(Debug, SimpleObject)]
pub struct StaysInternal {
    /// Which; null if the caller does not see it.
    group: Option<Group>,
    /// How many ordered pairs of members it still opens.
    pairs: u64,
}

/// The group, or why nothing was done to it.
#[derive(Debug, SimpleObject)]
pub struct GroupFactsPayload {
    /// Which; null if it was refused.
    group: Option<Group>,
    /// What it did, or would do if it was refused for want of acceptance; null if nothing happened just now.
    preview: Option<RuleChangePreview>,
    /// What stands in the way of closing it, with the ways out.
    in_the_way: Option<InTheWay>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// Rules that start at a group and rules that end there, which together imply that its members reach each other.
#[derive(Debug, SimpleObject)]
pub struct InTheWay {
    /// Each with what removing it would close.
    rules: Vec<RuleInTheWay>,
    /// The other way out: what the policy `EXPLICIT` would do, with `internal` removed from the group.
    explicit: RuleChangePreview,
}

/// A rule in the way.
#[derive(Debug, SimpleObject)]
pub struct RuleInTheWay {
    /// Opaque.
    id: ID,
    /// The rule; null if the caller sees one of its groups only.
    rule: Option<Rule>,
    /// How many ordered pairs removing it would close.
    closes: u64,
}

/// The structure, or why nothing was done to it.
#[derive(Debug, SimpleObject)]
pub struct InternalPolicyPayload {
    /// Which; null if it was refused.
    structure: Option<Structure>,
    /// What it did, or would do if it was refused for want of acceptance; null if nothing happened just now.
    preview: Option<RuleChangePreview>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about changes of rules.
#[derive(Debug, Default)]
pub struct RulesQuery;

/// Queries.
#[Object]
impl RulesQuery {
    /// What a list of changes would do, made one after the other now: nothing is written. For who may make each of
    /// them, and for auditors of all they are about.
    async fn preview_rule_change(
        &self,
        ctx: &Context<'_>,
        changes: Vec<RuleChangeInput>,
    ) -> Result<RuleChangePreview> {
        if !(1..=CHANGES).contains(&changes.len()) {
            return Err(Failure::BadInput("changes", "1 to 100 changes"));
        }
        let acting = Acting::of(ctx)?;
        acting.look(|world, rights| {
            let found = |asked: &RuleChangeInput| {
                let change = asked.found(world, rights)?;
                may_preview(world, rights, &change).map(|()| change)
            };
            let changes = changes.iter().map(found).collect::<Result<Vec<_>>>()?;
            Ok(Shown { acting: &acting, world, rights }.preview(&changes))
        })
    }
}

/// What can be done to rules.
#[derive(Debug, Default)]
pub struct RulesMutation;

/// Mutations.
#[Object]
impl RulesMutation {
    /// Makes a rule: members of one group reach another. It is a reason for the first to use, and for the second to
    /// expose.
    async fn make_rule(&self, ctx: &Context<'_>, input: MakeRuleInput) -> Result<RulePayload> {
        let acting = Acting::of(ctx)?;
        let asked = Asked::new("makeRule", &input, input.idempotency_key, input.reason.as_deref());
        let (from, to, expose_members) = (input.from, input.to, input.expose_members);
        let change = RuleChangeInput::MakeRule(RuleBetweenInput { from, to, expose_members });
        let made = make(&acting, asked, &change, &input.accept).await?;
        let rule = RuleId::derived(made.command, 0);
        Ok(acting.look(|world, rights| {
            let known = world.graph.rule(rule);
            let shown = known.and_then(|rule| Rule::of(acting.front, acting.caller.language, world, rule));
            let done = made.done(&acting, world, rights);
            let (preview, user_errors, position) = (done.preview, done.user_errors, done.position);
            RulePayload { rule: shown, stays_internal: vec![], preview, user_errors, position }
        }))
    }

    /// Removes a rule, and the reasons it was. What was granted stays, and the answer says so.
    async fn remove_rule(&self, ctx: &Context<'_>, input: RemoveRuleInput) -> Result<RulePayload> {
        let acting = Acting::of(ctx)?;
        let asked = Asked::new("removeRule", &input, input.idempotency_key, input.reason.as_deref());
        let made = make(&acting, asked, &RuleChangeInput::RemoveRule(input.rule.clone()), &[]).await?;
        let rule = RuleId::read(&input.rule, "rule")?;
        Ok(acting.look(|world, rights| {
            let stays_internal = stays(Shown { acting: &acting, world, rights }, rule);
            let done = made.done(&acting, world, rights);
            let (preview, user_errors, position) = (done.preview, done.user_errors, done.position);
            RulePayload { rule: None, stays_internal, preview, user_errors, position }
        }))
    }

    /// Gives a fact of a group a reason by hand.
    async fn grant_fact(&self, ctx: &Context<'_>, input: GrantFactInput) -> Result<GroupFactsPayload> {
        let acting = Acting::of(ctx)?;
        let asked = Asked::new("grantFact", &input, input.idempotency_key, input.reason.as_deref());
        let group = GroupId::read(&input.group, "group")?;
        let change = RuleChangeInput::GrantFact(FactOfGroupInput { group: input.group, fact: input.fact });
        Ok(make(&acting, asked, &change, &input.accept).await?.of_group(&acting, group))
    }

    /// Takes every reason a fact of a group has. A rule made later is a new one.
    async fn remove_fact(&self, ctx: &Context<'_>, input: RemoveFactInput) -> Result<GroupFactsPayload> {
        let acting = Acting::of(ctx)?;
        let asked = Asked::new("removeFact", &input, input.idempotency_key, input.reason.as_deref());
        let group = GroupId::read(&input.group, "group")?;
        let change = RuleChangeInput::RemoveFact(FactOfGroupInput { group: input.group, fact: input.fact });
        Ok(make(&acting, asked, &change, &[]).await?.of_group(&acting, group))
    }

    /// Lets the members of a group no longer reach each other. What a rule rests on stays; if rules start at the group
    /// and others end there, it is refused, and the rules are named with what removing each would close.
    async fn close_internal(
        &self,
        ctx: &Context<'_>,
        input: CloseInternalInput,
    ) -> Result<GroupFactsPayload> {
        let acting = Acting::of(ctx)?;
        let asked = Asked::new("closeInternal", &input, input.idempotency_key, input.reason.as_deref());
        let (group, fact) = (GroupId::read(&input.group, "group")?, Fact::Internal);
        let change = RuleChangeInput::RemoveFact(FactOfGroupInput { group: input.group, fact });
        Ok(close(&acting, asked, &change).await?.of_group(&acting, group))
    }

    /// Chooses whether `uses` and `exposes` together imply `internal` in a structure.
    async fn set_internal_policy(
        &self,
        ctx: &Context<'_>,
        input: SetInternalPolicyInput,
    ) -> Result<InternalPolicyPayload> {
        let acting = Acting::of(ctx)?;
        let asked = Asked::new("setInternalPolicy", &input, input.idempotency_key, input.reason.as_deref());
        let id = StructureId::read(&input.structure, "structure")?;
        let (structure, policy) = (input.structure, input.policy);
        let change = RuleChangeInput::SetInternalPolicy(PolicyOfStructureInput { structure, policy });
        let made = make(&acting, asked, &change, &input.accept).await?;
        Ok(acting.look(|world, rights| {
            let structure = Structure::by_id(world, id).filter(|_| made.carried.refusal.is_none());
            let done = made.done(&acting, world, rights);
            let (preview, user_errors, position) = (done.preview, done.user_errors, done.position);
            InternalPolicyPayload { structure, preview, user_errors, position }
        }))
    }
}

/// What became of a change.
struct Made {
    command: CommandId,
    preview: Preview,
    carried: Carried<domain::structure::Event, Refusal>,
}

/// What every payload says of it.
struct Done {
    preview: Option<RuleChangePreview>,
    user_errors: Vec<UserError>,
    position: Position,
}

impl Made {
    fn done(&self, acting: &Acting<'_>, world: &World, rights: &Rights) -> Done {
        let Carried { refusal, events, position } = &self.carried;
        let told = !events.is_empty() || matches!(refusal, Some(Refusal::OpensMembers(_)));
        let shown = Shown { acting, world, rights };
        let user_errors = refusal.iter().map(|refusal| acting.refused(refusal, field_of(refusal)));
        Done {
            preview: told.then(|| shown.show(&self.preview)),
            user_errors: user_errors.collect(),
            position: Position(*position),
        }
    }

    fn of_group(&self, acting: &Acting<'_>, group: GroupId) -> GroupFactsPayload {
        acting.look(|world, rights| {
            let shown = Shown { acting, world, rights };
            let number = world.people.group(group);
            let in_the_way = match (&self.carried.refusal, number) {
                (Some(Refusal::ImpliedByBothDirections(rules)), Some(number)) => {
                    in_the_way(shown, number, rules)
                }
                _ => None,
            };
            let done = self.done(acting, world, rights);
            GroupFactsPayload {
                group: number.filter(|_| self.carried.refusal.is_none()).and_then(|it| shown.group(it)),
                preview: done.preview,
                in_the_way,
                user_errors: done.user_errors,
                position: done.position,
            }
        })
    }
}

/// Makes one change of who may make it.
async fn make(
    acting: &Acting<'_>,
    asked: Asked<'_>,
    input: &RuleChangeInput,
    accept: &[AcceptedOpening],
) -> Result<Made> {
    let check = |world: &World, rights: &Rights| {
        let change = input.found(world, rights)?;
        Ok((may_make(world, rights, &change)?, change))
    };
    let (order, change) = acting.order(asked, check).await?;
    let accepts = accept.contains(&AcceptedOpening::OpensMembers);
    let id = RuleId::derived(order.meta.command, 0);
    let (stream, preview, command) = acting.look(|world, _| -> Result<_> {
        let preview = world.graph.preview(&world.people, &[change]);
        let opens: Vec<_> = preview.to_accept.iter().filter_map(|it| world.people.group_id(*it)).collect();
        let accepted = if accepts { opens.clone() } else { vec![] };
        let command = command(world, change, id, opens, accepted)?;
        Ok((stream(world, &change)?, preview, command))
    })?;
    let carried = acting.carry::<Decided>(&order, &stream, command).await?;
    Ok(Made { command: order.meta.command, preview, carried })
}

/// Closes the internal communication of a group, for who may change its facts.
async fn close(acting: &Acting<'_>, asked: Asked<'_>, input: &RuleChangeInput) -> Result<Made> {
    let check = |world: &World, rights: &Rights| {
        let change = input.found(world, rights)?;
        let role = may_make(world, rights, &change)?;
        let Change::RemoveFact { group, .. } = change else { return Err(Failure::NotFound) };
        Ok((role, (change, group)))
    };
    let (order, (change, group)) = acting.order(asked, check).await?;
    let (stream, preview, closing) = acting.look(|world, _| -> Result<_> {
        let closing = closing(world, group)?;
        let row = world.people.group_row(group).and_then(|row| world.people.structure(row.structure));
        let facts = closing.facts(row.map_or(Policy::default(), |row| row.policy)).unwrap_or_default();
        let changes: Vec<_> = facts.into_iter().map(|fact| Change::RemoveFact { group, fact }).collect();
        Ok((stream(world, &change)?, world.graph.preview(&world.people, &changes), closing))
    })?;
    let carried = acting.carry::<Decided>(&order, &stream, Command::CloseInternal(closing)).await?;
    Ok(Made { command: order.meta.command, preview, carried })
}

/// Returns the rules in the way of closing a group, and what the other way out would do.
fn in_the_way(shown: Shown<'_>, group: GroupNo, rules: &[RuleId]) -> Option<InTheWay> {
    let Shown { acting, world, .. } = shown;
    let structure = world.people.group_row(group)?.structure;
    let rule = |id: &RuleId| {
        let rule = world.graph.rule(*id)?;
        let seen = [rule.from, rule.to].into_iter().all(|end| shown.rights.sees_group(world, end));
        let closed = world.graph.preview(&world.people, &[Change::RemoveRule { rule: *id }]).closed;
        let named = seen.then(|| Rule::of(acting.front, acting.caller.language, world, rule));
        Some(RuleInTheWay { id: id.global(), rule: named.flatten(), closes: closed.pairs() })
    };
    let explicit = [
        Change::SetPolicy { structure, policy: Policy::Explicit },
        Change::RemoveFact { group, fact: DomainFact::Internal },
    ];
    Some(InTheWay { rules: rules.iter().filter_map(rule).collect(), explicit: shown.preview(&explicit) })
}

/// Returns the groups at the ends of a rule that is no more whose members still reach each other, as that was granted.
fn stays(shown: Shown<'_>, rule: RuleId) -> Vec<StaysInternal> {
    let granted = shown.world.graph.granted_at_ends(&shown.world.people, rule).into_iter();
    granted.map(|(group, pairs)| StaysInternal { group: shown.group(group), pairs }).collect()
}
