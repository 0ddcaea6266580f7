//! PostgreSQL, as somebody would keep bookings in it: one table that excludes what overlaps, every commit synced.
//!
//! It knows no quantities, no rules and no history, and nothing in it is sealed: that is in its favour.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::super::cluster::{Cluster, Work};
use super::WRITERS;
use super::writers::{Aim, Run, Told};

const TABLE: &str = "CREATE EXTENSION btree_gist;
CREATE TABLE bookings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), resource int NOT NULL, during tstzrange NOT NULL,
    owner int NOT NULL, purpose text NOT NULL, made_at timestamptz NOT NULL DEFAULT now(),
    EXCLUDE USING gist (resource WITH =, during WITH &&))";

/// Each client books slots of its own of one room.
const ONE_ROOM: &str = "\\set slot :slot + 1
INSERT INTO bookings (resource, during, owner, purpose) SELECT :run::int * 100000,
    tstzrange(start, start + interval '15 minutes'), :client_id::int, 'Projet de sciences en demi-groupe'
FROM (SELECT timestamptz '2027-01-01' + (:slot::int * 64 + :client_id::int) * interval '15 minutes' AS start) slot;
";

/// The same, of one of many rooms.
const MANY_ROOMS: &str = "\\set slot :slot + 1
\\set room random(1, :rooms)
INSERT INTO bookings (resource, during, owner, purpose) SELECT :run::int * 100000 + :room::int,
    tstzrange(start, start + interval '15 minutes'), :client_id::int, 'Projet de sciences en demi-groupe'
FROM (SELECT timestamptz '2027-01-01' + (:slot::int * 64 + :client_id::int) * interval '15 minutes' AS start) slot;
";

/// All clients want one slot of one room.
const ONE_SLOT: &str = "INSERT INTO bookings (resource, during, owner, purpose) VALUES (:run::int * 100000,
    tstzrange('2027-01-01', '2027-01-02'), :client_id::int, 'Projet de sciences en demi-groupe') ON CONFLICT DO NOTHING;
";

/// A server that keeps bookings.
pub(super) struct Postgres {
    cluster: Cluster,
    runs: usize,
}

impl Postgres {
    /// Starts a server without bookings. Fails if the programs are not there.
    pub(super) fn start(programs: Option<&Path>, scratch: Option<&Path>) -> Result<Self> {
        let cluster = Cluster::start(programs, scratch)?;
        cluster.ask(TABLE)?;
        Ok(Self { cluster, runs: 0 })
    }

    /// Lets 64 clients book for a time, rooms that are new each time.
    pub(super) fn run(&mut self, aim: Aim, rooms: u64, time: Duration) -> Result<Run> {
        self.runs += 1;
        let script = match aim {
            Aim::OneRoom => ONE_ROOM,
            Aim::ManyRooms => MANY_ROOMS,
            Aim::OneSlot => ONE_SLOT,
        };
        let variables =
            [("run", self.runs.to_string()), ("slot", "0".to_owned()), ("rooms", rooms.to_string())];
        let work = Work { script, clients: WRITERS, seconds: time.as_secs(), variables: &variables };
        let (calls, seconds) = self.cluster.run(work)?;
        let (first, attempts) = (self.runs * 100_000, calls.len());
        let booked = self.cluster.count(&format!(
            "SELECT count(*) FROM bookings WHERE resource BETWEEN {first} AND {first} + 99999"
        ))?;
        let expected = if aim == Aim::OneSlot { 1 } else { attempts };
        ensure!(booked == expected, "PostgreSQL holds {booked} bookings after {attempts} attempts");
        let told = Told::of(booked as u64, (attempts - booked) as u64);
        Ok(Run { seconds, calls, told })
    }
}
