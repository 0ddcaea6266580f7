use std::path::Path;

use chrono::NaiveDateTime;
use proptest::prelude::*;

use super::*;
use crate::clock::Zone;
use crate::{Timestamp, booking::slot};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn dates(text: &str) -> Vec<Date> {
    text.split(' ').map(date).collect()
}

fn rule(text: &str) -> Rule {
    Rule::parse(text).unwrap()
}

fn first(zone: &str, start: &str, minutes: i64) -> Wall {
    let start = NaiveDateTime::parse_from_str(start, "%Y-%m-%dT%H:%M").unwrap();
    Wall { zone: Zone::parse(zone).unwrap(), start, end: start + chrono::TimeDelta::minutes(minutes) }
}

fn all(text: &str, first: &Wall) -> Result<Expanded, Refusal> {
    expand(&rule(text), first, &BTreeSet::new())
}

fn days(expanded: &Expanded) -> Vec<Date> {
    expanded.occurrences.iter().map(|occurrence| occurrence.date).collect()
}

fn starts(expanded: &Expanded) -> Vec<String> {
    let text = |at: &Occurrence| at.slot.start.format("%Y-%m-%dT%H:%MZ").to_string();
    expanded.occurrences.iter().map(text).collect()
}

/// Reads what other programs give for rules, or says that it is not there.
fn of_others() -> Option<String> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/booking/expected/recurrence.csv");
    let read = std::fs::read_to_string(&path).ok();
    if read.is_none() {
        println!("skipped: {} is missing", path.display());
    }
    read
}

/// Splits a line of a file of commas; what is between double quotes is one field.
fn fields(line: &str) -> Vec<String> {
    let mut quoted = false;
    let mut fields = vec![String::new()];
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().unwrap().push(other),
        }
    }
    fields
}

/// Writes a rule of the file in the words of the standard: it says "until" and "from" beside it.
fn in_words_of_the_standard(text: &str) -> String {
    let (rule, until) = text.split_once(" until ").map_or((text, None), |(rule, day)| (rule, Some(day)));
    let rule = match rule.split_once(" from Thu ").map_or(rule, |(rule, _)| rule) {
        // R5: once, and no frequency is said.
        "COUNT=1" => "FREQ=DAILY;COUNT=1",
        // M1: the only rule in prose.
        "monthly day 31 clamped" => "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD",
        rule => rule,
    };
    let until = until.map(|day| format!(";UNTIL={}", day.replace('-', "")));
    format!("{rule}{}", until.unwrap_or_default())
}

#[test]
fn rules_give_what_other_programs_give() {
    let Some(file) = of_others() else { return };
    let mut rows = 0;
    for line in file.lines().skip(1) {
        let row = fields(line);
        let [id, _, zone, start, duration, text, total, listed, first_utc, last_utc, note] = &row[..] else {
            panic!("{line}");
        };
        let minutes = match duration.as_str() {
            "PT1H" | "" => 60,
            "PT7H" => 420,
            "PT55M" => 55,
            other => panic!("{other}"),
        };
        let text = in_words_of_the_standard(text);
        let given =
            all(&text, &first(zone, start, minutes)).unwrap_or_else(|refusal| panic!("{id}: {refusal}"));
        assert_eq!(days(&given), dates(listed), "{id}");
        assert_eq!(given.occurrences.len().to_string(), *total, "{id}");
        assert_eq!(starts(&given).first(), Some(first_utc), "{id}");
        assert_eq!(starts(&given).last(), Some(last_utc), "{id}");
        assert!(given.dropped.is_empty(), "{id}");
        if note.contains("repeats only") {
            // The file counts from a Thursday that is no day of the rule. Here the first slot must be one.
            let thursday = first(zone, "2010-02-11T08:30", minutes);
            assert_eq!(all(&text, &thursday), Err(Refusal::FirstNotInSeries), "{id}");
        }
        rows += 1;
    }
    assert_eq!(rows, 21, "a row was added or lost");
}

#[test]
fn a_series_keeps_the_wall_time_of_its_zone() {
    for (zone, winter, summer) in [
        ("Europe/Paris", "2026-03-23T07:00Z", "2026-03-30T06:00Z"),
        ("America/Miquelon", "2026-03-23T10:00Z", "2026-03-30T10:00Z"),
        ("America/Martinique", "2026-03-23T12:00Z", "2026-03-30T12:00Z"),
        ("Indian/Reunion", "2026-03-23T04:00Z", "2026-03-30T04:00Z"),
        ("Pacific/Noumea", "2026-03-22T21:00Z", "2026-03-29T21:00Z"),
        ("Pacific/Tahiti", "2026-03-23T18:00Z", "2026-03-30T18:00Z"),
    ] {
        let given = all("FREQ=WEEKLY;COUNT=2", &first(zone, "2026-03-23T08:00", 60)).unwrap();
        assert_eq!(starts(&given), [winter, summer], "{zone}");
        assert_eq!(days(&given), dates("2026-03-23 2026-03-30"), "{zone}: the day is the local one");
    }
}

#[test]
fn an_hour_that_the_spring_change_skips_is_dropped_and_told() {
    for (start, minutes) in [("2026-03-28T02:30", 15), ("2026-03-28T01:30", 60)] {
        let given = all("FREQ=DAILY;COUNT=3", &first("Europe/Paris", start, minutes)).unwrap();
        assert_eq!(days(&given), dates("2026-03-28 2026-03-30"), "counted, though it is not there");
        assert_eq!(given.dropped, dates("2026-03-29"));
    }
    let left_out = BTreeSet::from([date("2026-03-29")]);
    let saturday = first("Europe/Paris", "2026-03-28T02:30", 15);
    let given = expand(&rule("FREQ=DAILY;COUNT=3"), &saturday, &left_out).unwrap();
    assert_eq!(given.dropped, [], "what is left out is not dropped");
    let sunday = first("Europe/Paris", "2026-03-29T02:30", 60);
    assert_eq!(all("FREQ=WEEKLY;COUNT=3", &sunday), Err(Refusal::Slot(NotASlot::NoSuchHour)));
}

#[test]
fn an_hour_that_comes_twice_is_the_first() {
    let given = all("FREQ=DAILY;COUNT=3", &first("Europe/Paris", "2026-10-24T02:30", 30)).unwrap();
    assert_eq!(starts(&given), ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"]);
    assert_eq!(given.occurrences[1].slot.minutes(), 90, "the clock shows half past two, then twice three");
}

#[test]
fn an_occurrence_may_end_days_later() {
    let given = all("FREQ=WEEKLY;COUNT=2", &first("Europe/Paris", "2026-10-23T18:00", 3 * 24 * 60)).unwrap();
    assert_eq!(days(&given), dates("2026-10-23 2026-10-30"));
    let hours = given.occurrences.iter().map(|occurrence| occurrence.slot.minutes() / 60);
    assert_eq!(hours.collect::<Vec<_>>(), [73, 72], "the change is in the first weekend");
}

#[test]
fn the_last_day_is_part_of_the_series() {
    for (until, count) in [("20260907", 1), ("20260913", 1), ("20260914", 2)] {
        let text = format!("FREQ=WEEKLY;UNTIL={until}");
        let given = all(&text, &first("Europe/Paris", "2026-09-07T23:00", 60)).unwrap();
        assert_eq!(given.occurrences.len(), count, "{until}");
    }
    let monday = first("Europe/Paris", "2026-09-07T08:00", 60);
    assert_eq!(all("FREQ=WEEKLY;UNTIL=20260906", &monday), Err(Refusal::Empty));
}

#[test]
fn weeks_begin_on_monday() {
    // From a Sunday: the Monday after it is of the next week, and only every other one counts.
    let given =
        all("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=4", &first("Europe/Paris", "2026-09-06T08:00", 60));
    assert_eq!(days(&given.unwrap()), dates("2026-09-06 2026-09-14 2026-09-20 2026-09-28"));
}

#[test]
fn day_31_is_skipped_in_a_short_month_or_is_its_last_day() {
    let first = first("Europe/Paris", "2027-01-31T08:00", 60);
    for (text, expected) in [
        ("FREQ=MONTHLY;COUNT=4", "2027-01-31 2027-03-31 2027-05-31 2027-07-31"),
        (
            "RSCALE=GREGORIAN;FREQ=MONTHLY;COUNT=4;SKIP=BACKWARD",
            "2027-01-31 2027-02-28 2027-03-31 2027-04-30",
        ),
        ("FREQ=MONTHLY;INTERVAL=13;UNTIL=20300101;SKIP=BACKWARD", "2027-01-31 2028-02-29 2029-03-31"),
    ] {
        assert_eq!(days(&all(text, &first).unwrap()), dates(expected), "{text}");
    }
    let last = all("FREQ=MONTHLY;BYDAY=-1SU;COUNT=3", &first).unwrap();
    assert_eq!(days(&last), dates("2027-01-31 2027-02-28 2027-03-28"));
}

#[test]
fn a_leap_day_comes_every_four_years_or_on_the_28th() {
    let first = first("Europe/Paris", "2028-02-29T08:00", 60);
    for (text, expected) in [
        ("FREQ=YEARLY;COUNT=2", "2028-02-29 2032-02-29"),
        ("FREQ=YEARLY;COUNT=3;SKIP=BACKWARD", "2028-02-29 2029-02-28 2030-02-28"),
    ] {
        assert_eq!(days(&all(text, &first).unwrap()), dates(expected), "{text}");
    }
}

#[test]
fn a_count_counts_what_is_left_out() {
    let monday = first("Europe/Paris", "2026-09-07T08:00", 60);
    let except = BTreeSet::from([date("2026-09-07"), date("2026-09-09"), date("2027-01-01")]);
    let given = expand(&rule("FREQ=DAILY;COUNT=4"), &monday, &except).unwrap();
    assert_eq!(days(&given), dates("2026-09-08 2026-09-10"));
    let every = dates("2026-09-07 2026-09-08").into_iter().collect();
    assert_eq!(expand(&rule("FREQ=DAILY;COUNT=2"), &monday, &every), Err(Refusal::Empty));
}

#[test]
fn the_first_slot_is_an_occurrence() {
    let tuesday = first("Europe/Paris", "2026-09-08T08:00", 60);
    for text in [
        "FREQ=WEEKLY;BYDAY=MO;COUNT=3",
        "FREQ=MONTHLY;BYMONTHDAY=9;COUNT=3",
        "FREQ=MONTHLY;BYDAY=1TU;COUNT=3",
        "FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=8;COUNT=3",
        "FREQ=MONTHLY;BYMONTHDAY=7;COUNT=3;SKIP=BACKWARD",
    ] {
        // The first Tuesday of September 2026 is the 1st.
        assert_eq!(all(text, &tuesday), Err(Refusal::FirstNotInSeries), "{text}");
    }
}

#[test]
fn a_series_has_366_dates_at_most() {
    let monday = first("Europe/Paris", "2026-09-07T08:00", 60);
    assert_eq!(all("FREQ=DAILY;COUNT=366", &monday).unwrap().occurrences.len(), 366);
    assert_eq!(all("FREQ=DAILY;UNTIL=20270907", &monday).unwrap().occurrences.len(), 366);
    assert_eq!(all("FREQ=DAILY;UNTIL=20270908", &monday), Err(Refusal::TooLong));
    for count in ["367", "65535", "65536", "18446744073709551615"] {
        assert_eq!(Rule::parse(&format!("FREQ=DAILY;COUNT={count}")), Err(Refusal::TooLong), "{count}");
    }
    let far = first("Europe/Paris", "2026-09-07T08:00", 60);
    for text in
        ["FREQ=YEARLY;INTERVAL=99;COUNT=3", "FREQ=YEARLY;UNTIL=99991231", "FREQ=YEARLY;INTERVAL=99;COUNT=366"]
    {
        assert_eq!(all(text, &far), Err(Refusal::Slot(NotASlot::OutOfRange)), "{text}");
    }
}

#[test]
fn a_series_that_overlaps_itself_is_refused() {
    let day = 24 * 60;
    for (minutes, refused) in [(day, false), (day + 1, true)] {
        let given = all("FREQ=DAILY;COUNT=3", &first("Europe/Paris", "2026-09-07T08:00", minutes));
        assert_eq!(given.err(), refused.then_some(Refusal::OverlapsItself), "{minutes}");
    }
    // An hour longer by the autumn change, and still it only touches the next.
    let over = all("FREQ=DAILY;COUNT=3", &first("Europe/Paris", "2026-10-24T00:00", day)).unwrap();
    assert_eq!(over.occurrences[1].slot.minutes(), 25 * 60);
}

#[test]
fn a_rule_has_one_text() {
    for (read, written) in [
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,MO;COUNT=10;WKST=MO",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=10",
        ),
        ("until=20260713;freq=daily;interval=1", "FREQ=DAILY;UNTIL=20260713"),
        ("FREQ=MONTHLY;BYDAY=+2TU;COUNT=3", "FREQ=MONTHLY;BYDAY=2TU;COUNT=3"),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3"),
        ("FREQ=WEEKLY;BYDAY=MO,MO;COUNT=3;WKST=SU", "FREQ=WEEKLY;BYDAY=MO;COUNT=3"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=3;WKST=SU", "FREQ=WEEKLY;INTERVAL=2;COUNT=3"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3;SKIP=BACKWARD",
            "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3;SKIP=BACKWARD",
        ),
        (
            "FREQ=YEARLY;BYMONTHDAY=5;BYMONTH=3;COUNT=3;SKIP=OMIT",
            "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5;COUNT=3",
        ),
    ] {
        assert_eq!(rule(read).to_string(), written);
        let stored = serde_json::to_string(&rule(read)).unwrap();
        assert_eq!(stored, format!("\"{written}\""));
        assert_eq!(serde_json::from_str::<Rule>(&stored).unwrap(), rule(read));
    }
}

#[test]
fn what_is_not_understood_is_named() {
    for (text, part) in [
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1;COUNT=3", "BYSETPOS=1"),
        ("FREQ=HOURLY;COUNT=3", "FREQ=HOURLY"),
        ("COUNT=3", "FREQ="),
        ("", ""),
        ("FREQ=DAILY;;COUNT=3", ""),
        ("FREQ=DAILY;BYDAY=MO;COUNT=3", "BYDAY=MO"),
        ("FREQ=DAILY;COUNT=3;COUNT=4", "COUNT=4"),
        ("FREQ=DAILY;COUNT=", "COUNT="),
        ("FREQ=DAILY;COUNT=0", "COUNT=0"),
        ("FREQ=DAILY;COUNT=-3", "COUNT=-3"),
        ("FREQ=DAILY;COUNT=+3", "COUNT=+3"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20260713", "UNTIL=20260713"),
        ("FREQ=DAILY;UNTIL=20260713T080000Z", "UNTIL=20260713T080000Z"),
        ("FREQ=DAILY;UNTIL=20260231", "UNTIL=20260231"),
        ("FREQ=DAILY;INTERVAL=0;COUNT=3", "INTERVAL=0"),
        ("FREQ=DAILY;INTERVAL=100;COUNT=3", "INTERVAL=100"),
        ("FREQ=DAILY;INTERVAL=300;COUNT=3", "INTERVAL=300"),
        ("FREQ=WEEKLY;BYDAY=MO,XX;COUNT=3", "BYDAY=XX"),
        ("FREQ=WEEKLY;BYDAY=1MO;COUNT=3", "BYDAY=1MO"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=3;WKST=SU", "WKST=SU"),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=3;WKST=XX", "WKST=XX"),
        ("FREQ=MONTHLY;BYDAY=MO;COUNT=3", "BYDAY=MO"),
        ("FREQ=MONTHLY;BYDAY=6MO;COUNT=3", "BYDAY=6MO"),
        ("FREQ=MONTHLY;BYDAY=-2MO;COUNT=3", "BYDAY=-2MO"),
        ("FREQ=MONTHLY;BYDAY=1MO,2TU;COUNT=3", "BYDAY=1MO,2TU"),
        ("FREQ=MONTHLY;BYDAY=É;COUNT=3", "BYDAY=É"),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=3;COUNT=3", "BYMONTHDAY=3"),
        ("FREQ=MONTHLY;BYMONTHDAY=32;COUNT=3", "BYMONTHDAY=32"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "BYMONTHDAY=-1"),
        ("FREQ=YEARLY;BYMONTH=2;COUNT=3", "BYMONTH=2"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "BYMONTH=2;BYMONTHDAY=30"),
        ("RSCALE=HEBREW;FREQ=DAILY;COUNT=3", "RSCALE=HEBREW"),
        ("FREQ=DAILY;COUNT=3;SKIP=FORWARD", "SKIP=FORWARD"),
    ] {
        assert_eq!(Rule::parse(text), Err(Refusal::NotUnderstood { part: part.to_owned() }), "{text}");
    }
    assert_eq!(Rule::parse("FREQ=DAILY"), Err(Refusal::WithoutEnd));
}

#[test]
fn a_series_is_parted_at_a_day_it_has() {
    let monday = date("2026-09-07");
    for (text, at, head, tail) in [
        ("FREQ=WEEKLY;BYDAY=MO,TH;COUNT=5", "2026-09-14", "COUNT=2", "COUNT=3"),
        ("FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20260921", "2026-09-14", "UNTIL=20260913", "UNTIL=20260921"),
    ] {
        let (before, after) = rule(text).split_at(monday, date(at)).unwrap();
        let written = |end| format!("FREQ=WEEKLY;BYDAY=MO,TH;{end}");
        assert_eq!(before.unwrap().to_string(), written(head));
        assert_eq!(after.to_string(), written(tail));
    }
    let series = rule("FREQ=WEEKLY;COUNT=5");
    assert_eq!(series.split_at(monday, monday).unwrap(), (None, rule("FREQ=WEEKLY;BYDAY=MO;COUNT=5")));
    assert_eq!(series.split_at(monday, date("2026-09-08")), Err(Refusal::NotInSeries));
}

#[test]
fn day_31_is_not_forgotten_when_a_series_is_parted_in_february() {
    let series = rule("FREQ=MONTHLY;COUNT=4;SKIP=BACKWARD");
    let (_, after) = series.split_at(date("2027-01-31"), date("2027-02-28")).unwrap();
    assert_eq!(after.dates(date("2027-02-28")).unwrap(), dates("2027-02-28 2027-03-31 2027-04-30"));
}

fn weekday() -> impl Strategy<Value = Weekday> {
    (0_u8..7).prop_map(|day| Weekday::try_from(day).unwrap())
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let every = prop_oneof![
        Just(Every::Day),
        proptest::collection::vec(weekday(), 0..5).prop_map(Every::Week),
        (0_u8..=31).prop_map(|day| Every::Month(Some(day).filter(|day| *day > 0))),
        (prop_oneof![Just(-1_i8), 1_i8..=5], weekday()).prop_map(|(nth, day)| Every::MonthWeekday(nth, day)),
        Just(Every::Year(None)),
        (1_u8..=12, 1_u8..=28).prop_map(|day| Every::Year(Some(day))),
    ];
    let ends = prop_oneof![
        (1_u16..40).prop_map(Ends::Count),
        (0_i64..900).prop_map(|days| Ends::Until(date("2026-01-01") + chrono::TimeDelta::days(days))),
    ];
    let short = prop_oneof![Just(ShortMonths::Skip), Just(ShortMonths::Clamp)];
    (every, 1_u8..5, ends, short)
        .prop_map(|(every, interval, ends, short)| Rule::new(every, interval, ends, short).unwrap())
}

/// A first slot, moved to a day on which the rule may well begin.
fn any_first() -> impl Strategy<Value = Wall> {
    let zone = prop_oneof![
        Just("Europe/Paris"),
        Just("America/Miquelon"),
        Just("Indian/Reunion"),
        Just("Australia/Lord_Howe"),
        Just("Pacific/Noumea"),
    ];
    (zone, 0_i64..600, 0_i64..24 * 60, 1_i64..30 * 60).prop_map(|(zone, day, minute, minutes)| {
        let mut wall = first(zone, "2026-01-01T00:00", minutes);
        let moved = chrono::TimeDelta::days(day) + chrono::TimeDelta::minutes(minute);
        wall.start += moved;
        wall.end += moved;
        wall
    })
}

/// Moves the first slot to the first day after it on which the rule can begin, within two years.
fn begun(rule: &Rule, first: Wall) -> Option<Wall> {
    let days = first.start.date().iter_days().take(800);
    let mut fitting = days.filter(|day| rule.dates(*day) != Err(Refusal::FirstNotInSeries));
    fitting.next().map(|day| on(&first, day))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn occurrences_are_in_order_apart_and_at_the_wall_time(rule in any_rule(), wall in any_first()) {
        let Some(wall) = begun(&rule, wall) else { return Ok(()) };
        let Ok(given) = expand(&rule, &wall, &BTreeSet::new()) else { return Ok(()) };
        prop_assert!(given.occurrences.windows(2).all(|two| two[0].slot.end <= two[1].slot.start));
        prop_assert_eq!(given.occurrences[0].date, wall.start.date());
        for at in &given.occurrences {
            let shown = |instant: Timestamp| slot::wall(wall.zone, instant);
            prop_assert_eq!(shown(at.slot.start).time(), wall.start.time());
            prop_assert_eq!(shown(at.slot.end).time(), wall.end.time());
            prop_assert_eq!(shown(at.slot.start).date(), at.date);
        }
        let told = given.occurrences.len() + given.dropped.len();
        match rule.ends() {
            Ends::Count(count) => prop_assert_eq!(told, usize::from(count)),
            Ends::Until(last) => prop_assert!(days(&given).iter().all(|day| *day <= last)),
        }
    }

    #[test]
    fn what_is_left_out_changes_nothing_else(
        rule in any_rule(), wall in any_first(), left_out in proptest::collection::vec(any::<prop::sample::Index>(), 0..9)
    ) {
        let Some(wall) = begun(&rule, wall) else { return Ok(()) };
        let Ok(whole) = expand(&rule, &wall, &BTreeSet::new()) else { return Ok(()) };
        let days = rule.dates(wall.start.date()).unwrap();
        let except: BTreeSet<_> = left_out.iter().map(|index| *index.get(&days)).collect();
        let kept = |date: &Date| !except.contains(date);
        let occurrences: Vec<_> = whole.occurrences.into_iter().filter(|at| kept(&at.date)).collect();
        let dropped = whole.dropped.into_iter().filter(kept).collect();
        let expected =
            if occurrences.is_empty() { Err(Refusal::Empty) } else { Ok(Expanded { occurrences, dropped }) };
        prop_assert_eq!(expand(&rule, &wall, &except), expected);
    }

    #[test]
    fn both_parts_give_what_the_whole_gives(
        rule in any_rule(), wall in any_first(), at in any::<prop::sample::Index>()
    ) {
        let Some(wall) = begun(&rule, wall) else { return Ok(()) };
        let start = wall.start.date();
        let Ok(whole) = rule.dates(start) else { return Ok(()) };
        let at = *at.get(&whole);
        let (head, tail) = rule.split_at(start, at).unwrap();
        let mut parts = head.map_or(vec![], |head| head.dates(start).unwrap());
        prop_assert!(parts.iter().all(|day| *day < at));
        parts.extend(tail.dates(at).unwrap());
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn a_rule_is_read_as_it_was_written(rule in any_rule()) {
        prop_assert_eq!(Rule::parse(&rule.to_string()), Ok(rule));
    }

    #[test]
    fn no_text_breaks_the_reader(text in "(FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY);)?[A-Zé0-9=;,+-]{0,40}") {
        if let Ok(rule) = Rule::parse(&text) {
            prop_assert_eq!(Rule::parse(&rule.to_string()), Ok(rule));
        }
    }
}
