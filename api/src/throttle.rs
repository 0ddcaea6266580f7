//! How often somebody may guess: by account, whether it exists or not, and by address.
//!
//! Invariant: an attempt counts as failed until it succeeded, so that a thousand attempts at once are one thousand.
//! In memory, of bounded size; a restart forgets, which costs a minute.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;

/// Failures of one account before it waits.
const BY_ACCOUNT: u32 = 5;

/// Failures of one address before it waits: a whole school stands behind one address, and mistypes on Monday.
const BY_ADDRESS: u32 = 100;

/// The first wait; each failure after doubles it.
const FIRST: Duration = Duration::from_mins(1);

/// The longest wait.
const LONGEST: Duration = Duration::from_mins(15);

/// How long failures are remembered after the last one.
const MEMORY: Duration = Duration::from_hours(24);

/// How many accounts, and how many addresses, are remembered.
const KNOWN: usize = 65_536;

/// Try again after so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl Wait {
    /// Returns the wait in whole seconds, at least one.
    pub fn seconds(self) -> u64 {
        self.0.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1)
    }
}

/// Who failed how often.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    accounts: HashMap<String, Count>,
    addresses: HashMap<IpAddr, Count>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    failures: u32,
    last: Timestamp,
    until: Timestamp,
}

impl Throttle {
    /// Begins an attempt on `account` (the digest of a login) from `address`, or tells how long to wait.
    pub fn begin(&self, account: &str, address: IpAddr, now: Timestamp) -> Result<(), Wait> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { accounts, addresses } = &mut *counts;
        let address = network(address);
        let until = accounts.get(account).into_iter().chain(addresses.get(&address)).map(|count| count.until);
        if let Some(wait) = until.max().and_then(|until| (until - now).to_std().ok())
            && !wait.is_zero()
        {
            return Err(Wait(wait));
        }
        count(accounts, account.to_owned(), BY_ACCOUNT, now);
        count(addresses, address, BY_ADDRESS, now);
        Ok(())
    }

    /// Says that the attempt begun before was right after all.
    pub fn succeeded(&self, account: &str, address: IpAddr) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.accounts.remove(account);
        // Of the address only this attempt is taken back: who owns one account may still guess at others.
        if let Some(count) = counts.addresses.get_mut(&network(address)) {
            count.failures = count.failures.saturating_sub(1);
            count.until = if count.failures < BY_ADDRESS { count.last } else { count.until };
        }
    }
}

fn count<K: std::hash::Hash + Eq>(known: &mut HashMap<K, Count>, who: K, free: u32, now: Timestamp) {
    if known.len() >= KNOWN && !known.contains_key(&who) {
        make_room(known, now);
    }
    let count = known.entry(who).or_insert(Count { failures: 0, last: now, until: now });
    if old(count, now) {
        count.failures = 0;
    }
    count.failures = count.failures.saturating_add(1);
    count.last = now;
    count.until = count.failures.checked_sub(free).map_or(now, |beyond| now + growing(beyond));
}

fn growing(beyond: u32) -> Duration {
    FIRST.saturating_mul(2_u32.saturating_pow(beyond)).min(LONGEST)
}

fn old(count: &Count, now: Timestamp) -> bool {
    (now - count.last).to_std().is_ok_and(|since| since >= MEMORY)
}

/// Forgets what is old; if that is not enough, the half that failed least lately.
fn make_room<K: std::hash::Hash + Eq>(known: &mut HashMap<K, Count>, now: Timestamp) {
    known.retain(|_, count| !old(count, now));
    if known.len() < KNOWN {
        return;
    }
    let mut last: Vec<Timestamp> = known.values().map(|count| count.last).collect();
    let middle = last.len() / 2;
    let (_, median, _) = last.select_nth_unstable(middle);
    let median = *median;
    let mut kept = middle;
    known.retain(|_, count| {
        let keep = count.last >= median && kept > 0;
        kept -= usize::from(keep);
        keep
    });
}

/// Returns what counts as one address: all of an IPv4 address, the first 64 bits of an IPv6 one, which is what one
/// subscriber gets.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64)).into(),
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(seconds * 1000).unwrap()
    }

    fn other(n: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(n + 1).into()
    }

    #[test]
    fn the_sixth_attempt_waits_a_minute_and_the_wait_grows_to_a_quarter_of_an_hour() {
        let throttle = Throttle::default();
        let mut now = 0;
        for _ in 0..5 {
            assert_eq!(throttle.begin("a", HERE, at(now)), Ok(()));
        }
        for wait in [60, 120, 240, 480, 900, 900] {
            assert_eq!(throttle.begin("a", HERE, at(now)), Err(Wait(Duration::from_secs(wait))));
            now += i64::try_from(wait).unwrap();
            assert_eq!(throttle.begin("a", HERE, at(now)), Ok(()));
        }
        assert_eq!(throttle.begin("b", HERE, at(now)), Ok(()), "another account does not wait");
    }

    #[test]
    fn a_success_forgets_the_failures_of_the_account() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            throttle.begin("a", HERE, at(0)).unwrap();
        }
        throttle.succeeded("a", HERE);
        for _ in 0..5 {
            assert_eq!(throttle.begin("a", HERE, at(0)), Ok(()));
        }
        assert!(throttle.begin("a", HERE, at(0)).is_err());
    }

    #[test]
    fn a_school_that_signs_in_right_never_waits() {
        let throttle = Throttle::default();
        for n in 0..2000 {
            let account = n.to_string();
            assert_eq!(throttle.begin(&account, HERE, at(0)), Ok(()));
            throttle.succeeded(&account, HERE);
        }
    }

    #[test]
    fn an_address_that_guesses_at_many_accounts_waits() {
        let throttle = Throttle::default();
        for n in 0..100 {
            throttle.begin(&n.to_string(), HERE, at(0)).unwrap();
        }
        assert!(throttle.begin("one more", HERE, at(0)).is_err());
        assert_eq!(throttle.begin("one more", other(1), at(0)), Ok(()));
    }

    #[test]
    fn a_subscriber_of_ipv6_is_one_address() {
        let [one, two]: [IpAddr; 2] =
            ["2001:db8:1:2::1".parse().unwrap(), "2001:db8:1:2:ffff::9".parse().unwrap()];
        assert_eq!(network(one), network(two));
        assert_ne!(network(one), network("2001:db8:1:3::1".parse().unwrap()));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), HERE);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_newest_stay() {
        let throttle = Throttle::default();
        for n in 0..100_000_u32 {
            let now = at(i64::from(n / 100));
            let _ = throttle.begin(&n.to_string(), other(n), now);
        }
        let counts = throttle.0.lock().unwrap();
        assert!(counts.accounts.len() <= KNOWN && counts.addresses.len() <= KNOWN);
        assert!(counts.accounts.contains_key("99999"));
    }

    #[test]
    fn a_day_later_all_is_forgotten() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            throttle.begin("a", HERE, at(0)).unwrap();
        }
        for _ in 0..5 {
            assert_eq!(throttle.begin("a", HERE, at(86_400)), Ok(()));
        }
    }
}
