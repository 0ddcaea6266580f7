//! What the platform already has for a structure, and the words lines and people share.

use std::fmt;

use chrono::NaiveDate;
use domain::PersonId;
use serde::{Deserialize, Serialize};

use super::text::{email_key, fold, phone_key};

/// The profiles ONDE knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Profile {
    /// Élève.
    Student,
    /// Enseignant.
    Teacher,
    /// Responsable.
    Relative,
}

/// Names as written; those that are not there are empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[allow(clippy::struct_field_names, reason = "the terms of the field")]
pub struct Names {
    /// Family name.
    pub last_name: String,
    /// Name used, if another.
    pub usual_name: String,
    /// First name.
    pub first_name: String,
}

impl Names {
    /// Returns the names, unless no surname or no first name has a letter. A lone usual name stands for
    /// the family name.
    pub fn of(last_name: String, usual_name: String, first_name: String) -> Option<Self> {
        let (last_name, usual_name) =
            if fold(&last_name).is_empty() { (usual_name, String::new()) } else { (last_name, usual_name) };
        let named = !fold(&last_name).is_empty() && !fold(&first_name).is_empty();
        named.then_some(Self { last_name, usual_name, first_name })
    }

    /// Returns what two spellings of the same family and first name share.
    pub fn key(&self) -> String {
        format!("{}/{}", fold(&self.last_name), fold(&self.first_name))
    }

    /// Returns the keys under family name and under usual name, the second only if another.
    pub fn keys(&self) -> Vec<String> {
        let (usual, first) = (fold(&self.usual_name), fold(&self.first_name));
        let mut keys = vec![self.key()];
        if !usual.is_empty() && usual != fold(&self.last_name) {
            keys.push(format!("{usual}/{first}"));
        }
        keys
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.last_name, self.first_name)
    }
}

/// Telephones as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Phones {
    /// At home.
    pub home: String,
    /// At work.
    pub work: String,
    /// Mobile.
    pub mobile: String,
}

impl Phones {
    /// Returns the numbers that can be compared, sorted.
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<_> =
            [&self.home, &self.work, &self.mobile].into_iter().filter_map(|p| phone_key(p)).collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

/// A postal address as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Address {
    /// Number and street.
    pub street: String,
    /// Post code.
    pub post_code: String,
    /// Town.
    pub town: String,
    /// Country.
    pub country: String,
}

impl Address {
    /// Returns what two spellings of one address share; nothing without a street and a place.
    pub fn key(&self) -> Option<String> {
        let (street, code, town) = (fold(&self.street), fold(&self.post_code), fold(&self.town));
        let has_place = !code.is_empty() || !town.is_empty();
        (has_place && !street.is_empty()).then(|| format!("{street}/{code}/{town}"))
    }
}

/// Who somebody is, from a line or on the platform.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Identity {
    /// Honorific.
    pub honorific: String,
    /// Names.
    pub names: Names,
    /// Birth date, of pupils.
    pub birth_date: Option<NaiveDate>,
    /// E-mail.
    pub email: String,
    /// Telephones.
    pub phones: Phones,
    /// Address: of relatives and teachers. A pupil's is read and not passed on, nothing needs it.
    pub address: Address,
}

impl Identity {
    /// Returns the e-mail for comparing.
    pub fn email_key(&self) -> Option<String> {
        email_key(&self.email)
    }

    /// Returns what shows that two people of one name may be one: telephones, e-mail, address.
    pub fn contact_keys(&self) -> Vec<(Evidence, String)> {
        let phones = self.phones.keys().into_iter().map(|key| (Evidence::Phone, key));
        let email = self.email_key().map(|key| (Evidence::Email, key));
        phones.chain(email).chain(self.address.key().map(|key| (Evidence::Address, key))).collect()
    }
}

/// Why two people of one name may be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A telephone in common.
    Phone,
    /// The e-mail.
    Email,
    /// The address.
    Address,
    /// A child in common.
    Child,
}

/// What a line is known by from one import to the next: a hash of what it says of whom, as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceKey(pub String);

/// Who feeds a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// This feed: its lines say what the person is.
    Onde,
    /// An administrator or another feed: a line only adds what is not there.
    Other,
}

/// A person of the structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// Who.
    pub id: PersonId,
    /// Profile.
    pub profile: Profile,
    /// Names and the rest.
    pub identity: Identity,
    /// Who feeds them.
    pub source: Source,
    /// The keys of the lines they came from; both persons' after a merge.
    pub source_keys: Vec<SourceKey>,
    /// Kept when the feed no longer has them.
    pub permanent: bool,
    /// Children, of relatives.
    pub children: Vec<PersonId>,
    /// Names of their classes.
    pub classes: Vec<String>,
    /// Levels, of pupils.
    pub levels: Vec<String>,
    /// Holds the direction function.
    pub head: bool,
}

/// What was decided by hand for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is this person; several lines may be one.
    Is(PersonId),
    /// It is nobody known.
    IsNew,
    /// It is not to be imported.
    LeaveOut,
}

/// Everything that is known before an import.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The people of the structure.
    pub people: Vec<KnownPerson>,
    /// The names of its classes.
    pub classes: Vec<String>,
    /// Decisions made by hand for this source.
    pub decisions: Vec<(SourceKey, Answer)>,
    /// Pairs proposed or refused before, not to be proposed again.
    pub settled_pairs: Vec<(PersonId, PersonId)>,
}
