//! The bytes of a ring never change: these were written by another program, from the description of the formats.

use super::*;

const FILES: [(&str, &str); 4] = [
    ("committed", "000000000000000100000000000000d376cd5efd"),
    (
        "epoch.1",
        "\
        50524541554b45310000000000000001090909090909090909090909c7c8b95edcab7c83bdaca55be922f2c577672450\
        b2292d986eb99b282f7543f401745b95001caeea9d01a567eed9e6a5b1e13152",
    ),
    (
        "ring.1",
        "\
        50524541554b423100000000000000010000000000000004b1c58522000000e4abe8a629891f5cf37ddbe4ce073ca16a\
        5a0bf2bf4d95afa89214a5e5c1f9f7d23ee7d392f47a6c25dea8a450ca227c607fed0fe2ac5b7b1faec569823d6988f8\
        98c485dd3701802db23f52ea14acd6e98746c4779c9a4668e64c700ebc86957eccdebb8e7e7755787259df2d1a057267\
        11b7dff3a2dfe1f4534f1d953775f2d47c17175c4d7b4e7eea4fb1881437d8370d2006fa3aa2d5600220e5a4439029a8\
        f67ad75eda3a4e8018a6bdffd5f6891b5552152832d3eec7faceb520aa190629161f3c7f15137fdf419506346d4023bb\
        5706a82bbb53992ee25f11cab86bd293449ca972",
    ),
    (
        "journal.1",
        "\
        50524541554b4a310000000000000001db9fc05e0000005a866d37602e379ebf771047b003982394d59c6db15f9d74af\
        016d0ad39881189f8d8ad489d278a040c3be8a954779d8ea682609e212109e6cc5253b84e72bd887b8c4033053b08490\
        70c3b7c9f1c47f52d836d76b046df72c6c191c9a71e300000055683cb8831786ba8905e1446af493a616a142cd7c8650\
        005964f084a6b13281b18278d113c6bd3622c62f1b8aa1deae035d02e6fc59c371c10f7b77eb94439e59811743ab521c\
        545fad42a92dbbf0980d8eea8a0b3aa13cfa32",
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn key(byte: u8) -> Key {
    let mut key = Key::zero();
    key.bytes_mut().fill(byte);
    key
}

#[test]
fn a_ring_written_by_another_program_opens() {
    let mut stored: Files = FILES.map(|(name, hex)| (name.to_owned(), bytes(hex))).into();
    stored.insert("master.key".to_owned(), "01".repeat(32).into_bytes());
    let folder = folder_with(&stored);
    let (ring, report) = open(&folder);
    assert_eq!(report, report_of(6));
    let message = Entry::WritingMessage(PersonId::from_u128(1), MessageId::from_u128(2));
    for (entry, generation, byte) in [
        (Entry::Secret(Secret::Login), 0, 0x11),
        (Entry::Secret(Secret::Code), 0, 0x12),
        (Entry::Secret(Secret::Variables), 0, 0x13),
        (person(1), 0, 0x14),
        (month(202_609), 0, 0x15),
        (message, 3, 0x16),
    ] {
        assert_eq!(ring.key(entry, generation), Some(key(byte)), "{entry:?}");
    }
    assert_eq!(ring.get_or_create(person(5)).unwrap().0, 1, "its first key was destroyed");
    // It was made before checkpoints were signed: that secret is made at open, in the journal, and kept.
    let made = ring.key(Entry::Secret(Secret::Checkpoint), 0).unwrap();
    let mut now = files(&folder);
    assert!(now["journal.1"].starts_with(&stored["journal.1"]));
    for changed in ["journal.1", "committed"] {
        stored.remove(changed);
        now.remove(changed);
    }
    assert_eq!(now, stored);
    drop(ring);
    let before = files(&folder);
    let (again, report) = open(&folder);
    assert_eq!(report, report_of(7));
    assert_eq!(again.key(Entry::Secret(Secret::Checkpoint), 0), Some(made));
    assert_eq!(files(&folder), before);
}
