//! `preau demo`: an invented academy in a temporary directory, served until stopped.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use api::Node;
use api::node::open;
use api::password::Hasher;
use api::process::retention::Delays;
use eventlog::Clock;
use eventlog::clock::SystemClock;

use crate::cli;
use crate::demo::{self, Demo};
use crate::serve::Manner;
use crate::{failed, opened, say, serve};

/// How often a checkpoint of its log is signed.
const INTERVAL: Duration = Duration::from_mins(10);

/// Runs the command.
pub async fn demo(args: cli::Demo) -> Result<()> {
    let listener = serve::listen(&args.listen).await?;
    let folder =
        tempfile::TempDir::with_prefix("preau-demo-").context("no temporary directory can be made")?;
    let clock = demo::clock(Arc::new(SystemClock));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let opened = open(folder.path(), None, Arc::clone(&shared)).map_err(failed::unopened)?;
    let node =
        Node::start(opened.log, opened.vault, shared, |_, _| ()).await.context("the log cannot be read")?;
    let verifier = Hasher::new()?.hash(demo::password(args.seed)).await.map_err(|failure| {
        anyhow::anyhow!("the password of the demonstration cannot be hashed: {failure:?}")
    })?;
    let bar = opened::bar("inventing");
    let invented = demo::prepare(&node, &clock, args.seed, &verifier, |_, done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    let invented = invented.await?;
    bar.finish_and_clear();
    let ready = |url: &str| say(&text(&invented, url));
    let manner = Manner { introspection: true, interval: INTERVAL, delays: Delays::default() };
    serve::on(listener, Arc::new(node), folder.path(), manner, ready).await
}

fn text(demo: &Demo, url: &str) -> String {
    let Demo { people, schools, written, booked, accounts, queries } = demo;
    let mut out = format!(
        "An invented academy: {people} people in {schools} schools, {} messages in {} days, {} bookings, most of them series. Nothing of it is real.\n\
         Préau listens on {url} (POST {url}/graphql); Ctrl-C ends it and deletes it.\n\nSign in as:\n",
        written.sent,
        demo::DAYS,
        booked.series + booked.waiting
    );
    for account in accounts {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  {:<42} {:<28} {}", account.profile, account.login, account.password);
    }
    if let Some(account) = accounts.get(1) {
        let _ = writeln!(
            out,
            "\nSign in, keep the token, ask:\n  \
             TOKEN=$(curl -s {url}/graphql -H 'content-type: application/json' -d '{}' | \
             sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/')",
            serde_json::json!({
                "query": "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { message } } }",
                "variables": { "input": {
                    "login": account.login, "password": account.password,
                    "idempotencyKey": "01JDEM0DEM0DEM0DEM0DEM0DEM"
                }}
            })
        );
    }
    for query in queries {
        let _ = writeln!(
            out,
            "\n# {}\n  curl -s {url}/graphql -H 'content-type: application/json' -H \"authorization: Bearer $TOKEN\" -d '{}'",
            query.asks,
            serde_json::json!({ "query": query.text })
        );
    }
    out
}
