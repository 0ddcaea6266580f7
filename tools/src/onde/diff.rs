//! What a line changes in a known person.
//!
//! Invariant: an empty cell changes nothing, and a person another feed or an administrator keeps only gains
//! what was empty.

use super::known::{KnownPerson, Source};
use super::plan::{Change, Field, PlannedPerson, Who};
use super::text::{class_key, email_key, fold, phone_key};

/// Returns what differs. `is_listed` says whether ONDE's files have this child.
pub fn changes(
    known: &KnownPerson,
    planned: &PlannedPerson,
    is_listed: impl Fn(&Who) -> bool,
) -> Vec<Change> {
    let mut changes = fields(known, planned);
    let fed_by_us = known.source == Source::Onde;
    let here: Vec<String> = known.classes.iter().map(|class| class_key(class)).collect();
    let there: Vec<String> = planned.classes.iter().map(|class| class_key(class)).collect();
    let joined = planned.classes.iter().filter(|class| !here.contains(&class_key(class)));
    changes.extend(joined.cloned().map(Change::JoinClass));
    if fed_by_us && !there.is_empty() {
        let left = known.classes.iter().filter(|class| !there.contains(&class_key(class)));
        changes.extend(left.cloned().map(Change::LeaveClass));
    }
    let added =
        planned.children.iter().filter(|child| !known.children.iter().any(|id| Who::Known(*id) == **child));
    changes.extend(added.copied().map(Change::AddChild));
    if fed_by_us {
        let dropped = known.children.iter().filter(|id| {
            let child = Who::Known(**id);
            !planned.children.contains(&child) && is_listed(&child)
        });
        changes.extend(dropped.copied().map(Change::DropChild));
    }
    match (known.head, planned.head) {
        (false, true) => changes.push(Change::BecomeHead),
        (true, false) if fed_by_us => changes.push(Change::StopBeingHead),
        (true, _) | (false, false) => {}
    }
    let new_keys = planned.source_keys.iter().filter(|key| !known.source_keys.contains(key));
    changes.extend(new_keys.cloned().map(Change::KeepKey));
    changes
}

fn fields(known: &KnownPerson, planned: &PlannedPerson) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut set = |field, before: &str, after: &str, same: bool| {
        let allowed = known.source == Source::Onde || before.is_empty();
        if !after.is_empty() && !same && allowed {
            changes.push(Change::Set { field, before: before.to_owned(), after: after.to_owned() });
        }
    };
    let (have, line) = (&known.identity, &planned.identity);
    // Another case is a way of showing a name, another accent is another spelling.
    for (field, before, after) in [
        (Field::LastName, &have.names.last_name, &line.names.last_name),
        (Field::UsualName, &have.names.usual_name, &line.names.usual_name),
        (Field::FirstName, &have.names.first_name, &line.names.first_name),
    ] {
        set(field, before, after, before.to_lowercase() == after.to_lowercase());
    }
    set(Field::Honorific, &have.honorific, &line.honorific, fold(&have.honorific) == fold(&line.honorific));
    let date = |date: Option<chrono::NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
    set(Field::BirthDate, &date(have.birth_date), &date(line.birth_date), have.birth_date == line.birth_date);
    set(Field::Email, &have.email, &line.email, email_key(&have.email) == email_key(&line.email));
    for (field, before, after) in [
        (Field::HomePhone, &have.phones.home, &line.phones.home),
        (Field::WorkPhone, &have.phones.work, &line.phones.work),
        (Field::MobilePhone, &have.phones.mobile, &line.phones.mobile),
    ] {
        set(
            field,
            before,
            after,
            before == after || (phone_key(before).is_some() && phone_key(before) == phone_key(after)),
        );
    }
    let shown = |address: &super::known::Address| {
        let parts = [&address.street, &address.post_code, &address.town, &address.country];
        parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
    };
    let (before, after) = (shown(&have.address), shown(&line.address));
    // A town without a street replaces no address.
    let partial = line.address.key().is_none() && !before.is_empty();
    set(Field::Address, &before, &after, partial || fold(&before) == fold(&after));
    let sorted = |levels: &[String]| {
        let mut levels: Vec<String> = levels.iter().map(|level| class_key(level)).collect();
        levels.sort();
        levels
    };
    let same = sorted(&known.levels) == sorted(&planned.levels);
    set(Field::Levels, &known.levels.join(", "), &planned.levels.join(", "), same);
    changes
}
