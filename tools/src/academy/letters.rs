//! What stands in the messages: the templates of `tools/data/messages.txt`, filled in.

use std::fmt::Write as _;
use std::sync::LazyLock;

use domain::message::Body;

use super::seed::Draws;

/// Who writes to whom, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// A head to all teachers of the school.
    HeadToTeachers,
    /// A head to all relatives of the school.
    HeadToFamilies,
    /// A teacher to the relatives of a class.
    ClassFamilies,
    /// A teacher to the pupils of a class.
    ClassPupils,
    /// Somebody who works at the school to somebody who teaches there.
    Colleague,
    /// Somebody who works at the school to a relative of one pupil.
    OneFamily,
    /// A pupil to a teacher of the class.
    PupilQuestion,
    /// A relative to a teacher of a child's class.
    FamilyQuestion,
    /// A relative answers.
    ReplyThanks,
    /// Somebody who works at the school answers.
    ReplyAnswer,
    /// A pupil answers.
    ReplyPupil,
}

impl Occasion {
    fn name(self) -> &'static str {
        match self {
            Self::HeadToTeachers => "head-to-teachers",
            Self::HeadToFamilies => "head-to-families",
            Self::ClassFamilies => "class-families",
            Self::ClassPupils => "class-pupils",
            Self::Colleague => "colleague",
            Self::OneFamily => "one-family",
            Self::PupilQuestion => "pupil-question",
            Self::FamilyQuestion => "family-question",
            Self::ReplyThanks => "reply-thanks",
            Self::ReplyAnswer => "reply-answer",
            Self::ReplyPupil => "reply-pupil",
        }
    }
}

/// What is filled in.
#[derive(Debug, Clone, Default)]
pub struct Fill {
    /// The class.
    pub class: String,
    /// The pupil it is about.
    pub pupil: String,
    /// Who signs.
    pub signature: String,
}

struct Template {
    occasion: &'static str,
    subject: &'static str,
    lines: Vec<&'static str>,
}

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let mut templates: Vec<Template> = vec![];
    let mut occasion = "";
    for line in include_str!("../../data/messages.txt").lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("@ ") {
            occasion = name;
        } else if let Some(subject) = line.strip_prefix('>') {
            templates.push(Template { occasion, subject: subject.trim(), lines: vec![] });
        } else if let Some(template) = templates.last_mut().filter(|_| !line.trim().is_empty()) {
            template.lines.push(line);
        }
    }
    templates
});

/// Returns a subject, empty for an answer, and a body.
pub fn write(occasion: Occasion, fill: &Fill, draws: &mut Draws) -> (String, Body) {
    let fitting: Vec<_> = TEMPLATES.iter().filter(|template| template.occasion == occasion.name()).collect();
    let Some(template) = draws.pick(&fitting) else {
        return (String::new(), Body { html: String::new(), text: String::new() });
    };
    let filled = |text: &str| {
        let text = text.replace("{classe}", &fill.class).replace("{eleve}", &fill.pupil);
        text.replace("{signature}", &fill.signature)
    };
    let lines: Vec<_> = template.lines.iter().map(|line| filled(line)).collect();
    let mut html = String::new();
    for line in &lines {
        let _ = write!(html, "<p>{}</p>", escaped(line));
    }
    (filled(template.subject), Body { html, text: lines.join("\n") })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Occasion; 11] = [
        Occasion::HeadToTeachers,
        Occasion::HeadToFamilies,
        Occasion::ClassFamilies,
        Occasion::ClassPupils,
        Occasion::Colleague,
        Occasion::OneFamily,
        Occasion::PupilQuestion,
        Occasion::FamilyQuestion,
        Occasion::ReplyThanks,
        Occasion::ReplyAnswer,
        Occasion::ReplyPupil,
    ];

    #[test]
    fn every_occasion_has_something_to_say() {
        let fill = Fill { class: "6A".into(), pupil: "Zoé".into(), signature: "M. <b>".into() };
        for occasion in ALL {
            for number in 0..40 {
                let (subject, body) = write(occasion, &fill, &mut Draws::of(number, occasion.name()));
                let reply = occasion.name().starts_with("reply-");
                assert_eq!(subject.is_empty(), reply, "{occasion:?}");
                assert!(body.text.len() > 20 && !body.text.contains(['{', '}']), "{}", body.text);
                assert!(body.html.starts_with("<p>") && !body.html.contains("<b>"), "{}", body.html);
            }
        }
    }
}
