//! How long the tree of a log takes, and a bundle of all of it.
//!
//! `cargo run --release -p preau-eventlog --example proof_time -- DIR` opens the log that `open_time` filled in `DIR`,
//! makes its tree anew in `DIR/tlog`, signs it, writes a bundle of every event and checks it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement, for the one who runs it"
)]

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use preau_eventlog::clock::SystemClock;
use preau_eventlog::tlog::bundle::{Wanted, verify, write};
use preau_eventlog::tlog::tree::SigningKey;
use preau_eventlog::tlog::{Tlog, examine};
use preau_eventlog::{EventLog, Position, SledLog};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let dir = std::env::args().nth(1).unwrap_or_else(|| panic!("proof_time DIR"));
    let dir = Path::new(&dir);
    let tlog = dir.join("tlog");
    if tlog.exists() {
        std::fs::remove_dir_all(&tlog).unwrap();
    }
    let (log, _) = SledLog::open(dir, Arc::new(SystemClock), Arc::new(())).unwrap();
    let key = SigningKey::from_bytes(&[7; 32]);
    let (head, before) = (log.head(), memory());
    println!("{head} events; memory with the log open: {before}");

    let begun = now();
    let (mut tree, _) = Tlog::open(&tlog, &log, key.clone()).await.unwrap();
    println!("made in {:.2?}, {}", begun.elapsed(), memory());
    let begun = now();
    tree.checkpoint().unwrap();
    println!("signed, all of it synced, in {:.2?}", begun.elapsed());
    drop(tree);
    let begun = now();
    let (mut tree, _) = Tlog::open(&tlog, &log, key.clone()).await.unwrap();
    println!("opened again in {:.2?}", begun.elapsed());
    let begun = now();
    for number in 0..1000 {
        tree.inclusion(Position(1 + number * 7919 % head.0), head.0).unwrap();
    }
    println!("one proof anywhere: {:.2?}", begun.elapsed() / 1000);

    let file = dir.join("proof.jsonl");
    let begun = now();
    let wanted = Wanted { from: Position(1), until: head, since: None };
    let mut out = BufWriter::new(File::create(&file).unwrap());
    write(&mut tree, &log, &wanted, &mut out, |_| ()).await.unwrap();
    drop(out);
    let bytes = std::fs::metadata(&file).unwrap().len();
    println!("exported in {:.2?}, {bytes} bytes, {}", begun.elapsed(), memory());
    let begun = now();
    verify(&mut BufReader::new(File::open(&file).unwrap()), None).unwrap();
    println!("verified in {:.2?}, {}", begun.elapsed(), memory());
    std::fs::remove_file(&file).unwrap();
    let begun = now();
    examine(&tlog, &log, Some(&key), true).await.unwrap();
    println!("every hash compared with its event in {:.2?}, {}", begun.elapsed(), memory());
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[allow(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}
