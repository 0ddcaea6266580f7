//! The files of the key ring: records are read back as written, a base says all or nothing, and a journal says what
//! its whole frames hold, never anything else.
//!
//! Input: a place (2), then frames: a length (1) and as many bytes of records. The frames are sealed under a key the
//! harness knows, because nothing random opens; the place says what is cut or changed afterwards.
#![no_main]

use eventlog::keys::KeyError;
use eventlog::keys::fuzzing::{base, journal, read_base, read_journal, records};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [high, low, bytes @ ..] = input else { return };
    let place = usize::from(u16::from_be_bytes([*high, *low]));
    let again = records(bytes).concat();
    assert_eq!(again, bytes[..again.len()], "a record is encoded otherwise");
    raw(bytes);

    let frames = frames(bytes);
    let held: Vec<_> = frames.iter().map(|frame| records(frame)).collect();
    let whole = frames.iter().zip(&held).all(|(frame, records)| records.concat().len() == frame.len());
    let count = held.iter().map(Vec::len).sum::<usize>() as u64;
    check_base(&frames, count, whole, place);
    check_journal(&frames, whole, place);
});

/// Cuts the input into frames that are not empty.
fn frames(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut frames = vec![];
    while let [length, rest @ ..] = bytes {
        let (frame, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        frames.extend((!frame.is_empty()).then_some(frame));
        bytes = rest;
    }
    frames
}

/// Bytes that nobody sealed hold no key, and what is wrong with them is inside of them.
fn raw(bytes: &[u8]) {
    for read in [read_base(bytes.to_vec()), read_journal(bytes.to_vec()).map(|(_, held)| held)] {
        match read {
            Ok(held) => assert!(held.is_empty(), "a key was forged"),
            Err(KeyError::Damaged { offset, .. }) => assert!(offset <= bytes.len() as u64),
            Err(other) => panic!("refused otherwise than as damage: {other}"),
        }
    }
}

fn check_base(frames: &[&[u8]], count: u64, whole: bool, place: usize) {
    let file = base(count, frames).expect("it is short");
    let read = read_base(file.clone());
    assert_eq!(read.is_ok(), whole, "{:?}", read.err());
    for wrong in [count.checked_sub(1), count.checked_add(1)].into_iter().flatten() {
        let file = base(wrong, frames).expect("it is short");
        assert!(read_base(file).is_err(), "{count} records pass for {wrong}");
    }
    let Ok(held) = read else { return };
    let all = held.concat();
    let one: &[&[u8]] = if held.is_empty() { &[] } else { &[&all] };
    let again = read_base(base(held.len() as u64, one).expect("it is short")).expect("it was read before");
    assert_eq!(again, held, "a base made of a base holds something else");

    let place = place % file.len();
    assert!(read_base(file[..place].to_vec()).is_err(), "cut at {place} unnoticed");
    let mut broken = file;
    broken[place] ^= 0x41;
    assert!(read_base(broken).is_err(), "byte {place} changed unnoticed");
}

fn check_journal(frames: &[&[u8]], whole: bool, place: usize) {
    let (file, ends) = journal(frames).expect("it is short");
    let read = read_journal(file.clone());
    assert_eq!(read.is_ok(), whole, "{:?}", read.err());
    let Ok((end, held)) = read else { return };
    assert_eq!(end, file.len());
    let count = frames.iter().map(|frame| records(frame).len()).sum::<usize>() as u64;
    assert_eq!(held, read_base(base(count, frames).expect("it is short")).expect("its frames are whole"));

    // What the frames before `end` hold.
    let before = |end: usize| {
        let frames = &frames[..ends.iter().position(|at| *at == end).expect("an end between two frames")];
        let (file, _) = journal(frames).expect("it is short");
        read_journal(file).expect("its frames are whole")
    };
    let place = place % file.len();
    let cut = read_journal(file[..place].to_vec());
    match ends.iter().rfind(|end| **end <= place) {
        Some(last) => assert_eq!(cut.expect("a torn end is no damage"), before(*last)),
        None => assert!(cut.is_err(), "a journal without its header"),
    }
    // Changed in the last frame it may pass for torn; anywhere else it is damage.
    let mut broken = file;
    broken[place] ^= 0x41;
    if let Ok(read) = read_journal(broken) {
        assert_eq!(read.0, ends[ends.len() - 2], "byte {place} changed unnoticed");
        assert!(place >= read.0, "what was lost is not what was changed");
        assert_eq!(read, before(read.0));
    }
}
