//! How texts are cleaned and compared: names, classes, telephones, e-mails.
//!
//! Invariant: a key is for comparing only; what is kept and shown is the cleaned text.

/// Returns `cell` without control characters, its runs of white space made one space, trimmed.
pub fn clean(cell: &str) -> String {
    let visible = cell.chars().filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}'));
    let spaced: String = visible.map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the letters and digits of `text`, lower-case and without accents.
///
/// Case, accents, spaces, hyphens and apostrophes do not distinguish names or headers.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            if character.is_ascii_alphanumeric() {
                folded.push(character.to_ascii_lowercase());
            }
        } else if let Some(plain) = deunicode::deunicode_char(character) {
            folded.extend(plain.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
        }
    }
    folded
}

/// Returns what two spellings of one class share: case, accents and spaces do not count, `+` and `-` do.
pub fn class_key(class: &str) -> String {
    let plain = class.chars().filter_map(deunicode::deunicode_char).collect::<String>();
    plain.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
}

/// Returns the digits of a telephone, with French numbers in their national form; `None` under 8 digits.
pub fn phone_key(phone: &str) -> Option<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let abroad = digits.strip_prefix("00").or_else(|| phone.trim().starts_with('+').then_some(&digits));
    let key = match abroad.map(|number| (number.strip_prefix("33"), number)) {
        Some((Some(national), _)) => format!("0{}", national.trim_start_matches('0')),
        Some((None, foreign)) => format!("+{foreign}"),
        // A spreadsheet drops the leading zero.
        None if digits.len() == 9 && !digits.starts_with('0') => format!("0{digits}"),
        None => digits,
    };
    (key.len() >= 8).then_some(key)
}

/// Returns the e-mail in lower case; `None` if it does not look like one.
pub fn email_key(email: &str) -> Option<String> {
    let email = email.trim().to_lowercase();
    let (local, host) = email.split_once('@')?;
    let plausible = !local.is_empty() && host.contains('.') && !host.contains('@');
    (plausible && !email.contains(char::is_whitespace)).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_case_accents_spaces_hyphens_and_apostrophes() {
        assert_eq!(fold("D'Œuvre-LÉ Goff"), "doeuvrelegoff");
        assert_eq!(fold("D’ŒUVRE LE GOFF"), "doeuvrelegoff");
        assert_eq!(fold("Noe\u{301}mie"), fold("Noémie"));
        assert_eq!(fold(" -'’ "), "");
    }

    #[test]
    fn classes_that_differ_by_a_sign_stay_apart() {
        assert_eq!(class_key("CM 1 é"), class_key("cm1 E"));
        assert_ne!(class_key("CP+"), class_key("CP"));
    }

    #[test]
    fn telephones_compare_in_national_form() {
        let national = Some("0639980010".to_owned());
        for written in
            ["06 39 98 00 10", "+33 6 39 98 00 10", "+33 (0)6.39.98.00.10", "0033639980010", "639980010"]
        {
            assert_eq!(phone_key(written), national, "{written}");
        }
        assert_eq!(phone_key("+32 470 12 34 56"), Some("+32470123456".to_owned()));
        assert_eq!(phone_key("poste 12"), None);
    }

    #[test]
    fn an_email_needs_two_sides() {
        assert_eq!(email_key(" A.B@Example.ORG "), Some("a.b@example.org".to_owned()));
        for wrong in ["", "a", "a@", "@example.org", "a b@example.org", "a@b@example.org", "a@local"] {
            assert_eq!(email_key(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn cleaning_keeps_the_text_and_drops_what_cannot_be_seen() {
        assert_eq!(clean(" \u{feff}Jean\u{a0}\n Paul\t"), "Jean Paul");
    }
}
