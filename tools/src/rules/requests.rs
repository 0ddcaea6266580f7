//! `preau rules requests`: changes of rules that somebody asked for who may not make them (`communication.md` section 7),
//! and deciding about them.
//!
//! - [`shown`]: how a request is printed.
//!
//! Invariant: who decides is a person who may make every change of the request, by the check of the API; the operator
//! carries out what they decided, and stands beside the event as who did so.

pub mod arguments;
mod shown;

use anyhow::{Context as _, Result, anyhow};
use api::Node;
use api::graphql::common::opened;
use api::graphql::names::Names;
use api::graphql::rule_requests::facts::{decides, previewed};
use api::node::{Order, PATIENCE};
use api::process;
use api::rights::Rights;
use api::texts::Texts;
use domain::actor::Actor;
use domain::clock::Zone;
use domain::rule_request::{Accept, Command, Refusal, RuleRequest as Decided};
use domain::{PersonId, RuleRequestId, StreamId};
use projections::World;
use projections::rule_requests::RuleRequest as Row;
use serde::{Deserialize, Serialize};

use self::arguments::{Requests, Shared, StateName};
use self::shown::{Reasons, Shown};
use super::arguments::Accept as Accepted;
use crate::beside::{self, Place, Request};
use crate::cli::{Format, Language};
use crate::settings::Settings;
use crate::{bulk, failed, named, opened as log, say};

/// What is to be done, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    what: Wanted,
    format: Format,
    language: Language,
}

/// What of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    List { state: Option<StateName> },
    Show { request: String },
    Accept { request: String, by: String, opens_members: bool, as_it_is_now: bool },
    Refuse { request: String, by: String, reason: String },
}

/// Does it, and prints what came of it.
pub async fn print(requests: Requests) -> Result<()> {
    let (Shared { flags, format, language }, what) = match requests {
        Requests::List(args) => (args.shared, Wanted::List { state: args.state }),
        Requests::Show(args) => (args.shared, Wanted::Show { request: args.request }),
        Requests::Accept(args) => {
            let (request, by, as_it_is_now) = (args.request, args.by, args.as_it_is_now);
            let opens_members = args.accept.contains(&Accepted::OpensMembers);
            (args.shared, Wanted::Accept { request, by, opens_members, as_it_is_now })
        }
        Requests::Refuse(args) => {
            let (request, by, reason) = (args.request, args.by, args.reason);
            (args.shared, Wanted::Refuse { request, by, reason })
        }
    };
    let asked = Asked { what, format, language: Language::or_of_system(language) };
    say(&beside::carry_out(&Settings::of(&flags)?, Request::RuleRequests(asked)).await?)
}

/// Does it where the log is open, and returns what is printed.
pub async fn of(place: Place<'_>, asked: Asked) -> Result<String> {
    let Asked { what, format, language } = asked;
    let (node, texts) = (place.node, Texts::load()?);
    let request = match what {
        Wanted::List { state } => return list(node, &texts, state, format, language),
        Wanted::Show { request } => found(node, &request)?,
        Wanted::Accept { request, by, opens_members, as_it_is_now } => {
            let decision = Decision::of(node, &request, &by).await?;
            decision.accept(place, opens_members, as_it_is_now, &texts, language).await?
        }
        Wanted::Refuse { request, by, reason } => {
            Decision::of(node, &request, &by).await?.refuse(node, reason, &texts, language).await?
        }
    };
    show(node, &texts, request, format, language)
}

fn list(
    node: &Node,
    texts: &Texts,
    state: Option<StateName>,
    format: Format,
    language: Language,
) -> Result<String> {
    let rows = |world: &World| -> Vec<Row> {
        let all = world.rule_requests.newest(None);
        all.filter(|row| state.is_none_or(|state| state == shown::state(row))).cloned().collect()
    };
    let rows = node.read(rows);
    let reasons = rows.iter().map(|row| Reasons::of(node, row)).collect::<Result<Vec<_>>>()?;
    node.read(|world| {
        let names = Names { world, texts, language: language.into() };
        let shown = rows.iter().zip(&reasons).map(|(row, reasons)| Shown { names, row, reasons });
        shown::list(&shown.collect::<Vec<_>>(), names, format)
    })
}

fn show(
    node: &Node,
    texts: &Texts,
    request: RuleRequestId,
    format: Format,
    language: Language,
) -> Result<String> {
    let row = node.read(|world| world.rule_requests.get(request).cloned()).ok_or_else(|| lost(request))?;
    let reasons = Reasons::of(node, &row)?;
    node.read(|world| {
        let names = Names { world, texts, language: language.into() };
        Shown { names, row: &row, reasons: &reasons }.print(format)
    })
}

/// Finds a request by the id the API shows, or by its 26 characters.
fn found(node: &Node, text: &str) -> Result<RuleRequestId> {
    let shown = opened(&text.into()).filter(|(kind, _)| kind == "rule-request");
    let request = shown.map_or(text.to_owned(), |(_, ulid)| ulid).parse().map_err(|_| {
        failed::input(format!(
            "`{text}` is no request for a change of rules: give the id the API shows, or its 26 characters"
        ))
    })?;
    let known = node.read(|world| world.rule_requests.get(request).is_some());
    if known { Ok(request) } else { Err(lost(request)) }
}

fn lost(request: RuleRequestId) -> anyhow::Error {
    failed::not_there(format!(
        "{request}: there is no such request for a change of rules here; `preau rules requests list` says which are"
    ))
}

/// A request, and who decides about it.
struct Decision {
    request: RuleRequestId,
    by: PersonId,
    /// As it was typed.
    who: String,
}

impl Decision {
    async fn of(node: &Node, request: &str, by: &str) -> Result<Self> {
        let (request, who) = (found(node, request)?, by.to_owned());
        Ok(Self { request, by: named::person(node, by).await?, who })
    }

    /// Returns whether who decides may make every change, and whether they asked for it.
    fn standing(&self, node: &Node) -> (bool, bool) {
        let today = Zone::PARIS.day_at(node.now());
        node.read(|world| {
            let rights = Rights::of(world, self.by, today);
            let row = world.rule_requests.get(self.request);
            let barred = world.people.number(self.by).is_none_or(|number| world.people.is_barred(number));
            // Whose account is closed or blocked decides nothing, as nobody could sign in with it.
            let row = row.filter(|_| !barred);
            let may = row.is_some_and(|row| decides(world, &rights, row).is_some());
            (may, row.is_some_and(|row| row.by == self.by))
        })
    }

    fn order(&self, node: &Node) -> Result<Order> {
        let mut order = node.order_as(Actor::Operator, log::new_command()?);
        order.meta.on_behalf_of = Some(self.by);
        Ok(order)
    }

    async fn accept(
        self,
        place: Place<'_>,
        opens_members: bool,
        as_it_is_now: bool,
        texts: &Texts,
        language: Language,
    ) -> Result<RuleRequestId> {
        let node = place.node;
        if !self.standing(node).0 {
            return Err(self.may_not());
        }
        let looked = node.read(|world| previewed(world, self.request));
        let (_, preview) = looked.map_err(|failure| anyhow!("{failure:?}"))?;
        let accept = Accept { by: self.by, preview, opens_members, as_it_is_now };
        self.carry(node, Command::Accept(accept), texts, language).await?;
        self.made(place).await?;
        Ok(self.request)
    }

    async fn refuse(
        self,
        node: &Node,
        reason: String,
        texts: &Texts,
        language: Language,
    ) -> Result<RuleRequestId> {
        let (may, asked) = self.standing(node);
        if !may && !asked {
            return Err(self.may_not());
        }
        self.carry(node, Command::Refuse { by: self.by, reason }, texts, language).await?;
        Ok(self.request)
    }

    async fn carry(&self, node: &Node, command: Command, texts: &Texts, language: Language) -> Result<()> {
        let (order, stream) = (self.order(node)?, StreamId::rule_request(self.request));
        let done = node.execute::<Decided>(&order, &stream, command).await;
        let done =
            done.map_err(|error| anyhow!("{error:?}: look whether it was done before doing it again"))?;
        let Some(refusal) = done.refusal else { return Ok(()) };
        let way = match &refusal {
            Refusal::DiffersNow => {
                "; `preau rules requests show` says what differs, --as-it-is-now makes it so"
            }
            Refusal::OpensMembers(_) => "; say --accept opens-members to accept that",
            _ => "",
        };
        let told = texts.say(language.into(), &refusal.to_string(), &[]);
        let (request, told) = (self.request, told.trim_end_matches('.'));
        Err(failed::input(format!("{request}: {told} ({refusal}){way}; nothing was changed")))
    }

    /// Makes what was accepted, or waits until the process of the server that runs here did.
    async fn made(&self, place: Place<'_>) -> Result<()> {
        let node = place.node;
        if place.served {
            let mut position = node.live().watch();
            let over =
                position.wait_for(|_| node.read(|world| !world.rule_requests.is_pending(self.request)));
            // Later than this it is made as surely; what is printed then says that it is being made.
            let _ = tokio::time::timeout(PATIENCE, over).await;
            return Ok(());
        }
        let position = process::rule_requests::perform_all(node).await.map_err(|failure| {
            anyhow!("the request is accepted and not made: {failure:?}; run `preau serve`, which goes on")
        })?;
        bulk::caught_up(node, position).await.context("the read models do not follow")
    }

    fn may_not(&self) -> anyhow::Error {
        let Self { request, who, .. } = self;
        failed::input(format!(
            "{request}: {who} may not decide about it; name somebody with --by who may make each of its changes; \
             nothing was changed"
        ))
    }
}
