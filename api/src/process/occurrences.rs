//! The process of the index of the log: makes each segment when the read models passed it.

use std::time::Duration;

use crate::failure::Result;
use crate::node::Node;

/// How often it looks.
const REST: Duration = Duration::from_mins(1);

/// Runs until the read models stop.
pub async fn run(node: &Node) -> Result<()> {
    let mut position = node.live().watch();
    loop {
        while node.occurrences().advance(node.log(), node.live()).await? {}
        // Ends with the read models, and looks again when a minute passed.
        let ended = async { while position.changed().await.is_ok() {} };
        if tokio::time::timeout(REST, ended).await.is_ok() {
            return Ok(());
        }
    }
}
