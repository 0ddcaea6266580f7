//! A resource written down, to be read back without its events: numbers little-endian, lists behind their length.
//!
//! Invariants: the same resource gives the same bytes; what is cut short or longer is not read, and who keeps the bytes
//! keeps a checksum beside them; texts of people are in no resource, so none are here. What is rare in a booking, and
//! all but bookings, is JSON; a booking of one date takes 109 bytes.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::event::{Beginning, Change};
use super::state::{Booking, OfDate, Resource, Standing};
use crate::booking::recurrence::Rule;
use crate::booking::slot::Slot;
use crate::id::{BookingId, BookingRequestId, GroupId, PersonId};
use crate::{Date, Timestamp};

/// The standings, each at the place that is its number.
const STANDINGS: [Standing; 9] = [
    Standing::Held,
    Standing::Pending,
    Standing::Confirmed,
    Standing::Suspended,
    Standing::Refused,
    Standing::Withdrawn,
    Standing::Cancelled,
    Standing::Released,
    Standing::Branched,
];

const SETTLED: u8 = 1;
const LEAVES_FREE: u8 = 2;
const BEGINS_PENDING: u8 = 4;
const HAS_RARE: u8 = 8;

/// What few bookings have.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Rare {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<Rule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    except: Vec<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<BookingRequestId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proposal: Option<Change>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    continues: Option<BookingId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    counts_for: Vec<GroupId>,
}

impl Resource {
    /// Returns the resource as bytes; none if something in it cannot be written.
    pub fn packed(&self) -> Option<Vec<u8>> {
        let mut to = Vec::with_capacity(1024 + self.bookings().len() * 128);
        put_json(&self.without_bookings(), &mut to)?;
        put(u32::try_from(self.bookings().len()).ok()?.to_le_bytes(), &mut to);
        for (id, booking) in self.bookings() {
            put_booking(*id, booking, &mut to)?;
        }
        Some(to)
    }

    /// Reads what [`Resource::packed`] wrote; none if it is anything else.
    pub fn unpacked(mut from: &[u8]) -> Option<Self> {
        let bare: Self = get_json(&mut from)?;
        let count = u32::from_le_bytes(get(&mut from)?);
        let bookings: Option<BTreeMap<_, _>> = (0..count).map(|_| get_booking(&mut from)).collect();
        from.is_empty().then(|| bare.with_bookings(bookings?)).flatten()
    }
}

fn put_booking(id: BookingId, booking: &Booking, to: &mut Vec<u8>) -> Option<()> {
    let Booking {
        owner,
        order,
        start,
        end,
        rule,
        except,
        beginning,
        request,
        settled,
        buffer,
        leaves_free,
        dates,
        proposal,
        continues,
        counts_for,
        sequence,
    } = booking;
    let rare = Rare {
        rule: rule.clone(),
        except: except.clone(),
        request: *request,
        proposal: proposal.clone(),
        continues: *continues,
        counts_for: counts_for.clone(),
    };
    let is_rare = rare != Rare::default();
    let flag = |bit: u8, is: bool| if is { bit } else { 0 };
    let flags = flag(SETTLED, *settled)
        | flag(LEAVES_FREE, *leaves_free)
        | flag(BEGINS_PENDING, *beginning == Beginning::Pending)
        | flag(HAS_RARE, is_rare);
    put(id.to_u128().to_le_bytes(), to);
    put(owner.to_u128().to_le_bytes(), to);
    put(order.to_le_bytes(), to);
    put_wall(*start, to);
    put_wall(*end, to);
    put(buffer.0.to_le_bytes(), to);
    put(buffer.1.to_le_bytes(), to);
    put(sequence.to_le_bytes(), to);
    put([flags], to);
    if is_rare {
        put_json(&rare, to)?;
    }
    put(u16::try_from(dates.len()).ok()?.to_le_bytes(), to);
    for of in dates {
        let OfDate { date, start, end, slot, quantity, standing, moved } = of;
        put(date.num_days_from_ce().to_le_bytes(), to);
        put_wall(*start, to);
        put_wall(*end, to);
        put(slot.start.timestamp().to_le_bytes(), to);
        put(slot.end.timestamp().to_le_bytes(), to);
        put(quantity.to_le_bytes(), to);
        let place = STANDINGS.iter().position(|known| known == standing)?;
        put([u8::try_from(place).ok()? << 1 | u8::from(*moved)], to);
    }
    Some(())
}

fn get_booking(from: &mut &[u8]) -> Option<(BookingId, Booking)> {
    let id = BookingId::from_u128(u128::from_le_bytes(get(from)?));
    let owner = PersonId::from_u128(u128::from_le_bytes(get(from)?));
    let order = u32::from_le_bytes(get(from)?);
    let (start, end) = (get_wall(from)?, get_wall(from)?);
    let buffer = (u32::from_le_bytes(get(from)?), u32::from_le_bytes(get(from)?));
    let sequence = u32::from_le_bytes(get(from)?);
    let [flags] = get(from)?;
    let rare: Rare = if flags & HAS_RARE == 0 { Rare::default() } else { get_json(from)? };
    let count = u16::from_le_bytes(get(from)?);
    let dates: Option<Vec<_>> = (0..count).map(|_| get_date(from)).collect();
    let pending = flags & BEGINS_PENDING != 0;
    let booking = Booking {
        owner,
        order,
        start,
        end,
        rule: rare.rule,
        except: rare.except,
        beginning: if pending { Beginning::Pending } else { Beginning::Confirmed },
        request: rare.request,
        settled: flags & SETTLED != 0,
        buffer,
        leaves_free: flags & LEAVES_FREE != 0,
        dates: dates?,
        proposal: rare.proposal,
        continues: rare.continues,
        counts_for: rare.counts_for,
        sequence,
    };
    Some((id, booking))
}

fn get_date(from: &mut &[u8]) -> Option<OfDate> {
    let date = Date::from_num_days_from_ce_opt(i32::from_le_bytes(get(from)?))?;
    let (start, end) = (get_wall(from)?, get_wall(from)?);
    let slot = Slot { start: get_instant(from)?, end: get_instant(from)? };
    let quantity = u32::from_le_bytes(get(from)?);
    let [last] = get(from)?;
    let standing = *STANDINGS.get(usize::from(last >> 1))?;
    Some(OfDate { date, start, end, slot, quantity, standing, moved: last & 1 == 1 })
}

fn put<const N: usize>(bytes: [u8; N], to: &mut Vec<u8>) {
    to.extend_from_slice(&bytes);
}

fn get<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(*taken)
}

/// Times are in whole seconds: slots are in whole minutes.
fn put_wall(wall: NaiveDateTime, to: &mut Vec<u8>) {
    put(wall.and_utc().timestamp().to_le_bytes(), to);
}

fn get_wall(from: &mut &[u8]) -> Option<NaiveDateTime> {
    Some(get_instant(from)?.naive_utc())
}

fn get_instant(from: &mut &[u8]) -> Option<Timestamp> {
    DateTime::from_timestamp(i64::from_le_bytes(get(from)?), 0)
}

fn put_json<T: Serialize>(value: &T, to: &mut Vec<u8>) -> Option<()> {
    let text = serde_json::to_vec(value).ok()?;
    put(u32::try_from(text.len()).ok()?.to_le_bytes(), to);
    to.extend_from_slice(&text);
    Some(())
}

fn get_json<T: for<'de> Deserialize<'de>>(from: &mut &[u8]) -> Option<T> {
    let length = usize::try_from(u32::from_le_bytes(get(from)?)).ok()?;
    let (text, rest) = from.split_at_checked(length)?;
    *from = rest;
    serde_json::from_slice(text).ok()
}
