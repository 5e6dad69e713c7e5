//! What a model knows of everybody, beside which a request is read.

use super::kinds::{NetworkKinds, NetworkKindsFile};
use super::rarity::{Rarity, RarityFile};
use crate::compiled::compiled;
use crate::error::Error;

/// What a model knows of everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Population {
    /// How rare values are among all principals.
    pub rarity: Rarity,
    /// Which networks are intermediaries.
    pub networks: NetworkKinds,
}

compiled!(Population { rarity, networks });

impl Population {
    pub(crate) fn is_sound(&self) -> bool {
        self.rarity.is_sound() && self.networks.is_sound()
    }

    pub(crate) fn of(rarity: RarityFile, networks: NetworkKindsFile) -> Result<Self, Error> {
        Ok(Self { rarity: rarity.validate()?, networks: networks.validate()? })
    }

    /// Its numbers, for a model's check.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = i64> {
        self.rarity.numbers().chain(self.networks.numbers())
    }
}
