//! Counters of the host over the last hour.

use super::bins;
use crate::request::Request;

bins! {
    /// Failed sign-ins of the principal within the hour.
    UserFailures {
        /// None.
        None = "none",
        /// One: people mistype.
        One = "one",
        /// Two.
        Two = "two",
        /// Three or four.
        Several = "several",
        /// Five or more.
        Many = "many",
        /// The host does not count.
        Absent = "absent",
    }
}

impl UserFailures {
    pub(super) fn read(request: &Request<'_>) -> Self {
        match request.velocity.user_failures_1h {
            Some(0) => Self::None,
            Some(1) => Self::One,
            Some(2) => Self::Two,
            Some(3..=4) => Self::Several,
            Some(_) => Self::Many,
            None => Self::Absent,
        }
    }
}

bins! {
    /// Distinct principals from the address within the hour.
    AddressUsers {
        /// Up to three: a household.
        Few = "few",
        /// Up to thirty: an office, a carrier's shared address.
        Some = "some",
        /// More.
        Many = "many",
        /// The host does not count.
        Absent = "absent",
    }
}

impl AddressUsers {
    pub(super) fn read(request: &Request<'_>) -> Self {
        match request.velocity.ip_users_1h {
            Some(0..=3) => Self::Few,
            Some(4..=30) => Self::Some,
            Some(_) => Self::Many,
            None => Self::Absent,
        }
    }
}
