//! What every feature's schema shares: global ids, scalars, refusals as data, pages of lists, variables of commands.

use std::str::FromStr;

use async_graphql::connection::{Connection, CursorType, Edge, OpaqueCursor};
use async_graphql::{
    Context, ID, InputType, InputValueError, InputValueResult, OutputType, Scalar, ScalarType, SimpleObject,
    Value,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{
    BookingId, BookingRequestId, ClassId, ClosureId, ContentRequestId, DomainId, ErasureId, FavouriteId,
    FeedId, GrantId, GroupId, ImportId, MessageId, PersonId, ResourceId, RuleId, RuleRequestId, StructureId,
};

use crate::failure::{Failure, Result};

/// An id that clients see: opaque, and versioned so that its shape may change.
///
/// It is base64url of `v1:<kind>:<ULID>`; clients must not look inside.
pub trait Global: Copy + ToString + FromStr {
    /// What kind of thing it names.
    const KIND: &'static str;

    /// Returns the id as clients see it.
    fn global(self) -> ID {
        ID(URL_SAFE_NO_PAD.encode(format!("v1:{}:{}", Self::KIND, self.to_string())))
    }

    /// Reads an id that a client sent as `argument`.
    fn read(id: &ID, argument: &'static str) -> Result<Self> {
        let (kind, text) = opened(id).unwrap_or_default();
        let own = if kind == Self::KIND { text.parse().ok() } else { None };
        own.ok_or(Failure::BadInput(argument, "an id that this server gave, of the kind the argument names"))
    }
}

/// Returns the kind of thing an id names, and its ULID text.
pub fn opened(id: &ID) -> Option<(String, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id.as_bytes()).ok()?).ok()?;
    let (kind, ulid) = text.strip_prefix("v1:")?.split_once(':')?;
    Some((kind.to_owned(), ulid.to_owned()))
}

macro_rules! global {
    ($($id:ident = $kind:literal,)+) => {$(
        impl Global for $id {
            const KIND: &'static str = $kind;
        }
    )+};
}

global! {
    PersonId = "person",
    StructureId = "structure",
    ClassId = "class",
    GroupId = "group",
    RuleId = "rule",
    MessageId = "message",
    ImportId = "import",
    ErasureId = "erasure",
    ContentRequestId = "content-request",
    RuleRequestId = "rule-request",
    FavouriteId = "favourite",
    FeedId = "feed",
    DomainId = "domain",
    ResourceId = "resource",
    GrantId = "grant",
    BookingId = "booking",
    BookingRequestId = "booking-request",
    ClosureId = "closure",
}

/// A place in the log: what an answer rests on. Opaque; give it back as `Preau-At-Least` to read your own write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position(pub eventlog::Position);

impl Position {
    /// Reads a position as it was shown.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|number| Self(eventlog::Position(number)))
    }

    fn show(self) -> String {
        self.0.to_string()
    }
}

/// 26 characters of 0-9 and A-Z without I, L, O, U: drawn by the client, one for each thing it wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ulid(pub domain::id::Ulid);

/// An instant: RFC 3339, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant(pub domain::Timestamp);

/// A calendar day, yyyy-mm-dd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub domain::Date);

/// What a clock on the wall shows, yyyy-mm-ddThh:mm, in the zone of what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallTime(pub chrono::NaiveDateTime);

impl Ulid {
    fn show(self) -> String {
        self.0.to_string()
    }
}

impl Instant {
    fn show(self) -> String {
        self.0.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
    }
}

impl Day {
    fn show(self) -> String {
        self.0.to_string()
    }
}

impl WallTime {
    /// How it is written.
    const FORM: &'static str = "%Y-%m-%dT%H:%M";

    fn show(self) -> String {
        self.0.format(Self::FORM).to_string()
    }
}

macro_rules! text_scalar {
    ($name:ident, $expected:literal, $parse:expr, $doc:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.show())
            }
        }

        #[doc = $doc]
        #[Scalar]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                let text = if let Value::String(text) = &value { Some(text.as_str()) } else { None };
                text.and_then($parse).ok_or_else(|| InputValueError::custom($expected))
            }

            fn to_value(&self) -> Value {
                Value::String(self.show())
            }
        }
    };
}

text_scalar!(
    Position,
    "a position that this server gave",
    Self::parse,
    "A place in the log: what an answer rests on. Opaque; give it back as the header Preau-At-Least to read your own write."
);
text_scalar!(
    Ulid,
    "a ULID of 26 characters",
    |text| domain::id::Ulid::from_string(text).ok().map(Self),
    "26 characters of 0-9 and A-Z without I, L, O, U, drawn by the client: one for each thing it wants done."
);
text_scalar!(
    Instant,
    "an instant in RFC 3339, such as 2026-09-01T08:00:00Z",
    |text| text.parse().ok().map(Self),
    "An instant in RFC 3339, in UTC: 2026-09-01T08:00:00Z."
);
text_scalar!(
    Day,
    "a day, such as 2026-09-01",
    |text| text.parse().ok().map(Self),
    "A calendar day: 2026-09-01."
);
text_scalar!(
    WallTime,
    "a day and an hour, such as 2026-09-01T08:00",
    |text| chrono::NaiveDateTime::parse_from_str(text, Self::FORM).ok().map(Self),
    "What a clock on the wall shows, in the zone of what it is about: 2026-09-01T08:00."
);

/// A text that is neither logged nor hashed: a password.
///
/// It stands as null among the [`variables`] of a command: a keyed hash is no place for something people choose.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A text that is kept nowhere as it is sent.
#[Scalar]
impl ScalarType for Secret {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// Stable, for programs.
    pub code: String,
    /// The field of the input it is about, if it is about one.
    pub field: Option<String>,
    /// For people, in the language of the request.
    pub message: String,
}

impl UserError {
    /// Returns the same error under another code: one code may have several sentences.
    #[must_use]
    pub fn with_code(self, code: &str) -> Self {
        Self { code: code.to_owned(), ..self }
    }
}

/// Returns the canonical bytes of what a mutation was asked: JSON, keys in order, what is null left out.
pub fn variables<T: InputType>(mutation: &str, input: &T) -> Vec<u8> {
    let mut text = mutation.to_owned();
    canonical(&input.to_value(), &mut text);
    text.into_bytes()
}

fn canonical(value: &Value, to: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().filter(|(_, value)| **value != Value::Null).collect();
            fields.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
            to.push('{');
            for (name, value) in fields {
                to.push('"');
                to.push_str(name);
                to.push_str("\":");
                canonical(value, to);
                to.push(',');
            }
            to.push('}');
        }
        Value::List(items) => {
            to.push('[');
            for item in items {
                canonical(item, to);
                to.push(',');
            }
            to.push(']');
        }
        // Display writes JSON, and strings with their escapes.
        other => to.push_str(&other.to_string()),
    }
}

/// The most members of a page.
pub const MOST: usize = 100;

/// Which members of a list are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page<C> {
    /// So many from the beginning, or after a cursor.
    First(usize, Option<C>),
    /// So many before a cursor, or to the end.
    Last(usize, Option<C>),
}

impl<C> Page<C>
where
    OpaqueCursor<C>: CursorType,
{
    /// Reads the four arguments of a connection: either `first` or `last` is required, 1 to 100.
    pub fn read(
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
    ) -> Result<Self> {
        match (first, last) {
            (Some(_), Some(_)) => Err(Failure::BadInput("last", "either `first` or `last`, not both")),
            (None, None) => Err(Failure::BadInput("first", "`first` or `last` is required, 1 to 100")),
            (Some(first), None) if before.is_none() => {
                Ok(Self::First(size(first, "first")?, cursor(after, "after")?))
            }
            (None, Some(last)) if after.is_none() => {
                Ok(Self::Last(size(last, "last")?, cursor(before, "before")?))
            }
            (Some(_), None) => Err(Failure::BadInput("before", "`before` goes with `last`")),
            (None, Some(_)) => Err(Failure::BadInput("after", "`after` goes with `first`")),
        }
    }

    /// Returns how many members are asked for.
    pub fn size(&self) -> usize {
        match self {
            Self::First(size, _) | Self::Last(size, _) => *size,
        }
    }
}

fn size(asked: i32, argument: &'static str) -> Result<usize> {
    let fits = usize::try_from(asked).ok().filter(|size| (1..=MOST).contains(size));
    fits.ok_or(Failure::BadInput(argument, "1 to 100"))
}

fn cursor<C>(text: Option<&str>, argument: &'static str) -> Result<Option<C>>
where
    OpaqueCursor<C>: CursorType,
{
    let read = text.map(OpaqueCursor::<C>::decode_cursor).transpose();
    read.map(|cursor| cursor.map(|opaque| opaque.0))
        .map_err(|_| Failure::BadInput(argument, "a cursor that this list gave"))
}

/// How long a list is, where it was asked for.
#[derive(Debug, Clone, Copy, Default, SimpleObject)]
pub struct Total {
    /// How many members the whole list has. Counted only when asked for.
    pub total_count: Option<u64>,
}

/// Returns whether the query asks for the length of the list that is being resolved.
pub fn asks_for_total(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}

/// A page of a list: `edges { cursor node }`, `nodes`, `pageInfo`, `totalCount`.
pub type Listed<C, N> = Connection<OpaqueCursor<C>, N, Total>;

/// Returns a page of a list that is read from its beginning, the newest first. `place` says where what a cursor names
/// stands, `rows` are those that stand before a place.
pub fn newest_first<C, N, R, I>(
    page: &Page<C>,
    place: impl FnOnce(&C) -> Option<eventlog::Position>,
    rows: impl FnOnce(Option<eventlog::Position>) -> I,
    shown: impl Fn(R) -> Result<(C, N)>,
) -> Result<Listed<C, N>>
where
    OpaqueCursor<C>: CursorType,
    C: Send + Sync,
    N: OutputType,
    I: Iterator<Item = R>,
{
    let Page::First(first, after) = page else {
        return Err(Failure::BadInput("last", "this list is read from its beginning"));
    };
    let known = |after| place(after).ok_or(Failure::BadInput("after", "a cursor of this list"));
    let before = after.as_ref().map(known).transpose()?;
    let mut rows = rows(before);
    let edges = rows.by_ref().take(*first).map(|row| {
        let (cursor, node) = shown(row)?;
        Ok(Edge::new(OpaqueCursor(cursor), node))
    });
    let edges = edges.collect::<Result<Vec<_>>>()?;
    let total = Total { total_count: None };
    let mut listed = Listed::with_additional_fields(before.is_some(), rows.next().is_some(), total);
    listed.edges = edges;
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use async_graphql::InputObject;

    use super::*;

    #[test]
    fn a_global_id_names_its_kind_and_is_read_back() {
        let person = PersonId::from_u128(7);
        assert_eq!(PersonId::read(&person.global(), "id").unwrap(), person);
        let refused = StructureId::read(&person.global(), "id").unwrap_err();
        assert_eq!(refused.code(), "BAD_USER_INPUT");
        assert!(PersonId::read(&ID::from("7"), "id").is_err());
        assert_eq!(person.global().as_str(), "djE6cGVyc29uOjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA3");
    }

    #[derive(InputObject)]
    struct Asked {
        name: String,
        count: Option<i32>,
        among: Vec<i32>,
        password: Secret,
    }

    #[test]
    fn variables_are_the_same_whatever_is_left_out_and_hold_no_secret() {
        let asked = |password: &str| Asked {
            name: "l\"été".to_owned(),
            count: None,
            among: vec![2, 1],
            password: Secret(password.to_owned()),
        };
        let bytes = variables("doIt", &asked("one"));
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            "doIt{\"among\":[2,1,],\"name\":\"l\\\"été\",}"
        );
        assert_eq!(bytes, variables("doIt", &asked("two")));
        assert_ne!(bytes, variables("doThat", &asked("one")));
    }

    #[test]
    fn a_page_is_one_to_a_hundred_from_one_end() {
        assert_eq!(Page::<u32>::read(Some(100), None, None, None).unwrap(), Page::First(100, None));
        let cursor = OpaqueCursor(7_u32).encode_cursor();
        assert_eq!(Page::read(None, None, Some(1), Some(&cursor)).unwrap(), Page::Last(1, Some(7_u32)));
        for (first, after, last, before) in [
            (None, None, None, None),
            (Some(0), None, None, None),
            (Some(101), None, None, None),
            (Some(-1), None, None, None),
            (Some(1), None, Some(1), None),
            (Some(1), None, None, Some("x")),
            (Some(1), Some("not a cursor"), None, None),
        ] {
            assert!(Page::<u32>::read(first, after, last, before).is_err(), "{first:?} {last:?}");
        }
    }
}
