//! How the models are written down: numbers little-endian, lists behind their length, tables in the order of keys.
//!
//! Invariants: the same model gives the same bytes; reading never panics, whatever the bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, Hash};

use roaring::RoaringBitmap;
use smallvec::SmallVec;

use crate::dense::{GroupNo, MessageNo, Numbers, PersonNo, StructureNo};
use crate::rows::Rows;

/// What can be written down and read back.
pub(crate) trait Stored: Sized {
    /// Appends it to `to`.
    fn put(&self, to: &mut Vec<u8>);

    /// Takes it from the beginning of `from`; none if something else stands there.
    fn get(from: &mut &[u8]) -> Option<Self>;
}

/// Writes and reads a struct field by field, in the order in which they are named.
macro_rules! stored {
    ($($name:ident { $($field:ident),+ $(,)? })+) => {$(
        impl $crate::snapshot::bytes::Stored for $name {
            fn put(&self, to: &mut Vec<u8>) {
                let Self { $($field),+ } = self;
                $($crate::snapshot::bytes::Stored::put($field, to);)+
            }

            fn get(from: &mut &[u8]) -> Option<Self> {
                $(let $field = $crate::snapshot::bytes::Stored::get(from)?;)+
                Some(Self { $($field),+ })
            }
        }
    )+};
}

/// Writes an enum without fields as a byte.
macro_rules! coded {
    ($($name:ident { $($variant:ident = $code:literal),+ $(,)? })+) => {$(
        impl $crate::snapshot::bytes::Stored for $name {
            fn put(&self, to: &mut Vec<u8>) {
                to.push(match self { $(Self::$variant => $code),+ });
            }

            fn get(from: &mut &[u8]) -> Option<Self> {
                match <u8 as $crate::snapshot::bytes::Stored>::get(from)? {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    )+};
}

pub(crate) use {coded, stored};

/// Takes `count` bytes from the beginning.
pub(crate) fn take<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(taken)
}

/// Writes how many follow.
pub(crate) fn put_length(length: usize, to: &mut Vec<u8>) {
    u32::try_from(length).unwrap_or(u32::MAX).put(to);
}

/// Reads how many follow. No list has more elements than there are bytes left.
pub(crate) fn get_length(from: &mut &[u8]) -> Option<usize> {
    let length = usize::try_from(u32::get(from)?).ok()?;
    (length <= from.len()).then_some(length)
}

macro_rules! numbers {
    ($($name:ty)+) => {$(
        impl Stored for $name {
            fn put(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }

            fn get(from: &mut &[u8]) -> Option<Self> {
                take(from, size_of::<Self>())?.try_into().ok().map(Self::from_le_bytes)
            }
        }
    )+};
}

numbers! { u8 u32 u64 u128 i64 }

macro_rules! dense {
    ($($name:ident)+) => {$(
        impl Stored for $name {
            fn put(&self, to: &mut Vec<u8>) {
                self.0.put(to);
            }

            fn get(from: &mut &[u8]) -> Option<Self> {
                u32::get(from).map(Self)
            }
        }
    )+};
}

dense! { PersonNo GroupNo MessageNo StructureNo }

impl Stored for bool {
    fn put(&self, to: &mut Vec<u8>) {
        to.push(u8::from(*self));
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Stored for String {
    fn put(&self, to: &mut Vec<u8>) {
        put_length(self.len(), to);
        to.extend_from_slice(self.as_bytes());
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        text(from).map(str::to_owned)
    }
}

/// Reads a text without copying it.
pub(crate) fn text<'a>(from: &mut &'a [u8]) -> Option<&'a str> {
    let length = get_length(from)?;
    std::str::from_utf8(take(from, length)?).ok()
}

impl<T: Stored> Stored for Option<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.is_some().put(to);
        if let Some(value) = self {
            value.put(to);
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        if bool::get(from)? { T::get(from).map(Some) } else { Some(None) }
    }
}

impl<T: Stored> Stored for Box<T> {
    fn put(&self, to: &mut Vec<u8>) {
        T::put(self, to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        T::get(from).map(Box::new)
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn put(&self, to: &mut Vec<u8>) {
        put_all(self, to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let length = get_length(from)?;
        // An element of many bytes in memory may be one byte here: what is damaged must not cost memory.
        let mut list = Self::with_capacity(length.min(1 + from.len() / size_of::<T>().max(1)));
        for _ in 0..length {
            list.push(T::get(from)?);
        }
        Some(list)
    }
}

impl<A: smallvec::Array<Item: Stored>> Stored for SmallVec<A> {
    fn put(&self, to: &mut Vec<u8>) {
        put_all(self, to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Vec::get(from).map(Self::from_vec)
    }
}

impl<T: Stored> Stored for Box<[T]> {
    fn put(&self, to: &mut Vec<u8>) {
        put_all(self, to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Vec::get(from).map(Vec::into_boxed_slice)
    }
}

fn put_all<T: Stored>(list: &[T], to: &mut Vec<u8>) {
    put_length(list.len(), to);
    for element in list {
        element.put(to);
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn put(&self, to: &mut Vec<u8>) {
        self.0.put(to);
        self.1.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Some((A::get(from)?, B::get(from)?))
    }
}

impl<T: Stored + Ord> Stored for BTreeSet<T> {
    fn put(&self, to: &mut Vec<u8>) {
        put_length(self.len(), to);
        for element in self {
            element.put(to);
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        (0..get_length(from)?).map(|_| T::get(from)).collect()
    }
}

impl<K: Stored + Ord, V: Stored> Stored for BTreeMap<K, V> {
    fn put(&self, to: &mut Vec<u8>) {
        put_length(self.len(), to);
        for (key, value) in self {
            key.put(to);
            value.put(to);
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        (0..get_length(from)?).map(|_| Some((K::get(from)?, V::get(from)?))).collect()
    }
}

impl<K: Stored + Ord + Hash, V: Stored, S: BuildHasher + Default> Stored for HashMap<K, V, S> {
    fn put(&self, to: &mut Vec<u8>) {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        put_length(entries.len(), to);
        for (key, value) in entries {
            key.put(to);
            value.put(to);
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        (0..get_length(from)?).map(|_| Some((K::get(from)?, V::get(from)?))).collect()
    }
}

impl Stored for RoaringBitmap {
    fn put(&self, to: &mut Vec<u8>) {
        put_length(self.serialized_size(), to);
        // Writing to memory does not fail.
        let _ = self.serialize_into(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let length = get_length(from)?;
        Self::deserialize_from(take(from, length)?).ok()
    }
}

impl<Id: Stored + Copy + Eq + Hash> Stored for Numbers<Id> {
    fn put(&self, to: &mut Vec<u8>) {
        put_all(self.ids(), to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Self::from_ids(Vec::get(from)?)
    }
}

impl<T: Stored> Stored for Rows<T> {
    fn put(&self, to: &mut Vec<u8>) {
        put_length(self.len(), to);
        for row in self.iter() {
            row.put(to);
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let mut rows = Self::default();
        for _ in 0..get_length(from)? {
            rows.push(T::get(from)?);
        }
        Some(rows)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn there_and_back<T: Stored + PartialEq + std::fmt::Debug>(value: &T) {
        let mut bytes = vec![];
        value.put(&mut bytes);
        let mut rest = &bytes[..];
        assert_eq!(T::get(&mut rest).as_ref(), Some(value));
        assert_eq!(rest, [] as [u8; 0]);
        for cut in 0..bytes.len() {
            let _ = T::get(&mut &bytes[..cut]);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read(
            list in prop::collection::vec((any::<u32>(), any::<Option<u64>>()), 0..20),
            texts in prop::collection::btree_map(any::<u8>(), ".{0,9}", 0..9),
            numbers in prop::collection::btree_set(0_u32..200_000, 0..300),
            table in prop::collection::hash_map(any::<u32>(), any::<bool>(), 0..20),
        ) {
            there_and_back(&list);
            there_and_back(&texts);
            there_and_back(&RoaringBitmap::from_sorted_iter(numbers.iter().copied()).unwrap());
            there_and_back(&numbers);
            there_and_back(&table);
        }

        #[test]
        fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Vec::<(String, Option<Box<u128>>)>::get(&mut &bytes[..]);
            let _ = <BTreeMap<u32, RoaringBitmap> as Stored>::get(&mut &bytes[..]);
            let _ = <Numbers<u32> as Stored>::get(&mut &bytes[..]);
            let _ = <Rows<String> as Stored>::get(&mut &bytes[..]);
        }
    }
}
