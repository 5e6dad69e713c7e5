//! Does a policy apply? Conditions one by one, in three-valued logic.

use super::view::View;
use crate::fact::{Fact, FactSet};
use crate::location::NamedLocations;
use crate::policy::attribute_filter::AttributeFilter;
use crate::policy::control::Control;
use crate::policy::model::{
    ApplicationList, Applications, Conditions, Guests, Locations, Mask, MaskPair, SymbolList, SymbolPair,
    UserList, Users,
};
use crate::policy::result::Condition;
use crate::policy::symbol::Symbol;
use crate::policy::truth::Truth;
use crate::policy::{Facts, PolicyState, Verdict, Written};
use crate::request::{PrincipalKind, Text, TrustType};
use crate::risk::{LevelSet, RiskLevel};

impl Written {
    /// The verdict, policy by policy and control by control. `None` if a policy is open, or whether it is met.
    pub(in crate::policy) fn plain_verdict(&self, view: &View<'_>, facts: &Facts<'_>) -> Option<Verdict> {
        let mut verdict = Verdict::Allow;
        for (header, policy) in self.set.policies.iter().zip(&self.definitions) {
            if header.state != PolicyState::Enabled {
                continue;
            }
            match policy.conditions.applies(view, facts, &self.set.locations).0 {
                Truth::False => continue,
                Truth::Unknown(_) => return None,
                Truth::True if policy.grant.block => verdict = Verdict::Block,
                Truth::True => {}
            }
            for clause in &policy.grant.clauses {
                let mut met = false;
                for control in clause.indices().filter_map(|index| self.set.controls.get(index)) {
                    met |= is_met(control, facts)?;
                }
                if !met && verdict == Verdict::Allow {
                    verdict = Verdict::Challenge;
                }
            }
        }
        Some(verdict)
    }
}

/// Whether the request meets a control; `None` is not known.
fn is_met(control: &Control, facts: &Facts<'_>) -> Option<bool> {
    let request = facts.request;
    let (session, device) = (&request.session, &request.device);
    let anonymous = request.principal.kind == Some(PrincipalKind::Anonymous);
    let unregistered = device.is_registered == Some(false);
    let proves = |names: &[&str]| match &session.amr {
        Some(amr) => Some(amr.iter().any(|method| names.contains(&&**method))),
        None => anonymous.then_some(false),
    };
    match control {
        Control::CompliantDevice => device.is_compliant.or(unregistered.then_some(false)),
        Control::DomainJoinedDevice => match device.trust_type {
            Some(trust) => Some(trust == TrustType::ServerAD),
            None => unregistered.then_some(false),
        },
        Control::Mfa => proves(&["mfa", "ngcmfa"]),
        // The only strength of the random policies: the phishing-resistant one.
        Control::AuthenticationStrength(_) => {
            proves(&["fido2", "windowsHelloForBusiness", "x509CertificateMultiFactor"])
        }
        Control::SignInFrequency(_) if anonymous && session.auth_time.is_none() => Some(false),
        Control::SignInFrequency(seconds) => {
            let age = request.time? - session.auth_time?;
            // Five minutes of skew; what is later is yet to come.
            Some(age >= -300_000 && age / 1000 <= i64::from(*seconds))
        }
        other => proves(&[&other.name()]),
    }
}

impl Conditions {
    /// Whether all conditions match, and the first that does not (or, if none fails, that is not known).
    pub(in crate::policy) fn applies(
        &self,
        view: &View<'_>,
        facts: &Facts<'_>,
        locations: &NamedLocations,
    ) -> (Truth, Option<Condition>) {
        let mut all = Truth::True;
        let mut unknown = None;
        for reason in Condition::ALL {
            let truth = self.one(*reason, view, facts, locations);
            match truth {
                Truth::True => continue,
                Truth::False => return (Truth::False, Some(*reason)),
                Truth::Unknown(_) => unknown = unknown.or(Some(*reason)),
            }
            all = all.and(truth);
        }
        (all, unknown)
    }

    fn one(
        &self,
        reason: Condition,
        view: &View<'_>,
        facts: &Facts<'_>,
        locations: &NamedLocations,
    ) -> Truth {
        let edge = &self.edge;
        let plain = |mask: Option<Mask>| mask.map(|include| MaskPair { include, exclude: Mask::default() });
        let risk = |level: Option<RiskLevel>| level.map(|level| level as u32);
        match reason {
            Condition::Users => self.principal(view, facts),
            Condition::Application => self.applications.matches(view),
            Condition::ClientType => {
                let kind = view.client_app_type.map(|kind| kind as u32);
                one_of(plain(self.client_app_types), kind, 5, Fact::ClientAppType)
            }
            Condition::DevicePlatform => {
                let platform = view.platform.map(|platform| platform as u32);
                one_of(self.platforms, platform, 7, Fact::DevicePlatform)
            }
            Condition::Location => {
                self.locations.map_or(Truth::True, |condition| condition.matches(view, locations))
            }
            Condition::DeviceState => self.device.as_ref().map_or(Truth::True, |filter| {
                let matches = filter.rule.matches(&view.device);
                if filter.exclude { !matches } else { matches }
            }),
            Condition::SignInRisk => {
                self.sign_in_risk.map_or(Truth::True, |mask| levels(mask, view.sign_in_risk))
            }
            Condition::UserRisk => one_of(plain(self.user_risk), risk(view.user_risk), 4, Fact::UserRisk),
            Condition::ServicePrincipalRisk => {
                let level = risk(view.service_principal_risk);
                one_of(plain(self.service_principal_risk), level, 4, Fact::ServicePrincipalRisk)
            }
            Condition::AgentRisk => one_of(plain(self.agent_risk), risk(view.agent_risk), 4, Fact::AgentRisk),
            Condition::InsiderRisk => {
                let level = view.insider_risk.map(|level| level as u32);
                one_of(plain(self.insider_risk), level, 4, Fact::InsiderRisk)
            }
            Condition::AuthenticationFlows => {
                let method = view.transfer_method.map(|method| method as u32);
                one_of(plain(self.transfer_methods), method, 3, Fact::TransferMethod)
            }
            Condition::AgentClass => {
                one_of(edge.agent_classes, view.agent_class.map(|class| class as u32), 10, Fact::HttpHeaders)
            }
            Condition::AgentName => edge
                .agent_names
                .as_ref()
                .map_or(Truth::True, |names| listed(Some(names), view.agent_name, Fact::HttpHeaders)),
            Condition::AgentVerification => {
                let verification = view.agent_verification.map(|verification| verification as u32);
                one_of(edge.agent_verification, verification, 5, Fact::HttpHeaders)
            }
            Condition::Detection => edge
                .detections
                .as_ref()
                .is_none_or(|kinds| kinds.iter().any(|kind| facts.detections.contains(*kind)))
                .into(),
            Condition::Path => {
                any_of(edge.paths.as_deref(), view.path.as_ref(), Fact::HttpPath, |pattern, readings| {
                    readings.as_ref().is_none_or(|all| all.iter().any(|path| pattern.matches(path)))
                })
            }
            Condition::Method => {
                any_of(edge.methods.as_deref(), view.method, Fact::HttpMethod, |method, sent| *method == sent)
            }
            Condition::Undecidable if self.undecidable => Truth::Unknown(FactSet::EMPTY),
            Condition::Undecidable => Truth::True,
        }
    }

    /// Users, service principals or agents: a policy for the ones never applies to the others.
    fn principal(&self, view: &View<'_>, facts: &Facts<'_>) -> Truth {
        let as_kind = |kind| match kind {
            PrincipalKind::User | PrincipalKind::Anonymous => {
                self.users.as_ref().map_or(Truth::False, |users| users.matches(kind, view))
            }
            PrincipalKind::AgentUser => self
                .users
                .as_ref()
                .map_or(Truth::False, |users| users.matches(kind, view))
                .or(principals(self.agent_users.as_ref(), view, facts)),
            PrincipalKind::Workload => principals(self.workloads.as_ref(), view, facts),
            PrincipalKind::Agent => principals(self.agents.as_ref(), view, facts),
        };
        if let Some(kind) = view.kind {
            return as_kind(kind);
        }
        let kinds = [
            PrincipalKind::User,
            PrincipalKind::AgentUser,
            PrincipalKind::Workload,
            PrincipalKind::Agent,
            PrincipalKind::Anonymous,
        ];
        kinds
            .map(as_kind)
            .into_iter()
            .reduce(|one, two| match (one, two) {
                (one, two) if one == two => one,
                (one, two) => {
                    Truth::Unknown(one.facts().union(two.facts()).union(FactSet::only(Fact::PrincipalKind)))
                }
            })
            .unwrap_or(Truth::False)
    }
}

/// A condition on a fact that is one of `count` values: decided as well where all values agree.
fn one_of(condition: Option<MaskPair>, value: Option<u32>, count: u32, fact: Fact) -> Truth {
    let Some(condition) = condition else { return Truth::True };
    if let Some(value) = value {
        return condition.matches(value).into();
    }
    match (0..count).filter(|value| condition.matches(*value)).count() {
        0 => Truth::False,
        matching if matching == count as usize => Truth::True,
        _ => Truth::Unknown(FactSet::only(fact)),
    }
}

/// A condition that any entry of a list meets.
fn any_of<E, V: Copy>(
    list: Option<&[E]>,
    value: Option<V>,
    fact: Fact,
    matches: impl Fn(&E, V) -> bool,
) -> Truth {
    match (list, value) {
        (None, _) => Truth::True,
        (Some([]), _) => Truth::False,
        (Some(_), None) => Truth::Unknown(FactSet::only(fact)),
        (Some(list), Some(value)) => list.iter().any(|entry| matches(entry, value)).into(),
    }
}

/// Sign-in risk may be known as an interval: the condition is decided when all levels left agree.
fn levels(mask: Mask, levels: LevelSet) -> Truth {
    let (mut inside, mut outside) = (false, false);
    for level in levels.iter() {
        if mask.has(level as u32) {
            inside = true;
        } else {
            outside = true;
        }
    }
    if inside && outside { Truth::Unknown(FactSet::only(Fact::SignInRisk)) } else { inside.into() }
}

/// A condition on an id that is included, or excluded, singly or altogether.
fn listed(pair: Option<&SymbolPair>, id: Option<Symbol>, fact: Fact) -> Truth {
    let side = |list: &SymbolList| {
        if list.all { Truth::True } else { any_of(Some(&list.ids), id, fact, |known, id| *known == id) }
    };
    pair.map_or(Truth::False, |pair| side(&pair.include).and(!side(&pair.exclude)))
}

/// As [`listed`], by id or by the filter.
fn principals(pair: Option<&SymbolPair>, view: &View<'_>, facts: &Facts<'_>) -> Truth {
    let Some(pair) = pair else { return Truth::False };
    let attributes = facts.request.principal.custom_security_attributes.as_deref();
    let side = |list: &SymbolList| {
        let by_id = |known: &Symbol, id| *known == id;
        let listed =
            if list.all { Truth::True } else { any_of(Some(&list.ids), view.id, Fact::PrincipalId, by_id) };
        listed.or(filtered(list.filter.as_ref(), attributes, Fact::PrincipalAttributes))
    };
    side(&pair.include).and(!side(&pair.exclude))
}

fn filtered(
    filter: Option<&AttributeFilter>,
    attributes: Option<&[(Text<'_>, Text<'_>)]>,
    fact: Fact,
) -> Truth {
    match (filter, attributes) {
        (None, _) => Truth::False,
        (Some(_), None) => Truth::Unknown(FactSet::only(fact)),
        (Some(filter), Some(attributes)) => filter.matches(attributes).into(),
    }
}

impl Users {
    fn matches(&self, kind: PrincipalKind, view: &View<'_>) -> Truth {
        // An anonymous visitor is nobody in particular: only "all users" covers one, and no exclusion does.
        if kind == PrincipalKind::Anonymous {
            return (self.include.all && !self.exclude.all).into();
        }
        self.include.holds(kind, view).and(!self.exclude.holds(kind, view))
    }
}

impl UserList {
    fn holds(&self, kind: PrincipalKind, view: &View<'_>) -> Truth {
        if self.all || (self.agent_users && kind == PrincipalKind::AgentUser) {
            return Truth::True;
        }
        let member = |ids: &[Symbol], of: Option<&[Symbol]>, fact| match of {
            _ if ids.is_empty() => Truth::False,
            Some(of) => ids.iter().any(|id| of.contains(id)).into(),
            None => Truth::Unknown(FactSet::only(fact)),
        };
        let mut truth = member(&self.users, view.id.as_ref().map(std::slice::from_ref), Fact::PrincipalId)
            .or(member(&self.groups, view.groups.as_deref(), Fact::Groups))
            .or(member(&self.roles, view.roles.as_deref(), Fact::Roles));
        for guests in &self.guests {
            truth = truth.or(guests.hold(view));
        }
        truth
    }
}

impl Guests {
    fn hold(&self, view: &View<'_>) -> Truth {
        let of_type = view.guest_type.map_or(Truth::Unknown(FactSet::only(Fact::GuestType)), |guest| {
            self.types.has(guest as u32).into()
        });
        let of_tenant = self.tenants.as_ref().map_or(Truth::True, |tenants| match view.external_tenant {
            Some(tenant) => tenants.contains(&tenant).into(),
            None if tenants.is_empty() => Truth::False,
            None => Truth::Unknown(FactSet::only(Fact::ExternalTenant)),
        });
        of_type.and(of_tenant)
    }
}

impl Applications {
    fn matches(&self, view: &View<'_>) -> Truth {
        let target = &view.target;
        let one_of = |ids: &[Symbol], id: Option<Symbol>, fact| match id {
            _ if ids.is_empty() => Truth::False,
            Some(id) => ids.contains(&id).into(),
            None => Truth::Unknown(FactSet::only(fact)),
        };
        let included =
            self.include.holds(view).or(one_of(&self.user_actions, target.user_action, Fact::UserAction)).or(
                one_of(
                    &self.authentication_contexts,
                    target.authentication_context,
                    Fact::AuthenticationContext,
                ),
            );
        included.and(!self.exclude.holds(view))
    }
}

impl ApplicationList {
    fn holds(&self, view: &View<'_>) -> Truth {
        let target = &view.target;
        if self.all {
            return Truth::True;
        }
        let by_id = match target.application {
            _ if self.ids.is_empty() => Truth::False,
            Some(id) => self.ids.contains(&id).into(),
            None => Truth::Unknown(FactSet::only(Fact::Application)),
        };
        let by_group = match &target.groups {
            _ if self.groups.is_empty() => Truth::False,
            Some(groups) => self.groups.iter().any(|group| groups.contains(group)).into(),
            None => Truth::Unknown(FactSet::only(Fact::ApplicationGroups)),
        };
        let attributes = target.attributes.as_deref();
        by_id.or(by_group).or(filtered(self.filter.as_ref(), attributes, Fact::ResourceAttributes))
    }
}

impl Locations {
    fn matches(self, view: &View<'_>, locations: &NamedLocations) -> Truth {
        let holds = |all: bool, set: crate::location::LocationSet| {
            if all {
                return Truth::True;
            }
            let mut needs = FactSet::EMPTY;
            for (fact, held) in view.locations {
                match held {
                    Some(held) if set.intersects(held) => return Truth::True,
                    None if set.intersects(locations.decided_by(fact)) => needs.insert(fact),
                    _ => {}
                }
            }
            if needs.is_empty() { Truth::False } else { Truth::Unknown(needs) }
        };
        holds(self.include_all, self.include).and(!holds(self.exclude_all, self.exclude))
    }
}
