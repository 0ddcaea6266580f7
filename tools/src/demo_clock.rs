//! A clock that runs in the past while the demonstration is built, and follows the machine once released.
//!
//! Invariant: it never goes back and is never ahead of the clock it follows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::Timestamp;
use eventlog::Clock;

/// How far each look moves it on, in milliseconds: what happens in one hour is not written in one instant.
const STEP: i64 = 1_300;

/// What stands for "released".
const RELEASED: i64 = i64::MAX;

/// A clock moved by hand until it is released.
#[derive(Clone)]
pub struct DemoClock {
    followed: Arc<dyn Clock>,
    /// Milliseconds since 1970.
    past: Arc<AtomicI64>,
}

impl DemoClock {
    /// Returns a clock that stands `days` days before the one it will follow.
    pub fn back(followed: Arc<dyn Clock>, days: u32) -> Self {
        let past = followed.now().timestamp_millis() - i64::from(days) * 24 * 3600 * 1000;
        Self { followed, past: Arc::new(AtomicI64::new(past)) }
    }

    /// Moves on to `instant`; an earlier one changes nothing, and one to come is not reached before it is here.
    pub fn advance_to(&self, instant: Timestamp) {
        self.past.fetch_max(instant.timestamp_millis(), Ordering::SeqCst);
    }

    /// From now on it is as late as on the clock it follows.
    pub fn release(&self) {
        self.past.store(RELEASED, Ordering::SeqCst);
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        let move_on = |past: i64| (past < RELEASED).then(|| past.saturating_add(STEP));
        let past = self.past.fetch_update(Ordering::SeqCst, Ordering::SeqCst, move_on).unwrap_or(RELEASED);
        let now = self.followed.now();
        Timestamp::from_timestamp_millis(past).map_or(now, |past| past.min(now))
    }
}

#[cfg(test)]
mod tests {
    use eventlog::clock::TestClock;

    use super::*;

    fn clock() -> (TestClock, DemoClock) {
        let machine = TestClock::at("2026-11-25T12:00:00Z".parse().unwrap());
        let demo = DemoClock::back(Arc::new(machine.clone()), 30);
        (machine, demo)
    }

    #[test]
    fn it_begins_in_the_past_and_moves_on_with_every_look() {
        let (_, demo) = clock();
        let first = demo.now();
        assert_eq!(first.to_string(), "2026-10-26 12:00:00 UTC");
        assert!(demo.now() > first);
    }

    #[test]
    fn it_is_never_ahead_of_the_machine_and_never_goes_back() {
        let (machine, demo) = clock();
        let early = demo.now();
        demo.advance_to("2026-01-01T00:00:00Z".parse().unwrap());
        assert!(demo.now() > early);
        demo.advance_to("2027-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(demo.now(), machine.now());
    }

    #[test]
    fn once_released_it_follows() {
        let (machine, demo) = clock();
        demo.release();
        assert_eq!(demo.now(), machine.now());
        machine.set("2026-11-25T12:00:01Z".parse().unwrap());
        assert_eq!(demo.now(), machine.now());
    }
}
