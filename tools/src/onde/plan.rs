//! What an import would change. Applying it is the caller's.
//!
//! Invariant: a plan names every person its lines speak of once, in the order pupils, teachers, relatives;
//! nobody is merged or closed by it.

use domain::PersonId;
use serde::Serialize;

use super::finding::Finding;
use super::headers::Table;
use super::known::{Evidence, Identity, Profile, SourceKey};
use super::rows::Sex;

/// Somebody of the plan or of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// To be created: the place in [`Plan::people`].
    New(usize),
    /// On the platform.
    Known(PersonId),
}

/// A field of a person's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Field {
    Honorific,
    LastName,
    UsualName,
    FirstName,
    BirthDate,
    Email,
    HomePhone,
    WorkPhone,
    MobilePhone,
    Address,
    Levels,
}

/// One difference between a known person and their line. An empty cell changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The field takes the value of the line.
    Set {
        /// Which.
        field: Field,
        /// Value on the platform, may be empty.
        before: String,
        /// Value of the line.
        after: String,
    },
    /// They join a class.
    JoinClass(String),
    /// ONDE no longer has them in this class. Only for people ONDE feeds.
    LeaveClass(String),
    /// They become the relative of a child.
    AddChild(Who),
    /// ONDE no longer gives them this child, who is in its files. Only for people ONDE feeds.
    DropChild(PersonId),
    /// They become head of the school.
    BecomeHead,
    /// They no longer are head of the school. Only for people ONDE feeds.
    StopBeingHead,
    /// The line has a key the person does not have yet; keep it, later imports go by it.
    KeepKey(SourceKey),
}

/// A person the files speak of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedPerson {
    /// Known or to be created.
    pub who: Who,
    /// Profile.
    pub profile: Profile,
    /// Names and the rest, as the lines have it.
    pub identity: Identity,
    /// Sex, of pupils.
    pub sex: Option<Sex>,
    /// Classes.
    pub classes: Vec<String>,
    /// Levels, of pupils.
    pub levels: Vec<String>,
    /// Head of the school.
    pub head: bool,
    /// Children, of relatives.
    pub children: Vec<Who>,
    /// The lines that speak of them.
    pub lines: Vec<u32>,
    /// What to keep with the person to know the lines again.
    pub source_keys: Vec<SourceKey>,
    /// What differs from the platform; empty for somebody new.
    pub changes: Vec<Change>,
}

/// A class of the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedClass {
    /// Its name: as the platform has it, else as first written.
    pub name: String,
    /// The levels of its pupils, in order of appearance.
    pub levels: Vec<String>,
    /// Whether it is to be opened.
    pub new: bool,
}

/// A relative and a child of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The relative.
    pub relative: Who,
    /// The child.
    pub child: Who,
    /// Whether the platform does not have it yet.
    pub new: bool,
}

/// Two relatives who may be one; somebody decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// One.
    pub first: Who,
    /// The other.
    pub second: Who,
    /// Why: never the name alone.
    pub evidence: Vec<Evidence>,
}

/// A line about which somebody has to decide; the answer is kept under its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The table.
    pub table: Table,
    /// The line.
    pub line: u32,
    /// What the decision is remembered by.
    pub key: SourceKey,
    /// Who it may be.
    pub candidates: Vec<PersonId>,
}

/// How much there is of everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub pupils: usize,
    pub teachers: usize,
    pub relatives: usize,
    pub classes: usize,
    pub links: usize,
    pub new_people: usize,
    pub changed_people: usize,
    pub unchanged_people: usize,
    pub new_classes: usize,
    pub new_links: usize,
    pub proposals: usize,
    pub reviews: usize,
    pub absent: usize,
    pub lines_left_out: usize,
    pub soft_findings: usize,
    pub notes: usize,
}

/// What an import would change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Plan {
    /// The classes of the files.
    pub classes: Vec<PlannedClass>,
    /// The people of the files.
    pub people: Vec<PlannedPerson>,
    /// Every link of the files.
    pub links: Vec<Link>,
    /// Pairs that may be one person.
    pub proposals: Vec<Proposal>,
    /// Lines to decide on.
    pub reviews: Vec<Review>,
    /// People ONDE feeds, of a profile in the files, of whom no line speaks, `PERMANENT` ones not counted.
    /// For a complete import to mark; a partial one ignores them.
    pub absent: Vec<PersonId>,
    /// What there is to say.
    pub findings: Vec<Finding>,
    /// How much of everything.
    pub counts: Counts,
}

impl Plan {
    /// Says whether applying the plan would change nothing. Proposals and absent people are no changes.
    pub fn changes_nothing(&self) -> bool {
        self.counts.new_people + self.counts.changed_people + self.counts.new_classes + self.counts.new_links
            == 0
    }
}
