//! PostgreSQL, as somebody would keep events in it: one table, a unique (stream, revision), every commit synced.
//!
//! `pgbench` sends an event once for each append, also where the append holds 256 of them: that is in PostgreSQL's
//! favour.

use std::path::Path;

use anyhow::Result;

use super::super::cluster::{Cluster, Work};
use super::super::measure::Samples;
use super::log::Payload;
use super::{Case, Run};

const TABLE: &str = "CREATE TABLE events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream text NOT NULL, revision bigint NOT NULL, id uuid NOT NULL, kind text NOT NULL, schema smallint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(), data json NOT NULL, meta json NOT NULL,
    UNIQUE (stream, revision))";

/// Each client has a stream of its own, and expects the revision after its last.
const OWN_STREAMS: &str = "INSERT INTO events (stream, revision, id, kind, schema, data, meta)
SELECT 'person-' || lpad((:run * 1000 + :client_id)::text, 26, '0'), :revision::bigint + number, gen_random_uuid(),
    :kind::text, 1, :data::json, :meta::json FROM generate_series(1, :batch) number;
\\set revision :revision + :batch
";

/// All clients append to one stream: each reads its end, and tries again when another was faster.
const ONE_STREAM: &str = "INSERT INTO events (stream, revision, id, kind, schema, data, meta)
SELECT 'shared-' || :run::text, coalesce(max(revision), 0) + 1, gen_random_uuid(), :kind::text, 1, :data::json, :meta::json
FROM events WHERE stream = 'shared-' || :run::text ON CONFLICT DO NOTHING;
";

/// A server that keeps events.
pub(super) struct Postgres {
    cluster: Cluster,
    runs: usize,
}

impl Postgres {
    /// Starts a server without events. Fails if the programs are not there.
    pub(super) fn start(programs: Option<&Path>, scratch: Option<&Path>) -> Result<Self> {
        let cluster = Cluster::start(programs, scratch)?;
        cluster.ask(TABLE)?;
        Ok(Self { cluster, runs: 0 })
    }

    /// Lets each client append to a stream of its own.
    pub(super) fn own_streams(&mut self, case: Case<'_>) -> Result<Run> {
        let (calls, seconds) = self.bench(case, OWN_STREAMS)?;
        Ok(Run { events: calls.len() * case.batch, seconds, calls })
    }

    /// Lets all clients append to one stream; counts what got in.
    pub(super) fn one_stream(&mut self, case: Case<'_>) -> Result<Run> {
        let (calls, seconds) = self.bench(case, ONE_STREAM)?;
        let events = self
            .cluster
            .count(&format!("SELECT count(*) FROM events WHERE stream = 'shared-{}'", self.runs))?;
        Ok(Run { events, seconds, calls })
    }

    /// Returns how many events it holds.
    pub(super) fn events(&self) -> Result<usize> {
        self.cluster.count("SELECT count(*) FROM events")
    }

    /// Returns how many bytes it takes on the disk, its journal included.
    pub(super) fn disk(&self) -> u64 {
        self.cluster.disk()
    }

    /// Returns how much memory its processes take, what they share counted once.
    pub(super) fn memory(&self) -> Option<u64> {
        self.cluster.memory()
    }

    /// Runs a script, and returns how long each transaction took and how long all of it.
    fn bench(&mut self, case: Case<'_>, script: &str) -> Result<(Samples, f64)> {
        self.runs += 1;
        let Payload { event, .. } = case.payload;
        let word = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let variables = [
            ("run", self.runs.to_string()),
            ("revision", "0".to_owned()),
            ("batch", case.batch.to_string()),
            ("kind", event.kind.to_owned()),
            ("data", word(&event.data)),
            ("meta", word(&event.meta)),
        ];
        let seconds = case.time.as_secs();
        self.cluster.run(Work { script, clients: case.writers, seconds, variables: &variables })
    }
}
