//! What the indices of a packed answer stand for.

use crate::agent::{AgentClass, DeviceKind, Finding, Purpose, Verification};
use crate::decision::{Outcome, ReasonCode, Versions};
use crate::detection::DetectionKind;
use crate::engine::Engine;
use crate::fact::Fact;
use crate::policy::{Condition, Control, Outage, Policy, PolicyOutcome};
use crate::request::{
    ClientAppType, DeviceCookie, GuestType, Header, Platform, PrincipalKind, Proxy, TransferMethod, TrustType,
};
use crate::risk::{InsiderRiskLevel, RiskLevel};
use crate::signal::CATALOGUE;
use crate::write::written;

/// Names by index, and the points of each bin. They change with the bundle, so the host reads them after each load;
/// what is a bundle's is empty before the first.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is a list of the names of its kind")]
pub struct Tables<'e> {
    pub headers: &'static [&'static str],
    pub proxies: &'static [Proxy],
    pub app_types: &'static [ClientAppType],
    pub principal_kinds: &'static [PrincipalKind],
    pub guest_types: &'static [GuestType],
    pub transfer_methods: &'static [TransferMethod],
    pub trust_types: &'static [TrustType],
    pub platforms: &'static [Platform],
    pub device_cookies: &'static [DeviceCookie],
    pub levels: &'static [RiskLevel],
    pub insider_levels: &'static [InsiderRiskLevel],
    pub outcomes: &'static [Outcome],
    pub detections: &'static [DetectionKind],
    pub classes: &'static [AgentClass],
    pub verifications: &'static [Verification],
    pub device_kinds: &'static [DeviceKind],
    pub purposes: &'static [Purpose],
    pub findings: &'static [Finding],
    pub signals: &'static [(&'static str, &'static [&'static str])],
    /// By signal and bin.
    pub points: Vec<Vec<i32>>,
    pub facts: &'static [Fact],
    pub reason_codes: &'static [ReasonCode],
    /// Of each reason, what stands before and after the policy's name.
    pub sentences: Vec<(&'static str, &'static str)>,
    pub controls: &'e [Control],
    /// Ids.
    pub policies: Vec<&'e str>,
    /// What people know them by.
    pub policy_names: Vec<&'e str>,
    /// What each may come to, as indices of [`Self::results`]: met, not met, beyond prompts, not applied, open.
    pub policy_results: Vec<Vec<i32>>,
    pub results: &'static [PolicyOutcome],
    /// That some policy configures, in the order in which they are looked at.
    pub conditions: &'e [Condition],
    pub outages: &'static [Outage],
    pub versions: Option<Versions<'e>>,
}

written!(Tables<'_> {
    "headers" => headers,
    "proxies" => proxies,
    "appTypes" => app_types,
    "principalKinds" => principal_kinds,
    "guestTypes" => guest_types,
    "transferMethods" => transfer_methods,
    "trustTypes" => trust_types,
    "platforms" => platforms,
    "deviceCookies" => device_cookies,
    "levels" => levels,
    "insiderLevels" => insider_levels,
    "outcomes" => outcomes,
    "detections" => detections,
    "classes" => classes,
    "verifications" => verifications,
    "deviceKinds" => device_kinds,
    "purposes" => purposes,
    "findings" => findings,
    "signals" => signals,
    "points" => points,
    "facts" => facts,
    "reasonCodes" => reason_codes,
    "sentences" => sentences,
    "controls" => controls,
    "policies" => policies,
    "policyNames" => policy_names,
    "policyResults" => policy_results,
    "results" => results,
    "conditions" => conditions,
    "outages" => outages,
    "versions" => versions,
});

impl<'e> Tables<'e> {
    /// The tables of an engine and its bundle; without one, those that clients are told by.
    #[must_use]
    pub fn of(engine: Option<&'e Engine>) -> Self {
        let policies = engine.map_or(&[][..], |engine| engine.bundle().policies().policies());
        Self {
            headers: Header::NAMES,
            proxies: Proxy::ALL,
            app_types: ClientAppType::ALL,
            principal_kinds: PrincipalKind::ALL,
            guest_types: GuestType::ALL,
            transfer_methods: TransferMethod::ALL,
            trust_types: TrustType::ALL,
            platforms: Platform::ALL,
            device_cookies: DeviceCookie::ALL,
            levels: RiskLevel::ALL,
            insider_levels: InsiderRiskLevel::ALL,
            outcomes: Outcome::ALL,
            detections: DetectionKind::ALL,
            classes: AgentClass::ALL,
            verifications: Verification::ALL,
            device_kinds: DeviceKind::ALL,
            purposes: Purpose::ALL,
            findings: Finding::ALL,
            signals: CATALOGUE,
            points: engine.map(|engine| engine.bundle().model.table_of_points()).unwrap_or_default(),
            facts: Fact::ALL,
            reason_codes: ReasonCode::ALL,
            sentences: ReasonCode::ALL.iter().map(|code| code.sentence()).collect(),
            controls: engine.map_or(&[], |engine| engine.bundle().policies().controls()),
            policies: policies.iter().map(Policy::id).collect(),
            policy_names: policies.iter().map(Policy::name).collect(),
            policy_results: policies
                .iter()
                .map(|policy| policy.outcomes().map(|result| result as i32).to_vec())
                .collect(),
            results: PolicyOutcome::ALL,
            conditions: engine.map_or(&[], |engine| engine.bundle().policies().conditions()),
            outages: Outage::ALL,
            versions: engine.map(Engine::versions),
        }
    }
}
