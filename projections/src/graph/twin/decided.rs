//! Recipes and matrices, as the structure itself decides them on what happened so far.

use domain::structure::{Adjustment, Applying, Command, Event, Matrix, Opening, Structure, Taking};
use domain::{CommandId, Decider as _, StructureId};

use crate::graph::Preview;
use crate::testing::{School, label};
use crate::world::{Owner, World};

/// Returns the structure, from its own events.
pub(crate) fn state(school: &School, of: StructureId) -> Structure {
    let own = school.log.iter().filter(|(at, _)| at.owner == Owner::Structure(of));
    own.fold(Structure::default(), |state, (_, event)| match event {
        domain::Event::Structure(event) => state.evolve(event),
        other => panic!("not of a structure: {other:?}"),
    })
}

/// Returns what is asked of a recipe, with what the graph knows.
pub(crate) fn taking(school: &School, of: StructureId, name: &str) -> Taking {
    let World { people, graph, .. } = &school.world;
    let groups = state(school, of).to_close(&label(name));
    let closings = groups.into_iter().filter_map(|group| graph.closing(people, people.group(group)?));
    let (functions, disciplines) = people.held(people.structure_no(of).unwrap());
    let (recipe, opening) = (label(name), Opening::default());
    Taking { recipe, functions, disciplines, closings: closings.collect(), opening, command: command(school) }
}

fn applying(school: &School, of: StructureId, name: &str) -> Applying {
    let (functions, disciplines) = school.world.people.held(school.world.people.structure_no(of).unwrap());
    let (matrix, opening) = (Matrix::shipped(name), Opening::default());
    Applying { matrix, functions, disciplines, opening, command: command(school) }
}

fn command(school: &School) -> CommandId {
    CommandId::from_u128(500_000 + u128::try_from(school.log.len()).unwrap())
}

/// Takes a recipe or takes it back; returns what was looked at before, none if nothing was to be done or it is refused.
pub(crate) fn recipe(
    school: &mut School,
    of: StructureId,
    name: &str,
    take: bool,
    accept: bool,
) -> Option<Preview> {
    let taking = taking(school, of, name);
    let make = |opening: Opening| {
        let taking = Taking { opening, ..taking.clone() };
        if take { Command::TakeRecipe(taking) } else { Command::TakeBackRecipe(taking) }
    };
    carry(school, of, make, accept)
}

/// Applies a matrix again or resets to it; likewise.
pub(crate) fn matrix(
    school: &mut School,
    of: StructureId,
    name: &str,
    reset: bool,
    accept: bool,
) -> Option<Preview> {
    let applying = applying(school, of, name);
    let make = |opening: Opening| {
        let applying = Applying { opening, ..applying.clone() };
        if reset { Command::ResetMatrix(applying) } else { Command::ReapplyMatrix(applying) }
    };
    carry(school, of, make, accept)
}

fn carry(
    school: &mut School,
    of: StructureId,
    make: impl Fn(Opening) -> Command,
    accept: bool,
) -> Option<Preview> {
    let state = state(school, of);
    let looked: Vec<Event> = state.decide(make(Opening::default())).ok()?;
    let change: Adjustment = looked.first()?.adjustment()?;
    let World { people, graph, .. } = &school.world;
    let preview = graph.preview_adjustment(people, None, &change, &[]);
    let opens: Vec<_> = preview.to_accept.iter().filter_map(|group| people.group_id(*group)).collect();
    let accepted = if accept { opens.clone() } else { vec![] };
    let events = state.decide(make(Opening { opens, accepted, accepts: accept })).ok()?;
    for event in events {
        school.of_structure(of, event);
    }
    Some(preview)
}
