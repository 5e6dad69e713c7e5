//! Three-valued logic (Kleene's strong logic), with the facts that an unknown hangs on.

use crate::fact::FactSet;

/// True, false, or not known as long as some facts are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    False,
    /// The facts that could settle it.
    Unknown(FactSet),
    True,
}

impl Truth {
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, rest) | (rest, Self::True) => rest,
            (Self::Unknown(one), Self::Unknown(two)) => Self::Unknown(one.union(two)),
        }
    }

    /// The facts an unknown hangs on.
    #[cfg(test)]
    pub(super) const fn facts(self) -> FactSet {
        match self {
            Self::Unknown(facts) => facts,
            Self::False | Self::True => FactSet::EMPTY,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::True => Self::False,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}
