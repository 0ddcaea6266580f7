//! Pages for people: one file, no scripts, nothing loaded from elsewhere, printed on A4.
//!
//! Invariant: whatever comes from the data goes through [`text`], in which no mark-up survives; a page allows itself
//! neither scripts nor requests, should that ever fail.

pub mod svg;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::texts::Language;

/// How every page looks, on a screen and on paper.
const STYLE: &str = "\
@page { size: A4; margin: 18mm 15mm; }
:root { color-scheme: light; }
body { font: 10.5pt/1.4 system-ui, sans-serif; color: #111; background: #fff; max-width: 180mm; margin: 1em auto; \
padding: 0 1em; }
h1 { font-size: 16pt; } h2 { font-size: 13pt; border-bottom: 1px solid #999; margin-top: 1.6em; }
h3 { font-size: 11pt; margin-bottom: 0.2em; }
h1, h2, h3 { break-after: avoid; } tr, article header, li > p { break-inside: avoid; }
table { border-collapse: collapse; width: 100%; font-size: 9pt; } thead { display: table-header-group; }
th, td { border: 1px solid #bbb; padding: 2px 5px; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
ul { padding-left: 1.4em; } dl { margin: 0; } dt { font-weight: 600; display: inline; } dd { display: inline; margin: 0; }
dd::after { content: ''; display: block; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 2px solid #bbb; padding-left: 0.8em; }
caption { text-align: left; font-weight: 600; padding: 4px 0; } figure { margin: 0; overflow-x: auto; }
.origin, footer { color: #555; font-size: 8.5pt; } .erased { font-style: italic; }
@media print { body { max-width: none; margin: 0; padding: 0; } a { color: inherit; text-decoration: none; } }
";

/// Returns a text that stands for itself in a page: mark-up is shown, what cannot be shown is a replacement character,
/// and its direction of writing ends with it.
pub fn text(from: &str) -> String {
    let mut to = String::with_capacity(from.len() + 16);
    to.push_str("<bdi>");
    for character in from.chars() {
        match character {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            '\'' => to.push_str("&#39;"),
            '\n' | '\t' => to.push(character),
            control if control.is_control() => to.push(char::REPLACEMENT_CHARACTER),
            other => to.push(other),
        }
    }
    to.push_str("</bdi>");
    to
}

/// Returns a text that stands for itself where no element may: in a title, and in an SVG, which has no `bdi`.
pub fn bare(from: &str) -> String {
    text(from).trim_start_matches("<bdi>").trim_end_matches("</bdi>").to_owned()
}

/// Returns the source of the one style of a page, as a policy names it (CSP 3, 2.3.1): a digest of what stands in it.
pub fn style() -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE)))
}

/// Returns a page around `body`, which is mark-up already; `title` is a text.
pub fn page(language: impl Into<Language>, title: &str, body: &str) -> String {
    let language = language.into().tag();
    // A title holds no elements: the isolation of `text` would be shown.
    let (plain, title) = (bare(title), text(title));
    let mut page = String::with_capacity(body.len() + 4096);
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{plain}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    );
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_hostile_name_is_markup() {
        for hostile in [
            "<script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "' onmouseover='alert(1)",
            "</bdi></title></style><script>",
            "&lt;script&gt;",
            "a\u{0}b\u{1b}[31m\r",
        ] {
            let shown = text(hostile);
            let inside = shown.strip_prefix("<bdi>").and_then(|rest| rest.strip_suffix("</bdi>")).unwrap();
            assert!(!inside.contains(['<', '>', '"', '\'', '\0', '\u{1b}', '\r']), "{inside}");
            let back =
                ["&lt;", "&gt;", "&quot;", "&#39;", "&amp;"].into_iter().zip(["<", ">", "\"", "'", "&"]);
            let back = back.fold(inside.to_owned(), |text, (coded, plain)| text.replace(coded, plain));
            let expected = hostile.replace(['\0', '\u{1b}', '\r'], "\u{fffd}");
            assert_eq!(back, expected);
        }
    }

    #[test]
    fn a_page_has_no_script_and_loads_nothing() {
        let page = page(Language::French, "</title><script>x</script>", "<p>…</p>\n");
        assert!(page.contains("<html lang=\"fr\">") && page.contains("size: A4"));
        assert!(page.contains("default-src 'none'"));
        let (_, style) = page.split_once("<style>").unwrap();
        let digest = Sha256::digest(style.split_once("</style>").unwrap().0);
        assert_eq!(super::style(), format!("'sha256-{}'", STANDARD.encode(digest)), "what a policy allows");
        assert!(page.contains("<title>&lt;/title&gt;&lt;script&gt;x&lt;/script&gt;</title>"));
        for loads in ["<script", "src=", "href=", "url(", "@import", "http:", "https:"] {
            assert!(!page.contains(loads), "{loads}");
        }
    }
}
