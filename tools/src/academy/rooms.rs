//! What a school books: a domain with a room, a library and tablets, who may book them, and what teachers booked.
//!
//! Invariant: no two of these bookings want the same: what one is refused is a fault of the plan.

use anyhow::{Result, anyhow, bail};
use api::Node;
use chrono::{Days, NaiveTime, Weekday};
use domain::actor::{Actor, RoleName};
use domain::booking::recurrence::Rule;
use domain::booking::role::Role;
use domain::booking::slot::Wall;
use domain::clock::Zone;
use domain::group::{GroupKind, Profile};
use domain::resource::{Book, By, Command, Open, Resource};
use domain::resource_domain::{self, Create, Grant, ResourceDomain, Target};
use domain::{BookingId, Date, DomainId, GrantId, PersonId, ResourceId, StreamId};
use eventlog::execute::Kept;

use super::plan::{Academy, Person};
use super::schools::{ADVISER, HEAD};

/// What each school has: the name, how much of it, and whether teachers' bookings of it wait for an adviser.
const RESOURCES: [(&str, u32, bool); 3] =
    [("Salle multimédia", 1, false), ("Tablettes", 60, false), ("CDI", 1, true)];

/// What it is for.
const PURPOSES: [&str; 5] =
    ["TP informatique", "Exposés", "Recherche documentaire", "Évaluation", "Projet de classe"];

/// How many teachers of a school book something every week, and for how many weeks.
const EVERY_WEEK: usize = 20;
const WEEKS: u16 = 8;

/// How many bookings wait for an adviser of each school.
const WAITING: usize = 3;

/// What was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// Series, each of several weeks.
    pub series: usize,
    /// Bookings that wait for somebody.
    pub waiting: usize,
}

/// The rooms of an academy that has people and rules.
pub struct Rooms<'a> {
    node: &'a Node,
    academy: &'a Academy,
    made: Made,
}

impl<'a> Rooms<'a> {
    /// Opens the rooms of every school, and has teachers book them every week from the next Monday on.
    pub async fn open(node: &'a Node, academy: &'a Academy) -> Result<Self> {
        let mut rooms = Self { node, academy, made: Made::default() };
        let monday = monday_after(Zone::PARIS.day_at(node.now()));
        for school in 0..academy.schools.len() {
            rooms.school(school).await?;
            for (place, teacher) in
                rooms.teachers(school).take(EVERY_WEEK).collect::<Vec<_>>().into_iter().enumerate()
            {
                // Two teachers at each hour of the week: one has the room, the other tablets.
                let (resource, hour) = (place % 2, place / 2);
                let day = monday + Days::new(hour as u64 % 5);
                let rule =
                    Rule::parse(&format!("FREQ=WEEKLY;COUNT={WEEKS}")).map_err(|error| anyhow!("{error}"))?;
                let quantity = if resource == 1 { 28 } else { 1 };
                rooms
                    .book(
                        school,
                        resource,
                        (teacher, place),
                        (day, 8 + 2 * (hour / 5)),
                        (Some(rule), quantity),
                    )
                    .await?;
                rooms.made.series += 1;
            }
        }
        Ok(rooms)
    }

    /// Has teachers ask for what somebody must validate, in the week to come.
    pub async fn ask(mut self) -> Result<Made> {
        let monday = monday_after(Zone::PARIS.day_at(self.node.now()));
        for school in 0..self.academy.schools.len() {
            let asking: Vec<_> = self.teachers(school).take(WAITING).collect();
            for (place, teacher) in asking.into_iter().enumerate() {
                let number = (teacher, EVERY_WEEK + place);
                self.book(school, 2, number, (monday + Days::new(place as u64), 10), (None, 1)).await?;
                self.made.waiting += 1;
            }
        }
        Ok(self.made)
    }

    /// Teachers who sign in, of a school that is their main one.
    fn teachers(&self, school: usize) -> impl Iterator<Item = PersonId> + use<'a> {
        self.of(school)
            .filter(|person| person.profile == Profile::Teacher && person.active)
            .map(|person| person.id)
    }

    fn of(&self, school: usize) -> impl Iterator<Item = &'a Person> + use<'a> {
        let here = move |person: &&Person| person.places.first().is_some_and(|place| place.school == school);
        self.academy.people.iter().filter(here)
    }

    async fn school(&self, school: usize) -> Result<()> {
        let structure = self.academy.schools[school].id;
        let domain = DomainId::from_u128(self.academy.id("domain", school));
        let stream = StreamId::domain(domain);
        let head = self.of(school).find(|person| person.holds(HEAD)).map(|person| person.id);
        let by = head.map(|person| (person, self.grant(school, 0)));
        let create = Create { domain, structure, name: "Salles et matériel".to_owned(), by };
        let mut commands = vec![resource_domain::Command::Create(create)];
        for (place, (name, quantity, _)) in RESOURCES.into_iter().enumerate() {
            let (resource, name) = (self.resource(school, place), name.to_owned());
            commands.push(resource_domain::Command::AddResource { resource, name, quantity });
        }
        let teachers = Target::Group(GroupKind::Profile(Profile::Teacher).id(structure));
        let advisers =
            self.of(school).filter(|person| person.holds(ADVISER)).map(|person| Target::Person(person.id));
        let advisers: Vec<_> = advisers.collect();
        let library = Some(self.resource(school, 2));
        let roles = [(None, teachers, Role::PublishingWriter), (library, teachers, Role::Writer)];
        let validating = |on| advisers.iter().map(move |adviser| (on, *adviser, Role::Moderator));
        let all = roles.into_iter().chain(validating(None)).chain(validating(library));
        for (number, (on, to, role)) in (1..).zip(all) {
            let grant = self.grant(school, number);
            let today = Zone::PARIS.day_at(self.node.now());
            let (from, through, invitation, instead_of) = (None, None, None, None);
            let grant = Grant { grant, on, to, role, from, through, invitation, instead_of, today };
            commands.push(resource_domain::Command::Grant(grant));
        }
        for (step, command) in commands.into_iter().enumerate() {
            self.does::<ResourceDomain>(Actor::Operator, ("domain", school, step), &stream, command).await?;
        }
        for (place, (name, quantity, _)) in RESOURCES.into_iter().enumerate() {
            let resource = self.resource(school, place);
            let (zone, name, periods, closures) = (Zone::PARIS, name.to_owned(), vec![], vec![]);
            let open = Open { resource, domain, structure, zone, name, quantity, periods, closures };
            let stream = StreamId::resource(resource);
            self.does::<Resource>(Actor::Operator, ("resource", school, place), &stream, Command::Open(open))
                .await?;
        }
        Ok(())
    }

    async fn book(
        &self,
        school: usize,
        resource: usize,
        (person, number): (PersonId, usize),
        (day, hour): (Date, usize),
        (rule, quantity): (Option<Rule>, u32),
    ) -> Result<()> {
        let (_, _, waits) = RESOURCES[resource];
        let (role, grant) = if waits { (Role::Writer, 2) } else { (Role::PublishingWriter, 1) };
        let by = By { person, role, grant: Some(self.grant(school, grant)) };
        let at = |hour: usize| {
            let time = u32::try_from(hour).ok().and_then(|hour| NaiveTime::from_hms_opt(hour, 0, 0));
            time.map(|time| day.and_time(time)).ok_or_else(|| anyhow!("there is no {hour} o'clock"))
        };
        let wall = Wall { zone: Zone::PARIS, start: at(hour)?, end: at(hour + 1)? };
        let booking = BookingId::from_u128(self.academy.id(&format!("booking {school}"), number));
        let purpose = Some(PURPOSES[number % PURPOSES.len()].to_owned());
        let once = Book::once(booking, by, wall, self.node.now());
        let book = Book { quantity, rule, purpose, ..once };
        let stream = StreamId::resource(self.resource(school, resource));
        let actor = Actor::Person { person, role: RoleName::User };
        self.does::<Resource>(actor, ("booking", school, number), &stream, Command::Book(Box::new(book)))
            .await
    }

    async fn does<D: Kept>(
        &self,
        actor: Actor,
        (what, school, number): (&str, usize, usize),
        stream: &StreamId,
        command: D::Command,
    ) -> Result<()>
    where
        D::Refusal: std::fmt::Display,
    {
        let order = self.node.order_as(actor, self.academy.command(&format!("{what} {school}"), number));
        let carried = self.node.execute::<D>(&order, stream, command).await;
        let carried =
            carried.map_err(|_| anyhow!("{what} {number} of school {school} could not be written"))?;
        match carried.refusal {
            Some(refusal) => bail!("{what} {number} of school {school} is refused: {refusal}"),
            None => Ok(()),
        }
    }

    fn grant(&self, school: usize, number: usize) -> GrantId {
        GrantId::from_u128(self.academy.id(&format!("grant {school}"), number))
    }

    fn resource(&self, school: usize, place: usize) -> ResourceId {
        ResourceId::from_u128(self.academy.id(&format!("resource {school}"), place))
    }
}

/// Returns the first Monday after a day.
fn monday_after(day: Date) -> Date {
    day.week(Weekday::Mon).first_day() + Days::new(7)
}
