//! Signed notes and public keys.

use crate::tlog::note::{BadNote, Checkpoint, PublicKey, origin};
use crate::tlog::tree::SigningKey;

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: "preau/0123456789abcdef".to_owned(), size: 12_345, root: [9; 32] }
}

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn public() -> PublicKey {
    PublicKey::of(&signer(), "preau/0123456789abcdef")
}

#[test]
fn the_key_of_the_page_of_the_go_project_is_read_and_its_note_checked() {
    // From the documentation of golang.org/x/mod/sumdb/note: a key and a note it signed.
    let key: PublicKey =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    assert_eq!(key.name(), "PeterNeumann");
    assert_eq!(key.to_string(), "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    let note = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\n\
                — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    // The signature fits; the text is no checkpoint.
    assert_eq!(Checkpoint::open(note, &key), Err(BadNote("its text is not a checkpoint")));
    let other = note.replace("answer", "Answer");
    assert!(Checkpoint::open(&other, &key).unwrap_err().0.contains("signature does not fit"));
}

#[test]
fn a_checkpoint_is_read_back_and_signed_the_same_each_time() {
    let note = checkpoint().sign(&signer());
    assert_eq!(note, checkpoint().sign(&signer()));
    assert!(note.starts_with(
        "preau/0123456789abcdef\n12345\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n\n— preau/0123456789abcdef "
    ));
    assert_eq!(Checkpoint::open(&note, &public()), Ok(checkpoint()));
    // Witnesses add lines; they are passed over, and ours must be there.
    let witnessed = format!("{note}— witness.example/w AAAAAAAAAAAA\n");
    assert_eq!(Checkpoint::open(&witnessed, &public()), Ok(checkpoint()));
    let (text, _) = note.split_once("\n\n").unwrap();
    let unsigned = format!("{text}\n\n— witness.example/w AAAAAAAAAAAA\n");
    assert_eq!(Checkpoint::open(&unsigned, &public()), Err(BadNote("it was not signed with this key")));
}

#[test]
fn a_note_changed_at_any_place_is_refused() {
    let note = checkpoint().sign(&signer());
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(Checkpoint::open(&changed, &public()).is_err(), "{at}.{bit}: {changed}");
        }
        if note.is_char_boundary(at) {
            assert!(Checkpoint::open(&note[..at], &public()).is_err(), "{at}");
        }
    }
}

#[test]
fn a_text_that_is_signed_and_no_checkpoint_is_refused() {
    use ed25519_dalek::Signer as _;
    let own = checkpoint().sign(&signer());
    let number = own.rsplit(' ').next().unwrap();
    for text in [
        "preau/0123456789abcdef\n12345\n",
        "preau/0123456789abcdef\n012345\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n",
        "preau/0123456789abcdef\n+1\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n",
        "preau/0123456789abcdef\n1\nCQk=\n",
        "preau/fedcba9876543210\n1\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n",
    ] {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let mut signed = STANDARD.decode(number.trim()).unwrap()[..4].to_vec();
        signed.extend_from_slice(&signer().sign(text.as_bytes()).to_bytes());
        let note = format!("{text}\n— preau/0123456789abcdef {}\n", STANDARD.encode(signed));
        assert!(Checkpoint::open(&note, &public()).is_err(), "{text}");
    }
}

#[test]
fn a_public_key_is_read_back_and_nothing_else_is_one() {
    let text = public().to_string();
    assert_eq!(text.parse(), Ok(public()));
    for at in 0..text.len() {
        for bit in 0..7 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(changed.parse::<PublicKey>().is_err(), "{changed}");
        }
        assert!(text[..at].parse::<PublicKey>().is_err());
    }
    assert!("".parse::<PublicKey>().is_err());
    let other = PublicKey::of(&signer(), "preau/0123456789abcdee");
    let note = checkpoint().sign(&signer());
    assert_eq!(Checkpoint::open(&note, &other), Err(BadNote("it was not signed with this key")));
}

#[test]
fn a_log_is_named_after_its_first_leaf() {
    let mut first = [0; 32];
    first[..8].copy_from_slice(&[0x0f, 0x2a, 0x9c, 0x41, 0xd7, 0xe6, 0xb3, 0x58]);
    assert_eq!(origin(&first), "preau/0f2a9c41d7e6b358");
}
