//! The folder `keys`, copied out of a data directory and into one. It is copied as it is; nothing in it is read.
//!
//! Invariants: keys that are in use are never replaced, half a copy never has the name, and of the copies made to one
//! place only the last is kept. A server may write to them meanwhile: it adds to the journal, whose torn end is cut
//! when it is opened; and where it began another ring, the copy is begun again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::failed;

/// How often a copy is begun again.
const ATTEMPTS: usize = 100;

/// Returns whether there are keys in `folder`, or anything else.
pub fn are_in(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Copies the keys in `from` to `to`, in place of the copy that is there.
pub fn save(from: &Path, to: &Path) -> Result<()> {
    names_of_keys(from)?;
    if are_in(to) && !names(to).is_ok_and(|names| has_keys(&names)) {
        return Err(failed::input(format!(
            "{}: is not empty and holds no copy of keys; name another folder",
            to.display()
        )));
    }
    if let Some(above) = to.parent() {
        eventlog::sled_log::make_directory(above).map_err(failed::of_log)?;
    }
    let tried = || format!("cannot copy the keys to {}", to.display());
    let (new, old) = (beside(to, ".new"), beside(to, ".old"));
    for _ in 0..ATTEMPTS {
        let before = names(from).with_context(tried)?;
        match fill(from, &new) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            filled => filled.with_context(tried)?,
        }
        // A new ring has new names: with the same names, all is of one.
        if names(from).with_context(tried)? == before {
            return replace(&new, to, &old).with_context(tried);
        }
    }
    bail!("{}: the keys are written anew all the time; try again", from.display())
}

/// Looks whether `from` can be brought to `to`: there are keys in it, and none, or the same, where they go.
pub fn check(from: &Path, to: &Path) -> Result<()> {
    let names = names_of_keys(from)?;
    if are_in(to) && !same(from, to, &names)? {
        return Err(failed::input(format!(
            "{}: there are other keys already; leave --keys out to use them, or move them away",
            to.display()
        )));
    }
    Ok(())
}

/// Copies `from` to `to`, which was checked; it is on disk when this returns.
pub fn bring(from: &Path, to: &Path) -> Result<()> {
    if are_in(to) {
        return Ok(()); // The same ones: a restore before was interrupted here.
    }
    let new = beside(to, ".new");
    let brought = fill(from, &new).and_then(|()| fs::rename(&new, to)).and_then(|()| sync_above(to));
    brought.with_context(|| format!("cannot copy the keys to {}", to.display()))
}

/// Copies the files of `from` to the new folder `new`. In the order of their names, so that `committed`, which says how
/// long the journal is at least, comes before the journal.
fn fill(from: &Path, new: &Path) -> io::Result<()> {
    remove(new)?;
    DirBuilder::new().mode(0o700).create(new)?;
    for name in names(from)? {
        let bytes = fs::read(from.join(&name))?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(new.join(&name))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
    }
    sync(new)
}

/// Puts `new` in the place of `to`, and removes what was there.
fn replace(new: &Path, to: &Path, old: &Path) -> io::Result<()> {
    remove(old)?;
    match fs::rename(to, old) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => fs::rename(new, to)?,
    }
    sync_above(to)?;
    remove(old)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder).and_then(|folder| folder.sync_all())
}

fn sync_above(folder: &Path) -> io::Result<()> {
    sync(folder.parent().unwrap_or(folder))
}

fn beside(folder: &Path, end: &str) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Returns the names of the files in `folder`, where there must be keys.
fn names_of_keys(folder: &Path) -> Result<Vec<String>> {
    let names = names(folder).unwrap_or_default();
    if has_keys(&names) {
        return Ok(names);
    }
    Err(failed::not_there(format!(
        "{}: there are no keys here; name the folder `keys` or a copy of it",
        folder.display()
    )))
}

fn has_keys(names: &[String]) -> bool {
    names.iter().any(|name| name.starts_with("epoch."))
}

/// Returns the names of the files in `folder`, sorted.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}

fn same(from: &Path, to: &Path, names_there: &[String]) -> Result<bool> {
    let compared = || -> io::Result<bool> {
        if names(to)? != names_there {
            return Ok(false);
        }
        for name in names_there {
            if fs::read(from.join(name))? != fs::read(to.join(name))? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    compared().with_context(|| format!("cannot compare {} with {}", to.display(), from.display()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use domain::PersonId;
    use eventlog::keys::{Entry, Ring};

    use super::*;

    #[test]
    fn a_copy_made_while_the_ring_is_written_anew_opens_and_lacks_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("keys"), folder.path().join("copy"));
        let entry = |number: u128| Entry::Identity(PersonId::from_u128(number));
        let (ring, _) = Ring::open(&from, None).unwrap();
        let keys: Vec<_> = (0..50).map(|number| ring.get_or_create(entry(number)).unwrap()).collect();
        ring.before_commit().unwrap();
        let (begin, begun) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in begun {
                    // New keys in the journal, another epoch, now and then another master key.
                    ring.get_or_create(entry(1_000 + round)).unwrap();
                    ring.before_commit().unwrap();
                    if round % 8 == 7 {
                        ring.change_master(None).unwrap();
                    } else {
                        ring.compact().unwrap();
                    }
                }
            });
            for round in 0..24_u128 {
                begin.send(round).unwrap();
                save(&from, &to).unwrap();
                let (copy, _) = Ring::open(&to, None).unwrap();
                for (number, (generation, key)) in (0..).zip(&keys) {
                    assert!(copy.key(entry(number), *generation).as_ref() == Some(key), "{number}");
                }
            }
            drop(begin);
        });
    }
}
