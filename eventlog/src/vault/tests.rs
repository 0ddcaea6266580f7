use domain::sealed::Sealed;
use domain::{PersonId, StructureId};

use super::*;

const EVENT: EventId = EventId::from_u128(77);
const MONTH: u32 = 202_609;

/// One sealed field, of any subject, retention, name and index.
#[derive(Debug, Clone, PartialEq)]
struct Field {
    subject: Subject,
    retention: Retention,
    name: &'static str,
    index: u32,
    value: Sealed<String>,
}

impl Carries for Field {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(self.subject, self.retention, self.name, self.index, &mut self.value);
    }
}

struct Fields(Vec<Field>);

impl Carries for Fields {
    fn each(&mut self, visit: &mut dyn Visit) {
        self.0.iter_mut().for_each(|field| field.each(visit));
    }
}

fn person(number: u128) -> PersonId {
    PersonId::from_u128(number)
}

fn message(number: u128) -> MessageId {
    MessageId::from_u128(number)
}

fn identity() -> Field {
    Field {
        subject: Subject::Identity(person(1)),
        retention: Retention::Life,
        name: "name",
        index: 0,
        value: "Odile".to_owned().into(),
    }
}

fn body(number: u128) -> Field {
    Field {
        subject: Subject::Writing(person(1), message(number)),
        retention: Retention::Message,
        name: "body",
        index: 0,
        value: "Bonjour".to_owned().into(),
    }
}

fn vault() -> Vault {
    Vault::new(Arc::new(Ring::ephemeral().unwrap()))
}

fn shut(vault: &Vault, field: Field) -> Field {
    shut_in(vault, MONTH, field)
}

fn shut_in(vault: &Vault, month: u32, mut field: Field) -> Field {
    vault.shut(EVENT, month, &mut field).unwrap();
    field
}

fn open(vault: &Vault, mut field: Field) -> Sealed<String> {
    vault.open(EVENT, &mut field).unwrap();
    field.value
}

fn stored(field: &Field) -> &str {
    match &field.value {
        Sealed::Shut(text) => text,
        other => panic!("not shut: {other:?}"),
    }
}

fn subjects() -> [Subject; 4] {
    [
        Subject::Identity(person(1)),
        Subject::Writing(person(1), message(1)),
        Subject::Structure(StructureId::from_u128(1)),
        Subject::Platform,
    ]
}

fn retentions() -> [Retention; 5] {
    [Retention::Life, Retention::Connection, Retention::Message, Retention::Register, Retention::Import]
}

#[test]
fn what_was_shut_opens_for_every_subject_and_retention() {
    let vault = vault();
    for subject in subjects() {
        for retention in retentions() {
            let field = Field { subject, retention, ..identity() };
            let sealed = shut(&vault, field.clone());
            let month = if retention == Retention::Life { "1:0:-:" } else { "1:0:202609:" };
            assert!(stored(&sealed).starts_with(month), "{}", stored(&sealed));
            assert_eq!(open(&vault, sealed), field.value);
        }
    }
}

#[test]
fn a_retry_stores_the_same_bytes() {
    let vault = vault();
    assert_eq!(shut(&vault, body(1)), shut(&vault, body(1)));
}

#[test]
fn a_field_shut_already_stays_as_it_is() {
    let vault = vault();
    let sealed = shut(&vault, body(1));
    assert_eq!(shut_in(&vault, 202_612, sealed.clone()), sealed);
    assert_eq!(open(&vault, body(1)), body(1).value);
}

#[test]
fn the_month_in_the_text_decides_not_the_month_of_opening() {
    let vault = vault();
    let (september, october) = (shut_in(&vault, 202_609, body(1)), shut_in(&vault, 202_610, body(1)));
    assert_ne!(september, october);
    vault.ring().destroy(&[Entry::Month { class: Class::Message, month: 202_609 }]).unwrap();
    assert_eq!(open(&vault, september), Sealed::Erased);
    assert_eq!(open(&vault, october), body(1).value);
}

#[test]
fn what_is_sealed_for_one_place_opens_at_no_other() {
    let vault = vault();
    let sealed = shut(&vault, Field { index: 1, ..body(1) });
    let subject = |subject| Field { subject, ..sealed.clone() };
    let elsewhere = [
        Field { name: "subject", ..sealed.clone() },
        Field { index: 0, ..sealed.clone() },
        subject(Subject::Writing(person(1), message(2))),
        subject(Subject::Writing(person(2), message(1))),
        subject(Subject::Identity(person(1))),
        subject(Subject::Structure(StructureId::from_u128(1))),
        subject(Subject::Platform),
        Field { retention: Retention::Register, ..sealed.clone() },
        Field { value: Sealed::Shut(stored(&sealed).replace("202609", "202610").into()), ..sealed.clone() },
        Field { retention: Retention::Life, ..sealed.clone() },
    ];
    // All keys exist, so none of this passes for erased.
    for field in &elsewhere {
        let field = Field { value: "x".to_owned().into(), ..field.clone() };
        shut_in(&vault, 202_610, shut(&vault, field.clone()));
        shut_in(&vault, 202_610, field);
    }
    for mut field in elsewhere {
        assert!(
            matches!(vault.open(EVENT, &mut field), Err(VaultError::Unopenable { event: EVENT, .. })),
            "{field:?}"
        );
        assert_eq!(field.value, Sealed::Shut(field.value.clone().shut()));
    }
    let mut other_event = sealed.clone();
    assert!(vault.open(EventId::from_u128(78), &mut other_event).is_err());
    assert_eq!(open(&vault, sealed), body(1).value);
}

trait ShutText {
    fn shut(self) -> Box<str>;
}

impl ShutText for Sealed<String> {
    fn shut(self) -> Box<str> {
        match self {
            Self::Shut(text) => text,
            other => panic!("not shut: {other:?}"),
        }
    }
}

#[test]
fn each_of_the_two_keys_erases() {
    for subject in subjects() {
        for retention in retentions() {
            let field = Field { subject, retention, ..identity() };
            let vault = vault();
            let sealed = shut(&vault, field.clone());
            if let Some(class) = Class::of(retention) {
                vault.ring().destroy(&[Entry::Month { class, month: MONTH }]).unwrap();
                assert_eq!(open(&vault, sealed), Sealed::Erased);
            }
            let vault = super::tests::vault();
            let sealed = shut(&vault, field.clone());
            vault.ring().destroy(&[entry(subject)]).unwrap();
            assert_eq!(open(&vault, sealed.clone()), Sealed::Erased);
            // What is sealed later has a key of its own and does not bring the old back.
            let later = shut(&vault, field.clone());
            assert!(stored(&later).starts_with("1:1:"));
            assert_eq!((open(&vault, later), open(&vault, sealed)), (field.value, Sealed::Erased));
        }
    }
}

#[test]
fn nothing_is_sealed_in_a_month_that_ended() {
    let vault = vault();
    vault.ring().destroy(&[Entry::Month { class: Class::Message, month: MONTH }]).unwrap();
    let error = vault.shut(EVENT, MONTH, &mut body(1)).unwrap_err();
    assert!(matches!(error, VaultError::Keys(KeyError::Destroyed(_))), "{error}");
}

#[test]
fn one_message_is_erased_alone() {
    let vault = vault();
    let [first, second] = [1, 2].map(|number| shut(&vault, body(number)));
    vault.ring().destroy_message(person(1), message(1), [message(2)]).unwrap();
    assert_eq!(open(&vault, first), Sealed::Erased);
    assert_eq!(open(&vault, second), body(2).value);
    // The message that stays goes on under the new key.
    let third = shut(&vault, body(2));
    assert!(stored(&third).starts_with("1:1:"));
    assert_eq!(open(&vault, third), body(2).value);
}

#[test]
fn a_changed_text_is_a_fault_and_says_nothing_of_its_content() {
    let vault = vault();
    let sealed = shut(&vault, body(1));
    let text = stored(&sealed);
    let start = text.rfind(':').unwrap() + 1;
    for at in (0..2).chain(start..text.len()) {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        let mut field = Field { value: Sealed::Shut(changed.into()), ..sealed.clone() };
        let error = vault.open(EVENT, &mut field).unwrap_err();
        assert!(
            matches!(error, VaultError::Unopenable { event: EVENT, field: "body", index: 0, .. }),
            "{at}"
        );
    }
    for text in ["", "1:0:202609:", "1:0:202609:AAAA", "1:0:202609", "Bonjour"] {
        let mut field = Field { value: Sealed::Shut(text.into()), ..sealed.clone() };
        assert!(vault.open(EVENT, &mut field).is_err(), "{text}");
    }
}

#[test]
fn a_value_of_another_type_is_a_fault_that_does_not_repeat_it() {
    struct Number(Sealed<u32>);
    impl Carries for Number {
        fn each(&mut self, visit: &mut dyn Visit) {
            let field = body(1);
            visit.field(field.subject, field.retention, field.name, 0, &mut self.0);
        }
    }
    let vault = vault();
    let sealed = shut(&vault, body(1));
    let error = vault.open(EVENT, &mut Number(Sealed::Shut(stored(&sealed).into()))).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("Bonjour"));
}

#[test]
fn an_erased_field_and_a_wrong_month_are_not_shut() {
    let vault = vault();
    let mut erased = Field { value: Sealed::Erased, ..body(1) };
    assert!(matches!(vault.shut(EVENT, MONTH, &mut erased), Err(VaultError::Unsealable { .. })));
    assert_eq!(open(&vault, erased), Sealed::Erased);
    for month in [0, 9, 202_600, 202_613, 20_260_901] {
        assert!(matches!(vault.shut(EVENT, month, &mut body(1)), Err(VaultError::NotAMonth(_))));
    }
}

#[test]
fn all_fields_of_an_event_are_shut_and_opened() {
    let vault = vault();
    let fields: Vec<Field> = (0..4).map(|index| Field { index, ..body(1) }).chain([identity()]).collect();
    let mut event = Fields(fields.clone());
    vault.shut(EVENT, MONTH, &mut event).unwrap();
    for (at, field) in event.0.iter().enumerate() {
        assert!(event.0[..at].iter().all(|other| stored(other) != stored(field)));
    }
    vault.open(EVENT, &mut event).unwrap();
    assert_eq!(event.0, fields);
}

#[test]
fn what_was_shut_before_a_restart_opens_after_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let ring = || Arc::new(Ring::open(folder.path(), None).unwrap().0);
    let before = Vault::new(ring());
    let sealed = [identity(), body(1)].map(|field| shut(&before, field));
    before.ring().before_commit().unwrap();
    drop(before);
    let after = Vault::new(ring());
    assert_eq!(sealed.map(|field| open(&after, field)), [identity().value, body(1).value]);
}

#[test]
fn the_stored_bytes_never_change() {
    // Everything ever sealed depends on them. Another program computed the same from the description.
    let vault = vault();
    let key = |byte| {
        let mut key = Key::zero();
        key.bytes_mut().fill(byte);
        key
    };
    vault.ring().put(Entry::Identity(person(1)), 0, key(1));
    vault.ring().put(Entry::Writing(person(1)), 0, key(2));
    vault.ring().put(Entry::Month { class: Class::Message, month: MONTH }, 0, key(3));
    assert_eq!(stored(&shut(&vault, identity())), "1:0:-:SrKTxumxAwO25edIhdiPNwHv9ZtcgkY");
    assert_eq!(stored(&shut(&vault, body(1))), "1:0:202609:XOY2rytJh0n2ZstVmsBk2HzZm9ed1J8NxA");
}

#[test]
fn a_key_that_nobody_destroyed_is_missed_and_never_passes_for_erased() {
    let sealed = shut(&vault(), body(1));
    let other = vault();
    // Another ring: neither the author's key nor the month's was ever there.
    for make in [Entry::Platform, Entry::Writing(person(1))] {
        other.ring().get_or_create(make).unwrap();
        let error = other.open(EVENT, &mut sealed.clone()).unwrap_err();
        assert!(error.to_string().contains("nobody destroyed it"), "{error}");
    }
    other.ring().destroy(&[Entry::Writing(person(1))]).unwrap();
    assert_eq!(open(&other, sealed), Sealed::Erased);
}
