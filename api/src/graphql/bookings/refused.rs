//! Why something was not done with a booking or a resource, rule by rule.

use chrono::NaiveDate;
use domain::GroupId;
use domain::resource::{Broken, Limit, Refusal, Rule, Unit};

use crate::graphql::acting::Acting;
use crate::graphql::common::UserError;
use crate::graphql::messaging::names;
use crate::texts::{Language, Texts, Value};

/// Returns a refusal as the caller reads it: one error for each broken rule and each date. Looks at the world where a
/// group is to be named, and so is not called within a look.
pub(crate) fn errors(acting: &Acting<'_>, refusal: &Refusal) -> Vec<UserError> {
    let called = |group| called(acting, group);
    told(&Voice { texts: &acting.front.texts, language: acting.caller.language, called: &called }, refusal)
}

/// The texts, in the language of whoever reads them, and what they may call a group.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    /// The texts.
    pub texts: &'a Texts,
    /// The language.
    pub language: Language,
    /// What a group is called, if they see it.
    pub called: &'a (dyn Fn(GroupId) -> Option<String> + Sync),
}

impl Voice<'_> {
    /// Returns what is said under a code.
    pub fn say(&self, code: impl ToString, field: Option<&str>, values: &[(&str, Value<'_>)]) -> UserError {
        let code = code.to_string();
        let message = self.texts.say(self.language, &code, values);
        UserError { code, field: field.map(ToOwned::to_owned), message }
    }
}

/// Returns a refusal as whoever is told reads it: one error for each broken rule and each date.
pub fn told(voice: &Voice<'_>, refusal: &Refusal) -> Vec<UserError> {
    match refusal {
        Refusal::Broken(broken) => broken.iter().map(|broken| of_rule(voice, broken)).collect(),
        Refusal::RulesUnfit(field) => vec![voice.say(refusal, Some(&format!("rules.{field}")), &[])],
        Refusal::Booked { dates } => vec![voice.say(refusal, None, &[("count", (*dates).into())])],
        other => vec![voice.say(other, field(other), &[])],
    }
}

/// Returns one broken rule; the field names the date where one is meant.
fn of_rule(voice: &Voice<'_>, broken: &Broken) -> UserError {
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
            let called = group.and_then(voice.called);
            let who = match (group, &called) {
                (None, _) => "everybody",
                (Some(_), Some(_)) => "group",
                (Some(_), None) => "unseen",
            };
            values.extend([("who", who.into()), ("group", called.unwrap_or_default().into())]);
        }
        Rule::InThePast | Rule::Closed(_) | Rule::OutsideOpeningHours | Rule::NotWholePeriods => {}
    }
    voice.say(&broken.rule, day.as_ref().map(of).as_deref(), &values)
}

fn of_limit(limit: Limit) -> [(&'static str, Value<'static>); 2] {
    let unit = if limit.unit == Unit::Minutes { "minutes" } else { "bookings" };
    [("most", limit.most.into()), ("unit", unit.into())]
}

/// Returns what a group is called, if the caller sees it.
pub(super) fn called(acting: &Acting<'_>, group: GroupId) -> Option<String> {
    acting.look(|world, rights| {
        let number = world.people.group(group).filter(|number| rights.sees_group(world, *number))?;
        names(acting, world).group_name(number)
    })
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
