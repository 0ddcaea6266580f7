//! Load through HTTP: writers who send, save drafts, open and file away until the server is gone.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::school::{Caller, key, mutated};

/// A small generator, so that a printed seed repeats a run.
pub struct Random(pub u64);

impl Random {
    /// Returns a number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A command that was answered: how it was asked, and what came back.
pub struct Acknowledged {
    /// The number of the writer.
    pub who: usize,
    /// What was asked.
    pub mutation: &'static str,
    /// With what.
    pub input: Value,
    /// Under which key.
    pub key: String,
    /// What came back.
    pub answer: Value,
}

/// One writer under load: sends, saves drafts, opens and files away, until the server is gone.
pub struct Writer<'a> {
    /// Its number.
    pub who: usize,
    /// Who writes.
    pub caller: &'a Caller,
    /// To whom.
    pub others: Vec<&'a str>,
    /// What is done next.
    pub random: Random,
}

impl Writer<'_> {
    /// Writes until the server is gone; counts in `done` what was answered.
    pub fn run(mut self, done: &AtomicU64) -> Vec<Acknowledged> {
        let mut acknowledged: Vec<Acknowledged> = vec![];
        let mut written: Vec<Value> = vec![];
        loop {
            let to = self.others[usize::try_from(self.random.below(2)).unwrap()];
            let (mutation, input, fields) = match (self.random.below(4), written.last()) {
                (0, _) => {
                    ("saveDraft", json!({"subject": "Brouillon", "bodyText": key()}), "draft { id } position")
                }
                (1, Some(message)) => {
                    ("trashMessages", json!({ "messages": [message] }), "unreadCount position")
                }
                (2, Some(message)) => ("openMessage", json!({ "message": message }), "unreadCount position"),
                _ => (
                    "sendMessage",
                    json!({"subject": "Charge", "to": [to]}),
                    "message { id } position userErrors { code }",
                ),
            };
            let key = key();
            let (query, variables) = mutated(mutation, input.clone(), &key, fields);
            let Ok(mut answer) = self.caller.try_whole(&query, &variables) else { return acknowledged };
            let answer = answer["data"][mutation].take();
            assert!(answer["position"].is_string(), "{mutation}: {answer}");
            written.extend(answer["message"].get("id").cloned());
            acknowledged.push(Acknowledged { who: self.who, mutation, input, key, answer });
            done.fetch_add(1, Ordering::SeqCst);
        }
    }
}
