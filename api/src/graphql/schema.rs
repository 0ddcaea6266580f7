//! The merge list: what every feature adds to the two roots.

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject};

use super::access::AccessMutation;
use super::account::{AccountMutation, AccountQuery};
use super::audit::AuditQuery;
use super::bookings::{BookingsMutation, BookingsQuery};
use super::contents::{ContentsMutation, ContentsQuery};
use super::credentials::CredentialsMutation;
use super::domains::{DomainsMutation, DomainsQuery};
use super::erasure::{ErasureMutation, ErasureQuery};
use super::exceptions::ExceptionsMutation;
use super::explain::ExplainQuery;
use super::favourites::{FavouritesMutation, FavouritesQuery};
use super::feeds::{FeedsMutation, FeedsQuery};
use super::filled::FilledMutation;
use super::incident::IncidentMutation;
use super::messaging::{MessagingMutation, MessagingQuery};
use super::people::PeopleQuery;
use super::reach::ReachQuery;
use super::recipes::{RecipesMutation, RecipesQuery};
use super::resources::{ResourcesMutation, ResourcesQuery};
use super::roles::RolesMutation;
use super::rule_requests::{RuleRequestsMutation, RuleRequestsQuery};
use super::rules::{RulesMutation, RulesQuery};
use super::structure::StructureQuery;
use super::timetable::TimetableMutation;
use super::world::WorldQuery;
use crate::front::Front;

/// All queries.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    WorldQuery,
    AccountQuery,
    PeopleQuery,
    ReachQuery,
    ExplainQuery,
    StructureQuery,
    MessagingQuery,
    ErasureQuery,
    ContentsQuery,
    AuditQuery,
    RulesQuery,
    RuleRequestsQuery,
    RecipesQuery,
    FavouritesQuery,
    FeedsQuery,
    ResourcesQuery,
    BookingsQuery,
    DomainsQuery,
);

/// All mutations.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    AccountMutation,
    CredentialsMutation,
    AccessMutation,
    RolesMutation,
    MessagingMutation,
    ErasureMutation,
    ContentsMutation,
    RulesMutation,
    ExceptionsMutation,
    RuleRequestsMutation,
    RecipesMutation,
    IncidentMutation,
    FilledMutation,
    FavouritesMutation,
    FeedsMutation,
    ResourcesMutation,
    BookingsMutation,
    DomainsMutation,
    TimetableMutation,
);

/// The schema.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// Builds the schema on `front`. Only developers introspect; nobody is given suggestions.
pub fn schema(front: Arc<Front>, introspection: bool) -> Schema {
    let built = Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .data(front)
        .disable_suggestions();
    if introspection { built.finish() } else { built.disable_introspection().finish() }
}

/// Returns the schema as text: what `api/schema.graphql` holds.
pub fn sdl() -> String {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription).finish().sdl()
}
