//! The academy as it is before anything is appended: who is where, in memory, small.
//!
//! Invariant: an academy is a function of the number of people and of the seed. No clock, no machine.

use chrono::Days;
use domain::group::Profile;
use domain::id::derive;
use domain::label::{NotAUai, Uai};
use domain::person::{Address, Identity};
use domain::{ClassId, CommandId, Date, MessageId, PersonId, StructureId};

use super::names::{Family, Words};
use super::schools::{self, Kind, Post};
use super::seed::Draws;
use super::{adults, families};

/// The year in which school began for everybody in it.
pub const SCHOOL_YEAR: i32 = 2026;

/// An invented academy.
#[derive(Debug)]
pub struct Academy {
    /// What it was made from.
    pub seed: u64,
    /// Its schools.
    pub schools: Vec<School>,
    /// Its people: of each basin the adults who work there, the pupils, the relatives.
    pub people: Vec<Person>,
}

/// A school.
#[derive(Debug)]
pub struct School {
    /// Its id.
    pub id: StructureId,
    /// What it is.
    pub kind: Kind,
    /// Its code.
    pub uai: Option<Uai>,
    /// Its name, with its town.
    pub name: String,
    /// The matrix it begins with.
    pub matrix: &'static str,
    /// Its classes.
    pub classes: Vec<Class>,
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// Its id.
    pub id: ClassId,
    /// Its name.
    pub name: String,
    /// The codes of its levels, with the age of their pupils; two where there are few pupils.
    pub levels: Vec<schools::Level>,
    /// How many pupils it has.
    pub pupils: usize,
}

/// A person.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Their profile.
    pub profile: Profile,
    /// Whether it is a woman or a girl.
    pub woman: bool,
    /// First name.
    pub first: &'static str,
    /// Family name.
    pub family: Family,
    /// Name in use, if another.
    pub usual: Option<Family>,
    /// Birth date of a pupil.
    pub born: Option<Date>,
    /// Which household they live in: those of one have one address.
    pub household: u32,
    /// Where they belong, the main school first.
    pub places: Vec<Place>,
    /// Children of a relative: places in [`Academy::people`].
    pub children: Vec<u32>,
    /// Whether they use their account.
    pub active: bool,
}

/// What somebody is in a school.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The school: its place in [`Academy::schools`].
    pub school: usize,
    /// Classes: places in [`School::classes`].
    pub classes: Vec<usize>,
    /// Classes they are head teacher of.
    pub head_teacher: Vec<usize>,
    /// Functions.
    pub posts: Vec<Post>,
    /// Code of a pupil's level.
    pub level: Option<&'static str>,
}

impl Place {
    /// Returns a place in a school, with nothing in it.
    pub fn at(school: usize) -> Self {
        Self { school, classes: vec![], head_teacher: vec![], posts: vec![], level: None }
    }
}

impl Academy {
    /// Makes up an academy of `people`, in schools of 200 to 2,000 if there are enough.
    pub fn invent(people: u32, seed: u64) -> Self {
        let mut academy = Self { seed, schools: vec![], people: vec![] };
        for (number, basin) in schools::basins(people as usize).into_iter().enumerate() {
            let mut draws = Draws::of(seed, &format!("basin {number}"));
            let here = academy.schools.len()..academy.schools.len() + basin.schools.len();
            for (kind, size) in basin.schools {
                academy.open(kind, size, &mut draws);
            }
            let before = academy.people.len();
            adults::employ(&mut academy, here.clone(), number);
            let working = academy.people.len() - before;
            families::settle(&mut academy, here, basin.people.saturating_sub(working), number);
        }
        academy
    }

    fn open(&mut self, kind: Kind, size: usize, draws: &mut Draws) {
        let (words, number) = (Words::get(), self.schools.len());
        let name = words.schools.get(number % words.schools.len()).copied().unwrap_or_default();
        let town = draws.pick(&words.towns).copied().unwrap_or_default();
        // About half of the people around a school are pupils; their relatives and who works there are the rest.
        let pupils = (size * 50 / 100).max(1);
        let classes = self.classes(kind, number, pupils);
        self.schools.push(School {
            id: StructureId::from_u128(self.id("structure", number)),
            kind,
            uai: uai(number),
            name: format!("{} {name}, {town}", kind.title()),
            // One in three was set up with the older matrix.
            matrix: if number % 3 == 1 { "classic" } else { domain::structure::Matrix::DEFAULT },
            classes,
        });
    }

    /// Returns the classes of a school: some for each level, or levels together where there are few pupils.
    fn classes(&self, kind: Kind, school: usize, pupils: usize) -> Vec<Class> {
        let levels = kind.levels();
        let count = pupils.div_ceil(kind.class_size()).max(1);
        (0..count)
            .map(|index| {
                // Classes and levels are laid side by side: whatever overlaps belongs together.
                let within = if count >= levels.len() {
                    let level = index * levels.len() / count;
                    level..level + 1
                } else {
                    index * levels.len() / count..(index + 1) * levels.len() / count
                };
                let own = levels.get(within).unwrap_or_default().to_vec();
                let before = (0..index)
                    .rev()
                    .take_while(|other| other * levels.len() / count == index * levels.len() / count);
                let number = before.count();
                Class {
                    id: ClassId::from_u128(self.id("class", school << 16 | index)),
                    name: class_name(&own, number),
                    levels: own,
                    pupils: pupils * (index + 1) / count - pupils * index / count,
                }
            })
            .collect()
    }

    /// Returns an id of the academy.
    pub fn id(&self, what: &str, number: usize) -> u128 {
        let number = (number as u64).to_be_bytes();
        derive(&[b"preau.academy.v1", what.as_bytes(), &self.seed.to_be_bytes(), &number])
    }

    /// Returns the id of the command by which something of the academy is done.
    pub fn command(&self, what: &str, number: usize) -> CommandId {
        CommandId::from_u128(self.id(&format!("command {what}"), number))
    }

    /// Returns the id of a message.
    pub fn message(&self, number: usize) -> MessageId {
        MessageId::from_u128(self.id("message", number))
    }

    /// Returns the names and contact data of a person.
    pub fn identity(&self, person: &Person) -> Identity {
        let mut draws = Draws::of(self.seed, &format!("contact {}", person.id));
        let words = Words::get();
        let adult = person.profile != Profile::Student;
        let last = person.family.text();
        // One in twenty gave no address; `example.org` belongs to nobody.
        let reachable = adult && !draws.chance(5);
        let login = domain::person::login::generate(person.first, &last);
        let number = draws.below(10_000);
        let mut home = Draws::of(self.seed, &format!("household {}", person.household));
        let address = Address {
            street: format!(
                "{} {}",
                home.below(120) + 1,
                home.pick(&words.streets).copied().unwrap_or_default()
            ),
            post_code: format!("99{:03}", home.below(90) * 10),
            town: home.pick(&words.towns).map(|town| (*town).to_uppercase()).unwrap_or_default(),
            country: "FRANCE".to_owned(),
        };
        Identity {
            honorific: adult.then(|| if person.woman { "Mme" } else { "M." }.to_owned()),
            first_name: person.first.to_owned(),
            last_name: last,
            usual_name: person.usual.map(Family::text),
            birth_date: person.born,
            email: reachable.then(|| format!("{login}@example.org")),
            // The numbers that the regulator keeps free for films.
            mobile_phone: adult.then(|| format!("06 39 98 {:02} {:02}", number / 100, number % 100)),
            address: (person.profile == Profile::Relative).then_some(address),
            ..Identity::default()
        }
    }
}

impl Person {
    /// Returns the first name and the name in use.
    pub fn display_name(&self) -> String {
        format!("{} {}", self.first, self.usual.unwrap_or(self.family).text())
    }

    /// Returns whether they hold a post somewhere.
    pub fn holds(&self, post: Post) -> bool {
        self.places.iter().any(|place| place.posts.contains(&post))
    }
}

fn class_name(levels: &[schools::Level], number: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(number % 26).unwrap_or_default());
    match levels {
        [level] if level.class.ends_with(' ') && level.age > 14 => format!("{}{}", level.class, number + 1),
        [level] => format!("{}{letter}", level.class),
        several => several.iter().map(|level| level.code).collect::<Vec<_>>().join("-"),
    }
}

/// Returns the code of the `number`-th school, in a department that does not exist.
fn uai(number: usize) -> Option<Uai> {
    let digits = format!("{:07}", 990_001 + number);
    match Uai::parse(&format!("{digits}A")) {
        Err(NotAUai::Letter(letter)) => Uai::parse(&format!("{digits}{letter}")).ok(),
        parsed => parsed.ok(),
    }
}

/// Returns the day a pupil of this age was born: `season` days into the year.
pub fn birthday(age: i32, season: u64) -> Option<Date> {
    Date::from_yo_opt(SCHOOL_YEAR - age, 1)?.checked_add_days(Days::new(season.min(364)))
}
