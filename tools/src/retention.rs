//! `preau retention`: what ends because its delay is over, shown first and done with `--yes`.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, anyhow};
use api::process::retention::{self, Due};
use domain::actor::Actor;
use domain::retention::{DataClass, Months};
use domain::{StreamId, Timestamp};
use serde_json::{Value, json};

use crate::beside::{self, Place, Request};
use crate::cli::Format;
use crate::keys::arguments::Retention as Args;
use crate::say;
use crate::settings::Settings;

/// Shows what ends, and does it if so asked.
pub async fn retention(args: Args) -> Result<()> {
    let Args { flags, yes, format } = args;
    say(&beside::carry_out(&Settings::of(&flags)?, Request::Retention { yes, format }).await?)
}

/// What is known of a class.
struct Class {
    class: DataClass,
    /// Its delay, in months.
    after: Option<u16>,
    /// The months that end now, or just ended, yyyymm.
    due: Vec<u32>,
    /// How many months ended before, and the last of them.
    ended: usize,
    last: Option<u32>,
}

/// Shows it where the log is open, or does it, and returns what is printed.
pub async fn of(place: Place<'_>, yes: bool, format: Format) -> Result<String> {
    let node = place.node;
    let cannot = |failure: api::Failure| anyhow!("what ended cannot be read or noted: {failure:?}");
    let before = node.executor().state::<Months>(&StreamId::retention()).await;
    let before = before.context("the log cannot be read")?;
    let due = if yes {
        retention::perform(node, place.delays, &Actor::Operator).await.map_err(cannot)?
    } else {
        retention::due(node, place.delays).await.map_err(cannot)?
    };
    let class = |class| {
        let months = |due: &Due| (due.class == class).then_some(due.month);
        let ended: Vec<_> = before.ended().filter(|(of, _)| *of == class).collect();
        Class {
            class,
            after: place.delays.of(class),
            due: due.iter().filter_map(months).collect(),
            ended: ended.len(),
            last: ended.last().map(|(_, month)| *month),
        }
    };
    let classes = DataClass::ALL.map(class);
    Ok(match format {
        Format::Text => text(&classes, yes),
        Format::Json => format!("{:#}\n", json(&classes, yes, node.now())),
    })
}

fn text(classes: &[Class], yes: bool) -> String {
    let mut out = String::new();
    for class in classes {
        let delay = match class.after {
            Some(1) => "ends after 1 month".to_owned(),
            Some(months) => format!("ends after {months} months"),
            None => "never ends by itself".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}: {} ({delay})", class.class.as_str(), what(class.class));
        let _ = match (class.due.first(), class.due.last()) {
            (Some(first), Some(last)) => {
                let (done, count) = (if yes { "ended now" } else { "over" }, class.due.len());
                writeln!(out, "  {done}: {count} {}, {first} to {last}", months(count))
            }
            _ => writeln!(out, "  over: nothing"),
        };
        if let Some(last) = class.last {
            let _ = writeln!(out, "  ended before: {} {}, the last {last}", class.ended, months(class.ended));
        }
    }
    out.push_str("accounts: nothing closes them by a delay yet; `preau person erase` erases one\n");
    let due: usize = classes.iter().map(|class| class.due.len()).sum();
    let end = match (due, yes) {
        (0, _) => "Nothing is over.".to_owned(),
        (_, true) => {
            format!("{due} {} destroyed. Backups of `keys/` still open them: destroy them too.", keys(due))
        }
        (_, false) => format!("{due} {} would be destroyed for ever; say --yes to do it.", keys(due)),
    };
    let _ = writeln!(out, "{end}");
    out
}

fn months(count: usize) -> &'static str {
    if count == 1 { "month" } else { "months" }
}

fn keys(count: usize) -> &'static str {
    if count == 1 { "key" } else { "keys" }
}

fn json(classes: &[Class], yes: bool, now: Timestamp) -> Value {
    let classes = classes.iter().map(|class| {
        json!({
            "class": class.class, "afterMonths": class.after, "months": class.due,
            "endedBefore": class.ended, "lastEndedBefore": class.last,
        })
    });
    json!({ "at": now, "done": yes, "classes": classes.collect::<Vec<_>>() })
}

/// Says what is in a class.
pub fn what(class: DataClass) -> &'static str {
    match class {
        DataClass::Connection => "addresses of sign-ins and refused accesses",
        DataClass::Message => "subjects and bodies of messages",
        DataClass::Register => "roll call and absences",
        DataClass::Import => "reports of imports",
    }
}
