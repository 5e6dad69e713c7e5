//! What a model file states of everybody.

use edgeward::signal::Population;

use crate::network::{Networks, kinds};
use crate::rarity::{Rarities, tables};

/// What a model file states of everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Everybody {
    /// How rare values are among all principals.
    pub rarity: Rarities,
    /// Which networks are intermediaries.
    pub networks: Networks,
}

impl Everybody {
    /// The same as the engine reads it.
    ///
    /// # Errors
    /// What is wrong with it, by path.
    pub fn population(&self) -> Result<Population, String> {
        Ok(Population { rarity: tables(&self.rarity)?, networks: kinds(&self.networks)? })
    }
}
