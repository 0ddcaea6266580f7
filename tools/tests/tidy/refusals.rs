//! Refusal codes are an interface: each is in a snapshot, and is said in French and in English.

use std::collections::BTreeSet;

use fluent_bundle::{FluentBundle, FluentResource};

use crate::{files, root};

/// Codes that are given by the front door and not by a rule.
const OF_THE_FRONT_DOOR: [&str; 13] = [
    "account.password-weak",
    "auth.invalid-credentials",
    "auth.password-must-change",
    "auth.required",
    "auth.throttled",
    "bad-user-input",
    "busy",
    "conflict",
    "forbidden",
    "idempotency-mismatch",
    "internal",
    "messaging.too-large",
    "not-found",
];

/// Returns the texts of `#[error("…")]` in `source` that are codes: `feature.broken-rule`.
fn codes(source: &str) -> BTreeSet<String> {
    let texts = source.split("#[error(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0));
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let is_code =
        |text: &&str| text.split_once('.').is_some_and(|(feature, rule)| word(feature) && word(rule));
    texts.filter(is_code).map(str::to_owned).collect()
}

fn of_the_rules() -> BTreeSet<String> {
    files("domain/src").iter().flat_map(|(_, source)| codes(source)).collect()
}

#[test]
fn a_code_is_found_where_a_rule_declares_it() {
    let source =
        "#[error(\"booking.slot-taken\")]\nSlotTaken,\n#[error(\"not a label: one line.\")]\nNotALabel";
    assert_eq!(codes(source), BTreeSet::from(["booking.slot-taken".to_owned()]));
}

#[test]
fn refusal_codes_are_those_that_clients_know() {
    let snapshot = std::fs::read_to_string(root().join("tools/tests/refusals.txt")).unwrap();
    let found: Vec<_> = of_the_rules().into_iter().collect();
    assert_eq!(
        found,
        snapshot.lines().collect::<Vec<_>>(),
        "a code was added or changed: tools/tests/refusals.txt must say so, one a line, sorted"
    );
}

fn text_of(language: &str) -> String {
    std::fs::read_to_string(root().join(format!("api/texts/{language}.ftl"))).unwrap()
}

fn keys(text: &str) -> BTreeSet<String> {
    let names = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
    names.filter_map(|line| Some(line.split_once(" =")?.0.to_owned())).collect()
}

/// Returns the message without any argument, where `{$name}` stays as it is.
fn said(bundle: &FluentBundle<FluentResource>, key: &str) -> String {
    let pattern = bundle.get_message(key).and_then(|message| message.value());
    let pattern = pattern.unwrap_or_else(|| panic!("{key} has no text"));
    bundle.format_pattern(pattern, None, &mut vec![]).into_owned()
}

fn variables(text: &str) -> BTreeSet<&str> {
    text.split("{$").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

#[test]
fn every_code_is_said_in_french_and_in_english() {
    let expected: BTreeSet<_> = of_the_rules()
        .into_iter()
        .chain(OF_THE_FRONT_DOOR.map(str::to_owned))
        .map(|code| code.replace('.', "-"))
        .collect();
    let bundles = ["fr", "en"].map(|language| {
        let text = text_of(language);
        let missing: Vec<_> = expected.difference(&keys(&text)).cloned().collect();
        assert!(missing.is_empty(), "api/texts/{language}.ftl lacks {missing:?}");
        let resource = FluentResource::try_new(text)
            .unwrap_or_else(|(_, errors)| panic!("api/texts/{language}.ftl: {errors:?}"));
        let mut bundle = FluentBundle::new(vec![language.parse().unwrap()]);
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).unwrap_or_else(|errors| panic!("{language}: {errors:?}"));
        bundle
    });
    assert_eq!(keys(&text_of("fr")), keys(&text_of("en")), "the languages say different things");
    for key in keys(&text_of("fr")) {
        let [french, english] = [&bundles[0], &bundles[1]].map(|bundle| said(bundle, &key));
        assert_eq!(variables(&french), variables(&english), "{key}");
        // What something is called is no sentence, nor is a piece of an explanation.
        let name =
            ["diff-", "draw-", "explain-", "feed-", "group-", "notice-", "person-erased", "recipients-"]
                .iter()
                .any(|start| key.starts_with(start));
        for text in [&french, &english] {
            assert!(
                text.ends_with(['.', '?', '!']) != name && !text.contains('\n'),
                "{key}: one sentence or two on a line, a name without a full stop"
            );
        }
        assert_ne!(french, english, "{key} is not translated");
    }
}
