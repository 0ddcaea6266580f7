//! Mailboxes that are full: messages to classes and schools, day after day, which nobody opens.

use anyhow::{Result, bail};
use api::Node;
use domain::message::Party;

use super::messages::{Index, letters};
use super::plan::Academy;
use super::posting::Outbox;
use super::seed::Draws;

/// How many messages are sent before it is looked whether that is enough.
const LOT: usize = 1024;

/// Fills the mailboxes of an academy in which nothing was written.
pub struct Filling<'a> {
    node: &'a Node,
    academy: &'a Academy,
    people: Index,
    outbox: Outbox<'a>,
    day: u32,
    /// Messages sent.
    pub sent: usize,
    /// Copies delivered.
    pub delivered: u64,
}

impl<'a> Filling<'a> {
    /// Returns one that has written nothing.
    pub fn of(node: &'a Node, academy: &'a Academy) -> Self {
        let (people, outbox) = (Index::of(academy), Outbox::new(node, academy));
        Self { node, academy, people, outbox, day: 0, sent: 0, delivered: 0 }
    }

    /// Writes until so many copies were delivered, or a few more.
    pub async fn up_to(&mut self, deliveries: u64) -> Result<()> {
        while self.delivered < deliveries {
            let mut draws = Draws::of(self.academy.seed, &format!("filling {}", self.day));
            let mut letters = letters(self.academy, &self.people, self.day, &mut draws);
            letters.retain(|letter| matches!(letter.party, Party::Group(_)));
            self.day += 1;
            for lot in letters.chunks(LOT) {
                let (posted, _) = self.outbox.send(lot, &mut draws).await?;
                self.sent += posted.len();
                self.delivered += self.node.read(|world| {
                    let numbers = posted.iter().filter_map(|posted| world.mailboxes.number(posted.message));
                    let sent = numbers.filter_map(|number| world.mailboxes.message(number));
                    sent.map(|message| u64::from(message.counts.delivered)).sum::<u64>()
                });
                if self.delivered >= deliveries {
                    return Ok(());
                }
            }
            if self.day > 10 && self.sent == 0 {
                bail!("nobody writes to a group in this academy: it is too small");
            }
        }
        Ok(())
    }
}
