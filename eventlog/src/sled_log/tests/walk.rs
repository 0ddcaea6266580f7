//! Reading a volume chunk by chunk: nothing depends on where what was read at once ends.

use super::super::volume::Volume;
use super::super::walk::{Met, Walk};
use super::*;
use crate::chunk;
use crate::record::{Draft, encode};

/// What a walk reads at once, first and at most.
const FIRST: usize = 32 << 10;
const MOST: usize = 512 << 10;

/// A volume, and what was written into it.
struct Written {
    dir: TempDir,
    volume: Arc<Volume>,
    bytes: Vec<u8>,
    /// The first positions of the chunks and where they stand.
    chunks: Vec<(u64, u64)>,
}

/// Returns chunks of one event each, with data of these sizes, as one commit from position 1 on.
fn chunks(sizes: impl IntoIterator<Item = usize>) -> (Vec<u8>, Vec<(u64, u64)>) {
    let (mut out, mut begun, mut previous) = (vec![], vec![], Position::START);
    for (position, size) in (1..).zip(sizes) {
        let draft = Draft {
            stream: "a-1",
            kind: "a.b",
            schema: 1,
            revision: position - 1,
            recorded_at: 0,
            id: domain::EventId::from_u128(position.into()),
            previous: previous.0.checked_sub(1).map(|_| previous),
            data: &vec![b'1'; size],
            meta: b"{}",
        };
        let mut record = vec![];
        encode(&draft, &mut record).unwrap();
        let ends = [record.len()];
        previous = chunk::pack(Position(position), previous, &record, &ends, &mut out, |position, at| {
            begun.push((position.0, BEGIN + at as u64));
        });
    }
    (out, begun)
}

impl Written {
    /// Makes a volume of these bytes behind its header.
    fn of(bytes: Vec<u8>, chunks: Vec<(u64, u64)>) -> Self {
        let dir = TempDir::new().unwrap();
        let volume = Arc::new(Volume::create(dir.path(), Position(1), None).unwrap());
        volume.tamper(BEGIN, &bytes);
        Self { dir, volume, bytes, chunks }
    }

    fn new(sizes: impl IntoIterator<Item = usize>) -> Self {
        let (bytes, chunks) = chunks(sizes);
        Self::of(bytes, chunks)
    }

    fn walk(&self, at: u64) -> Walk {
        assert!(self.dir.path().is_dir());
        Walk::new(Arc::clone(&self.volume), at)
    }
}

/// Sizes that put a border of what is read at once into every part of a chunk.
fn sizes() -> impl Iterator<Item = usize> {
    (0..1_300).map(|index| if index % 400 == 399 { MAX_EVENT - 2 } else { index * 7 % 1_900 })
}

#[test]
fn every_chunk_is_read_as_it_stands_wherever_reading_begins() {
    let written = Written::new(sizes());
    assert!(written.bytes.len() > 8 * MOST);
    for begin in [0, 1, 398, 399, 400, 1_299] {
        let mut walk = written.walk(written.chunks[begin].1);
        for (position, at) in &written.chunks[begin..] {
            assert_eq!(walk.at, *at);
            let Met::Chunk(header, records) = walk.next().unwrap() else { panic!("{position}") };
            let at = usize::try_from(at - BEGIN).unwrap();
            let (expected, body) = chunk::open(&written.bytes[at..]).unwrap();
            assert_eq!((header, header.position.0), (expected, *position));
            assert!(*records == *body, "{position}");
        }
        let end = walk.at;
        assert!(matches!(walk.next().unwrap(), Met::End));
        assert_eq!((walk.at, end), (end, BEGIN + written.bytes.len() as u64));
    }
}

#[test]
fn a_chunk_is_reached_by_the_headers_alone() {
    let written = Written::new(sizes());
    for (from, at) in written.chunks.iter().step_by(130) {
        for (position, stands) in written.chunks.iter().skip(usize::try_from(*from).unwrap() - 1).step_by(37)
        {
            let mut walk = written.walk(*at);
            walk.reach(Position(*from), Position(*position)).unwrap().unwrap();
            assert_eq!(walk.at, *stands);
        }
    }
    let reach = |at: u64, from: u64, position: u64| {
        let reached = written.walk(at).reach(Position(from), Position(position)).unwrap();
        reached.map_err(|(position, broken)| (position.0, broken.0))
    };
    // Behind the end, from a place that is another, from no place at all, and from behind the file.
    assert_eq!(reach(BEGIN, 1, 1_301), Err((1_301, "is missing")));
    assert_eq!(reach(written.chunks[4].1, 4, 9), Err((4, "is missing")));
    assert_eq!(reach(BEGIN + 1, 1, 9), Err((1, "no chunk begins where one should")));
    assert_eq!(reach(1 << 40, 1, 9), Err((1, "is missing")));
    // The body is not looked at, the header is.
    let at = |index: usize| written.chunks[index].1;
    written.volume.tamper(at(700) + 100, b"other");
    assert_eq!(reach(BEGIN, 1, 900), Ok(()));
    written.volume.tamper(at(700), b"other");
    assert_eq!(reach(BEGIN, 1, 900), Err((701, "no chunk begins where one should")));
    assert_eq!(reach(BEGIN, 1, 700), Ok(()));
    assert_eq!(reach(at(701), 702, 900), Ok(()));
    // Another chunk stands there.
    let (other, _) = chunks([sizes().nth(300).unwrap()]);
    written.volume.tamper(at(300), &other);
    assert_eq!(reach(BEGIN, 1, 400), Err((301, "is missing")));
}

#[test]
fn a_walk_goes_back_to_where_it_was() {
    let written = Written::new(sizes());
    let mut walk = written.walk(BEGIN);
    for index in [0, 1_200, 3, 399, 398, 1_299, 1] {
        let (position, at) = written.chunks[index];
        walk.go(at);
        assert_eq!(walk.header().unwrap().unwrap().position.0, position);
        let Met::Chunk(header, _) = walk.next().unwrap() else { panic!("{position}") };
        assert_eq!((header.position.0, walk.at), (position, at + header.total() as u64));
    }
}

#[test]
fn room_is_told_from_damage_to_its_last_byte() {
    let (whole, begun) = chunks([10, 20]);
    let around = |border: usize| border - 2..=border + 2;
    for length in
        [1, 3, 4, 45, 46, 47].into_iter().chain([FIRST, 2 * FIRST, MOST].into_iter().flat_map(around))
    {
        let written = Written::of([&whole[..], &vec![0; length]].concat(), begun.clone());
        let end = BEGIN + whole.len() as u64;
        let met = || {
            // As it is met first, and by who comes from before.
            let (mut here, mut before) = (written.walk(end), written.walk(BEGIN));
            before.next().unwrap();
            before.next().unwrap();
            [&mut here, &mut before].map(|walk| {
                let met = walk.next().unwrap();
                assert_eq!(walk.at, end);
                met
            })
        };
        assert!(met().iter().all(|met| matches!(met, Met::End)), "{length}");
        written.volume.tamper(end + length as u64 - 1, &[1]);
        assert!(met().iter().all(|met| matches!(met, Met::Broken(_))), "{length}");
    }
}

#[test]
fn the_next_whole_chunk_is_found_behind_anything() {
    let (whole, _) = chunks([10, 3_000, 40_000]);
    let (first, second) = (..chunk::HEADER + 75, chunks([10]).0.len());
    let around = |border: usize| border - 5..=border + 5;
    // Each search goes on three bytes before the end of what was looked at.
    let borders = [8, FIRST, 2 * FIRST - 3, 3 * FIRST - 6, MOST, MOST - 45, MOST + FIRST].into_iter();
    for length in borders.flat_map(around) {
        // What looks like a chunk everywhere takes long to pass.
        for filler in [&b"\0"[..], b"PrC", b"PrC2"].into_iter().take(if length < MOST - 100 { 3 } else { 2 })
        {
            let mut bytes: Vec<u8> = filler.iter().copied().cycle().take(length).collect();
            // The last of them must not run on into the chunk.
            bytes[length - 1] = b'-';
            let behind = &whole[second..];
            let written = Written::of([&bytes, behind].concat(), vec![]);
            let mut walk = written.walk(BEGIN);
            assert!(walk.resume().unwrap(), "{length} {filler:?}");
            assert_eq!(walk.at, BEGIN + length as u64, "{length} {filler:?}");
            let Met::Chunk(header, _) = walk.next().unwrap() else { panic!("{length}") };
            assert_eq!(header.position, Position(2));
            let Met::Chunk(header, _) = walk.next().unwrap() else { panic!("{length}") };
            assert_eq!(header.position, Position(3));
        }
    }
    // A chunk that is not whole is passed over, and where there is none that is told.
    let mut changed = whole.clone();
    changed[first].last_mut().map(|byte| *byte ^= 1).unwrap();
    let written = Written::of(changed.clone(), vec![]);
    let mut walk = written.walk(BEGIN - 1);
    assert!(walk.resume().unwrap());
    assert_eq!(walk.at, BEGIN + second as u64);
    for length in [0, 10, second + 10, whole.len() - 1] {
        let written = Written::of(changed[..length].to_vec(), vec![]);
        let found = written.walk(BEGIN).resume().unwrap();
        assert_eq!(found, length == whole.len() - 1, "{length}");
    }
    for length in [FIRST - 1, FIRST, FIRST + 1, FIRST - 3, MOST, MOST + 1] {
        let written = Written::of(vec![b'P'; length], vec![]);
        assert!(!written.walk(BEGIN).resume().unwrap());
    }
}
