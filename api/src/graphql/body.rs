//! What people write: cleaned, in both forms, within its size.
//!
//! Invariant: nothing that was not cleaned here reaches a command. What is stored is what was cleaned at the time;
//! a later cleaner changes nothing that was sent.

use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::Builder;
use async_graphql::SimpleObject;
use domain::message::Body;

use crate::failure::{Failure, Result};

/// The largest body as it is stored, both forms together, in bytes. Sealed it still fits into an event.
pub const MOST: usize = 512 * 1024;

/// The longest subject, in characters.
pub const SUBJECT: usize = 255;

/// What somebody wrote.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "MessageBody")]
pub struct Written {
    /// Cleaned HTML.
    pub html: String,
    /// The same as plain text.
    pub text: String,
}

/// Something is longer than it may be: the code, and the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge(pub &'static str, pub &'static str);

/// Images and frames may come from here; nowhere yet, so that no letter tells its sender who reads it.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    cleaner.rm_tags(["img", "map", "area"]).url_schemes(HashSet::from(["http", "https", "mailto", "tel"]));
    cleaner
});

/// Reads a body that came as HTML, as plain text, or not at all.
pub fn read(html: Option<&str>, text: Option<&str>) -> Result<Result<Body, TooLarge>> {
    let body = match (html, text) {
        (Some(_), Some(_)) => {
            return Err(Failure::BadInput("bodyText", "either `bodyHtml` or `bodyText`, not both"));
        }
        (Some(html), None) if html.len() > MOST => {
            return Ok(Err(TooLarge("messaging.too-large", "bodyHtml")));
        }
        (Some(html), None) => {
            let html = CLEANER.clean(html).to_string();
            let text = plain(&html);
            Body { html, text }
        }
        (None, Some(text)) if text.len() > MOST => {
            return Ok(Err(TooLarge("messaging.too-large", "bodyText")));
        }
        (None, Some(text)) => Body { html: marked_up(text), text: text.to_owned() },
        (None, None) => Body { html: String::new(), text: String::new() },
    };
    let stored = serde_json::to_string(&body).map_err(|error| Failure::Internal(Box::new(error)))?;
    if stored.len() > MOST {
        let field = if html.is_some() { "bodyHtml" } else { "bodyText" };
        return Ok(Err(TooLarge("messaging.too-large", field)));
    }
    Ok(Ok(body))
}

/// Reads a subject: one line, outer white space taken away.
pub fn subject(text: &str) -> Result<String, TooLarge> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > SUBJECT {
        return Err(TooLarge("messaging.subject-too-long", "subject"));
    }
    Ok(line)
}

/// Returns the subject of an answer.
pub fn answer(subject: &str) -> String {
    let known = subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    let whole = if known { subject.to_owned() } else { format!("Re: {subject}") };
    whole.trim_end().chars().take(SUBJECT).collect()
}

/// Returns the text of cleaned HTML: blocks on lines of their own, no tags, entities decoded.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        decode(&rest[..start], &mut text);
        let end = tag_end(&rest[start..]);
        if breaks(&rest[start..start + end]) && !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        rest = &rest[start + end..];
    }
    decode(rest, &mut text);
    text.trim().to_owned()
}

/// Returns the length of the tag that `html` begins with; a `>` within quotes does not end it.
fn tag_end(html: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in html.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    html.len()
}

/// Returns whether a line ends where this tag stands.
fn breaks(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']);
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let blocks =
        ["br", "p", "div", "li", "ul", "ol", "tr", "table", "blockquote", "pre", "hr", "dd", "dt", "article"];
    blocks.contains(&name) || matches!(name.as_bytes(), [b'h', b'1'..=b'6'])
}

/// Decodes the entities a cleaner writes: it leaves every other character as it is.
fn decode(html: &str, to: &mut String) {
    const ENTITIES: [(&str, char); 5] =
        [("&lt;", '<'), ("&gt;", '>'), ("&nbsp;", '\u{a0}'), ("&quot;", '"'), ("&amp;", '&')];
    let mut rest = html;
    while let Some(start) = rest.find('&') {
        to.push_str(&rest[..start]);
        rest = &rest[start..];
        let known = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity));
        let (length, decoded) = known.map_or((1, '&'), |(entity, decoded)| (entity.len(), *decoded));
        to.push(decoded);
        rest = &rest[length..];
    }
    to.push_str(rest);
}

/// Returns plain text as HTML: a paragraph for each, lines kept.
pub(super) fn marked_up(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let escaped = escaped.replace("\r\n", "\n");
    let paragraphs = escaped.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(|paragraph| format!("<p>{}</p>", paragraph.replace('\n', "<br>"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(html: &str) -> Body {
        read(Some(html), None).unwrap().unwrap()
    }

    #[test]
    fn what_runs_or_loads_is_taken_out() {
        let body = html(
            "<p onclick=\"x()\">Bonjour<script>alert(1)</script><img src=\"https://pixel.example/1\">\
             <iframe src=\"https://frame.example\"></iframe> <a href=\"javascript:x()\">ici</a></p>",
        );
        assert_eq!(body.html, "<p>Bonjour <a rel=\"noopener noreferrer\">ici</a></p>");
        assert_eq!(body.text, "Bonjour ici");
    }

    #[test]
    fn text_keeps_the_lines_of_html_and_decodes_its_entities() {
        let body = html(
            "<h2>Sortie</h2><p>1 &lt; 2 &amp;&amp; 3&nbsp;&gt; 2<br>ligne &eacute;t&eacute;</p><ul><li>un<li>deux</ul>",
        );
        assert_eq!(body.text, "Sortie\n1 < 2 && 3\u{a0}> 2\nligne été\nun\ndeux");
    }

    #[test]
    fn html_of_text_shows_the_same_text() {
        let text = "Bonjour <b>tous</b> & \"vous\"\nà demain\n\nOdile";
        let body = read(None, Some(text)).unwrap().unwrap();
        assert_eq!(
            body.html,
            "<p>Bonjour &lt;b&gt;tous&lt;/b&gt; &amp; &quot;vous&quot;<br>à demain</p><p>Odile</p>"
        );
        assert_eq!(html(&body.html).text, "Bonjour <b>tous</b> & \"vous\"\nà demain\nOdile");
        assert_eq!(body.text, text);
    }

    #[test]
    fn a_body_is_512_kilobytes_at_most_both_forms_together() {
        let too_large = |field| TooLarge("messaging.too-large", field);
        assert!(read(None, Some(&"a".repeat(MOST / 2 - 100))).unwrap().is_ok());
        assert_eq!(read(None, Some(&"a".repeat(MOST / 2))).unwrap().unwrap_err(), too_large("bodyText"));
        assert_eq!(read(Some(&"a".repeat(MOST + 1)), None).unwrap().unwrap_err(), too_large("bodyHtml"));
        assert!(read(Some("a"), Some("a")).is_err());
    }

    #[test]
    fn an_answer_says_re_once() {
        assert_eq!(answer("Sortie"), "Re: Sortie");
        assert_eq!(answer("RE: Sortie"), "RE: Sortie");
        assert_eq!(answer("été"), "Re: été");
        assert_eq!(answer(""), "Re:");
    }

    #[test]
    fn a_subject_is_one_line() {
        assert_eq!(subject(" a\r\nBcc:  b ").unwrap(), "a Bcc: b");
        assert!(subject(&"a".repeat(256)).is_err());
    }
}
