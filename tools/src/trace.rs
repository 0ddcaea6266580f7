//! `preau trace`: the whole life of one message, as a tree. Contents are never opened.

mod html;

use std::fmt::Write as _;

use anyhow::Result;
use api::Node;
use api::graphql::messaging::trace;
use api::graphql::names::Names;
use api::graphql::notices::Words;
use api::graphql::origin::Origins;
use api::texts::{Language as Spoken, Texts};
use domain::actor::Actor;
use domain::clock::Zone;
use domain::message::{Party, Replies, Witness};
use domain::{MessageId, PersonId};
use eventlog::Position;
use projections::World;
use projections::mailboxes::Through;
use projections::trace::{Trace, Traced};
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
    let shown = match format {
        Format::Text | Format::Html => &trace.recipients[..trace.recipients.len().min(NAMES)],
        Format::Json => &trace.recipients[..],
    };
    let mut positions = node.read(|world| trace::positions_of_rules(world, &trace));
    positions.extend(trace::positions_of_memberships(shown));
    let origins = Origins::read(node, positions).await;
    let origins = origins.map_err(|failure| anyhow::anyhow!("the log cannot be read: {failure:?}"))?;
    let texts = Texts::load()?;
    let (language, spoken) = match asked {
        cli::Language::Fr => (Language::French, Spoken::French),
        cli::Language::En => (Language::English, Spoken::English),
    };
    Ok(node.read(|world| {
        let names = Names { world, texts: &texts, language: spoken };
        let tree = Tree { world, trace: &trace, origins: &origins, language, names };
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
    origins: &'a Origins,
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
        let mut out =
            format!("Message {} ({} {})\n", trace.message, self.pick("position", "position"), trace.position);
        let mut line = |depth: usize, text: String| {
            // Nobody's name is a line of its own, nor a command to a terminal.
            let text = text.replace(char::is_control, "\u{fffd}");
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}{text}", ["├─ ", "│  ├─ ", "│  │  ├─ "][depth]);
        };
        let wrote = match (trace.author, &trace.notice) {
            (None, Some(notice)) => {
                let told = Words::of(self.names, notice, Zone::PARIS).subject();
                format!("{} : {told}", self.pick("avis du système", "notice of the system"))
            }
            (author, _) => {
                format!("{} {}", self.pick("écrit par", "written by"), self.person_or_unknown(author))
            }
        };
        line(0, format!("{wrote}, {}", when(trace.sent_at)));
        if let Some(answered) = trace.in_reply_to {
            line(0, format!("{} {answered}", self.pick("répond à", "answers")));
        }
        for Traced { field, party, witness } in &trace.parties {
            line(0, format!("{} : {}", field.as_str(), self.party(*party)));
            let Some(witness) = *witness else { continue };
            line(1, self.witness(witness));
            if let Some(rule) = self.rule(witness) {
                line(2, rule);
            }
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
            line(1, format!("{} – {seen}", self.person_or_unknown(id)));
            for membership in recipient.through.iter().filter_map(|through| self.membership(through)) {
                line(2, membership);
            }
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
            .map(|Traced { field, party, witness }| {
                json!({
                    "field": field.as_str(), "party": party, "name": self.party(*party),
                    "witness": witness, "rule": witness.map(|witness| self.rule_json(witness)),
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
                    "through": recipient.through.iter().map(|one| self.through_json(one)).collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({
            "message": trace.message, "position": trace.position.0, "author": trace.author, "notice": trace.notice,
            "sent_at": trace.sent_at,
            "thread": trace.thread, "in_reply_to": trace.in_reply_to, "parties": parties,
            "delivered": trace.counts.delivered, "inactive": trace.counts.inactive, "blocked": trace.counts.blocked,
            "recipients": recipients,
            "openings": trace.openings.iter().map(|o| json!({"person": o.person, "at": o.at})).collect::<Vec<_>>(),
            "answers": trace.answers, "replies": trace.replies, "replies_closed_at": trace.replies_closed_at,
        })
    }

    fn rule_json(&self, witness: Witness) -> Value {
        let known = trace::rule_of(witness).and_then(|rule| self.world.graph.rule_ever(rule));
        known.map_or(Value::Null, |(rule, until)| {
            json!({
                "by_matrix": rule.by_matrix, "made": self.origin_json(Some(rule.since.position)),
                "removed": self.origin_json(until.map(|until| until.position)),
            })
        })
    }

    fn through_json(&self, through: &Through) -> Value {
        let (since, until) =
            (through.member.map(|member| member.since), through.member.and_then(|m| m.until));
        json!({
            "party": through.target, "group": self.group_of(through),
            "member_since": since.map(|since| since.recorded_at),
            "member_until": until.map(|until| until.recorded_at),
            "set_by": self.origin_json(since.map(|since| since.position)),
            "ended_by": self.origin_json(until.map(|until| until.position)),
        })
    }

    fn origin_json(&self, position: Option<Position>) -> Value {
        let origin = position.and_then(|position| self.origins.at(position));
        origin.map_or(Value::Null, |origin| {
            json!({
                "position": origin.position.0, "at": origin.at, "kind": origin.kind, "actor": origin.actor,
            })
        })
    }

    /// Returns the name of the group through which somebody got it.
    fn group_of(&self, through: &Through) -> Option<String> {
        match self.trace.parties.get(through.target)?.party {
            Party::Group(group) => Some(self.names.group_by_id(group).name),
            Party::Person(_) | Party::Audience(_) => None,
        }
    }

    /// Returns since when the rule of a witness is, and who made it.
    fn rule(&self, witness: Witness) -> Option<String> {
        let (rule, until) = self.world.graph.rule_ever(trace::rule_of(witness)?)?;
        let what = if rule.by_matrix {
            self.pick("règle de la matrice, depuis", "rule of the matrix, since")
        } else {
            self.pick("règle faite à la main, depuis", "rule made by hand, since")
        };
        let ended = until.map_or(String::new(), |until| {
            format!(", {} {}", self.pick("retirée", "removed"), self.origin(until.position))
        });
        Some(format!("{what} {}{ended}", self.origin(rule.since.position)))
    }

    /// Returns through which group somebody got it, from when to when they were in it, and who set that.
    fn membership(&self, through: &Through) -> Option<String> {
        let (member, group) = (through.member?, self.group_of(through)?);
        let ended = member.until.map_or(String::new(), |until| {
            format!(", {} {}", self.pick("jusqu'au", "until"), self.origin(until.position))
        });
        let since = self.pick("membre depuis le", "member since");
        Some(format!("{group} : {since} {}{ended}", self.origin(member.since.position)))
    }

    /// Returns when something was made so, by whom, and by which event.
    fn origin(&self, position: Position) -> String {
        let Some(origin) = self.origins.at(position) else { return format!("@{position}") };
        let by = match &origin.actor {
            Actor::Person { person, .. } => format!("{} {}", self.pick("par", "by"), self.person(*person)),
            Actor::Process(name) => format!("{} {name}", self.pick("par le processus", "by the process")),
            Actor::Operator => self.pick("par l'opérateur", "by the operator").to_owned(),
        };
        format!("{} {by} [{} {position}]", when(origin.at), origin.kind)
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
    fn witness(&self, witness: Witness) -> String {
        let sentence = self.names.witness(witness);
        match witness {
            Witness::Rule { rule, .. } => format!("{sentence} [{rule}]"),
            Witness::Reply { to } => format!("{sentence} [{to}]"),
            Witness::Internal { .. } | Witness::Family { .. } | Witness::Link { .. } => sentence,
        }
    }
}

fn when(instant: domain::Timestamp) -> String {
    instant.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
