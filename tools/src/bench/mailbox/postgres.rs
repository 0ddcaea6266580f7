//! PostgreSQL, as somebody would keep mailboxes in it: a row for each recipient of a message, every commit synced.
//!
//! No foreign key is checked, nobody is asked whether the author may write, and nothing is sealed: that is in its favour.

use std::path::Path;

use anyhow::{Result, ensure};

use super::super::cluster::{Cluster, Work};
use super::super::measure::Samples;

/// Relations are told to PostGraphile in comments: it needs no foreign keys for them.
const TABLES: &str = "CREATE TABLE people (id int PRIMARY KEY, display_name text NOT NULL, profile text NOT NULL);
CREATE TABLE messages (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author int NOT NULL, subject text NOT NULL,
    body text NOT NULL, sent_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE deliveries (recipient int NOT NULL, message bigint NOT NULL, unread boolean NOT NULL DEFAULT true,
    PRIMARY KEY (recipient, message));
COMMENT ON TABLE messages IS E'@foreignKey (author) references people (id)';
COMMENT ON TABLE deliveries IS E'@foreignKey (message) references messages (id)'";

const SEND: &str = "WITH sent AS (INSERT INTO messages (author, subject, body)
    VALUES (1, 'Information à toute l''académie', 'Les établissements de l''académie restent ouverts demain.') RETURNING id)
INSERT INTO deliveries (recipient, message) SELECT people.id, sent.id FROM people, sent WHERE people.id <= :recipients::int;
";

/// A server that keeps mailboxes.
pub(super) struct Postgres {
    cluster: Cluster,
    people: u64,
    /// How many copies were made to fill mailboxes.
    filled: u64,
}

impl Postgres {
    /// Starts a server with so many people and no messages. Fails if the programs are not there.
    pub(super) fn start(programs: Option<&Path>, scratch: Option<&Path>, people: u64) -> Result<Self> {
        let cluster = Cluster::start(programs, scratch)?;
        cluster.ask(TABLES)?;
        cluster.ask(&format!(
            "INSERT INTO people SELECT n, 'Marie-Hélène Lefèvre ' || n, 'TEACHER' FROM generate_series(1, {people}) n"
        ))?;
        cluster.ask("VACUUM ANALYZE")?;
        Ok(Self { cluster, people, filled: 0 })
    }

    /// Sends some messages to so many people, and returns how long each took, in milliseconds.
    pub(super) fn send(&mut self, recipients: u64) -> Result<Samples> {
        let copies = "SELECT count(*) FROM deliveries";
        let before = self.cluster.count(copies)? as u64;
        let variables = [("recipients", recipients.to_string())];
        let work = Work { script: SEND, clients: 1, seconds: 0, variables: &variables };
        let (calls, _) = self.cluster.run(work)?;
        let made = self.cluster.count(copies)? as u64 - before;
        let expected = recipients * calls.len() as u64;
        ensure!(made == expected, "PostgreSQL delivered {made} copies instead of {expected}");
        Ok(calls)
    }

    /// Fills mailboxes until there are so many copies, with messages that have `each` of them; everybody gets as many.
    pub(super) fn up_to(&mut self, deliveries: u64, each: u64) -> Result<()> {
        let Self { people, filled, .. } = *self;
        let each = each.clamp(1, people);
        let messages = deliveries.saturating_sub(filled).div_ceil(each);
        self.cluster.ask(&format!(
            "WITH sent AS (INSERT INTO messages (author, subject, body)
                SELECT n % {people} + 1, 'Réunion de rentrée des parents de 6A', 'La réunion est à 18 heures.'
                FROM generate_series(1, {messages}) n RETURNING id),
            numbered AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM sent)
            INSERT INTO deliveries (recipient, message)
                SELECT ({filled} + number * {each} + copy) % {people} + 1, id
                FROM numbered, generate_series(0, {each} - 1) copy"
        ))?;
        self.filled += messages * each;
        self.cluster.ask("VACUUM ANALYZE").map(drop)
    }

    /// Returns so many people whose mailboxes were filled, spread over all of them.
    pub(super) fn readers(&self, count: usize) -> Vec<u64> {
        let people = self.people.min(self.filled);
        let step = usize::try_from(people).unwrap_or(usize::MAX) / count;
        (1..=people).step_by(step.max(1)).take(count).collect()
    }

    /// Returns the folder of the socket that it listens on.
    pub(super) fn socket(&self) -> &Path {
        self.cluster.socket()
    }
}
