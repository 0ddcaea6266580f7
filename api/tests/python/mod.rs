//! The client library in Python, in an environment of its own below `target/`: for tests of two packages, one each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a command. Returns what it printed, or why there is nothing.
pub fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Returns the Python that has the library, or why there is none.
pub fn python() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(concat!(env!("CARGO_PKG_NAME"), "-client"));
    let (python, pinned) = (folder.join("bin/python"), folder.join("pinned.txt"));
    let wanted = include_str!("../calendar_client.txt");
    if fs::read_to_string(&pinned).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let requirements = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/tests/calendar_client.txt");
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    let bounded =
        ["--only-binary", ":all:", "--retries", "1", "--timeout", "20", "--requirement", requirements];
    run(Command::new(&python).args(install).args(bounded))?;
    fs::write(&pinned, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}
