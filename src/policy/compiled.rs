//! Sets of policies in binary: compiled once, loaded by every edge.

use super::control::MAX_CONTROLS;
use super::table::CHOICES;
use super::{MAX_POLICIES, PolicySet};
use crate::compiled::compiled;

compiled!(PolicySet { policies, controls, methods, symbols, locations, table });

impl PolicySet {
    /// What is not looked up with care elsewhere: numbers that become bits, and rows that each fact must have.
    pub(crate) fn is_sound(&self) -> bool {
        let rows = self.table.choices.iter().zip(CHOICES);
        self.policies.len() <= MAX_POLICIES
            && self.controls.len() <= MAX_CONTROLS
            && self.methods.is_within_limits()
            && rows.into_iter().all(|(rows, (.., values))| rows.len() == values)
    }
}
