//! Why something was not done with a booking or a resource, rule by rule.

use chrono::NaiveDate;
use domain::GroupId;
use domain::resource::{Broken, Limit, Refusal, Rule, Unit};

use crate::graphql::acting::Acting;
use crate::graphql::common::UserError;
use crate::graphql::messaging::names;
use crate::texts::Value;

/// Returns a refusal as the caller reads it: one error for each broken rule and each date. Looks at the world where a
/// group is to be named, and so is not called within a look.
pub(crate) fn errors(acting: &Acting<'_>, refusal: &Refusal) -> Vec<UserError> {
    match refusal {
        Refusal::Broken(broken) => broken.iter().map(|broken| of_rule(acting, broken)).collect(),
        Refusal::RulesUnfit(field) => vec![acting.refused(refusal, Some(&format!("rules.{field}")))],
        Refusal::Booked { dates } => vec![say(acting, refusal, None, &[("count", (*dates).into())])],
        other => vec![acting.refused(other, field(other))],
    }
}

/// Returns one broken rule; the field names the date where one is meant.
pub(crate) fn of_rule(acting: &Acting<'_>, broken: &Broken) -> UserError {
    let day = broken.date.map(|date: NaiveDate| date.to_string());
    let of = |day: &String| format!("dates.{day}");
    let mut values = vec![("date", day.clone().unwrap_or_default().into())];
    match &broken.rule {
        Rule::SlotTaken { free } => values.push(("free", (*free).into())),
        Rule::MoreThanThereIs { quantity } => values.push(("quantity", (*quantity).into())),
        Rule::TooShort { minutes }
        | Rule::TooLong { minutes }
        | Rule::TooLate { minutes }
        | Rule::TooEarly { minutes } => {
            values.push(("minutes", (*minutes).into()));
        }
        Rule::TooFarAhead { days } => values.push(("days", (*days).into())),
        Rule::QuotaReached(limit) => values.extend(of_limit(*limit)),
        Rule::SharedQuotaReached { group, limit } => {
            values.extend(of_limit(*limit));
            let called = group.and_then(|group| called(acting, group));
            let who = match (group, &called) {
                (None, _) => "everybody",
                (Some(_), Some(_)) => "group",
                (Some(_), None) => "unseen",
            };
            values.extend([("who", who.into()), ("group", called.unwrap_or_default().into())]);
        }
        Rule::InThePast | Rule::Closed(_) | Rule::OutsideOpeningHours | Rule::NotWholePeriods => {}
    }
    say(acting, &broken.rule, day.as_ref().map(of).as_deref(), &values)
}

fn of_limit(limit: Limit) -> [(&'static str, Value<'static>); 2] {
    let unit = if limit.unit == Unit::Minutes { "minutes" } else { "bookings" };
    [("most", limit.most.into()), ("unit", unit.into())]
}

/// Returns what a group is called, if the caller sees it.
fn called(acting: &Acting<'_>, group: GroupId) -> Option<String> {
    acting.look(|world, rights| {
        let number = world.people.group(group).filter(|number| rights.sees_group(world, *number))?;
        names(acting, world).group_name(number)
    })
}

fn say(
    acting: &Acting<'_>,
    code: impl ToString,
    field: Option<&str>,
    values: &[(&str, Value<'_>)],
) -> UserError {
    acting.front.user_error(acting.caller.language, code, field, values)
}

fn field(refusal: &Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::NameUnfit => Some("name"),
        Refusal::QuantityUnfit | Refusal::NoQuantity => Some("quantity"),
        Refusal::MayNotOverride => Some("override"),
        Refusal::ReasonRequired => Some("reason"),
        Refusal::NotASlot(_) => Some("start"),
        Refusal::Series(_) | Refusal::NoSeries => Some("rule"),
        Refusal::NoSuchDate => Some("date"),
        Refusal::Unknown
        | Refusal::Deleted
        | Refusal::RulesUnfit(_)
        | Refusal::Booked { .. }
        | Refusal::UnknownBooking
        | Refusal::RoleTooLow
        | Refusal::Broken(_)
        | Refusal::NothingWaits
        | Refusal::NotHeld
        | Refusal::Ended
        | Refusal::Begun
        | Refusal::OwnerMayNot => None,
    }
}

/// Returns a code that was kept alone, without what the sentence would name.
pub(crate) fn plain(acting: &Acting<'_>, code: &str, field: Option<&str>) -> UserError {
    let none = ["date", "free", "quantity", "minutes", "days", "most", "unit", "count", "who", "group"]
        .map(|name| (name, "".into()));
    acting.front.user_error(acting.caller.language, code, field, &none)
}
