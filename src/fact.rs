//! Names of the facts a policy may depend on: what `needs` lists, and what the central scorer answers.

use crate::vocabulary::vocabulary;
use crate::write::{Elements, Value, Write, written};

vocabulary! {
    /// One fact that a verdict may depend on. Its JSON name is the path in the request, or the name of the
    /// condition where the fact is computed.
    pub enum Fact {
        /// Risk of this sign-in.
        SignInRisk = "signInRisk",
        /// Risk of the user.
        UserRisk = "userRisk",
        /// Risk of the service principal.
        ServicePrincipalRisk = "servicePrincipalRisk",
        /// Risk of the agent identity.
        AgentRisk = "agentRisk",
        /// Insider risk.
        InsiderRisk = "insiderRisk",
        /// Kind of principal.
        PrincipalKind = "principal.kind",
        /// Object id of the principal.
        PrincipalId = "principal.id",
        /// Group memberships.
        Groups = "principal.groups",
        /// Directory roles.
        Roles = "principal.roles",
        /// Kind of guest.
        GuestType = "principal.guestType",
        /// Home tenant of a guest.
        ExternalTenant = "principal.externalTenant",
        /// Custom security attributes of the principal.
        PrincipalAttributes = "principal.customSecurityAttributes",
        /// Application asked for.
        Application = "resource.application",
        /// Application groups it belongs to.
        ApplicationGroups = "resource.applicationGroups",
        /// Custom security attributes of the application.
        ResourceAttributes = "resource.customSecurityAttributes",
        /// User action.
        UserAction = "resource.userAction",
        /// Authentication context.
        AuthenticationContext = "resource.authenticationContext",
        /// Client application type.
        ClientAppType = "client.appType",
        /// Client address.
        ClientIp = "client.ip",
        /// Client country.
        ClientCountry = "client.country",
        /// Country by the authenticator's position.
        GpsCountry = "client.gpsCountry",
        /// Whether the connection comes through the tenant's compliant network.
        CompliantNetwork = "client.compliantNetwork",
        /// Device platform.
        DevicePlatform = "device.platform",
        /// Whether the device is compliant.
        DeviceIsCompliant = "device.isCompliant",
        /// How the device is joined.
        DeviceTrustType = "device.trustType",
        /// Object id of the device.
        DeviceId = "device.deviceId",
        /// Application id of the device's management.
        DeviceMdmAppId = "device.mdmAppId",
        /// Display name of the device.
        DeviceDisplayName = "device.displayName",
        /// Profile the device was enrolled with.
        DeviceEnrollmentProfileName = "device.enrollmentProfileName",
        /// Maker of the device.
        DeviceManufacturer = "device.manufacturer",
        /// Model of the device.
        DeviceModel = "device.model",
        /// Operating system of the device.
        DeviceOperatingSystem = "device.operatingSystem",
        /// Version of the operating system of the device.
        DeviceOperatingSystemVersion = "device.operatingSystemVersion",
        /// Whose device it is.
        DeviceOwnership = "device.deviceOwnership",
        /// Kind of device object.
        DeviceProfileType = "device.profileType",
        /// Identifiers of the device's hardware.
        DevicePhysicalIds = "device.physicalIds",
        /// Labels of the device.
        DeviceSystemLabels = "device.systemLabels",
        /// Extension attributes of the device, all fifteen.
        DeviceExtensionAttributes = "device.extensionAttributes",
        /// Authentication methods of the session.
        SessionAmr = "session.amr",
        /// How the session was transferred.
        TransferMethod = "session.transferMethod",
        /// When the principal last authenticated.
        AuthTime = "session.authTime",
        /// Request method.
        HttpMethod = "http.method",
        /// Request path.
        HttpPath = "http.path",
        /// User agent and other headers.
        HttpHeaders = "http.headers",
    }
}

/// A set of facts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct FactSet(u128);

impl FactSet {
    /// No fact.
    pub const EMPTY: Self = Self(0);

    /// Exactly one fact.
    #[must_use]
    pub const fn only(fact: Fact) -> Self {
        Self(1 << fact as u32)
    }

    /// Both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Adds one.
    pub const fn insert(&mut self, fact: Fact) {
        self.0 |= Self::only(fact).0;
    }

    /// Takes one out.
    pub const fn remove(&mut self, fact: Fact) {
        self.0 &= !Self::only(fact).0;
    }

    /// Whether the fact is in the set.
    #[must_use]
    pub const fn contains(self, fact: Fact) -> bool {
        self.0 & Self::only(fact).0 != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The facts, in the order of [`Fact::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Fact> {
        Fact::ALL.iter().copied().filter(move |fact| self.contains(*fact))
    }
}

impl Elements for FactSet {
    fn each(&self, put: &mut dyn FnMut(Value<'_>)) {
        self.iter().for_each(|element| put(element.value()));
    }
}

written!(@list FactSet);
