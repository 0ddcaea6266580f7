//! A moment as it is typed: a position of the log, or an instant.

use std::sync::Arc;

use anyhow::Result;
use api::Node;
use chrono::DateTime;
use eventlog::Position;
use projections::World;

use crate::failed;

/// A moment of the log, as it was typed for an option.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    option: &'a str,
    at: At,
}

#[derive(Debug, Clone, Copy)]
enum At {
    Position(Position),
    Instant(domain::Timestamp),
}

/// Reads what was typed for an option.
pub fn read<'a>(option: &'a str, text: &str) -> Result<Moment<'a>> {
    if let Ok(position) = text.parse() {
        return Ok(Moment { option, at: At::Position(Position(position)) });
    }
    let instant = DateTime::parse_from_rfc3339(text).map_err(|_| {
        failed::input(format!(
            "{option} {text}: write a position, such as 1234, or an instant with its offset, such as \
             2026-09-03T18:00:00+02:00"
        ))
    })?;
    Ok(Moment { option, at: At::Instant(instant.to_utc()) })
}

impl Moment<'_> {
    /// Returns the last position at this moment.
    pub async fn position(&self, node: &Node) -> Result<Position> {
        let head = node.log().head();
        let position = match self.at {
            At::Position(position) => position,
            At::Instant(instant) => node.past().position_at(instant).await?,
        };
        if position == Position::START || position > head {
            let option = self.option;
            return Err(failed::not_there(format!("{option}: this log goes from position 1 to {head}")));
        }
        Ok(position)
    }

    /// Returns the world as it was.
    pub async fn world(&self, node: &Node) -> Result<Arc<World>> {
        Ok(node.past().at(self.position(node).await?).await?)
    }
}
