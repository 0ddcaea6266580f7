//! A PostgreSQL server with a cluster of its own, for scenarios that compare with one.
//!
//! The cluster is made in a temporary folder and reached through a socket in it; `pgbench` is the client. It goes with
//! the value.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::measure::{Samples, disk};

/// Where Debian puts the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A server with a cluster of its own.
pub(super) struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    /// Whether the server runs as another user, since it refuses to run as root.
    other_user: bool,
    runs: usize,
}

/// What `pgbench` is to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work<'a> {
    /// Its script.
    pub(super) script: &'a str,
    /// Clients at once.
    pub(super) clients: usize,
    /// How long, in seconds; 0 is a few transactions of each client.
    pub(super) seconds: u64,
    /// Variables of the script.
    pub(super) variables: &'a [(&'a str, String)],
}

impl Cluster {
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
        Ok(server)
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

    /// Runs `pgbench`, and returns how long each transaction took, in milliseconds, and how long all of it, in seconds.
    pub(super) fn run(&mut self, work: Work<'_>) -> Result<(Samples, f64)> {
        self.runs += 1;
        let own = self.folder.path().join(format!("run-{}", self.runs));
        fs::create_dir(&own)?;
        fs::write(own.join("script"), work.script)?;
        let length = match work.seconds {
            0 => ["-t".to_owned(), "5".to_owned()],
            seconds => ["-T".to_owned(), seconds.to_string()],
        };
        let mut command = Command::new(self.programs.join("pgbench"));
        command.args(["-n", "-M", "prepared", "-h", self.path()?, "-U", "postgres"]);
        command.args(["-l", "--log-prefix=calls", "-f", "script", "-c", &work.clients.to_string()]);
        command.args(["-j", &work.clients.min(2).to_string()]).args(length);
        for (name, value) in work.variables {
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

    /// Fills a table from lines of fields between tabs.
    pub(super) fn fill(&self, table: &str, lines: &str) -> Result<()> {
        let file = self.folder.path().join(table);
        fs::write(&file, lines)?;
        self.ask(&format!("\\copy {table} FROM '{}'", file.display()))?;
        Ok(fs::remove_file(&file)?)
    }

    /// Returns the number that a query answers.
    pub(super) fn count(&self, query: &str) -> Result<usize> {
        let answer = self.ask(query)?;
        answer.trim().parse().with_context(|| format!("psql printed `{answer}`"))
    }

    /// Returns what a query answers.
    pub(super) fn ask(&self, query: &str) -> Result<String> {
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

    /// Returns the folder of the socket that it listens on.
    pub(super) fn socket(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self) -> Result<&str> {
        self.folder.path().to_str().context("the temporary folder is no text")
    }
}

impl Drop for Cluster {
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
