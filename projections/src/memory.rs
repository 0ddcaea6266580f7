//! How much memory a model takes, by part: what its lists and tables hold and have room for.
//!
//! Invariant: nothing is guessed from counts; every list, table and text is asked. What the allocator adds is not
//! in it, nor what a table of sorted keys loses at the edges of its nodes: about a tenth.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem::size_of;

use domain::label::Uai;
use domain::person::{Address, BlockCause, Identity, Role};
use domain::{
    ClassId, ClosureId, Date, GroupId, Label, MessageId, PersonId, RuleId, Sealed, StructureId, Timestamp,
};
use roaring::RoaringBitmap;
use smallvec::SmallVec;

use crate::dense::{GroupNo, MessageNo, PersonNo, StructureNo};

/// Bytes of a [`World`](crate::World), by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    /// Who there is, what they are in, all but names.
    pub people: usize,
    /// Names, contact data and logins, and the words by which people are found.
    pub names: usize,
    /// The rule graph.
    pub graph: usize,
    /// Mailboxes: messages, feeds, counters.
    pub mailboxes: usize,
    /// Of these, who was a member of what, when.
    pub memberships: usize,
    /// Domains of resources, and the roles granted on them.
    pub booking: usize,
}

impl Parts {
    /// Returns all of it together.
    pub fn sum(self) -> usize {
        self.people + self.names + self.graph + self.mailboxes + self.booking
    }
}

/// What a value holds outside of itself.
pub(crate) trait Heap {
    /// Returns how many bytes.
    fn heap(&self) -> usize;
}

macro_rules! flat {
    ($($name:ty)+) => {$(
        impl Heap for $name {
            fn heap(&self) -> usize {
                0
            }
        }
    )+};
}

flat! {
    u8 u32 u64 bool &str Date Timestamp Uai
    PersonId StructureId ClassId ClosureId GroupId MessageId RuleId
    PersonNo StructureNo GroupNo MessageNo
    BlockCause
}

pub(crate) use flat;

impl<T: Heap> Heap for Vec<T> {
    fn heap(&self) -> usize {
        self.capacity() * size_of::<T>() + self.iter().map(Heap::heap).sum::<usize>()
    }
}

impl<A: smallvec::Array<Item: Heap>> Heap for SmallVec<A> {
    fn heap(&self) -> usize {
        let apart = if self.spilled() { self.capacity() * size_of::<A::Item>() } else { 0 };
        apart + self.iter().map(Heap::heap).sum::<usize>()
    }
}

impl<T: Heap> Heap for Box<[T]> {
    fn heap(&self) -> usize {
        size_of_val(&**self) + self.iter().map(Heap::heap).sum::<usize>()
    }
}

impl<T: Heap> Heap for Option<T> {
    fn heap(&self) -> usize {
        self.as_ref().map_or(0, Heap::heap)
    }
}

impl<T: Heap> Heap for Box<T> {
    fn heap(&self) -> usize {
        size_of::<T>() + T::heap(self)
    }
}

impl<A: Heap, B: Heap> Heap for (A, B) {
    fn heap(&self) -> usize {
        self.0.heap() + self.1.heap()
    }
}

impl Heap for String {
    fn heap(&self) -> usize {
        self.capacity()
    }
}

impl Heap for Box<str> {
    fn heap(&self) -> usize {
        self.len()
    }
}

impl Heap for Label {
    fn heap(&self) -> usize {
        self.as_str().len()
    }
}

impl<T: Heap> Heap for Sealed<T> {
    fn heap(&self) -> usize {
        match self {
            Self::Open(value) => value.heap(),
            Self::Shut(text) => text.len(),
            Self::Erased => 0,
        }
    }
}

impl<K: Heap, V: Heap, S> Heap for HashMap<K, V, S> {
    fn heap(&self) -> usize {
        // A table has a power of two of places, an eighth of them free, and a byte beside each.
        let places = if self.capacity() == 0 { 0 } else { (self.capacity() * 8 / 7).next_power_of_two() };
        let held = self.iter().map(|(key, value)| key.heap() + value.heap()).sum::<usize>();
        places * (size_of::<(K, V)>() + 1) + held
    }
}

impl<K: Heap, V: Heap> Heap for BTreeMap<K, V> {
    fn heap(&self) -> usize {
        let held = self.iter().map(|(key, value)| key.heap() + value.heap()).sum::<usize>();
        self.len() * size_of::<(K, V)>() + held
    }
}

impl<T: Heap> Heap for BTreeSet<T> {
    fn heap(&self) -> usize {
        self.len() * size_of::<T>() + self.iter().map(Heap::heap).sum::<usize>()
    }
}

impl Heap for RoaringBitmap {
    fn heap(&self) -> usize {
        /// A list, its length and its key.
        const CONTAINER: usize = 40;
        let containers = self.statistics().n_containers as usize;
        self.serialized_size() + containers * CONTAINER
    }
}

impl Heap for Address {
    fn heap(&self) -> usize {
        let Self { street, post_code, town, country } = self;
        [street, post_code, town, country].into_iter().map(Heap::heap).sum()
    }
}

impl Heap for Identity {
    fn heap(&self) -> usize {
        let Self {
            honorific,
            first_name,
            last_name,
            usual_name,
            birth_date: _,
            email,
            home_phone,
            work_phone,
            mobile_phone,
            address,
            source_keys,
        } = self;
        let optional = [honorific, usual_name, email, home_phone, work_phone, mobile_phone];
        let texts = first_name.heap() + last_name.heap() + source_keys.heap() + address.heap();
        optional.into_iter().map(Heap::heap).sum::<usize>() + texts
    }
}

impl Heap for Role {
    fn heap(&self) -> usize {
        self.structures.heap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_tables_and_texts_are_counted_with_the_room_they_have() {
        let mut list: Vec<u32> = Vec::with_capacity(100);
        list.push(1);
        assert_eq!(list.heap(), 400);
        assert_eq!(vec![String::with_capacity(10), String::new()].heap(), 2 * size_of::<String>() + 10);
        let table: HashMap<u64, u64> = (0..1000).map(|number| (number, number)).collect();
        assert_eq!(table.heap(), 2048 * 17);
        assert_eq!(HashMap::<u64, u64>::new().heap(), 0);
        assert_eq!(Some(Box::new(7_u64)).heap(), 8);
    }

    #[test]
    fn a_bitmap_is_about_as_large_as_it_is_written() {
        let few: RoaringBitmap = [1, 2, 3].into_iter().collect();
        // Three numbers of two bytes, and what stands before them.
        assert!((46..=64).contains(&few.heap()), "{}", few.heap());
        let many: RoaringBitmap = (0..200_000).filter(|number| number % 3 == 0).collect();
        assert!((24_000..40_000).contains(&many.heap()), "{}", many.heap());
    }
}
