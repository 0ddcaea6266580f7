//! Which part of a request is answered from which past world.
//!
//! Invariant: a field below `asOf` is resolved by the same code as any other; what it looks at is decided by where it
//! stands in the request, and by nothing else.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use projections::World;

/// The past worlds of one request, by the path of the field below which they are looked at.
#[derive(Default)]
pub struct Moments(Mutex<Vec<(Vec<String>, Arc<World>)>>);

impl Moments {
    /// Returns the world that the field being resolved looks at, if it is a past one.
    pub fn of(ctx: &Context<'_>) -> Option<Arc<World>> {
        let moments = ctx.data_opt::<Self>()?.0.lock().unwrap_or_else(PoisonError::into_inner);
        if moments.is_empty() {
            return None;
        }
        let path = ctx.path_node.as_ref()?.to_string_vec();
        let around = moments.iter().filter(|(prefix, _)| path.starts_with(prefix));
        around.max_by_key(|(prefix, _)| prefix.len()).map(|(_, world)| Arc::clone(world))
    }

    /// Lets everything below the field being resolved look at `world`.
    pub fn enter(ctx: &Context<'_>, world: Arc<World>) {
        if let (Some(moments), Some(node)) = (ctx.data_opt::<Self>(), &ctx.path_node) {
            let path = node.to_string_vec();
            moments.0.lock().unwrap_or_else(PoisonError::into_inner).push((path, world));
        }
    }
}
