//! `preau person export`: everything that is known of one person, for them to read (RGPD, article 15).
//!
//! Invariant: that it was handed out, and why, is in the log before anything of it is read. Keys, verifiers of
//! passwords and digests of codes never leave; of other people no more than what this person was shown.

mod account;
pub mod arguments;
mod booking;
mod bookings;
mod document;
mod groups;
mod mail;
mod origin;
mod page;
#[cfg(test)]
mod tests;
pub mod words;

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use api::Node;
use api::texts::Texts;
use domain::person::{Command, Person};
use domain::{StreamId, actor::Actor};

use crate::beside::{self, Request};
use crate::cli::Language;
use crate::settings::Settings;
use crate::{backup, failed, named, opened, say};
use arguments::PersonExport;
use document::{Document, FORMAT, Section};
use origin::Reader;

/// The two files: for programs, and for people.
const FILES: [&str; 2] = ["export.json", "export.html"];

/// Writes the two files.
pub async fn person(args: PersonExport) -> Result<()> {
    let settings = Settings::of(&args.flags)?;
    backup::outside(&settings.data(), &args.to)?;
    let [json, html] = FILES.map(|name| args.to.join(name));
    for file in [&json, &html] {
        if fs::symlink_metadata(file).is_ok() {
            return Err(failed::input(format!(
                "{}: is there already; name another folder, nothing was changed",
                file.display()
            )));
        }
    }
    make(&args.to)?;
    let language = Language::or_of_system(args.language);
    let request = Request::ExportPerson { person: args.person, reason: args.reason, language };
    let document = beside::carry_out(&settings, request).await?;
    let read: Document = serde_json::from_str(&document).context("the export cannot be read")?;
    write(&json, &document)?;
    write(&html, &page::of(&read)).inspect_err(|_| {
        // Nothing half-written is left; why it failed is what counts.
        let _ = fs::remove_file(&json);
    })?;
    let data: usize = read.sections.iter().map(|section| section.data.len()).sum();
    say(&format!(
        "{}: everything known of {} up to position {}, {data} data in {} and {}\n",
        args.to.display(),
        read.person,
        read.position,
        FILES[0],
        FILES[1]
    ))
}

fn make(folder: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| failed::input(format!("--to {}: {error}", folder.display())))
}

/// Writes a file that only its owner reads, under its name once it is whole.
fn write(file: &Path, text: &str) -> Result<()> {
    let mut aside = file.as_os_str().to_owned();
    aside.push(".tmp");
    let aside = PathBuf::from(aside);
    let written = (|| {
        match fs::remove_file(&aside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut out: File = File::options().write(true).create_new(true).mode(0o600).open(&aside)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        fs::rename(&aside, file)
    })();
    written.with_context(|| format!("cannot write {}", file.display())).inspect_err(|_| {
        let _ = fs::remove_file(&aside);
    })
}

/// Notes the export, then returns the document, as JSON, where the log is open.
pub async fn of(node: &Node, named: &str, reason: String, language: Language) -> Result<String> {
    let reason = reason.trim().to_owned();
    if reason.is_empty() {
        return Err(failed::input("--reason: say why, such as the date of the request; nothing was changed"));
    }
    let person = named::person(node, named).await?;
    let mut order = node.order_as(Actor::Operator, opened::new_command()?);
    order.meta.reason = Some(reason.into());
    let carried = node.execute::<Person>(&order, &StreamId::person(person), Command::Export).await;
    let carried = carried.map_err(|failure| anyhow!("the export cannot be noted: {failure:?}"))?;
    if let Some(refusal) = carried.refusal {
        return Err(match refusal {
            domain::person::Refusal::Erased => {
                failed::input(format!("{person} was erased: nothing is known of them any more"))
            }
            other => failed::input(format!("refused: {other}")),
        });
    }
    let texts = Texts::load()?;
    let reader = Reader::new(node, &texts, language, person)?;
    let mut sections: Vec<Section> = account::sections(&reader).await?;
    sections.extend(groups::sections(&reader).await?);
    sections.extend(booking::sections(&reader).await?);
    sections.extend(bookings::sections(&reader).await?);
    sections.extend(mail::sections(&reader).await?);
    sections.push(account::erasures(&reader).await?);
    let document = Document {
        format: FORMAT.to_owned(),
        language,
        person,
        profile: reader.profile,
        exported_at: node.now(),
        position: node.live().position().0,
        sections,
    };
    Ok(format!("{:#}\n", serde_json::to_value(document)?))
}
