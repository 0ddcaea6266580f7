//! Everybody into the log: one stream each, all that is true of a person from the first day on.
//!
//! Invariant: while a batch is decided and sealed, the one before is written; no more than two are in memory.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use anyhow::{Result, bail};
use api::Node;
use domain::StreamId;
use domain::group::Profile;
use domain::person::login::{self, Claim, Holder};
use domain::person::{Attached, Availability, Command, Person as Account, Register, Source};
use eventlog::Append;

use super::build::{Pending, label};
use super::plan::{Academy, Person, Place};
use super::schools::Post;
use crate::bulk::{self, Undertaking};

/// How many people are appended in one durable write.
const BATCH: usize = 2048;

/// The version of the charter that everybody accepted.
const CHARTER: &str = "demo-1";

/// Registers everybody; `progress` hears how many are done.
pub(super) async fn everybody(
    node: &Node,
    academy: &Academy,
    undertaking: &Undertaking,
    verifier: Option<&str>,
    mut progress: impl FnMut(usize),
) -> Result<()> {
    let enrolling = Enrolling { node, academy, undertaking, verifier };
    let mut logins = Logins::default();
    let (mut pending, mut done) = (Pending::new(node), 0);
    for people in academy.people.chunks(BATCH) {
        let named: Vec<_> = people.iter().map(|person| (person, logins.next(person))).collect();
        pending.push(enrolling.decide(&named)?).await?;
        done += people.len();
        progress(done);
    }
    bulk::caught_up(node, pending.finish().await?).await
}

/// How many people of the same names have a login.
#[derive(Default)]
struct Logins(HashMap<String, u32>);

impl Logins {
    fn next(&mut self, person: &Person) -> String {
        let base = login::generate(person.first, &person.family.text());
        let number = self.0.entry(base.clone()).or_default();
        *number += 1;
        login::homonym(&base, *number)
    }
}

#[derive(Clone, Copy)]
struct Enrolling<'a> {
    node: &'a Node,
    academy: &'a Academy,
    undertaking: &'a Undertaking,
    verifier: Option<&'a str>,
}

impl Enrolling<'_> {
    /// Decides and seals what makes these people, on every core: logins first, then people, each in their order.
    fn decide(self, people: &[(&Person, String)]) -> Result<Vec<Append>> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let share = people.len().div_ceil(cores).max(1);
        let runtime = tokio::runtime::Handle::current();
        let parts: Vec<Result<Vec<(Append, Append)>>> = std::thread::scope(|scope| {
            let work = people.chunks(share).map(|share| {
                let runtime = runtime.clone();
                // Deciding reads no more than the empty end of a stream: it never waits.
                scope.spawn(move || share.iter().map(|one| runtime.block_on(self.one(one))).collect())
            });
            let work: Vec<_> = work.collect();
            let failed = || Err(anyhow::anyhow!("deciding what makes a person ended early"));
            work.into_iter().map(|part| part.join().unwrap_or_else(|_| failed())).collect()
        });
        let (mut claims, mut appends) =
            (Vec::with_capacity(people.len() * 2), Vec::with_capacity(people.len()));
        for part in parts {
            for (claim, append) in part? {
                claims.push(claim);
                appends.push(append);
            }
        }
        claims.append(&mut appends);
        Ok(claims)
    }

    async fn one(self, (person, login): &(&Person, String)) -> Result<(Append, Append)> {
        let executor = self.node.executor();
        let stream = StreamId::login(&self.node.vault().ring().login_digest(login));
        let meta = self.undertaking.meta("claim", &stream);
        let claim = Claim { person: person.id, login: login.clone() };
        let Ok(Some(claim)) = executor.prepare::<Holder>(&stream, &meta, vec![claim]).await? else {
            bail!("the login of person {} is taken: an academy is built on an empty log", person.id);
        };
        let stream = StreamId::person(person.id);
        let meta = self.undertaking.meta("enrol", &stream);
        match executor.prepare::<Account>(&stream, &meta, self.commands(person, login)?).await? {
            Ok(Some(append)) => Ok((claim, append)),
            Ok(None) => bail!("person {} is there: an academy is built on an empty log", person.id),
            Err(refusal) => bail!("person {} of the academy is refused: {refusal}", person.id),
        }
    }

    fn commands(self, person: &Person, login: &str) -> Result<Vec<Command>> {
        let mut commands = own(self.academy, person)?;
        commands.extend(person.children.iter().map(|child| Command::LinkChild {
            child: self.academy.people[*child as usize].id,
            profile: Profile::Student,
        }));
        commands.push(Command::GiveLogin(login.to_owned()));
        if let (Some(verifier), true) = (self.verifier, person.active) {
            let seed = self.academy.seed.to_be_bytes();
            let code = domain::id::derive(&[b"code", &seed, &person.id.to_u128().to_be_bytes()]);
            let code = self.node.vault().ring().code_digest(&format!("{code:032x}"));
            commands.push(Command::IssueCode { digest: code.clone() });
            let (password, charter) = (verifier.to_owned(), Some(label(CHARTER)?));
            // No school of an academy has an access window or keeps a profile out on its first day.
            commands.push(Command::Activate { code, password, charter, kept_out: None });
        }
        Ok(commands)
    }
}

/// Returns what makes a person and puts them where they belong.
fn own(academy: &Academy, person: &Person) -> Result<Vec<Command>> {
    let register = Register {
        person: person.id,
        profile: person.profile,
        identity: academy.identity(person),
        source: Source::Aaf,
        availability: Availability::Source,
    };
    let mut commands = vec![Command::Register(register)];
    for (index, place) in person.places.iter().enumerate() {
        let structure = academy.schools[place.school].id;
        commands.push(Command::Attach(Attached { structure, main: index == 0, starts: None, ends: None }));
        commands.extend(within(academy, place)?);
    }
    Ok(commands)
}

fn within(academy: &Academy, place: &Place) -> Result<Vec<Command>> {
    let school = &academy.schools[place.school];
    let joined = place.classes.iter().map(|class| Command::JoinClass(school.id, school.classes[*class].id));
    let mut commands: Vec<_> = joined.collect();
    let named = place.head_teacher.iter();
    commands.extend(named.map(|class| Command::NameHeadTeacher(school.id, school.classes[*class].id)));
    for Post { function, discipline } in &place.posts {
        let discipline = discipline.map(label).transpose()?;
        commands.push(Command::GiveFunction(school.id, label(function)?, discipline));
    }
    if let Some(level) = place.level {
        commands.push(Command::SetLevels(school.id, vec![label(level)?]));
    }
    Ok(commands)
}
