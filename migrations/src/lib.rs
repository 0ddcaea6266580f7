//! How stored events move between versions: an older schema is lifted to the newest one when it is read.
//!
//! Invariants: what is stored is never rewritten; an event in its newest schema is decoded directly and never
//! passes through a [`Value`]; what this version does not know is an error, never skipped.
//!
//! `samples/` holds one wire sample of every kind and schema there ever was; they must stay readable for ever.

#[cfg(test)]
mod samples;

use domain::Event;
use serde_json::{Map, Value};

/// Returns the event of `kind` read from `data`, which was written in `schema`.
pub fn decode(kind: &str, schema: u16, data: &[u8]) -> Result<Event, Undecodable> {
    decode_with(LIFTS, kind, schema, data)
}

/// One step: the fields of a kind, from one schema to the next.
///
/// The name under which a field was sealed does not change with a lift: it is bound into the ciphertext.
struct Lift {
    kind: &'static str,
    /// The schema it starts from; it ends at the next one.
    from: u16,
    apply: fn(&mut Map<String, Value>),
}

/// Every lift there is. Once in here, a lift is never changed or removed.
const LIFTS: &[Lift] = &[];

/// The event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Undecodable {
    /// No feature has this kind.
    #[error("an event of kind {kind}, schema {schema}, is unknown to this version: run a newer one")]
    UnknownKind {
        /// As stored.
        kind: String,
        /// As stored.
        schema: u16,
    },
    /// It was written by a newer version.
    #[error(
        "an event of kind {kind} has schema {schema}, this version reads up to {newest}: run a newer one"
    )]
    NewerSchema {
        /// As stored.
        kind: String,
        /// As stored.
        schema: u16,
        /// The newest this version knows.
        newest: u16,
    },
    /// Nothing leads from this schema to the next.
    #[error(
        "an event of kind {kind}, schema {schema}, cannot be lifted: no lift starts from schema {missing}"
    )]
    NoLift {
        /// As stored.
        kind: String,
        /// As stored.
        schema: u16,
        /// Where the way ends.
        missing: u16,
    },
    /// The data is not what the kind says.
    #[error("the data of an event of kind {kind}, schema {schema}, cannot be read")]
    Data {
        /// As stored.
        kind: String,
        /// As stored.
        schema: u16,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

fn decode_with(lifts: &[Lift], kind: &str, schema: u16, data: &[u8]) -> Result<Event, Undecodable> {
    let unknown = || Undecodable::UnknownKind { kind: kind.to_owned(), schema };
    let newest = Event::newest(kind).ok_or_else(unknown)?;
    let unreadable = |source| Undecodable::Data { kind: kind.to_owned(), schema, source };
    if schema > newest {
        return Err(Undecodable::NewerSchema { kind: kind.to_owned(), schema, newest });
    }
    let event = if schema == newest {
        Event::decode(kind, data)
    } else {
        let mut fields = serde_json::from_slice(data).map_err(unreadable)?;
        lift(lifts, kind, schema..newest, &mut fields)?;
        Event::decode(kind, &serde_json::to_vec(&fields).map_err(unreadable)?)
    };
    event.ok_or_else(unknown)?.map_err(unreadable)
}

fn lift(
    lifts: &[Lift],
    kind: &str,
    schemas: std::ops::Range<u16>,
    fields: &mut Map<String, Value>,
) -> Result<(), Undecodable> {
    let schema = schemas.start;
    for missing in schemas {
        let step = lifts.iter().find(|lift| lift.kind == kind && lift.from == missing);
        let step = step.ok_or_else(|| Undecodable::NoLift { kind: kind.to_owned(), schema, missing })?;
        (step.apply)(fields);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OPENED: &str = "message.opened";
    const MESSAGE: &str = "01K4QJ6X2F00000000000000M1";
    const PERSON: &str = "01K4QJ6X2F00000000000000P1";

    /// In an invented schema 0 the person was called `reader`.
    const RENAMED: &[Lift] = &[Lift {
        kind: OPENED,
        from: 0,
        apply: |fields| {
            if let Some(reader) = fields.remove("reader") {
                fields.insert("person".to_owned(), reader);
            }
        },
    }];

    fn opened() -> Vec<u8> {
        format!(r#"{{"message":"{MESSAGE}","person":"{PERSON}"}}"#).into_bytes()
    }

    #[test]
    fn the_newest_schema_is_decoded_directly() {
        let event = decode(OPENED, 1, &opened()).unwrap();
        assert_eq!(event.encode().unwrap(), opened());
    }

    #[test]
    fn an_older_schema_is_lifted_to_the_newest() {
        let old = format!(r#"{{"message":"{MESSAGE}","reader":"{PERSON}"}}"#);
        let event = decode_with(RENAMED, OPENED, 0, old.as_bytes()).unwrap();
        assert_eq!(event.encode().unwrap(), opened());
    }

    #[test]
    fn lifts_follow_one_another_whatever_their_order_in_the_table() {
        fn note(fields: &mut Map<String, Value>, step: &str) {
            let before = fields.get("steps").and_then(Value::as_str).unwrap_or_default();
            let after = Value::from(format!("{before}{step}"));
            fields.insert("steps".to_owned(), after);
        }
        let table = [
            Lift { kind: "a", from: 2, apply: |fields| note(fields, "2") },
            Lift { kind: "b", from: 1, apply: |fields| note(fields, "b") },
            Lift { kind: "a", from: 1, apply: |fields| note(fields, "1") },
        ];
        let mut fields = Map::new();
        lift(&table, "a", 1..3, &mut fields).unwrap();
        assert_eq!(Value::from(fields), json!({ "steps": "12" }));
    }

    #[test]
    fn a_lift_that_is_missing_is_an_error_that_names_it() {
        let mut fields = Map::new();
        let error = lift(RENAMED, OPENED, 0..2, &mut fields).unwrap_err().to_string();
        assert_eq!(
            error,
            "an event of kind message.opened, schema 0, cannot be lifted: no lift starts from schema 1"
        );
    }

    #[test]
    fn a_newer_schema_is_an_error_that_names_it() {
        let error = decode(OPENED, 2, &opened()).unwrap_err().to_string();
        assert_eq!(
            error,
            "an event of kind message.opened has schema 2, this version reads up to 1: run a newer one"
        );
    }

    #[test]
    fn an_unknown_kind_is_an_error_that_names_it() {
        let error = decode("message.sung", 7, b"{}").unwrap_err().to_string();
        assert_eq!(
            error,
            "an event of kind message.sung, schema 7, is unknown to this version: run a newer one"
        );
    }

    #[test]
    fn unreadable_data_is_an_error_that_names_kind_and_schema() {
        for (schema, lifts) in [(1, LIFTS), (0, RENAMED)] {
            let error = decode_with(lifts, OPENED, schema, b"[]").unwrap_err();
            assert!(
                matches!(error, Undecodable::Data { ref kind, schema: at, .. } if kind == OPENED && at == schema)
            );
        }
    }
}
