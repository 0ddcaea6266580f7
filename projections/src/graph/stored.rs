//! How it is written down in a snapshot.

use super::{Because, Cause, Graph, Implied, Link, Named, Node, Policy, Removed, Rule, Since, Standing};
use crate::snapshot::bytes::{Stored, stored};

stored! {
    Graph { nodes, rules, removed, policies, standings, links }
    Link { from, to, both_ways, since }
    Standing { matrix, recipes }
    Named { name, version, since }
    Since { position, event }
    Because { cause, since, accepted }
    Rule { id, from, to, by_matrix, since }
    Removed { rule, until }
    Node { uses, exposes, internal, implied, starts, ends, family, family_since }
    Implied { since, held }
    Policy { policy, accepted }
}

impl Stored for Cause {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Matrix => to.push(0),
            Self::Hand => to.push(1),
            Self::Feed => to.push(2),
            Self::Rule(rule) => {
                to.push(3);
                rule.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(Self::Matrix),
            1 => Some(Self::Hand),
            2 => Some(Self::Feed),
            3 => Stored::get(from).map(Self::Rule),
            _ => None,
        }
    }
}
