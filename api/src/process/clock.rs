//! The clock process: appends that a day began, at local midnight and for each day missed.

use std::time::Duration;

use chrono::TimeZone;
use domain::actor::Actor;
use domain::clock::{BeginDays, Days, Zone};
use domain::{CommandId, StreamId, Timestamp};
use eventlog::Position;

use crate::failure::Result;
use crate::node::Node;

/// The name of the process.
const NAME: &str = "clock";

/// Begins every day that is due in every zone of a structure, and returns the position that says so.
pub async fn begin_days(node: &Node) -> Result<Position> {
    let zones = node.read(|world| world.people.structure_zones());
    let mut position = node.log().head();
    for zone in zones {
        position = begin(node, zone).await?.max(position);
    }
    Ok(position)
}

/// Begins every day that is due in one zone.
pub async fn begin(node: &Node, zone: Zone) -> Result<Position> {
    let today = zone.day_at(node.now());
    // The same day of the same zone is the same command on any node.
    let key = domain::id::derive(&[b"preau.day.v1", zone.name().as_bytes(), today.to_string().as_bytes()]);
    let order = node.order_as(Actor::Process(NAME.to_owned()), CommandId::from_u128(key));
    let command = BeginDays { zone, today };
    let carried = node.execute::<Days>(&order, &StreamId::clock(zone.name()), command).await?;
    Ok(carried.position)
}

/// Runs until the read models stop: looks again at the next midnight of any zone, and when zones are added.
pub async fn run(node: &Node) -> Result<()> {
    let mut position = node.live().watch();
    loop {
        begin_days(node).await?;
        let zones = node.read(|world| world.people.structure_zones());
        let wait = next_midnight(&zones, node.now());
        let more = position.wait_for(|_| node.read(|world| world.people.structure_zones()) != zones);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            changed = more => if changed.is_err() { return Ok(()) },
        }
    }
}

/// Returns how long it is to the next midnight of any of `zones`; an hour at most, so that a clock that was set
/// is noticed.
fn next_midnight(zones: &[Zone], now: Timestamp) -> Duration {
    let until = |zone: &Zone| {
        let tomorrow = zone.day_at(now).succ_opt()?.and_hms_opt(0, 0, 0)?;
        // Where midnight does not exist (a zone that jumps then), the hour below decides.
        (zone.0.from_local_datetime(&tomorrow).earliest()?.with_timezone(&chrono::Utc) - now).to_std().ok()
    };
    let hour = Duration::from_hours(1);
    zones.iter().filter_map(until).min().unwrap_or(hour).clamp(Duration::from_millis(5), hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_midnight_is_that_of_the_nearest_zone() {
        let now = "2026-11-25T19:30:00Z".parse().unwrap();
        let zones = [Zone::PARIS, Zone::parse("Indian/Reunion").unwrap()];
        assert_eq!(
            next_midnight(&zones, now),
            Duration::from_mins(30),
            "20:00 UTC is midnight in La Réunion"
        );
        assert_eq!(next_midnight(&zones[..1], now), Duration::from_hours(1));
    }
}
