//! What the platform has for a school, in the words of the importer.

use domain::StructureId;
use domain::group::{GroupKind, Profile};
use domain::label::Uai;
use domain::person::{self, Availability};
use projections::PersonNo;
use projections::dense::StructureNo;
use projections::people::{People, Person};

use crate::onde::known::{self as onde, Known, KnownPerson, SourceKey};

/// Returns the school of this code and everybody attached to it, if it is there.
pub fn of(people: &People, uai: Uai) -> (Option<StructureId>, Known) {
    let Some((number, structure)) =
        people.structure_by_uai(uai).and_then(|number| Some((number, people.structure(number)?)))
    else {
        return (None, Known::default());
    };
    let rows = people.attached(number).into_iter().filter_map(|person| people.person(PersonNo(person)));
    let known = Known {
        people: rows.filter_map(|row| person_of(people, number, row)).collect(),
        classes: structure
            .classes
            .values()
            .filter(|class| class.open)
            .map(|class| class.name.to_string())
            .collect(),
        ..Known::default()
    };
    (Some(structure.id), known)
}

fn person_of(people: &People, structure: StructureNo, row: &Person) -> Option<KnownPerson> {
    let profile = match row.profile {
        Profile::Student => onde::Profile::Student,
        Profile::Teacher => onde::Profile::Teacher,
        Profile::Relative => onde::Profile::Relative,
        Profile::Staff | Profile::Guest => return None,
    };
    let identity = row.identity.as_ref()?;
    let attachment = row.attachment(structure)?;
    let classes = &people.structure(structure)?.classes;
    let source = if row.source == person::Source::Onde { onde::Source::Onde } else { onde::Source::Other };
    Some(KnownPerson {
        id: row.id,
        profile,
        identity: identity_of(identity),
        source,
        source_keys: identity.source_keys.iter().cloned().map(SourceKey).collect(),
        permanent: row.availability == Availability::Permanent,
        children: row.children.iter().filter_map(|child| people.id(*child)).collect(),
        classes: attachment.classes.iter().filter_map(|id| Some(classes.get(id)?.name.to_string())).collect(),
        levels: attachment.levels.iter().map(ToString::to_string).collect(),
        head: attachment.functions.iter().any(|(function, _)| function.as_str() == GroupKind::DIRECTION),
    })
}

fn identity_of(identity: &person::Identity) -> onde::Identity {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let address = identity.address.clone().unwrap_or_default();
    onde::Identity {
        honorific: text(&identity.honorific),
        names: onde::Names {
            last_name: identity.last_name.clone(),
            usual_name: text(&identity.usual_name),
            first_name: identity.first_name.clone(),
        },
        birth_date: identity.birth_date,
        email: text(&identity.email),
        phones: onde::Phones {
            home: text(&identity.home_phone),
            work: text(&identity.work_phone),
            mobile: text(&identity.mobile_phone),
        },
        address: onde::Address {
            street: address.street,
            post_code: address.post_code,
            town: address.town,
            country: address.country,
        },
    }
}
