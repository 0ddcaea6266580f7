//! Settings: flags, then `PREAU_…` variables, then a TOML file, then a default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use api::process::retention::Delays;
use domain::retention::DataClass;
use domain::structure::Matrix;

use crate::cli::{Flags, Serving};
use crate::{failed, matrix};

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// A variable.
    Variable,
    /// The file.
    File,
    /// Nobody said anything.
    Default,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name, as in the file: `listen`.
    pub name: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// The value, if there is one.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    all: Vec<Setting>,
}

/// How often a checkpoint is signed, if nobody says otherwise.
pub const CHECKPOINT_INTERVAL: &str = "10m";

/// Name, meaning, default.
const KNOWN: [(&str, &str, Option<&str>); 10] = [
    ("data", "the data directory", Some("data")),
    ("listen", "the address to listen on", Some("127.0.0.1:8080")),
    ("master_key", "a file with the master key; without it the key lies in the data directory", None),
    ("matrix", "a file with a default matrix of your own, beside those that ship", None),
    ("introspection", "whether GraphQL introspection is answered", Some("false")),
    (
        "checkpoint_interval",
        "how often a checkpoint of the log is signed if it grew",
        Some(CHECKPOINT_INTERVAL),
    ),
    ("retention_connection", "after how many months addresses of sign-ins end, or never", Some("12")),
    (
        "retention_message",
        "after how many months subjects and bodies of messages end, or never",
        Some("never"),
    ),
    ("retention_register", "after how many months roll call and absences end, or never", Some("never")),
    ("retention_import", "after how many months reports of imports end, or never", Some("never")),
];

/// The longest delay, in months.
const LONGEST: u16 = 1_200;

impl Settings {
    /// Gathers the settings. `variable` looks one up.
    pub fn gather(
        flags: &Flags,
        serving: &Serving,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let file = read_file(flags.config.clone().or_else(|| variable("PREAU_CONFIG").map(PathBuf::from)))?;
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let flag = |name: &str| match name {
            "data" => path(&flags.data),
            "listen" => serving.listen.clone(),
            "master_key" => path(&flags.master_key),
            "matrix" => path(&serving.matrix),
            "checkpoint_interval" => serving.checkpoint_interval.clone(),
            "introspection" => serving.introspection.then(|| "true".to_owned()),
            _ => None,
        };
        let all = KNOWN.map(|(name, meaning, default)| {
            let from_variable = || variable(&format!("PREAU_{}", name.to_uppercase()));
            let from_file = || file.get(name).map(text);
            let (value, origin) = flag(name)
                .map(|value| (Some(value), Origin::Flag))
                .or_else(|| from_variable().map(|value| (Some(value), Origin::Variable)))
                .or_else(|| from_file().map(|value| (Some(value), Origin::File)))
                .unwrap_or((default.map(str::to_owned), Origin::Default));
            Setting { name, meaning, value, origin }
        });
        Ok(Self { all: all.into() })
    }

    /// Gathers the settings of a command that does not serve.
    pub fn of(flags: &Flags) -> Result<Self> {
        Self::gather(flags, &Serving::default(), |name| std::env::var(name).ok())
    }

    /// Returns the data directory.
    pub fn data(&self) -> PathBuf {
        PathBuf::from(self.value("data").unwrap_or("data"))
    }

    /// Returns the address to listen on.
    pub fn listen(&self) -> &str {
        self.value("listen").unwrap_or("127.0.0.1:8080")
    }

    /// Returns the file with the master key; a credential of the service manager counts as given.
    pub fn master_key(&self) -> Option<PathBuf> {
        let credential = || {
            let folder = std::env::var("CREDENTIALS_DIRECTORY").ok()?;
            let file = Path::new(&folder).join("preau-master-key");
            file.exists().then_some(file)
        };
        self.value("master_key").map(PathBuf::from).or_else(credential)
    }

    /// Returns the matrices of this operator's own, read from their file.
    pub fn matrices(&self) -> Result<Vec<Matrix>> {
        let file = self.value("matrix").map(Path::new);
        Ok(file.map(matrix::in_file).transpose()?.into_iter().collect())
    }

    /// Returns whether introspection is answered.
    pub fn introspection(&self) -> Result<bool> {
        match self.value("introspection").unwrap_or("false") {
            "true" | "1" | "yes" => Ok(true),
            "false" | "0" | "no" => Ok(false),
            other => Err(failed::input(format!("setting `introspection` is `{other}`: write true or false"))),
        }
    }

    /// Returns how often a checkpoint is signed.
    pub fn checkpoint_interval(&self) -> Result<Duration> {
        let text = self.value("checkpoint_interval").unwrap_or(CHECKPOINT_INTERVAL);
        time(text).ok_or_else(|| {
            failed::input(format!(
                "setting `checkpoint_interval` is `{text}`: write a number and s, m or h, as in 10m"
            ))
        })
    }

    /// Returns after how many months each class of data ends.
    pub fn retention(&self) -> Result<Delays> {
        let delay = |class: DataClass| {
            let name = format!("retention_{}", class.as_str());
            match self.value(&name).unwrap_or("never") {
                "never" => Ok(None),
                text => match text.parse() {
                    Ok(months @ 1..=LONGEST) => Ok(Some((class, months))),
                    Ok(_) | Err(_) => Err(failed::input(format!(
                        "setting `{name}` is `{text}`: write a number of months from 1 to {LONGEST}, or never"
                    ))),
                },
            }
        };
        let delays: Result<Vec<_>> = DataClass::ALL.into_iter().map(delay).collect();
        Ok(delays?.into_iter().flatten().collect())
    }

    /// Returns each setting on a line: name, value, origin, meaning.
    pub fn explain(&self) -> String {
        let origin = |setting: &Setting| match setting.origin {
            Origin::Flag => format!("flag --{}", setting.name.replace('_', "-")),
            Origin::Variable => format!("variable PREAU_{}", setting.name.to_uppercase()),
            Origin::File => "file".to_owned(),
            Origin::Default => "default".to_owned(),
        };
        let line = |setting: &Setting| {
            let value = setting.value.as_deref().unwrap_or("(none)");
            format!("{:<20} {:<24} {:<36} {}\n", setting.name, value, origin(setting), setting.meaning)
        };
        let head = format!("{:<20} {:<24} {:<36} {}\n", "SETTING", "VALUE", "ORIGIN", "MEANING");
        head + &self.all.iter().map(line).collect::<String>()
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.all.iter().find(|setting| setting.name == name)?.value.as_deref()
    }
}

/// Reads a length of time: a number, not zero, and its unit.
fn time(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: u32 = text.strip_suffix(unit)?.parse().ok().filter(|number| *number > 0)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(seconds * u64::from(number)))
}

fn read_file(given: Option<PathBuf>) -> Result<toml::Table> {
    let path = given.clone().unwrap_or_else(|| PathBuf::from("preau.toml"));
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if given.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(toml::Table::new());
        }
        Err(error) => return Err(failed::input(format!("{}: cannot be read: {error}", path.display()))),
    };
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        failed::input(format!("{}, line {line}: {}", path.display(), error.message()))
    })?;
    match table.keys().find(|key| KNOWN.iter().all(|(name, ..)| name != key)) {
        Some(unknown) => Err(failed::input(format!(
            "{}: setting `{unknown}` is not known; known are {}",
            path.display(),
            KNOWN.map(|(name, ..)| name).join(", ")
        ))),
        None => Ok(table),
    }
}

fn text(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(flags: &Flags, variables: &[(&str, &str)]) -> Result<Settings> {
        Settings::gather(flags, &Serving::default(), |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("preau.toml");
        std::fs::write(&file, "data = \"from-file\"\nlisten = \"127.0.0.1:1\"\n").unwrap();
        let flags = Flags { config: Some(file), ..Flags::default() };
        let settings = gather(&flags, &[("PREAU_DATA", "from-variable")]).unwrap();
        assert_eq!(settings.data(), Path::new("from-variable"));
        assert_eq!(settings.listen(), "127.0.0.1:1");
        let flags = Flags { data: Some("from-flag".into()), ..flags };
        let settings = gather(&flags, &[("PREAU_DATA", "from-variable")]).unwrap();
        assert_eq!(settings.data(), Path::new("from-flag"));
        assert!(settings.explain().contains("flag --data"));
    }

    #[test]
    fn an_interval_has_a_unit() {
        let read = |text| {
            gather(&Flags::default(), &[("PREAU_CHECKPOINT_INTERVAL", text)]).unwrap().checkpoint_interval()
        };
        assert_eq!(gather(&Flags::default(), &[]).unwrap().checkpoint_interval().unwrap().as_secs(), 600);
        for (text, seconds) in [("1s", 1), ("90s", 90), ("10m", 600), ("4294967295h", 4_294_967_295 * 3600)] {
            assert_eq!(read(text).unwrap().as_secs(), seconds);
        }
        for text in ["", "10", "m", "0s", "-1s", "1d", "1 s", "10ms", "1é", "4294967296s"] {
            let refused = read(text).unwrap_err().to_string();
            assert!(refused.contains("`checkpoint_interval`") && refused.contains("as in 10m"), "{refused}");
        }
    }

    #[test]
    fn connection_data_end_after_a_year_and_the_rest_only_if_somebody_says_so() {
        let read = |variables: &[(&str, &str)]| gather(&Flags::default(), variables).unwrap().retention();
        let defaults = read(&[]).unwrap();
        assert_eq!(DataClass::ALL.map(|class| defaults.of(class)), [Some(12), None, None, None]);
        let set = [("PREAU_RETENTION_MESSAGE", "36"), ("PREAU_RETENTION_CONNECTION", "never")];
        let set = read(&set).unwrap();
        assert_eq!(DataClass::ALL.map(|class| set.of(class)), [None, Some(36), None, None]);
        for text in ["0", "1201", "-1", "12 months", "", "65536", "Never"] {
            let refused = read(&[("PREAU_RETENTION_IMPORT", text)]).unwrap_err().to_string();
            assert!(refused.contains("`retention_import`") && refused.contains("1 to 1200"), "{refused}");
        }
    }

    #[test]
    fn a_broken_file_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("preau.toml");
        std::fs::write(&file, "data = \"x\"\nlisten = \n").unwrap();
        let flags = Flags { config: Some(file.clone()), ..Flags::default() };
        assert!(gather(&flags, &[]).unwrap_err().to_string().contains("line 2"));
        std::fs::write(&file, "colour = 1\n").unwrap();
        assert!(gather(&flags, &[]).unwrap_err().to_string().contains("`colour` is not known"));
    }
}
