//! Changing one's own password.

use async_graphql::{ID, InputObject, SimpleObject};
use domain::StreamId;
use domain::actor::RoleName;
use domain::person::{Command, Person};

use super::{activate, same_password, throttled, verifier};
use crate::failure::Result;
use crate::front::{Caller, Front};
use crate::graphql::common::{Global, Position, Secret, Ulid, UserError, variables};
use crate::password;

/// A new password.
#[derive(Debug, InputObject)]
pub struct ChangePasswordInput {
    /// The one in force.
    current_password: Secret,
    /// The one that is chosen.
    new_password: Secret,
    idempotency_key: Ulid,
}

/// The password changed, or why not.
#[derive(Debug, Default, SimpleObject)]
pub struct ChangePasswordPayload {
    /// Whose it is.
    me: Option<ID>,
    /// Why it was not done.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Option<Position>,
}

pub(super) async fn change(
    front: &Front,
    caller: Caller,
    input: ChangePasswordInput,
) -> Result<ChangePasswordPayload> {
    let refused = |error| ChangePasswordPayload { user_errors: vec![error], ..Default::default() };
    let asked = variables("changePassword", &input);
    // Whoever found an open session must not guess here what the front door throttles.
    let account = caller.person.to_string();
    if let Err(wait) = front.throttle.begin(&account, caller.address, front.node.now()) {
        return Ok(refused(throttled(front, caller.language, wait)));
    }
    let (node, stream) = (&front.node, StreamId::person(caller.person));
    let state: Person = node.executor().state(&stream).await?;
    let known = verifier(&state);
    let (current, chosen) = (input.current_password.0, input.new_password.0);
    let right = front.hasher.verify(current, known.clone()).await?;
    // After the first time the new one is in force: then it may be a repetition, which the executor knows.
    let in_force = front.hasher.verify(chosen.clone(), known.clone()).await?;
    if !right && !in_force {
        let wrong = domain::person::Refusal::WrongPassword;
        return Ok(refused(front.user_error(caller.language, wrong, Some("currentPassword"), &[])));
    }
    front.throttle.succeeded(&account, caller.address);
    let personal = activate::personal("", &state);
    let personal: Vec<&str> = personal.iter().map(String::as_str).collect();
    if let Err(weakness) = password::check(&chosen, &personal) {
        return Ok(refused(front.user_error(caller.language, weakness, Some("newPassword"), &[])));
    }
    // What was not verified is no verifier: the rule refuses it.
    let verified = Some(if right { known.unwrap_or_default() } else { String::new() });
    let password = front.hasher.hash(chosen.clone()).await?;
    let order = node.order(caller.person, RoleName::User, input.idempotency_key.0, &asked).await?;
    let command = Command::ChangePassword { verified, password, temporary: false };
    let carried = node.execute::<Person>(&order, &stream, command).await?;
    if let Some(refusal) = carried.refusal {
        return Ok(refused(front.user_error(caller.language, refusal, Some("currentPassword"), &[])));
    }
    if carried.events.is_empty() {
        same_password(front, &stream, chosen).await?;
    }
    front.sessions.revoke_all(caller.person, Some(caller.session));
    front.sessions.password_changed(caller.session)?;
    let position = Some(Position(carried.position));
    Ok(ChangePasswordPayload { me: Some(caller.person.global()), user_errors: vec![], position })
}
