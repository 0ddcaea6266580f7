//! A list that only grows, in pieces: so that growing moves nothing and leaves little room unused.
//!
//! Invariant: every piece but the last is full.

use crate::memory::Heap;

/// How many rows a piece has.
const PIECE: usize = 4096;

/// Rows, numbered from 0.
#[derive(Debug)]
pub(crate) struct Rows<T>(Vec<Vec<T>>);

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self(vec![])
    }
}

impl<T> Rows<T> {
    /// Adds a row behind the others.
    pub(crate) fn push(&mut self, row: T) {
        match self.0.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(row),
            Some(_) => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(row);
                self.0.push(piece);
            }
            // The first piece grows like any list: a small school has few messages.
            None => self.0.push(vec![row]),
        }
    }

    /// Returns a row.
    pub(crate) fn get(&self, number: usize) -> Option<&T> {
        self.0.get(number / PIECE)?.get(number % PIECE)
    }

    /// Returns a row, to be changed.
    pub(crate) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        self.0.get_mut(number / PIECE)?.get_mut(number % PIECE)
    }

    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        let full = self.0.len().saturating_sub(1) * PIECE;
        full + self.0.last().map_or(0, Vec::len)
    }

    /// Returns all rows, in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }
}

impl<T: Heap> Heap for Rows<T> {
    fn heap(&self) -> usize {
        self.0.heap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_under_their_numbers_and_changed_there() {
        let mut rows = Rows::default();
        assert_eq!((rows.len(), rows.get(0)), (0, None));
        let many = 2 * PIECE + 3;
        (0..many).for_each(|number| rows.push(number));
        assert_eq!(rows.len(), many);
        for number in [0, 1, PIECE - 1, PIECE, 2 * PIECE - 1, 2 * PIECE, many - 1] {
            assert_eq!(rows.get(number), Some(&number));
        }
        assert_eq!(rows.get(many), None);
        *rows.get_mut(PIECE).unwrap() = 7;
        assert_eq!(rows.get(PIECE), Some(&7));
        assert!(rows.iter().copied().enumerate().all(|(place, row)| row == place || place == PIECE));
        assert_eq!(rows.iter().count(), many);
    }
}
