//! Recipes of a structure, and its matrix applied again and reset (`communication.md` sections 5 and 7).
//!
//! Invariants: each is one command of the structure, looked at first by the same code; what would let students or
//! relatives reach each other is refused until it is accepted, and the refusal carries the preview.

mod shown;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::actor::RoleName;
use domain::structure::{Refusal, Structure as Decided};
use domain::{Label, StreamId, StructureId};
use projections::World;

pub use self::shown::{MatrixChangePreview, StructureMatrix, StructureRecipe, title};
pub(super) use self::shown::{matrix, recipes};
use super::acting::{Acting, Asked, field_of, label, within};
use super::common::{Global, Position, Ulid, UserError};
use super::rules::change::AcceptedOpening;
use super::structure::Structure;
use crate::failure::{Failure, Result};
use crate::matrices::{Looked, What, look};
use crate::rights::{Right, Rights};

/// A recipe to be taken.
#[derive(Debug, InputObject)]
pub struct TakeRecipeInput {
    structure: ID,
    /// Its name: `NO_TALK_INSIDE_CLASSES`.
    recipe: String,
    #[graphql(default)]
    accept: Vec<AcceptedOpening>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A recipe to be taken back.
#[derive(Debug, InputObject)]
pub struct TakeBackRecipeInput {
    structure: ID,
    /// Its name.
    recipe: String,
    #[graphql(default)]
    accept: Vec<AcceptedOpening>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A matrix to be applied.
#[derive(Debug, InputObject)]
pub struct ApplyMatrixInput {
    structure: ID,
    /// Another matrix than the structure has, by its name: for the platform.
    matrix: Option<String>,
    #[graphql(default)]
    accept: Vec<AcceptedOpening>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// Groups to be put back.
#[derive(Debug, InputObject)]
pub struct ResetMatrixInput {
    structure: ID,
    #[graphql(default)]
    accept: Vec<AcceptedOpening>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// The structure, or why nothing was done to it.
#[derive(Debug, SimpleObject)]
pub struct MatrixPayload {
    /// Which; null if it was refused.
    structure: Option<Structure>,
    /// What it did, or would do if it was refused; null if nothing happened just now.
    preview: Option<MatrixChangePreview>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about recipes and matrices.
#[derive(Debug, Default)]
pub struct RecipesQuery;

/// Queries.
#[Object]
impl RecipesQuery {
    /// What taking a recipe would do now, or taking it back: nothing is written. For who may do it, and for auditors of
    /// the structure.
    async fn preview_recipe(
        &self,
        ctx: &Context<'_>,
        structure: ID,
        recipe: String,
        #[graphql(default)] take_back: bool,
    ) -> Result<MatrixChangePreview> {
        let recipe = label(&recipe, "recipe")?;
        let what = if take_back { What::TakeBack(recipe) } else { What::Take(recipe) };
        preview(&Acting::of(ctx)?, &structure, what).await
    }

    /// What applying the matrix again would do now, or another one; or what a reset would undo: nothing is written. For
    /// who may do it, and for auditors of the structure.
    async fn preview_matrix(
        &self,
        ctx: &Context<'_>,
        structure: ID,
        matrix: Option<String>,
        #[graphql(default)] reset: bool,
    ) -> Result<MatrixChangePreview> {
        let what = match (matrix, reset) {
            (Some(_), true) => return Err(Failure::BadInput("matrix", "none for a reset")),
            (None, true) => What::Reset,
            (matrix, false) => What::Apply(matrix.map(|name| label(&name, "matrix")).transpose()?),
        };
        preview(&Acting::of(ctx)?, &structure, what).await
    }
}

/// What can be done to the matrix of a structure.
#[derive(Debug, Default)]
pub struct RecipesMutation;

/// Mutations.
#[Object]
impl RecipesMutation {
    /// Takes a recipe: from now on it is part of the matrix of the structure, for classes made later too.
    async fn take_recipe(&self, ctx: &Context<'_>, input: TakeRecipeInput) -> Result<MatrixPayload> {
        let asked = Asked::new("takeRecipe", &input, input.idempotency_key, input.reason.as_deref());
        let what = What::Take(label(&input.recipe, "recipe")?);
        change(&Acting::of(ctx)?, asked, &input.structure, what, &input.accept).await
    }

    /// Takes a recipe back: what it did is undone, and only that.
    async fn take_back_recipe(&self, ctx: &Context<'_>, input: TakeBackRecipeInput) -> Result<MatrixPayload> {
        let asked = Asked::new("takeBackRecipe", &input, input.idempotency_key, input.reason.as_deref());
        let what = What::TakeBack(label(&input.recipe, "recipe")?);
        change(&Acting::of(ctx)?, asked, &input.structure, what, &input.accept).await
    }

    /// Applies the matrix of the structure again, as an import does; or another one, which adds to it. Groups that
    /// somebody changed by hand get nothing but rules towards new groups.
    async fn apply_matrix(&self, ctx: &Context<'_>, input: ApplyMatrixInput) -> Result<MatrixPayload> {
        let asked = Asked::new("applyMatrix", &input, input.idempotency_key, input.reason.as_deref());
        let what = What::Apply(input.matrix.as_deref().map(|name| label(name, "matrix")).transpose()?);
        change(&Acting::of(ctx)?, asked, &input.structure, what, &input.accept).await
    }

    /// Puts the groups of the structure that are not free back to the matrix and the recipes: rules and facts by hand
    /// go. Rules of other structures stay. For the platform.
    async fn reset_matrix(&self, ctx: &Context<'_>, input: ResetMatrixInput) -> Result<MatrixPayload> {
        let asked = Asked::new("resetMatrix", &input, input.idempotency_key, input.reason.as_deref());
        change(&Acting::of(ctx)?, asked, &input.structure, What::Reset, &input.accept).await
    }
}

/// Looks at a change, for who may make it and for auditors.
async fn preview(acting: &Acting<'_>, structure: &ID, what: What) -> Result<MatrixChangePreview> {
    if acting.until().is_some() {
        return Err(Failure::BadInput("asOf", "what would happen is asked of now"));
    }
    let structure = StructureId::read(structure, "structure")?;
    acting.look(|world, rights| match within(world, rights, Right::Audit, structure) {
        Ok(_) => Ok(()),
        Err(_) => may(world, rights, structure, &what).map(|_| ()),
    })?;
    let looked = look(&acting.front.node, structure, what).await?;
    acting.look(|world, rights| {
        let audits = rights.may(Right::Audit, structure).is_some();
        if looked.is_the_platforms() && !audits && rights.platform().is_none() {
            return Err(Failure::Forbidden);
        }
        Ok(MatrixChangePreview::of(acting, world, rights, &looked))
    })
}

/// Makes a change, of who may make it.
async fn change(
    acting: &Acting<'_>,
    asked: Asked<'_>,
    structure: &ID,
    what: What,
    accept: &[AcceptedOpening],
) -> Result<MatrixPayload> {
    let structure = StructureId::read(structure, "structure")?;
    let check = |world: &World, rights: &Rights| Ok((may(world, rights, structure, &what)?, ()));
    let (order, ()) = acting.order(asked, check).await?;
    let looked = look(&acting.front.node, structure, what.clone()).await?;
    if looked.is_the_platforms() && acting.look(|_, rights| rights.platform().is_none()) {
        return Err(Failure::Forbidden);
    }
    let accepts = accept.contains(&AcceptedOpening::OpensMembers);
    let command = looked.command(accepts, order.meta.command);
    let done = acting.carry::<Decided>(&order, &StreamId::structure(structure), command).await?;
    Ok(acting.look(|world, rights| {
        let told = !done.events.is_empty() || done.refusal.as_ref().is_some_and(helps);
        let user_errors = done.refusal.iter().map(|refusal| acting.refused(refusal, field_of(refusal)));
        MatrixPayload {
            structure: Structure::by_id(world, structure).filter(|_| done.refusal.is_none()),
            preview: told.then(|| MatrixChangePreview::of(acting, world, rights, &looked)),
            user_errors: user_errors.collect(),
            position: Position(done.position),
        }
    }))
}

/// Whether a preview helps whoever was refused.
fn helps(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::OpensMembers(_) | Refusal::ImpliedByBothDirections(_))
}

/// Returns the role in which the caller may ask this of the matrix: another one, and a reset, are for the platform.
fn may(world: &World, rights: &Rights, structure: StructureId, what: &What) -> Result<RoleName> {
    let (role, number) = within(world, rights, Right::Rules, structure)?;
    let has = |name: &Label| {
        let standing = world.graph.standing(number).and_then(|standing| standing.matrix.as_ref());
        standing.is_some_and(|matrix| matrix.name == *name)
    };
    let platform = match what {
        What::Take(_) | What::TakeBack(_) | What::Apply(None) => false,
        What::Apply(Some(name)) => !has(name),
        What::Reset => true,
    };
    if platform { rights.platform().ok_or(Failure::Forbidden) } else { Ok(role) }
}

/// What is looked at, as the caller reads it.
impl MatrixChangePreview {
    fn of(acting: &Acting<'_>, world: &World, rights: &Rights, looked: &Looked) -> Self {
        shown::Shown { acting, world, rights }.preview(looked)
    }
}
