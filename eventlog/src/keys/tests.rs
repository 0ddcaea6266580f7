mod damage;
mod format;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, OnceLock};

use domain::{MessageId, PersonId, StructureId};
use tempfile::TempDir;

use super::entry::Record;
use super::*;

impl Ring {
    /// Takes in a key made elsewhere.
    pub(crate) fn put(&self, entry: Entry, generation: u32, key: Key) {
        self.write(|memory| memory.apply(Record { entry, generation, key: Some(key) }));
    }

    fn all_keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        self.read(|memory| {
            memory.each(1, |mut record| {
                keys.extend(Record::decode(&mut record).unwrap().key);
                Ok::<_, ()>(())
            })
        })
        .unwrap();
        keys
    }

    fn limit(&self, bytes: u64) {
        self.disk.as_ref().unwrap().lock().unwrap().limit = bytes;
    }
}

fn person(number: u128) -> Entry {
    Entry::Identity(PersonId::from_u128(number))
}

fn month(number: u32) -> Entry {
    Entry::Month { class: Class::Message, month: number }
}

fn open(folder: &TempDir) -> (Ring, RingReport) {
    Ring::open(&folder.path().join("keys"), None).unwrap()
}

fn fault(folder: &TempDir) -> KeyError {
    match Ring::open(&folder.path().join("keys"), None) {
        Ok((_, report)) => panic!("it opened: {report:?}"),
        Err(error) => error,
    }
}

type Files = BTreeMap<String, Vec<u8>>;

fn files(folder: &TempDir) -> Files {
    let directory = folder.path().join("keys");
    fs::read_dir(directory)
        .unwrap()
        .map(|it| it.unwrap())
        .map(|it| (it.file_name().into_string().unwrap(), fs::read(it.path()).unwrap()))
        .collect()
}

fn folder_with(files: &Files) -> TempDir {
    let folder = TempDir::new().unwrap();
    let directory = folder.path().join("keys");
    fs::create_dir(&directory).unwrap();
    for (name, bytes) in files {
        fs::write(directory.join(name), bytes).unwrap();
    }
    folder
}

fn names(folder: &TempDir) -> Vec<String> {
    files(folder).into_keys().collect()
}

/// How many secrets every ring has.
const SECRETS: usize = 4;

/// What opening says when nothing had to be made or repaired in the first generation.
fn report_of(keys: usize) -> RingReport {
    RingReport { made: false, made_master: false, cut: None, restored: None, generation: 1, keys }
}

/// A ring with a base of two people and a journal of three writes of two people each; and all its keys.
fn sample() -> (Files, Vec<(Entry, Key)>) {
    static SAMPLE: OnceLock<(Files, Vec<(Entry, Key)>)> = OnceLock::new();
    SAMPLE.get_or_init(make_sample).clone()
}

fn make_sample() -> (Files, Vec<(Entry, Key)>) {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    let mut keys = Vec::new();
    for group in 0..4 {
        for number in [group * 2, group * 2 + 1] {
            keys.push((person(number), ring.get_or_create(person(number)).unwrap().1));
        }
        if group == 0 { ring.compact().unwrap() } else { ring.before_commit().unwrap() }
    }
    (files(&folder), keys)
}

#[test]
fn a_ring_opened_again_gives_the_same_keys() {
    let folder = TempDir::new().unwrap();
    let (ring, report) = open(&folder);
    assert_eq!(report, RingReport { made: true, made_master: true, ..report_of(SECRETS) });
    let entries = [
        person(1),
        person(2),
        Entry::Writing(PersonId::from_u128(1)),
        Entry::Structure(StructureId::from_u128(1)),
        Entry::Platform,
        month(202_609),
        month(202_610),
        Entry::Month { class: Class::Import, month: 202_609 },
    ];
    let keys = entries.map(|entry| ring.get_or_create(entry).unwrap());
    let login = ring.login_digest("o.martin");
    ring.before_commit().unwrap();
    drop(ring);

    let (ring, report) = open(&folder);
    assert_eq!(report, report_of(SECRETS + entries.len()));
    assert_eq!(entries.map(|entry| ring.get_or_create(entry).unwrap()), keys);
    assert_eq!(ring.login_digest("o.martin"), login);
    for (at, (_, key)) in keys.iter().enumerate() {
        assert!(keys[..at].iter().all(|(_, other)| other != key));
    }
}

#[test]
fn a_key_not_committed_is_not_on_disk() {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    ring.get_or_create(person(1)).unwrap();
    drop(ring);
    assert_eq!(open(&folder).0.key(person(1), 0), None);
}

#[test]
fn a_commit_without_new_keys_writes_nothing() {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    ring.get_or_create(person(1)).unwrap();
    ring.before_commit().unwrap();
    let before = files(&folder);
    ring.get_or_create(person(1)).unwrap();
    ring.before_commit().unwrap();
    assert_eq!(files(&folder), before);
}

#[test]
fn one_key_is_made_however_many_ask_at_once() {
    let ring = Arc::new(Ring::ephemeral().unwrap());
    let askers = [(); 8].map(|()| {
        let ring = Arc::clone(&ring);
        std::thread::spawn(move || ring.get_or_create(person(1)).unwrap())
    });
    let keys = askers.map(|it| it.join().unwrap());
    assert!(keys.iter().all(|it| *it == keys[0]));
    assert_eq!(ring.len(), SECRETS + 1);
}

#[test]
fn every_key_stays_when_writers_and_rewritings_meet() {
    let folder = TempDir::new().unwrap();
    let ring = Arc::new(open(&folder).0);
    let makers = [0, 1].map(|maker| {
        let ring = Arc::clone(&ring);
        std::thread::spawn(move || {
            for number in 0..200 {
                ring.get_or_create(person(maker * 1000 + number)).unwrap();
                if number % 5 == 0 {
                    ring.before_commit().unwrap();
                }
                if number % 50 == 0 {
                    ring.compact().unwrap();
                }
            }
            ring.before_commit().unwrap();
        })
    });
    for maker in makers {
        maker.join().unwrap();
    }
    let keys = ring.all_keys();
    drop(ring);
    let again = open(&folder).0.all_keys();
    assert_eq!(again.len(), SECRETS + 400);
    assert!(keys.iter().all(|key| again.contains(key)));
}

#[test]
fn a_master_key_is_read_from_the_file_named() {
    let folder = TempDir::new().unwrap();
    let (directory, master) = (folder.path().join("keys"), folder.path().join("master"));
    fs::write(&master, [7; 32]).unwrap();
    let (ring, report) = Ring::open(&directory, Some(&master)).unwrap();
    assert!(report.made && !report.made_master);
    let key = ring.get_or_create(person(1)).unwrap();
    ring.before_commit().unwrap();
    drop(ring);
    assert_eq!(names(&folder), ["committed", "epoch.1", "journal.1", "ring.1"]);

    fs::write(&master, "07".repeat(32) + "\n").unwrap();
    let (ring, _) = Ring::open(&directory, Some(&master)).unwrap();
    assert_eq!(ring.get_or_create(person(1)).unwrap(), key);
}

#[test]
fn a_wrong_or_missing_master_key_is_named_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let (directory, master) = (folder.path().join("keys"), folder.path().join("master"));
    open(&folder).0.compact().unwrap();
    // Torn, with leftovers: nothing of this is tidied before the ring is open.
    let journal = directory.join("journal.2");
    fs::write(&journal, [fs::read(&journal).unwrap(), vec![0; 3]].concat()).unwrap();
    fs::write(directory.join("epoch.1"), [0; 80]).unwrap();
    let before = files(&folder);

    fs::write(&master, [7; 32]).unwrap();
    let wrong = Ring::open(&directory, Some(&master)).err().unwrap();
    assert!(matches!(wrong, KeyError::WrongMaster { .. }));
    assert!(wrong.to_string().contains(master.to_str().unwrap()));
    fs::write(&master, "seven").unwrap();
    let malformed = Ring::open(&directory, Some(&master)).err().unwrap();
    assert!(matches!(&malformed, KeyError::MasterMalformed(file) if *file == master));
    fs::remove_file(&master).unwrap();
    let missing = Ring::open(&directory, Some(&master)).err().unwrap();
    assert!(matches!(&missing, KeyError::MasterMissing(file) if *file == master));
    assert!(!master.exists());
    assert_eq!(files(&folder), before);

    fs::remove_file(directory.join("master.key")).unwrap();
    assert!(matches!(fault(&folder), KeyError::MasterMissing(_)));
    assert!(!directory.join("master.key").exists());
}

#[test]
fn no_master_key_is_made_at_a_path_somebody_named() {
    let folder = TempDir::new().unwrap();
    let master = folder.path().join("master");
    let missing = Ring::open(&folder.path().join("keys"), Some(&master)).err().unwrap();
    assert!(matches!(missing, KeyError::MasterMissing(_)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn only_the_owner_may_read_the_files() {
    let folder = TempDir::new().unwrap();
    open(&folder).0.compact().unwrap();
    let directory = folder.path().join("keys");
    assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    for name in names(&folder) {
        assert_eq!(fs::metadata(directory.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn no_file_holds_a_key_in_clear() {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    for number in 0..50 {
        ring.get_or_create(person(number)).unwrap();
        ring.before_commit().unwrap();
        if number == 25 {
            ring.compact().unwrap();
        }
    }
    let keys = ring.all_keys();
    assert_eq!(keys.len(), SECRETS + 50);
    for (name, bytes) in files(&folder) {
        for key in &keys {
            assert!(!holds(&bytes, key.bytes()), "{name}");
            assert!(!holds(&bytes, hex(key.bytes()).as_bytes()), "{name}");
        }
        assert!(name == "master.key" || !holds(&bytes, &50_u128.to_be_bytes()), "{name}");
    }
}

#[test]
fn after_a_rewriting_the_keys_stay_and_no_old_byte_does() {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    for number in 0..3 {
        ring.get_or_create(person(number)).unwrap();
        ring.before_commit().unwrap();
    }
    let (keys, old) = (ring.all_keys(), files(&folder));
    ring.get_or_create(person(3)).unwrap();
    ring.compact().unwrap();
    assert_eq!(names(&folder), ["committed", "epoch.2", "journal.2", "master.key", "ring.2"]);
    let new = files(&folder);
    for sealed in old["journal.1"][20..].windows(16) {
        assert!(new.values().all(|bytes| !holds(bytes, sealed)));
    }
    drop(ring);
    let (ring, report) = open(&folder);
    assert_eq!(report.keys, keys.len() + 1);
    let again = ring.all_keys();
    assert!(keys.iter().all(|key| again.contains(key)));
}

#[test]
fn a_long_journal_becomes_a_base() {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    ring.limit(500);
    let mut keys = Vec::new();
    for number in 0..20 {
        keys.push(ring.get_or_create(person(number)).unwrap());
        ring.before_commit().unwrap();
        assert!(
            files(&folder).iter().all(|(name, bytes)| !name.starts_with("journal") || bytes.len() <= 500)
        );
    }
    assert!(!names(&folder).contains(&"ring.1".to_owned()));
    drop(ring);
    let (ring, _) = open(&folder);
    assert!((0..).zip(keys).all(|(number, key)| ring.get_or_create(person(number)).unwrap() == key));
}

#[test]
fn a_base_of_many_frames_is_read_back() {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    for number in 0..12_000 {
        ring.get_or_create(person(number)).unwrap();
    }
    ring.compact().unwrap();
    assert!(files(&folder)["ring.2"].len() > 600_000);
    let key = ring.get_or_create(person(11_999)).unwrap();
    drop(ring);
    let (ring, report) = open(&folder);
    assert_eq!(report.keys, SECRETS + 12_000);
    assert_eq!(ring.get_or_create(person(11_999)).unwrap(), key);
}

#[test]
fn a_destroyed_key_stays_gone_and_the_next_has_another_generation() {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    let (_, first) = ring.get_or_create(person(1)).unwrap();
    let (_, other) = ring.get_or_create(person(2)).unwrap();
    ring.get_or_create(month(202_601)).unwrap();
    ring.before_commit().unwrap();
    ring.destroy(&[person(1), month(202_601)]).unwrap();
    drop(ring);

    let (ring, _) = open(&folder);
    assert_eq!((ring.key(person(1), 0), ring.key(person(2), 0)), (None, Some(other)));
    assert!(matches!(ring.get_or_create(month(202_601)), Err(KeyError::Destroyed(_))));
    let (generation, second) = ring.get_or_create(person(1)).unwrap();
    assert_eq!(generation, 1);
    assert_ne!(second, first);
    ring.before_commit().unwrap();
    drop(ring);
    let (ring, _) = open(&folder);
    assert_eq!((ring.key(person(1), 0), ring.key(person(1), 1)), (None, Some(second)));
}

#[test]
fn the_keys_of_single_messages_are_kept_by_generation() {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    let entry = Entry::WritingMessage(PersonId::from_u128(1), MessageId::from_u128(2));
    let keys = [Key::random().unwrap(), Key::random().unwrap()];
    ring.put(entry, 0, keys[0].clone());
    ring.put(entry, 3, keys[1].clone());
    ring.compact().unwrap();
    drop(ring);
    let (ring, report) = open(&folder);
    assert_eq!(report.keys, SECRETS + 2);
    assert_eq!([0, 3].map(|generation| ring.key(entry, generation).unwrap()), keys);
    assert_eq!(ring.key(entry, 1), None);
}

#[test]
fn a_write_that_fails_stops_the_ring_for_good() {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    ring.get_or_create(person(1)).unwrap();
    // The next base cannot be made: a folder is in its place.
    fs::create_dir(folder.path().join("keys/ring.2.tmp")).unwrap();
    assert!(ring.compact().is_err());
    assert!(matches!(ring.compact(), Err(KeyError::Stopped)));
    assert!(ring.before_commit().is_err());
}

#[test]
fn digests_depend_on_the_platform_the_purpose_and_the_text() {
    let (ring, other) = (Ring::ephemeral().unwrap(), Ring::ephemeral().unwrap());
    let digest = ring.login_digest("o.martin");
    assert_eq!(digest.len(), 64);
    assert_eq!(ring.login_digest("o.martin"), digest);
    assert_ne!(ring.login_digest("o.martin2"), digest);
    assert_ne!(ring.code_digest("o.martin"), digest);
    assert_ne!(other.login_digest("o.martin"), digest);
    assert_eq!(ring.variables_hash(b"{}").len(), 32);
    assert_ne!(ring.variables_hash(b"{}"), ring.variables_hash(b"{ }"));
}

#[test]
fn a_digest_is_hmac_sha_256() {
    // RFC 4231, test case 2, with its key filled up as HMAC does.
    let mut block = [0; 64];
    block[..4].copy_from_slice(b"Jefe");
    let key: Hmac<Sha256> = Hmac::new(&block.into());
    assert_eq!(
        hex(&digest(&key, b"what do ya want for nothing?")),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[test]
fn a_key_has_no_text() {
    assert_eq!(format!("{:?}", Key::random().unwrap()), "Key");
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|it| it == part)
}
