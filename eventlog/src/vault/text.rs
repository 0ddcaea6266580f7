//! The text of a sealed field: `1:<generation>:<month or ->:<base64url>`.
//!
//! Invariant: one text for one content; numbers have no sign and no leading zero.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A text taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text<'a> {
    pub generation: u32,
    pub month: Option<u32>,
    pub bytes: &'a str,
}

impl<'a> Text<'a> {
    /// Returns the parts of `text`, if it is the text of a sealed field.
    pub fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("1:")?.splitn(3, ':');
        let generation = number(parts.next()?)?;
        let month = match parts.next()? {
            "-" => None,
            month => Some(number(month).filter(|it| is_month(*it))?),
        };
        Some(Self { generation, month, bytes: parts.next()? })
    }
}

/// Returns the text.
pub(super) fn write(generation: u32, month: Option<u32>, bytes: &[u8]) -> Box<str> {
    let mut text = String::with_capacity(24 + bytes.len().div_ceil(3) * 4);
    // Writing to a `String` does not fail.
    let _ = match month {
        Some(month) => write!(text, "1:{generation}:{month}:"),
        None => write!(text, "1:{generation}:-:"),
    };
    URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
    text.into_boxed_str()
}

/// Returns the bytes of the last part.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Returns whether `month` is one of the years 1000 to 9999, as yyyymm.
pub(super) fn is_month(month: u32) -> bool {
    (1000..=9999).contains(&(month / 100)) && (1..=12).contains(&(month % 100))
}

fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|it| it.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_as_it_was_put_together() {
        let (life, month) = (write(0, None, &[0xff, 0xfe]), write(12, Some(202_609), b""));
        assert_eq!((&*life, &*month), ("1:0:-:__4", "1:12:202609:"));
        assert_eq!(Text::read(&life), Some(Text { generation: 0, month: None, bytes: "__4" }));
        assert_eq!(Text::read(&month), Some(Text { generation: 12, month: Some(202_609), bytes: "" }));
        assert_eq!(bytes("__4"), Some(vec![0xff, 0xfe]));
    }

    #[test]
    fn anything_else_is_not_a_text() {
        for text in [
            "",
            "1",
            "2:0:-:AA",
            "1:0:-",
            "1::-:AA",
            "1:+1:-:AA",
            "1:00:-:AA",
            "1:01:-:AA",
            "1:0::AA",
            "1:0:202613:AA",
            "1:0:202600:AA",
            "1:0:99:AA",
            "1:4294967296:-:AA",
            "1:-1:-:AA",
        ] {
            assert_eq!(Text::read(text), None, "{text}");
        }
        for text in ["__4=", "__5", "_", "+/8", "AA:"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
