//! What a line and a person are compared by.
//!
//! Invariant: lines and known people get their keys from the same function, so the rules are symmetrical.

use std::collections::HashMap;

use super::known::{Identity, Names, Profile, SourceKey};
use super::plan::Who;
use super::text::{class_key, fold};

/// The keys of one line or one known person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Equal only if nothing differs but spelling; `None` if names are all there is.
    pub exact: Option<String>,
    /// The rule of the profile: equal to one of these means the same person.
    pub rule: Vec<String>,
    /// The rule for those the first rule did not find.
    pub fallback: Vec<String>,
    usual_name: String,
    email: Option<String>,
}

impl Facts {
    /// Returns the keys of somebody (imports.md, ONDE): a pupil goes by names and birth date, a teacher by
    /// names, a relative by names and children, else by names and telephone, e-mail or address.
    pub fn of(profile: Profile, identity: &Identity, children: &[Who], classes: &[String]) -> Self {
        let names = identity.names.key();
        let mut children = children.to_vec();
        children.sort();
        let contacts = identity.contact_keys();
        let (rule, fallback) = match profile {
            Profile::Student => {
                (identity.birth_date.map(|date| format!("{names}/{date}")).into_iter().collect(), Vec::new())
            }
            Profile::Teacher => (vec![names.clone()], Vec::new()),
            Profile::Relative => (
                (!children.is_empty()).then(|| format!("{names}/{children:?}")).into_iter().collect(),
                contacts.iter().map(|(evidence, key)| format!("{names}/{evidence:?}/{key}")).collect(),
            ),
        };
        let mut classes: Vec<String> = classes.iter().map(|class| class_key(class)).collect();
        classes.sort();
        let told = !rule.is_empty() || !fallback.is_empty();
        let exact = told.then(|| {
            let names = &identity.names;
            let who = (&names.last_name, &names.usual_name, &names.first_name, fold(&identity.honorific));
            format!("{who:?}{:?}{contacts:?}{children:?}{classes:?}", identity.birth_date)
        });
        Self {
            exact,
            rule,
            fallback,
            usual_name: fold(&identity.names.usual_name),
            email: identity.email_key(),
        }
    }

    /// Says whether nothing speaks against the same teacher: e-mails differ only where one has none, and
    /// so do usual names unless the e-mail is the same.
    pub fn compatible(&self, other: &Self, profile: Profile) -> bool {
        if profile != Profile::Teacher {
            return true;
        }
        match (&self.email, &other.email) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => {
                self.usual_name.is_empty()
                    || other.usual_name.is_empty()
                    || self.usual_name == other.usual_name
            }
        }
    }
}

/// What a line says that a source key is made of.
///
/// Should a key ever come out differently (another version of the transliteration), the rules still find
/// the person and the plan says to keep the new key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyParts {
    /// What the rule of its profile goes by.
    short: Vec<String>,
    /// Everything, for lines of one file that have the short part in common.
    long: Vec<String>,
}

impl KeyParts {
    /// Returns the parts of a line.
    pub fn of(profile: Profile, identity: &Identity, children: &[&Names], classes: &[String]) -> Self {
        let label = match profile {
            Profile::Student => "student",
            Profile::Teacher => "teacher",
            Profile::Relative => "relative",
        };
        let mut short = vec![label.to_owned(), identity.names.key()];
        match profile {
            Profile::Student => short.extend(identity.birth_date.map(|date| date.to_string())),
            Profile::Teacher => short.extend(identity.email_key()),
            Profile::Relative => {
                let mut names: Vec<String> = children.iter().map(|child| child.key()).collect();
                names.sort();
                short.extend(names);
            }
        }
        let mut long = short.clone();
        long.extend([fold(&identity.honorific), fold(&identity.names.usual_name)]);
        long.extend(identity.contact_keys().into_iter().map(|(_, key)| key));
        long.extend(classes.iter().map(|class| class_key(class)));
        Self { short, long }
    }
}

/// Returns the key of each line; no two are equal.
pub fn source_keys(parts: &[KeyParts]) -> Vec<SourceKey> {
    let mut shared: HashMap<&[String], u32> = HashMap::new();
    for part in parts {
        *shared.entry(&part.short).or_default() += 1;
    }
    let mut told: HashMap<&KeyParts, u32> = HashMap::new();
    let key = |part| {
        let nth = told.entry(part).and_modify(|nth| *nth += 1).or_default();
        let alone = shared.get(part.short.as_slice()) == Some(&1);
        let chosen = if alone { &part.short } else { &part.long };
        let nth = nth.to_be_bytes();
        let mut bytes: Vec<&[u8]> = vec![b"preau.onde.line.v1", &nth];
        bytes.extend(chosen.iter().map(String::as_bytes));
        SourceKey(format!("{:032x}", domain::id::derive(&bytes)))
    };
    parts.iter().map(key).collect()
}
