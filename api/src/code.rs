//! Activation codes: shown once, typed by hand, never stored (`directory.md`, Life of an account).
//!
//! 13 characters of 28, none of i l o q u 0 1 2, which hands and eyes confuse: 62 bits.

use domain::{CommandId, PersonId};
use eventlog::keys::Ring;

/// What a code is made of.
const ALPHABET: &[u8; 28] = b"abcdefghjkmnprstvwxyz3456789";

/// How many characters a code has.
const LENGTH: u32 = 13;

/// Returns the code that `command` gives to `person`: the same command shows the same code, however often.
///
/// It is derived under the platform's code key. What goes in is longer than any code and has colons, so that it
/// can never be the code of somebody.
pub fn generate(ring: &Ring, command: CommandId, person: PersonId) -> String {
    let digest = ring.code_digest(&format!("preau.code.v1:{command}:{person}"));
    let bits = u128::from_str_radix(digest.get(..32).unwrap_or_default(), 16).unwrap_or_default();
    let mut rest = bits % 28_u128.pow(LENGTH);
    (0..LENGTH)
        .map(|_| {
            let character = usize::try_from(rest % 28).unwrap_or_default();
            rest /= 28;
            char::from(ALPHABET[character])
        })
        .collect()
}

/// Returns the digest of a code as somebody typed it: lower case, without spaces and dashes.
pub fn digest(ring: &Ring, typed: &str) -> String {
    let code: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    ring.code_digest(&code.to_lowercase())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_command_shows_a_person_the_same_code() {
        let ring = Ring::ephemeral().unwrap();
        let (command, person) = (CommandId::from_u128(1), PersonId::from_u128(2));
        let code = generate(&ring, command, person);
        assert_eq!(code, generate(&ring, command, person));
        assert_ne!(code, generate(&ring, CommandId::from_u128(2), person));
        assert_ne!(code, generate(&ring, command, PersonId::from_u128(3)));
        assert_ne!(code, generate(&Ring::ephemeral().unwrap(), command, person));
    }

    #[test]
    fn codes_use_the_whole_alphabet_and_nothing_else() {
        let ring = Ring::ephemeral().unwrap();
        let codes = (0..200).map(|n| generate(&ring, CommandId::from_u128(n), PersonId::from_u128(1)));
        let codes: Vec<String> = codes.collect();
        assert!(codes.iter().all(|code| code.len() == 13));
        let used: HashSet<u8> = codes.iter().flat_map(|code| code.bytes()).collect();
        assert_eq!(used, ALPHABET.iter().copied().collect());
        assert!(28_f64.log2() * 13.0 > 60.0);
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let ring = Ring::ephemeral().unwrap();
        assert_eq!(digest(&ring, "abcd-EFGH jkmn-p"), ring.code_digest("abcdefghjkmnp"));
        assert_ne!(digest(&ring, "abcdefghjkmnr"), ring.code_digest("abcdefghjkmnp"));
    }
}
