//! The hours of a structure: periods of its day, and times when it is closed.
//!
//! Invariant: whoever belongs to a structure, or administers or heads it, sees its hours; who administers it sets
//! them. What a closure is for is opened when it is shown.

use async_graphql::{
    ComplexObject, Context, Enum, ID, InputObject, InputValueError, InputValueResult, Object, Scalar,
    ScalarType, SimpleObject, Value,
};
use chrono::NaiveTime;
use domain::sealed::{Carries, Visit};
use domain::structure::{self, Command, MOST_PERIODS, MakeClosure, Scheduling, Structure as Decided};
use domain::{ClosureId, Retention, Sealed, StreamId, StructureId, Subject};
use projections::World;
use projections::people::{Closure as Row, Structure as StructureRow};

use super::access::StructurePayload;
use super::acting::{Acting, Asked, label, within};
use super::common::{Global, Instant, Ulid, WallTime};
use crate::failure::{Failure, Result};
use crate::rights::{Right, Rights};

/// The longest text of what a closure is for, in characters.
const WHAT: usize = 200;

/// What a clock on the wall shows on any day, hh:mm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay(pub NaiveTime);

impl TimeOfDay {
    /// How it is written.
    const FORM: &'static str = "%H:%M";
}

/// What a clock on the wall shows on any day: 08:00.
#[Scalar]
impl ScalarType for TimeOfDay {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = if let Value::String(text) = &value { Some(text.as_str()) } else { None };
        let time = text.and_then(|text| NaiveTime::parse_from_str(text, Self::FORM).ok());
        time.map(Self).ok_or_else(|| InputValueError::custom("a time of day, such as 08:00"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format(Self::FORM).to_string())
    }
}

/// A named part of the day in a structure.
#[derive(Debug, Clone, SimpleObject)]
pub struct Period {
    /// What it is called.
    name: String,
    /// When it begins, by the clock on the wall.
    from: TimeOfDay,
    /// When it is over.
    to: TimeOfDay,
}

/// What becomes of bookings in the way of a closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::structure::OnClosure")]
pub enum OnClosure {
    /// They wait, and stand again if the closure is lifted.
    Suspend,
    /// They are cancelled.
    Cancel,
    /// They stand; nothing else is booked there.
    BookAround,
    /// They stand: nothing is closed where something is booked, and it is said what is in the way.
    Report,
}

/// A time when a structure is closed.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct Closure {
    #[graphql(skip)]
    structure: StructureId,
    #[graphql(skip)]
    row: Row,
    /// Opaque.
    #[graphql(owned)]
    id: ID,
    /// What a clock there shows at its beginning.
    from: WallTime,
    /// What a clock there shows at its end.
    to: WallTime,
    /// The instant of its beginning.
    start: Instant,
    /// The first instant after it.
    end: Instant,
    /// What becomes of bookings in its way.
    in_the_way: OnClosure,
}

/// What is sealed of a closure.
#[ComplexObject]
impl Closure {
    /// What it is for, in its author's words; null once erased.
    async fn what(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let mut carried = What { of: self.structure, what: self.row.what.clone() };
        let opened = Acting::of(ctx)?.front.node.vault().open(self.row.event, &mut carried);
        opened.map_err(|error| Failure::Internal(Box::new(error)))?;
        Ok(carried.what.into_open())
    }
}

/// What a closure is for, alone, with the id its key is derived from.
struct What {
    of: StructureId,
    what: Sealed<String>,
}

impl Carries for What {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.of), Retention::Life, "what", 0, &mut self.what);
    }
}

/// Returns the periods of a structure.
pub fn periods(row: &StructureRow) -> Vec<Period> {
    row.timetable.periods.iter().map(Into::into).collect()
}

impl From<&structure::Period> for Period {
    fn from(period: &structure::Period) -> Self {
        let (from, to) = (TimeOfDay(period.from), TimeOfDay(period.to));
        Self { name: period.name.to_string(), from, to }
    }
}

/// Returns when a structure is closed, in the order of beginnings; also when it was.
pub fn closures(row: &StructureRow) -> Vec<Closure> {
    let shown = |(id, closure): (&ClosureId, &Row)| Closure {
        structure: row.id,
        id: id.global(),
        from: WallTime(closure.from),
        to: WallTime(closure.to),
        start: Instant(closure.slot.start),
        end: Instant(closure.slot.end),
        in_the_way: closure.way.into(),
        row: closure.clone(),
    };
    let mut closures: Vec<_> = row.timetable.closures.iter().map(shown).collect();
    closures.sort_by_key(|closure| closure.row.slot.start);
    closures
}

/// A period as it is to be.
#[derive(Debug, InputObject)]
pub struct PeriodInput {
    /// 1 to 200 characters, another for each.
    name: String,
    from: TimeOfDay,
    to: TimeOfDay,
}

/// The periods of the day of a structure.
#[derive(Debug, InputObject)]
pub struct SetPeriodsInput {
    structure: ID,
    /// All of them, in any order: at most 40 that do not overlap.
    periods: Vec<PeriodInput>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// When a structure is to be closed.
#[derive(Debug, InputObject)]
pub struct MakeClosureInput {
    structure: ID,
    /// What a clock there shows at its beginning.
    from: WallTime,
    /// What a clock there shows at its end.
    to: WallTime,
    /// What it is for, kept sealed in the log: 1 to 200 characters.
    what: String,
    /// What becomes of bookings in its way; `SUSPEND` if left out.
    in_the_way: Option<OnClosure>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// Which closure is no more.
#[derive(Debug, InputObject)]
pub struct LiftClosureInput {
    structure: ID,
    closure: ID,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// What can be done to the hours of a structure.
#[derive(Debug, Default)]
pub struct TimetableMutation;

/// Mutations.
#[Object]
impl TimetableMutation {
    /// Says which periods the day of a structure has. What is booked already stays as it is.
    async fn set_periods(&self, ctx: &Context<'_>, input: SetPeriodsInput) -> Result<StructurePayload> {
        if input.periods.len() > MOST_PERIODS {
            return Err(Failure::BadInput("periods", "at most 40 periods"));
        }
        let period = |period: &PeriodInput| {
            let name = label(&period.name, "periods")?;
            Ok(structure::Period { name, from: period.from.0, to: period.to.0 })
        };
        let periods = input.periods.iter().map(period).collect::<Result<_>>()?;
        let asked = Asked::new("setPeriods", &input, input.idempotency_key, input.reason.as_deref());
        schedule(&Acting::of(ctx)?, asked, &input.structure, |_| Scheduling::SetPeriods(periods)).await
    }

    /// Closes a structure for some time, for nothing can be booked in it then.
    async fn make_closure(&self, ctx: &Context<'_>, input: MakeClosureInput) -> Result<StructurePayload> {
        let (acting, what) = (Acting::of(ctx)?, what(&input.what)?);
        let asked = Asked::new("makeClosure", &input, input.idempotency_key, input.reason.as_deref());
        let (from, to, now) = (input.from.0, input.to.0, acting.front.node.now());
        let way = input.in_the_way.map(Into::into).unwrap_or_default();
        let make = |closure| Scheduling::MakeClosure(MakeClosure { closure, from, to, what, way, now });
        schedule(&acting, asked, &input.structure, make).await
    }

    /// Does not close a structure then after all; not once the time is over.
    async fn lift_closure(&self, ctx: &Context<'_>, input: LiftClosureInput) -> Result<StructurePayload> {
        let (acting, closure) = (Acting::of(ctx)?, ClosureId::read(&input.closure, "closure")?);
        let asked = Asked::new("liftClosure", &input, input.idempotency_key, input.reason.as_deref());
        let now = acting.front.node.now();
        schedule(&acting, asked, &input.structure, |_| Scheduling::LiftClosure { closure, now }).await
    }
}

/// Reads what a closure is for.
fn what(text: &str) -> Result<String> {
    let what = text.trim();
    let fits = (1..=WHAT).contains(&what.chars().count()) && !what.chars().any(char::is_control);
    fits.then(|| what.to_owned()).ok_or(Failure::BadInput("what", "1 to 200 characters on one line"))
}

/// Carries out a command on the hours of a structure; `make` is given the id of what may be new.
async fn schedule(
    acting: &Acting<'_>,
    asked: Asked<'_>,
    structure: &ID,
    make: impl FnOnce(ClosureId) -> Scheduling,
) -> Result<StructurePayload> {
    let structure = StructureId::read(structure, "structure")?;
    let check = |world: &World, rights: &Rights| Ok((within(world, rights, Right::People, structure)?.0, ()));
    let (order, ()) = acting.order(asked, check).await?;
    let command = Command::Schedule(make(ClosureId::derived(order.meta.command, 0)));
    let carried = acting.carry::<Decided>(&order, &StreamId::structure(structure), command).await?;
    Ok(StructurePayload::of(acting, structure, &carried))
}
