//! Other processes: this program, run again so that what it measures is not mixed with what made the data; and the servers
//! of others that it is compared with.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

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

/// How long a server of others may take until it answers.
const START: Duration = Duration::from_secs(20);

/// A server of others. It ends with this value.
#[derive(Debug)]
pub struct Foreign {
    name: &'static str,
    process: Child,
    /// The file of what it says.
    printed: PathBuf,
}

impl Foreign {
    /// Starts one in `folder`, where it keeps what it says.
    pub fn start(name: &'static str, command: &mut Command, folder: &Path) -> Result<Self> {
        let path = folder.join("printed");
        let printed = File::create(&path)?;
        command.current_dir(folder).stdin(Stdio::null()).stdout(printed.try_clone()?).stderr(printed);
        let program = command.get_program().display().to_string();
        let process = command.spawn().with_context(|| format!("{program} cannot be run"))?;
        Ok(Self { name, process, printed: path })
    }

    #[cfg(feature = "umadb")]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Asks until it answers, and returns the answer.
    pub async fn first_answer<T>(&mut self, mut ask: impl AsyncFnMut() -> Result<T>) -> Result<T> {
        let (name, watch) = (self.name, Stopwatch::start());
        while watch.elapsed() < START {
            let answer = ask().await;
            // Somebody else may have taken the port meanwhile: then this process ends, and it is not it that answers.
            if let Some(status) = self.process.try_wait()? {
                bail!("the {name} server ended before it answered ({status}); it printed: {}", self.said());
            }
            match answer {
                Ok(answer) => return Ok(answer),
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        bail!("the {name} server did not answer within {} s; it printed: {}", START.as_secs(), self.said());
    }

    /// Returns the last thing it said.
    fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.printed).unwrap_or_default();
        text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing").trim().to_owned()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns an address of the loopback where nobody listens.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no port of the loopback is free")?;
    Ok(listener.local_addr()?)
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
