//! People, as the directory shows them.
//!
//! Invariant: a [`Person`] is made by [`Person::seen`] alone, which asks the rights of who looks; every list of people,
//! however deep, is made of them. Who is not seen is not there.

mod finding;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::{ClassId, Label, PersonId};
use projections::World;
use projections::dense::PersonNo;
use projections::people::Person as Row;

use super::acting::Acting;
use super::common::{Day, Global, Instant, Listed, Page, asks_for_total};
use super::structure::{Class, Structure, classes_of};
use crate::failure::{Failure, Result};
use crate::rights::{Rights, Sight};
use finding::Filter;
pub use finding::{keep, page};

/// What a person is at school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, serde::Serialize)]
#[graphql(remote = "domain::group::Profile")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Profile {
    /// Enseignant.
    Teacher,
    /// Personnel non enseignant.
    Staff,
    /// Élève.
    Student,
    /// Parent ou responsable.
    Relative,
    /// Work-placement tutors and inspectors.
    Guest,
}

/// A person the caller may see.
#[derive(Debug)]
pub struct Person {
    number: PersonNo,
    row: Row,
    sight: Sight,
}

/// A person belongs to a structure.
#[derive(Debug, SimpleObject)]
pub struct Attachment {
    /// The structure.
    structure: Structure,
    /// Whether it is the main one.
    main: bool,
    /// From this day; at once if none.
    starts: Option<Day>,
    /// Through this day.
    ends: Option<Day>,
    /// Open classes; a relative has none of their own.
    classes: Vec<Class>,
    /// Functions held there.
    functions: Vec<Function>,
}

/// A direct link by hand between two people.
#[derive(Debug, SimpleObject)]
pub struct DirectLink {
    /// Who reaches the other by it.
    from: Person,
    /// Whom.
    to: Person,
    /// Whether the other reaches back by it.
    both_ways: bool,
}

/// A function held in a structure.
#[derive(Debug, SimpleObject)]
pub struct Function {
    /// Its code or name in the feed.
    function: String,
    /// The post discipline, if there is one.
    discipline: Option<String>,
}

/// How to get at somebody.
#[derive(Debug, SimpleObject)]
pub struct Contact {
    /// E-mail address.
    email: Option<String>,
    /// Telephone at home.
    home_phone: Option<String>,
    /// Telephone at work.
    work_phone: Option<String>,
    /// Mobile telephone.
    mobile_phone: Option<String>,
    /// Postal address, on lines.
    address: Option<String>,
    /// Pupils only.
    birth_date: Option<Day>,
}

/// Where an account is in its life; blocks are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "projections::people::AccountState")]
pub enum AccountState {
    /// Never activated.
    Inactive,
    /// Activated.
    Active,
    /// Closed.
    Closed,
}

/// Why an account is blocked in person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::person::BlockCause")]
pub enum BlockCause {
    /// This person, by decision.
    Person,
    /// The account is not safe.
    Security,
}

/// A block in force.
#[derive(Debug, SimpleObject)]
pub struct Block {
    /// Why.
    cause: BlockCause,
    /// The structure that did it; none for the platform.
    by: Option<Structure>,
    /// When it is to be lifted.
    until: Option<Instant>,
}

/// An account, as administrators in scope see it.
#[derive(Debug, SimpleObject)]
pub struct Account {
    /// Where it is in its life.
    state: AccountState,
    /// Blocks in force.
    blocks: Vec<Block>,
    /// Whether the feed no longer has them.
    missing: bool,
    /// The day of the last sign-in.
    last_sign_in: Option<Day>,
}

/// The name of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, serde::Serialize)]
#[graphql(remote = "domain::actor::RoleName")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoleName {
    /// Everybody with an account.
    User,
    /// Administrator of a list of structures.
    LocalAdministrator,
    /// Administrator of all of them.
    PlatformAdministrator,
    /// Reads traces in a scope.
    Auditor,
    /// Approves that an auditor reads contents, in a scope.
    ContentApprover,
    /// Sees who asked for contents, who approved and what was read, in a scope.
    DataProtectionOfficer,
}

/// A role that is held.
#[derive(Debug, SimpleObject)]
pub struct Role {
    /// Which.
    role: RoleName,
    /// The structures it is held in; empty for the platform.
    structures: Vec<Structure>,
    /// Also in all structures below.
    below: bool,
    /// Through this day.
    ends: Option<Day>,
}

impl Person {
    /// Returns a person, unless the caller does not see them.
    pub fn seen(world: &World, rights: &Rights, number: PersonNo) -> Option<Self> {
        let sight = rights.sees(world, number)?;
        Some(Self { number, row: world.people.person(number)?.clone(), sight })
    }

    /// Returns a person by id, unless the caller does not see them.
    pub fn by_id(acting: &Acting<'_>, id: PersonId) -> Option<Self> {
        acting.look(|world, rights| Self::seen(world, rights, world.people.number(id)?))
    }

    /// Returns who of `numbers` the caller sees.
    fn all(ctx: &Context<'_>, numbers: &[PersonNo]) -> Result<Vec<Self>> {
        let seen = |world: &World, rights: &Rights| {
            numbers.iter().filter_map(|number| Self::seen(world, rights, *number)).collect()
        };
        Ok(Acting::of(ctx)?.look(seen))
    }

    /// Returns whether the whole record is shown.
    fn record(&self) -> bool {
        matches!(self.sight, Sight::Own | Sight::Administered | Sight::Headed | Sight::Audited)
    }
}

/// A person.
#[Object]
impl Person {
    /// Opaque.
    pub async fn id(&self) -> ID {
        self.row.id.global()
    }

    /// First name and name in use; none once erased.
    async fn display_name(&self) -> Option<String> {
        self.row.identity.as_ref().map(display_name)
    }

    /// First name.
    async fn first_name(&self) -> Option<&str> {
        self.row.identity.as_ref().map(|identity| identity.first_name.as_str())
    }

    /// Family name.
    async fn last_name(&self) -> Option<&str> {
        self.row.identity.as_ref().map(|identity| identity.last_name.as_str())
    }

    /// Name in use, if another than the family name.
    async fn usual_name(&self) -> Option<&str> {
        self.row.identity.as_ref().and_then(|identity| identity.usual_name.as_deref())
    }

    /// Exactly one, for ever.
    async fn profile(&self) -> Profile {
        self.row.profile.into()
    }

    /// Structures they belong to, the main one first. Only themselves and administrators see what has not begun.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>> {
        let record = self.record();
        Ok(Acting::of(ctx)?.look(|world, _| {
            let shown = self.row.attachments.iter().filter(|attachment| {
                if record { !world.people.ended(attachment) } else { world.people.in_force(attachment) }
            });
            let mut shown: Vec<_> = shown.filter_map(|it| attachment(world, it)).collect();
            shown.sort_by_key(|attachment| !attachment.main);
            shown
        }))
    }

    /// The classes they are in today; those of their children for a relative.
    async fn classes(&self, ctx: &Context<'_>) -> Result<Vec<Class>> {
        Ok(Acting::of(ctx)?.look(|world, rights| {
            // A relative is in classes through children: whoever may not see these is told nothing by it.
            let family = matches!(self.row.profile, domain::group::Profile::Relative);
            if family && !self.record() && self.sight != Sight::Family {
                let reached = self.row.children.iter().filter(|child| rights.sees(world, **child).is_some());
                return reached.flat_map(|child| classes_of(world, *child)).collect();
            }
            classes_of(world, self.number)
        }))
    }

    /// Children of a relative. Null for who may not know.
    async fn children(&self, ctx: &Context<'_>) -> Result<Option<Vec<Self>>> {
        if self.sight == Sight::Reached {
            return Ok(None);
        }
        Self::all(ctx, &self.row.children).map(Some)
    }

    /// Relatives of a pupil. Null for who may not know.
    async fn relatives(&self, ctx: &Context<'_>) -> Result<Option<Vec<Self>>> {
        if self.sight == Sight::Reached {
            return Ok(None);
        }
        let numbers = Acting::of(ctx)?.look(|world, _| world.people.relatives(self.number).to_vec());
        Self::all(ctx, &numbers).map(Some)
    }

    /// What they sign in with. Themselves and administrators in scope only.
    async fn login(&self) -> Option<&str> {
        self.row.login.as_deref().filter(|_| self.record() && self.sight != Sight::Audited)
    }

    /// Themselves and administrators in scope only.
    async fn contact(&self) -> Option<Contact> {
        let shown = matches!(self.sight, Sight::Own | Sight::Administered);
        self.row.identity.as_ref().filter(|_| shown).map(contact)
    }

    /// Administrators in scope only.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Account>> {
        if !matches!(self.sight, Sight::Administered | Sight::Headed) {
            return Ok(None);
        }
        Ok(Some(Acting::of(ctx)?.look(|world, _| account(world, &self.row))))
    }

    /// Roles they hold. Themselves and administrators in scope only.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Option<Vec<Role>>> {
        if !matches!(self.sight, Sight::Own | Sight::Administered) {
            return Ok(None);
        }
        Ok(Some(Acting::of(ctx)?.look(|world, _| {
            let role = |(role, ends): &(domain::person::Role, Option<domain::Date>)| Role {
                role: role.role.into(),
                structures: role.structures.iter().filter_map(|id| Structure::by_id(world, *id)).collect(),
                below: role.below,
                ends: ends.map(Day),
            };
            self.row.roles.iter().map(role).collect()
        })))
    }

    /// Whether a platform administrator hid them: nobody reaches them. Administrators in scope only.
    async fn hidden(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        if !matches!(self.sight, Sight::Administered | Sight::Headed) {
            return Ok(None);
        }
        Ok(Some(Acting::of(ctx)?.look(|world, _| world.people.hidden().contains(self.number.0))))
    }

    /// Direct links that start or end at them, as far as the caller sees who is at the other end. Themselves and
    /// administrators in scope only.
    async fn direct_links(&self, ctx: &Context<'_>) -> Result<Option<Vec<DirectLink>>> {
        if !self.record() {
            return Ok(None);
        }
        Ok(Some(Acting::of(ctx)?.look(|world, rights| {
            let seen = |number| Self::seen(world, rights, number);
            let shown = world.graph.links(self.number).iter().filter_map(|link| {
                Some(DirectLink { from: seen(link.from)?, to: seen(link.to)?, both_ways: link.both_ways })
            });
            shown.collect()
        })))
    }

    /// Messages not opened yet. Themselves only.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<Option<u32>> {
        if self.sight != Sight::Own {
            return Ok(None);
        }
        Ok(Some(Acting::of(ctx)?.look(|world, _| world.mailboxes.unread(self.number))))
    }
}

/// What can be asked about people.
#[derive(Debug, Default)]
pub struct PeopleQuery;

/// Queries.
#[Object]
impl PeopleQuery {
    /// The caller.
    async fn me(&self, ctx: &Context<'_>) -> Result<Person> {
        let acting = Acting::of(ctx)?;
        Person::by_id(&acting, acting.caller.person).ok_or(Failure::NotFound)
    }

    /// A person; null if they are not there or not for the caller to see.
    async fn person(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Person>> {
        Ok(Person::by_id(&Acting::of(ctx)?, PersonId::read(&id, "id")?))
    }

    /// People the caller sees, best answers to `search` first, then by name.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a query")]
    async fn people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words of a name in any order, or their beginnings.")] search: Option<String>,
        structure: Option<ID>,
        profile: Option<Profile>,
        #[graphql(desc = "People who are in the class themselves.")] class: Option<ID>,
        group: Option<ID>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<(u8, String, PersonId), Person>> {
        let acting = Acting::of(ctx)?;
        let asked = Page::read(first, after.as_deref(), None, None)?;
        let filter = Filter {
            structure: structure.map(|id| Global::read(&id, "structure")).transpose()?,
            profile,
            class: class.map(|id| Global::read(&id, "class")).transpose()?,
            group: group.map(|id| Global::read(&id, "group")).transpose()?,
        };
        let total = asks_for_total(ctx);
        acting.look(|world, rights| {
            let mut seen = rights.all_seen(world);
            filter.sift(world, rights, &mut seen)?;
            page(world, rights, &seen, search.as_deref().unwrap_or_default(), &asked, total)
        })
    }
}

/// Returns first name and name in use.
pub fn display_name(identity: &domain::person::Identity) -> String {
    let last = identity.usual_name.as_ref().filter(|usual| !usual.trim().is_empty());
    format!("{} {}", identity.first_name, last.unwrap_or(&identity.last_name)).trim().to_owned()
}

fn attachment(world: &World, row: &projections::people::Attachment) -> Option<Attachment> {
    let structure = world.people.structure(row.structure)?;
    let class = |id: &ClassId| Class::of(structure, *id);
    let function = |(function, discipline): &(Label, Option<Label>)| Function {
        function: function.to_string(),
        discipline: discipline.as_ref().map(ToString::to_string),
    };
    Some(Attachment {
        structure: Structure::of(structure),
        main: row.main,
        starts: row.starts.map(Day),
        ends: row.ends.map(Day),
        classes: row.classes.iter().filter_map(class).collect(),
        functions: row.functions.iter().map(function).collect(),
    })
}

fn contact(identity: &domain::person::Identity) -> Contact {
    let address = identity.address.as_ref().map(|address| {
        let town = format!("{} {}", address.post_code, address.town);
        let lines = [address.street.trim(), town.trim(), address.country.trim()];
        lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    });
    Contact {
        email: identity.email.clone(),
        home_phone: identity.home_phone.clone(),
        work_phone: identity.work_phone.clone(),
        mobile_phone: identity.mobile_phone.clone(),
        address,
        birth_date: identity.birth_date.map(Day),
    }
}

fn account(world: &World, row: &Row) -> Account {
    let block = |block: &projections::people::Block| Block {
        cause: block.cause.into(),
        by: block.by.and_then(|by| Structure::by_id(world, by)),
        until: block.until.map(Instant),
    };
    Account {
        state: row.account().into(),
        blocks: row.blocks.iter().map(block).collect(),
        missing: row.missing,
        last_sign_in: row.last_sign_in.map(Day),
    }
}
