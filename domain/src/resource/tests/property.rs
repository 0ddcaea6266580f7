//! Whatever is asked in whatever order: beside a plain list of minutes.

use proptest::prelude::*;

use super::*;

/// Minutes after the beginning of the day that all of it happens in.
fn at(minute: u16) -> NaiveDateTime {
    day("2026-09-08").and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute) * 10)
}

#[derive(Debug, Clone)]
enum Act {
    Book { start: u16, long: u16, quantity: u32, waits: bool, series: bool, request: bool },
    Validate(usize),
    Refuse(usize),
    Cancel(usize),
    Move { which: usize, start: u16, long: u16, waits: bool },
    Rest { which: usize, start: u16, waits: bool },
    Settle(usize),
    Release(usize),
    Quantity(u32),
    Close { number: u128, start: u16, long: u16, way: u8 },
    Lift(u128),
    LeaveFree(bool),
    Buffer(u32),
}

fn act() -> impl Strategy<Value = Act> {
    let (start, long, which) = (0_u16..40, 1_u16..9, 0_usize..12);
    prop_oneof![
        8 => (start.clone(), long.clone(), 1_u32..3, any::<bool>(), any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(start, long, quantity, waits, series, request)| {
                Act::Book { start, long, quantity, waits, series, request }
            }),
        3 => which.clone().prop_map(Act::Validate),
        1 => which.clone().prop_map(Act::Refuse),
        2 => which.clone().prop_map(Act::Cancel),
        3 => (which.clone(), start.clone(), long.clone(), any::<bool>())
            .prop_map(|(which, start, long, waits)| Act::Move { which, start, long, waits }),
        2 => (which.clone(), start.clone(), any::<bool>())
            .prop_map(|(which, start, waits)| Act::Rest { which, start, waits }),
        1 => which.clone().prop_map(Act::Settle),
        1 => which.prop_map(Act::Release),
        2 => (1_u32..4).prop_map(Act::Quantity),
        1 => (1_u128..4, start, long, 0_u8..4).prop_map(|(number, start, long, way)| Act::Close { number, start, long, way }),
        1 => (1_u128..4).prop_map(Act::Lift),
        1 => any::<bool>().prop_map(Act::LeaveFree),
        1 => (0_u32..20).prop_map(Act::Buffer),
    ]
}

fn command(room: &Room, act: &Act) -> Option<Command> {
    let nth = |which: usize| room.state.bookings().keys().nth(which).copied();
    let by = |waits: bool| if waits { writer() } else { teacher() };
    let now = room.now;
    Some(match act.clone() {
        Act::Book { start, long, quantity, waits, series, request } => {
            let wall = Wall { zone: Zone::PARIS, start: at(start), end: at(start + long) };
            let rule = series.then(|| every("FREQ=DAILY;COUNT=3"));
            let request = request.then(|| crate::BookingRequestId::from_u128(1));
            let booking = BookingId::from_u128(room.made);
            Command::Book(Box::new(Book {
                booking,
                quantity,
                wall,
                rule,
                request,
                ..book(by(waits), "2026-09-08 08:00/09:00")
            }))
        }
        Act::Validate(which) => Command::Validate(answer(nth(which)?)),
        Act::Refuse(which) => Command::Refuse(answer(nth(which)?)),
        Act::Cancel(which) => Command::Cancel(cancel(nth(which)?, teacher(), Which::AllFuture)),
        Act::Move { which, start, long, waits } => {
            let booking = nth(which)?;
            let date = room.state.booking(booking)?.dates.first()?.date;
            let moved = change(booking, by(waits), Scope::This(date), "2026-09-08 08:00/09:00");
            Command::Change(Box::new(ChangeBooking { start: at(start), end: at(start + long), ..moved }))
        }
        Act::Rest { which, start, waits } => {
            let booking = nth(which)?;
            let date = room.state.booking(booking)?.dates.last()?.date;
            let rest = change(booking, by(waits), Scope::Following(date), "2026-09-08 08:00/09:00");
            let start = date.and_time(at(start).time());
            let into = BookingId::from_u128(room.made);
            Command::Change(Box::new(ChangeBooking {
                start,
                end: start + TimeDelta::minutes(30),
                into,
                ..rest
            }))
        }
        Act::Settle(which) => Command::Settle { booking: nth(which)? },
        Act::Release(which) => Command::Release { booking: nth(which)? },
        Act::Quantity(quantity) => Command::SetQuantity { quantity, now },
        Act::Close { number, start, long, way } => {
            let slot = Wall { zone: Zone::PARIS, start: at(start), end: at(start + long) }.slot().ok()?;
            let all = [OnClosure::Suspend, OnClosure::Cancel, OnClosure::BookAround, OnClosure::Report];
            Command::Close {
                closure: ClosureId::from_u128(number),
                slot,
                in_the_way: all[usize::from(way)],
                of_structure: number == 3,
                now,
            }
        }
        Act::Lift(number) => Command::Lift { closure: ClosureId::from_u128(number), now },
        Act::LeaveFree(pending_leaves_free) => {
            Command::SetRules(Box::new(Rules { pending_leaves_free, ..room.state.rules().clone() }))
        }
        Act::Buffer(minutes) => {
            Command::SetRules(Box::new(Rules { buffer: (minutes, minutes), ..room.state.rules().clone() }))
        }
    })
}

/// What holds at each ten minutes, counted date by date.
fn counted(room: &Room, minute: u16) -> u32 {
    let instant = crate::booking::slot::instant(Zone::PARIS, at(minute)).unwrap();
    let holds = |slot: Slot| slot.start <= instant && instant < slot.end;
    let bookings = room.state.bookings().values();
    let dates = bookings.flat_map(|booking| {
        let dates = booking.dates.iter().filter(|of| booking.holds(of)).map(|of| (of.slot, of.quantity));
        dates.chain(booking.proposed(false)).collect::<Vec<_>>()
    });
    dates.filter(|(slot, _)| holds(*slot)).map(|(_, quantity)| quantity).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PREAU_LIVES").ok().and_then(|lives| lives.parse().ok()).unwrap_or(128)
    ))]

    /// `Room::does` checks after each act that no more is held than there is, and that a repetition does nothing.
    #[test]
    fn no_history_that_can_be_reached_holds_more_than_there_is(acts in prop::collection::vec(act(), 1..40)) {
        let mut room = Room::new(2);
        for act in acts {
            room.made += 1;
            let Some(command) = command(&room, &act) else { continue };
            let _ = room.does(command);
            for minute in (0..500).step_by(7) {
                let instant = crate::booking::slot::instant(Zone::PARIS, at(minute)).unwrap();
                prop_assert_eq!(room.state.level().at(instant), counted(&room, minute), "after {:?}", act);
            }
        }
    }
}
