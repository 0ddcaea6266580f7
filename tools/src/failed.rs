//! Errors a person at the command line sees: one sentence and an exit code.

use std::fmt;
use std::process::ExitCode;

use anyhow::Error;
use api::node::CannotOpen;
use eventlog::LogError;
use eventlog::backup::BackupError;

/// Something was refused: what, where, what to do.
#[derive(Debug)]
pub struct Refused {
    /// The exit code.
    pub code: u8,
    /// The sentence.
    pub sentence: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Refused {}

/// Returns an error for input that is refused; nothing was changed.
pub fn input(sentence: impl Into<String>) -> Error {
    Refused { code: 3, sentence: sentence.into() }.into()
}

/// Returns an error for something that is not there.
pub fn not_there(sentence: impl Into<String>) -> Error {
    Refused { code: 6, sentence: sentence.into() }.into()
}

/// Returns an error for data or keys that are damaged.
pub fn damaged(sentence: impl Into<String>) -> Error {
    Refused { code: 5, sentence: sentence.into() }.into()
}

/// Returns an error for what somebody else uses.
pub fn in_use(sentence: impl Into<String>) -> Error {
    Refused { code: 4, sentence: sentence.into() }.into()
}

/// Returns whether an error says that somebody else uses it.
pub fn is_in_use(error: &Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| refused.code == 4)
}

/// Returns the error of a data directory that cannot be opened, as a sentence that says what to do.
pub fn unopened(error: CannotOpen) -> Error {
    let (code, advice) = match &error {
        CannotOpen::Log(LogError::InUse(_)) => {
            (4, "; a server runs on it: stop it first, or ask it through its API")
        }
        CannotOpen::Directory(..) => (3, ""),
        CannotOpen::Keys(_) | CannotOpen::Log(_) | CannotOpen::KeysGone(_) => (5, ""),
    };
    Refused { code, sentence: format!("{}{advice}", chain(&error.into())) }.into()
}

/// Returns the error of a log that cannot be read or written.
pub fn of_log(error: LogError) -> Error {
    match error {
        LogError::Damaged { .. } => damaged(error.to_string()),
        LogError::InUse(_) => unopened(error.into()),
        LogError::Io { .. } | LogError::FailStop(_) => error.into(),
    }
}

/// Returns the error of a backup that is not made or not used.
pub fn of_backup(error: BackupError) -> Error {
    let sentence = error.to_string();
    let code = match error {
        BackupError::Log(error) => return of_log(error),
        BackupError::Missing(_) | BackupError::NotThere { .. } => 6,
        BackupError::InUse(_) => 4,
        BackupError::Foreign(_)
        | BackupError::AnotherLog(_)
        | BackupError::Ahead { .. }
        | BackupError::Diverged { .. } => 3,
    };
    Refused { code, sentence }.into()
}

/// Prints the error as one line and returns its exit code.
pub fn report(error: &Error) -> ExitCode {
    use std::io::Write as _;
    let code = error.downcast_ref::<Refused>().map_or(1, |refused| refused.code);
    let _ = writeln!(std::io::stderr(), "preau: {}", chain(error));
    ExitCode::from(code)
}

/// Returns an error and its causes as one line, saying nothing twice.
pub fn chain(error: &Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}
