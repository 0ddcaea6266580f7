//! Architecture as tests: what ARCHITECTURE.md and CONTRIBUTING.md promise of the sources.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests, also outside of test functions"
)]

#[path = "tidy/events.rs"]
mod events;
#[path = "tidy/refusals.rs"]
mod refusals;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crates, from the top: each may use those behind it. `preau-tests` stands apart and uses none.
const LAYERS: [&str; 6] =
    ["preau", "preau-api", "preau-projections", "preau-eventlog", "preau-migrations", "preau-domain"];

/// What the rules may use. None of it has a clock, randomness, input or output.
const OF_DOMAIN: [&str; 9] =
    ["chrono", "chrono-tz", "deunicode", "rrule", "serde", "serde_json", "sha2", "thiserror", "ulid"];

/// The longest file, in lines.
const LONGEST: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Returns every file of the project below `folder`, with its path from the root and its text; no binaries.
fn files(folder: &str) -> Vec<(String, String)> {
    let built = ["target", "data"].map(|made| root().join(made));
    let mut found = vec![];
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !matches!(name, ".git" | "node_modules") && !built.contains(&path) {
                    folders.push(path);
                }
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let path = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let mut sources = files("");
    sources.retain(|(path, _)| Path::new(path).extension().is_some_and(|end| end == "rs"));
    assert!(sources.len() > 20, "the sources are not where they were");
    sources
}

/// Returns name, names of dependencies with their kind, for each crate.
fn packages() -> Vec<(String, Vec<(String, String)>)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("normal").to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    let dependencies = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap();
        dependencies.iter().map(|d| (text(&d["name"]), text(&d["kind"]))).collect()
    };
    packages.iter().map(|package| (text(&package["name"]), dependencies(package))).collect()
}

#[test]
fn dependencies_point_one_way() {
    let packages = packages();
    let names: BTreeSet<_> = packages.iter().map(|(name, _)| name.as_str()).collect();
    let known: BTreeSet<_> = LAYERS.into_iter().chain(["preau-tests"]).collect();
    assert_eq!(names, known, "a new crate needs its place in LAYERS");
    let layer = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    for (name, dependencies) in &packages {
        for (used, _) in dependencies.iter().filter(|(used, _)| names.contains(used.as_str())) {
            let below = layer(name).zip(layer(used)).is_some_and(|(user, used)| user < used);
            assert!(below, "{name} may not use {used}");
        }
    }
}

#[test]
fn the_rules_use_nothing_that_could_surprise() {
    let packages = packages();
    let (_, dependencies) = packages.iter().find(|(name, _)| name == "preau-domain").unwrap();
    for (used, kind) in dependencies {
        let allowed = match kind.as_str() {
            "normal" => OF_DOMAIN.contains(&used.as_str()),
            "dev" => used == "proptest",
            _ => false,
        };
        assert!(allowed, "domain may not use {used} ({kind})");
    }
}

#[test]
fn no_source_file_is_too_long() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, _)| *lines > LONGEST)
        .collect();
    assert!(long.is_empty(), "over {LONGEST} lines there is a seam, look for it: {long:?}");
}

#[test]
fn nothing_is_left_undone_and_no_test_is_skipped() {
    // In two parts each, so that this file does not find itself.
    let words = [["to", "do!("], ["unimpl", "emented!("], ["#[ign", "ore"]].map(|parts| parts.concat());
    let found: Vec<_> = sources()
        .into_iter()
        .flat_map(|(path, text)| {
            let words = words.iter().filter(move |word| text.contains(word.as_str()));
            words.map(move |word| format!("{path}: {word}"))
        })
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_committed_schema_is_the_one_that_is_served() {
    let path = root().join("api/schema.graphql");
    let served = api::graphql::schema::sdl();
    if std::env::var_os("PREAU_UPDATE").is_some() {
        std::fs::write(&path, &served).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == served,
        "the schema changed: look at the difference after `PREAU_UPDATE=1 cargo test -p preau --test tidy`"
    );
}

#[test]
fn no_package_registry_is_named() {
    let hosts = [
        ["crates", ".io"],
        ["py", "pi.org"],
        ["pythonhosted", ".org"],
        ["npm", "js.org"],
        ["npm", "js.com"],
        ["npmmirror", ".com"],
        ["deb.deb", "ian.org"],
        ["docker", ".io"],
    ]
    .map(|parts| parts.concat());
    let found: Vec<_> = files("")
        .into_iter()
        // Written by cargo, which names where it took things from.
        .filter(|(path, _)| !path.ends_with("Cargo.lock"))
        .filter_map(|(path, text)| {
            let host = hosts.iter().find(|host| text.contains(host.as_str()))?;
            Some(format!("{path}: {host}"))
        })
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_test_that_a_proof_names_is_there() {
    let sources = sources();
    let proofs: Vec<_> = files("docs").into_iter().filter(|(path, _)| path.ends_with("-proof.md")).collect();
    assert!(!proofs.is_empty(), "the proofs are not where they were");
    for (path, text) in proofs {
        let rows = text.lines().filter_map(|line| line.rsplit_once("| ").filter(|_| line.starts_with("| ")));
        let named = rows.flat_map(|(_, shown)| shown.split('`').skip(1).step_by(2));
        let named: Vec<_> = named.filter(|name| name.contains('_') && !name.contains('=')).collect();
        assert!(named.len() > 20, "{path} names no tests");
        let missing: Vec<_> = named
            .into_iter()
            .filter(|name| !sources.iter().any(|(_, text)| text.contains(&format!("fn {name}("))))
            .collect();
        assert!(missing.is_empty(), "{path}: no such test: {missing:#?}");
    }
}
