//! The demonstration: an invented academy with a few weeks of messages, five people to sign in as, three questions.
//!
//! Invariant: nothing of it is real, and nothing of it survives: it is built in a directory that goes away.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use api::Node;
use domain::PersonId;
use domain::actor::RoleName;
use domain::group::Profile;

use crate::academy::build::{Stage, build};
use crate::academy::messages::{self, Enough, Written};
use crate::academy::plan::Person;
use crate::academy::rooms::{Made, Rooms};
use crate::academy::schools::{ADVISER, FINANCE, Kind};
use crate::academy::{Academy, accounts};
use crate::demo_clock::DemoClock;

/// How many people the demonstration has.
pub const PEOPLE: u32 = 1_200;

/// The seed when nobody chose one.
pub const SEED: u64 = 2026;

/// How many days of messages there are.
pub const DAYS: u32 = 35;

/// What the demonstration shows.
#[derive(Debug)]
pub struct Demo {
    /// Who to sign in as.
    pub accounts: Vec<Account>,
    /// Questions to paste into the console.
    pub queries: Vec<Query>,
    /// How many people there are.
    pub people: usize,
    /// How many schools.
    pub schools: usize,
    /// What was written.
    pub written: Written,
    /// What was booked.
    pub booked: Made,
}

/// Somebody to sign in as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What they are, in words.
    pub profile: &'static str,
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their login.
    pub login: String,
    /// Their password.
    pub password: String,
}

/// A question to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What it asks.
    pub asks: &'static str,
    /// GraphQL.
    pub text: String,
}

/// Returns the clock of a demonstration that will follow `clock`: hand it to the log and to the node.
pub fn clock(clock: Arc<dyn eventlog::Clock>) -> DemoClock {
    DemoClock::back(clock, DAYS)
}

/// Fills an empty node, opened with `clock`; then releases the clock. `verifier` is the argon2id verifier of
/// [`password`], made by whoever has the hasher.
pub async fn prepare(
    node: &Node,
    clock: &DemoClock,
    seed: u64,
    verifier: &str,
    progress: impl FnMut(Stage, usize, usize),
) -> Result<Demo> {
    let academy = Academy::invent(PEOPLE, seed);
    let cast =
        Cast::of(&academy).context("this seed gives no academy with all five profiles: take another")?;
    build(node, &academy, Some(verifier), progress).await?;
    accounts::grant(node, &academy, cast.administrator.id, RoleName::PlatformAdministrator).await?;
    let rooms = Rooms::open(node, &academy).await?;
    let written = messages::write(node, &academy, Enough::Days(DAYS), Some(clock)).await?;
    clock.release();
    let booked = rooms.ask().await?;
    api::process::clock::begin_days(node)
        .await
        .map_err(|_| anyhow::anyhow!("the day of the demonstration could not begin"))?;
    let password = password(seed);
    let accounts = cast.all().into_iter().map(|(profile, person)| {
        let login = node.read(|world| world.people.person_by_id(person.id)?.login.clone());
        let login = login.with_context(|| format!("person {} has no login", person.id))?;
        let (name, password) = (person.display_name(), password.clone());
        Ok(Account { profile, person: person.id, name, login, password })
    });
    Ok(Demo {
        accounts: accounts.collect::<Result<_>>()?,
        queries: queries(cast.pupil),
        people: academy.people.len(),
        schools: academy.schools.len(),
        written,
        booked,
    })
}

/// Returns the password of every active account of the demonstration: 75 bits, the same for the same seed.
pub fn password(seed: u64) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstvwxyz0123456789";
    let drawn = domain::id::derive(&[b"preau.demo.password.v1", &seed.to_be_bytes()]);
    let letter = |place: u32| {
        let index = usize::try_from((drawn >> (5 * place)) & 31).unwrap_or_default();
        char::from(LETTERS[index])
    };
    let group = |from: u32| (from..from + 5).map(letter).collect::<String>();
    [group(0), group(5), group(10)].join("-")
}

/// The five people of the demonstration.
struct Cast<'a> {
    administrator: &'a Person,
    teacher: &'a Person,
    staff: &'a Person,
    pupil: &'a Person,
    relative: &'a Person,
}

impl<'a> Cast<'a> {
    fn of(academy: &'a Academy) -> Option<Self> {
        let active = academy.people.iter().filter(|person| person.active);
        let find = |fits: &dyn Fn(&Person) -> bool| active.clone().find(|person| fits(person));
        let middle = |person: &Person| {
            person.places.first().is_some_and(|place| academy.schools[place.school].kind == Kind::Middle)
        };
        let administrator = find(&|person| person.holds(FINANCE))?;
        let teacher = find(&|person| {
            person.profile == Profile::Teacher
                && middle(person)
                && person.places.iter().any(|place| !place.head_teacher.is_empty())
        })?;
        let staff = find(&|person| person.holds(ADVISER) && person.id != administrator.id)?;
        // A parent of children in two schools, one of whom uses the account too.
        let child = |number: &u32| academy.people.get(*number as usize);
        let relative = find(&|person| {
            person.places.len() > 1
                && person.children.iter().filter_map(child).any(|child| child.active && middle(child))
        })?;
        let pupil = relative.children.iter().filter_map(child).find(|child| child.active && middle(child))?;
        Some(Self { administrator, teacher, staff, pupil, relative })
    }

    fn all(&self) -> [(&'static str, &'a Person); 5] {
        [
            ("platform administrator (finance manager)", self.administrator),
            ("head teacher of a class", self.teacher),
            ("education adviser", self.staff),
            ("pupil", self.pupil),
            ("parent of children in two schools", self.relative),
        ]
    }
}

fn queries(pupil: &Person) -> Vec<Query> {
    let family = pupil.family.text();
    vec![
        Query {
            asks: "who am I, and where",
            text: "{ me { displayName profile login unreadCount attachments { structure { name uai } \
                   classes { name } } } }"
                .to_owned(),
        },
        Query {
            asks: "whom do I reach who is called like this",
            text: format!(
                "{{ people(search: \"{family}\", first: 20) {{ nodes {{ id displayName profile }} }} }}"
            ),
        },
        Query {
            asks: "what is new in my mailbox",
            text: "{ unreadCount mailbox(folder: INBOX, first: 20) { \
                   nodes { id unread subject sentAt author { displayName } } } }"
                .to_owned(),
        },
        Query {
            asks: "what have I booked",
            text:
                "{ myBookings(first: 20) { nodes { resourceName purpose rule dates { start end state } } } }"
                    .to_owned(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use domain::StreamId;
    use domain::person::{Command, Person};
    use eventlog::clock::TestClock;
    use eventlog::keys::Ring;
    use eventlog::vault::Vault;
    use eventlog::{Clock, MemoryLog};

    use super::*;

    #[test]
    fn many_seeds_give_all_five_profiles() {
        for seed in 0..20 {
            let academy = Academy::invent(PEOPLE, seed);
            let cast = Cast::of(&academy).expect("five people");
            let everybody: std::collections::BTreeSet<_> =
                cast.all().iter().map(|(_, person)| person.id).collect();
            assert_eq!(everybody.len(), 5);
        }
    }

    #[test]
    fn a_password_is_long_and_of_its_seed() {
        assert_eq!(password(2026).len(), 17);
        assert_ne!(password(2026), password(2027));
    }

    #[tokio::test]
    async fn the_five_can_sign_in_and_have_something_to_read() {
        let machine = TestClock::at("2026-11-25T12:00:00Z".parse().unwrap());
        let clock = clock(Arc::new(machine.clone()));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let log = Arc::new(MemoryLog::new(Arc::clone(&shared)));
        let vault = Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap())));
        let node = Node::start(log, vault, shared, |_, _| ()).await.unwrap();
        let demo = prepare(&node, &clock, SEED, "verifier", |_, _, _| ()).await.unwrap();
        assert_eq!((demo.people, demo.schools, demo.accounts.len(), demo.queries.len()), (1_200, 3, 5, 4));
        assert!(demo.written.sent > 500, "{:?}", demo.written);
        assert!(demo.booked.series > 20 && demo.booked.waiting == 9, "{:?}", demo.booked);
        let teacher = demo.accounts[1].person;
        let (own, queue) = node.read(|world| {
            let waiting = world.calendars.all().flat_map(projections::calendars::Calendar::waiting);
            (world.calendars.of_owner(teacher).count(), waiting.count())
        });
        assert!(own > 0 && queue == 9, "{own} of a teacher, {queue} wait");
        assert_eq!(node.now(), machine.now(), "the clock follows the machine again");
        for account in &demo.accounts {
            let stream = StreamId::person(account.person);
            let meta =
                eventlog::execute::meta(domain::actor::Actor::Operator, domain::CommandId::from_u128(1));
            let (verified, address) = ("verifier".to_owned(), "127.0.0.1".to_owned());
            let command = Command::SignIn { verified, address, kept_out: None };
            let decided = node.executor().prepare::<Person>(&stream, &meta, vec![command]).await.unwrap();
            assert!(decided.is_ok(), "{}", account.profile);
            let inbox = node.read(|world| {
                let number = world.people.number(account.person)?;
                Some(world.mailboxes.inbox(number, None, 20).len())
            });
            assert!(inbox.is_some_and(|rows| rows > 0), "{} has an empty inbox", account.profile);
        }
        let logins: std::collections::BTreeSet<_> =
            demo.accounts.iter().map(|account| &account.login).collect();
        assert_eq!(logins.len(), 5);
    }
}
