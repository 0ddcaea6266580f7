//! `preau doctor`: what is in a data directory, what opening repaired, and, asked to look deep, whether every byte
//! that matters is as it was written.
//!
//! Invariant: it makes nothing that was not there, and every damage ends it with exit code 5.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Error, Result};
use domain::sealed::{Carries, Retention, Slot, Subject, Visit};
use eventlog::clock::SystemClock;
use eventlog::decode::{self, Fault};
use eventlog::keys::{Ring, RingReport};
use eventlog::sled_log::{BeforeCommit, Met, OpenReport};
use eventlog::tlog::{self, Examined};
use eventlog::vault::Vault;
use eventlog::{LogError, Position, Recorded, SledLog};
use indicatif::ProgressBar;
use serde_json::json;

use crate::cli::{Doctor, Format};
use crate::operator::Operator;
use crate::settings::Settings;
use crate::{failed, opened, say};

/// Examines the directory and says what was found.
pub async fn examine(args: Doctor) -> Result<()> {
    let settings = Settings::of(&args.flags)?;
    let data = settings.data();
    if !data.join("log").is_dir() {
        return Err(failed::not_there(format!(
            "{}: there is no data here; name the directory with --data",
            data.display()
        )));
    }
    let found = Found::look(&data, settings.master_key().as_deref(), args.deep).await?;
    say(&match args.format {
        Format::Text => found.text(&data),
        Format::Json => format!("{}\n", found.json(&data)),
    })?;
    found.verdict(&data)
}

/// What was found.
#[derive(Default)]
struct Found {
    log: Option<OpenReport>,
    keys: Option<RingReport>,
    tree: Option<Examined>,
    deep: Option<Deep>,
    /// The first damage of each kind, and how many there are.
    damage: BTreeMap<String, (String, u64)>,
}

/// What reading everything found.
#[derive(Default)]
struct Deep {
    events: u64,
    chunks: u64,
    sealed: Sealed,
}

impl Found {
    async fn look(data: &Path, master_key: Option<&Path>, deep: bool) -> Result<Self> {
        let mut found = Self::default();
        let lock = || SledLog::lock(&data.join("log")).map_err(|error| running(data, error));
        let held = lock()?;
        let ring = found.keys(&data.join("keys"), master_key);
        let before_commit: Arc<dyn BeforeCommit> = match &ring {
            Some(ring) => Arc::clone(ring) as _,
            None => Arc::new(()), // Nothing will be written.
        };
        match SledLog::open_locked(held, Arc::new(SystemClock), before_commit) {
            Ok((log, report)) => {
                found.tree(&data.join("tlog"), &log, ring.as_deref(), deep).await;
                log.close();
                found.log = Some(report);
            }
            Err(error) => found.damaged("log", failed::chain(&error.into())),
        }
        if ring.is_none() && found.log.as_ref().is_none_or(|report| report.events > 0) {
            let keys = data.join("keys");
            found.damage.entry("keys".to_owned()).or_insert_with(|| {
                (format!("{}: the keys are gone; bring the folder back from its backup", keys.display()), 1)
            });
        }
        if deep {
            let vault = ring.map(Vault::new);
            found.deep(&lock()?, vault.as_ref())?;
        }
        Ok(found)
    }

    /// Opens the ring if there is one.
    fn keys(&mut self, keys: &Path, master_key: Option<&Path>) -> Option<Arc<Ring>> {
        let opened = match Ring::exists(keys) {
            Ok(true) => Ring::open(keys, master_key),
            Ok(false) => return None,
            Err(error) => Err(error),
        };
        match opened {
            Ok((ring, report)) => {
                self.keys = Some(report);
                Some(Arc::new(ring))
            }
            Err(error) => {
                self.damaged("keys", failed::chain(&error.into()));
                None
            }
        }
    }

    /// Looks at the Merkle tree beside the log.
    async fn tree(&mut self, directory: &Path, log: &SledLog, ring: Option<&Ring>, deep: bool) {
        let key = ring.and_then(|ring| tlog::signing_key(ring).ok());
        match tlog::examine(directory, log, key.as_ref(), deep).await {
            Ok(tree) => self.tree = tree,
            Err(error) => self.damaged("tlog", failed::chain(&error.into())),
        }
    }

    fn deep(&mut self, lock: &eventlog::sled_log::Lock, vault: Option<&Vault>) -> Result<()> {
        let bar = opened::bar("reading everything");
        bar.set_length(self.log.as_ref().map_or(0, |report| report.events));
        let mut deep = Deep::default();
        let chunks = SledLog::examine(lock, &mut |met| match met {
            Met::Event(event) => {
                deep.events += 1;
                progress(&bar, event.position);
                for (kind, error) in deep.sealed.look(vault, &event) {
                    self.damaged(kind, failed::chain(&error));
                }
            }
            Met::Fault(part, error) => self.damaged(part.as_str(), failed::chain(&error.into())),
        });
        bar.finish_and_clear();
        deep.chunks = chunks.map_err(Error::from)?;
        self.deep = Some(deep);
        Ok(())
    }

    fn damaged(&mut self, kind: &str, sentence: String) {
        let (_, count) = self.damage.entry(kind.to_owned()).or_insert((sentence, 0));
        *count += 1;
    }

    /// Returns what opening cut or made again.
    fn repaired(&self) -> Vec<&str> {
        let log = self.log.iter().flat_map(|log| log.cut.iter().chain(&log.restored));
        let keys = self.keys.iter().flat_map(|keys| keys.cut.iter().chain(&keys.restored));
        log.chain(keys).map(String::as_str).collect()
    }

    fn text(&self, data: &Path) -> String {
        let mut text = format!("{}\n", data.display());
        let mut line = |name: &str, rest: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {name:<9} {rest}");
        };
        match &self.log {
            Some(log) => line(
                "log",
                format!(
                    "{} events in {} streams; {} chunks in {} volumes, {} bytes",
                    log.events, log.streams, log.chunks, log.volumes, log.bytes
                ),
            ),
            None => line("log", "cannot be opened".to_owned()),
        }
        match &self.keys {
            Some(keys) => {
                line("keys", format!("{} keys, generation {} of the ring", keys.keys, keys.generation));
            }
            None => line("keys", "there are none to be used".to_owned()),
        }
        if let Some(tree) = &self.tree {
            let newest = match tree.signed {
                0 => String::new(),
                events => format!(", the newest over {events} events"),
            };
            line("tlog", format!("{} hashes; {} checkpoints{newest}", tree.hashes, tree.checkpoints));
        } else if !self.damage.contains_key("tlog") {
            line("tlog", "there is no tree yet; a server or `preau audit checkpoint` makes it".to_owned());
        }
        let repaired = self.repaired();
        for what in &repaired {
            line("repaired", (*what).to_owned());
        }
        if repaired.is_empty() {
            line("repaired", "nothing was cut, nothing had to be made again".to_owned());
        }
        if let Some(deep) = &self.deep {
            let Sealed { open, erased } = &deep.sealed;
            line(
                "deep",
                format!(
                    "{} events in {} chunks read again; {open} sealed fields opened, {erased} erased",
                    deep.events, deep.chunks
                ),
            );
        }
        for (kind, (sentence, count)) in &self.damage {
            let more = if *count > 1 { format!(" (the first of {count})") } else { String::new() };
            line("damaged", format!("{kind}: {sentence}{more}"));
        }
        if self.damage.is_empty() {
            line("damage", "none was found".to_owned());
        }
        text
    }

    fn json(&self, data: &Path) -> serde_json::Value {
        let log = self.log.as_ref().map(|log| {
            json!({
                "events": log.events, "streams": log.streams, "chunks": log.chunks, "volumes": log.volumes,
                "bytes": log.bytes, "cut": log.cut, "restored": log.restored,
            })
        });
        let keys = self.keys.as_ref().map(|keys| {
            json!({
                "keys": keys.keys, "generation": keys.generation, "cut": keys.cut, "restored": keys.restored,
            })
        });
        let tree = self.tree.as_ref().map(
            |tree| json!({ "hashes": tree.hashes, "checkpoints": tree.checkpoints, "signed": tree.signed }),
        );
        let deep = self.deep.as_ref().map(|deep| {
            let Sealed { open, erased } = &deep.sealed;
            json!({ "events": deep.events, "chunks": deep.chunks, "opened": open, "erased": erased })
        });
        let damage: Vec<_> = self
            .damage
            .iter()
            .map(|(kind, (first, count))| json!({ "kind": kind, "first": first, "count": count }))
            .collect();
        json!({
            "data": data.display().to_string(), "log": log, "keys": keys, "tlog": tree, "deep": deep,
            "damage": damage,
        })
    }

    fn verdict(&self, data: &Path) -> Result<()> {
        if self.damage.is_empty() {
            return Ok(());
        }
        let kinds: Vec<_> = self.damage.keys().map(String::as_str).collect();
        Err(failed::damaged(format!(
            "{}: damaged ({}); bring it back from a backup",
            data.display(),
            kinds.join(", ")
        )))
    }
}

/// How many sealed fields were met.
#[derive(Default)]
struct Sealed {
    open: u64,
    erased: u64,
}

impl Sealed {
    /// Reads one event and what stands beside it, opens what is sealed, and returns what is wrong.
    fn look(&mut self, vault: Option<&Vault>, recorded: &Recorded) -> Vec<(&'static str, Error)> {
        let Some(vault) = vault else {
            return Vec::from_iter(decode::decode(recorded).err().map(|fault| (kind(&fault), fault.into())));
        };
        let mut wrong = Vec::new();
        match decode::open(vault, recorded) {
            Ok(mut event) => event.each(self),
            Err(fault) => wrong.push((kind(&fault), fault.into())),
        }
        match decode::open_meta(vault, recorded) {
            Ok(meta) => self.met(meta.reason.as_ref().map(|reason| reason.open().is_some())),
            Err(fault) => {
                let position = recorded.position;
                wrong.push((kind(&fault), Error::from(fault).context(format!("position {position}: meta"))));
            }
        }
        wrong
    }

    fn met(&mut self, open: Option<bool>) {
        match open {
            Some(true) => self.open += 1,
            Some(false) => self.erased += 1,
            None => {}
        }
    }
}

impl Visit for Sealed {
    fn field(&mut self, _: Subject, _: Retention, _: &'static str, _: u32, slot: &mut dyn Slot) {
        self.met(Some(slot.plaintext().is_some()));
    }
}

/// Returns the error of a directory that cannot be taken: of a server that runs on it, how far its log goes.
fn running(data: &Path, error: LogError) -> Error {
    let head = match &error {
        LogError::InUse(_) => Operator::of(data).and_then(|operator| operator.head()).ok(),
        LogError::Damaged { .. } | LogError::Io { .. } | LogError::FailStop(_) => None,
    };
    match head {
        Some(head) => failed::in_use(format!(
            "{}: a server runs on it, now at position {}; stop it to have its files looked at",
            data.display(),
            head.position
        )),
        None => failed::unopened(error.into()),
    }
}

fn kind(fault: &Fault) -> &'static str {
    match fault {
        Fault::Sealed { .. } | Fault::Shut(_) => "sealed",
        Fault::Undecodable { .. } | Fault::Misplaced { .. } => "event",
        Fault::Json(_) => "meta",
        Fault::Log(_) => "log",
    }
}

/// Moves the bar now and then: it is slower than reading.
fn progress(bar: &ProgressBar, at: Position) {
    if at.0.is_multiple_of(4096) {
        bar.set_position(at.0);
    }
}
