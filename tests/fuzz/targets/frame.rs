//! The reader of the write-ahead log: a frame that is met says what stands in the bytes, and is met where it begins.
//!
//! Input: a file. It is read as it is, and again with a frame made right at its beginning.
#![no_main]

use eventlog::frame::{self, Frame, HEADER, MAGIC};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    check(input);
    if input.len() >= HEADER {
        let mut file = input.to_vec();
        mend(&mut file);
        check(&file);
    }
});

/// Puts what a frame begins with and its checksum right, as far as its length leads.
fn mend(file: &mut [u8]) {
    file[..8].copy_from_slice(MAGIC);
    let length = u64::from_be_bytes(file[24..32].try_into().expect("eight bytes"));
    let end = usize::try_from(length).ok().and_then(|length| length.checked_add(HEADER));
    let end = end.unwrap_or(usize::MAX).min(file.len());
    file[24..32].copy_from_slice(&((end - HEADER) as u64).to_be_bytes());
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&file[..48]), &file[HEADER..end]);
    file[48..HEADER].copy_from_slice(&checksum.to_be_bytes());
}

fn check(file: &[u8]) {
    let mut before = 0;
    for (at, met) in frame::all(file) {
        assert!(at >= before, "a frame was met inside of another");
        assert!(file[at..].starts_with(MAGIC));
        before = at + MAGIC.len();
        let Ok(Frame { first, last, records, .. }) = met else { continue };
        let frame = Frame::read(&file[at..]).expect("what was met can be read");
        before = at + frame.total();
        assert!(first.0 > 0 && last >= first && last.0 - first.0 < records.len() as u64);
        let again = [&frame.header()[..], records].concat();
        assert_eq!(again, file[at..before], "the header is another");

        // A frame cut short, or with a byte changed, is none.
        assert!(Frame::read(&file[at..before - 1]).is_err());
        let mut changed = again;
        let place = changed.len() / 2;
        changed[place] ^= 1;
        assert!(Frame::read(&changed).is_err(), "accepted with a byte changed");
    }
}
