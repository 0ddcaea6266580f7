//! An explanation as the schema shows it: typed, and each part also as a sentence.

mod shape;

use async_graphql::{Enum, ID, SimpleObject};
use serde::Serialize;

use super::previewed::FixPreview;
use crate::graphql::groups::Fact;
use crate::graphql::names::{Correspondent, NamedGroup};
use crate::graphql::origin::TracedOrigin;
use crate::graphql::structure::{Class, InternalPolicy, Structure};

/// Why somebody reaches a person or a group, or what is missing.
#[derive(Debug, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReachExplanation {
    /// Whether they may see and write to them.
    pub allowed: bool,
    /// The answer, for people, in the language of the request.
    pub sentence: String,
    /// Every way that allows it.
    pub paths: Vec<ExplainedPath>,
    /// What is missing, the nearest first: the fewest changes. For who may only ask from themselves: what is missing
    /// about the caller, whomever they ask for.
    pub misses: Vec<ReachMiss>,
    /// Whether there is more that only an administrator may see.
    pub ask_administrator: bool,
}

/// One way that allows it.
#[derive(Debug, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedPath {
    /// The whole way in one sentence.
    sentence: String,
    /// The facts that make it up, from the one end to the other.
    steps: Vec<ReachStep>,
}

/// A fact of a way.
#[derive(Debug, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReachStep {
    /// What it is.
    kind: ReachStepKind,
    /// As a sentence of its own.
    sentence: String,
    /// Who is a member; the relative of a family; who a direct link starts at.
    person: Option<Correspondent>,
    /// The child of a family.
    child: Option<Correspondent>,
    /// To whom a direct link was made.
    linked: Option<Correspondent>,
    /// The group of a member or of a fact; where a rule starts; what is nested; the parents of the class that links a
    /// family.
    group: Option<NamedGroup>,
    /// Where a rule ends; what a group is nested in.
    to: Option<NamedGroup>,
    /// The rule, if it is one.
    rule: Option<ID>,
    /// Whether a matrix gave the rule, if it is one.
    by_matrix: Option<bool>,
    /// The event that made it so: a membership, a rule, a family, a direct link.
    since: Option<TracedOrigin>,
    /// Why a fact of a group is true; what links a family.
    reasons: Vec<FactReason>,
}

/// What a fact of a way is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReachStepKind {
    /// Somebody is a member of a group.
    Member,
    /// A group uses the rules that start at it.
    Uses,
    /// A group exposes its members.
    Exposes,
    /// Members of a group reach each other.
    Internal,
    /// A rule between two groups.
    Rule,
    /// A group is nested in another.
    Nested,
    /// A parent and their own child.
    Family,
    /// A direct link by hand.
    DirectLink,
}

/// Why a fact of a group is true.
#[derive(Debug, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FactReason {
    /// What kind of reason it is.
    cause: FactCause,
    /// The rule, if it is one.
    rule: Option<ID>,
    /// Whether its event accepted that members of the group reach each other.
    accepted: bool,
    /// The event that made it so.
    since: Option<TracedOrigin>,
}

/// What kind of reason a fact has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FactCause {
    /// The default matrix of the structure.
    Matrix,
    /// An administrator, or an import of the four-value attribute.
    Hand,
    /// The files of the school.
    Feed,
    /// A rule made by hand.
    Rule,
    /// The two other facts imply it.
    Implied,
}

/// What is missing on one way.
#[derive(Debug, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReachMiss {
    /// How many changes would allow it.
    changes: usize,
    /// What is missing and what would mend it, in one sentence.
    sentence: String,
    /// The group the way would start from.
    from: Option<NamedGroup>,
    /// The group it would end at.
    to: Option<NamedGroup>,
    /// What is missing: one change each.
    missing: Vec<ReachGap>,
}

/// Something that is missing, or in the way.
#[derive(Debug, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReachGap {
    /// What it is.
    kind: ReachGapKind,
    /// As a sentence of its own.
    sentence: String,
    /// Whom it is about.
    person: Option<Correspondent>,
    /// The group it is about; where a rule would start.
    group: Option<NamedGroup>,
    /// Where a rule would end.
    to: Option<NamedGroup>,
    /// The structure it is about.
    structure: Option<Structure>,
    /// The class it is about.
    class: Option<Class>,
    /// What would mend it, the smallest opening first: one of them is enough.
    fixes: Vec<ReachFix>,
}

/// What is missing, or in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReachGapKind {
    /// Nobody writes to themselves.
    Oneself,
    /// The account is blocked.
    AccountBlocked,
    /// The account is closed.
    AccountClosed,
    /// The account was kept until a day that has passed.
    AccountExpired,
    /// A platform administrator hid them: nobody reaches them.
    Hidden,
    /// The structure is closed.
    StructureClosed,
    /// The attachment to a structure has not begun, or has ended.
    AttachmentNotInForce,
    /// Members would reach each other, but this is waiting for acceptance.
    WaitingForAcceptance,
    /// Attached to no structure.
    NoStructure,
    /// No child is linked to the account of a relative.
    NoChild,
    /// Attached to no class.
    NoClass,
    /// Not attached to a class.
    NotInClass,
    /// Not in a group.
    NotInGroup,
    /// The group does not expose its members.
    DoesNotExpose,
    /// The group does not use its rules.
    DoesNotUse,
    /// Members of the group do not reach each other.
    NotInternal,
    /// Members do not reach each other, since the policy of the structure implies nothing.
    NotImplied,
    /// No rule leads from one group to the other.
    NoRule,
    /// The group has no rule.
    NoRuleAtAll,
    /// Nobody is in the group.
    EmptyGroup,
    /// The class of the child does not link parent and child.
    FamilyNotLinked,
}

/// What would mend something, and who may do it.
#[derive(Debug, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReachFix {
    /// What it is.
    kind: ReachFixKind,
    /// What, and by whom, in a sentence.
    sentence: String,
    /// Whom it changes.
    person: Option<Correspondent>,
    /// The group it changes; where a rule would start.
    group: Option<NamedGroup>,
    /// Where a rule would end.
    to: Option<NamedGroup>,
    /// The fact to grant.
    fact: Option<Fact>,
    /// Whether the rule would expose the members of its end.
    expose_members: Option<bool>,
    /// The structure to attach somebody to, or whose policy is set.
    structure: Option<Structure>,
    /// The class to attach somebody to.
    class: Option<Class>,
    /// The policy to set.
    policy: Option<InternalPolicy>,
    /// Who may do it; a platform administrator always may.
    by: FixAuthority,
    /// The structures that the one who may must administer: all of them.
    by_structures: Vec<Structure>,
    /// What it would open if it were made now and alone; null of what is no change of rules. Counted only when asked
    /// for.
    preview: Option<FixPreview>,
}

/// A change that would mend something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReachFixKind {
    /// Grant a fact to a group.
    GrantFact,
    /// Make a rule.
    MakeRule,
    /// Set the policy of a structure.
    SetPolicy,
    /// Take a fact or a rule away.
    Remove,
    /// Accept that members of a group reach each other.
    Accept,
    /// Attach somebody to a class.
    JoinClass,
    /// Put somebody into a group.
    JoinGroup,
    /// Attach somebody to a structure.
    Attach,
    /// Link a child to a relative.
    LinkChild,
    /// Lift a block.
    Unblock,
    /// Open a closed account again.
    Reopen,
    /// Hide a person or a group no longer.
    Unhide,
    /// Open a closed structure again.
    ReopenStructure,
}

/// Who may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FixAuthority {
    /// A platform administrator alone.
    Platform,
    /// A local administrator of the structure.
    Local,
    /// A local administrator of both structures.
    LocalOfBoth,
    /// A local administrator or a head of the structure.
    LocalOrHead,
}
