//! `export.html`: the document as a page for the person it is about.
//!
//! Invariant: made from the document alone, and all of it is there.

use std::fmt::Write as _;

use domain::Timestamp;
use serde_json::{Map, Value};

use super::document::{Datum, Document, Origin, Section, is_erased};
use super::words::called;
use crate::cli::Language;
use api::html::{page, text};

/// Sections of which each datum is shown as a letter, not as a line of a table.
const LETTERS: [&str; 3] = ["messagesWritten", "messagesReceived", "drafts"];

/// Returns the page of a document.
pub fn of(document: &Document) -> String {
    let page_of = Page { language: document.language };
    let mut body = String::new();
    page_of.head(&mut body, document);
    for section in &document.sections {
        page_of.section(&mut body, section);
    }
    let title = page_of.pick("Toutes les données d'une personne", "Everything known of a person");
    page(document.language, title, &body)
}

struct Page {
    language: Language,
}

impl Page {
    fn pick(&self, french: &'static str, english: &'static str) -> &'static str {
        match self.language {
            Language::Fr => french,
            Language::En => english,
        }
    }

    fn head(&self, body: &mut String, document: &Document) {
        let profile = serde_json::to_value(document.profile).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            "<p>{} {}</p>\n<p>{} {}, {}, {} {}.</p>\n<p class=\"origin\">{}</p>\n",
            text(&document.person.to_string()),
            self.coded(&profile),
            self.pick(
                "Droit d'accès (article 15 du RGPD), état au",
                "Right of access (article 15 of the GDPR), as of"
            ),
            self.instant(document.exported_at),
            self.pick("journal lu jusqu'à la", "log read up to"),
            self.pick("position", "position"),
            document.position,
            self.pick(
                "Chaque donnée dit d'où elle vient : la position dans le journal, qui l'a écrite, par quel \
                 événement. « Effacé » : la clé en a été détruite. Les autres personnes ne sont nommées que si \
                 elles sont de la famille ou si elles ont écrit.",
                "Each datum says where it comes from: the position in the log, who wrote it, by which event. \
                 \u{201c}Erased\u{201d}: its key was destroyed. Other people are named only if they are family or \
                 wrote."
            ),
        );
    }

    fn section(&self, body: &mut String, section: &Section) {
        let name = text(called(self.language, &section.section));
        let _ = writeln!(body, "<h2>{name} ({})</h2>", section.data.len());
        if section.data.is_empty() {
            let _ = writeln!(body, "<p>{}</p>", self.pick("Rien.", "Nothing."));
        } else if LETTERS.contains(&section.section.as_str()) {
            section.data.iter().for_each(|datum| self.letter(body, datum));
        } else {
            let heads = [
                self.pick("Le", "When"),
                self.pick("Quoi", "What"),
                self.pick("Valeur", "Value"),
                self.pick("Origine", "Origin"),
            ];
            body.push_str("<table>\n<thead><tr>");
            for head in heads {
                let _ = write!(body, "<th>{head}</th>");
            }
            body.push_str("</tr></thead>\n<tbody>\n");
            section.data.iter().for_each(|datum| self.line(body, datum));
            body.push_str("</tbody>\n</table>\n");
        }
    }

    fn line(&self, body: &mut String, datum: &Datum) {
        let _ = writeln!(
            body,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"origin\">{}</td></tr>",
            self.instant(datum.origin.recorded_at),
            text(called(self.language, &datum.name)),
            self.value(&datum.value),
            self.origin(&datum.origin)
        );
    }

    fn letter(&self, body: &mut String, datum: &Datum) {
        let of = |name: &str| datum.value.get(name).unwrap_or(&Value::Null);
        let rest: Map<String, Value> = datum
            .value
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| !matches!(name.as_str(), "subject" | "text"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let _ = writeln!(
            body,
            "<article>\n<header><h3>{} – {}</h3>\n{}</header>\n<div class=\"text\">{}</div>\n\
             <p class=\"origin\">{}</p>\n</article>",
            self.instant(datum.origin.recorded_at),
            self.verbatim(of("subject")),
            self.fields(&rest),
            self.verbatim(of("text")),
            self.origin(&datum.origin)
        );
    }

    fn origin(&self, origin: &Origin) -> String {
        let mut said = format!(
            "{} {} · {} · {}",
            self.pick("position", "position"),
            origin.position,
            text(called(self.language, &origin.kind)),
            self.actor(&origin.actor)
        );
        if let Some(source) = &origin.source {
            let _ = write!(said, " · {} : {}", called(self.language, "source"), self.coded(source));
        }
        if let Some(reason) = &origin.reason {
            let _ = write!(said, " · {} : {}", called(self.language, "reason"), self.verbatim(reason));
        }
        said
    }

    fn actor(&self, actor: &Value) -> String {
        let named = |name: &str| actor.get(name).unwrap_or(&Value::Null);
        match named("kind").as_str() {
            Some("PERSON") => format!("{} ({})", self.value(named("person")), self.coded(named("role"))),
            Some("PROCESS") => {
                format!("{} {}", self.pick("processus", "process"), self.verbatim(named("process")))
            }
            _ => self.pick("l'exploitant, sur la machine", "the operator, on the machine").to_owned(),
        }
    }

    /// Returns a code in words.
    fn coded(&self, value: &Value) -> String {
        value.as_str().map_or_else(|| self.value(value), |code| text(called(self.language, code)))
    }

    /// Returns a value as it is, without words for it.
    fn verbatim(&self, value: &Value) -> String {
        match value {
            Value::String(said) => text(said),
            other => self.value(other),
        }
    }

    fn value(&self, value: &Value) -> String {
        if is_erased(value) {
            return format!("<span class=\"erased\">{}</span>", self.pick("effacé", "erased"));
        }
        match value {
            Value::Null => "–".to_owned(),
            Value::Bool(true) => self.pick("oui", "yes").to_owned(),
            Value::Bool(false) => self.pick("non", "no").to_owned(),
            Value::Number(number) => number.to_string(),
            Value::String(said) => match said.parse::<Timestamp>() {
                Ok(instant) => self.instant(instant),
                Err(_) => text(said),
            },
            Value::Array(list) => list.iter().map(|value| self.value(value)).collect::<Vec<_>>().join(", "),
            Value::Object(fields) => self.object(fields),
        }
    }

    fn object(&self, fields: &Map<String, Value>) -> String {
        // A person, a group or a place: what it is called, or what it is.
        let word = |value: &Value| value.as_str().map(|said| text(called(self.language, said)));
        match (fields.get("id"), fields.get("name"), fields.get("profile")) {
            (Some(_), Some(Value::String(name)), profile) => match profile.and_then(word) {
                Some(profile) => format!("{} ({profile})", text(name)),
                None => text(name),
            },
            (Some(_), _, Some(profile)) => word(profile).unwrap_or_else(|| self.value(profile)),
            (Some(id), _, None) => self.verbatim(id),
            (None, ..) => self.fields(fields),
        }
    }

    fn fields(&self, fields: &Map<String, Value>) -> String {
        let mut list = String::from("<dl>");
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            // Words for a code: what a person typed stands under names that have none.
            let coded = matches!(
                name.as_str(),
                "profile" | "source" | "availability" | "cause" | "role" | "replies" | "state" | "what"
            );
            let shown = if coded { self.coded(value) } else { self.value(value) };
            let _ = write!(list, "<dt>{} :</dt> <dd>{shown}</dd>", text(called(self.language, name)));
        }
        list.push_str("</dl>");
        list
    }

    fn instant(&self, instant: Timestamp) -> String {
        let form = self.pick("%d/%m/%Y %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S UTC");
        instant.format(form).to_string()
    }
}

#[cfg(test)]
mod tests {
    use domain::PersonId;
    use domain::group::Profile;
    use serde_json::json;

    use super::*;
    use crate::export::document::{FORMAT, erased};

    const HOSTILE: &str = "<script>alert('é')</script>\"&";

    fn origin(kind: &str) -> Origin {
        Origin {
            position: 42,
            recorded_at: "2026-09-03T10:20:30Z".parse().unwrap(),
            kind: kind.to_owned(),
            stream: "person-1".to_owned(),
            actor: json!({ "kind": "PERSON", "role": "LOCAL_ADMINISTRATOR", "person": { "id": "1", "profile": "STAFF" } }),
            source: Some(json!("ONDE")),
            reason: Some(json!(HOSTILE)),
            correlation: None,
        }
    }

    fn document(language: Language) -> Document {
        let datum =
            |name: &str, value| Datum { name: name.to_owned(), value, origin: origin("message.sent") };
        let message = json!({ "subject": HOSTILE, "text": HOSTILE, "author": { "id": "2", "name": HOSTILE,
            "profile": "TEACHER" }, "openedAt": "2026-09-04T08:00:00Z", "to": [{ "group": { "id": "3", "name": HOSTILE } }] });
        let section = |name: &str, data| Section { section: name.to_owned(), data };
        Document {
            format: FORMAT.to_owned(),
            language,
            person: PersonId::from_u128(1),
            profile: Profile::Relative,
            exported_at: "2026-09-05T00:00:00Z".parse().unwrap(),
            position: 99,
            sections: vec![
                section(
                    "identity",
                    vec![datum("last_name", json!(HOSTILE)), datum(HOSTILE, json!({ HOSTILE: HOSTILE }))],
                ),
                section(
                    "messagesReceived",
                    vec![
                        datum("message.sent", message),
                        datum("message.sent", json!({ "subject": erased(), "text": erased() })),
                    ],
                ),
                section("roles", vec![]),
            ],
        }
    }

    #[test]
    fn a_page_says_everything_of_the_document_in_the_language_of_the_reader() {
        let french = of(&document(Language::Fr));
        for said in [
            "Identité",
            "Nom de famille",
            "effacé",
            "03/09/2026 10:20:30 UTC",
            "04/09/2026 08:00:00 UTC",
            "position 42",
            "personnel non enseignant",
            "administrateur local",
            "enseignant",
            "ONDE",
            "Rien.",
        ] {
            assert!(french.contains(said), "{said}");
        }
        let english = of(&document(Language::En));
        for said in [
            "Identity",
            "Family name",
            "erased",
            "2026-09-03 10:20:30 UTC",
            "Opened at",
            "Nothing.",
            "teacher",
        ] {
            assert!(english.contains(said), "{said}");
        }
    }

    #[test]
    fn nothing_that_somebody_typed_is_markup() {
        let page = of(&document(Language::Fr));
        assert!(!page.contains("<script") && !page.contains("('é')"));
        // In reasons, values, names of fields, authors, groups, subjects and texts.
        assert_eq!(
            page.matches("&lt;script&gt;alert(&#39;é&#39;)&lt;/script&gt;&quot;&amp;").count(),
            4 + 4 + 4
        );
    }
}
