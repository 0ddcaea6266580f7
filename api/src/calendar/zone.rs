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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::{NaiveTime, Utc};

    use super::*;
    use crate::calendar::line;

    /// When clocks are set, and to what: as a client works it out of a VTIMEZONE.
    fn settings(text: &str) -> Vec<(Timestamp, i32)> {
        let wall = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap();
        let seconds = |text: &str| {
            let part = |at: usize| text.get(at..at + 2).map_or(0, |part| part.parse::<i32>().unwrap());
            (part(1) * 3600 + part(3) * 60 + part(5)) * if text.starts_with('-') { -1 } else { 1 }
        };
        let mut settings = vec![];
        let lines = line::read(text.as_bytes());
        for observance in lines.split(|line| line.name == "BEGIN" && line.value != "VTIMEZONE").skip(1) {
            let all = |name: &'static str| {
                observance.iter().filter(move |line| line.name == name).flat_map(|line| line.value.split(','))
            };
            let Some(start) = all("DTSTART").next() else { continue };
            let from = seconds(all("TZOFFSETFROM").next().unwrap());
            let mut at: Vec<_> = all("DTSTART").chain(all("RDATE")).map(wall).collect();
            if let Some(rule) = observance.iter().find(|line| line.name == "RRULE") {
                // Its end is in UTC, and the rule counts on the wall.
                let rule = rule.value.split(';').map(|part| match part.strip_prefix("UNTIL=") {
                    Some(until) => {
                        let wall = wall(until.trim_end_matches('Z')) + Duration::seconds(from.into());
                        format!("UNTIL={}Z", wall.format("%Y%m%dT%H%M%S"))
                    }
                    None => part.to_owned(),
                });
                let rule = rule.collect::<Vec<_>>().join(";");
                let set: rrule::RRuleSet = format!("DTSTART:{start}Z\nRRULE:{rule}").parse().unwrap();
                let end = Utc.with_ymd_and_hms(2040, 1, 1, 0, 0, 0).unwrap().with_timezone(&rrule::Tz::UTC);
                at.extend(set.before(end).all(1000).dates.iter().map(chrono::DateTime::naive_utc));
            }
            let to = seconds(all("TZOFFSETTO").next().unwrap());
            settings.extend(at.into_iter().map(|at| ((at - Duration::seconds(from.into())).and_utc(), to)));
        }
        settings.sort_unstable();
        settings
    }

    fn told(settings: &[(Timestamp, i32)], at: Timestamp) -> i32 {
        settings[settings.partition_point(|(set, _)| *set <= at) - 1].1
    }

    fn written(zone: &str, years: std::ops::RangeInclusive<i32>) -> String {
        let mut out = String::new();
        put_zone(&mut out, Zone::parse(zone).unwrap(), years);
        out
    }

    /// Every half hour of some years.
    fn half_hours(years: std::ops::RangeInclusive<i32>) -> impl Iterator<Item = Timestamp> {
        let first =
            chrono::NaiveDate::from_ymd_opt(*years.start(), 1, 1).unwrap().and_time(NaiveTime::MIN).and_utc();
        (0..(*years.end() - *years.start() + 1) * 17_520)
            .map(move |index| first + Duration::minutes(30 * i64::from(index)))
    }

    #[test]
    fn the_offset_is_that_of_the_zone_at_every_half_hour() {
        for (zone, years) in [
            ("Europe/Paris", 2026..=2028),
            ("America/Miquelon", 2026..=2027),
            ("America/Cayenne", 2026..=2026),
            ("Indian/Reunion", 2026..=2026),
            ("Pacific/Noumea", 1996..=1998),
            ("Australia/Lord_Howe", 2026..=2027),
            // A month in spring in which the clocks are set back, by another date each year.
            ("Africa/Casablanca", 2026..=2028),
            // A day that did not exist.
            ("Pacific/Apia", 2011..=2012),
        ] {
            let text = written(zone, years.clone());
            let settings = settings(&text);
            for at in half_hours(years) {
                assert_eq!(
                    told(&settings, at),
                    setting(Zone::parse(zone).unwrap(), at).offset,
                    "{zone} {at}\n{text}"
                );
            }
        }
    }

    #[test]
    fn it_tells_what_others_tell_about_the_zone() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/booking/vtimezone");
        if !folder.is_dir() {
            println!("skipped: {} is missing", folder.display());
            return;
        }
        for zone in [
            "America/Cayenne",
            "America/Martinique",
            "America/Miquelon",
            "Australia/Lord_Howe",
            "Europe/Paris",
            "Pacific/Noumea",
            "Pacific/Tahiti",
        ] {
            let file = folder.join(format!("{}.ics", zone.replace('/', "_")));
            let theirs = settings(&std::fs::read_to_string(&file).unwrap());
            let ours = settings(&written(zone, 2015..=2030));
            for at in half_hours(2015..=2030) {
                assert_eq!(told(&ours, at), told(&theirs, at), "{zone} {at}");
            }
        }
    }

    #[test]
    fn changes_are_named_by_date_in_the_time_before_them() {
        let text = written("Europe/Paris", 2026..=2026).replace("\r\n", "\n");
        for line in [
            "DTSTART:20250330T020000\nRDATE:20260329T020000",
            "DTSTART:20251026T030000\nRDATE:20261025T030000",
        ] {
            assert!(text.contains(line), "{text}");
        }
        assert!(text.contains("TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nTZNAME:CET"));
    }

    #[test]
    fn an_offset_has_seconds_only_where_there_are_some() {
        let written = [7200, -12_600, 0, 561, -34_440 - 9].map(offset);
        assert_eq!(written, ["+0200", "-0330", "+0000", "+000921", "-093409"]);
    }
}
