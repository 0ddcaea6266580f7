//! What a recipe, its end, or a reset of the matrix made of the groups of a structure.
//!
//! Invariant: everything that follows from a data file stands here as it was computed; a later file changes nothing
//! that was.

use serde::{Deserialize, Serialize};

use super::GivenRule;
use crate::group::{Fact, FamilyLink, Reason};
use crate::id::{GroupId, RuleId};
use crate::label::Label;
use crate::sealed::Carries;

/// A reason of a fact of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reasoned {
    /// The group.
    pub group: GroupId,
    /// The fact.
    pub fact: Fact,
    /// Why.
    pub reason: Reason,
}

/// From a group to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// From this group.
    pub from: GroupId,
    /// To this group.
    pub to: GroupId,
}

/// How the relatives of a class and their own children are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenFamily {
    /// The group of the relatives.
    pub group: GroupId,
    /// In which directions.
    pub family: FamilyLink,
}

/// What changes at once: rules and reasons that end, then those that begin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Rules that end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<RuleId>,
    /// Reasons that end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Reasoned>,
    /// Reasons that begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Reasoned>,
    /// Rules that begin; they are reasons for nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<GivenRule>,
    /// Links of families that were not said before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<GivenFamily>,
    /// Groups whose opening to each other was accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<GroupId>,
}

/// What one recipe is for some groups: what it gives, and what of the matrix does not hold because of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Its name.
    pub recipe: Label,
    /// Its version.
    pub version: u32,
    /// Reasons it gives, beside those that the matrix gives anyway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Reasoned>,
    /// Rules it gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<GivenRule>,
    /// Reasons that do not hold because of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<Reasoned>,
    /// Rules of the matrix that do not stand because of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Link>,
}

/// A recipe is part of the matrix of the structure from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecipeTaken {
    /// What it is for the groups there are.
    pub share: Share,
    /// What changes now.
    pub change: Adjustment,
    /// Whether what it opens in classes made afterwards is accepted too.
    pub accepts: bool,
}

impl Carries for RecipeTaken {}

/// A recipe is no part of the matrix any longer: what it did is undone, and only that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecipeTakenBack {
    /// Its name.
    pub recipe: Label,
    /// What changes now.
    pub change: Adjustment,
}

impl Carries for RecipeTakenBack {}

/// The groups of the structure that are not free are as the matrix and the recipes say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatrixReset {
    /// The name of the matrix.
    pub matrix: Label,
    /// Its version.
    pub version: u32,
    /// What the recipes are for the groups there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipes: Vec<Share>,
    /// What changes now.
    pub change: Adjustment,
}

impl Carries for MatrixReset {}
