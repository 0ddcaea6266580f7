//! The process of retention: what ends by the month ends once its delay is over (`audit.md`, Privacy: Retention).
//!
//! `retention.month-ended` → the keys of all months that ended are destroyed, in one rewriting of the ring. Killed between
//! the two it goes on at the next start, and so it does with keys that came back with an old copy of the ring: whatever
//! the log says has ended has no key when this has run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::actor::Actor;
use domain::retention::{DataClass, EndMonth, Months, Refusal, is_over};
use domain::{CommandId, StreamId, Timestamp};
use eventlog::execute::month;
use eventlog::keys::{Class, Entry};

use crate::failure::{Failure, Result};
use crate::node::{Node, Order};

/// The name of the process.
pub const NAME: &str = "retention";

/// After how many months each class ends; one that is not named never does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delays(BTreeMap<DataClass, u16>);

impl FromIterator<(DataClass, u16)> for Delays {
    fn from_iter<I: IntoIterator<Item = (DataClass, u16)>>(delays: I) -> Self {
        Self(delays.into_iter().collect())
    }
}

impl Delays {
    /// Returns the delay of a class, in months.
    pub fn of(&self, class: DataClass) -> Option<u16> {
        self.0.get(&class).copied()
    }
}

/// What is to end now, or has a key that should be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// What.
    pub class: DataClass,
    /// The month in which it was recorded, yyyymm.
    pub month: u32,
    /// Whether the log says already that it ended: only its key is to be destroyed.
    pub noted: bool,
}

/// Returns what would end now, class by class, the oldest month first.
pub async fn due(node: &Node, delays: &Delays) -> Result<Vec<Due>> {
    let months: Months = node.executor().state(&StreamId::retention()).await?;
    let (ring, now) = (Arc::clone(node.vault().ring()), month(node.now()));
    let delays = delays.clone();
    let look = move || {
        let keys = DataClass::ALL.into_iter().map(|class| (class, ring.months(Class::of_data(class))));
        let keys = keys.flat_map(|(class, months)| months.into_iter().map(move |month| (class, month)));
        let due = keys.map(|(class, month)| Due { class, month, noted: months.has_ended(class, month) });
        let over =
            |due: &Due| due.noted || delays.of(due.class).is_some_and(|after| is_over(due.month, after, now));
        due.filter(over).collect()
    };
    tokio::task::spawn_blocking(look).await.map_err(|error| Failure::Internal(Box::new(error)))
}

/// Ends what is due, by order of `actor`, and returns what that was.
pub async fn perform(node: &Node, delays: &Delays, actor: &Actor) -> Result<Vec<Due>> {
    // Who finds nothing to do must not answer before whoever does it is done.
    let _turn = node.executor().turn(NAME).await;
    let mut ended = vec![];
    for due in due(node, delays).await? {
        let Due { class, month: ends, noted } = due;
        let refused = if noted {
            false
        } else {
            let command = EndMonth { class, month: ends, after: delays.of(class), now: month(node.now()) };
            let order = order(node, actor, command);
            node.execute::<Months>(&order, &StreamId::retention(), command).await?.refusal.is_some()
        };
        // A refusal says that the clock was set back since: it is looked at again tomorrow.
        ended.extend((!refused).then_some(due));
    }
    if !ended.is_empty() {
        destroy(node).await?;
    }
    Ok(ended)
}

/// Ends one month that is over, by order of the operator, who says why.
pub async fn end(node: &Node, class: DataClass, ends: u32, reason: String) -> Result<Option<Refusal>> {
    let _turn = node.executor().turn(NAME).await;
    let command = EndMonth { class, month: ends, after: None, now: month(node.now()) };
    let mut order = order(node, &Actor::Operator, command);
    order.meta.reason = Some(reason.into());
    let carried = node.execute::<Months>(&order, &StreamId::retention(), command).await?;
    if carried.refusal.is_none() {
        destroy(node).await?;
    }
    Ok(carried.refusal)
}

/// Ends what is due at start and whenever a day begins (UTC, as the months of the keys), until the read models stop.
pub async fn run(node: &Node, delays: &Delays) -> Result<()> {
    let mut position = node.live().watch();
    let mut last = None;
    loop {
        let today = node.now().date_naive();
        if last != Some(today) {
            for Due { class, month, .. } in perform(node, delays, &Actor::Process(NAME.to_owned())).await? {
                tracing::info!(class = class.as_str(), month, "what was recorded in this month has ended");
            }
            last = Some(today);
        }
        let ended = async { while position.changed().await.is_ok() {} };
        if tokio::time::timeout(until_midnight(node.now()), ended).await.is_ok() {
            return Ok(());
        }
    }
}

/// Returns how long it is to the next midnight; an hour at most, so that a clock that was set is noticed.
fn until_midnight(now: Timestamp) -> Duration {
    let hour = Duration::from_hours(1);
    let tomorrow = now.date_naive().succ_opt().and_then(|day| day.and_hms_opt(0, 0, 0));
    let wait = tomorrow.and_then(|tomorrow| (tomorrow.and_utc() - now).to_std().ok());
    wait.unwrap_or(hour).clamp(Duration::from_millis(5), hour)
}

/// Destroys the keys of all months that ended. What has no key is left alone.
async fn destroy(node: &Node) -> Result<()> {
    let months: Months = node.executor().state(&StreamId::retention()).await?;
    let entries: Vec<_> =
        months.ended().map(|(class, month)| Entry::Month { class: Class::of_data(class), month }).collect();
    let ring = Arc::clone(node.vault().ring());
    let done = tokio::task::spawn_blocking(move || ring.destroy(&entries)).await;
    done.map_err(|error| Failure::Internal(Box::new(error)))?
        .map_err(|error| Failure::Internal(Box::new(error)))?;
    node.forget();
    Ok(())
}

/// The same month of the same class is the same command, after a crash and on any node.
fn order(node: &Node, actor: &Actor, command: EndMonth) -> Order {
    let (who, month) = (actor.key(), command.month.to_be_bytes());
    let parts: [&[u8]; 4] =
        [b"preau.retention.v1", who.as_bytes(), command.class.as_str().as_bytes(), &month];
    node.order_as(actor.clone(), CommandId::from_u128(domain::id::derive(&parts)))
}
