//! How notices are written down in a snapshot.

use domain::message::{BookingNotice, Notice};

use super::bytes::Stored;

impl Stored for Notice {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Booking { resource, booking, what, slot } => {
                to.push(0);
                resource.put(to);
                booking.put(to);
                what.put(to);
                slot.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(Self::Booking {
                resource: Stored::get(from)?,
                booking: Stored::get(from)?,
                what: Stored::get(from)?,
                slot: Stored::get(from)?,
            }),
            _ => None,
        }
    }
}

impl Stored for BookingNotice {
    fn put(&self, to: &mut Vec<u8>) {
        to.push(match self {
            Self::ToValidate => 0,
            Self::Validated => 1,
            Self::Refused => 2,
            Self::Withdrawn => 3,
            Self::Cancelled => 4,
            Self::Changed => 5,
            Self::ProposalToValidate => 6,
            Self::ProposalRefused => 7,
            Self::Suspended => 8,
            Self::Resumed => 9,
            Self::Rezoned => 10,
            Self::RequestReleased => 11,
            Self::ThresholdPassed { .. } => 12,
        });
        if let Self::ThresholdPassed { person } = self {
            person.put(to);
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Some(match u8::get(from)? {
            0 => Self::ToValidate,
            1 => Self::Validated,
            2 => Self::Refused,
            3 => Self::Withdrawn,
            4 => Self::Cancelled,
            5 => Self::Changed,
            6 => Self::ProposalToValidate,
            7 => Self::ProposalRefused,
            8 => Self::Suspended,
            9 => Self::Resumed,
            10 => Self::Rezoned,
            11 => Self::RequestReleased,
            12 => Self::ThresholdPassed { person: Stored::get(from)? },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::booking::slot::Slot;
    use domain::{BookingId, PersonId, ResourceId};

    use super::*;

    #[test]
    fn every_notice_is_read_as_it_was_written() {
        let person = PersonId::from_u128(3);
        let all = [
            BookingNotice::ToValidate,
            BookingNotice::Validated,
            BookingNotice::Refused,
            BookingNotice::Withdrawn,
            BookingNotice::Cancelled,
            BookingNotice::Changed,
            BookingNotice::ProposalToValidate,
            BookingNotice::ProposalRefused,
            BookingNotice::Suspended,
            BookingNotice::Resumed,
            BookingNotice::Rezoned,
            BookingNotice::RequestReleased,
            BookingNotice::ThresholdPassed { person },
        ];
        let instant = |text: &str| text.parse().unwrap();
        let slot = Slot { start: instant("2026-09-04T06:00:00Z"), end: instant("2026-09-04T07:00:00Z") };
        let (resource, booking) = (ResourceId::from_u128(1), BookingId::from_u128(2));
        for what in all {
            for slot in [None, Some(slot)] {
                let notice = Notice::Booking { resource, booking, what, slot };
                let mut bytes = vec![];
                notice.put(&mut bytes);
                let mut rest = &bytes[..];
                assert_eq!(Notice::get(&mut rest), Some(notice));
                assert!(rest.is_empty());
                assert_eq!(Notice::get(&mut &bytes[..bytes.len() - 1]), None);
            }
        }
    }
}
