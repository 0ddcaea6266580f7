//! What somebody did in a window: for auditors who look into an incident (`messaging.md`, Recall, safety, crisis).
//!
//! Invariant: that it is read, and why, is in the record of the person before anything of it is answered.

use async_graphql::{Context, ID, InputObject, Object, OutputType, SimpleObject};
use domain::PersonId;
use eventlog::Recorded;
use projections::World;
use projections::about::About;

use super::access::required;
use super::acting::{Acting, Asked, over};
use super::audit::{EventActor, actor, audited};
use super::common::{Global, Instant, Position, Ulid, UserError};
use super::messaging::names;
use super::names::Correspondent;
use crate::failure::Result;
use crate::incident::{self, List, Window};
use crate::rights::{Right, Rights};

/// Whose incident, and when it was.
#[derive(Debug, InputObject)]
pub struct ReadIncidentInput {
    /// Whose account.
    account: ID,
    /// From this instant on.
    from: Instant,
    /// Before this instant: 31 days later at most.
    to: Instant,
    /// Why. It stands in the record of the person.
    reason: String,
    idempotency_key: Ulid,
}

/// Rows, the oldest first.
#[derive(Debug, SimpleObject)]
#[graphql(
    concrete(name = "IncidentSignIns", params(IncidentSignIn)),
    concrete(name = "IncidentAccountEvents", params(IncidentAccountEvent)),
    concrete(name = "IncidentRefusals", params(IncidentRefusal)),
    concrete(name = "IncidentSentMessages", params(IncidentSentMessage)),
    concrete(name = "IncidentOpenings", params(IncidentOpening)),
    concrete(name = "IncidentActs", params(IncidentAct))
)]
pub struct IncidentList<T: OutputType> {
    /// At most 200.
    nodes: Vec<T>,
    /// Whether there are, or may be, more: ask again for a shorter window.
    more: bool,
}

/// A sign-in.
#[derive(Debug, SimpleObject)]
pub struct IncidentSignIn {
    /// When.
    at: Instant,
    /// From which address; null once its month ended.
    address: Option<String>,
}

/// Something that befell the account: a code, a password, a block, a role, an export, a reading like this one.
#[derive(Debug, SimpleObject)]
pub struct IncidentAccountEvent {
    /// Where it stands in the log.
    position: Position,
    /// When.
    at: Instant,
    /// What: `person.password-changed`.
    kind: String,
    /// Who did it.
    actor: EventActor,
}

/// Refused accesses of the account from one address.
#[derive(Debug, SimpleObject)]
pub struct IncidentRefusal {
    /// When the last of them was.
    at: Instant,
    /// The command: `logIn`, `blockAccount`.
    command: String,
    /// The code of the refusal.
    code: String,
    /// From which address; null once its month ended.
    address: Option<String>,
    /// How many.
    count: u32,
}

/// A message they sent; what is in it is another request.
#[derive(Debug, SimpleObject)]
pub struct IncidentSentMessage {
    /// Which.
    message: ID,
    /// When.
    at: Instant,
    /// How many got it.
    recipients: u32,
    /// How many of them opened it until now.
    opened: u32,
}

/// A message they opened.
#[derive(Debug, SimpleObject)]
pub struct IncidentOpening {
    /// Which.
    message: ID,
    /// When.
    at: Instant,
}

/// Something else they did.
#[derive(Debug, SimpleObject)]
pub struct IncidentAct {
    /// Where it stands in the log: `events` shows all of it.
    position: Position,
    /// When.
    at: Instant,
    /// What: `person.blocked`.
    kind: String,
    /// The stream it stands in.
    stream: String,
    /// Whom it is about, if it is about somebody.
    about: Option<Correspondent>,
}

/// What somebody did in a window. Addresses are opened; contents are not.
#[derive(Debug, SimpleObject)]
pub struct Incident {
    /// Who.
    person: Correspondent,
    /// From this instant on.
    from: Instant,
    /// Before this instant.
    to: Instant,
    /// Whether all of the window was looked at: it takes two seconds at most.
    complete: bool,
    /// Sign-ins.
    sign_ins: IncidentList<IncidentSignIn>,
    /// What befell the account. A session ends with what ends its account's: a new password, a block, a closing.
    account: IncidentList<IncidentAccountEvent>,
    /// Refused accesses: sign-ins and commands of administration.
    refused: IncidentList<IncidentRefusal>,
    /// Messages they sent.
    sent: IncidentList<IncidentSentMessage>,
    /// Messages they opened.
    opened: IncidentList<IncidentOpening>,
    /// What else they did, as far as the caller audits it.
    acts: IncidentList<IncidentAct>,
    /// How many acts are not shown, because the caller does not audit whom or what they are about.
    out_of_scope: u32,
}

/// What was read, or why not.
#[derive(Debug, SimpleObject)]
pub struct ReadIncidentPayload {
    /// Null if it was refused.
    incident: Option<Incident>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be done about incidents.
#[derive(Debug, Default)]
pub struct IncidentMutation;

/// Mutations.
#[Object]
impl IncidentMutation {
    /// Reads what somebody did in a window: for who audits them. A mutation, because each reading is an event.
    async fn read_incident(
        &self,
        ctx: &Context<'_>,
        input: ReadIncidentInput,
    ) -> Result<ReadIncidentPayload> {
        let (acting, person) = (Acting::of(ctx)?, PersonId::read(&input.account, "account")?);
        let window = Window::of(input.from.0, input.to.0).ok_or_else(incident::no_window)?;
        let reason = required(&input.reason)?;
        let asked = Asked::new("readIncident", &input, input.idempotency_key, Some(reason));
        let check = |world: &World, rights: &Rights| {
            over(world, rights, Right::Audit, person).map(|(role, ..)| (role, ()))
        };
        let (order, ()) = acting.order(asked, check).await?;
        let noted = incident::note(&acting.front.node, &order, person, window).await?;
        let incident = match noted.refusal {
            None => Some(shown(&acting, person, window, noted.position).await?),
            Some(_) => None,
        };
        let user_errors = noted.refusal.iter().map(|refusal| acting.refused(refusal, Some("account")));
        let user_errors = user_errors.collect();
        Ok(ReadIncidentPayload { incident, user_errors, position: Position(noted.position) })
    }
}

/// Reads the incident as the caller sees it.
async fn shown(
    acting: &Acting<'_>,
    person: PersonId,
    window: Window,
    noted: eventlog::Position,
) -> Result<Incident> {
    let scope = |recorded: &Recorded| {
        acting.look(|world, rights| {
            let about = About::of(world, recorded)?;
            Ok((about, audited(about, world, rights)))
        })
    };
    let read = incident::read(&acting.front.node, person, window, noted, scope).await?;
    Ok(acting.look(|world, _| of(acting, world, read)))
}

fn of(acting: &Acting<'_>, world: &World, read: incident::Incident) -> Incident {
    let names = names(acting, world);
    let place = |position| Position(eventlog::Position(position));
    Incident {
        person: names.person_by_id(read.person),
        from: Instant(read.from),
        to: Instant(read.to),
        complete: read.complete,
        sign_ins: list(read.sign_ins, |row| IncidentSignIn { at: Instant(row.at), address: row.address }),
        account: list(read.account, |row| IncidentAccountEvent {
            position: place(row.position),
            at: Instant(row.at),
            kind: row.kind,
            actor: actor(&names, &row.actor),
        }),
        refused: list(read.refused, |row| IncidentRefusal {
            at: Instant(row.at),
            command: row.command,
            code: row.code,
            address: row.address,
            count: row.count,
        }),
        sent: list(read.sent, |row| IncidentSentMessage {
            message: row.message.global(),
            at: Instant(row.at),
            recipients: row.recipients,
            opened: row.opened,
        }),
        opened: list(read.opened, |row| IncidentOpening {
            message: row.message.global(),
            at: Instant(row.at),
        }),
        acts: list(read.acts, |row| IncidentAct {
            position: place(row.position),
            at: Instant(row.at),
            kind: row.kind,
            stream: row.stream,
            about: row.about.map(|person| names.person_by_id(person)),
        }),
        out_of_scope: read.out_of_scope,
    }
}

fn list<T, U: OutputType>(list: List<T>, shown: impl Fn(T) -> U) -> IncidentList<U> {
    IncidentList { nodes: list.nodes.into_iter().map(shown).collect(), more: list.more }
}
