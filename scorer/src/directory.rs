//! What the identity provider says of identities: the facts the scorer is told, rather than learns.

use edgeward::request::{GuestType, PrincipalKind, TrustType};
use edgeward::risk::InsiderRiskLevel;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::problem::Problem;

/// What an identity is, in the words of risk: Graph has risky users, risky service principals and risky agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IdentityKind {
    /// A person's account.
    User,
    /// A workload's service principal.
    ServicePrincipal,
    /// An agent identity.
    Agent,
}

impl IdentityKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::User, Self::ServicePrincipal, Self::Agent];

    /// The JSON name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ServicePrincipal => "servicePrincipal",
            Self::Agent => "agent",
        }
    }

    /// The kind of a principal; `None` for one without identity.
    #[must_use]
    pub const fn of(principal: PrincipalKind) -> Option<Self> {
        match principal {
            PrincipalKind::User | PrincipalKind::AgentUser => Some(Self::User),
            PrincipalKind::Workload => Some(Self::ServicePrincipal),
            PrincipalKind::Agent => Some(Self::Agent),
            PrincipalKind::Anonymous => None,
        }
    }
}

/// What the directory says of one identity. A missing or null member is unknown; `[]` is known to be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identity {
    /// `user`, `agentUser`, `workload` or `agent`, as in a request.
    pub kind: PrincipalKind,
    /// Group object ids, nested memberships resolved; at most 4,096.
    #[serde(default)]
    pub groups: Option<Vec<String>>,
    /// Directory role template ids; at most 256.
    #[serde(default)]
    pub roles: Option<Vec<String>>,
    /// Kind of guest; `none` is a known member.
    #[serde(default)]
    pub guest_type: Option<GuestType>,
    /// Insider risk, as the compliance service states it.
    #[serde(default)]
    pub insider_risk: Option<InsiderRiskLevel>,
    /// Devices registered to the identity; at most 256.
    #[serde(default)]
    pub devices: Vec<KnownDevice>,
}

/// What device management says of one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KnownDevice {
    /// Device id, as the edges send it.
    pub id: String,
    /// Meets its compliance policy.
    #[serde(default)]
    pub is_compliant: Option<bool>,
    /// How it is joined.
    #[serde(default)]
    pub trust_type: Option<TrustType>,
}

impl Identity {
    /// Checks bounds; `at` is the path of this identity in its document, `""` for the whole.
    ///
    /// # Errors
    /// The first member out of bounds, with its path.
    pub fn check(&self, at: &str) -> Result<(), Problem> {
        if IdentityKind::of(self.kind).is_none() {
            return Err(Problem::value(
                format!("{at}kind"),
                "an identity is user, agentUser, workload or agent",
            ));
        }
        for (name, list, most) in [("groups", &self.groups, 4096), ("roles", &self.roles, 256)] {
            let list = list.as_deref().unwrap_or_default();
            limits::count(&format!("{at}{name}"), list.len(), most)?;
            for (index, value) in list.iter().enumerate() {
                limits::id(&format!("{at}{name}[{index}]"), value)?;
            }
        }
        limits::count(&format!("{at}devices"), self.devices.len(), 256)?;
        for (index, device) in self.devices.iter().enumerate() {
            limits::id(&format!("{at}devices[{index}].id"), &device.id)?;
        }
        Ok(())
    }
}
