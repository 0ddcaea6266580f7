//! How requests for changes of rules are written down in a snapshot.

use domain::rule_request::{Change, Counts, Inside, Pairs, Undone};

use super::bytes::{Stored, stored};
use super::values::tagged;
use crate::rule_requests::{Reason, RuleRequest, State};

stored! {
    RuleRequest { id, by, changes, requested_at, position, reason, preview, state }
    Reason { event, text }
    Counts { opened, closed, opened_inside, to_accept }
    Pairs { from, to, pairs }
    Inside { group, members, students, relatives }
    Undone { place, code }
}

impl Stored for Change {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::GrantFact { group, fact } => tagged(0, &(*group, *fact), to),
            Self::RemoveFact { group, fact } => tagged(1, &(*group, *fact), to),
            Self::MakeRule { from, to: end, exposes_members } => {
                tagged(2, &(*from, *end), to);
                exposes_members.put(to);
            }
            Self::RemoveRule { rule } => tagged(3, rule, to),
            Self::SetPolicy { structure, policy } => tagged(4, &(*structure, *policy), to),
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Some(match u8::get(from)? {
            0 => Self::GrantFact { group: Stored::get(from)?, fact: Stored::get(from)? },
            1 => Self::RemoveFact { group: Stored::get(from)?, fact: Stored::get(from)? },
            2 => Self::MakeRule {
                from: Stored::get(from)?,
                to: Stored::get(from)?,
                exposes_members: Stored::get(from)?,
            },
            3 => Self::RemoveRule { rule: Stored::get(from)? },
            4 => Self::SetPolicy { structure: Stored::get(from)?, policy: Stored::get(from)? },
            _ => return None,
        })
    }
}

impl Stored for State {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Asked => to.push(0),
            Self::Refused { by, at, reason } => {
                tagged(1, &(*by, *at), to);
                reason.put(to);
            }
            Self::Accepted { by, at, event, accepted, done, undone } => {
                tagged(2, &(*by, *at), to);
                event.put(to);
                accepted.put(to);
                done.put(to);
                undone.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Some(match u8::get(from)? {
            0 => Self::Asked,
            1 => Self::Refused { by: Stored::get(from)?, at: Stored::get(from)?, reason: Stored::get(from)? },
            2 => Self::Accepted {
                by: Stored::get(from)?,
                at: Stored::get(from)?,
                event: Stored::get(from)?,
                accepted: Stored::get(from)?,
                done: Stored::get(from)?,
                undone: Stored::get(from)?,
            },
            _ => return None,
        })
    }
}
