//! Grant controls: what a policy demands before access is granted.

use std::fmt;

use crate::compiled::{Bytes, Compiled, compiled};
use crate::write::written;

/// Most different controls one set of policies may demand: requirements are sets of controls, a bit each.
pub(crate) const MAX_CONTROLS: usize = 96;

/// One demand. The order is the one in which Microsoft documents unmet demands to be prompted (Entra
/// `concept-conditional-access-policies.md`, phase 2). Where Microsoft gives no place, it is ours: a fresh sign-in
/// comes before everything that builds on it, an authentication strength stands beside multifactor authentication,
/// risk remediation beside the password change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// A sign-in no older than so many seconds. Ours as a control: Entra enforces the session control
    /// `signInFrequency` when it issues tokens, the edge when it sees the session's age.
    SignInFrequency(u32),
    /// Multifactor authentication.
    Mfa,
    /// An authentication strength, by id.
    AuthenticationStrength(String),
    /// A compliant device.
    CompliantDevice,
    /// A hybrid joined device.
    DomainJoinedDevice,
    /// An approved client application.
    ApprovedApplication,
    /// An application under an app protection policy.
    CompliantApplication,
    /// A password change.
    PasswordChange,
    /// Remediation of the risk.
    RiskRemediation,
    /// Terms of use, by id.
    TermsOfUse(String),
    /// A custom control, by id.
    CustomAuthenticationFactor(String),
}

impl Control {
    /// The JSON name: Graph's for built-in controls; `kind:id` for those that have an id.
    #[must_use]
    pub fn name(&self) -> String {
        self.to_string()
    }

    /// Whether a person can meet it there and then. Of the others a client only reports whether they are met.
    #[must_use]
    pub const fn is_interactive(&self) -> bool {
        !matches!(
            self,
            Self::CompliantDevice
                | Self::DomainJoinedDevice
                | Self::ApprovedApplication
                | Self::CompliantApplication
        )
    }
}

impl fmt::Display for Control {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignInFrequency(_) => formatter.write_str("signInFrequency"),
            Self::Mfa => formatter.write_str("mfa"),
            Self::AuthenticationStrength(id) => write!(formatter, "authenticationStrength:{id}"),
            Self::CompliantDevice => formatter.write_str("compliantDevice"),
            Self::DomainJoinedDevice => formatter.write_str("domainJoinedDevice"),
            Self::ApprovedApplication => formatter.write_str("approvedApplication"),
            Self::CompliantApplication => formatter.write_str("compliantApplication"),
            Self::PasswordChange => formatter.write_str("passwordChange"),
            Self::RiskRemediation => formatter.write_str("riskRemediation"),
            Self::TermsOfUse(id) => write!(formatter, "termsOfUse:{id}"),
            Self::CustomAuthenticationFactor(id) => write!(formatter, "customAuthenticationFactor:{id}"),
        }
    }
}

written!(@shown Control);

impl Compiled for Control {
    fn write(&self, into: &mut Vec<u8>) {
        let (number, id): (u8, Option<&String>) = match self {
            Self::SignInFrequency(seconds) => {
                0_u8.write(into);
                return seconds.write(into);
            }
            Self::Mfa => (1, None),
            Self::AuthenticationStrength(id) => (2, Some(id)),
            Self::CompliantDevice => (3, None),
            Self::DomainJoinedDevice => (4, None),
            Self::ApprovedApplication => (5, None),
            Self::CompliantApplication => (6, None),
            Self::PasswordChange => (7, None),
            Self::RiskRemediation => (8, None),
            Self::TermsOfUse(id) => (9, Some(id)),
            Self::CustomAuthenticationFactor(id) => (10, Some(id)),
        };
        number.write(into);
        if let Some(id) = id {
            id.write(into);
        }
    }

    fn read(from: &mut Bytes<'_>) -> Option<Self> {
        Some(match u8::read(from)? {
            0 => Self::SignInFrequency(u32::read(from)?),
            1 => Self::Mfa,
            2 => Self::AuthenticationStrength(String::read(from)?),
            3 => Self::CompliantDevice,
            4 => Self::DomainJoinedDevice,
            5 => Self::ApprovedApplication,
            6 => Self::CompliantApplication,
            7 => Self::PasswordChange,
            8 => Self::RiskRemediation,
            9 => Self::TermsOfUse(String::read(from)?),
            10 => Self::CustomAuthenticationFactor(String::read(from)?),
            _ => return None,
        })
    }
}

/// A set of controls: bits are indices into the control table of the policy set, which is in prompt order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ControlSet(pub(super) u128);

compiled!(@wrapper ControlSet);

impl ControlSet {
    pub(super) const EMPTY: Self = Self(0);

    pub(super) const fn only(index: usize) -> Self {
        Self(1 << index)
    }

    pub(super) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The member that is prompted first.
    pub(super) const fn first(self) -> Self {
        Self(self.0 & self.0.wrapping_neg())
    }

    pub(super) fn indices(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let index = rest.trailing_zeros() as usize;
            rest &= rest.checked_sub(1)?;
            Some(index)
        })
    }
}

/// What one policy demands: all clauses, and of each clause any one control.
#[derive(Debug, Clone, Default)]
pub(super) struct Grant {
    pub(super) block: bool,
    pub(super) clauses: Vec<ControlSet>,
}
