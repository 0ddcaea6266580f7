//! `preau bench sign-in`: signing in over HTTP, next to the hash of the password alone.

use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use api::password::Hasher;
use serde_json::json;

use super::arguments::SignIn;
use super::client::{self, Load, load};
use super::data::make;
use super::measure::{Memory, Samples, Stopwatch};
use super::report::{Cell, Report, Table};
use super::served::Served;
use crate::demo;

const LOG_IN: &str =
    "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code } position } }";

/// Runs the scenario.
pub async fn sign_in(args: &SignIn) -> Result<()> {
    let (sign_ins, rounds) =
        if args.common.quick { (4, 1) } else { (args.sign_ins.max(1), args.common.rounds.max(1)) };
    let at_once = args.at_once.clamp(1, sign_ins);
    let asked = json!({ "sign_ins": sign_ins, "at_once": at_once, "rounds": rounds });
    let mut report = Report::of("sign-in", asked);
    let folder = super::scratch(&args.common)?;
    // Two of three people use their account.
    let people = u32::try_from(sign_ins * 2).unwrap_or(u32::MAX).max(300);
    let made = make(&folder.path().join("data"), people, demo::SEED, None).await?;
    let logins: Vec<String> = made.node.read(|world| {
        let active = made.academy.people.iter().filter(|person| person.active).take(sign_ins);
        active.filter_map(|person| world.people.person_by_id(person.id)?.login.clone()).collect()
    });
    let served = Served::start(Arc::new(made.node), folder.path()).await?;
    let (hasher, password) = (Arc::new(Hasher::new()?), demo::password(demo::SEED));
    let verifier = hasher.hash(password.clone()).await.map_err(|error| anyhow!("{error}"))?;
    let (mut hashed, mut entered) =
        ((Samples::default(), Samples::default()), (Samples::default(), Samples::default()));
    for _ in 0..rounds {
        let alone = hash(&hasher, &password, &verifier, logins.len(), at_once).await?;
        hashed.0.add(alone.rate);
        hashed.1.append(alone.calls);
        let requests = logins.iter().map(|login| {
            let key = crate::opened::new_command()?.to_string();
            let input = json!({ "input": { "login": login, "password": password, "idempotencyKey": key } });
            Ok(client::request(None, LOG_IN, &input))
        });
        let token = |answer: &[u8]| answer.starts_with(b"{\"data\":{\"logIn\":{\"token\":\"");
        let load = load(served.address, requests.collect::<Result<_>>()?, at_once, token).await?;
        entered.0.add(load.rate);
        entered.1.append(load.calls);
    }
    let mut table =
        Table::new("signing in", &["work", "per_s", "slowest", "fastest", "p50_ms", "p99_ms", "of_hash"]);
    let limit = hashed.0.median();
    for (name, (rates, calls)) in [("the hash alone", &hashed), ("signing in over HTTP", &entered)] {
        let extremes = rates.extremes();
        table.row([
            name.into(),
            Cell::measure(rates.median(), 1),
            Cell::measure(extremes.map(|(slowest, _)| slowest), 1),
            Cell::measure(extremes.map(|(_, fastest)| fastest), 1),
            Cell::measure(calls.median(), 1),
            Cell::measure(calls.p99(), 1),
            Cell::measure(rates.median().zip(limit).map(|(own, limit)| own / limit), 2),
        ]);
    }
    report.table(table);
    let mut memory = Table::new("memory", &["process_mib", "peak_mib"]);
    let own = Memory::own().context("the memory of this process cannot be read")?;
    memory.row([Cell::mebibytes(own.resident), Cell::mebibytes(own.peak)]);
    report.table(memory);
    report.print(args.common.format)
}

/// Verifies the password so many times, `at_once` at once: what no sign-in can be faster than.
async fn hash(
    hasher: &Arc<Hasher>,
    password: &str,
    verifier: &str,
    times: usize,
    at_once: usize,
) -> Result<Load> {
    let watch = Stopwatch::start();
    let tasks: Vec<_> = (0..at_once)
        .map(|task| {
            let own = (task..times).step_by(at_once).count();
            let (hasher, password, verifier) = (Arc::clone(hasher), password.to_owned(), verifier.to_owned());
            tokio::spawn(async move {
                let mut calls = Samples::default();
                for _ in 0..own {
                    let call = Stopwatch::start();
                    let right = hasher.verify(password.clone(), Some(verifier.clone())).await;
                    if !right.map_err(|error| anyhow!("{error}"))? {
                        return Err(anyhow!("the password is not that of its own verifier"));
                    }
                    calls.add_time(call.elapsed());
                }
                Ok(calls)
            })
        })
        .collect();
    let mut calls = Samples::default();
    for task in tasks {
        calls.append(task.await.context("hashing ended early")??);
    }
    Ok(Load { rate: watch.rate(times), calls })
}
