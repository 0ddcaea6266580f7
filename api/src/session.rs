//! Sessions: who signed in, until when.
//!
//! Invariant: a token is nowhere but with its bearer; here and on disk stands its SHA-256. The files may be deleted:
//! everybody signs in again. Nothing is synced: a session lost with the power is signed in again.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use domain::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A session ends when it was not used for so long.
const IDLE: TimeDelta = TimeDelta::hours(1);

/// A session ends so long after it began, used or not.
const ABSOLUTE: TimeDelta = TimeDelta::hours(12);

/// How old the instant of last use on disk may be; after a restart a session seems idle for so much longer.
const NOTED: TimeDelta = TimeDelta::minutes(5);

/// How often ended sessions are looked for.
const SWEPT: TimeDelta = TimeDelta::minutes(10);

/// SHA-256 of a token: names a session without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 32]);

/// What a bearer shows. Its text is never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// Returns the text for its bearer.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// What carries the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// The header `Authorization: Bearer`.
    Bearer,
}

/// A session, as it stands on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who signed in.
    pub person: PersonId,
    /// When.
    pub started: Timestamp,
    /// When it was last used.
    pub seen: Timestamp,
    /// What carries its token.
    pub kind: Kind,
    /// Whether the password was given by somebody else and must be changed before anything else.
    #[serde(default)]
    pub must_change: bool,
}

impl Session {
    /// Returns when it ends if it is not used again.
    pub fn ends(&self) -> Timestamp {
        (self.started + ABSOLUTE).min(self.seen + IDLE)
    }

    /// Returns when it ends however it is used.
    pub fn expires(&self) -> Timestamp {
        self.started + ABSOLUTE
    }
}

/// The sessions of this node.
#[derive(Debug)]
pub struct Sessions {
    directory: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    sessions: HashMap<SessionId, Kept>,
    of: HashMap<PersonId, Vec<SessionId>>,
    swept: Option<Timestamp>,
}

#[derive(Debug)]
struct Kept {
    session: Session,
    /// What stands on disk as the instant of last use.
    noted: Timestamp,
}

/// The sessions cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The directory or a file.
    #[error("{0}: cannot be read or written; check its owner and the space on the disk")]
    Disk(PathBuf, #[source] io::Error),
    /// No token can be drawn.
    #[error("the machine gives no randomness")]
    Randomness,
}

impl Sessions {
    /// Reads the sessions in `directory`, making it if it is not there. A file that is no session is removed.
    pub fn open(directory: &Path) -> Result<Self, Unusable> {
        let unusable = |error| Unusable::Disk(directory.to_path_buf(), error);
        std::fs::create_dir_all(directory).map_err(unusable)?;
        let mut known = Known::default();
        for entry in std::fs::read_dir(directory).map_err(unusable)? {
            let path = entry.map_err(unusable)?.path();
            let id = path.file_name().and_then(|name| SessionId::parse(name.to_str()?));
            let session = std::fs::read(&path).ok().and_then(|json| serde_json::from_slice(&json).ok());
            match (id, session) {
                (Some(id), Some(session)) => known.insert(id, session),
                _ => remove(&path),
            }
        }
        Ok(Self { directory: directory.to_path_buf(), known: Mutex::new(known) })
    }

    /// Begins a session of `person`, who must change a temporary password first if `must_change`.
    pub fn begin(
        &self,
        person: PersonId,
        must_change: bool,
        now: Timestamp,
    ) -> Result<(Token, Session), Unusable> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).map_err(|_| Unusable::Randomness)?;
        let token = Token(URL_SAFE_NO_PAD.encode(bits));
        let session = Session { person, started: now, seen: now, kind: Kind::Bearer, must_change };
        let id = SessionId::of(&token.0);
        let mut known = self.lock();
        self.sweep(&mut known, now);
        self.write(id, &session)?;
        known.insert(id, session.clone());
        Ok((token, session))
    }

    /// Returns the session of a token, and notes that it was used. `None`: there is none, or it ended.
    pub fn find(&self, token: &str, now: Timestamp) -> Option<(SessionId, Session)> {
        let id = SessionId::of(token);
        let mut known = self.lock();
        let kept = known.sessions.get_mut(&id)?;
        if kept.session.ends() <= now {
            self.end(&mut known, id);
            return None;
        }
        kept.session.seen = kept.session.seen.max(now);
        if now - kept.noted >= NOTED {
            kept.noted = now;
            if let Err(error) = self.write(id, &kept.session) {
                // Worst case: after a restart the session seems idle since the last note.
                tracing::warn!(%error, "the use of a session was not noted");
            }
        }
        Some((id, kept.session.clone()))
    }

    /// Returns a session that was found before.
    pub fn get(&self, id: SessionId) -> Option<Session> {
        self.lock().sessions.get(&id).map(|kept| kept.session.clone())
    }

    /// Notes that the password of a session was changed: it opens everything from now on.
    pub fn password_changed(&self, id: SessionId) -> Result<(), Unusable> {
        let mut known = self.lock();
        let Some(kept) = known.sessions.get_mut(&id) else { return Ok(()) };
        kept.session.must_change = false;
        self.write(id, &kept.session)
    }

    /// Ends one session, and returns whether it was there.
    pub fn revoke(&self, id: SessionId) -> bool {
        self.end(&mut self.lock(), id)
    }

    /// Ends all sessions of `person`, but for `but`, and returns how many.
    pub fn revoke_all(&self, person: PersonId, but: Option<SessionId>) -> usize {
        let mut known = self.lock();
        let ids: Vec<_> = known.of.get(&person).into_iter().flatten().copied().collect();
        let ended = ids.into_iter().filter(|id| Some(*id) != but);
        ended.filter(|id| self.end(&mut known, *id)).count()
    }

    fn end(&self, known: &mut Known, id: SessionId) -> bool {
        let ended = known.take(id);
        if ended {
            remove(&self.directory.join(id.text()));
        }
        ended
    }

    fn sweep(&self, known: &mut Known, now: Timestamp) {
        if known.swept.is_some_and(|swept| now - swept < SWEPT) {
            return;
        }
        known.swept = Some(now);
        let ended = known.sessions.iter().filter(|(_, kept)| kept.session.ends() <= now);
        for id in ended.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.end(known, id);
        }
    }

    fn write(&self, id: SessionId, session: &Session) -> Result<(), Unusable> {
        let path = self.directory.join(id.text());
        let json = serde_json::to_vec(session).map_err(io::Error::other);
        json.and_then(|json| std::fs::write(&path, json)).map_err(|error| Unusable::Disk(path, error))
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn insert(&mut self, id: SessionId, session: Session) {
        self.of.entry(session.person).or_default().push(id);
        let noted = session.seen;
        self.sessions.insert(id, Kept { session, noted });
    }

    fn take(&mut self, id: SessionId) -> bool {
        let Some(kept) = self.sessions.remove(&id) else {
            return false;
        };
        if let Some(ids) = self.of.get_mut(&kept.session.person) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.of.remove(&kept.session.person);
            }
        }
        true
    }
}

impl SessionId {
    fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

fn remove(path: &Path) {
    // Whoever deletes the files by hand is faster, and right.
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "an ended session could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODILE: PersonId = PersonId::from_u128(1);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(minutes * 60_000).unwrap()
    }

    fn files(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_token_opens_its_session_and_stands_nowhere_on_disk() {
        let directory = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(directory.path()).unwrap();
        let (token, _) = sessions.begin(ODILE, false, at(0)).unwrap();
        assert_eq!(token.0.len(), 43, "256 bits");
        assert_eq!(sessions.find(&token.0, at(1)).unwrap().1.person, ODILE);
        assert!(sessions.find("another", at(1)).is_none());
        let names = files(directory.path());
        assert_eq!(names.len(), 1);
        let content = std::fs::read_to_string(directory.path().join(&names[0])).unwrap();
        assert!(!names[0].contains(&token.0) && !content.contains(&token.0));
    }

    #[test]
    fn a_session_ends_an_hour_after_its_last_use() {
        let directory = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(directory.path()).unwrap();
        let (token, _) = sessions.begin(ODILE, false, at(0)).unwrap();
        assert!(sessions.find(&token.0, at(59)).is_some());
        assert!(sessions.find(&token.0, at(118)).is_some());
        assert!(sessions.find(&token.0, at(178)).is_none());
        assert!(files(directory.path()).is_empty());
    }

    #[test]
    fn a_temporary_password_is_remembered_until_it_is_changed() {
        let directory = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(directory.path()).unwrap();
        let (token, _) = sessions.begin(ODILE, true, at(0)).unwrap();
        let found = |sessions: &Sessions| sessions.find(&token.0, at(1)).unwrap();
        assert!(found(&sessions).1.must_change);
        sessions.password_changed(found(&sessions).0).unwrap();
        assert!(!found(&sessions).1.must_change);
        assert!(!found(&Sessions::open(directory.path()).unwrap()).1.must_change, "also after a restart");
    }

    #[test]
    fn a_session_ends_after_twelve_hours_whatever_its_use() {
        let directory = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(directory.path()).unwrap();
        let (token, _) = sessions.begin(ODILE, false, at(0)).unwrap();
        for minutes in (0..720).step_by(30) {
            assert!(sessions.find(&token.0, at(minutes)).is_some(), "{minutes}");
        }
        assert!(sessions.find(&token.0, at(720)).is_none());
    }

    #[test]
    fn sessions_and_their_last_use_outlive_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(directory.path()).unwrap();
        let (token, _) = sessions.begin(ODILE, false, at(0)).unwrap();
        sessions.find(&token.0, at(50)).unwrap();
        drop(sessions);
        std::fs::write(directory.path().join("not a session"), "x").unwrap();
        let sessions = Sessions::open(directory.path()).unwrap();
        assert!(sessions.find(&token.0, at(100)).is_some());
        assert_eq!(files(directory.path()).len(), 1);
    }

    #[test]
    fn sessions_are_revoked_one_by_one_and_all_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(directory.path()).unwrap();
        let tokens: Vec<Token> = (0..4).map(|_| sessions.begin(ODILE, false, at(0)).unwrap().0).collect();
        let (other, _) = sessions.begin(PersonId::from_u128(2), false, at(0)).unwrap();
        let id = |token: &Token| SessionId::of(&token.0);
        assert!(sessions.revoke(id(&tokens[0])));
        assert!(!sessions.revoke(id(&tokens[0])));
        assert_eq!(sessions.revoke_all(ODILE, Some(id(&tokens[1]))), 2);
        let open = |token: &Token| sessions.find(&token.0, at(1)).is_some();
        assert_eq!(tokens.iter().map(open).collect::<Vec<_>>(), [false, true, false, false]);
        assert_eq!(sessions.revoke_all(ODILE, None), 1);
        assert!(open(&other));
        assert_eq!(files(directory.path()).len(), 1);
    }

    #[test]
    fn ended_sessions_are_swept_when_one_begins() {
        let directory = tempfile::tempdir().unwrap();
        let sessions = Sessions::open(directory.path()).unwrap();
        for _ in 0..3 {
            sessions.begin(ODILE, false, at(0)).unwrap();
        }
        sessions.begin(ODILE, false, at(61)).unwrap();
        assert_eq!(files(directory.path()).len(), 1);
    }
}
