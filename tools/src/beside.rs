//! Commands of the operator that work beside a running server: carried out where the log is open, printed here.
//!
//! Invariant: a server answers with what the command would have printed, or with its sentence and exit code, made by
//! the same code as without a server; a command that was begun is carried out to its end, though whoever asked may go.

use std::sync::Arc;

use anyhow::{Context as _, Error, Result};
use api::Node;
use api::operator::Carry;
use api::process::retention::Delays;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use crate::booking::{import, import_calendar, statistics, week};
use crate::cli::{Format, Language, TraceFormat};
use crate::failed::{self, Refused};
use crate::keys::arguments::ClassName;
use crate::operator::Operator;
use crate::rules::explain::{self, Question};
use crate::rules::{diff, draw, preview, recipe, requests};
use crate::settings::Settings;
use crate::{erase, export, incident, keys, opened, retention, trace};

/// What is to be done. The words go over the operator's socket, between two programs of one version.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// `preau trace`
    Trace {
        /// Which message.
        message: String,
        /// How it is printed.
        format: TraceFormat,
        /// In which language.
        language: Language,
    },
    /// `preau rules explain`
    ExplainReach(Question),
    /// `preau person erase`
    ErasePerson {
        /// Whom.
        person: String,
        /// Why.
        reason: String,
        /// Also what they wrote.
        writings: bool,
        /// Do it.
        yes: bool,
    },
    /// `preau message erase`
    EraseMessage {
        /// Which.
        message: String,
        /// Why.
        reason: String,
        /// Do it.
        yes: bool,
    },
    /// `preau person export`; what comes back is the document.
    ExportPerson {
        /// Whom.
        person: String,
        /// Why.
        reason: String,
        /// In which language.
        language: Language,
    },
    /// `preau rules preview`
    PreviewRules {
        /// What is looked at, in this order.
        changes: Vec<preview::Asked>,
        /// How it is printed.
        format: Format,
        /// In which language.
        language: Language,
    },
    /// `preau rules draw`
    DrawRules(draw::Question),
    /// `preau rules diff`
    DiffRules(diff::Question),
    /// `preau rules recipe`, `preau rules apply`, `preau rules reset`
    ChangeMatrix(recipe::Asked),
    /// `preau rules requests`
    RuleRequests(requests::Asked),
    /// `preau booking week`
    BookingWeek(week::Question),
    /// `preau booking statistics`
    BookingStatistics(statistics::Question),
    /// `preau booking import`
    ImportResources(import::Asked),
    /// `preau booking import-calendar`
    ImportCalendar(import_calendar::Asked),
    /// `preau keys end-month`
    EndMonth {
        /// Of what.
        class: ClassName,
        /// Which, yyyymm.
        month: u32,
        /// Why.
        reason: String,
        /// Do it.
        yes: bool,
    },
    /// `preau retention`, by the delays of whoever carries it out.
    Retention {
        /// Do it.
        yes: bool,
        /// How it is printed.
        format: Format,
    },
    /// `preau incident`
    Incident {
        /// Whom.
        person: String,
        /// From this instant on.
        from: String,
        /// Before this instant.
        to: String,
        /// Why.
        reason: String,
        /// How it is printed.
        format: Format,
        /// In which language.
        language: Language,
    },
    /// `preau audit checkpoint`, for a server alone: without one no read models are needed.
    Checkpoint,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// It was done; this is printed.
    Done(String),
    /// It was not done.
    Refused {
        /// The exit code.
        code: u8,
        /// The sentence.
        sentence: String,
    },
}

/// Where a command is carried out.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The log and its read models.
    pub node: &'a Node,
    /// Whether the processes of a server run beside it.
    pub served: bool,
    /// After how many months what ends by the month ends.
    pub delays: &'a Delays,
}

/// Asks the process that signs for a checkpoint of all there is; it answers none if there is nothing.
pub type Checkpoints = mpsc::Sender<oneshot::Sender<Option<String>>>;

/// Carries out a request on the directory the settings name, or has the server do it that runs there.
pub async fn carry_out(settings: &Settings, request: Request) -> Result<String> {
    match opened::to_read(settings, false) {
        Ok(opened) => {
            let node = opened::node(opened).await?.with_matrices(settings.matrices()?);
            let delays = settings.retention()?;
            on(Place { node: &node, served: false, delays: &delays }, request, None).await
        }
        Err(error) if failed::is_in_use(&error) => ask(&Operator::of(&settings.data())?, &request),
        Err(error) => Err(error),
    }
}

/// Has a running server carry out a request.
pub fn ask(server: &Operator, request: &Request) -> Result<String> {
    let answer = server.post("/commands", &serde_json::to_vec(request)?)?;
    match serde_json::from_reader(answer).context("the server answered in words unknown here")? {
        Answer::Done(printed) => Ok(printed),
        Answer::Refused { code, sentence } => Err(Refused { code, sentence }.into()),
    }
}

/// Returns what a server does with the requests that come over its operator's socket.
pub fn carrier(node: Arc<Node>, delays: Delays, checkpoints: Checkpoints) -> Carry {
    Arc::new(move |body| {
        let (node, delays, checkpoints) = (Arc::clone(&node), delays.clone(), checkpoints.clone());
        Box::pin(async move {
            let request = serde_json::from_slice(&body).map_err(|error| {
                failed::input(format!(
                    "the server does not know this command, so it is of another version: {error}"
                ))
            });
            let done = match request {
                Ok(request) => {
                    let place = Place { node: &node, served: true, delays: &delays };
                    on(place, request, Some(checkpoints)).await
                }
                Err(error) => Err(error),
            };
            serde_json::to_vec(&done.map_or_else(|error| refused(&error), Answer::Done)).unwrap_or_default()
        })
    })
}

fn refused(error: &Error) -> Answer {
    let code = error.downcast_ref::<Refused>().map_or(1, |refused| refused.code);
    Answer::Refused { code, sentence: failed::chain(error) }
}

async fn on(place: Place<'_>, request: Request, checkpoints: Option<Checkpoints>) -> Result<String> {
    match request {
        Request::Trace { message, format, language } => {
            trace::of(place.node, &message, format, language).await
        }
        Request::ExplainReach(question) => explain::of(place.node, question).await,
        Request::ErasePerson { person, reason, writings, yes } => {
            erase::of_person(place, &person, reason, writings, yes).await
        }
        Request::EraseMessage { message, reason, yes } => {
            erase::of_message(place, &message, reason, yes).await
        }
        Request::ExportPerson { person, reason, language } => {
            export::of(place.node, &person, reason, language).await
        }
        Request::PreviewRules { changes, format, language } => {
            preview::of(place.node, &changes, format, language)
        }
        Request::DrawRules(question) => draw::of(place.node, &question),
        Request::DiffRules(question) => diff::of(place.node, &question).await,
        Request::ChangeMatrix(asked) => recipe::of(place.node, asked).await,
        Request::RuleRequests(asked) => requests::of(place, asked).await,
        Request::BookingWeek(question) => week::of(place.node, &question),
        Request::BookingStatistics(question) => statistics::of(place.node, &question),
        Request::ImportResources(asked) => import::of(place.node, asked).await,
        Request::ImportCalendar(asked) => import_calendar::of(place.node, asked).await,
        Request::EndMonth { class, month, reason, yes } => {
            keys::ended(place, class, month, reason, yes).await
        }
        Request::Retention { yes, format } => retention::of(place, yes, format).await,
        Request::Incident { person, from, to, reason, format, language } => {
            let asked = incident::Asked { person: &person, from: &from, to: &to, reason: &reason };
            incident::of(place.node, asked, format, language).await
        }
        Request::Checkpoint => checkpoint(checkpoints.context("no server signs checkpoints here")?).await,
    }
}

async fn checkpoint(checkpoints: Checkpoints) -> Result<String> {
    let (signed, waits) = oneshot::channel();
    // Who is not there any more stopped for good, and said why.
    checkpoints.send(signed).await.map_err(|_| {
        failed::damaged(
            "the server signs no checkpoint any more: the log and what was signed contradict; its own output says \
             where, and `preau doctor` once it is stopped",
        )
    })?;
    let note = waits.await.context("no checkpoint was signed; the output of the server says why")?;
    note.ok_or_else(|| failed::not_there(eventlog::tlog::TlogError::Empty.to_string()))
}
