//! Policies as their authors wrote them, beside what was compiled from them.

use super::model::Definition;
use super::{Directory, Issue, PolicySet, parse};

/// A compiled set of policies with what each of them says: for those who explain policies, not for those who only decide
/// by them.
#[derive(Debug, Clone)]
pub struct Written {
    pub(super) set: PolicySet,
    /// In the order of the policies.
    pub(super) definitions: Vec<Definition>,
}

impl Written {
    /// Reads two JSON arrays as [`PolicySet::parse`] does; warns as well of what a directory does not have
    /// (`unknown_reference`), if there is one. Warnings come with the policies.
    ///
    /// # Errors
    /// Everything that is wrong, warnings included.
    pub fn parse(
        policies: &str,
        named_locations: &str,
        directory: Option<&Directory>,
    ) -> Result<(Self, Vec<Issue>), Vec<Issue>> {
        parse::parse(policies, named_locations, directory)
    }

    /// What decisions are made by.
    #[must_use]
    pub const fn set(&self) -> &PolicySet {
        &self.set
    }

    /// What decisions are made by, without the rest.
    #[must_use]
    pub fn into_set(self) -> PolicySet {
        self.set
    }
}
