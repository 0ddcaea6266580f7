//! What a zone is, for a program that does not know its name: a VTIMEZONE (RFC 5545, 3.6.5).
//!
//! Invariant: for every instant of the years asked for, the offset it tells is the one our data of zones gives. Each
//! change is named one by one, by date: right for these years whatever the rule behind them was or will be.

use chrono::{Duration, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetComponents, OffsetName};
use domain::Timestamp;
use domain::clock::Zone;

use super::line::put;

/// What a clock of the zone is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    /// Seconds ahead of UTC.
    offset: i32,
    daylight: bool,
    name: String,
}

/// Clocks are set from one setting to another at these times, as they showed before it.
struct Observance {
    from: i32,
    to: Setting,
    at: Vec<NaiveDateTime>,
}

/// Writes the zone as it is from the beginning of one year to the end of another.
pub fn put_zone(out: &mut String, zone: Zone, years: std::ops::RangeInclusive<i32>) {
    put(out, "BEGIN:VTIMEZONE");
    put(out, &format!("TZID:{}", zone.name()));
    put(out, &format!("X-LIC-LOCATION:{}", zone.name()));
    for observance in observances(zone, years) {
        let kind = if observance.to.daylight { "DAYLIGHT" } else { "STANDARD" };
        let mut at = observance.at.iter().map(|at| at.format("%Y%m%dT%H%M%S"));
        put(out, &format!("BEGIN:{kind}"));
        if let Some(first) = at.next() {
            put(out, &format!("DTSTART:{first}"));
        }
        for next in at {
            put(out, &format!("RDATE:{next}"));
        }
        put(out, &format!("TZOFFSETFROM:{}", offset(observance.from)));
        put(out, &format!("TZOFFSETTO:{}", offset(observance.to.offset)));
        put(out, &format!("TZNAME:{}", observance.to.name));
        put(out, &format!("END:{kind}"));
    }
    put(out, "END:VTIMEZONE");
}

fn observances(zone: Zone, years: std::ops::RangeInclusive<i32>) -> Vec<Observance> {
    let midnight = |year| chrono::Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single();
    let (Some(begin), Some(end)) = (midnight(*years.start() - 1), midnight(*years.end() + 2)) else {
        return vec![];
    };
    let first = setting(zone, begin);
    let local = |instant: Timestamp, offset: i32| instant.naive_utc() + Duration::seconds(offset.into());
    let at = vec![local(begin, first.offset)];
    let mut all = vec![Observance { from: first.offset, to: first.clone(), at }];
    let (mut before, mut day) = (first, begin);
    while day < end {
        let next = day + Duration::days(1);
        let after = setting(zone, next);
        if after != before {
            let at = local(change(zone, day, next), before.offset);
            // The first one is how it begins, not a change.
            let known = all.iter_mut().skip(1).find(|known| known.from == before.offset && known.to == after);
            match known {
                Some(known) => known.at.push(at),
                None => all.push(Observance { from: before.offset, to: after.clone(), at: vec![at] }),
            }
            before = after;
        }
        day = next;
    }
    all
}

/// Returns the first second at which the clock is set as it is at `after`. It is set once between both.
fn change(zone: Zone, mut before: Timestamp, mut after: Timestamp) -> Timestamp {
    let to = setting(zone, after);
    while after - before > Duration::seconds(1) {
        let middle = before + Duration::seconds((after - before).num_seconds() / 2);
        if setting(zone, middle) == to {
            after = middle;
        } else {
            before = middle;
        }
    }
    after
}

fn setting(zone: Zone, at: Timestamp) -> Setting {
    let offset = zone.0.offset_from_utc_datetime(&at.naive_utc());
    let name =
        offset.abbreviation().map_or_else(|| self::offset(offset.fix().local_minus_utc()), str::to_owned);
    Setting { offset: offset.fix().local_minus_utc(), daylight: offset.dst_offset() > Duration::zero(), name }
}

/// Returns an offset as the standard writes it: `+0200`, with seconds only where there are some.
fn offset(seconds: i32) -> String {
    let (sign, size) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let (hours, minutes, seconds) = (size / 3600, size / 60 % 60, size % 60);
    let rest = if seconds == 0 { String::new() } else { format!("{seconds:02}") };
    format!("{sign}{hours:02}{minutes:02}{rest}")
}
