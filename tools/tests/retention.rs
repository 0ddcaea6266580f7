//! `preau retention`, and the process that does it each day: on a log whose sign-ins are older than a year.
//!
//! The log is written with a clock of the past; everything after is the real binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests, also outside of test functions"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use api::Node;
use chrono::{Datelike as _, NaiveDate};
use domain::actor::{Actor, RoleName};
use domain::group::Profile;
use domain::person::{Availability, Command as OfPerson, Identity, Person, Register, Source};
use domain::retention::{DataClass, EndMonth, Months};
use domain::{CommandId, Label, PersonId, StreamId, Timestamp};
use eventlog::Clock;
use eventlog::clock::{SystemClock, TestClock};
use serde_json::{Value, json};
use tempfile::TempDir;

const WHO: PersonId = PersonId::from_u128(1);

/// How many months ago somebody signed in, each time from an address of its own: `192.0.2.<months>`.
const AGO: [u32; 6] = [15, 14, 13, 12, 1, 0];

/// Returns the month so many months ago, yyyymm.
fn month(ago: u32) -> u32 {
    let now = SystemClock.now();
    let count = u32::try_from(now.year()).unwrap() * 12 + now.month0() - ago;
    count / 12 * 100 + count % 12 + 1
}

fn beginning(ago: u32) -> Timestamp {
    let month = month(ago);
    let day = NaiveDate::from_ymd_opt(i32::try_from(month / 100).unwrap(), month % 100, 1).unwrap();
    day.and_hms_opt(0, 0, 0).unwrap().and_utc()
}

/// A data directory in which somebody lived for more than a year.
struct Life {
    folder: TempDir,
}

impl Life {
    fn lived() -> Self {
        let life = Self { folder: TempDir::new().unwrap() };
        alone(life.live());
        life
    }

    async fn live(&self) {
        let clock = TestClock::at(beginning(AGO[0]));
        let node = self.node(Arc::new(clock.clone())).await;
        let identity =
            Identity { first_name: "Odile".into(), last_name: "Vasseur".into(), ..Identity::default() };
        let register = Register {
            person: WHO,
            profile: Profile::Teacher,
            identity,
            source: Source::Manual,
            availability: Availability::Permanent,
        };
        let activate = OfPerson::Activate {
            code: "code".to_owned(),
            password: "verifier".to_owned(),
            charter: Label::parse("1").ok(),
            kept_out: None,
        };
        let mut commands = vec![
            (AGO[0], OfPerson::Register(register)),
            (AGO[0], OfPerson::GiveLogin("odile.vasseur".to_owned())),
            (AGO[0], OfPerson::IssueCode { digest: "code".to_owned() }),
            (AGO[0], activate),
        ];
        commands.extend(AGO.map(|ago| {
            let address = format!("192.0.2.{ago}");
            (ago, OfPerson::SignIn { verified: "verifier".to_owned(), address, kept_out: None })
        }));
        for (number, (ago, command)) in commands.into_iter().enumerate() {
            clock.set(beginning(ago));
            let actor = Actor::Person { person: WHO, role: RoleName::User };
            let order = node.order_as(actor, CommandId::from_u128(number as u128 + 1));
            let carried = node.execute::<Person>(&order, &StreamId::person(WHO), command).await.unwrap();
            assert_eq!(carried.refusal, None);
        }
    }

    async fn node(&self, clock: Arc<dyn Clock>) -> Node {
        let opened = api::node::open(&self.data(), None, Arc::clone(&clock)).unwrap();
        Node::start(opened.log, opened.vault, clock, |_, _| ()).await.unwrap()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        command(arguments, &self.data(), variables).output().unwrap()
    }

    #[track_caller]
    fn print(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, &[]);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "preau {arguments:?}: {out}\n{err}");
        out.into_owned()
    }

    /// What `preau retention` says of a class.
    fn class(&self, name: &str) -> Value {
        let said: Value = serde_json::from_str(&self.print(&["retention", "--format", "json"])).unwrap();
        let classes = said["classes"].as_array().unwrap();
        classes.iter().find(|class| class["class"] == name).unwrap().clone()
    }

    /// The events of retention: who caused them, and what they say.
    fn events(&self) -> Vec<(Value, Value)> {
        let tail = self.print(&["log", "tail", "-n", "1000", "--format", "json"]);
        let events = tail.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let ended = events.filter(|event| event["kind"] == "retention.month-ended");
        ended.map(|event| (event["meta"]["actor"].clone(), event["data"].clone())).collect()
    }

    /// The addresses of the sign-ins, the oldest first; null once they ended.
    fn addresses(&self) -> Vec<Value> {
        let to = TempDir::new().unwrap();
        let folder = to.path().join("export");
        let person = WHO.to_string();
        self.print(&["person", "export", &person, "--reason", "Test", "--to", folder.to_str().unwrap()]);
        let text = std::fs::read_to_string(folder.join("export.json")).unwrap();
        let export: Value = serde_json::from_str(&text).unwrap();
        let sections = export["sections"].as_array().unwrap().iter();
        let account = sections.filter(|section| section["section"] == "account");
        let data = account.flat_map(|section| section["data"].as_array().unwrap());
        let signed_in = data.filter(|datum| datum["origin"]["kind"] == "person.signed-in");
        signed_in
            .map(|datum| match &datum["value"]["address"] {
                gone if gone["erased"] == true => Value::Null,
                address => address.clone(),
            })
            .collect()
    }

    /// The addresses of the sign-ins of a month, as the incident view shows them.
    fn seen_in(&self, ago: u32) -> Value {
        let [from, to] = [0, 1].map(|days| beginning(ago) + chrono::TimeDelta::days(days));
        let [person, from, to] = [WHO.to_string(), from.to_rfc3339(), to.to_rfc3339()];
        let asked =
            ["incident", &person, "--from", &from, "--to", &to, "--reason", "Test", "--format", "json"];
        let incident: Value = serde_json::from_str(&self.print(&asked)).unwrap();
        let sign_ins = incident["signIns"]["nodes"].as_array().unwrap();
        sign_ins.iter().map(|row| row["address"].clone()).collect()
    }

    /// Serves the data, and returns once it listens.
    fn serve(&self, variables: &[(&str, &str)]) -> Server {
        let mut command = command(&["serve", "--listen", "127.0.0.1:0"], &self.data(), variables);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("http://127.0.0.1:")), "it never listened");
        Server(child)
    }
}

fn command(arguments: &[&str], data: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preau"));
    command.args(arguments).arg("--data").arg(data).current_dir(std::env::temp_dir());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREAU_")) {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    command
}

/// A running server; it ends with this value.
struct Server(Child);

impl Server {
    fn stop(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ended(months: &[u32], after: Option<u16>) -> Vec<Value> {
    let event = |month: &u32| match after {
        Some(after) => json!({"class": "connection", "month": month, "after": after}),
        None => json!({"class": "connection", "month": month}),
    };
    months.iter().map(event).collect()
}

fn all_but(gone: usize) -> Vec<Value> {
    let address = |(place, ago): (usize, u32)| {
        if place < gone { Value::Null } else { json!(format!("192.0.2.{ago}")) }
    };
    AGO.into_iter().enumerate().map(address).collect()
}

#[test]
fn what_is_over_is_shown_first_then_ended_once_and_the_log_says_so() {
    let life = Life::lived();
    let over = [15, 14, 13].map(month);
    let shown = life.print(&["retention"]);
    assert!(shown.contains(&format!("over: 3 months, {} to {}", over[0], over[2])), "{shown}");
    assert!(shown.contains("3 keys would be destroyed for ever; say --yes"), "{shown}");
    assert_eq!(life.class("connection")["months"], json!(over));
    assert_eq!(
        life.class("message"),
        json!({"class": "message", "afterMonths": null, "months": [],
        "endedBefore": 0, "lastEndedBefore": null})
    );
    assert_eq!((life.events().len(), life.addresses()), (0, all_but(0)), "it was only shown");

    let done = life.print(&["retention", "--yes"]);
    assert!(done.contains("ended now: 3 months") && done.contains("3 keys destroyed"), "{done}");
    assert_eq!(life.addresses(), all_but(3));
    assert_eq!((life.seen_in(13), life.seen_in(12)), (json!([null]), json!(["192.0.2.12"])));
    let (actors, data): (Vec<_>, Vec<_>) = life.events().into_iter().unzip();
    assert_eq!(data, ended(&over, Some(12)));
    assert!(actors.iter().all(|actor| actor.to_string().contains("operator")), "{actors:?}");

    let again = life.print(&["retention", "--yes"]);
    assert!(again.contains("Nothing is over."), "{again}");
    assert!(again.contains(&format!("ended before: 3 months, the last {}", over[2])), "{again}");
    assert_eq!(life.events().len(), 3);
    life.print(&["doctor", "--deep"]);

    // By hand, and by a shorter delay: the month before the last one, but not the last.
    life.print(&[
        "keys",
        "end-month",
        "connection",
        &month(12).to_string(),
        "--reason",
        "Arrêté 12",
        "--yes",
    ]);
    assert_eq!(
        (life.events().last().unwrap().1.clone(), life.addresses()),
        (ended(&[month(12)], None)[0].clone(), all_but(4))
    );
    let short = life.run(&["retention", "--yes"], &[("PREAU_RETENTION_CONNECTION", "1")]);
    assert!(String::from_utf8_lossy(&short.stdout).contains("Nothing is over."), "{short:?}");
    let wrong = life.run(&["retention"], &[("PREAU_RETENTION_CONNECTION", "0")]);
    assert_eq!(wrong.status.code(), Some(3), "{wrong:?}");
}

#[test]
fn a_server_ends_what_is_over_when_it_starts_and_goes_on_where_it_was_killed() {
    let life = Life::lived();
    let over = [15, 14, 13].map(month);
    // Killed after the log said so, and before the key was destroyed.
    alone(async {
        let node = life.node(Arc::new(SystemClock)).await;
        let command =
            EndMonth { class: DataClass::Connection, month: over[0], after: Some(12), now: month(0) };
        let order = node.order_as(Actor::Process("retention".to_owned()), CommandId::from_u128(99));
        node.execute::<Months>(&order, &StreamId::retention(), command).await.unwrap();
    });
    assert_eq!((life.events().len(), life.addresses()), (1, all_but(0)));

    // Whoever says never keeps it, but what the log says has ended has no key.
    let server = life.serve(&[("PREAU_RETENTION_CONNECTION", "never")]);
    until(|| life.addresses() == all_but(1));
    assert_eq!(life.class("connection")["afterMonths"], Value::Null, "the server's delays count, not ours");
    assert_eq!(life.events().len(), 1);
    server.stop();

    let server = life.serve(&[]);
    until(|| life.events().len() == 3);
    until(|| life.addresses() == all_but(3));
    let shown = life.class("connection");
    assert_eq!((&shown["afterMonths"], &shown["months"]), (&json!(12), &json!([])), "{shown}");
    let (actors, data): (Vec<_>, Vec<_>) = life.events().into_iter().unzip();
    assert_eq!(data, ended(&over, Some(12)));
    assert!(actors.iter().all(|actor| actor.to_string().contains("retention")), "{actors:?}");
    // Beside the server, by hand.
    life.print(&[
        "keys",
        "end-month",
        "connection",
        &month(12).to_string(),
        "--reason",
        "Arrêté 12",
        "--yes",
    ]);
    assert_eq!(life.addresses(), all_but(4));
    server.stop();
    life.serve(&[]).stop();
    assert_eq!(life.events().len(), 4, "each ends once");
}

/// Runs `work` and ends whatever it left running: a log that was opened in it is closed when this returns.
fn alone<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

/// Asks the server again until it is so.
#[track_caller]
fn until(so: impl Fn() -> bool) {
    assert!((0..500).any(|_| so()), "it never was so");
}
