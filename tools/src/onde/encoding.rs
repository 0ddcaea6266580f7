//! Turns the bytes of a file into text and says how they were read.
//!
//! Invariant: never fails; text encoded as UTF-8 twice (`Ã©`) is repaired and counted.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{ISO_8859_15, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::Serialize;

/// The encoding that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Encoding {
    /// UTF-8, with or without a mark; plain ASCII too.
    #[serde(rename = "UTF-8")]
    Utf8,
    /// UTF-16 with a mark, which spreadsheets write as "Unicode text".
    #[serde(rename = "UTF-16")]
    Utf16,
    /// ISO-8859-1: no byte that Windows-1252 has in addition.
    #[serde(rename = "ISO-8859-1")]
    Latin1,
    /// ISO-8859-15: `Œ`, `œ` or `Ÿ` where ISO-8859-1 has fractions.
    #[serde(rename = "ISO-8859-15")]
    Latin9,
    /// Windows-1252.
    #[serde(rename = "Windows-1252")]
    Windows1252,
}

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without a mark.
    pub text: String,
    /// How the bytes were read.
    pub encoding: Encoding,
    /// How many letters had been encoded twice and were repaired.
    pub repaired: usize,
}

/// Returns the text of `bytes`: by the mark, then by what the bytes look like.
pub fn decode(bytes: &[u8]) -> Decoded {
    let (encoding, text) = match encoding_rs::Encoding::for_bom(bytes) {
        Some((found, _)) if found == UTF_16LE || found == UTF_16BE => {
            (Encoding::Utf16, found.decode_with_bom_removal(bytes).0)
        }
        Some((found, _)) => (Encoding::Utf8, found.decode_with_bom_removal(bytes).0),
        None => guess(bytes),
    };
    let (text, repaired) = repair(&text);
    Decoded { text, encoding, repaired }
}

fn guess(bytes: &[u8]) -> (Encoding, std::borrow::Cow<'_, str>) {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    if detector.guess(Some(b"fr"), Utf8Detection::Allow) == UTF_8 || bytes.is_ascii() {
        return (Encoding::Utf8, UTF_8.decode_without_bom_handling(bytes).0);
    }
    // ONDE writes nothing but the Latin encodings: any other guess comes from too few accents.
    if bytes.iter().any(|byte| matches!(byte, 0x80..=0x9f)) {
        (Encoding::Windows1252, WINDOWS_1252.decode_without_bom_handling(bytes).0)
    } else if has_latin9_letter(bytes) {
        (Encoding::Latin9, ISO_8859_15.decode_without_bom_handling(bytes).0)
    } else {
        (Encoding::Latin1, WINDOWS_1252.decode_without_bom_handling(bytes).0)
    }
}

/// Says whether a fraction of ISO-8859-1 touches a letter, as only a letter of ISO-8859-15 does.
fn has_latin9_letter(bytes: &[u8]) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0xc0;
    bytes.windows(2).any(|pair| {
        let (first, second) = (pair[0], pair[1]);
        (matches!(first, 0xbc..=0xbe) && letter(second)) || (letter(first) && matches!(second, 0xbc..=0xbe))
    })
}

/// Replaces what UTF-8 read as Windows-1252 looks like by the letters meant, and counts them.
///
/// A text may hold both kinds, so each letter is judged by itself; no French name has `Ã` before a sign.
fn repair(text: &str) -> (String, usize) {
    if !text.contains(['Â', 'Ã', 'Ä', 'Å', 'â']) {
        return (text.to_owned(), 0);
    }
    let mut out = String::with_capacity(text.len());
    let mut repaired = 0;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if let Some((meant, extra)) = meant(character, rest.as_str()) {
            out.push(meant);
            repaired += 1;
            rest.nth(extra - 1);
        } else {
            out.push(character);
        }
    }
    (out, repaired)
}

/// Returns the letter that `lead` and what follows stand for, and how many characters follow `lead` in it.
fn meant(lead: char, following: &str) -> Option<(char, usize)> {
    let extra = match lead {
        'Â' | 'Ã' | 'Ä' | 'Å' => 1,
        'â' => 2,
        _ => return None,
    };
    let mut bytes = vec![byte_of(lead)?];
    for character in following.chars().take(extra) {
        bytes.push(byte_of(character).filter(|byte| (0x80..0xc0).contains(byte))?);
    }
    let letter = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    let sensible = matches!(letter, '\u{a0}' | '«' | '»' | '°' | '´' | 'ª' | 'º' | 'À'..='ž' | '‐'..='…');
    sensible.then_some((letter, extra))
}

fn byte_of(character: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(character)) {
        return Some(byte);
    }
    let mut text = [0; 4];
    let (bytes, _, failed) = WINDOWS_1252.encode(character.encode_utf8(&mut text));
    (!failed).then(|| bytes.first().copied()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], encoding: Encoding, text: &str) {
        let decoded = decode(bytes);
        assert_eq!((decoded.encoding, decoded.text.as_str()), (encoding, text));
    }

    #[test]
    fn each_encoding_is_read_and_named() {
        check(b"Prenom;Nom", Encoding::Utf8, "Prenom;Nom");
        check("Zoé;Prénom".as_bytes(), Encoding::Utf8, "Zoé;Prénom");
        check("\u{feff}Prénom".as_bytes(), Encoding::Utf8, "Prénom");
        check(b"Pr\xe9nom \xe9l\xe8ve;L\xe9a", Encoding::Latin1, "Prénom élève;Léa");
        check(b"Pr\xe9nom;L\x92\x8cuvre", Encoding::Windows1252, "Prénom;L’Œuvre");
        check(b"Pr\xe9nom;\xbcuvrard", Encoding::Latin9, "Prénom;Œuvrard");
        check(b"\xff\xfeN\0o\0m\0", Encoding::Utf16, "Nom");
    }

    #[test]
    fn one_accent_is_enough() {
        check(
            b"Nom;Pr\xe9nom;Classe\r\nDURAND;Zoe;CP\r\n",
            Encoding::Latin1,
            "Nom;Prénom;Classe\r\nDURAND;Zoe;CP\r\n",
        );
    }

    #[test]
    fn letters_encoded_twice_are_repaired_and_counted() {
        let decoded = decode("PrÃ©nom;MaÃ«lle;Ã‰lÃ©a;Å“uvre;lâ€™an;Noël;JOÃO".as_bytes());
        assert_eq!(decoded.text, "Prénom;Maëlle;Éléa;œuvre;l’an;Noël;JOÃO");
        assert_eq!(decoded.repaired, 6);
    }

    #[test]
    fn a_broken_byte_in_a_utf8_file_costs_that_byte_only() {
        let decoded = decode(b"Pr\xc3\xa9nom;L\xc3\xa9a;Zo\xe9;");
        assert_eq!(decoded.text, "Prénom;Léa;Zoé;");
    }
}
