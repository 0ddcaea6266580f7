//! What happened to a structure. A diff of this file is a change of what is stored.

mod recipes;
mod timetable;

pub use recipes::*;
use serde::{Deserialize, Serialize};
pub use timetable::*;

use crate::clock::Zone;
use crate::group::{Fact, Facts, FamilyLink, InternalPolicy, Profile, Reason};
use crate::id::{ClassId, GroupId, RuleId, StructureId};
use crate::label::{Label, Uai};
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};
use crate::{Date, Timestamp};

crate::events! {
    /// A structure exists.
    Created = "structure.created", schema 1;
    /// A class exists.
    ClassOpened = "structure.class-opened", schema 1;
    /// A class is no more.
    ClassClosed = "structure.class-closed", schema 1;
    /// A teaching group exists.
    TeachingGroupOpened = "structure.teaching-group-opened", schema 1;
    /// A free group exists.
    FreeGroupCreated = "structure.free-group-created", schema 1;
    /// A broadcast list exists.
    BroadcastListCreated = "structure.broadcast-list-created", schema 1;
    /// Who is in a broadcast list without being put there changed.
    ListCriteriaSet = "structure.list-criteria-set", schema 1;
    /// A free group or a broadcast list is called something else.
    GroupRenamed = "structure.group-renamed", schema 1;
    /// A default matrix gave facts and rules.
    MatrixApplied = "structure.matrix-applied", schema 1;
    /// A recipe is part of the matrix.
    RecipeTaken = "structure.recipe-taken", schema 1;
    /// A recipe is no part of the matrix any longer.
    RecipeTakenBack = "structure.recipe-taken-back", schema 1;
    /// Groups are again as the matrix and the recipes say.
    MatrixReset = "structure.matrix-reset", schema 1;
    /// A fact of a group got a reason.
    FactGranted = "structure.fact-granted", schema 1;
    /// A fact of a group lost every reason.
    FactRemoved = "structure.fact-removed", schema 1;
    /// A rule was made by hand.
    RuleMade = "structure.rule-made", schema 1;
    /// A rule is no more.
    RuleRemoved = "structure.rule-removed", schema 1;
    /// The policy of internal communication changed.
    PolicySet = "structure.policy-set", schema 1;
    /// A profile may not sign in until a day.
    AccessWindowSet = "structure.access-window-set", schema 1;
    /// A profile may not sign in.
    ProfileBlocked = "structure.profile-blocked", schema 1;
    /// A profile may sign in again.
    ProfileUnblocked = "structure.profile-unblocked", schema 1;
    /// A group is reached by nobody as a group.
    GroupHidden = "structure.group-hidden", schema 1;
    /// A group is reached again by whoever the rules say.
    GroupShown = "structure.group-shown", schema 1;
    /// The structure is closed.
    Closed = "structure.closed", schema 1;
    /// The structure is open again.
    Reopened = "structure.reopened", schema 1;
    /// These are the periods of its day.
    PeriodsSet = "structure.periods-set", schema 1;
    /// It is closed for some time.
    ClosureMade = "structure.closure-made", schema 1;
    /// It is not closed then after all.
    ClosureLifted = "structure.closure-lifted", schema 1;
}

/// A structure exists, with its five profile groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// Its id.
    pub structure: StructureId,
    /// Its code; an office may have none.
    pub uai: Option<Uai>,
    /// Its name.
    pub name: Label,
    /// The structure above it.
    pub parent: Option<StructureId>,
    /// Where its days begin.
    pub zone: Zone,
    /// Its policy of internal communication.
    pub policy: InternalPolicy,
    /// How relatives and their children without a class are linked.
    pub family: FamilyLink,
}

impl Carries for Created {}

/// A class exists, with its profile groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassOpened {
    /// Its id.
    pub class: ClassId,
    /// Its name, unique among the open classes of the structure.
    pub name: Label,
}

impl Carries for ClassOpened {}

/// A class is no more; nobody is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassClosed {
    /// Which.
    pub class: ClassId,
}

impl Carries for ClassClosed {}

/// A teaching group exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeachingGroupOpened {
    /// Its id.
    pub group: GroupId,
    /// Its name in the feed.
    pub name: Label,
}

impl Carries for TeachingGroupOpened {}

/// A free group exists; its members are in its own stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FreeGroupCreated {
    /// The structure it belongs to.
    pub structure: StructureId,
    /// Its id.
    pub group: GroupId,
    /// What its maker called it.
    pub name: Sealed<String>,
    /// Whether members reach each other, as asked at creation.
    pub internal: bool,
}

impl Carries for FreeGroupCreated {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "name", 0, &mut self.name);
    }
}

/// A broadcast list exists; whom somebody put in or took out is in its own stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BroadcastListCreated {
    /// The structure it belongs to.
    pub structure: StructureId,
    /// Its id.
    pub group: GroupId,
    /// What its maker called it.
    pub name: Sealed<String>,
    /// The profile of everybody in it, for ever.
    pub profile: Profile,
    /// Who is in it without being put there; nobody if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Criteria>,
}

impl Carries for BroadcastListCreated {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "name", 0, &mut self.name);
    }
}

/// Who of the profile of a broadcast list is in it without being put there: whoever belongs to one of the structures,
/// to any if none is named, and holds one of the functions there, if some are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criteria {
    /// These structures, without those below them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub structures: Vec<StructureId>,
    /// Codes of functions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<Label>,
}

/// Who is in a broadcast list without being put there changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListCriteriaSet {
    /// Which list.
    pub group: GroupId,
    /// Nobody if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Criteria>,
}

impl Carries for ListCriteriaSet {}

/// A free group or a broadcast list is called something else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRenamed {
    /// The structure it belongs to.
    pub structure: StructureId,
    /// Which.
    pub group: GroupId,
    /// What it is called.
    pub name: Sealed<String>,
}

impl Carries for GroupRenamed {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "name", 0, &mut self.name);
    }
}

/// A matrix gave facts to groups that had none of it, and rules between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatrixApplied {
    /// Its name.
    pub matrix: Label,
    /// Its version.
    pub version: u32,
    /// What groups state because of it.
    pub facts: Vec<GivenFacts>,
    /// The rules it gives.
    pub rules: Vec<GivenRule>,
    /// What the recipes of the structure are for these groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipes: Vec<Share>,
    /// Groups whose opening to each other was accepted when a recipe was taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<GroupId>,
}

impl Carries for MatrixApplied {}

/// What a matrix makes a group state.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GivenFacts {
    /// The group.
    pub group: GroupId,
    /// Its facts with the reason `MATRIX`.
    pub facts: Facts,
    /// For the relatives of a class: how they and their own children are linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<FamilyLink>,
}

/// A rule that a matrix gives. It is a reason for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GivenRule {
    /// Its id.
    pub rule: RuleId,
    /// From this group.
    pub from: GroupId,
    /// To this group.
    pub to: GroupId,
}

/// A fact of a group got a reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactGranted {
    /// The group.
    pub group: GroupId,
    /// The fact.
    pub fact: Fact,
    /// Why.
    pub reason: Reason,
    /// Groups whose opening to each other was accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<GroupId>,
}

impl Carries for FactGranted {}

/// A fact of a group lost every reason it had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactRemoved {
    /// The group.
    pub group: GroupId,
    /// The fact.
    pub fact: Fact,
}

impl Carries for FactRemoved {}

/// A rule was made by hand: a reason for `uses` of `from`, and for `exposes` of `to` if it says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleMade {
    /// Its id.
    pub rule: RuleId,
    /// From this group, of this structure.
    pub from: GroupId,
    /// To this group, of any structure.
    pub to: GroupId,
    /// Whether it is a reason for `exposes` at its end.
    pub exposes_members: bool,
    /// Groups whose opening to each other was accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<GroupId>,
}

impl Carries for RuleMade {}

/// A rule is no more, and no reason any longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleRemoved {
    /// Which.
    pub rule: RuleId,
}

impl Carries for RuleRemoved {}

/// The policy of internal communication changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicySet {
    /// The new policy.
    pub policy: InternalPolicy,
    /// Groups whose opening to each other was accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<GroupId>,
}

impl Carries for PolicySet {}

/// People of a profile may not sign in before a day (`ACCESS_WINDOW`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessWindowSet {
    /// The profile.
    pub profile: Profile,
    /// The first day they may; none lifts the window.
    pub opens: Option<Date>,
}

impl Carries for AccessWindowSet {}

/// People of a profile may not sign in (`PROFILE`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileBlocked {
    /// The structure.
    pub structure: StructureId,
    /// The profile.
    pub profile: Profile,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// Why, in the author's words.
    pub reason: Sealed<String>,
}

impl Carries for ProfileBlocked {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "reason", 0, &mut self.reason);
    }
}

/// People of a profile may sign in again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileUnblocked {
    /// The profile.
    pub profile: Profile,
}

impl Carries for ProfileUnblocked {}

/// A group is reached by nobody as a group (`communication.md` section 3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupHidden {
    /// Which.
    pub group: GroupId,
}

impl Carries for GroupHidden {}

/// A group is hidden no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupShown {
    /// Which.
    pub group: GroupId,
}

impl Carries for GroupShown {}

/// A structure is closed: nobody is attached to it any longer, until it opens again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {}

impl Carries for Closed {}

/// A structure is open again, as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reopened {}

impl Carries for Reopened {}
