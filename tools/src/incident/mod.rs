//! `preau incident`: what somebody did in a window, with the addresses they did it from.
//!
//! Invariant: that it is read, and why, is in the record of the person before anything is opened.

pub mod arguments;

use std::fmt::Write as _;

use anyhow::{Result, anyhow};
use api::Node;
use api::graphql::names::Names;
use api::incident::{self, Incident, List, Window};
use api::texts::Texts;
use chrono::DateTime;
use domain::actor::Actor;
use domain::person::Refusal;
use domain::{PersonId, Timestamp};
use eventlog::Recorded;
use projections::about::About;

use crate::beside::{self, Request};
use crate::cli::{Format, Language};
use crate::export::words::called;
use crate::settings::Settings;
use crate::{failed, named, opened, say};
use arguments::Incident as Args;

/// Prints what somebody did.
pub async fn print(args: Args) -> Result<()> {
    let Args { flags, person, from, to, reason, format, language } = args;
    let language = Language::or_of_system(language);
    let request = Request::Incident { person, from, to, reason, format, language };
    say(&beside::carry_out(&Settings::of(&flags)?, request).await?)
}

/// What is asked: whom, from when to when, why.
pub struct Asked<'a> {
    /// Whom, as an operator names them.
    pub person: &'a str,
    /// From this instant on.
    pub from: &'a str,
    /// Before this one.
    pub to: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Notes the reading, reads where the log is open, and returns what is printed.
pub async fn of(node: &Node, asked: Asked<'_>, format: Format, language: Language) -> Result<String> {
    let reason = asked.reason.trim();
    if reason.is_empty() {
        return Err(failed::input("--reason: say why it is read; nothing was"));
    }
    let window = Window::of(instant("--from", asked.from)?, instant("--to", asked.to)?);
    let window = window.ok_or_else(|| {
        failed::input("--to: name an instant after --from, by 31 days at most; nothing was read")
    })?;
    let person = named::person(node, asked.person).await?;
    let mut order = node.order_as(Actor::Operator, opened::new_command()?);
    order.meta.reason = Some(reason.to_owned().into());
    let noted = incident::note(node, &order, person, window).await;
    let noted = noted.map_err(|failure| anyhow!("the reading cannot be noted: {failure:?}"))?;
    match noted.refusal {
        None => {}
        Some(Refusal::Erased) => {
            return Err(failed::input(format!("{person} was erased: nothing is known of them any more")));
        }
        Some(other) => return Err(failed::input(format!("refused: {other}"))),
    }
    let scope = |recorded: &Recorded| Ok((node.read(|world| About::of(world, recorded))?, true));
    let read = incident::read(node, person, window, noted.position, scope).await;
    let read = read.map_err(|failure| anyhow!("the log cannot be read: {failure:?}"))?;
    match format {
        Format::Json => Ok(format!("{:#}\n", serde_json::to_value(&read)?)),
        Format::Text => {
            let texts = Texts::load()?;
            let spoken = language.into();
            Ok(node.read(|world| {
                let names = Names { world, texts: &texts, language: spoken };
                Page { read: &read, names, language, out: String::new() }.text()
            }))
        }
    }
}

fn instant(flag: &str, text: &str) -> Result<Timestamp> {
    let read = DateTime::parse_from_rfc3339(text).map_err(|_| {
        failed::input(format!(
            "{flag} {text}: write an instant with its offset, such as 2026-09-03T18:00:00+02:00; nothing was read"
        ))
    })?;
    Ok(read.to_utc())
}

/// The text, line by line.
struct Page<'a> {
    read: &'a Incident,
    names: Names<'a>,
    language: Language,
    out: String,
}

impl Page<'_> {
    fn pick(&self, fr: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Fr => fr,
            Language::En => en,
        }
    }

    fn text(mut self) -> String {
        let read = self.read;
        let head = format!(
            "{} {} {} {}, {} {}",
            self.pick("Ce qu'a fait", "What was done by"),
            self.person(read.person),
            self.pick("du", "from"),
            when(read.from),
            self.pick("au", "to"),
            when(read.to)
        );
        self.line(&head);
        if !read.complete {
            let cut = self.pick(
                "La période n'a pas été lue en entier : demandez-en une plus courte.",
                "Not all of the window was looked at: ask for a shorter one.",
            );
            self.line(cut);
        }
        self.list("Connexions", "Sign-ins", &read.sign_ins, |page, row| {
            (row.at, page.address(row.address.as_deref()))
        });
        self.list("Compte", "Account", &read.account, |page, row| {
            (row.at, format!("{}, {}", page.kind(&row.kind), page.actor(&row.actor)))
        });
        self.list("Accès refusés", "Refused accesses", &read.refused, |page, row| {
            let address = page.address(row.address.as_deref());
            (row.at, format!("{} × {} ({}), {address}", row.count, row.command, row.code))
        });
        self.list("Messages envoyés", "Messages sent", &read.sent, |page, row| {
            let (got, opened) = (page.pick("remis à", "delivered to"), page.pick("ouvert par", "opened by"));
            (row.at, format!("{}, {got} {}, {opened} {}", row.message, row.recipients, row.opened))
        });
        self.list("Messages ouverts", "Messages opened", &read.opened, |_, row| {
            (row.at, row.message.to_string())
        });
        self.list("Autres actes", "Other acts", &read.acts, |page, row| {
            let about = row.about.map(|person| format!(", {}", page.person(person))).unwrap_or_default();
            let position = page.pick("position", "position");
            (row.at, format!("{} {} ({position} {}){about}", page.kind(&row.kind), row.stream, row.position))
        });
        self.out
    }

    fn list<T>(
        &mut self,
        fr: &'static str,
        en: &'static str,
        list: &List<T>,
        show: impl Fn(&Self, &T) -> (Timestamp, String),
    ) {
        let more = if list.more { self.pick(" et d'autres", " and more") } else { "" };
        let head = format!("\n{} ({}{more})", self.pick(fr, en), list.nodes.len());
        self.line(&head);
        for row in &list.nodes {
            let (at, text) = show(self, row);
            self.line(&format!("  {}  {text}", when(at)));
        }
    }

    fn line(&mut self, text: &str) {
        // Nobody's name is a line of its own, nor a command to a terminal; a list begins with an empty line.
        let (begin, text) = text.strip_prefix('\n').map_or(("", text), |rest| ("\n", rest));
        let text = text.replace(char::is_control, "\u{fffd}");
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{begin}{text}");
    }

    fn address(&self, address: Option<&str>) -> String {
        address.unwrap_or(self.pick("adresse effacée", "address ended")).to_owned()
    }

    fn kind<'a>(&self, kind: &'a str) -> &'a str {
        called(self.language, kind)
    }

    fn actor(&self, actor: &Actor) -> String {
        let by = self.pick("par", "by");
        match actor {
            Actor::Person { person, .. } => format!("{by} {}", self.person(*person)),
            Actor::Process(name) => format!("{by} {name}"),
            Actor::Operator => format!("{by} {}", self.pick("l'exploitant", "the operator")),
        }
    }

    fn person(&self, person: PersonId) -> String {
        self.names.person_by_id(person).display_name
    }
}

fn when(instant: Timestamp) -> String {
    instant.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
