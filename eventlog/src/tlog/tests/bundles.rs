//! Bundles: each way to tamper with one is found, and where.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::log::{EventLog, Position};
use crate::tlog::bundle::{Unproven, Verified, Wanted, verify, write};
use crate::tlog::{Checkpoint, PublicKey, TlogError};

use super::{edited, grow, log_of, open};

/// A bundle of the positions 3 to 17 of a log of 20 events, with earlier checkpoints of 6 and 13.
async fn bundle() -> (String, PublicKey) {
    let (log, folder) = (log_of(6).await, tempfile::tempdir().unwrap());
    for more in [0, 7, 7] {
        grow(&*log, more).await;
        open(folder.path(), &*log).await.unwrap().0.checkpoint().unwrap();
    }
    let wanted = Wanted { from: Position(3), until: Position(17), since: None };
    let (text, key) = written(folder.path(), &*log, &wanted).await.unwrap();
    (text, key)
}

async fn written(
    folder: &Path,
    log: &dyn EventLog,
    wanted: &Wanted,
) -> Result<(String, PublicKey), TlogError> {
    let (mut tlog, _) = open(folder, log).await?;
    let mut out = Vec::new();
    write(&mut tlog, log, wanted, &mut out, |_| ()).await?;
    Ok((String::from_utf8(out).unwrap(), tlog.public_key()?))
}

fn check(text: &str) -> Result<Verified, Unproven> {
    verify(&mut text.as_bytes(), None)
}

fn lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// Changes one line as JSON. Line 0 is the first.
fn change(text: &str, line: usize, change: impl FnOnce(&mut Value)) -> String {
    let mut lines = lines(text);
    let mut value: Value = serde_json::from_str(&lines[line]).unwrap();
    change(&mut value);
    lines[line] = format!("{value}\n");
    lines.concat()
}

/// Flips a bit of bytes in base64.
fn flip(value: &mut Value) {
    let mut bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    *value = Value::String(STANDARD.encode(bytes));
}

#[tokio::test]
async fn a_bundle_proves_what_it_holds() {
    let (text, key) = bundle().await;
    let proved = verify(&mut text.as_bytes(), Some(&key)).unwrap();
    assert_eq!((proved.from, proved.until, proved.checkpoint.size), (Position(3), Position(17), 20));
    assert_eq!(proved.since.as_ref().unwrap().size, 13, "the one before the newest");
    assert_eq!(proved.key, key);
    assert_eq!(check(&text).unwrap(), proved);
    assert_eq!(text.lines().count(), 1 + 15 + 1);
}

#[tokio::test]
async fn any_two_checkpoints_can_be_chosen_and_a_first_one_stands_alone() {
    let (log, folder) = (log_of(5).await, tempfile::tempdir().unwrap());
    let all = |until| Wanted { from: Position(1), until: Position(until), since: None };
    open(folder.path(), &*log).await.unwrap().0.checkpoint().unwrap();
    let (text, _) = written(folder.path(), &*log, &all(5)).await.unwrap();
    assert_eq!(check(&text).unwrap().since, None);
    grow(&*log, 5).await;
    open(folder.path(), &*log).await.unwrap().0.checkpoint().unwrap();
    grow(&*log, 5).await;
    open(folder.path(), &*log).await.unwrap().0.checkpoint().unwrap();
    for since in [5, 10, 15] {
        let wanted = Wanted { since: Some(since), ..all(15) };
        let (text, _) = written(folder.path(), &*log, &wanted).await.unwrap();
        assert_eq!(check(&text).unwrap().since.unwrap().size, since);
    }
    let missing = written(folder.path(), &*log, &Wanted { since: Some(7), ..all(15) }).await.unwrap_err();
    assert!(matches!(missing, TlogError::NoCheckpoint { size: 7, .. }), "{missing}");
}

#[tokio::test]
async fn what_was_done_to_an_event_is_found_at_its_position() {
    let (text, _) = bundle().await;
    let moved = |order: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines(&text);
        order(&mut lines);
        lines.concat()
    };
    let renumbered = |from: usize, lines: &mut Vec<String>| {
        for (index, line) in lines.iter_mut().enumerate().skip(from).take(17 - from) {
            let mut value: Value = serde_json::from_str(line).unwrap();
            if value.get("leaf").is_some() {
                value["position"] = json!(index + 2);
                *line = format!("{value}\n");
            }
        }
    };
    // Position 3 is line 1 here, counted from 0.
    let cases: Vec<(&str, u64, String)> = vec![
        ("a bit of the event", 7, change(&text, 5, |line| flip(&mut line["leaf"]))),
        ("a bit of its proof", 7, change(&text, 5, |line| flip(&mut line["path"][2]))),
        ("a hash less", 7, change(&text, 5, |line| drop(line["path"].as_array_mut().unwrap().pop()))),
        ("its position", 7, change(&text, 5, |line| line["position"] = json!(8))),
        ("removed", 9, moved(&|lines| drop(lines.remove(7)))),
        (
            "removed and counted anew",
            9,
            moved(&|lines| {
                lines.remove(7);
                renumbered(7, lines);
            }),
        ),
        (
            "inserted",
            11,
            moved(&|lines| {
                let copy = lines[8].clone();
                lines.insert(9, copy);
            }),
        ),
        (
            "inserted and counted anew",
            11,
            moved(&|lines| {
                let copy = lines[8].clone();
                lines.insert(9, copy);
                renumbered(9, lines);
            }),
        ),
        ("swapped", 5, moved(&|lines| lines.swap(3, 6))),
        (
            "swapped and counted anew",
            5,
            moved(&|lines| {
                lines.swap(3, 6);
                renumbered(3, lines);
            }),
        ),
        ("the last removed", 17, moved(&|lines| drop(lines.remove(15)))),
        ("cut after a line", 12, lines(&text)[..10].concat()),
        ("cut in a line", 12, lines(&text)[..10].concat() + &lines(&text)[10][..50]),
        ("no JSON", 6, moved(&|lines| lines[4] = "{\n".to_owned())),
        ("no base64", 6, change(&text, 4, |line| line["leaf"] = json!("*"))),
        ("an unknown field", 6, change(&text, 4, |line| line["note"] = json!(1))),
    ];
    for (what, position, tampered) in cases {
        let found = check(&tampered).expect_err(what);
        assert_eq!(found.position, Some(Position(position)), "{what}: {found}");
        assert!(found.to_string().starts_with(&format!("position {position}: ")), "{what}: {found}");
        assert_eq!(found.line, position - 1, "{what}: {found}");
    }
}

#[tokio::test]
async fn what_was_done_to_the_rest_is_told_by_its_name() {
    let (text, _) = bundle().await;
    let head = |change_it: &dyn Fn(&mut Value)| change(&text, 0, change_it);
    let swap = |value: &mut Value, from: &str, to: &str| {
        *value = json!(value.as_str().unwrap().replacen(from, to, 1));
    };
    let newest = serde_json::from_str::<Value>(lines(&text)[0].as_str()).unwrap()["checkpoint"].clone();
    let cases: Vec<(&str, String)> = vec![
        (
            "the checkpoint: its signature does not fit",
            head(&|it| swap(&mut it["checkpoint"], "\n20\n", "\n21\n")),
        ),
        (
            "the earlier checkpoint: its signature does not fit",
            head(&|it| swap(&mut it["since"], "\n13\n", "\n12\n")),
        ),
        ("the consistency proof cannot be read", head(&|it| it["consistency"][0] = json!("AA=="))),
        (
            "the checkpoint of 20 events does not go on from that of 13",
            head(&|it| flip(&mut it["consistency"][0])),
        ),
        (
            "the checkpoint of 20 events does not go on from that of 13",
            head(&|it| it["consistency"] = json!([])),
        ),
        (
            "the checkpoint of 20 events does not go on from that of 20",
            head(&|it| it["since"] = newest.clone()),
        ),
        ("a consistency proof without an earlier checkpoint", head(&|it| it["since"] = Value::Null)),
        ("do not belong together", head(&|it| swap(&mut it["key"], "+", "+0"))),
        ("it cannot hold the events from 0 to 17", head(&|it| it["from"] = json!(0))),
        ("it cannot hold the events from 3 to 21", head(&|it| it["until"] = json!(21))),
        ("it cannot hold the events from 18 to 17", head(&|it| it["from"] = json!(18))),
        ("no bundle of the format preau-bundle/1", head(&|it| it["format"] = json!("preau-bundle/2"))),
        ("it says 14 events, and there are 15", change(&text, 16, |it| it["events"] = json!(14))),
        ("the last line is missing: the file was cut", lines(&text)[..16].concat()),
        ("the last line is cut", text.trim_end().to_owned()),
        ("there is more after the last line", format!("{text}\n")),
        ("the first line is missing", String::new()),
        ("the first line is not readable", "PK\u{3}\u{4}\n".to_owned()),
    ];
    for (expected, tampered) in cases {
        let found = check(&tampered).expect_err(expected);
        assert!(found.position.is_none() && found.to_string().contains(expected), "{expected}: {found}");
    }
    let longer = change(&text, 0, |it| it["until"] = json!(18));
    assert_eq!(check(&longer).unwrap_err().position, Some(Position(18)));
    let later = change(&text, 0, |it| it["from"] = json!(4));
    assert_eq!(check(&later).unwrap_err().position, Some(Position(4)));
}

#[tokio::test]
async fn a_line_without_end_costs_no_memory_without_end() {
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
            bytes.fill(b'[');
            self.0 += bytes.len() as u64;
            assert!(self.0 < 4 << 20, "it must stop");
            Ok(bytes.len())
        }
    }
    let found = verify(&mut std::io::BufReader::new(Endless(0)), None).unwrap_err();
    assert!(found.to_string().contains("the first line is too long"), "{found}");
}

#[tokio::test]
async fn a_bundle_of_another_log_or_key_is_refused_where_the_key_is_known() {
    let (text, key) = bundle().await;
    let other = PublicKey::of(&ed25519_dalek::SigningKey::from_bytes(&[8; 32]), key.name());
    let found = verify(&mut text.as_bytes(), Some(&other)).unwrap_err();
    assert!(found.to_string().contains("another key than the one given"), "{found}");
    let elsewhere = PublicKey::of(&super::key(), "preau/0000000000000000");
    assert!(verify(&mut text.as_bytes(), Some(&elsewhere)).is_err());
    // A forger has a key of their own: it is found by whoever knows the right one.
    assert!(verify(&mut text.as_bytes(), Some(&key)).is_ok());
}

#[tokio::test]
async fn an_event_that_was_changed_in_the_log_is_not_exported() {
    let (log, folder) = (log_of(700).await, tempfile::tempdir().unwrap());
    open(folder.path(), &*log).await.unwrap().0.checkpoint().unwrap();
    let changed = edited(&*log, 700, |id| id == 123).await;
    // What is at the end is as it was, so it is not met before.
    let (mut tlog, _) = open(folder.path(), &*changed).await.unwrap();
    let wanted = |from, until| Wanted { from: Position(from), until: Position(until), since: None };
    let mut out = Vec::new();
    let error = write(&mut tlog, &*changed, &wanted(2, 700), &mut out, |_| ()).await.unwrap_err();
    assert!(matches!(error, TlogError::Contradicts { position: Position(123), .. }), "{error}");
    // What was not changed is still proved.
    let mut out = Vec::new();
    write(&mut tlog, &*changed, &wanted(124, 700), &mut out, |_| ()).await.unwrap();
    verify(&mut &out[..], None).unwrap();
}

#[tokio::test]
async fn a_log_under_another_name_is_refused_where_it_begins() {
    let (log, folder) = (log_of(5).await, tempfile::tempdir().unwrap());
    open(folder.path(), &*log).await.unwrap().0.checkpoint().unwrap();
    let wanted = Wanted { from: Position(1), until: Position(5), since: None };
    let (text, key) = written(folder.path(), &*log, &wanted).await.unwrap();
    let renamed = change(&text, 0, |head| {
        let mut checkpoint = Checkpoint::open(head["checkpoint"].as_str().unwrap(), &key).unwrap();
        checkpoint.origin = "preau/0000000000000000".to_owned();
        head["checkpoint"] = json!(checkpoint.sign(&super::key()));
        head["key"] = json!(PublicKey::of(&super::key(), &checkpoint.origin).to_string());
    });
    let found = check(&renamed).unwrap_err();
    assert_eq!(found.position, Some(Position(1)));
    assert!(found.to_string().contains("not the one the log is named after"), "{found}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_bundle_is_found_or_says_the_same(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..3),
    ) {
        static MADE: OnceLock<(String, PublicKey)> = OnceLock::new();
        let (text, key) = MADE.get_or_init(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(bundle())
        });
        let meant = check(text).unwrap();
        let mut bytes = text.clone().into_bytes();
        for (place, byte, how) in changes {
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] ^= 1 << (byte & 7),
                1 => bytes[at] = byte,
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        for key in [None, Some(key)] {
            if let Ok(verified) = verify(&mut &bytes[..], key) {
                prop_assert_eq!(&verified, &meant);
            }
        }
    }

    #[test]
    fn anything_at_all_is_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(verify(&mut &bytes[..], None).is_err());
    }
}

/// Checks the hashes and the proofs of a bundle, and prints how many events it proved.
const CHECKER: &str = r#"
import base64, hashlib, json, sys

def h(*parts): return hashlib.sha256(b"".join(parts)).digest()
def hashes(texts): return [base64.b64decode(text) for text in texts]
def checkpoint(note):
    origin, size, root = note.split("\n")[:3]
    return int(size), base64.b64decode(root)

lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
head, events, end = lines[0], lines[1:-1], lines[-1]
size, root = checkpoint(head["checkpoint"])
for number, event in enumerate(events, head["from"]):
    assert event["position"] == number
    at, last = number - 1, size - 1
    hash = h(b"\0", base64.b64decode(event["leaf"]))
    for other in hashes(event["path"]):
        if at & 1 or at == last:
            hash = h(b"\1", other, hash)
            while not at & 1 and at: at, last = at >> 1, last >> 1
        else:
            hash = h(b"\1", hash, other)
        at, last = at >> 1, last >> 1
    assert last == 0 and hash == root, number
assert end == {"events": len(events), "end": True} and number == head["until"]

old, old_root = checkpoint(head["since"])
proof, at, last = hashes(head["consistency"]), old - 1, size - 1
while at & 1: at, last = at >> 1, last >> 1
if old & (old - 1) == 0: proof.insert(0, old_root)
before = after = proof[0]
for other in proof[1:]:
    if at & 1 or at == last:
        before, after = h(b"\1", other, before), h(b"\1", other, after)
        while not at & 1 and at: at, last = at >> 1, last >> 1
    else:
        after = h(b"\1", after, other)
    at, last = at >> 1, last >> 1
assert last == 0 and before == old_root and after == root
print(len(events))
"#;

#[tokio::test]
async fn a_few_lines_of_another_language_check_it_too() {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: this machine has no python3");
        return;
    }
    let (text, _) = bundle().await;
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        Command::new("python3").args(["-c", CHECKER]).arg(file).output().unwrap()
    };
    let whole = run("whole", &text);
    assert!(whole.status.success(), "{whole:?}");
    assert_eq!(String::from_utf8_lossy(&whole.stdout).trim(), "15");
    let changed = run("changed", &change(&text, 5, |line| flip(&mut line["leaf"])));
    assert!(!changed.status.success());
    assert!(String::from_utf8_lossy(&changed.stderr).contains("AssertionError: 7"), "{changed:?}");

    // The signature, with nothing of ours but the description of the format.
    let head: Value = serde_json::from_str(&lines(&text)[0]).unwrap();
    let (note, key) = (head["checkpoint"].as_str().unwrap(), head["key"].as_str().unwrap());
    let key = STANDARD.decode(key.splitn(3, '+').nth(2).unwrap()).unwrap();
    let (signed, signature) = note.split_once("\n\n").unwrap();
    let signature = STANDARD.decode(signature.trim_end().rsplit(' ').next().unwrap()).unwrap();
    let public = ed25519_dalek::VerifyingKey::from_bytes(key[1..].try_into().unwrap()).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&signature[4..]).unwrap();
    public.verify_strict(format!("{signed}\n").as_bytes(), &signature).unwrap();
}
