//! What the platform sets beside the rules about one person (`communication.md` sections 3 and 6): whether anybody
//! reaches them, and whom they are linked to by hand.

use std::collections::BTreeMap;

use super::rules::one_if;
use super::{Event, Hidden, LinkMade, LinkRemoved, Refusal, Shown};
use crate::id::PersonId;

/// What may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    /// Let nobody reach them.
    Hide,
    /// Let them be reached again.
    Show,
    /// Link them to somebody, or change whether they are reached back.
    Link {
        /// To whom.
        to: PersonId,
        /// Whether they are reached back.
        both_ways: bool,
    },
    /// End that link.
    Unlink(PersonId),
}

/// What was set.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Exceptions {
    hidden: bool,
    /// To whom they are linked, and whether both ways.
    links: BTreeMap<PersonId, bool>,
}

impl Exceptions {
    pub(super) fn decide(&self, person: PersonId, exception: Exception) -> Result<Vec<Event>, Refusal> {
        match exception {
            Exception::Hide => Ok(one_if(!self.hidden, || Hidden {}.into())),
            Exception::Show => Ok(one_if(self.hidden, || Shown {}.into())),
            Exception::Link { to, .. } if to == person => Err(Refusal::LinkToOneself),
            Exception::Link { to, both_ways } => {
                let same = self.links.get(&to) == Some(&both_ways);
                Ok(one_if(!same, || LinkMade { to, both_ways }.into()))
            }
            Exception::Unlink(to) => Ok(one_if(self.links.contains_key(&to), || LinkRemoved { to }.into())),
        }
    }

    pub(super) fn link(&mut self, made: &LinkMade) {
        self.links.insert(made.to, made.both_ways);
    }

    pub(super) fn unlink(&mut self, removed: &LinkRemoved) {
        self.links.remove(&removed.to);
    }

    pub(super) fn hide(&mut self, hidden: bool) {
        self.hidden = hidden;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: PersonId = PersonId::from_u128(1);
    const OTHER: PersonId = PersonId::from_u128(2);

    #[test]
    fn somebody_is_hidden_once_and_shown_once() {
        let mut set = Exceptions::default();
        assert_eq!(set.decide(ME, Exception::Show), Ok(vec![]), "already so");
        assert_eq!(set.decide(ME, Exception::Hide), Ok(vec![Hidden {}.into()]));
        set.hide(true);
        assert_eq!(set.decide(ME, Exception::Hide), Ok(vec![]), "already so");
        assert_eq!(set.decide(ME, Exception::Show), Ok(vec![Shown {}.into()]));
    }

    #[test]
    fn a_link_leads_to_somebody_else_and_may_change_its_ways() {
        let mut set = Exceptions::default();
        let link = |to, both_ways| Exception::Link { to, both_ways };
        assert_eq!(set.decide(ME, link(ME, true)), Err(Refusal::LinkToOneself));
        assert_eq!(set.decide(ME, Exception::Unlink(OTHER)), Ok(vec![]), "there is none");
        let made = LinkMade { to: OTHER, both_ways: false };
        assert_eq!(set.decide(ME, link(OTHER, false)), Ok(vec![made.clone().into()]));
        set.link(&made);
        assert_eq!(set.decide(ME, link(OTHER, false)), Ok(vec![]), "already so");
        let both = LinkMade { to: OTHER, both_ways: true };
        assert_eq!(set.decide(ME, link(OTHER, true)), Ok(vec![both.into()]));
        let removed = LinkRemoved { to: OTHER };
        assert_eq!(set.decide(ME, Exception::Unlink(OTHER)), Ok(vec![removed.clone().into()]));
        set.unlink(&removed);
        assert_eq!(set, Exceptions::default());
    }
}
