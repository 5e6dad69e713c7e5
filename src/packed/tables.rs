//! What the indices of a packed decision stand for.

use crate::agent::{AgentClass, Finding, Purpose, Verification};
use crate::decision::{Outcome, ReasonCode, Versions};
use crate::engine::Engine;
use crate::fact::Fact;
use crate::policy::{Condition, Control, Outage, Policy, PolicyOutcome};
use crate::request::{
    ClientAppType, DeviceCookie, GuestType, Http, Platform, PrincipalKind, Proxy, TransferMethod, TrustType,
};
use crate::risk::{InsiderRiskLevel, RiskLevel};
use crate::signal::CATALOGUE;
use crate::write::written;

/// Names by index, and the points of each bin. They change with the bundle, so the host reads them after each load.
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
    pub classes: &'static [AgentClass],
    pub verifications: &'static [Verification],
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
    pub results: &'static [PolicyOutcome],
    pub conditions: &'static [Condition],
    pub outages: &'static [Outage],
    pub versions: Versions<'e>,
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
    "classes" => classes,
    "verifications" => verifications,
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
    "results" => results,
    "conditions" => conditions,
    "outages" => outages,
    "versions" => versions,
});

impl Engine {
    /// The tables of this engine and its bundle.
    #[must_use]
    pub fn tables(&self) -> Tables<'_> {
        let bundle = self.bundle();
        let set = bundle.policies();
        Tables {
            headers: Http::READ,
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
            classes: AgentClass::ALL,
            verifications: Verification::ALL,
            purposes: Purpose::ALL,
            findings: Finding::ALL,
            signals: CATALOGUE,
            points: bundle.model.table_of_points(),
            facts: Fact::ALL,
            reason_codes: ReasonCode::ALL,
            sentences: ReasonCode::ALL.iter().map(|code| code.sentence()).collect(),
            controls: set.controls(),
            policies: set.policies().iter().map(Policy::id).collect(),
            policy_names: set.policies().iter().map(Policy::name).collect(),
            results: PolicyOutcome::ALL,
            conditions: Condition::ALL,
            outages: Outage::ALL,
            versions: self.versions(),
        }
    }
}
