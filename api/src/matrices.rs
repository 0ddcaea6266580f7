//! Recipes and matrices of a structure: looked at, then asked of the structure, for the API and the command line.
//!
//! Invariant: what is looked at is what the structure itself decides on what it knows now, with the same facts.

use domain::group::{GroupKind, InternalPolicy, Profile};
use domain::structure::{
    Adjustment, Applying, Closing, Command, Event, Matrix, Opening, PolicySet, Refusal, Structure, Taking,
};
use domain::{CommandId, Decider as _, GroupId, Label, RuleId, StreamId, StructureId};
use projections::World;
use projections::dense::StructureNo;
use projections::graph::Preview;

use crate::failure::{Failure, Result};
use crate::node::Node;

/// What is asked of the matrix of a structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Take a recipe.
    Take(Label),
    /// Take a recipe back.
    TakeBack(Label),
    /// Apply the matrix again, or another one.
    Apply(Option<Label>),
    /// Put groups back to the matrix and the recipes.
    Reset,
}

/// What would come of it.
#[derive(Debug)]
pub struct Looked {
    what: What,
    /// The structure.
    pub structure: StructureId,
    /// What would change; none if it is so already, or is refused.
    pub change: Option<Adjustment>,
    /// Why it is refused, if it is whatever is accepted.
    pub refusal: Option<Refusal>,
    /// What would open and close.
    pub preview: Preview,
    /// The same with the policy `EXPLICIT`, where that is the way without.
    pub explicit: Option<Preview>,
    /// Groups of students or relatives that it opens.
    opens: Vec<GroupId>,
    known: Known,
}

/// What the structure does not know itself.
#[derive(Debug, Clone)]
struct Known {
    number: StructureNo,
    policy: InternalPolicy,
    functions: Vec<Label>,
    disciplines: Vec<Label>,
    closings: Vec<Closing>,
    matrix: Option<Matrix>,
}

/// Looks at what would come of it now.
pub async fn look(node: &Node, structure: StructureId, what: What) -> Result<Looked> {
    let state = node.executor().state::<Structure>(&StreamId::structure(structure)).await?;
    let matrix = match &what {
        What::Apply(Some(asked)) => node.matrix(asked),
        What::Apply(None) | What::Reset => state.matrix().and_then(|has| node.matrix(has)),
        What::Take(_) | What::TakeBack(_) => None,
    };
    node.read(|world| {
        let known = Known::of(world, structure, &state, &what, matrix).ok_or(Failure::NotFound)?;
        Ok(Looked::of(world, &state, structure, what, known))
    })
}

impl Looked {
    fn of(world: &World, state: &Structure, structure: StructureId, what: What, known: Known) -> Self {
        let (people, graph) = (&world.people, &world.graph);
        let left = match &what {
            What::Take(recipe) => state.left_alone(recipe),
            What::TakeBack(_) | What::Apply(_) | What::Reset => vec![],
        };
        let mut looked = Self {
            what,
            structure,
            change: None,
            refusal: None,
            preview: Preview::default(),
            explicit: None,
            opens: vec![],
            known,
        };
        match looked.decided(state) {
            Ok(change) => {
                let nothing = Adjustment::default();
                looked.preview =
                    graph.preview_adjustment(people, None, change.as_ref().unwrap_or(&nothing), &left);
                looked.change = change;
            }
            Err(refusal) => looked.refusal = Some(refusal),
        }
        let opens = looked.preview.to_accept.iter().filter_map(|group| people.group_id(*group));
        looked.opens = opens.collect();
        let stands =
            !looked.opens.is_empty() || matches!(looked.refusal, Some(Refusal::ImpliedByBothDirections(_)));
        if stands && looked.known.policy == InternalPolicy::Implied {
            let set = PolicySet { policy: InternalPolicy::Explicit, accepted: vec![] };
            let without = state.clone().evolve(&set.into());
            let policy = Some((looked.known.number, InternalPolicy::Explicit));
            let change = looked.decided(&without).ok().flatten();
            looked.explicit = change.map(|change| graph.preview_adjustment(people, policy, &change, &left));
        }
        looked
    }

    fn decided(&self, state: &Structure) -> Result<Option<Adjustment>, Refusal> {
        let events = state.decide(self.made(Opening::default(), CommandId::from_u128(0)))?;
        Ok(events.first().and_then(Event::adjustment))
    }

    /// Returns the command; what opens is accepted if the caller does.
    pub fn command(&self, accepts: bool, command: CommandId) -> Command {
        let opens = self.opens.clone();
        let accepted = if accepts { opens.clone() } else { vec![] };
        self.made(Opening { opens, accepted, accepts }, command)
    }

    fn made(&self, opening: Opening, command: CommandId) -> Command {
        let Known { functions, disciplines, closings, matrix, .. } = self.known.clone();
        let taking = |recipe: &Label| Taking {
            recipe: recipe.clone(),
            functions: functions.clone(),
            disciplines: disciplines.clone(),
            closings,
            opening: opening.clone(),
            command,
        };
        match &self.what {
            What::Take(recipe) => Command::TakeRecipe(taking(recipe)),
            What::TakeBack(recipe) => Command::TakeBackRecipe(taking(recipe)),
            What::Apply(_) => {
                Command::ReapplyMatrix(Applying { matrix, functions, disciplines, opening, command })
            }
            What::Reset => {
                Command::ResetMatrix(Applying { matrix, functions, disciplines, opening, command })
            }
        }
    }

    /// Returns whether it gives or takes facts of the STUDENT or the RELATIVE group of the whole structure: that is for
    /// the platform.
    pub fn is_the_platforms(&self) -> bool {
        let wide = [Profile::Student, Profile::Relative]
            .map(|profile| GroupKind::Profile(profile).id(self.structure));
        let facts = self.change.iter().flat_map(|change| change.facts.iter().chain(&change.lost));
        facts.into_iter().any(|it| wide.contains(&it.group))
    }

    /// Returns the rules of other structures that end at groups of this one: they stay, whatever is reset.
    pub fn from_elsewhere(&self, world: &World) -> Vec<RuleId> {
        if self.what != What::Reset {
            return vec![];
        }
        let own = world.people.groups_of(self.known.number);
        let ends = own.iter().flat_map(|group| world.graph.rules_to(*group));
        let foreign = ends.filter(|rule| {
            world.people.group_row(rule.from).is_some_and(|row| row.structure != self.known.number)
        });
        foreign.map(|rule| rule.id).collect()
    }
}

impl Known {
    fn of(
        world: &World,
        structure: StructureId,
        state: &Structure,
        what: &What,
        matrix: Option<Matrix>,
    ) -> Option<Self> {
        let (people, graph) = (&world.people, &world.graph);
        let number = people.structure_no(structure)?;
        let policy = people.structure(number)?.policy;
        let (functions, disciplines) = people.held(number);
        let groups = match what {
            What::Take(recipe) | What::TakeBack(recipe) => state.to_close(recipe),
            What::Apply(_) | What::Reset => vec![],
        };
        let closings = groups.into_iter().filter_map(|group| graph.closing(people, people.group(group)?));
        Some(Self { number, policy, functions, disciplines, closings: closings.collect(), matrix })
    }
}
