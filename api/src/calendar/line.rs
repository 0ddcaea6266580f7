//! Lines of a calendar: folded at 75 octets, escaped, with parameters (RFC 5545, 3.1 and 3.3.11).
//!
//! Invariants: what is written is never cut within a character and never longer than it may be; what is read may be
//! folded in any way, also badly, and never panics.

use std::fmt::Write;

/// The most octets a line may have, without its end.
const LONGEST: usize = 75;

/// Writes a line, folded where it is too long.
pub fn put(out: &mut String, line: &str) {
    let mut length = 0;
    for character in line.chars() {
        if length + character.len_utf8() > LONGEST {
            // What follows begins with a space, which is not part of the text.
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(character);
        length += character.len_utf8();
    }
    out.push_str("\r\n");
}

/// Writes a line whose value is a text, if there is one.
pub fn put_text(out: &mut String, name: &str, text: &str) {
    if !text.is_empty() {
        put(out, &format!("{name}:{}", escape(text)));
    }
}

/// Returns a text as it stands in a line.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\\' | ';' | ',' => {
                let _ = write!(escaped, "\\{character}");
            }
            '\n' => escaped.push_str("\\n"),
            // No other control character may stand in a text.
            control if control.is_control() && control != '\t' => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// Returns the text that stands escaped in a line.
pub fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            (other, false) => text.push(other),
        }
    }
    text
}

/// A line that was read: `NAME;PARAMETER=value:value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Where it begins in the file, from 1.
    pub line: usize,
    /// Its name, in capitals.
    pub name: String,
    /// Its parameters: names in capitals, values without quotation marks.
    pub parameters: Vec<(String, String)>,
    /// What stands behind the colon, still escaped.
    pub value: String,
}

impl Property {
    /// Returns the value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads lines. Empty ones and those that are no property are left out.
pub fn read(bytes: &[u8]) -> Vec<Property> {
    unfolded(bytes)
        .iter()
        .filter_map(|(line, text)| property(*line, &String::from_utf8_lossy(text)))
        .collect()
}

/// Puts folded lines together, octet by octet: a fold may stand within a character.
fn unfolded(bytes: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines: Vec<(usize, Vec<u8>)> = vec![];
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (fold, rest) = match line {
            [] => continue,
            [b' ' | b'\t', rest @ ..] => (true, rest),
            // Whoever wrote it forgot the space: no property begins so.
            line => (!begins_a_property(line), line),
        };
        match lines.last_mut() {
            Some((_, last)) if fold => last.extend_from_slice(rest),
            _ => lines.push((index + 1, rest.to_vec())),
        }
    }
    lines
}

fn begins_a_property(line: &[u8]) -> bool {
    let name = line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    name > 0 && matches!(line.get(name), Some(b':' | b';')) && line.contains(&b':')
}

/// Returns where `wanted` stands first, not between quotation marks.
fn unquoted(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, character)| {
        quoted ^= character == '"';
        (character == wanted && !quoted).then_some(at)
    })
}

fn property(line: usize, text: &str) -> Option<Property> {
    // A quotation mark that is never closed: the first colon has to do.
    let colon = unquoted(text, ':').or_else(|| text.find(':'))?;
    let (mut head, value) = (&text[..colon], &text[colon + 1..]);
    let mut parts = vec![];
    while let Some(end) = unquoted(head, ';') {
        parts.push(&head[..end]);
        head = &head[end + 1..];
    }
    parts.push(head);
    let parameter = |part: &&str| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()))
    };
    let parameters = parts[1..].iter().filter_map(parameter).collect();
    Some(Property { line, name: parts[0].trim().to_ascii_uppercase(), parameters, value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_one(line: &str) -> String {
        let mut out = String::new();
        put(&mut out, line);
        out
    }

    #[test]
    fn a_line_is_folded_at_75_octets_and_never_within_a_character() {
        for text in
            ["x".repeat(75), "x".repeat(76), "é".repeat(200), "🎈".repeat(50), format!("x{}", "é".repeat(99))]
        {
            let line = format!("S:{text}");
            let out = put_one(&line);
            assert!(out.split("\r\n").all(|part| part.len() <= 75), "{out}");
            assert!(out.split("\r\n ").skip(1).all(|part| !part.is_empty()));
            assert_eq!(out.contains("\r\n "), line.len() > 75);
            assert_eq!(read(out.as_bytes())[0].value, text);
        }
    }

    #[test]
    fn a_text_is_read_as_it_was_written() {
        for text in ["a;b,c\\d", "one\ntwo", "\\n", "tab\there", "trailing\\", "\"quoted\": é"] {
            let mut out = String::new();
            put_text(&mut out, "SUMMARY", text);
            assert_eq!(unescape(&read(out.as_bytes())[0].value), text);
        }
        assert_eq!(escape("a\r\nb\u{7}\u{0}c"), "a\\nbc");
        assert_eq!(unescape("a\\Nb\\x\\"), "a\nbx");
    }

    #[test]
    fn parameters_may_be_quoted_and_hold_what_else_would_end_them() {
        let lines = read(b"dtstamp;TZID=\"GMT: Dublin; London\";x=1:2011\r\n");
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!((line.name.as_str(), line.value.as_str()), ("DTSTAMP", "2011"));
        assert_eq!(line.parameter("TZID"), Some("GMT: Dublin; London"));
        assert_eq!(line.parameter("X"), Some("1"));
        assert_eq!(read(b"A;B=\"never closed:value")[0].value, "value");
    }

    #[test]
    fn badly_folded_lines_survive() {
        let text = "\u{feff}SUMMARY:one\n  two\nthree\r\n\n \n\tfour\nLOCATION:here";
        let lines = read(text.as_bytes());
        let found: Vec<_> = lines.iter().map(|line| (line.line, &*line.name, &*line.value)).collect();
        assert_eq!(found, [(1, "SUMMARY", "one twothreefour"), (7, "LOCATION", "here")]);
        // A fold within a character.
        assert_eq!(read(b"S:\xc3\r\n \xa9")[0].value, "\u{e9}");
    }
}
