//! Roles of booking, and what each may do (`booking.md`, Roles).
//!
//! Invariant: [`Role::may`] is the only place that says what a role may do; its twin for people is the table of
//! `docs/booking.md`, and a test compares them cell by cell.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What somebody is for a domain or a resource. A later one has the rights of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Visiteur.
    Visitor,
    /// Rédacteur.
    Writer,
    /// Rédacteur avec mise en ligne.
    PublishingWriter,
    /// Modérateur.
    Moderator,
    /// Gestionnaire.
    Manager,
}

/// A right of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// See when something is free.
    SeeAvailability,
    /// Create a booking.
    CreateBooking,
    /// Change a booking of one's own.
    ChangeOwn,
    /// Change somebody else's.
    ChangeOther,
    /// Validate or refuse somebody else's.
    Validate,
    /// Delete somebody else's.
    DeleteOther,
    /// Is told of bookings to validate.
    HearOfValidation,
    /// Is told when somebody passes their threshold.
    HearOfThreshold,
    /// Create a domain.
    CreateDomain,
    /// Create a resource.
    CreateResource,
}

/// Whether a role may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It may not.
    No,
    /// It may ask: somebody validates it.
    NeedsValidation,
    /// It may.
    Yes,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 5] =
        [Self::Visitor, Self::Writer, Self::PublishingWriter, Self::Moderator, Self::Manager];

    /// Returns whether it may do `action`: the matrix.
    pub fn may(self, action: Action) -> Answer {
        use Answer::{NeedsValidation as Asks, No, Yes};
        // In the order of `ALL`.
        let row = match action {
            Action::SeeAvailability => [Yes, Yes, Yes, Yes, Yes],
            Action::CreateBooking => [No, Asks, Yes, Yes, Yes],
            Action::ChangeOwn => [No, Asks, Yes, Yes, Yes],
            Action::ChangeOther => [No, No, No, Yes, Yes],
            Action::Validate => [No, No, No, Yes, Yes],
            Action::DeleteOther => [No, No, No, Yes, Yes],
            Action::HearOfValidation => [No, No, No, Yes, Yes],
            Action::HearOfThreshold => [No, No, No, No, Yes],
            Action::CreateDomain => [No, No, No, No, Yes],
            Action::CreateResource => [No, No, No, No, Yes],
        };
        row[self as usize]
    }

    /// Returns the stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visitor => "VISITOR",
            Self::Writer => "WRITER",
            Self::PublishingWriter => "PUBLISHING_WRITER",
            Self::Moderator => "MODERATOR",
            Self::Manager => "MANAGER",
        }
    }
}

impl Action {
    /// Every action, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::SeeAvailability,
        Self::CreateBooking,
        Self::ChangeOwn,
        Self::ChangeOther,
        Self::Validate,
        Self::DeleteOther,
        Self::HearOfValidation,
        Self::HearOfThreshold,
        Self::CreateDomain,
        Self::CreateResource,
    ];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the table calls an action.
    fn words(action: Action) -> &'static str {
        match action {
            Action::SeeAvailability => "see availability",
            Action::CreateBooking => "create a booking",
            Action::ChangeOwn => "change own booking",
            Action::ChangeOther => "change somebody else's",
            Action::Validate => "validate or refuse somebody else's",
            Action::DeleteOther => "delete somebody else's",
            Action::HearOfValidation => "is notified of bookings to validate",
            Action::HearOfThreshold => "is notified of a user's threshold",
            Action::CreateDomain => "create a domain",
            Action::CreateResource => "create a resource",
        }
    }

    fn cells(line: &str) -> Vec<&str> {
        line.trim().trim_matches('|').split('|').map(str::trim).collect()
    }

    #[test]
    fn each_of_the_fifty_cells_is_as_the_page_says() {
        let page = include_str!("../../../docs/booking.md");
        let section = page.split("\n## ").find(|section| section.starts_with("Roles\n")).unwrap();
        let mut lines = section.lines().filter(|line| line.starts_with('|')).map(cells);
        let heads = lines.next().unwrap();
        assert_eq!(heads[1..], Role::ALL.map(Role::as_str));
        assert!(lines.next().unwrap().iter().all(|cell| *cell == "---"));
        let mut seen = 0;
        for (action, line) in Action::ALL.into_iter().zip(lines.by_ref()) {
            assert_eq!(line[0], words(action));
            for (role, cell) in Role::ALL.into_iter().zip(&line[1..]) {
                let said = match *cell {
                    "no" => Answer::No,
                    "yes, needs validation" => Answer::NeedsValidation,
                    "yes" => Answer::Yes,
                    other => panic!("{other}"),
                };
                assert_eq!(role.may(action), said, "{} as {role}", words(action));
                seen += 1;
            }
        }
        assert_eq!((seen, lines.count()), (50, 0));
    }

    #[test]
    fn a_higher_role_may_never_do_less() {
        for action in Action::ALL {
            assert!(Role::ALL.is_sorted_by_key(|role| role.may(action)), "{action:?}");
        }
        assert!(Role::ALL.is_sorted());
    }

    #[test]
    fn a_role_is_stored_by_the_name_it_shows() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
    }
}
