//! How calendars are written down in a snapshot: as JSON, in the order of ids, since their state is the domain's own.

use std::collections::{BTreeMap, BTreeSet};

use domain::{MessageId, ResourceId};

use super::population::Population;
use super::{Calendar, Calendars, Request, Unopened, Untold};
use crate::snapshot::bytes::Stored;

/// What is written, in this order.
type Parts = (
    Vec<Calendar>,
    Vec<Request>,
    BTreeMap<ResourceId, Unopened>,
    BTreeSet<ResourceId>,
    BTreeSet<ResourceId>,
    BTreeMap<MessageId, Untold>,
    Vec<Population>,
);

impl Stored for Calendars {
    fn put(&self, to: &mut Vec<u8>) {
        let all: Vec<&Calendar> = self.all.values().collect();
        let requests: Vec<&Request> = self.requests.values().collect();
        // What cannot be written makes a snapshot that cannot be read; then the log is.
        if serde_json::to_writer(
            &mut *to,
            &(
                all,
                requests,
                &self.unopened,
                &self.leaving,
                &self.unfit,
                &self.untold,
                self.populations.all(),
            ),
        )
        .is_err()
        {
            to.push(b'!');
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let (all, requests, unopened, leaving, unfit, untold, populations): Parts =
            serde_json::from_slice(from).ok()?;
        *from = &[];
        let all = all.into_iter().map(|calendar| {
            let state = calendar.state.restored();
            (calendar.id, Calendar { state, ..calendar })
        });
        let requests = requests.into_iter().map(|request| (request.id, request));
        let (all, requests) = (all.collect(), requests.collect());
        let populations = populations.into_iter().collect();
        let calendars =
            Self { all, requests, populations, unopened, leaving, unfit, untold, ..Self::default() };
        Some(calendars.indexed())
    }
}

impl Calendars {
    /// Returns how many bytes it takes, about: what is in lists and tables, without what their tables lose.
    pub(crate) fn memory(&self) -> usize {
        let booking = |booking: &domain::resource::Booking| {
            size_of::<domain::resource::Booking>()
                + booking.dates.capacity() * size_of::<domain::resource::OfDate>()
                + booking.counts_for.capacity() * size_of::<domain::GroupId>()
        };
        let calendar = |calendar: &Calendar| {
            let steps = calendar.state.level().steps() + calendar.state.level_kept().steps();
            let bookings: usize = calendar.state.bookings().values().map(booking).sum();
            let weeks: usize =
                calendar.weeks.values().map(|week| week.len() * size_of::<super::Week>()).sum();
            let told = calendar.told.len() * size_of::<super::Told>();
            size_of::<Calendar>() + bookings + told + weeks + steps * 16
        };
        let requests = self.requests.len() * size_of::<Request>();
        self.all.values().map(calendar).sum::<usize>() + requests
    }
}
