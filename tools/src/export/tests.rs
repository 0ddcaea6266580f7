//! Years of life, exported from a log on disk: everything is there, and quickly.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::actor::RoleName;
use domain::message::{
    Asked, Body, BookingNotice, Command as OfMessage, Message, Notice, Party, Recipients, Replies, Send,
    Witness,
};
use domain::person::{Availability, Identity, Register, Source};
use domain::reading::{Event as ReadingEvent, Opened, Trashed};
use domain::{BookingId, Date, EventId, GroupId, Label, MessageId, Meta, PersonId, ResourceId, Timestamp};
use eventlog::clock::TestClock;
use eventlog::{Clock, Position};

use super::*;
use crate::bulk;

/// The goal of `audit.md`, for ten years.
const GOAL: Duration = Duration::from_mins(1);

/// What happens in a month: about what somebody meets who answers for a class.
const RECEIVED: u128 = 200;
const WRITTEN: u128 = 50;
const SIGN_INS: u128 = 40;
const TRASHED: u128 = 20;

const OF_DATA: PersonId = PersonId::from_u128(1);
const OTHERS: [PersonId; 4] =
    [PersonId::from_u128(2), PersonId::from_u128(3), PersonId::from_u128(4), PersonId::from_u128(5)];

struct Life {
    node: Node,
    next: u128,
}

impl Life {
    fn meta(&mut self, person: PersonId) -> Meta {
        self.next += 1;
        let actor = Actor::Person { person, role: RoleName::User };
        eventlog::execute::meta(actor, domain::CommandId::from_u128(self.next))
    }

    async fn person(&mut self, person: PersonId, commands: Vec<Command>) {
        let (meta, stream) = (self.meta(person), StreamId::person(person));
        let append = self.node.executor().prepare::<Person>(&stream, &meta, commands).await;
        for answer in self.node.executor().append_all(append.unwrap().unwrap().into_iter().collect()).await {
            answer.unwrap();
        }
    }

    async fn send(&mut self, author: PersonId, to: PersonId, messages: std::ops::Range<u128>) -> Position {
        let mut appends = vec![];
        for number in messages {
            let (message, group) = (MessageId::from_u128(number), GroupId::from_u128(1));
            let (party, witness) = (Party::Person(to), Some(Witness::Internal { group }));
            let text =
                format!("Texte {number}. {}", "Une phrase comme il s'en écrit dans une école. ".repeat(12));
            let send = Send {
                message,
                author,
                subject: format!("Sujet {number}"),
                body: Body { html: format!("<p>{text}</p>"), text },
                recipients: Recipients::Named {
                    to: vec![Asked { party, witness, broadcast_list: false }],
                    cc: vec![],
                    bcc: vec![],
                    exposed: 0,
                    accept_exposure: false,
                },
                replies: Replies::All,
            };
            let (meta, stream) = (self.meta(author), StreamId::message(message));
            let command = vec![OfMessage::Send(send)];
            let append = self.node.executor().prepare::<Message>(&stream, &meta, command).await;
            appends.extend(append.unwrap().unwrap());
        }
        let answers = self.node.executor().append_all(appends).await;
        answers.into_iter().map(|answer| answer.unwrap().position).max().unwrap()
    }

    async fn read(&mut self, stream: &StreamId, event: ReadingEvent) {
        let meta = self.meta(OF_DATA);
        self.node.executor().append_any(stream, &meta, &[event]).await.unwrap();
    }
}

fn register(person: PersonId) -> Command {
    let identity = Identity {
        first_name: format!("Prénom{}", person.to_u128()),
        last_name: "Nom".into(),
        ..Identity::default()
    };
    let (profile, source) = (domain::group::Profile::Teacher, Source::Manual);
    Command::Register(Register { person, profile, identity, source, availability: Availability::Permanent })
}

fn beginning(month: u32) -> Timestamp {
    let day = Date::from_ymd_opt(2016 + i32::try_from(month / 12).unwrap(), month % 12 + 1, 1).unwrap();
    day.and_hms_opt(8, 0, 0).unwrap().and_utc()
}

async fn live(data: &Path, months: u32) -> Life {
    let clock = TestClock::at(beginning(0));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let opened = api::node::open(data, None, Arc::clone(&shared)).unwrap();
    let node = Node::start(opened.log, opened.vault, shared, |_, _| ()).await.unwrap();
    let mut life = Life { node, next: 0 };
    for person in OTHERS {
        life.person(person, vec![register(person)]).await;
    }
    let (code, charter) = ("code".to_owned(), Label::parse("1").ok());
    let (login, password) = ("prenom.nom".to_owned(), "verifier".to_owned());
    let activate =
        Command::Activate { code: code.clone(), password: password.clone(), charter, kept_out: None };
    let begins =
        vec![register(OF_DATA), Command::GiveLogin(login), Command::IssueCode { digest: code }, activate];
    life.person(OF_DATA, begins).await;
    for month in 0..months {
        clock.set(beginning(month));
        let base = u128::from(month) * 1_000 + 1;
        let sign_in =
            Command::SignIn { verified: password.clone(), address: "192.0.2.1".into(), kept_out: None };
        life.person(OF_DATA, vec![sign_in; SIGN_INS as usize]).await;
        let author = OTHERS[month as usize % OTHERS.len()];
        life.send(author, OF_DATA, base..base + RECEIVED).await;
        let sent = life.send(OF_DATA, author, base + RECEIVED..base + RECEIVED + WRITTEN).await;
        bulk::caught_up(&life.node, sent).await.unwrap();
        for number in base..base + RECEIVED - TRASHED {
            let message = MessageId::from_u128(number);
            let opened = Opened { message, person: OF_DATA };
            life.read(&StreamId::openings(message), opened.into()).await;
        }
        let messages = (base..base + TRASHED).map(MessageId::from_u128).collect();
        let trashed = Trashed { person: OF_DATA, messages };
        life.read(&StreamId::copies(OF_DATA), trashed.into()).await;
    }
    bulk::caught_up(&life.node, life.node.log().head()).await.unwrap();
    life
}

#[tokio::test]
async fn years_of_life_are_exported_whole_and_within_a_minute() {
    let years: u32 = std::env::var("PREAU_YEARS").ok().map_or(1, |years| years.parse().unwrap());
    let months = years * 12;
    let folder = tempfile::TempDir::new().unwrap();
    let life = live(&folder.path().join("data"), months).await;
    let notice = Notice::Booking {
        resource: ResourceId::from_u128(778),
        booking: BookingId::from_u128(777),
        what: BookingNotice::Validated,
        slot: None,
    };
    let told = vec![OF_DATA, OTHERS[0]];
    api::process::notices::notify(&life.node, EventId::from_u128(1), told, notice).await.unwrap();
    let begun = Instant::now();
    let text = of(&life.node, &OF_DATA.to_string(), "Demande".into(), Language::Fr).await.unwrap();
    let gathered = begun.elapsed();
    let document: Document = serde_json::from_str(&text).unwrap();
    let html = page::of(&document);
    let took = begun.elapsed();
    let events = life.node.log().head();
    #[allow(clippy::print_stdout, reason = "a measurement is for somebody to read")]
    {
        let (json, page) = (text.len() / 1_000, html.len() / 1_000);
        println!("{years} years, {events} events: read in {gathered:?}, all {took:?}; {json} kB, {page} kB");
    }
    assert!(took < GOAL, "{took:?}");
    let count = |name: &str| {
        let section = document.sections.iter().find(|section| section.section == name).unwrap();
        (section.data.len() as u128, section)
    };
    let each = |monthly: u128| u128::from(months) * monthly;
    assert_eq!(count("messagesReceived").0, each(RECEIVED) + 1);
    assert_eq!(count("messagesWritten").0, each(WRITTEN));
    assert_eq!(count("copies").0, u128::from(months));
    // Registered, login, code, activated, and the export itself.
    assert_eq!(count("account").0, each(SIGN_INS) + 5);
    let opened = |datum: &&document::Datum| datum.value["openedAt"].is_string();
    let received = &count("messagesReceived").1.data;
    assert_eq!(received.iter().filter(opened).count() as u128, each(RECEIVED - TRASHED));
    let trashed = received.iter().filter(|datum| datum.value["inTrash"] == true).count();
    assert_eq!(trashed as u128, each(TRASHED));
    assert!(received.is_sorted_by_key(|datum| datum.origin.position));
    let told = &received.last().unwrap().value;
    assert_eq!(
        (&told["subject"], &told["text"], &told["openedAt"]),
        (
            &"Réservation confirmée".into(),
            &"Une ressource : la réservation est confirmée.".into(),
            &().into()
        )
    );
    assert!(!told.to_string().contains(&OTHERS[0].to_string()), "who else was told is nobody's business");
    assert_eq!(html.matches("<article>").count() as u128, each(RECEIVED + WRITTEN) + 1);
}
