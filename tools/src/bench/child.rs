//! This program, run again as a process of its own: so that what it measures is not mixed with what made the data.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::measure::{Memory, Stopwatch};

/// Runs `preau` with these arguments to its end.
pub fn run(arguments: &[&str]) -> Result<()> {
    let output = command(arguments)?.output().context("this program cannot be run again")?;
    if !output.status.success() {
        bail!("preau {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// A server on a data directory. It ends with this value.
pub struct Server(Child);

/// What a start took.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    /// Until it said that it listens, in seconds.
    pub seconds: f64,
    /// Its memory then.
    pub memory: Option<Memory>,
}

impl Server {
    /// Starts one and waits until it listens.
    pub fn start(data: &Path) -> Result<(Self, Started)> {
        let watch = Stopwatch::start();
        let data = data.display().to_string();
        let mut command = command(&["serve", "--data", &data, "--listen", "127.0.0.1:0"])?;
        let mut server = Self(command.spawn().context("this program cannot be run again")?);
        let lines = BufReader::new(server.0.stdout.take().context("a server without output")?).lines();
        for line in lines {
            if line?.contains("listens on") {
                let seconds = watch.seconds();
                let memory = Memory::of(server.0.id());
                return Ok((server, Started { seconds, memory }));
            }
        }
        let output = server.0.wait().context("a server that ended cannot be waited for")?;
        bail!("a server on {data} ended before it listened: {output}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("this program cannot be found")?);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Settings from outside are for the data directory of whoever runs the bench.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREAU_")) {
        command.env_remove(name);
    }
    Ok(command)
}

/// Removes a folder, if it is there.
pub fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Asks the system to forget what it keeps in memory of the files below `folder`; returns whether it was asked.
pub fn forget(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().all(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return forget(&path);
        }
        // The socket of a server that was killed is no file.
        if !path.is_file() {
            return true;
        }
        // `dd` asks for it with POSIX_FADV_DONTNEED, which this program has no safe way to.
        let mut dd = Command::new("dd");
        dd.arg(format!("if={}", path.display())).args(["iflag=nocache", "count=0", "status=none"]);
        dd.status().is_ok_and(|status| status.success())
    })
}
