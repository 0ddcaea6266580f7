//! `preau admin create`: the first administrator.

use anyhow::{Context as _, Result, bail};
use domain::actor::{Actor, RoleName};
use domain::group::Profile;
use domain::person::login::{self, Claim, Holder};
use domain::person::{Availability, Command, Identity, Person, Register, Role, Source};
use domain::{Meta, PersonId, StreamId};
use eventlog::execute::{NotDone, meta};

use crate::cli::AdminCreate;
use crate::settings::Settings;
use crate::{failed, opened, say};

/// Makes a platform administrator, and prints the code that activates the account.
pub async fn create(args: AdminCreate) -> Result<()> {
    let login = login::normalise(&args.login)
        .map_err(|error| failed::input(format!("--login `{}`: {error}", args.login)))?;
    let settings = Settings::of(&args.flags)?;
    let node = opened::node(opened::directory(&settings, true)?).await?;
    let command = opened::new_command()?;
    let person = PersonId::derived(command, 0);
    let meta = Meta { reason: args.reason.map(Into::into), ..meta(Actor::Operator, command) };

    let digest = node.vault().ring().login_digest(&login);
    let claim = Claim { person, login: login.clone() };
    match node.executor().execute::<Holder>(&StreamId::login(&digest), &meta, claim).await {
        Ok(_) => {}
        Err(NotDone::Refused { .. }) => {
            return Err(failed::input(format!(
                "login `{login}` is taken: choose another, nothing was changed"
            )));
        }
        Err(error) => return Err(error).context("the login cannot be claimed"),
    }
    let identity = Identity { first_name: args.first_name, last_name: args.last_name, ..Identity::default() };
    let register = Register {
        person,
        profile: Profile::Staff,
        identity,
        source: Source::Manual,
        availability: Availability::Permanent,
    };
    let role = Role { role: RoleName::PlatformAdministrator, structures: vec![], below: false };
    let ring = node.vault().ring();
    let code = api::code::generate(ring, command, person);
    let digest = api::code::digest(ring, &code);
    let commands = vec![
        Command::Register(register),
        Command::GiveLogin(login.clone()),
        Command::GrantRole(role, None),
        Command::IssueCode { digest },
    ];
    let prepared = node.executor().prepare::<Person>(&StreamId::person(person), &meta, commands).await?;
    match prepared {
        Ok(Some(append)) => {
            for answer in node.executor().append_all(vec![append]).await {
                answer.context("the log took no more events")?;
            }
        }
        Ok(None) => {}
        Err(refusal) => bail!("the administrator cannot be made: {refusal}"),
    }
    opened::settle(&node).await?;
    say(&format!(
        "Platform administrator {login} is made.\n\
         Activation code, shown once: {code}\n\
         Start `preau serve`, then call the mutation activateAccount with this login and code.\n"
    ))
}
