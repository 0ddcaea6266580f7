//! Activation codes and temporary passwords: given by those who may, shown once.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::person::{Command, Person};
use domain::{PersonId, StreamId};

use super::acting::{Acting, Asked, ids, over, step};
use super::common::{Global, Position, Ulid, UserError};
use crate::code;
use crate::failure::{Failure, Result};
use crate::rights::Right;

/// Who is to get a code.
#[derive(Debug, InputObject)]
pub struct IssueActivationCodesInput {
    /// 1 to 100 people of the caller's structures.
    people: Vec<ID>,
    idempotency_key: Ulid,
}

/// A code, or why there is none.
#[derive(Debug, SimpleObject)]
pub struct IssuedCode {
    /// Whose.
    person: ID,
    /// Their login.
    login: Option<String>,
    /// The code; null if none was issued.
    code: Option<String>,
}

/// The codes.
#[derive(Debug, SimpleObject)]
pub struct IssueActivationCodesPayload {
    /// One for each person, in the order asked. Shown once; the same key shows them again.
    codes: Vec<IssuedCode>,
    /// One for each person who got none.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// Whose password is reset.
#[derive(Debug, InputObject)]
pub struct ResetPasswordInput {
    person: ID,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// The temporary password, or why there is none.
#[derive(Debug, SimpleObject)]
pub struct ResetPasswordPayload {
    /// Their login.
    login: Option<String>,
    /// Shown once; the same key shows it again. Null if it was refused.
    temporary_password: Option<String>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be done with credentials.
#[derive(Debug, Default)]
pub struct CredentialsMutation;

/// Mutations.
#[Object]
impl CredentialsMutation {
    /// Issues activation codes to people who never activated their account; older codes stop working.
    async fn issue_activation_codes(
        &self,
        ctx: &Context<'_>,
        input: IssueActivationCodesInput,
    ) -> Result<IssueActivationCodesPayload> {
        issue(&Acting::of(ctx)?, &input).await
    }

    /// Gives somebody a temporary password, which they must change when they sign in; ends all their sessions.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        input: ResetPasswordInput,
    ) -> Result<ResetPasswordPayload> {
        reset(&Acting::of(ctx)?, &input).await
    }
}

async fn reset(acting: &Acting<'_>, input: &ResetPasswordInput) -> Result<ResetPasswordPayload> {
    let person = PersonId::read(&input.person, "person")?;
    let asked = Asked::new("resetPassword", input, input.idempotency_key, input.reason.as_deref());
    let (order, login) = acting
        .order(asked, |world, rights| {
            let (role, number, _) = over(world, rights, Right::ResetPassword, person)?;
            if !rights.covers_account(world, number, acting.today()) {
                return Err(Failure::Forbidden);
            }
            Ok((role, world.people.person(number).and_then(|row| row.login.clone())))
        })
        .await?;
    let front = acting.front;
    let temporary = code::generate(front.node.vault().ring(), order.meta.command, person);
    let password = front.hasher.hash(temporary.clone()).await?;
    let command = Command::ChangePassword { verified: None, password, temporary: true };
    let carried = acting.carry::<Person>(&order, &StreamId::person(person), command).await?;
    if !carried.events.is_empty() {
        front.sessions.revoke_all(person, None);
    }
    Ok(ResetPasswordPayload {
        login,
        temporary_password: carried.refusal.is_none().then_some(temporary),
        user_errors: carried.refusal.iter().map(|refusal| acting.refused(refusal, Some("person"))).collect(),
        position: Position(carried.position),
    })
}

async fn issue(
    acting: &Acting<'_>,
    input: &IssueActivationCodesInput,
) -> Result<IssueActivationCodesPayload> {
    let people: Vec<PersonId> = ids(&input.people, "people")?;
    if people.is_empty() || people.len() > 100 {
        return Err(Failure::BadInput("people", "1 to 100 people"));
    }
    let asked = Asked::new("issueActivationCodes", input, input.idempotency_key, None);
    // All of them or none: whoever is not in scope is not there.
    let (mut order, logins) = acting
        .order(asked, |world, rights| {
            let one = |person: &PersonId| {
                let number = world.people.number(*person)?;
                let (role, _) = rights.over(world, Right::People, number)?;
                Some((role, world.people.person(number)?.login.clone()))
            };
            let all: Vec<_> = people.iter().map(one).collect::<Option<_>>().ok_or(Failure::NotFound)?;
            let role = all.first().map(|(role, _)| *role).ok_or(Failure::NotFound)?;
            Ok((role, all.into_iter().map(|(_, login)| login).collect::<Vec<_>>()))
        })
        .await?;
    let (whole, ring) = (order.meta.command, acting.front.node.vault().ring());
    let mut payload = IssueActivationCodesPayload {
        codes: vec![],
        user_errors: vec![],
        position: Position(acting.front.node.log().head()),
    };
    for (index, (person, login)) in people.iter().zip(logins).enumerate() {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        step(&mut order, whole, number);
        let issued = code::generate(ring, order.meta.command, *person);
        let command = Command::IssueCode { digest: code::digest(ring, &issued) };
        let carried = acting.carry::<Person>(&order, &StreamId::person(*person), command).await?;
        payload.position = Position(carried.position.max(payload.position.0));
        let code = carried.refusal.is_none().then_some(issued);
        payload.codes.push(IssuedCode { person: person.global(), login, code });
        let field = format!("people.{index}");
        payload.user_errors.extend(carried.refusal.map(|refusal| acting.refused(refusal, Some(&field))));
    }
    Ok(payload)
}
