//! The facts a host reports about one request.
//!
//! A missing or `null` member is *unknown*; `[]` is known to be empty. Unknown members are ignored, because a
//! newer adapter may report more than this engine reads. Strings borrow from the input where JSON allows it.
//!
//! ```
//! let request: edgeward::Request = serde_json::from_str(
//!     r#"{"http":{"path":"/x"},"principal":{"kind":"user","id":"u1"}}"#).unwrap();
//! assert_eq!(request.http.path.as_deref(), Some("/x"));
//! assert!(request.principal.groups.is_none(), "not stated, so unknown");
//! ```

mod device;
mod session;
mod text;

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize};

pub use device::{Device, Platform, TrustType};
pub use session::{Session, SessionBinding, TransferMethod};
pub use text::Text;

use crate::profile::Profile;
use crate::risk::{InsiderRiskLevel, RiskLevel};

/// One request as the host saw it. Every member may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub struct Request<'a> {
    /// Milliseconds since the Unix epoch. The engine has no clock: this is its only "now".
    pub time: Option<i64>,
    /// The HTTP message.
    #[serde(deserialize_with = "known_or_default")]
    pub http: Http<'a>,
    /// Who connected, as the platform vouches for it.
    #[serde(deserialize_with = "known_or_default")]
    pub client: Client<'a>,
    /// The TLS session.
    #[serde(deserialize_with = "known_or_default")]
    pub tls: Tls<'a>,
    /// Below HTTP: timing and frame-level fingerprints.
    #[serde(deserialize_with = "known_or_default")]
    pub transport: Transport<'a>,
    /// What the platform's own bot product says.
    #[serde(deserialize_with = "known_or_default")]
    pub platform_bot: PlatformBot,
    /// On whose behalf.
    #[serde(deserialize_with = "known_or_default")]
    pub principal: Principal<'a>,
    /// The session the request presents.
    #[serde(deserialize_with = "known_or_default")]
    pub session: Session<'a>,
    /// The device, as the identity provider or device management knows it.
    #[serde(deserialize_with = "known_or_default")]
    pub device: Device<'a>,
    /// What is asked for.
    #[serde(deserialize_with = "known_or_default")]
    pub resource: Resource<'a>,
    /// Risk levels that others have computed.
    #[serde(deserialize_with = "known_or_default")]
    pub risk: RiskFacts,
    /// Counters of the host over the last hour.
    #[serde(deserialize_with = "known_or_default")]
    pub velocity: Velocity,
    /// The principal's history, if the host carries one.
    #[serde(borrow)]
    pub profile: Option<Profile<'a>>,
}

/// The HTTP message, bodies excluded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub struct Http<'a> {
    /// Upper-case method.
    pub method: Option<Text<'a>>,
    /// `http` or `https`.
    pub scheme: Option<Text<'a>>,
    /// Host without port.
    pub host: Option<Text<'a>>,
    /// Path, without the query.
    pub path: Option<Text<'a>>,
    /// `1.1`, `h2` or `h3`.
    pub version: Option<Text<'a>>,
    /// Name and value pairs in arrival order; names in lower case. Unknown headers stay unknown: a host that
    /// does not report headers leaves this out.
    pub headers: Option<Vec<(Text<'a>, Text<'a>)>>,
}

impl Http<'_> {
    /// First value of a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .as_ref()?
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    /// The user agent: outer `None` when headers are unknown, inner `None` when the client sent none.
    #[must_use]
    pub fn user_agent(&self) -> Option<Option<&str>> {
        self.headers.is_some().then(|| self.header("user-agent"))
    }
}

/// The connecting client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub struct Client<'a> {
    /// Address of the connection or as forwarded by a trusted proxy. IPv4-mapped IPv6 is read as IPv4.
    #[serde(deserialize_with = "address")]
    pub ip: Option<IpAddr>,
    /// Autonomous system number.
    pub asn: Option<u32>,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: Option<Text<'a>>,
    /// City name.
    pub city: Option<Text<'a>>,
    /// Degrees north, in millionths; JSON carries degrees.
    #[serde(with = "micro_degrees")]
    pub latitude: Option<i32>,
    /// Degrees east, in millionths; JSON carries degrees.
    #[serde(with = "micro_degrees")]
    pub longitude: Option<i32>,
    /// What kind of intermediary the address belongs to.
    pub proxy: Option<Proxy>,
    /// Graph `clientAppType` where the identity provider states it; else the agent tells.
    pub app_type: Option<ClientAppType>,
}

/// What kind of intermediary an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Proxy {
    /// A plain access network.
    None,
    /// Commercial VPN.
    Vpn,
    /// Tor exit.
    Tor,
    /// Privacy relay of a browser or operating system maker.
    Relay,
    /// Data centre or cloud.
    Hosting,
    /// Egress of a company's own network.
    Corporate,
}

impl Proxy {
    /// Whether the address says where an exit is, and not where the person is.
    #[must_use]
    pub const fn hides_place(self) -> bool {
        matches!(self, Self::Vpn | Self::Tor | Self::Relay | Self::Corporate)
    }
}

/// Graph `conditionalAccessClientApp`, as a fact of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClientAppType {
    /// A web browser.
    Browser,
    /// Applications with modern authentication.
    MobileAppsAndDesktopClients,
    /// Exchange ActiveSync.
    ExchangeActiveSync,
    /// Exchange ActiveSync on a supported platform.
    EasSupported,
    /// Legacy authentication.
    Other,
}

/// The TLS session as the terminating host saw it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub struct Tls<'a> {
    /// `1.2`, `1.3`.
    pub version: Option<Text<'a>>,
    /// JA4 TLS fingerprint, opaque.
    pub ja4: Option<Text<'a>>,
    /// JA3 MD5, opaque.
    pub ja3: Option<Text<'a>>,
    /// The client certificate.
    #[serde(deserialize_with = "known_or_default")]
    pub client_cert: ClientCert,
}

/// A client certificate's presence and validity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientCert {
    /// The client presented one.
    pub presented: Option<bool>,
    /// The host verified it against its trust anchors.
    pub verified: Option<bool>,
}

/// Below HTTP.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub struct Transport<'a> {
    /// Round-trip time, milliseconds.
    pub rtt_ms: Option<u32>,
    /// HTTP/2 settings fingerprint, opaque.
    pub h2_fingerprint: Option<Text<'a>>,
    /// Header names in wire order, where the host keeps it.
    pub header_order: Option<Vec<Text<'a>>>,
}

/// The platform's own bot product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlatformBot {
    /// 1 (certainly automated) to 99 (certainly human), Cloudflare's scale.
    pub score: Option<u8>,
    /// The platform verified a known bot by address or reverse DNS.
    pub verified: Option<bool>,
    /// The platform verified a Web Bot Auth signature.
    pub signed_agent: Option<bool>,
}

/// On whose behalf the request is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub struct Principal<'a> {
    /// What it is.
    pub kind: Option<PrincipalKind>,
    /// Object id.
    pub id: Option<Text<'a>>,
    /// Group object ids, nested memberships resolved.
    pub groups: Option<Vec<Text<'a>>>,
    /// Directory role template ids.
    pub roles: Option<Vec<Text<'a>>>,
    /// Kind of guest; `none` is a known member.
    pub guest_type: Option<GuestType>,
    /// Home tenant of a guest.
    pub external_tenant: Option<Text<'a>>,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PrincipalKind {
    /// A person's account.
    User,
    /// A service principal.
    Workload,
    /// An agent identity acting on its own.
    Agent,
    /// Known to carry no identity: no session was presented.
    Anonymous,
}

/// Graph `conditionalAccessGuestOrExternalUserTypes`, one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GuestType {
    /// A member, no guest.
    None,
    /// Guest account of this tenant.
    InternalGuest,
    /// Business-to-business guest.
    B2bCollaborationGuest,
    /// Business-to-business member.
    B2bCollaborationMember,
    /// Direct connect.
    B2bDirectConnectUser,
    /// Any other external user.
    OtherExternalUser,
    /// Service provider.
    ServiceProvider,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub struct Resource<'a> {
    /// Application id.
    pub application: Option<Text<'a>>,
    /// Application groups (`Office365`, `MicrosoftAdminPortals`) the application belongs to.
    pub application_groups: Option<Vec<Text<'a>>>,
    /// `urn:user:registersecurityinfo` or `urn:user:registerdevice`.
    pub user_action: Option<Text<'a>>,
    /// `c1` … `c99`.
    pub authentication_context: Option<Text<'a>>,
}

/// Risk levels that others have computed; the sign-in level of the edge's own model is not here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RiskFacts {
    /// Of this sign-in, as the scorer or the identity provider states it.
    pub sign_in: Option<RiskLevel>,
    /// Of the user.
    pub user: Option<RiskLevel>,
    /// Of the service principal.
    pub service_principal: Option<RiskLevel>,
    /// Of the agent identity.
    pub agent: Option<RiskLevel>,
    /// Insider risk.
    pub insider: Option<InsiderRiskLevel>,
}

/// Counters of the host over the last hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Velocity {
    /// Failed sign-ins of this principal.
    pub user_failures_1h: Option<u32>,
    /// Distinct principals seen from this address.
    pub ip_users_1h: Option<u32>,
}

/// `null` means unknown, which is the default of every group of facts.
fn known_or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<IpAddr>, D::Error> {
    let Some(text) = Option::<Text<'de>>::deserialize(deserializer)? else { return Ok(None) };
    let ip: IpAddr =
        text.parse().map_err(|_| serde::de::Error::custom(format_args!("`{text}` is not an IP address")))?;
    Ok(Some(ip.to_canonical()))
}

/// Degrees on the wire, millionths of a degree inside: no float reaches a verdict.
mod micro_degrees {
    use super::{Deserialize, Deserializer};
    use serde::Serializer;

    #[expect(clippy::cast_possible_truncation, reason = "range checked before the cast")]
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i32>, D::Error> {
        let Some(degrees) = Option::<f64>::deserialize(deserializer)? else { return Ok(None) };
        if !(-180.0..=180.0).contains(&degrees) {
            return Err(serde::de::Error::custom("a coordinate is not within ±180 degrees"));
        }
        // Rounded, so that what is written reads back as it was.
        Ok(Some((degrees * 1e6).round() as i32))
    }

    #[expect(clippy::ref_option, reason = "signature fixed by serde's `with`")]
    pub fn serialize<S: Serializer>(value: &Option<i32>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(micro) => serializer.serialize_f64(f64::from(*micro) / 1e6),
            None => serializer.serialize_none(),
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(value: &'a str) -> Self {
        Self(Cow::Borrowed(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_was_written() {
        // 41.99718 × 10⁶ is 41997179.999… in binary.
        let request: Request<'_> =
            serde_json::from_str(r#"{"client":{"latitude":41.99718,"longitude":-87.848312}}"#).unwrap();
        assert_eq!(
            (request.client.latitude, request.client.longitude),
            (Some(41_997_180), Some(-87_848_312))
        );
        let written = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request<'_>>(&written).unwrap(), request);
    }
}
