//! How calendars are written down in a snapshot: resources as `domain` packs them, what is said of bookings beside
//! them, what is rare as JSON.

use std::collections::{BTreeMap, BTreeSet};

use domain::resource::{Booking, OfDate, Resource};
use domain::{BookingId, Date, MessageId, ResourceId, Timestamp};
use serde::Serialize;

use super::population::Population;
use super::{Calendar, Calendars, Request, Text, Told, Unopened, Untold, Week};
use crate::memory::Heap;
use crate::snapshot::bytes::{Stored, put_length, stored, take};

/// What is written of everything but calendars, in this order.
type Rest = (
    Vec<Request>,
    BTreeMap<ResourceId, Unopened>,
    BTreeSet<ResourceId>,
    BTreeSet<ResourceId>,
    BTreeMap<MessageId, Untold>,
    Vec<Population>,
);

stored! {
    Calendar { id, state, name, told, weeks }
    Text { event, text }
    Told { purpose, reason, made_at, changed_at, population }
    Week { asked, refused, withdrawn, cancelled }
}

impl Stored for Resource {
    fn put(&self, to: &mut Vec<u8>) {
        // What cannot be written makes a snapshot that cannot be read; then the log is.
        put_long(&self.packed().unwrap_or_default(), to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Self::unpacked(take_long(from)?)
    }
}

impl Stored for Calendars {
    fn put(&self, to: &mut Vec<u8>) {
        put_length(self.all.len(), to);
        for calendar in self.all.values() {
            calendar.put(to);
        }
        let requests: Vec<&Request> = self.requests.values().collect();
        let populations = self.populations.all();
        put_json(&(requests, &self.unopened, &self.leaving, &self.unfit, &self.untold, populations), to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let all = Vec::<Calendar>::get(from)?.into_iter().map(|calendar| (calendar.id, calendar)).collect();
        let (requests, unopened, leaving, unfit, untold, populations): Rest =
            serde_json::from_slice(take_long(from)?).ok()?;
        let requests = requests.into_iter().map(|request| (request.id, request)).collect();
        let populations = populations.into_iter().collect();
        let calendars =
            Self { all, requests, populations, unopened, leaving, unfit, untold, ..Self::default() };
        Some(calendars.indexed())
    }
}

fn put_json<T: Serialize>(value: &T, to: &mut Vec<u8>) {
    put_long(&serde_json::to_vec(value).unwrap_or_default(), to);
}

/// Writes bytes behind their length; there may be more than fit in the length of a list.
fn put_long(bytes: &[u8], to: &mut Vec<u8>) {
    (bytes.len() as u64).put(to);
    to.extend_from_slice(bytes);
}

fn take_long<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(u64::get(from)?).ok()?;
    take(from, length)
}

impl Calendars {
    /// Returns how many bytes it takes, about: what is in lists and tables, without what their tables lose.
    pub(crate) fn memory(&self) -> usize {
        // By its beginning, by what it is of, by whose it is, and in what somebody has booked on a day.
        let found = size_of::<(Timestamp, BookingId, Date)>()
            + size_of::<(BookingId, ResourceId)>()
            + size_of::<BookingId>()
            + size_of::<(Date, (u32, u32))>();
        let booking = |booking: &Booking| {
            let own = size_of::<BookingId>() + size_of::<Booking>();
            let groups = booking.counts_for.capacity() * size_of::<domain::GroupId>();
            own + groups + booking.dates.capacity() * (size_of::<OfDate>() + found)
        };
        let text = |text: &Option<Text>| text.as_ref().map_or(0, |text| text.text.heap());
        let told = |told: &Told| size_of::<(BookingId, Told)>() + text(&told.purpose) + text(&told.reason);
        let calendar = |calendar: &Calendar| {
            let steps = calendar.state.level().steps() + calendar.state.level_kept().steps();
            let bookings: usize = calendar.state.bookings().values().map(booking).sum();
            let weeks: usize = calendar.weeks.values().map(|week| week.len() * size_of::<Week>()).sum();
            let told: usize = calendar.told.values().map(told).sum();
            size_of::<Calendar>() + bookings + told + weeks + steps * 16
        };
        let requests = self.requests.len() * size_of::<Request>();
        self.all.values().map(calendar).sum::<usize>() + requests
    }
}
