//! Logins: how they are made, and who holds one.
//!
//! Invariant: one stream for each login, begun with `NoStream`; what stands in it is never given to somebody else.
//! The name of the stream is a keyed digest, so nothing personal stands in it.

use serde::{Deserialize, Serialize};

use crate::Decider;
use crate::id::PersonId;
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

crate::events! {
    /// Somebody holds this login, for ever.
    Claimed = "login.claimed", schema 1;
}

/// Somebody holds this login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claimed {
    /// Who.
    pub person: PersonId,
    /// The login, so that a process that was killed can go on.
    pub login: Sealed<String>,
}

impl Carries for Claimed {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Identity(self.person), Retention::Life, "login", 0, &mut self.login);
    }
}

/// Take the login of this stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// For whom.
    pub person: PersonId,
    /// The login.
    pub login: String,
}

/// Somebody else holds it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("account.login-taken")]
pub struct Taken;

/// Who holds one login.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holder(Option<PersonId>);

impl Holder {
    /// Returns who holds it.
    pub fn person(&self) -> Option<PersonId> {
        self.0
    }
}

impl Decider for Holder {
    type Command = Claim;
    type Event = Event;
    type Refusal = Taken;

    fn decide(&self, claim: Claim) -> Result<Vec<Event>, Taken> {
        match self.0 {
            Some(holder) if holder == claim.person => Ok(vec![]),
            Some(_) => Err(Taken),
            None => Ok(vec![Claimed { person: claim.person, login: claim.login.into() }.into()]),
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Claimed(claimed) => Self(self.0.or(Some(claimed.person))),
        }
    }
}

/// The longest part of a generated login, in characters.
const PART: usize = 30;

/// Returns the login a person of these names gets, the first time: `firstname.lastname`.
///
/// Letters are transliterated, never dropped, to `a`–`z` and `0`–`9`, each part cut at 30. Somebody whose names
/// leave nothing is called `x`. Homonyms get a number behind it, see [`homonym`].
pub fn generate(first_name: &str, last_name: &str) -> String {
    format!("{}.{}", part(first_name), part(last_name))
}

/// Returns the `n`-th login of people who share `base`: itself, then `base2`, `base3`, …
pub fn homonym(base: &str, n: u32) -> String {
    if n <= 1 { base.to_owned() } else { format!("{base}{n}") }
}

fn part(name: &str) -> String {
    let folded = deunicode::deunicode(name);
    let letters = folded.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let part: String = letters.take(PART).collect();
    if part.is_empty() { "x".to_owned() } else { part }
}

/// Reads a login as somebody typed it: trimmed, lower case, 3 to 64 of `a`–`z`, `0`–`9`, dot and dash.
pub fn normalise(typed: &str) -> Result<String, NotALogin> {
    let login = typed.trim().to_lowercase();
    let fits = (3..=64).contains(&login.len());
    if fits && login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-') {
        Ok(login)
    } else {
        Err(NotALogin)
    }
}

/// The text is not a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a login has 3 to 64 of a-z, 0-9, dot and dash")]
pub struct NotALogin;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decider::testing::given;

    fn claim(person: u128) -> Claim {
        Claim { person: PersonId::from_u128(person), login: "odile.albert".into() }
    }

    fn claimed(person: u128) -> Event {
        Claimed { person: PersonId::from_u128(person), login: Sealed::Open("odile.albert".into()) }.into()
    }

    #[test]
    fn a_login_is_claimed_once() {
        given::<Holder>([]).when(claim(1)).then([claimed(1)]);
        given::<Holder>([claimed(1)]).when(claim(1)).already_so();
        given::<Holder>([claimed(1)]).when(claim(2)).refused(Taken);
    }

    #[test]
    fn letters_are_transliterated_not_dropped() {
        assert_eq!(generate("Maÿlis", "ŒUVRARD"), "maylis.oeuvrard");
        assert_eq!(generate("Jean-Baptiste", "LE GOFF"), "jeanbaptiste.legoff");
        assert_eq!(generate("Søren", "Þór"), "soren.thor");
        assert_eq!(generate("!", "D'ALMEIDA"), "x.dalmeida");
    }

    #[test]
    fn homonyms_are_numbered_from_two() {
        assert_eq!([homonym("a.b", 1), homonym("a.b", 2), homonym("a.b", 3)], ["a.b", "a.b2", "a.b3"]);
    }

    proptest! {
        #[test]
        fn every_generated_login_can_be_typed(first in ".{0,60}", last in ".{0,60}") {
            let login = generate(&first, &last);
            prop_assert_eq!(normalise(&login), Ok(login.clone()));
            prop_assert!(login.len() <= 61);
        }
    }
}
