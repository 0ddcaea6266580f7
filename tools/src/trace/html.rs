//! The trace as a page: the very tree that is printed as text, as nested lists.
//!
//! Invariant: what the text says and what the page says cannot differ, because one is made from the other. A line of
//! the tree never holds a line break (`Tree::text`), so no name can pass for a line of its own.

use crate::cli::Language;
use api::html::{page, text};

/// Returns the page of a tree that was printed as text.
pub fn of(tree: &str, language: Language) -> String {
    let (title, branches) = tree.split_once('\n').unwrap_or((tree, ""));
    let mut body = String::from("<ul class=\"tree\">\n");
    let mut depth = None;
    for line in branches.lines() {
        let (level, said) = branch(line);
        // The first hangs on the list itself, and nothing hangs deeper than right below the one before.
        let level = depth.map_or(0, |depth| level.min(depth + 1));
        match depth {
            Some(above) if level > above => body.push_str("\n<ul>\n"),
            Some(before) => {
                body.push_str("</li>\n");
                close(&mut body, before - level);
            }
            None => {}
        }
        body.push_str("<li>");
        body.push_str(&text(said));
        depth = Some(level);
    }
    if let Some(last) = depth {
        body.push_str("</li>\n");
        close(&mut body, last);
    }
    body.push_str("</ul>\n<footer>");
    body.push_str(match language {
        Language::Fr => "Tracé par Préau à partir du journal. Le contenu du message n'a pas été ouvert.",
        Language::En => "Traced by Préau from the log. The contents of the message were not opened.",
    });
    body.push_str("</footer>\n");
    page(language, title, &body)
}

fn close(body: &mut String, levels: usize) {
    for _ in 0..levels {
        body.push_str("</ul>\n</li>\n");
    }
}

/// Returns how deep a line hangs, and what it says.
fn branch(line: &str) -> (usize, &str) {
    let (mut depth, mut rest) = (0, line);
    while let Some(deeper) = rest.strip_prefix("│  ") {
        (depth, rest) = (depth + 1, deeper);
    }
    (depth, rest.strip_prefix("├─ ").or_else(|| rest.strip_prefix("└─ ")).unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "Message 01 (position 7)\n├─ written by <b>Ann</b> & \"Bo\"\n├─ to : class\n│  ├─ a rule\n\
                        │  ├─ another\n│  │  └─ its own\n├─ delivered to 2\n│  ├─ Zoé – opened\n└─ replies: to all\n";

    #[test]
    fn a_page_has_the_branches_of_the_tree() {
        let page = of(TREE, Language::En);
        let list = &page[page.find("<ul class").unwrap()..page.find("<footer>").unwrap()];
        assert_eq!(
            list,
            "<ul class=\"tree\">\n<li><bdi>written by &lt;b&gt;Ann&lt;/b&gt; &amp; &quot;Bo&quot;</bdi></li>\n\
             <li><bdi>to : class</bdi>\n<ul>\n<li><bdi>a rule</bdi></li>\n<li><bdi>another</bdi>\n\
             <ul>\n<li><bdi>its own</bdi></li>\n</ul>\n</li>\n</ul>\n</li>\n\
             <li><bdi>delivered to 2</bdi>\n<ul>\n<li><bdi>Zoé – opened</bdi></li>\n</ul>\n</li>\n\
             <li><bdi>replies: to all</bdi></li>\n</ul>\n"
        );
        assert!(page.contains("<h1><bdi>Message 01 (position 7)</bdi></h1>") && page.contains("lang=\"en\""));
    }

    #[test]
    fn what_is_opened_is_closed_wherever_the_tree_ends() {
        for end in 1..=TREE.lines().count() {
            let part: String = TREE.lines().take(end).map(|line| format!("{line}\n")).collect();
            let page = of(&part, Language::Fr);
            for element in ["ul", "li", "bdi"] {
                let opened = page.matches(&format!("<{element}")).count();
                assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}, {end} lines");
            }
        }
    }
}
