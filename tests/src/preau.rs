//! The real binary: found, built if need be, run.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{OnceLock, mpsc};

use serde_json::Value;

/// Returns the path of the `preau` binary of this build, building it if it is not fresh.
///
/// `cargo test --workspace` has built it already; another build, with the features of this package alone, would build
/// half of what it stands on once more.
pub fn binary() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let own = std::env::current_exe().unwrap();
        let profile = own.ancestors().nth(2).unwrap();
        let binary = profile.join("preau");
        if is_fresh(&binary) {
            return binary;
        }
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "preau", "--bin", "preau"]);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        build.env("CARGO_TARGET_DIR", profile.parent().unwrap());
        assert!(build.status().unwrap().success(), "preau cannot be built");
        binary
    })
}

/// Returns whether nothing a binary is made from changed after it was built.
fn is_fresh(binary: &Path) -> bool {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let Some(built) = changed(binary) else { return false };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let crates = ["domain", "migrations", "eventlog", "projections", "api", "tools"];
    let mut left: Vec<PathBuf> = crates.iter().map(|name| root.join(name)).collect();
    left.extend([root.join("Cargo.toml"), root.join("Cargo.lock")]);
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if changed(&path).is_none_or(|changed| changed > built) {
            return false;
        }
    }
    true
}

/// Returns a command line of the binary, free of settings from outside.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREAU_")) {
        command.env_remove(name);
    }
    command.env_remove("LANG").current_dir(std::env::temp_dir());
    command
}

/// Runs the binary to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// Runs the binary, which must succeed, and returns what it printed.
#[track_caller]
pub fn print(arguments: &[&str]) -> String {
    let output = run(arguments);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "preau {arguments:?}: {:?}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// A running server. It ends with this value.
pub struct Server {
    child: Child,
    /// What it prints after it listens.
    lines: mpsc::Receiver<String>,
    /// `http://127.0.0.1:<port>`
    pub url: String,
}

impl Server {
    /// Serves a data directory on a free port.
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// Serves a data directory on a free port, with more arguments.
    pub fn start_with(data: &Path, more: &[&str]) -> Self {
        let data = data.to_str().unwrap();
        let mut child = command(&["serve", "--data", data, "--listen", "127.0.0.1:0", "--digests"])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("the server ended before it listened").unwrap();
            if let Some(found) = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")) {
                break found.trim_end_matches(['/', '.', ',']).to_owned();
            }
        };
        // Somebody must go on reading, or the server would wait for room in the pipe.
        let (printed, later) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| printed.send(line)));
        Self { child, lines: later, url }
    }

    /// Returns the number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends the server as a power button would: no signal handler runs.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the server to end (SIGTERM), and returns the digests of its read models; nothing if it did not end well.
    pub fn stop(&mut self) -> Option<Value> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let ended = self.child.wait().unwrap().success();
        let last = self.lines.iter().last().filter(|_| ended)?;
        serde_json::from_str(&last).ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
