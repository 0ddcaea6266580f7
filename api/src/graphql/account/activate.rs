//! Activation: login, code, charter and a password of one's own.

use async_graphql::{ID, InputObject, SimpleObject};
use domain::actor::RoleName;
use domain::person::{Account, Command, Person, Refusal};
use domain::{Label, StreamId};
use subtle::ConstantTimeEq;

use super::{Attempt, same_password, verifier};
use crate::code;
use crate::failure::Result;
use crate::front::{Front, Visitor, kept_out};
use crate::graphql::common::{Global, Position, Secret, Ulid, UserError, variables};
use crate::password;

/// The version of the charter that is accepted today. A new text gets a new one.
const CHARTER: &str = "1";

/// Who activates an account.
#[derive(Debug, InputObject)]
pub struct ActivateAccountInput {
    login: String,
    /// As it stands on the slip; spaces, dashes and case do not matter.
    code: String,
    /// The password that is chosen.
    password: Secret,
    /// Whether the charter is accepted, which it must be.
    accept_charter: bool,
    idempotency_key: Ulid,
}

/// The account has its password, or why not.
#[derive(Debug, Default, SimpleObject)]
pub struct ActivateAccountPayload {
    /// Whose account it is.
    me: Option<ID>,
    /// Why it was not done.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Option<Position>,
}

pub(super) async fn activate(
    front: &Front,
    visitor: Visitor,
    input: ActivateAccountInput,
) -> Result<ActivateAccountPayload> {
    let refused = |error| ActivateAccountPayload { user_errors: vec![error], ..Default::default() };
    let asked = variables("activateAccount", &input);
    let attempt = match Attempt::begin(front, visitor, &input.login, "activateAccount") {
        Ok(attempt) => attempt,
        Err(error) => return Ok(refused(error)),
    };
    let code = code::digest(front.node.vault().ring(), &input.code);
    let found = attempt.person(front).await?;
    let opens = found.as_ref().is_some_and(|(_, state)| in_force(state, &code));
    if !opens {
        // A repetition finds the account active with this password. Everybody else waits as long.
        let known = found.as_ref().and_then(|(_, state)| verifier(state));
        if !front.hasher.verify(input.password.0.clone(), known).await? {
            return Ok(refused(attempt.invalid(front)));
        }
    }
    let Some((person, state)) = found else {
        return Ok(refused(attempt.invalid(front)));
    };
    attempt.succeeded(front);
    let personal = personal(&input.login, &state);
    let personal: Vec<&str> = personal.iter().map(String::as_str).collect();
    if let Err(weakness) = password::check(&input.password.0, &personal) {
        return Ok(refused(front.user_error(visitor.language, weakness, Some("password"), &[])));
    }
    let charter = if input.accept_charter { Label::parse(CHARTER).ok() } else { None };
    let chosen = front.hasher.hash(input.password.0.clone()).await?;
    let (node, stream) = (&front.node, StreamId::person(person));
    let order = node.order(person, RoleName::User, input.idempotency_key.0, &asked).await?;
    let command = Command::Activate { code, password: chosen, charter, kept_out: kept_out(node, person) };
    let carried = node.execute::<Person>(&order, &stream, command).await?;
    match carried.refusal {
        Some(Refusal::CharterRequired) => {
            let error = Refusal::CharterRequired;
            return Ok(refused(front.user_error(visitor.language, error, Some("acceptCharter"), &[])));
        }
        Some(refusal) => {
            return Ok(refused(attempt.shut_out(front, &refusal)));
        }
        None if carried.events.is_empty() => same_password(front, &stream, input.password.0).await?,
        None => {}
    }
    let position = Some(Position(carried.position));
    Ok(ActivateAccountPayload { me: Some(person.global()), user_errors: vec![], position })
}

fn in_force(person: &Person, code: &str) -> bool {
    match person.account() {
        Account::Issued { code: issued } => {
            issued.open().is_some_and(|issued| issued.as_bytes().ct_eq(code.as_bytes()).into())
        }
        Account::Inactive | Account::Active { .. } | Account::Closed(_) => false,
    }
}

/// Returns what a password of this person must not rest on.
pub(super) fn personal(login: &str, person: &Person) -> Vec<String> {
    let mut personal = vec![login.to_owned()];
    if let Some(identity) = person.identity() {
        personal.extend([identity.first_name.clone(), identity.last_name.clone()]);
        personal.extend(identity.usual_name.clone());
    }
    personal
}
