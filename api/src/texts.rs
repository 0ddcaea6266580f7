//! What people read: the text of every code, in French and in English.
//!
//! The key of a text is its code with dashes for dots: `account.blocked` is `account-blocked`.

pub use fluent_bundle::FluentValue as Value;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

const FRENCH: &str = include_str!("../texts/fr.ftl");
const ENGLISH: &str = include_str!("../texts/en.ftl");

/// The language of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// French: what a school speaks.
    #[default]
    French,
    /// English.
    English,
}

impl Language {
    /// Returns its tag (RFC 5646): what `lang` says in a page.
    pub fn tag(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// Reads an `Accept-Language` header (RFC 9110, 12.5.4): the one of ours with the greatest weight, French if none.
    pub fn accepted(header: &str) -> Self {
        let mut best = (Self::French, 0.0);
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight =
                parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let language = match tag.split('-').next() {
                Some("fr" | "*") => Self::French,
                Some("en") => Self::English,
                _ => continue,
            };
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }
}

impl Language {
    /// Returns its code in headers: `fr`, `en`.
    pub fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }
}

/// The texts of both languages.
pub struct Texts {
    french: FluentBundle<FluentResource>,
    english: FluentBundle<FluentResource>,
}

/// A file of texts cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("texts/{language}.ftl: {what}; mend the file and build again")]
pub struct Unreadable {
    language: &'static str,
    what: String,
}

impl Texts {
    /// Reads the texts that came with the program.
    pub fn load() -> Result<Self, Unreadable> {
        Ok(Self { french: read("fr", FRENCH)?, english: read("en", ENGLISH)? })
    }

    /// Returns the text of `code`; the code itself if it has none, so that nobody is ever told nothing.
    pub fn say(&self, language: Language, code: &str, values: &[(&str, Value<'_>)]) -> String {
        let bundle = match language {
            Language::French => &self.french,
            Language::English => &self.english,
        };
        let Some(pattern) = bundle.get_message(&code.replace('.', "-")).and_then(|message| message.value())
        else {
            return code.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(*name, value.clone());
        }
        let mut errors = vec![];
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::warn!(code, ?errors, "a text lacks a value");
        }
        text
    }

    /// Returns whether `code` has a text in `language`.
    pub fn has(&self, language: Language, code: &str) -> bool {
        let bundle = match language {
            Language::French => &self.french,
            Language::English => &self.english,
        };
        bundle.has_message(&code.replace('.', "-"))
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Texts(fr, en)")
    }
}

fn read(language: &'static str, text: &str) -> Result<FluentBundle<FluentResource>, Unreadable> {
    let unreadable = |what: String| Unreadable { language, what };
    let tag = language.parse().map_err(|error| unreadable(format!("{error:?}")))?;
    let resource = FluentResource::try_new(text.to_owned())
        .map_err(|(_, errors)| unreadable(format!("{:?}", errors.first())))?;
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // The marks around values are for mixed writing directions; both languages are written from the left.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).map_err(|errors| unreadable(format!("{:?}", errors.first())))?;
    Ok(bundle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_of_our_languages_is_taken_and_french_without_one() {
        assert_eq!(Language::accepted("en-GB,en;q=0.9,fr;q=0.8"), Language::English);
        assert_eq!(Language::accepted("de, en;q=0.4, fr-FR;q=0.5"), Language::French);
        assert_eq!(Language::accepted("de, *;q=0.1, en;q=0.4"), Language::English);
        assert_eq!(Language::accepted("de"), Language::French);
        assert_eq!(Language::accepted(""), Language::French);
        assert_eq!(Language::accepted("en;q=x"), Language::French);
    }

    #[test]
    fn values_stand_in_the_text_and_a_code_without_text_is_said_as_it_is() {
        let texts = Texts::load().unwrap();
        let said = texts.say(Language::English, "auth.throttled", &[("seconds", 60.into())]);
        assert!(said.contains("60"), "{said}");
        assert_ne!(said, texts.say(Language::French, "auth.throttled", &[("seconds", 60.into())]));
        assert_eq!(texts.say(Language::French, "no.such-code", &[]), "no.such-code");
    }

    #[test]
    fn both_languages_have_the_same_texts() {
        let keys = |text: &str| {
            let lines = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
            let mut keys: Vec<String> =
                lines.filter_map(|line| line.split_once('=')).map(|(key, _)| key.trim().to_owned()).collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(FRENCH), keys(ENGLISH));
    }
}
