//! `preau trace`: the whole life of one message, as a tree. Contents are never opened.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use api::Node;
use domain::group::GroupKind;
use domain::message::{Addressed, Party, Replies, Witness};
use domain::{Event, GroupId, MessageId, PersonId, StreamId};
use eventlog::decode::decode;
use eventlog::log::Direction;
use projections::trace::Trace;
use projections::{At, World};
use serde_json::{Value, json};

use crate::cli::{Format, Trace as Args};
use crate::import_command::language;
use crate::onde::report::Language;
use crate::settings::Settings;
use crate::{failed, opened, say};

/// How many names of recipients are printed.
const NAMES: usize = 50;

/// Prints the trace of a message.
pub async fn print(args: Args) -> Result<()> {
    let message = read_id(&args.message)?;
    let node = opened::existing(&Settings::of(&args.flags)?).await?;
    let trace = of(&node, message).await?.ok_or_else(|| {
        failed::not_there(format!("message {message} was never sent, or is not in this data directory"))
    })?;
    let language = language(args.language);
    say(&node.read(|world| match args.format {
        Format::Text => Tree { world, trace: &trace, language }.text(),
        Format::Json => format!("{:#}\n", Tree { world, trace: &trace, language }.json()),
    }))
}

fn read_id(text: &str) -> Result<MessageId> {
    use api::graphql::common::opened;
    let ulid =
        opened(&text.into()).filter(|(kind, _)| kind == "message").map_or(text.to_owned(), |(_, ulid)| ulid);
    ulid.parse().map_err(|_| {
        failed::input(format!(
            "`{text}` is no message: give the id the API shows, or the 26 characters in the log"
        ))
    })
}

/// Reads the streams of a message; `None` if it was never sent.
async fn of(node: &Node, message: MessageId) -> Result<Option<Trace>> {
    let mut messages = Vec::new();
    let mut openings = Vec::new();
    for stream in [StreamId::message(message), StreamId::openings(message)] {
        let events = node.log().read_stream(&stream, None, Direction::Forwards, usize::MAX).await;
        for recorded in events.context("the log cannot be read")? {
            let at = At::of(&recorded);
            match decode(&recorded)? {
                Event::Message(event) => messages.push((at, event)),
                Event::Reading(event) => openings.push((at, event)),
                Event::Person(_)
                | Event::Login(_)
                | Event::Structure(_)
                | Event::Import(_)
                | Event::Clock(_) => {}
            }
        }
    }
    Ok(node.read(|world| Trace::of(&messages, &openings, &world.mailboxes)))
}

struct Tree<'a> {
    world: &'a World,
    trace: &'a Trace,
    language: Language,
}

impl Tree<'_> {
    fn pick(&self, fr: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::French => fr,
            Language::English => en,
        }
    }

    fn text(&self) -> String {
        let trace = self.trace;
        let when = |instant: domain::Timestamp| instant.format("%Y-%m-%d %H:%M:%S UTC").to_string();
        let mut out =
            format!("Message {} ({} {})\n", trace.message, self.pick("position", "position"), trace.position);
        let mut line = |depth: usize, text: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}{text}", ["├─ ", "│  ├─ "][depth]);
        };
        line(
            0,
            format!(
                "{} {}, {}",
                self.pick("écrit par", "written by"),
                self.person(trace.author),
                when(trace.sent_at)
            ),
        );
        if let Some(answered) = trace.in_reply_to {
            line(0, format!("{} {answered}", self.pick("répond à", "answers")));
        }
        for (field, addressed) in &trace.parties {
            let (whom, why) = (self.party(addressed.party), self.witness(addressed));
            line(0, format!("{} : {whom}", field.as_str()));
            line(1, format!("{} {why}", self.pick("permis par", "allowed by")));
        }
        let counts = trace.counts;
        line(
            0,
            format!(
                "{} {}, {} {}, {} {}",
                self.pick("remis à", "delivered to"),
                counts.delivered,
                self.pick("jamais activés", "never activated"),
                counts.inactive,
                self.pick("bloqués", "blocked"),
                counts.blocked,
            ),
        );
        for recipient in trace.recipients.iter().take(NAMES) {
            let id = self.world.people.id(recipient.person);
            let opened = trace.openings.iter().find(|opening| Some(opening.person) == id);
            let seen = opened.map_or(self.pick("pas ouvert", "not opened").to_owned(), |opening| {
                format!("{} {}", self.pick("ouvert", "opened"), when(opening.at))
            });
            let since =
                recipient.through.iter().find_map(|through| through.since).map_or(String::new(), |since| {
                    format!(", {} {}", self.pick("membre depuis", "member since"), when(since.recorded_at))
                });
            line(1, format!("{} – {seen}{since}", self.person_or_unknown(id)));
        }
        if trace.recipients.len() > NAMES {
            line(1, format!("… {} {}", trace.recipients.len() - NAMES, self.pick("autres", "more")));
        }
        for answer in &trace.answers {
            line(0, format!("{} {answer}", self.pick("réponse", "answer")));
        }
        let replies = match (trace.replies_closed_at, trace.replies) {
            (Some(at), _) => format!("{} {}", self.pick("réponses closes", "replies closed"), when(at)),
            (None, Replies::All) => self.pick("réponses : à tous", "replies: to all").to_owned(),
            (None, Replies::Sender) => {
                self.pick("réponses : à l'auteur seul", "replies: to the author only").to_owned()
            }
            (None, Replies::None) => self.pick("réponses : aucune", "replies: none").to_owned(),
        };
        let _ = writeln!(out, "└─ {replies}");
        out
    }

    fn json(&self) -> Value {
        let trace = self.trace;
        let parties: Vec<_> = trace
            .parties
            .iter()
            .map(|(field, addressed)| {
                json!({
                    "field": field.as_str(), "party": addressed.party, "name": self.party(addressed.party),
                    "witness": addressed.witness,
                })
            })
            .collect();
        let recipients: Vec<_> = trace
            .recipients
            .iter()
            .map(|recipient| {
                json!({
                    "person": self.world.people.id(recipient.person),
                    "blind": matches!(recipient.got, domain::message::Got::Blindly),
                    "through": recipient.through.iter().map(|through| json!({
                        "party": through.target, "member_since": through.since.map(|since| since.recorded_at),
                    })).collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({
            "message": trace.message, "position": trace.position.0, "author": trace.author, "sent_at": trace.sent_at,
            "thread": trace.thread, "in_reply_to": trace.in_reply_to, "parties": parties,
            "delivered": trace.counts.delivered, "inactive": trace.counts.inactive, "blocked": trace.counts.blocked,
            "recipients": recipients,
            "openings": trace.openings.iter().map(|o| json!({"person": o.person, "at": o.at})).collect::<Vec<_>>(),
            "answers": trace.answers, "replies": trace.replies, "replies_closed_at": trace.replies_closed_at,
        })
    }

    fn person(&self, id: PersonId) -> String {
        self.person_or_unknown(Some(id))
    }

    fn person_or_unknown(&self, id: Option<PersonId>) -> String {
        let row = id.and_then(|id| self.world.people.person_by_id(id));
        match row.and_then(|row| row.identity.as_ref().map(|identity| (row, identity))) {
            Some((row, identity)) => {
                format!("{} {} ({})", identity.first_name, identity.last_name, row.profile)
            }
            None => self.pick("personne effacée", "erased person").to_owned(),
        }
    }

    fn party(&self, party: Party) -> String {
        match party {
            Party::Person(person) => self.person(person),
            Party::Group(group) => self.group(group),
            Party::Audience(message) => {
                format!("{} {message}", self.pick("les destinataires visibles de", "the open recipients of"))
            }
        }
    }

    fn witness(&self, addressed: &Addressed) -> String {
        match addressed.witness {
            Witness::Rule { rule, from, to } => format!(
                "{} {} → {} ({rule})",
                self.pick("la règle", "the rule"),
                self.group(from),
                self.group(to)
            ),
            Witness::Internal { group } => {
                format!(
                    "{} {}",
                    self.pick("la communication interne de", "the internal communication of"),
                    self.group(group)
                )
            }
            Witness::Family { .. } => {
                self.pick("le lien entre parent et enfant", "the link of parent and child").to_owned()
            }
            Witness::Reply { to } => format!("{} {to}", self.pick("la réponse à", "the answer to")),
        }
    }

    fn group(&self, id: GroupId) -> String {
        let people = &self.world.people;
        let Some(row) = people.group(id).and_then(|number| people.group_row(number)) else {
            return id.to_string();
        };
        let structure = people.structure(row.structure);
        let class = |id| structure.and_then(|s| s.classes.get(id)).map_or("?", |class| class.name.as_str());
        let name = match &row.kind {
            GroupKind::Profile(profile) => profile.to_string(),
            GroupKind::Class(id, profile) => format!("{profile} {}", class(id)),
            GroupKind::HeadTeacher(id) => {
                format!("{} {}", self.pick("prof. principal", "head teacher"), class(id))
            }
            GroupKind::Direction => "DIRECTION".to_owned(),
            GroupKind::Function(code) | GroupKind::Discipline(code) | GroupKind::Subject(code) => {
                code.to_string()
            }
            GroupKind::Level(level, profile) => format!("{profile} {level}"),
            GroupKind::Teaching(_) | GroupKind::Free(_) | GroupKind::BroadcastList(_) => {
                let label = row.label.as_ref().map(ToString::to_string);
                label.or_else(|| row.typed.clone()).unwrap_or_else(|| id.to_string())
            }
        };
        format!("[{name}, {}]", structure.map_or("?", |structure| structure.name.as_str()))
    }
}
