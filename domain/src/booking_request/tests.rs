use super::*;
use crate::clock::Zone;
use crate::decider::testing::given;
use crate::id::{BookingId, BookingRequestId, PersonId, ResourceId};

fn made(resources: &[u128]) -> Made {
    let start = "2026-09-04T08:00:00".parse().unwrap();
    let parts = resources.iter().map(|resource| Part {
        resource: ResourceId::from_u128(*resource),
        booking: BookingId::from_u128(*resource + 100),
        quantity: 1,
    });
    Made {
        request: BookingRequestId::from_u128(1),
        by: PersonId::from_u128(1),
        owner: PersonId::from_u128(1),
        parts: parts.collect(),
        zone: Zone::PARIS,
        start,
        end: start + chrono::TimeDelta::hours(1),
        rule: None,
        purpose: None,
        passing: vec![],
    }
}

fn make(resources: &[u128]) -> Command {
    Command::Make(Box::new(made(resources)))
}

fn asked() -> Event {
    made(&[1, 2]).into()
}

fn refuse() -> Command {
    Command::Refuse { part: Some(1), codes: vec![Label::parse("booking.slot-taken").unwrap()] }
}

fn refused() -> Event {
    Refused { part: Some(1), codes: vec![Label::parse("booking.slot-taken").unwrap()] }.into()
}

#[test]
fn a_request_is_of_two_to_twenty_resources_each_once() {
    given::<BookingRequest>([]).when(make(&[1, 2])).then([asked()]);
    let (many, too_many): (Vec<u128>, Vec<u128>) = ((1..=20).collect(), (1..=21).collect());
    given::<BookingRequest>([]).when(make(&many)).then([made(&many).into()]);
    for unfit in [&[][..], &[1], &[1, 2, 1], &too_many] {
        given::<BookingRequest>([]).when(make(unfit)).refused(Refusal::PartsUnfit);
    }
    given::<BookingRequest>([asked()]).when(make(&[1, 2])).already_so();
}

#[test]
fn it_is_granted_or_refused_once_and_then_done() {
    given::<BookingRequest>([asked()]).when(Command::Grant).then([Granted {}.into()]);
    given::<BookingRequest>([asked()]).when(refuse()).then([refused()]);
    let granted = || [asked(), Granted {}.into()];
    given::<BookingRequest>(granted()).when(Command::Grant).already_so();
    given::<BookingRequest>(granted()).when(refuse()).refused(Refusal::Granted);
    given::<BookingRequest>(granted()).when(Command::Finish).then([Done {}.into()]);
    let no = || [asked(), refused()];
    given::<BookingRequest>(no()).when(refuse()).already_so();
    given::<BookingRequest>(no()).when(Command::Grant).refused(Refusal::Refused);
    given::<BookingRequest>(no()).when(Command::Finish).then([Done {}.into()]);
    for (decided, end) in [(Event::from(Granted {}), true), (refused(), false)] {
        let done = || [asked(), decided.clone(), Done {}.into()];
        given::<BookingRequest>(done()).when(Command::Finish).already_so();
        if end {
            given::<BookingRequest>(done()).when(Command::Grant).already_so();
            given::<BookingRequest>(done()).when(refuse()).refused(Refusal::Granted);
        } else {
            given::<BookingRequest>(done()).when(refuse()).already_so();
            given::<BookingRequest>(done()).when(Command::Grant).refused(Refusal::Refused);
        }
    }
}

#[test]
fn nothing_happens_to_what_nobody_asked_for_or_decided() {
    for command in [Command::Grant, refuse(), Command::Finish] {
        given::<BookingRequest>([]).when(command).refused(Refusal::Unknown);
    }
    given::<BookingRequest>([asked()]).when(Command::Finish).refused(Refusal::Undecided);
}
