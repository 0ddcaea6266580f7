//! How strong a new password must be: 50 bits, which is what CNIL 2022-100 asks where attempts are throttled.
//!
//! The estimate is that of the recommendation, characters × log2(alphabet), where the alphabet is the sum of the
//! kinds of characters used; it holds for passwords that are drawn, so what is not drawn is taken out first: the
//! login and the names, characters that go on a run (`aaa`, `abc`, `321`), and repetitions of a shorter text.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The fewest characters.
const SHORTEST: usize = 8;

/// The most bytes: argon2 would take more, at our cost.
const LONGEST: usize = 256;

/// The least entropy, in bits.
const BITS: f64 = 50.0;

/// The shortest part of a name that is taken out.
const PART: usize = 3;

/// The passwords everybody tries first.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../data/common-passwords.txt").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer than 8 characters.
    #[error("account.password-short")]
    TooShort,
    /// More than 256 bytes.
    #[error("account.password-long")]
    TooLong,
    /// Everybody tries it first.
    #[error("account.password-common")]
    Common,
    /// Too little is left without the login and the names.
    #[error("account.password-personal")]
    Personal,
    /// Less than 50 bits.
    #[error("account.password-weak")]
    TooWeak,
}

impl Weakness {
    /// All of them, for the test that each has a text.
    pub const ALL: [Self; 5] = [Self::TooShort, Self::TooLong, Self::Common, Self::Personal, Self::TooWeak];
}

/// Checks a new password of somebody whose login and names are `personal`.
pub fn check(password: &str, personal: &[&str]) -> Result<(), Weakness> {
    if password.chars().count() < SHORTEST {
        return Err(Weakness::TooShort);
    }
    if password.len() > LONGEST {
        return Err(Weakness::TooLong);
    }
    if common(password) {
        return Err(Weakness::Common);
    }
    if bits(password) < BITS {
        return Err(Weakness::TooWeak);
    }
    if bits(&without(password, personal)) < BITS {
        return Err(Weakness::Personal);
    }
    Ok(())
}

/// Returns whether the password is a common one: as it is, or with the usual signs for letters, and without the
/// digits and signs people put around it.
fn common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let core = |text: &str| text.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let plain = |text: &str| text.chars().map(letter).collect::<String>();
    // Signs around a word are dropped before they are read as letters, and after.
    [lower.clone(), core(&lower), plain(&lower), core(&plain(&lower)), plain(&core(&lower))]
        .iter()
        .any(|form| COMMON.contains(form.as_str()))
}

fn letter(sign: char) -> char {
    match sign {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

fn bits(text: &str) -> f64 {
    let characters: Vec<char> = text.chars().collect();
    let drawn = without_runs(repeated(&characters));
    let has = |kind: fn(&char) -> bool| characters.iter().any(kind);
    let alphabet = [
        (has(char::is_ascii_lowercase), 26_u32),
        (has(char::is_ascii_uppercase), 26),
        (has(char::is_ascii_digit), 10),
        (has(|c| c.is_ascii_punctuation() || *c == ' '), 33),
        // Accented letters and whatever else: as many as French has, not as many as Unicode has.
        (has(|c| !c.is_ascii()), 32),
    ];
    let alphabet: u32 = alphabet.iter().filter(|(used, _)| *used).map(|(_, size)| size).sum();
    f64::from(u32::try_from(drawn).unwrap_or(u32::MAX)) * f64::from(alphabet.max(1)).log2()
}

/// Returns the shortest text of which `characters` is a repetition, the last one cut or not.
fn repeated(characters: &[char]) -> &[char] {
    let period = (1..characters.len())
        .find(|period| characters[*period..] == characters[..characters.len() - period])
        .unwrap_or(characters.len());
    // A text that merely ends as it begins is no repetition.
    if period * 2 <= characters.len() { &characters[..period] } else { characters }
}

/// Returns how many characters do not go on a run: one that follows two others in steps of -1, 0 or 1 says nothing.
fn without_runs(characters: &[char]) -> usize {
    let step = |at: usize| i64::from(u32::from(characters[at])) - i64::from(u32::from(characters[at - 1]));
    let goes_on = |at: usize| at >= 2 && step(at).abs() <= 1 && step(at) == step(at - 1);
    (0..characters.len()).filter(|at| !goes_on(*at)).count()
}

/// Returns the password without the parts of the login and the names, in any case.
fn without(password: &str, personal: &[&str]) -> String {
    let mut rest: Vec<char> = password.chars().collect();
    let names = personal.iter().flat_map(|name| name.split(|c: char| !c.is_alphabetic()));
    for name in names.filter(|name| name.chars().count() >= PART) {
        let name: Vec<char> = name.chars().map(folded).collect();
        while let Some(at) = rest
            .windows(name.len())
            .position(|window| window.iter().copied().map(folded).eq(name.iter().copied()))
        {
            rest.drain(at..at + name.len());
        }
    }
    rest.into_iter().collect()
}

/// Returns one character for one, so that what is found can be cut out: lower case, the French accents taken off.
fn folded(character: char) -> char {
    let lower = character.to_lowercase().next().unwrap_or(character);
    match lower {
        'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ÿ' => 'y',
        'ñ' => 'n',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_odile(password: &str) -> Result<(), Weakness> {
        check(password, &["odile.lefevre", "Odile", "LEFÈVRE"])
    }

    #[test]
    fn fifty_bits_are_enough_however_they_are_made() {
        for strong in ["q7#Lw2!x", "k3Fm9Rt2v", "wqzmkfpbtyd", "une tortue verte", "5921 7340 8816"] {
            assert_eq!(of_odile(strong), Ok(()), "{strong} has {} bits", bits(strong));
        }
    }

    #[test]
    fn less_is_refused() {
        assert_eq!(of_odile("q7#Lw2!"), Err(Weakness::TooShort));
        for weak in
            ["kfmtwqzp", "kf3mtwq8", "83920175", "aaaaaaaaaaaaaaaa", "abcdefghijklmnop", "xK7!xK7!xK7!xK7!"]
        {
            assert_eq!(of_odile(weak), Err(Weakness::TooWeak), "{weak} has {} bits", bits(weak));
        }
        assert_eq!(of_odile(&"wq7#".repeat(65)), Err(Weakness::TooLong));
    }

    #[test]
    fn what_everybody_tries_first_is_refused_in_any_dress() {
        for common in ["motdepasse", "MotDePasse2026!", "M0td3p@sse!!", "azertyuiop", "password", "123456789"]
        {
            assert_eq!(of_odile(common), Err(Weakness::Common), "{common}");
        }
    }

    #[test]
    fn the_login_and_the_names_count_for_nothing() {
        for personal in ["OdileLefevre2026", "odile.lefevre!A1", "Léfèvre-odile-75"] {
            assert_eq!(of_odile(personal), Err(Weakness::Personal), "{personal}");
        }
        assert_eq!(of_odile("Odile q7#Lw2!x"), Ok(()), "what is left is enough");
    }

    #[test]
    fn the_list_is_as_it_is_compared() {
        assert!(COMMON.len() >= 180, "{}", COMMON.len());
        assert!(COMMON.iter().all(|line| line.to_lowercase() == **line));
    }
}
