//! `preau bench mailbox`: a message to everybody, and pages of the inbox over HTTP.
//!
//! - [`constant`]: the same question answered without a read model.
//! - [`postgres`], [`postgraphile`]: what somebody would use instead; the second where its program is named.
//!
//! Each is measured at three sizes, a hundredth, a tenth and all of it, and the exponent of its growth is printed:
//! 0 is constant, 1 is linear.

mod constant;
mod postgraphile;
mod postgres;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use api::Node;
use api::graphql::common::Global as _;
use domain::actor::{Actor, RoleName};
use domain::message::{Asked, Body, Command, Message, Party, Recipients, Replies, Send};
use domain::{CommandId, GroupId, MessageId, PersonId, StreamId};
use projections::PersonNo;
use serde_json::{Value, json};

use self::constant::{Constant, Row};
use self::postgraphile::Postgraphile;
use self::postgres::Postgres;
use super::arguments::Mailbox;
use super::authority::{self, Authority};
use super::client::{self, Client, Load, load};
use super::data::make;
use super::measure::{Memory, Samples, Stopwatch, exponent};
use super::report::{Cell, Report, Table};
use super::served::Served;
use crate::academy::filling::Filling;

/// How many rows a page has.
const PAGE: usize = 20;

/// How many people read their inbox.
const READERS: usize = 500;

/// How many of them at once.
const AT_ONCE: [usize; 2] = [1, 16];

/// The members of the groups that one message goes to at most. Many are in two of them: 100,000 people.
const EVERYBODY: u64 = 140_000;

const INBOX: &str = "{ mailbox(folder: INBOX, first: 20) { nodes { id subject sentAt unread author { id displayName profile } } pageInfo { hasNextPage endCursor } } }";

const SEND: &str = "mutation($input: SendMessageInput!) { sendMessage(input: $input) { delivered userErrors { code } position } }";

/// Runs the scenario.
pub async fn mailbox(args: &Mailbox) -> Result<()> {
    let quick = args.common.quick;
    let (people, deliveries, pages, rounds) = if quick {
        (600, 10_000, 100, 1)
    } else {
        (args.people, args.deliveries, args.pages, args.common.rounds.max(1))
    };
    let asked = json!({ "people": people, "deliveries": deliveries, "pages": pages, "rounds": rounds,
        "seed": args.seed });
    let mut report = Report::of("mailbox", asked);
    if let Some(program) = &args.postgraphile {
        Postgraphile::check(program)?;
    }
    let folder = super::scratch(&args.common)?;
    let made = make(&folder.path().join("data"), people, args.seed, None).await?;
    let (node, academy) = (Arc::new(made.node), made.academy);
    let authority = authority::make(&node).await?;
    let mut served = Served::start(Arc::clone(&node), folder.path()).await?;

    let everybody = node.read(|world| world.people.everybody().count()) as u64;
    let peer = Postgres::start(args.postgres.as_deref(), args.common.scratch.as_deref(), everybody);
    let missing = peer.as_ref().err().map(|missing| format!("PostgreSQL was not measured: {missing:#}"));
    if let (Some(missing), Some(_)) = (&missing, &args.postgraphile) {
        bail!("{missing}; without it there is nothing to ask PostGraphile for");
    }
    let mut peer = peer.ok();
    let postgraphile = match (&args.postgraphile, &peer) {
        (Some(program), Some(database)) => {
            let scratch = args.common.scratch.as_deref();
            Some(Postgraphile::start(program, scratch, database).await?)
        }
        _ => None,
    };
    let mut messages = Messages::new();
    let reachable = authority.groups.iter().map(|(_, members)| members).sum::<u64>();
    for part in [100, 10, 1] {
        let mut everybody =
            Everybody { node: &node, authority: &authority, served: &served, peer: peer.as_mut() };
        everybody.measure(reachable.min(EVERYBODY) / part, rounds, &mut messages).await?;
    }

    let mut filling = Filling::of(&node, &academy);
    let mut inboxes = Inboxes::new();
    let mut constant = None;
    for part in [100, 10, 1] {
        filling.up_to(deliveries / part).await?;
        let readers = Readers::of(&served, READERS)?;
        let beside = if let Some(address) = constant {
            address
        } else {
            *constant.insert(served.beside(Constant(rows(&node, &readers)?)).await?)
        };
        let mut asked = vec![
            Asking { name: "a constant", address: beside, requests: readers.requests.clone(), full },
            Asking { name: "the mailbox", address: served.address, requests: readers.requests.clone(), full },
        ];
        if let (Some(server), Some(database)) = (&postgraphile, &mut peer) {
            database.up_to(filling.delivered, filling.delivered.div_ceil(filling.sent.max(1) as u64))?;
            let requests = server.requests(&database.readers(READERS))?;
            asked.push(Asking {
                name: "postgraphile",
                address: server.address,
                requests,
                full: postgraphile::full,
            });
        }
        let work = Pages { readers: &readers.people, asked, pages, rounds };
        inboxes.measure(&node, &work, filling.delivered).await?;
    }
    report.table(messages.table);
    report.table(inboxes.model.table);
    report.table(inboxes.served.table);
    report.table(memory(&node, &filling));
    report.note("growth: the exponent over the size before; 0 is constant, 1 is linear.");
    if postgraphile.is_none() {
        report.note("PostGraphile was not measured: name its program with --postgraphile.");
    }
    if let Some(missing) = missing {
        report.note(missing);
    }
    // What is closed when it is dropped, before the folder is.
    drop(filling);
    served.stop().await?;
    drop(node);
    report.print(args.common.format)
}

/// Says whether an answer is a page with something on it.
fn full(answer: &[u8]) -> bool {
    answer.starts_with(b"{\"data\":{\"mailbox\":{\"nodes\":[{")
}

/// A table in which each row knows how it grew over the row of the same kind before.
struct Growing {
    table: Table,
    before: Vec<(String, f64, f64)>,
}

impl Growing {
    fn new(name: &'static str, columns: &'static [&'static str]) -> Self {
        Self { table: Table::new(name, columns), before: vec![] }
    }

    /// Returns how `value` grew since the last size of this kind.
    fn growth(&mut self, kind: &str, size: f64, value: Option<f64>) -> Cell {
        let Some(value) = value else { return Cell::Missing };
        let before = self.before.iter().rposition(|(known, ..)| known == kind);
        let before = before.map(|place| self.before.remove(place));
        self.before.push((kind.to_owned(), size, value));
        Cell::measure(before.map(|(_, small, known)| exponent(known, value, size / small)), 2)
    }
}

/// Messages to more and more people.
struct Messages {
    table: Table,
    growing: Growing,
}

impl Messages {
    fn new() -> Self {
        let columns = &["recipients", "what", "p50_ms", "p99_ms", "times_postgres", "growth"];
        Self { table: Table::new("one message", columns), growing: Growing::new("", &[]) }
    }

    fn add(&mut self, recipients: u64, what: &str, times: &Samples, postgres: &Samples) {
        let growth = self.growing.growth(what, recipients as f64, times.median());
        let (median, p99) = (Cell::measure(times.median(), 2), Cell::measure(times.p99(), 2));
        let share = postgres.median().zip(times.median()).map(|(theirs, own)| theirs / own);
        self.table.row([Cell::Count(recipients), what.into(), median, p99, Cell::measure(share, 1), growth]);
    }
}

/// Writing to everybody.
struct Everybody<'a> {
    node: &'a Node,
    authority: &'a Authority,
    served: &'a Served,
    peer: Option<&'a mut Postgres>,
}

impl Everybody<'_> {
    /// Writes to about so many people, as a command and over HTTP, and in PostgreSQL, in turn.
    async fn measure(&mut self, recipients: u64, rounds: usize, messages: &mut Messages) -> Result<()> {
        let mut reached = 0;
        let groups = self.authority.groups.iter().take_while(|(_, members)| {
            let more = reached < recipients;
            reached += if more { *members } else { 0 };
            more
        });
        let groups: Vec<GroupId> = groups.map(|(group, _)| *group).collect();
        let token = self.served.token(self.authority.head)?;
        let [mut durable, mut delivered, mut answered, mut theirs] = [(); 4].map(|()| Samples::default());
        // One of each before they count: the first finds nothing in any cache.
        for round in 0..=rounds * 4 {
            let number = messages.growing.before.len() * 1000 + round;
            let (appended, in_mailboxes) = self.command(&groups, number).await?;
            let response = self.http(&groups, &token)?;
            if round > 0 {
                durable.add(appended);
                delivered.add(in_mailboxes);
                answered.add(response);
            }
            if round % 4 == 0 {
                let counted = self.delivered()?;
                let calls = self.peer.as_mut().map(|peer| peer.send(counted)).transpose()?;
                theirs.append(calls.filter(|_| round > 0).unwrap_or_default());
            }
        }
        let counted = self.delivered()?;
        messages.add(counted, "durable", &durable, &theirs);
        messages.add(counted, "in every mailbox", &delivered, &theirs);
        messages.add(counted, "answered over HTTP", &answered, &theirs);
        messages.add(counted, "postgres, a row for each", &theirs, &theirs);
        Ok(())
    }

    /// Returns how many people the last message reached.
    fn delivered(&self) -> Result<u64> {
        let counted = self.node.read(|world| {
            let sent = world.mailboxes.sent(world.people.number(self.authority.head)?, None, 1);
            Some(u64::from(world.mailboxes.message(sent.first()?.message)?.counts.delivered))
        });
        counted.context("a message to everybody was not delivered")
    }

    /// Sends a command, and returns when it was durable and when it was in every mailbox, in milliseconds.
    async fn command(&self, groups: &[GroupId], number: usize) -> Result<(f64, f64)> {
        let author = self.authority.head;
        let command = CommandId::from_u128(domain::id::derive(&[
            b"bench mailbox",
            &groups.len().to_be_bytes(),
            &number.to_be_bytes(),
        ]));
        let message = MessageId::derived(command, 0);
        let witnessed = self.node.read(|world| {
            let me = world.people.number(author)?;
            let asked = groups.iter().map(|group| {
                let number = world.people.group(*group)?;
                let witness = world.graph.witness_group(&world.people, me, number);
                Some(Asked { party: Party::Group(*group), witness, broadcast_list: false })
            });
            asked.collect::<Option<Vec<_>>>()
        });
        let bcc = witnessed.context("the head of the office reaches nobody")?;
        let recipients =
            Recipients::Named { to: vec![], cc: vec![], bcc, exposed: 0, accept_exposure: false };
        let (subject, body) = (subject(), Body { html: format!("<p>{TEXT}</p>"), text: TEXT.to_owned() });
        let send = Send { message, author, subject, body, recipients, replies: Replies::None };
        let meta = eventlog::execute::meta(Actor::Person { person: author, role: RoleName::User }, command);
        let (stream, watch) = (StreamId::message(message), Stopwatch::start());
        let done = self.node.executor().execute::<Message>(&stream, &meta, Command::Send(send)).await;
        let position =
            done.map_err(|error| anyhow!("a message to everybody was not sent: {error:?}"))?.position;
        let durable = watch.seconds() * 1000.0;
        self.node.live().wait_for(position, api::node::PATIENCE).await?;
        Ok((durable, watch.seconds() * 1000.0))
    }

    /// Sends over HTTP, and returns when it was answered, in milliseconds.
    fn http(&self, groups: &[GroupId], token: &str) -> Result<f64> {
        let bcc: Vec<_> = groups.iter().map(|group| group.global().to_string()).collect();
        let input = json!({ "input": { "subject": subject(), "bodyText": TEXT, "bcc": bcc, "replies": "NONE",
            "idempotencyKey": crate::opened::new_command()?.to_string() } });
        let request = client::request(Some(token), SEND, &input);
        let (mut client, watch) = (Client::to(self.served.address)?, Stopwatch::start());
        let answer: Value = serde_json::from_slice(&tokio::task::block_in_place(|| client.ask(&request))?)?;
        let time = watch.seconds() * 1000.0;
        answer["data"]["sendMessage"]["delivered"]
            .as_u64()
            .map(|_| time)
            .with_context(|| format!("a message to everybody was not sent: {answer}"))
    }
}

const TEXT: &str = "Mesdames, Messieurs, les établissements de l'académie restent ouverts demain. Les transports scolaires \
                    circulent normalement. Merci de signaler toute absence à la vie scolaire.";

fn subject() -> String {
    "Information à toute l'académie".to_owned()
}

/// People who read their inbox.
struct Readers {
    people: Vec<PersonNo>,
    requests: Vec<Vec<u8>>,
}

impl Readers {
    /// Signs in so many people who have something to read, spread over all of them.
    fn of(served: &Served, count: usize) -> Result<Self> {
        let people: Vec<(PersonNo, PersonId)> = served.front.node.read(|world| {
            let barred = world.people.barred();
            let readers = world.people.everybody().filter(|(number, _)| {
                !barred.contains(number.0) && world.mailboxes.inbox(*number, None, 1).len() == 1
            });
            let readers: Vec<_> = readers.map(|(number, row)| (number, row.id)).collect();
            let step = (readers.len() / count).max(1);
            readers.into_iter().step_by(step).take(count).collect()
        });
        let mut requests = vec![];
        for (_, person) in &people {
            requests.push(client::request(Some(&served.token(*person)?), INBOX, &json!({})));
        }
        Ok(Self { people: people.into_iter().map(|(number, _)| number).collect(), requests })
    }
}

/// Returns the rows of a constant answer, shaped like those of the first reader with a whole page.
fn rows(node: &Node, readers: &Readers) -> Result<Vec<Row>> {
    node.read(|world| {
        let page = readers.people.iter().map(|reader| world.mailboxes.inbox(*reader, None, PAGE + 1));
        let page = page.max_by_key(Vec::len)?;
        let rows = page.iter().cycle().take(PAGE).map(|entry| {
            let message = world.mailboxes.message(entry.message)?;
            let author = world.people.person(message.author()?)?;
            let name = author.identity.as_ref()?;
            Some(Row {
                number: entry.message,
                id: world.mailboxes.id(entry.message)?,
                subject: Some("Réunion de rentrée des parents de 6A".to_owned()),
                author: author.id,
                name: format!("{} {}", name.first_name, name.last_name),
                sent_at: message.sent_at(),
            })
        });
        rows.collect::<Option<Vec<_>>>()
    })
    .context("nobody has anything to read: ask for more deliveries")
}

/// Who is asked for pages.
struct Asking {
    name: &'static str,
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    full: fn(&[u8]) -> bool,
}

impl Asking {
    async fn ask(&self, pages: usize, at_once: usize) -> Result<Load> {
        let requests = self.requests.iter().cycle().take(pages).cloned().collect();
        load(self.address, requests, at_once, self.full).await
    }
}

/// What is asked how often.
struct Pages<'a> {
    readers: &'a [PersonNo],
    /// The constant is the first.
    asked: Vec<Asking>,
    pages: usize,
    rounds: usize,
}

/// Pages of fuller and fuller inboxes.
struct Inboxes {
    model: Growing,
    served: Growing,
}

impl Inboxes {
    fn new() -> Self {
        let served = &[
            "deliveries",
            "at_once",
            "answered_by",
            "pages_per_s",
            "p50_ms",
            "p99_ms",
            "of_constant",
            "growth",
        ];
        Self {
            model: Growing::new("inbox page read model alone", &["deliveries", "p50_us", "p99_us", "growth"]),
            served: Growing::new("inbox page over HTTP", served),
        }
    }

    async fn measure(&mut self, node: &Node, work: &Pages<'_>, deliveries: u64) -> Result<()> {
        self.alone(node, work, deliveries);
        for at_once in AT_ONCE {
            let mut sums: Vec<_> =
                work.asked.iter().map(|_| (Samples::default(), Samples::default())).collect();
            for _ in 0..work.rounds {
                for (asked, (rates, calls)) in work.asked.iter().zip(&mut sums) {
                    let Load { rate, calls: times } = asked.ask(work.pages, at_once).await?;
                    rates.add(rate);
                    calls.append(times);
                }
            }
            let limit = sums.first().and_then(|(rates, _)| rates.median());
            for (Asking { name, .. }, (rates, calls)) in work.asked.iter().zip(&sums) {
                let share = rates.median().zip(limit).map(|(own, limit)| own / limit);
                let kind = format!("{name} {at_once}");
                let growth = self.served.growth(&kind, deliveries as f64, calls.median());
                self.served.table.row([
                    Cell::Count(deliveries),
                    at_once.into(),
                    (*name).into(),
                    Cell::measure(rates.median(), 0),
                    Cell::measure(calls.median(), 3),
                    Cell::measure(calls.p99(), 3),
                    Cell::measure(share, 2),
                    growth,
                ]);
            }
        }
        Ok(())
    }

    fn alone(&mut self, node: &Node, work: &Pages<'_>, deliveries: u64) {
        let mut times = Samples::default();
        for reader in work.readers.iter().cycle().take(work.pages) {
            let watch = Stopwatch::start();
            std::hint::black_box(node.read(|world| world.mailboxes.inbox(*reader, None, PAGE)));
            times.add(watch.seconds() * 1e6);
        }
        let growth = self.model.growth("model", deliveries as f64, times.median());
        let (median, p99) = (Cell::measure(times.median(), 1), Cell::measure(times.p99(), 1));
        self.model.table.row([Cell::Count(deliveries), median, p99, growth]);
    }
}

fn memory(node: &Node, filling: &Filling<'_>) -> Table {
    let columns = &["people", "messages", "deliveries", "mailboxes_mib", "memberships_mib", "process_mib"];
    let mut table = Table::new("memory", columns);
    let (people, parts) = node.read(|world| (world.people.everybody().count(), world.memory()));
    table.row([
        people.into(),
        filling.sent.into(),
        Cell::Count(filling.delivered),
        Cell::mebibytes(parts.mailboxes as u64),
        Cell::mebibytes(parts.memberships as u64),
        Memory::own().map_or(Cell::Missing, |memory| Cell::mebibytes(memory.resident)),
    ]);
    table
}
