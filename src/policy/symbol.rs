//! Texts that policies mention, as numbers: a request's texts are looked up once and then only numbers are compared.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A text that some policy mentions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Symbol(u32);

impl Symbol {
    /// A text that no policy mentions: equal to none that one does.
    pub(crate) const OTHER: Self = Self(u32::MAX);
}

/// All texts that policies mention. Object ids are compared without regard to ASCII case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Symbols {
    /// By hash of the lower-cased text, so that a look-up allocates nothing; equal hashes are chained.
    buckets: HashMap<u64, Vec<Symbol>, BuildHasherDefault<Prehashed>>,
    texts: Vec<String>,
}

impl Symbols {
    /// The number of a text, new if need be.
    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.find(text) {
            return symbol;
        }
        let symbol = Symbol(u32::try_from(self.texts.len()).unwrap_or(u32::MAX - 1));
        self.texts.push(text.to_owned());
        self.buckets.entry(hash(text)).or_default().push(symbol);
        symbol
    }

    /// The number of a text, [`Symbol::OTHER`] if no policy mentions it.
    pub(crate) fn of(&self, text: &str) -> Symbol {
        self.find(text).unwrap_or(Symbol::OTHER)
    }

    fn find(&self, text: &str) -> Option<Symbol> {
        let candidates = self.buckets.get(&hash(text))?;
        candidates.iter().copied().find(|symbol| self.text(*symbol).eq_ignore_ascii_case(text))
    }

    /// The text of a number, as the first policy that mentions it writes it.
    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol.0 as usize).map_or("", String::as_str)
    }
}

/// FNV-1a over the lower-cased bytes. Only configuration fills the table, so a hostile request can at worst find
/// one chain that the configuration made.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The key is a hash already.
#[derive(Default)]
struct Prehashed(u64);

impl Hasher for Prehashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
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
