//! A few weeks of messages: who writes, day by day, to people they reach.
//!
//! Invariants: every message is decided by the domain with the witness that the rule graph gives its author; who has
//! no witness does not write. Openings are of people who got the message and have an active account.

use std::collections::HashMap;

use anyhow::{Result, anyhow, bail};
use api::Node;
use chrono::{Datelike, TimeZone, Weekday};
use domain::Date;
use domain::clock::Zone;
use domain::group::{GroupKind, Profile};
use domain::message::{Party, Replies};

use super::letters::{Fill, Occasion};
use super::openings::{self, Pass};
use super::plan::{Academy, Person};
use super::posting::{Letter, Outbox, Posted};
use super::schools::{ADVISER, HEAD, NURSE, SOCIAL};
use super::seed::Draws;
use crate::demo_clock::DemoClock;

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Messages, answers among them.
    pub sent: usize,
    /// Answers.
    pub answers: usize,
    /// Letters that nobody wrote: their author does not reach whom they are for.
    pub unreached: usize,
    /// First openings.
    pub openings: usize,
    /// Copies put into the trash.
    pub trashed: usize,
}

/// When enough is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enough {
    /// After so many days.
    Days(u32),
    /// After so many messages, answers among them.
    Sent(usize),
    /// When the log has so many events, or a few more.
    Events(u64),
}

/// Writes day by day until it is enough. With a clock the days pass one by one and week-ends are quiet; without one
/// all of it is written now.
pub async fn write(
    node: &Node,
    academy: &Academy,
    enough: Enough,
    clock: Option<&DemoClock>,
) -> Result<Written> {
    let people = Index::of(academy);
    let mut outbox = Outbox::new(node, academy);
    let mut written = Written::default();
    // What was posted yesterday is opened by some today.
    let mut yesterday: Vec<Posted> = vec![];
    let first = Zone::PARIS.day_at(node.now());
    for (day, date) in (0_u32..).zip(first.iter_days()) {
        if enough.left(node, day, written.sent) == 0 {
            break;
        }
        let mut draws = Draws::of(academy.seed, &format!("day {day}"));
        at(clock, date, 7);
        api::process::clock::begin_days(node)
            .await
            .map_err(|_| anyhow!("day {day} of the academy could not begin"))?;
        if clock.is_some() && matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            continue;
        }
        at(clock, date, 8);
        let mut letters = letters(academy, &people, day, &mut draws);
        letters.truncate(enough.left(node, day, written.sent));
        let (mut today, unreached) = outbox.send(&letters, &mut draws).await?;
        written.unreached += unreached;
        written.sent += today.len();
        if today.is_empty() && enough.is_a_quantity() {
            bail!("nobody wrote on day {day} of this academy: it is too small for so many messages");
        }

        at(clock, date, 18);
        let late = openings::open(node, &yesterday, Pass::NextDay, &mut draws).await?;
        let early = openings::open(node, &today, Pass::SameDay, &mut draws).await?;
        written.openings += early.openings + late.openings;
        written.trashed += early.trashed + late.trashed;

        at(clock, date, 20);
        let mut answered = late.answers.into_iter().chain(early.answers).collect::<Vec<_>>();
        answered.truncate(enough.left(node, day, written.sent));
        let answers = outbox.answer(&answered, &mut draws).await?;
        written.answers += answers.len();
        written.sent += answers.len();
        today.extend(answers);
        yesterday = today;
    }
    Ok(written)
}

impl Enough {
    /// Returns how many more messages may be written; 0 if it is enough.
    fn left(self, node: &Node, day: u32, sent: usize) -> usize {
        match self {
            Self::Days(days) => {
                if day < days {
                    usize::MAX
                } else {
                    0
                }
            }
            Self::Sent(most) => most.saturating_sub(sent),
            // Each message is an event at least.
            Self::Events(most) => {
                usize::try_from(most.saturating_sub(node.log().head().0)).unwrap_or(usize::MAX)
            }
        }
    }

    fn is_a_quantity(self) -> bool {
        match self {
            Self::Days(_) => false,
            Self::Sent(_) | Self::Events(_) => true,
        }
    }
}

/// Moves the clock to an hour of a day in Paris.
fn at(clock: Option<&DemoClock>, date: Date, hour: u32) {
    let local = date.and_hms_opt(hour, 0, 0);
    let instant = local.and_then(|local| Zone::PARIS.0.from_local_datetime(&local).earliest());
    if let (Some(clock), Some(instant)) = (clock, instant) {
        clock.advance_to(instant.with_timezone(&chrono::Utc));
    }
}

/// Who has to do with whom.
pub(super) struct Index {
    /// Who teaches a class: by school and class.
    teachers: HashMap<(usize, usize), Vec<usize>>,
    /// Its pupils.
    pupils: HashMap<(usize, usize), Vec<usize>>,
    /// Relatives by pupil.
    relatives: HashMap<usize, Vec<usize>>,
}

impl Index {
    pub(super) fn of(academy: &Academy) -> Self {
        let mut index = Self { teachers: HashMap::new(), pupils: HashMap::new(), relatives: HashMap::new() };
        for (number, person) in academy.people.iter().enumerate() {
            let list = match person.profile {
                Profile::Teacher => &mut index.teachers,
                Profile::Student => &mut index.pupils,
                Profile::Relative | Profile::Staff | Profile::Guest => {
                    for child in &person.children {
                        index.relatives.entry(*child as usize).or_default().push(number);
                    }
                    continue;
                }
            };
            for place in &person.places {
                for class in &place.classes {
                    list.entry((place.school, *class)).or_default().push(number);
                }
            }
        }
        index
    }
}

/// Returns what is written on a day.
pub(super) fn letters(academy: &Academy, people: &Index, day: u32, draws: &mut Draws) -> Vec<Letter> {
    let mut letters = vec![];
    for (number, person) in academy.people.iter().enumerate().filter(|(_, person)| person.active) {
        let writing = Writing { academy, people, number, person };
        let letter = match person.profile {
            _ if person.holds(HEAD) && day.is_multiple_of(3) => writing.head(day),
            Profile::Teacher if draws.chance(24) => writing.teacher(draws),
            Profile::Staff if draws.chance(18) => writing.staff(draws),
            Profile::Student if draws.chance(2) => writing.pupil(draws),
            Profile::Relative if draws.chance(2) => writing.relative(draws),
            Profile::Teacher | Profile::Staff | Profile::Student | Profile::Relative | Profile::Guest => None,
        };
        letters.extend(letter);
    }
    letters
}

struct Writing<'a> {
    academy: &'a Academy,
    people: &'a Index,
    number: usize,
    person: &'a Person,
}

impl Writing<'_> {
    fn letter(&self, occasion: Occasion, party: Party, blind: bool, fill: Fill) -> Letter {
        let replies = match occasion {
            Occasion::HeadToFamilies => Replies::None,
            Occasion::HeadToTeachers | Occasion::ClassFamilies => Replies::Sender,
            _ => Replies::All,
        };
        Letter { author: self.person.id, occasion, party, blind, replies, fill }
    }

    fn fill(&self, class: &str, pupil: &str) -> Fill {
        Fill { class: class.to_owned(), pupil: pupil.to_owned(), signature: self.person.display_name() }
    }

    fn group(&self, school: usize, kind: &GroupKind) -> Party {
        Party::Group(kind.id(self.academy.schools[school].id))
    }

    fn to(&self, number: usize) -> Party {
        Party::Person(self.academy.people[number].id)
    }

    fn head(&self, day: u32) -> Option<Letter> {
        let school = self.person.places.first()?.school;
        Some(if day.is_multiple_of(6) {
            let teachers = self.group(school, &GroupKind::Profile(Profile::Teacher));
            self.letter(Occasion::HeadToTeachers, teachers, false, self.fill("", ""))
        } else {
            let relatives = self.group(school, &GroupKind::Profile(Profile::Relative));
            self.letter(Occasion::HeadToFamilies, relatives, true, self.fill("", ""))
        })
    }

    fn teacher(&self, draws: &mut Draws) -> Option<Letter> {
        let place = draws.pick(&self.person.places)?;
        let class = *draws.pick(&place.classes)?;
        let of = &self.academy.schools[place.school].classes[class];
        let pupil = *draws.pick(self.people.pupils.get(&(place.school, class))?)?;
        let fill = self.fill(&of.name, self.academy.people[pupil].first);
        Some(match draws.weighted(&[30, 25, 30, 15]) {
            0 => {
                let relatives = self.group(place.school, &GroupKind::Class(of.id, Profile::Relative));
                self.letter(Occasion::ClassFamilies, relatives, true, fill)
            }
            1 => {
                let pupils = self.group(place.school, &GroupKind::Class(of.id, Profile::Student));
                self.letter(Occasion::ClassPupils, pupils, false, fill)
            }
            2 => {
                let relative = *draws.pick(self.people.relatives.get(&pupil)?)?;
                self.letter(Occasion::OneFamily, self.to(relative), false, fill)
            }
            _ => {
                let colleague = *draws.pick(self.people.teachers.get(&(place.school, class))?)?;
                (colleague != self.number)
                    .then(|| self.letter(Occasion::Colleague, self.to(colleague), false, fill))?
            }
        })
    }

    fn staff(&self, draws: &mut Draws) -> Option<Letter> {
        let place = draws.pick(&self.person.places)?;
        let class = draws.below(self.academy.schools[place.school].classes.len());
        let pupil = *draws.pick(self.people.pupils.get(&(place.school, class))?)?;
        let name = &self.academy.schools[place.school].classes[class].name;
        let fill = self.fill(name, self.academy.people[pupil].first);
        let with_families = place.posts.iter().any(|post| [ADVISER, NURSE, SOCIAL].contains(post));
        if with_families && draws.chance(50) {
            let relative = *draws.pick(self.people.relatives.get(&pupil)?)?;
            return Some(self.letter(Occasion::OneFamily, self.to(relative), false, fill));
        }
        let colleague = *draws.pick(self.people.teachers.get(&(place.school, class))?)?;
        Some(self.letter(Occasion::Colleague, self.to(colleague), false, fill))
    }

    fn pupil(&self, draws: &mut Draws) -> Option<Letter> {
        let place = self.person.places.first()?;
        let teacher = *draws.pick(self.people.teachers.get(&(place.school, *place.classes.first()?))?)?;
        let letter = self.letter(Occasion::PupilQuestion, self.to(teacher), false, self.fill("", ""));
        Some(letter)
    }

    fn relative(&self, draws: &mut Draws) -> Option<Letter> {
        let child = &self.academy.people[*draws.pick(&self.person.children)? as usize];
        let place = child.places.first()?;
        let teacher = *draws.pick(self.people.teachers.get(&(place.school, *place.classes.first()?))?)?;
        let fill = self.fill("", child.first);
        Some(self.letter(Occasion::FamilyQuestion, self.to(teacher), false, fill))
    }
}
