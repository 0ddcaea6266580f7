//! The canonical text of the graph.

use std::fmt::Write;

use super::Graph;

impl Graph {
    /// Returns everything known, one thing a line: groups by number, rules by id.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for (number, node) in self.nodes.iter().enumerate() {
            let _ = writeln!(text, "group {number}: {node:?}");
        }
        let mut rules: Vec<_> = self.rules.values().collect();
        rules.sort_unstable_by_key(|rule| rule.id);
        for rule in rules {
            let _ = writeln!(text, "{rule:?}");
        }
        let mut removed: Vec<_> = self.removed.values().collect();
        removed.sort_unstable_by_key(|removed| removed.rule.id);
        for removed in removed {
            let _ = writeln!(text, "{removed:?}");
        }
        for (number, policy) in self.policies.iter().enumerate() {
            let _ = writeln!(text, "structure {number}: {policy:?}");
        }
        for link in self.links.each() {
            let _ = writeln!(text, "{link:?}");
        }
        for (number, standing) in &self.standings {
            let _ = writeln!(text, "standing {number:?}: {standing:?}");
        }
        text
    }
}
