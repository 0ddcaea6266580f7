//! How large a GraphQL document may be: measured before anything resolves it.
//!
//! Invariant: measuring costs no more than reading. Fragments are weighed once and remembered, so that a document
//! whose fragments double each other is refused, not unfolded; async-graphql's own checks unfold and come after.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value, Variables};

/// What a document may hold. Each is a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Names, values and signs of the text.
    pub tokens: usize,
    /// Brackets within brackets, of any kind.
    pub nesting: usize,
    /// Selections within selections.
    pub depth: u64,
    /// Renamed fields, fragments unfolded.
    pub aliases: u64,
    /// Directives, fragments unfolded.
    pub directives: u64,
    /// Selected fields and fragments, fragments unfolded.
    pub fields: u64,
    /// Members of connections the answer may hold.
    pub nodes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 5_000,
            nesting: 32,
            depth: 10,
            aliases: 30,
            directives: 50,
            fields: 1_000,
            nodes: 10_000,
        }
    }
}

/// A document is larger than it may be: what of it, and the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooLarge(pub &'static str, pub u64);

impl Limits {
    /// Checks the text, before it is parsed: a parser goes down once for each bracket.
    pub fn check_text(&self, query: &str) -> Result<(), TooLarge> {
        let (tokens, nesting) = scan(query);
        within("tokens", tokens, self.tokens)?;
        within("brackets within brackets", nesting, self.nesting)
    }

    /// Checks all operations of a document together.
    pub fn check(&self, document: &ExecutableDocument, variables: &Variables) -> Result<(), TooLarge> {
        let mut scale = Scale { document, variables, operation: None, known: HashMap::new() };
        let mut sum = Weight::default();
        for (_, operation) in document.operations.iter() {
            scale.operation = Some(&operation.node);
            scale.known.clear();
            let weight = scale.weigh(&operation.node.selection_set.node).ok_or(CYCLE)?;
            sum = sum.and(weight);
            sum.directives = sum.directives.saturating_add(operation.node.directives.len() as u64);
        }
        let measured = [
            ("selections within selections", sum.depth, self.depth),
            ("aliases", sum.aliases, self.aliases),
            ("directives", sum.directives, self.directives),
            ("fields", sum.fields, self.fields),
            ("members of connections", sum.nodes, self.nodes),
        ];
        match measured.into_iter().find(|(_, is, may)| is > may) {
            Some((what, _, may)) => Err(TooLarge(what, may)),
            None => Ok(()),
        }
    }
}

const CYCLE: TooLarge = TooLarge("fragments within themselves", 0);

fn within(what: &'static str, is: usize, may: usize) -> Result<(), TooLarge> {
    if is > may { Err(TooLarge(what, may as u64)) } else { Ok(()) }
}

/// Returns whether an operation is a mutation that selects one of `fields`.
pub fn mutates(document: &ExecutableDocument, fields: &[&str]) -> bool {
    document.operations.iter().any(|(_, operation)| {
        operation.node.ty == OperationType::Mutation
            && operation.node.selection_set.node.items.iter().any(|item| match &item.node {
                Selection::Field(field) => fields.contains(&field.node.name.node.as_str()),
                Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
            })
    })
}

#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    depth: u64,
    aliases: u64,
    directives: u64,
    fields: u64,
    nodes: u64,
}

impl Weight {
    /// Beside each other: the deeper counts, everything else adds up.
    fn and(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            fields: self.fields.saturating_add(other.fields),
            nodes: self.nodes.saturating_add(other.nodes),
        }
    }
}

struct Scale<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    operation: Option<&'a OperationDefinition>,
    /// What a fragment weighs; none while it is being weighed.
    known: HashMap<&'a str, Option<Weight>>,
}

impl<'a> Scale<'a> {
    /// Returns the weight of a selection; none if a fragment is within itself.
    fn weigh(&mut self, set: &'a SelectionSet) -> Option<Weight> {
        let mut sum = Weight::default();
        for item in &set.items {
            let mut weight = match &item.node {
                Selection::Field(field) => self.field(field)?,
                Selection::InlineFragment(inline) => self.weigh(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            weight.fields = weight.fields.saturating_add(1);
            weight.directives = weight.directives.saturating_add(item.node.directives().len() as u64);
            sum = sum.and(weight);
        }
        Some(sum)
    }

    fn field(&mut self, field: &'a Positioned<Field>) -> Option<Weight> {
        let field = &field.node;
        let mut weight = self.weigh(&field.selection_set.node)?;
        weight.depth = weight.depth.saturating_add(1);
        weight.aliases = weight.aliases.saturating_add(u64::from(field.alias.is_some()));
        if let Some(members) = self.members(field) {
            weight.nodes = members.saturating_add(members.saturating_mul(weight.nodes));
        }
        Some(weight)
    }

    fn fragment(&mut self, name: &'a Name) -> Option<Weight> {
        if let Some(known) = self.known.get(name.as_str()) {
            *known
        } else {
            // One that is not there is refused by the validation, with its name.
            let Some(fragment) = self.document.fragments.get(name) else {
                return Some(Weight::default());
            };
            self.known.insert(name, None);
            let mut weight = self.weigh(&fragment.node.selection_set.node)?;
            weight.directives = weight.directives.saturating_add(fragment.node.directives.len() as u64);
            self.known.insert(name, Some(weight));
            Some(weight)
        }
    }

    /// Returns how many members of a connection are asked for; none if it is not one.
    fn members(&self, field: &Field) -> Option<u64> {
        let asked = ["first", "last"].into_iter().filter_map(|name| field.get_argument(name));
        let known = |name: Name| self.variable(&name).cloned().ok_or(());
        let values = asked.filter_map(|value| value.node.clone().into_const_with(known).ok());
        values
            .filter_map(|value| if let Value::Number(number) = value { number.as_u64() } else { None })
            .max()
    }

    fn variable(&self, name: &Name) -> Option<&Value> {
        self.variables.get(name).or_else(|| {
            let mut definitions = self.operation?.variable_definitions.iter();
            let definition = definitions.find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|value| &value.node)
        })
    }
}

/// Returns how many tokens a text has, and how deep its brackets go. Strings and comments hold none.
fn scan(query: &str) -> (usize, usize) {
    let bytes = query.as_bytes();
    let (mut at, mut tokens, mut depth, mut deepest) = (0, 0, 0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => 1,
            b'#' => bytes[at..].iter().take_while(|b| !matches!(b, b'\n' | b'\r')).count(),
            b'"' => {
                tokens += 1;
                string(&bytes[at..])
            }
            b'{' | b'[' | b'(' => {
                (tokens, depth) = (tokens + 1, depth + 1);
                deepest = deepest.max(depth);
                1
            }
            b'}' | b']' | b')' => {
                (tokens, depth) = (tokens + 1, depth.saturating_sub(1));
                1
            }
            b if word(b) => {
                tokens += 1;
                bytes[at..].iter().take_while(|b| word(**b)).count()
            }
            _ => {
                tokens += 1;
                1
            }
        };
    }
    (tokens, deepest)
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+') || byte >= 0x80
}

/// Returns the length of the string, plain or block, that `bytes` begin with.
fn string(bytes: &[u8]) -> usize {
    let block = bytes.starts_with(b"\"\"\"");
    let (end, mut at): (&[u8], usize) = if block { (b"\"\"\"", 3) } else { (b"\"", 1) };
    while at < bytes.len() {
        let rest = &bytes[at..];
        if block && rest.starts_with(b"\\\"\"\"") {
            at += 4;
        } else if !block && rest[0] == b'\\' {
            at += 2;
        } else if rest.starts_with(end) {
            return at + end.len();
        } else {
            at += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use async_graphql::parser::parse_query;

    use super::*;

    fn check(query: &str) -> Result<(), TooLarge> {
        check_with(query, serde_json::json!({}))
    }

    fn check_with(query: &str, variables: serde_json::Value) -> Result<(), TooLarge> {
        let limits = Limits::default();
        limits.check_text(query)?;
        limits.check(&parse_query(query).unwrap(), &Variables::from_json(variables))
    }

    fn nested(depth: usize) -> String {
        format!("{}a{}", "{ a ".repeat(depth - 1) + "{ ", " }".repeat(depth))
    }

    #[test]
    fn a_selection_is_ten_deep_at_most() {
        assert_eq!(check(&nested(10)), Ok(()));
        assert_eq!(check(&nested(11)), Err(TooLarge("selections within selections", 10)));
    }

    #[test]
    fn aliases_count_wherever_they_stand() {
        let aliases = |n: usize| (0..n).fold(String::new(), |all, i| all + &format!("a{i}: a "));
        assert_eq!(check(&format!("{{ {} }}", aliases(30))), Ok(()));
        assert_eq!(check(&format!("{{ {} }}", aliases(31))), Err(TooLarge("aliases", 30)));
        let spread = format!("{{ a {{ ...F }} b {{ ...F }} }} fragment F on T {{ {} }}", aliases(16));
        assert_eq!(check(&spread), Err(TooLarge("aliases", 30)));
    }

    #[test]
    fn directives_count_wherever_they_stand() {
        let query = |n: usize| format!("query @a {{ b {} }}", "@c ".repeat(n));
        assert_eq!(check(&query(49)), Ok(()));
        assert_eq!(check(&query(50)), Err(TooLarge("directives", 50)));
    }

    #[test]
    fn connections_within_connections_multiply() {
        let query =
            "query Q($n: Int = 100) { a(first: 100) { edges { node { b(first: $n) { totalCount } } } } }";
        assert_eq!(check(query), Err(TooLarge("members of connections", 10_000)));
        assert_eq!(check_with(query, serde_json::json!({ "n": 99 })), Ok(()));
    }

    #[test]
    fn fragments_that_double_each_other_are_refused_at_once() {
        let mut query = "{ ...F0 }".to_owned();
        for i in 0..60 {
            let _ = write!(query, " fragment F{i} on T {{ ...F{0} ...F{0} }}", i + 1);
        }
        query += " fragment F60 on T { a }";
        assert_eq!(check(&query), Err(TooLarge("fields", 1_000)));
    }

    #[test]
    fn a_fragment_within_itself_is_refused() {
        assert_eq!(check("{ ...F } fragment F on T { a { ...F } }"), Err(CYCLE));
    }

    #[test]
    fn brackets_are_counted_before_the_parser_goes_down() {
        let deep = format!("{{ a(b: {}", "[".repeat(30_000));
        assert_eq!(check(&deep), Err(TooLarge("tokens", 5_000)));
        let deep = format!("{{ a(b: {}", "[".repeat(40));
        assert_eq!(check(&deep), Err(TooLarge("brackets within brackets", 32)));
    }

    #[test]
    fn brackets_in_strings_and_comments_are_text() {
        let query = "{ a(b: \"[[\\\"[[\", c: \"\"\"[[ \\\"\"\" [[\"\"\") # {{{\n }";
        assert_eq!(scan(query), (11, 2), "a comma is no token");
        assert_eq!(scan("\"never closed [[["), (1, 0));
    }
}
