//! Which policies mention a text in which of their lists.

use std::collections::HashMap;

use super::symbol::Symbol;
use crate::bits::Bits;
use crate::compiled::compiled;
use crate::sort::sort;

/// For each text, the policies that hold it in each of `N` lists. Texts that the same policies mention share their
/// rows, so that a thousand ids in a few policies stay small.
#[derive(Debug, Clone)]
pub(super) struct Rows<const N: usize> {
    /// Place in `distinct` by symbol; 0, the row without policies, where a symbol is in none of the lists.
    by_symbol: Vec<u32>,
    distinct: Vec<[Bits; N]>,
    /// Policies with anything at all in each list.
    any: [Bits; N],
}

compiled!(Rows<const N: usize> { by_symbol, distinct, any });

impl<const N: usize> Rows<N> {
    /// Of no policies.
    pub(super) fn none() -> Self {
        Self { by_symbol: Vec::new(), distinct: vec![[Bits::EMPTY; N]], any: [Bits::EMPTY; N] }
    }

    /// The policies that hold the text, list by list.
    #[inline]
    pub(super) fn of(&self, symbol: Symbol) -> &[Bits; N] {
        let place = self.by_symbol.get(symbol.index()).copied().unwrap_or(0);
        self.distinct.get(place as usize).unwrap_or(const { &[Bits::EMPTY; N] })
    }

    /// Policies with anything at all in each list.
    pub(super) const fn any(&self) -> &[Bits; N] {
        &self.any
    }

    /// Whether no policy has anything in any list.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.by_symbol.is_empty()
    }

    /// Every different answer of [`Self::of`], the empty one first.
    pub(super) fn distinct(&self) -> &[[Bits; N]] {
        &self.distinct
    }
}

/// Adds rows to others, list by list.
pub(super) fn join<const N: usize>(all: &mut [Bits; N], more: &[Bits; N]) {
    all.iter_mut().zip(more).for_each(|(row, more)| *row |= *more);
}

/// Both, list by list.
#[inline]
pub(super) fn union<const N: usize>(mut one: [Bits; N], other: [Bits; N]) -> [Bits; N] {
    for (row, more) in one.iter_mut().zip(other) {
        *row |= more;
    }
    one
}

/// Collects rows while policies are read.
pub(super) struct RowsBuilder<const N: usize>(HashMap<Symbol, [Bits; N]>);

impl<const N: usize> RowsBuilder<N> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    /// Notes that a policy holds the texts in one of its lists.
    pub(super) fn add(&mut self, list: usize, symbols: &[Symbol], policy: usize) {
        for symbol in symbols {
            if let Some(row) = self.0.entry(*symbol).or_insert([Bits::EMPTY; N]).get_mut(list) {
                row.insert(policy);
            }
        }
    }

    pub(super) fn build(self) -> Rows<N> {
        let mut symbols: Vec<_> = self.0.into_iter().collect();
        sort(&mut symbols);
        let mut rows = Rows::none();
        let mut places: HashMap<[Bits; N], u32> = HashMap::new();
        for (symbol, row) in symbols {
            rows.any = union(rows.any, row);
            let place = *places.entry(row).or_insert_with(|| {
                rows.distinct.push(row);
                u32::try_from(rows.distinct.len() - 1).unwrap_or(0)
            });
            rows.by_symbol.resize(rows.by_symbol.len().max(symbol.index() + 1), 0);
            if let Some(slot) = rows.by_symbol.get_mut(symbol.index()) {
                *slot = place;
            }
        }
        rows
    }
}
