//! A policy: what deciding needs to know of it, and what its author wrote: enumerations as bit masks, ids as symbols.

use super::attribute_filter::AttributeFilter;
use super::control::Grant;
use super::device_filter::Rule;
use super::path::PathPattern;
use super::session_controls::SessionControls;
use super::symbol::Symbol;
use crate::compiled::compiled;
use crate::detection::DetectionKind;
use crate::location::LocationSet;
use crate::vocabulary::vocabulary;

/// One Conditional Access policy, as far as decisions name it. When it applies and what it demands is in the table of
/// all policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(super) id: String,
    pub(super) display_name: Option<String>,
    pub(super) state: PolicyState,
    pub(super) blocks: bool,
}

compiled!(Policy { id, display_name, state, blocks });

/// When a policy applies and what it then demands. Only compiling and explaining read it.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) conditions: Conditions,
    pub(super) grant: Grant,
    pub(super) session: SessionControls,
}

impl Policy {
    /// Object id; `policies[n]` where the policy states none.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Display name.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        self.display_name.as_deref()
    }

    /// What people know it by: its display name, else its id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.display_name().unwrap_or(&self.id)
    }

    /// Whether it is enforced.
    #[must_use]
    pub const fn state(&self) -> PolicyState {
        self.state
    }

    /// Whether it blocks where it applies.
    #[must_use]
    pub const fn blocks(&self) -> bool {
        self.blocks
    }
}

vocabulary! {
    /// Graph `conditionalAccessPolicyState`.
    pub enum PolicyState {
        /// Enforced.
        Enabled = "enabled",
        /// Ignored.
        Disabled = "disabled",
        /// Evaluated and reported, never enforced.
        ReportOnly = "enabledForReportingButNotEnforced",
    }
}

compiled!(@one_of PolicyState);

/// Some values of an enumeration, a bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mask(pub(super) u32);

compiled!(@wrapper Mask);

impl Mask {
    pub(super) const ALL: Self = Self(u32::MAX);

    pub(super) const fn insert(&mut self, bit: u32) {
        self.0 |= 1 << bit;
    }

    pub(super) const fn has(self, bit: u32) -> bool {
        self.0 & (1 << bit) != 0
    }
}

/// Include and exclude lists of one enumeration. Exclude beats include.
#[derive(Debug, Clone, Copy)]
pub(super) struct MaskPair {
    pub(super) include: Mask,
    pub(super) exclude: Mask,
}

impl MaskPair {
    pub(super) const fn matches(self, bit: u32) -> bool {
        self.include.has(bit) && !self.exclude.has(bit)
    }
}

/// What must all be true for a policy to apply. `None` is not configured: any value matches.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    pub(super) users: Option<Users>,
    pub(super) workloads: Option<Workloads>,
    pub(super) agents: Option<SymbolPair>,
    pub(super) agent_users: Option<SymbolPair>,
    pub(super) applications: Applications,
    pub(super) client_app_types: Option<Mask>,
    pub(super) platforms: Option<MaskPair>,
    pub(super) locations: Option<Locations>,
    pub(super) device: Option<DeviceFilter>,
    pub(super) sign_in_risk: Option<Mask>,
    pub(super) user_risk: Option<Mask>,
    pub(super) service_principal_risk: Option<Mask>,
    pub(super) agent_risk: Option<Mask>,
    pub(super) insider_risk: Option<Mask>,
    pub(super) transfer_methods: Option<Mask>,
    pub(super) edge: Edge,
    /// Holds a condition of Graph that no fact of a request can decide.
    pub(super) undecidable: bool,
}

/// `conditions.devices.deviceFilter`: the policy is for devices that match the rule, or for those that do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeviceFilter {
    pub(super) exclude: bool,
    pub(super) rule: Rule,
}

/// `conditions.users`.
#[derive(Debug, Clone, Default)]
pub(super) struct Users {
    pub(super) include: UserList,
    pub(super) exclude: UserList,
}

/// One side of `conditions.users`: a user is on it who is on any of its lists.
#[derive(Debug, Clone, Default)]
pub(super) struct UserList {
    pub(super) all: bool,
    /// `AllAgentIdUsers`.
    pub(super) agent_users: bool,
    pub(super) users: Vec<Symbol>,
    pub(super) groups: Vec<Symbol>,
    pub(super) roles: Vec<Symbol>,
    pub(super) guests: Vec<Guests>,
}

/// `conditionalAccessGuestsOrExternalUsers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guests {
    /// Kinds of guest.
    pub(super) types: Mask,
    /// Home tenants; `None` is any.
    pub(super) tenants: Option<Vec<Symbol>>,
}

compiled!(Guests { types, tenants });

/// `conditions.clientApplications`, service principals.
pub(super) type Workloads = SymbolPair;

/// Include and exclude lists of ids. Exclude beats include.
#[derive(Debug, Clone, Default)]
pub(super) struct SymbolPair {
    pub(super) include: SymbolList,
    pub(super) exclude: SymbolList,
}

/// Ids, or all of them.
#[derive(Debug, Clone, Default)]
pub(super) struct SymbolList {
    pub(super) all: bool,
    pub(super) ids: Vec<Symbol>,
    /// Whoever has such attributes.
    pub(super) filter: Option<AttributeFilter>,
}

/// `conditions.applications`: what is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Applications {
    pub(super) include: ApplicationList,
    pub(super) exclude: ApplicationList,
    pub(super) user_actions: Vec<Symbol>,
    pub(super) authentication_contexts: Vec<Symbol>,
}

/// Applications by id, and groups of applications by name.
#[derive(Debug, Clone, Default)]
pub(super) struct ApplicationList {
    pub(super) all: bool,
    pub(super) ids: Vec<Symbol>,
    pub(super) groups: Vec<Symbol>,
    /// Applications with such attributes.
    pub(super) filter: Option<AttributeFilter>,
}

/// `conditions.locations`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Locations {
    pub(super) include_all: bool,
    pub(super) exclude_all: bool,
    /// `AllTrusted` is listed; the trusted locations are in the set as well.
    pub(super) include_trusted: bool,
    pub(super) exclude_trusted: bool,
    pub(super) include: LocationSet,
    pub(super) exclude: LocationSet,
}

/// `conditions.edge`: what Graph has no condition for.
#[derive(Debug, Clone, Default)]
pub(super) struct Edge {
    pub(super) agent_classes: Option<MaskPair>,
    pub(super) agent_names: Option<SymbolPair>,
    pub(super) agent_verification: Option<MaskPair>,
    pub(super) detections: Option<Vec<DetectionKind>>,
    pub(super) paths: Option<Vec<PathPattern>>,
    pub(super) methods: Option<Vec<Symbol>>,
}
