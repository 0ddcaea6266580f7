//! The process of snapshots: writes one whenever the log grew far beyond the last, and lets a past world go that nobody
//! asked for.

use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::node::Node;

/// How often it looks.
const REST: Duration = Duration::from_mins(1);

/// Runs until the read models stop.
pub async fn run(node: &Node) -> Result<()> {
    let mut position = node.live().watch();
    loop {
        node.past().tidy();
        let failed = |stopped| Failure::Internal(Box::new(stopped));
        if !node.past().snapshot().await.map_err(failed)? {
            node.past().fill().await.map_err(failed)?;
        }
        // Ends with the read models, and looks again when a minute passed.
        let ended = async { while position.changed().await.is_ok() {} };
        if tokio::time::timeout(REST, ended).await.is_ok() {
            return Ok(());
        }
    }
}
