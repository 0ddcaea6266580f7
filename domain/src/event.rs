//! How events are declared and encoded.
//!
//! Invariant: `kind` chooses the struct; nothing in `data` repeats it. A stored struct is never changed or
//! removed: add an optional field, or a new kind.

/// What is known of one kind of event before any was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The stored name: `person.registered`.
    pub kind: &'static str,
    /// The newest version of its `data`.
    pub schema: u16,
}

/// Declares the events of a feature: one enum, and the table `kind → struct → schema` behind it.
///
/// Each variant holds the struct of the same name; the struct implements `Serialize`, `Deserialize` and
/// [`Carries`](crate::sealed::Carries).
#[macro_export]
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal, schema $schema:literal;)+) => {
        /// What happened, one variant for each kind.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $name($name),)+
        }

        impl Event {
            /// Every kind of this feature, with its newest schema.
            pub const KINDS: &'static [$crate::event::Kind] =
                &[$($crate::event::Kind { kind: $kind, schema: $schema },)+];

            /// Returns the newest schema of `kind`, `None` if the kind is not of this feature.
            pub fn newest(kind: &str) -> Option<u16> {
                match kind {
                    $($kind => Some($schema),)+
                    _ => None,
                }
            }

            /// Returns the stored name of this kind.
            pub fn kind(&self) -> $crate::event::Kind {
                match self { $(Self::$name(_) => $crate::event::Kind { kind: $kind, schema: $schema },)+ }
            }

            /// Returns the JSON that is stored. Fails if a sealed field was left open.
            pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self { $(Self::$name(data) => serde_json::to_vec(data),)+ }
            }

            /// Returns the event of `kind` read from `data`, `None` if the kind is not of this feature.
            pub fn decode(kind: &str, data: &[u8]) -> Option<Result<Self, serde_json::Error>> {
                match kind {
                    $($kind => Some(serde_json::from_slice(data).map(Self::$name)),)+
                    _ => None,
                }
            }
        }

        impl $crate::sealed::Carries for Event {
            fn each(&mut self, visit: &mut dyn $crate::sealed::Visit) {
                match self { $(Self::$name(data) => $crate::sealed::Carries::each(data, visit),)+ }
            }
        }

        $(impl From<$name> for Event {
            fn from(data: $name) -> Self {
                Self::$name(data)
            }
        })+
    };
}

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident($event:ty),)+) => {
        /// Any event of any feature.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $name($event),)+
        }

        impl Event {
            /// Returns every kind there is, feature by feature.
            pub fn kinds() -> impl Iterator<Item = Kind> {
                [$(<$event>::KINDS,)+].into_iter().flatten().copied()
            }

            /// Returns the newest schema of `kind`, `None` if no feature has this kind.
            pub fn newest(kind: &str) -> Option<u16> {
                $(if let Some(newest) = <$event>::newest(kind) {
                    return Some(newest);
                })+
                None
            }

            /// Returns the stored name and schema of this event.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$name(event) => event.kind(),)+ }
            }

            /// Returns the JSON that is stored. Fails if a sealed field was left open.
            pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self { $(Self::$name(event) => event.encode(),)+ }
            }

            /// Returns the event of `kind` read from `data`, `None` if no feature has this kind.
            pub fn decode(kind: &str, data: &[u8]) -> Option<Result<Self, serde_json::Error>> {
                $(if let Some(event) = <$event>::decode(kind, data) {
                    return Some(event.map(Self::$name));
                })+
                None
            }
        }

        impl crate::sealed::Carries for Event {
            fn each(&mut self, visit: &mut dyn crate::sealed::Visit) {
                match self { $(Self::$name(event) => crate::sealed::Carries::each(event, visit),)+ }
            }
        }

        $(impl From<$event> for Event {
            fn from(event: $event) -> Self {
                Self::$name(event)
            }
        }

        impl FeatureEvent for $event {
            fn decode(kind: &str, data: &[u8]) -> Option<Result<Self, serde_json::Error>> {
                <$event>::decode(kind, data)
            }

            fn of(event: Event) -> Option<Self> {
                if let Event::$name(event) = event { Some(event) } else { None }
            }
        })+
    };
}

features! {
    /// What readers do; first, because it is most of a log.
    Reading(crate::reading::Event),
    /// Messages.
    Message(crate::message::Event),
    /// People and accounts.
    Person(crate::person::Event),
    /// Who holds a login.
    Login(crate::person::login::Event),
    /// Structures, groups and rules.
    Structure(crate::structure::Event),
    /// Who is in groups filled by hand.
    Roster(crate::roster::Event),
    /// Saved recipients.
    Favourite(crate::favourite::Event),
    /// Secret links to calendars.
    Feed(crate::feed::Event),
    /// Imports.
    Import(crate::import::Event),
    /// Erasures.
    Erasure(crate::erasure::Event),
    /// Contents that auditors read.
    Contents(crate::contents::Event),
    /// Requests for changes of rules.
    RuleRequest(crate::rule_request::Event),
    /// Domains of resources, and roles granted on them.
    ResourceDomain(crate::resource_domain::Event),
    /// Resources and their bookings.
    Resource(crate::resource::Event),
    /// Bookings of several resources at once.
    BookingRequest(crate::booking_request::Event),
    /// Days.
    Clock(crate::clock::Event),
    /// Refused accesses.
    Access(crate::access::Event),
    /// Months that ended.
    Retention(crate::retention::Event),
}

/// The events of one feature: what an executor needs of them.
pub trait FeatureEvent: crate::sealed::Carries + Clone + Into<Event> + Send + Sync + 'static {
    /// Returns the event of `kind` read from `data`, `None` if the feature has no such kind.
    fn decode(kind: &str, data: &[u8]) -> Option<Result<Self, serde_json::Error>>;

    /// Returns the event if it is of this feature.
    fn of(event: Event) -> Option<Self>;
}
