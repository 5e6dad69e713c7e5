//! Texts that policies mention, as numbers: a request's texts are looked up once and then only numbers are compared.

use crate::compiled::{Bytes, Compiled, compiled};
use crate::words;

/// A text that some policy mentions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Symbol(u32);

compiled!(@wrapper Symbol);

impl Symbol {
    /// A text that no policy mentions: equal to none that one does.
    pub(super) const OTHER: Self = Self(u32::MAX);

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// All texts that policies mention, or names of methods. Both are compared without regard to ASCII case.
#[derive(Debug, Clone, Default)]
pub(super) struct Symbols {
    texts: Vec<String>,
    /// Open addressing: hash and symbol, or nothing. A power of two, at most half full.
    slots: Vec<Option<(u32, Symbol)>>,
}

impl Symbols {
    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.texts.len()
    }

    /// The number of a text, new if need be.
    pub(super) fn intern(&mut self, text: &str) -> Symbol {
        let known = self.of(text);
        if known != Symbol::OTHER {
            return known;
        }
        let symbol = Symbol(u32::try_from(self.texts.len()).unwrap_or(u32::MAX - 1));
        self.texts.push(text.to_owned());
        if self.texts.len() * 2 > self.slots.len() {
            self.place_all();
        } else {
            self.place(hash(text), symbol);
        }
        symbol
    }

    fn place_all(&mut self) {
        self.slots = vec![None; (self.texts.len() * 4).next_power_of_two()];
        for index in 0..self.texts.len() {
            let hash = self.texts.get(index).map_or(0, |text| hash(text));
            self.place(hash, Symbol(u32::try_from(index).unwrap_or(u32::MAX - 1)));
        }
    }

    fn place(&mut self, hash: u32, symbol: Symbol) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut index = hash as usize & mask;
        while let Some(slot) = self.slots.get_mut(index) {
            if slot.is_none() {
                *slot = Some((hash, symbol));
                return;
            }
            index = (index + 1) & mask;
        }
    }

    /// The number of a text, [`Symbol::OTHER`] if no policy mentions it. A hostile text can at worst walk one run
    /// of slots that the configuration filled.
    pub(super) fn of(&self, text: &str) -> Symbol {
        let mask = self.slots.len().wrapping_sub(1);
        let hash = hash(text);
        let mut index = hash as usize & mask;
        while let Some(Some((known, symbol))) = self.slots.get(index) {
            // Most ids come as they were written, which is seen at once.
            let is_it = |known: &String| words::same(known, text) || known.eq_ignore_ascii_case(text);
            if *known == hash && self.texts.get(symbol.index()).is_some_and(is_it) {
                return *symbol;
            }
            index = (index + 1) & mask;
        }
        Symbol::OTHER
    }
}

impl Compiled for Symbols {
    fn write(&self, into: &mut Vec<u8>) {
        self.texts.write(into);
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        let mut symbols = Self { texts: Vec::read(from)?, slots: Vec::new() };
        symbols.place_all();
        Some(symbols)
    }
}

/// Eight bytes at a time. Setting bit 5 of each byte folds the case of letters; what else it folds together only
/// costs a comparison.
#[inline]
fn hash(text: &str) -> u32 {
    const FOLD: u64 = 0x2020_2020_2020_2020;
    let mix =
        |hash: u64, word: u64| (hash.rotate_left(5) ^ (word | FOLD)).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (chunks, _) = text.as_bytes().as_chunks::<8>();
    let hash = chunks.iter().fold(text.len() as u64, |hash, chunk| mix(hash, u64::from_le_bytes(*chunk)));
    let hash = mix(hash, words::rest(text.as_bytes()));
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_tell_object_ids_apart() {
        let mut symbols = Symbols::default();
        let first = symbols.intern("0B2282F9-0000-0000-0000-000000000001");
        assert_eq!(symbols.intern("0b2282f9-0000-0000-0000-000000000001"), first);
        assert_eq!(symbols.of("0b2282F9-0000-0000-0000-000000000001"), first);
        assert_eq!(symbols.of("0b2282f9-0000-0000-0000-000000000002"), Symbol::OTHER);
        assert_ne!(symbols.intern("x"), first);
    }
}
