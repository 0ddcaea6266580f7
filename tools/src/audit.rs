//! `preau audit …`: signed checkpoints of the log, and bundles that prove what is in it.
//!
//! Invariant: whatever does not prove what it should ends with exit code 5 and a sentence that names the first bad
//! position, or the part that is bad if it is no event.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error, Result};
use api::node::Opened;
use eventlog::Position;
use eventlog::tlog::bundle::{self, Unproven, Verified, Wanted};
use eventlog::tlog::{Checkpoint, PublicKey, Tlog, TlogError, signing_key};
use serde_json::{Value, json};

use crate::beside::{self, Request};
use crate::cli::{AuditCheckpoint, AuditExport, AuditKey, AuditVerify, Flags, Format};
use crate::failed::{self, Refused};
use crate::operator::Operator;
use crate::settings::Settings;
use crate::{opened, say};

/// Signs the log as it is and prints the checkpoint.
pub async fn checkpoint(args: AuditCheckpoint) -> Result<()> {
    match open(&args.flags).await {
        Ok((_, mut tlog)) => say(&tlog.checkpoint().map_err(unusable)?),
        Err(error) if failed::is_in_use(&error) => {
            let server = Operator::of(&Settings::of(&args.flags)?.data())?;
            say(&beside::ask(&server, &Request::Checkpoint)?)
        }
        Err(error) => Err(error),
    }
}

/// Prints the public key.
pub async fn key(args: AuditKey) -> Result<()> {
    let (_, tlog) = open(&args.flags).await?;
    say(&format!("{}\n", tlog.public_key().map_err(unusable)?))
}

/// Writes a bundle.
pub async fn export(args: AuditExport) -> Result<()> {
    let (opened, mut tlog) = open(&args.flags).await?;
    tlog.checkpoint().map_err(unusable)?;
    let size = tlog.size();
    let (from, until) = (args.from, args.until.unwrap_or(size));
    let last = from.max(until);
    if from == 0 || (from > until && last <= size) {
        return Err(failed::input(format!(
            "--from {from} --until {until}: name positions from 1 on, the first before the last"
        )));
    }
    if last > size {
        return Err(failed::not_there(format!(
            "position {last} is not in the log: it holds the positions 1 to {size}"
        )));
    }
    let wanted = Wanted { from: Position(from), until: Position(until), since: args.since };
    let bar = opened::bar("exporting");
    bar.set_length(until - from + 1);
    let aside = beside(&args.to);
    let written = async {
        let file = File::create(&aside).with_context(|| cannot("make", &aside))?;
        let mut out = BufWriter::new(file);
        let log = &*opened.log;
        let moved = |at: Position| bar.set_position(at.0 + 1 - from);
        let written = match bundle::write(&mut tlog, log, &wanted, &mut out, moved).await {
            Ok(written) => written,
            Err(error) => return Err(unusable(tlog.located(log, error).await)),
        };
        let file = out.into_inner().map_err(std::io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).with_context(|| cannot("write", &aside))?;
        fs::rename(&aside, &args.to).with_context(|| cannot("rename to", &args.to))?;
        Ok(written)
    };
    let written = written.await.inspect_err(|_| {
        // Nothing half-written is left; why it failed is what counts.
        let _ = fs::remove_file(&aside);
    })?;
    bar.finish_and_clear();
    let since = written.since.map_or_else(String::new, |since| format!(", unchanged since that of {since}"));
    say(&format!(
        "{}: {} events, positions {from} to {until}, proved by the checkpoint of {} events{since}\n",
        args.to.display(),
        written.events,
        written.checkpoint.size
    ))
}

/// Checks a bundle.
pub fn verify(args: AuditVerify) -> Result<()> {
    let key = args.key.as_deref().map(str::trim).map(str::parse::<PublicKey>).transpose();
    let key = key.map_err(|bad| failed::input(format!("--key: {bad}")))?;
    let file = match File::open(&args.bundle) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(failed::not_there(format!("{}: there is no such file", args.bundle.display())));
        }
        Err(error) => return Err(failed::input(format!("{}: {error}", args.bundle.display()))),
    };
    let mut reader = BufReader::with_capacity(1 << 16, file);
    match bundle::verify(&mut reader, key.as_ref()) {
        Ok(verified) => {
            if let Some(file) = &args.checkpoint {
                goes_on(&verified, file)?;
            }
            say(&match args.format {
                Format::Json => format!("{}\n", proven(&verified, key.is_some())),
                Format::Text => text(&verified, key.is_some()),
            })
        }
        Err(unproven) => {
            if args.format == Format::Json {
                say(&format!("{}\n", refuted(&unproven)))?;
            }
            let sentence = format!("{}: {}", args.bundle.display(), failed::chain(&unproven.into()));
            Err(failed::damaged(sentence))
        }
    }
}

/// Looks whether a bundle is of the checkpoint in a file, or goes on from it.
///
/// Who has the machine and its key can write another log and sign it; a checkpoint that was kept elsewhere tells.
fn goes_on(verified: &Verified, file: &Path) -> Result<()> {
    let note =
        fs::read_to_string(file).map_err(|error| failed::input(format!("{}: {error}", file.display())))?;
    let kept = Checkpoint::open(&note, &verified.key)
        .map_err(|bad| failed::damaged(format!("{}: {bad}", file.display())))?;
    let known = [Some(&verified.checkpoint), verified.since.as_ref()];
    match known.into_iter().flatten().find(|known| known.size == kept.size) {
        Some(known) if *known == kept => Ok(()),
        Some(_) => Err(failed::damaged(format!(
            "{}: the first {} events are not those of the bundle: the log was written anew after it was signed",
            file.display(),
            kept.size
        ))),
        None => Err(failed::input(format!(
            "{}: the bundle says nothing of the checkpoint of {} events; export it with --since {1}",
            file.display(),
            kept.size
        ))),
    }
}

/// Opens the directory the settings name, which must be there, and its tree.
async fn open(flags: &Flags) -> Result<(Opened, Tlog)> {
    let settings = Settings::of(flags)?;
    let opened = opened::directory(&settings, false)?;
    let key = signing_key(opened.vault.ring()).map_err(unusable)?;
    let directory = settings.data().join("tlog");
    let (tlog, report) = Tlog::open(&directory, &*opened.log, key).await.map_err(unusable)?;
    if report.cut > 0 {
        tracing::warn!("{}: {} hashes beyond the end of the log were cut", directory.display(), report.cut);
    }
    Ok((opened, tlog))
}

/// Returns the error of a tree that cannot be used, with its exit code.
fn unusable(error: TlogError) -> Error {
    let code = match &error {
        TlogError::Log(_)
        | TlogError::Contradicts { .. }
        | TlogError::Inner { .. }
        | TlogError::Missing { .. }
        | TlogError::Note { .. }
        | TlogError::Inconsistent { .. }
        | TlogError::Gap(_)
        | TlogError::NoKey => 5,
        TlogError::NoCheckpoint { .. } | TlogError::Empty => 6,
        TlogError::Io { .. } | TlogError::Bundle(_) => 1,
    };
    Refused { code, sentence: failed::chain(&error.into()) }.into()
}

/// Returns the name under which a file is written before it is whole.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

fn cannot(what: &str, file: &Path) -> String {
    format!("cannot {what} {}", file.display())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(verified: &Verified, given: bool) -> String {
    let Verified { key, checkpoint, since, from, until } = verified;
    let since = since.as_ref().map_or_else(String::new, |since| {
        format!("  since       {} events, root {}: unchanged since\n", since.size, hex(&since.root))
    });
    let whose = if given {
        "The key is the one you gave."
    } else {
        "The key is the one in the file: compare it with one you were given, or name that one with --key."
    };
    format!(
        "Proved: these are the events {from} to {until} of {}, as they were recorded; none was changed, removed, \
         inserted or moved.\n  checkpoint  {} events, root {}\n{since}  key         {key}\n{whose}\n",
        checkpoint.origin,
        checkpoint.size,
        hex(&checkpoint.root)
    )
}

fn proven(verified: &Verified, given: bool) -> Value {
    let Verified { key, checkpoint, since, from, until } = verified;
    let state = |checkpoint: &Checkpoint| json!({ "events": checkpoint.size, "root": hex(&checkpoint.root) });
    json!({
        "proved": true, "log": checkpoint.origin, "from": from.0, "until": until.0,
        "checkpoint": state(checkpoint), "since": since.as_ref().map(state),
        "key": key.to_string(), "keyGiven": given,
    })
}

fn refuted(unproven: &Unproven) -> Value {
    json!({
        "proved": false, "position": unproven.position.map(|position| position.0), "line": unproven.line,
        "why": unproven.what,
    })
}
