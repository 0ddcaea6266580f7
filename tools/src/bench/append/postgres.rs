//! PostgreSQL, as somebody would keep events in it: one table, a unique (stream, revision), every commit synced.
//!
//! A cluster of its own is made in a temporary folder and reached through a socket in it; `pgbench` is the client. It
//! sends an event once for each append, also where the append holds 256 of them: that is in PostgreSQL's favour.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::super::measure::{Samples, disk};
use super::log::Payload;
use super::{Case, Run};

/// Where Debian puts the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";

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

/// A server with a cluster of its own.
pub(super) struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    /// Whether the server runs as another user, since it refuses to run as root.
    other_user: bool,
    runs: usize,
}

impl Postgres {
    /// Makes a cluster and starts its server. Fails if the programs are not there.
    pub(super) fn start(programs: Option<&Path>, scratch: Option<&Path>) -> Result<Self> {
        let programs = programs.map_or_else(newest, |programs| Some(programs.to_owned()));
        let programs = programs.with_context(|| format!("no version of it is below {DEBIAN}"))?;
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("preau-bench-postgres-");
        let folder = scratch.map_or_else(|| builder.tempdir(), |scratch| builder.tempdir_in(scratch))?;
        let other_user = text("id", &["-u"])? == "0";
        let server = Self { programs, folder, other_user, runs: 0 };
        if other_user {
            text("chown", &["postgres", server.path()?])?;
        }
        let cluster = format!("{}/cluster", server.path()?);
        server.serve(
            "initdb",
            &["-D", &cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"],
        )?;
        let options =
            format!("-k {} -c listen_addresses='' -c synchronous_commit=on -c fsync=on", server.path()?);
        let log = format!("{}/server.log", server.path()?);
        server.serve("pg_ctl", &["-D", &cluster, "-o", &options, "-l", &log, "-w", "start"])?;
        server.ask(TABLE)?;
        Ok(server)
    }

    /// Lets each client append to a stream of its own.
    pub(super) fn own_streams(&mut self, case: Case<'_>) -> Result<Run> {
        let (calls, seconds) = self.bench(case, OWN_STREAMS)?;
        Ok(Run { events: calls.len() * case.batch, seconds, calls })
    }

    /// Lets all clients append to one stream; counts what got in.
    pub(super) fn one_stream(&mut self, case: Case<'_>) -> Result<Run> {
        let (calls, seconds) = self.bench(case, ONE_STREAM)?;
        let events =
            self.count(&format!("SELECT count(*) FROM events WHERE stream = 'shared-{}'", self.runs))?;
        Ok(Run { events, seconds, calls })
    }

    /// Returns how many events it holds.
    pub(super) fn events(&self) -> Result<usize> {
        self.count("SELECT count(*) FROM events")
    }

    /// Returns how many bytes it takes on the disk, its journal included.
    pub(super) fn disk(&self) -> u64 {
        disk(&self.folder.path().join("cluster"))
    }

    /// Returns how much memory its processes take, what they share counted once.
    pub(super) fn memory(&self) -> Option<u64> {
        let pid = fs::read_to_string(self.folder.path().join("cluster/postmaster.pid")).ok()?;
        let server: u32 = pid.lines().next()?.trim().parse().ok()?;
        let children = text("ps", &["-o", "pid=", "--ppid", &server.to_string()]).ok()?;
        let own = |pid: u32| {
            let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
        };
        let processes = children.split_whitespace().filter_map(|pid| pid.parse().ok()).chain([server]);
        Some(processes.filter_map(own).sum())
    }

    /// Runs `pgbench`, and returns how long each transaction took and how long all of it.
    fn bench(&mut self, case: Case<'_>, script: &str) -> Result<(Samples, f64)> {
        self.runs += 1;
        let own = self.folder.path().join(format!("run-{}", self.runs));
        fs::create_dir(&own)?;
        fs::write(own.join("script"), script)?;
        let Payload { event, .. } = case.payload;
        let word = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let seconds = case.time.as_secs();
        let length =
            if seconds > 0 { ["-T".to_owned(), seconds.to_string()] } else { ["-t".into(), "5".into()] };
        let mut command = Command::new(self.programs.join("pgbench"));
        command.args([
            "-n",
            "-M",
            "prepared",
            "-h",
            self.path()?,
            "-U",
            "postgres",
            "-l",
            "--log-prefix=calls",
        ]);
        command.args([
            "-f",
            "script",
            "-c",
            &case.writers.to_string(),
            "-j",
            &case.writers.min(2).to_string(),
        ]);
        command.args(length);
        for (name, value) in [
            ("run", self.runs.to_string()),
            ("revision", "0".to_owned()),
            ("batch", case.batch.to_string()),
            ("kind", event.kind.to_owned()),
            ("data", word(&event.data)),
            ("meta", word(&event.meta)),
        ] {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        let printed = done(command.arg("postgres").current_dir(&own))?;
        let mut calls = Samples::default();
        for entry in fs::read_dir(&own)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("calls")) {
                for line in fs::read_to_string(&path)?.lines() {
                    let time = line.split(' ').nth(2).and_then(|time| time.parse::<f64>().ok());
                    calls.add(time.with_context(|| format!("pgbench wrote `{line}`"))? / 1000.0);
                }
            }
        }
        fs::remove_dir_all(&own)?;
        let rate = printed.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = rate.and_then(|line| line.split(' ').next()?.parse::<f64>().ok());
        let rate = rate.filter(|rate| *rate > 0.0).with_context(|| format!("pgbench printed `{printed}`"))?;
        let seconds = calls.len() as f64 / rate;
        Ok((calls, seconds))
    }

    fn count(&self, query: &str) -> Result<usize> {
        let answer = self.ask(query)?;
        answer.trim().parse().with_context(|| format!("psql printed `{answer}`"))
    }

    fn ask(&self, query: &str) -> Result<String> {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-h", self.path()?, "-U", "postgres", "-X", "-A", "-t", "-q", "-c", query, "postgres"]);
        done(&mut command)
    }

    /// Runs one of the programs that want to be the server's own user. Their output is not waited for: the server
    /// that `pg_ctl` starts would keep it open.
    fn serve(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let program = self.programs.join(program);
        let mut command = if self.other_user {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let null = std::process::Stdio::null;
        command.args(arguments).current_dir(self.folder.path()).stdin(null()).stdout(null()).stderr(null());
        let status = command.status().with_context(|| format!("{} cannot be run", program.display()))?;
        if !status.success() {
            bail!("{} failed: {status}", program.display());
        }
        Ok(())
    }

    fn path(&self) -> Result<&str> {
        self.folder.path().to_str().context("the temporary folder is no text")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let cluster = self.folder.path().join("cluster");
        if let Some(cluster) = cluster.to_str() {
            let _ = self.serve("pg_ctl", &["-D", cluster, "-m", "immediate", "-w", "stop"]);
        }
    }
}

/// Returns the folder with the programs of the newest version that is installed.
fn newest() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).ok()?.flatten();
    let number = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let folders = versions.map(|entry| entry.path()).filter(|folder| folder.join("bin/initdb").is_file());
    folders.max_by_key(number).map(|folder| folder.join("bin"))
}

fn text(program: &str, arguments: &[&str]) -> Result<String> {
    done(Command::new(program).args(arguments)).map(|text| text.trim().to_owned())
}

/// Runs a program to its end, and returns what it printed; it must succeed.
fn done(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let Output { status, stdout, stderr } =
        command.output().with_context(|| format!("{program} cannot be run"))?;
    if !status.success() {
        bail!("{program} failed: {}", String::from_utf8_lossy(&stderr).trim());
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}
