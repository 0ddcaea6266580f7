//! `preau trace`: the whole life of one message, as a tree. Contents are never opened.

mod html;

use std::fmt::Write as _;

use anyhow::Result;
use api::Node;
use api::graphql::messaging::trace;
use api::graphql::names::Names;
use api::texts::{Language as Spoken, Texts};
use domain::message::{Addressed, Party, Replies, Witness};
use domain::{MessageId, PersonId};
use projections::World;
use projections::trace::Trace;
use serde_json::{Value, json};

use crate::beside::{self, Request};
use crate::cli::{self, Trace as Args, TraceFormat as Format};
use crate::onde::report::Language;
use crate::settings::Settings;
use crate::{failed, say};

/// How many names of recipients are printed.
const NAMES: usize = 50;

/// Prints the trace of a message.
pub async fn print(args: Args) -> Result<()> {
    read_id(&args.message)?;
    let (language, format) = (cli::Language::or_of_system(args.language), args.format);
    let request = Request::Trace { message: args.message, format, language };
    say(&beside::carry_out(&Settings::of(&args.flags)?, request).await?)
}

/// Returns the trace of a message, as it is printed.
pub async fn of(node: &Node, message: &str, format: Format, asked: cli::Language) -> Result<String> {
    let message = read_id(message)?;
    let trace = trace::of(node, message).await;
    let trace = trace.map_err(|failure| anyhow::anyhow!("the log cannot be read: {failure:?}"))?;
    let trace = trace.ok_or_else(|| {
        failed::not_there(format!("message {message} was never sent, or is not in this data directory"))
    })?;
    let texts = Texts::load()?;
    let (language, spoken) = match asked {
        cli::Language::Fr => (Language::French, Spoken::French),
        cli::Language::En => (Language::English, Spoken::English),
    };
    Ok(node.read(|world| {
        let names = Names { world, texts: &texts, language: spoken };
        let tree = Tree { world, trace: &trace, language, names };
        match format {
            Format::Text => tree.text(),
            Format::Json => format!("{:#}\n", tree.json()),
            Format::Html => html::of(&tree.text(), asked),
        }
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

struct Tree<'a> {
    world: &'a World,
    trace: &'a Trace,
    language: Language,
    names: Names<'a>,
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
            // Nobody's name is a line of its own, nor a command to a terminal.
            let text = text.replace(char::is_control, "\u{fffd}");
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
            line(1, why);
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
        let number = id.and_then(|id| self.world.people.number(id));
        let row = number.and_then(|number| Some((number, self.world.people.person(number)?)));
        match row {
            Some((number, row)) => format!("{} ({})", self.names.name(number), row.profile),
            None => self.names.say("person.erased"),
        }
    }

    fn party(&self, party: Party) -> String {
        match party {
            Party::Person(person) => self.person(person),
            Party::Group(group) => self.names.group_by_id(group).name,
            Party::Audience(message) => {
                format!("{} {message}", self.pick("les destinataires visibles de", "the open recipients of"))
            }
        }
    }

    /// Returns what allowed a party, with the id by which the log knows it.
    fn witness(&self, addressed: &Addressed) -> String {
        let sentence = self.names.witness(addressed.witness);
        match addressed.witness {
            Witness::Rule { rule, .. } => format!("{sentence} [{rule}]"),
            Witness::Reply { to } => format!("{sentence} [{to}]"),
            Witness::Internal { .. } | Witness::Family { .. } => sentence,
        }
    }
}
