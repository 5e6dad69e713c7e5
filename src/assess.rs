//! The conversation with the central scorer: what the edge asks, and what it hears.

use serde::{Deserialize, Serialize};

use crate::detection::DetectionKind;
use crate::fact::Fact;
use crate::profile::Profile;
use crate::read::record;
use crate::request::{GuestType, PrincipalKind, Request, Text, TrustType};
use crate::risk::{InsiderRiskLevel, RiskLevel};
use crate::write::written;

/// `POST /v1/assess`: exactly the facts that could change the verdict, and what the scorer needs to know them.
/// Identifiers are keyed hashes and addresses are prefixes when the engine holds an identifier key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct Assessment<'a> {
    /// Shape of this message, 1.
    pub schema: u32,
    /// Facts to answer.
    pub needs: Vec<Fact>,
    /// Who and from where.
    #[serde(borrow)]
    pub about: Subject<'a>,
    /// Bundle the edge decides by.
    #[serde(borrow)]
    pub bundle_version: Text<'a>,
}

written!(Assessment<'_> {
    "schema" => schema,
    "needs" => needs,
    "about" => about,
    "bundleVersion" => bundle_version,
});

/// What leaves the edge about one request; the same in assessments and receipts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub struct Subject<'a> {
    /// Milliseconds since the Unix epoch.
    pub time: Option<i64>,
    /// Kind of principal.
    pub principal_kind: Option<PrincipalKind>,
    /// Principal id, keyed hash (32 hexadecimal digits) or plain.
    pub principal: Option<Text<'a>>,
    /// Session id, keyed hash or plain.
    pub session: Option<Text<'a>>,
    /// Device id, keyed hash or plain.
    pub device: Option<Text<'a>>,
    /// Client address: /24 or /48 prefix, or the address where configured.
    pub address: Option<Text<'a>>,
    /// Autonomous system number.
    pub asn: Option<u32>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<Text<'a>>,
    /// Degrees north in millionths, rounded to half a degree.
    pub latitude_e6: Option<i32>,
    /// Degrees east in millionths, rounded to half a degree.
    pub longitude_e6: Option<i32>,
    /// Agent key: family and platform.
    pub agent: Option<Text<'a>>,
    /// Agent class.
    pub agent_class: Option<crate::agent::AgentClass>,
    /// Family of the TLS client ([`TlsFamily`](crate::tls::TlsFamily)).
    pub tls: Option<Text<'a>>,
    /// Application asked for.
    pub application: Option<Text<'a>>,
    /// Detections the edge made, the strongest of each kind.
    pub detections: Vec<ReportedDetection>,
    /// Score of the edge's model, 1/64 bit.
    pub score: i32,
}

written!(Subject<'_> {
    "time" => time,
    "principalKind" => principal_kind,
    "principal" => principal,
    "session" => session,
    "device" => device,
    "address" => address,
    "asn" => asn,
    "country" => country,
    "latitudeE6" => latitude_e6,
    "longitudeE6" => longitude_e6,
    "agent" => agent,
    "agentClass" => agent_class,
    "tls" => tls,
    "application" => application,
    "detections" => detections,
    "score" => score,
});

/// A detection as it leaves the edge: its kind and level. The evidence stays, because it may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct ReportedDetection {
    /// What was found.
    #[serde(rename = "type")]
    pub kind: DetectionKind,
    /// How much it weighs: drift of a session to another network alone is less than to another client as well.
    pub level: RiskLevel,
}

written!(ReportedDetection {
    "type" => kind,
    "level" => level,
});

/// The scorer's answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer<'a> {
    /// The facts, by name. A fact asked for and left out is one the scorer does not know.
    pub facts: AnsweredFacts<'a>,
    /// The principal's history, for the edge to keep for `ttl_seconds`.
    pub profile: Option<Profile<'a>>,
    /// How long the edge may reuse the answer.
    pub ttl_seconds: u32,
}

record!(Answer<'a> {
    "facts" => Record(facts),
    "profile" => Record(profile),
    "ttlSeconds" => Whole(ttl_seconds),
});

/// Facts the scorer may answer; names are those of [`Fact`].
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "each is the fact of the same name")]
pub struct AnsweredFacts<'a> {
    #[serde(rename = "signInRisk", skip_serializing_if = "Option::is_none")]
    pub sign_in_risk: Option<RiskLevel>,
    #[serde(rename = "userRisk", skip_serializing_if = "Option::is_none")]
    pub user_risk: Option<RiskLevel>,
    #[serde(rename = "servicePrincipalRisk", skip_serializing_if = "Option::is_none")]
    pub service_principal_risk: Option<RiskLevel>,
    #[serde(rename = "agentRisk", skip_serializing_if = "Option::is_none")]
    pub agent_risk: Option<RiskLevel>,
    #[serde(rename = "insiderRisk", skip_serializing_if = "Option::is_none")]
    pub insider_risk: Option<InsiderRiskLevel>,
    #[serde(rename = "principal.groups", skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Text<'a>>>,
    #[serde(rename = "principal.roles", skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Text<'a>>>,
    #[serde(rename = "principal.guestType", skip_serializing_if = "Option::is_none")]
    pub guest_type: Option<GuestType>,
    #[serde(rename = "device.isCompliant", skip_serializing_if = "Option::is_none")]
    pub is_compliant: Option<bool>,
    #[serde(rename = "device.trustType", skip_serializing_if = "Option::is_none")]
    pub trust_type: Option<TrustType>,
}

record!(AnsweredFacts<'a> {
    "signInRisk" => Name(sign_in_risk),
    "userRisk" => Name(user_risk),
    "servicePrincipalRisk" => Name(service_principal_risk),
    "agentRisk" => Name(agent_risk),
    "insiderRisk" => Name(insider_risk),
    "principal.groups" => Texts(groups),
    "principal.roles" => Texts(roles),
    "principal.guestType" => Name(guest_type),
    "device.isCompliant" => Flag(is_compliant),
    "device.trustType" => Name(trust_type),
});

/// Whether the scorer may know a fact; the others only the host can tell.
#[must_use]
pub const fn is_answerable(fact: Fact) -> bool {
    matches!(
        fact,
        Fact::SignInRisk
            | Fact::UserRisk
            | Fact::ServicePrincipalRisk
            | Fact::AgentRisk
            | Fact::InsiderRisk
            | Fact::Groups
            | Fact::Roles
            | Fact::GuestType
            | Fact::DeviceIsCompliant
            | Fact::DeviceTrustType
    )
}

impl<'a> Answer<'a> {
    /// Fills what the request left unknown. What the host vouched for stays: an answer adds, it never overrules.
    pub fn merge_into(self, request: &mut Request<'a>) {
        fn fill<T>(slot: &mut Option<T>, answer: Option<T>) {
            if slot.is_none() {
                *slot = answer;
            }
        }
        let facts = self.facts;
        fill(&mut request.risk.sign_in, facts.sign_in_risk);
        fill(&mut request.risk.user, facts.user_risk);
        fill(&mut request.risk.service_principal, facts.service_principal_risk);
        fill(&mut request.risk.agent, facts.agent_risk);
        fill(&mut request.risk.insider, facts.insider_risk);
        fill(&mut request.principal.groups, facts.groups);
        fill(&mut request.principal.roles, facts.roles);
        fill(&mut request.principal.guest_type, facts.guest_type);
        fill(&mut request.device.is_compliant, facts.is_compliant);
        fill(&mut request.device.trust_type, facts.trust_type);
        fill(&mut request.profile, self.profile);
    }
}
