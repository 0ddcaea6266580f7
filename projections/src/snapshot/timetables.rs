//! How the hours of a structure are written down in a snapshot.

use chrono::{DateTime, NaiveDateTime, NaiveTime, Timelike};
use domain::structure::{OnClosure, Period};

use super::bytes::{Stored, coded, stored};

coded! { OnClosure { Suspend = 0, Cancel = 1, BookAround = 2, Report = 3 } }

stored! { Period { name, from, to } }

/// In whole seconds: hours are whole minutes.
impl Stored for NaiveTime {
    fn put(&self, to: &mut Vec<u8>) {
        self.num_seconds_from_midnight().put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Self::from_num_seconds_from_midnight_opt(u32::get(from)?, 0)
    }
}

/// In whole seconds.
impl Stored for NaiveDateTime {
    fn put(&self, to: &mut Vec<u8>) {
        self.and_utc().timestamp().put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Some(DateTime::from_timestamp(i64::get(from)?, 0)?.naive_utc())
    }
}
