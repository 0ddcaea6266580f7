//! Public labels: the only text that stands open in an event.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A public label: name of a structure, class, feed group, level, subject, function, matrix or
/// recipe.
///
/// Whatever else a person typed is [`Sealed`](crate::Sealed); a tidy test fails on any other text in an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(Box<str>);

impl Label {
    /// The longest label, in characters.
    pub const MAX: usize = 200;

    /// Reads a label: trimmed, inner white space folded, 1 to [`Label::MAX`] characters, no control characters.
    pub fn parse(text: &str) -> Result<Self, NotALabel> {
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if folded.is_empty() || folded.chars().count() > Self::MAX || folded.chars().any(char::is_control) {
            return Err(NotALabel);
        }
        Ok(Self(folded.into()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a label: 1 to 200 characters on one line are expected")]
pub struct NotALabel;

/// The code of a French school: seven digits and a check letter (UAI, formerly RNE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uai([u8; 8]);

impl Uai {
    /// The check letters, in the order of the remainder modulo 23 (I, O and Q are left out).
    const LETTERS: &'static [u8; 23] = b"ABCDEFGHJKLMNPRSTUVWXYZ";

    /// Reads a code and checks its letter. Lower case is accepted.
    pub fn parse(text: &str) -> Result<Self, NotAUai> {
        let mut code = [0; 8];
        let bytes = text.trim().as_bytes();
        if bytes.len() != 8 || !bytes[..7].iter().all(u8::is_ascii_digit) || !bytes[7].is_ascii_alphabetic() {
            return Err(NotAUai::Shape);
        }
        code.copy_from_slice(bytes);
        code[7] = code[7].to_ascii_uppercase();
        let number = code[..7].iter().fold(0_usize, |n, digit| n * 10 + usize::from(digit - b'0'));
        let expected = Self::LETTERS[number % 23];
        if expected == code[7] { Ok(Self(code)) } else { Err(NotAUai::Letter(char::from(expected))) }
    }

    /// Returns the eight characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Uai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Uai {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Uai {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The text is not a UAI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAUai {
    /// Not seven digits and a letter.
    #[error("a UAI is seven digits and a letter, such as 0750001T")]
    Shape,
    /// The last character is not the one that the digits give.
    #[error("the letter of this UAI should be {0}")]
    Letter(char),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_letter_of_a_uai_is_verified() {
        // 0134567 modulo 23 gives U: the fixture 0134567A is wrong, and says so.
        assert_eq!(Uai::parse("0134567A"), Err(NotAUai::Letter('U')));
        assert_eq!(Uai::parse("0134567u").map(|uai| uai.to_string()), Ok("0134567U".to_owned()));
        assert_eq!(Uai::parse("134567U"), Err(NotAUai::Shape));
    }

    #[test]
    fn a_label_is_one_line_without_outer_spaces() {
        assert_eq!(Label::parse("  CM1  MME\tROY ").map(|l| l.to_string()), Ok("CM1 MME ROY".to_owned()));
        assert_eq!(Label::parse(" "), Err(NotALabel));
    }
}
