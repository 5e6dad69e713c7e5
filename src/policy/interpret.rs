//! Does a policy apply? Conditions one by one, in three-valued logic.

use super::Facts;
use super::model::{
    ApplicationList, Applications, Conditions, Guests, Locations, Mask, SymbolPair, UserList, Users,
};
use super::result::Reason;
use super::symbol::Symbol;
use super::truth::Truth;
use super::view::View;
use crate::fact::{Fact, FactSet};
use crate::location::NamedLocations;
use crate::request::PrincipalKind;
use crate::risk::LevelSet;

impl Conditions {
    /// Whether all conditions match, and the first that does not (or, if none fails, that is not known).
    pub(super) fn applies(
        &self,
        view: &View<'_>,
        facts: &Facts<'_>,
        locations: &NamedLocations,
    ) -> (Truth, Option<Reason>) {
        let mut all = Truth::True;
        let mut unknown = None;
        for reason in Reason::ALL {
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

    fn one(&self, reason: Reason, view: &View<'_>, facts: &Facts<'_>, locations: &NamedLocations) -> Truth {
        let edge = &self.edge;
        match reason {
            Reason::Users => self.principal(view),
            Reason::Application => self.applications.matches(view),
            Reason::ClientType => {
                test(self.client_app_types, view.client_app_type, Fact::ClientAppType, |mask, kind| {
                    mask.has(kind as u32)
                })
            }
            Reason::DevicePlatform => {
                test(self.platforms, view.platform, Fact::DevicePlatform, |pair, platform| {
                    pair.matches(platform as u32)
                })
            }
            Reason::Location => {
                self.locations.map_or(Truth::True, |condition| condition.matches(view, locations))
            }
            Reason::SignInRisk => {
                self.sign_in_risk.map_or(Truth::True, |mask| levels(mask, view.sign_in_risk))
            }
            Reason::UserRisk => {
                test(self.user_risk, view.user_risk, Fact::UserRisk, |mask, level| mask.has(level as u32))
            }
            Reason::ServicePrincipalRisk => test(
                self.service_principal_risk,
                view.service_principal_risk,
                Fact::ServicePrincipalRisk,
                |mask, level| mask.has(level as u32),
            ),
            Reason::AgentRisk => {
                test(self.agent_risk, view.agent_risk, Fact::AgentRisk, |mask, level| mask.has(level as u32))
            }
            Reason::InsiderRisk => {
                test(self.insider_risk, view.insider_risk, Fact::InsiderRisk, |mask, level| {
                    mask.has(level as u32)
                })
            }
            Reason::AuthenticationFlows => {
                test(self.transfer_methods, view.transfer_method, Fact::TransferMethod, |mask, method| {
                    mask.has(method as u32)
                })
            }
            Reason::AgentClass => {
                test(edge.agent_classes, view.agent_class, Fact::HttpHeaders, |pair, class| {
                    pair.matches(class as u32)
                })
            }
            Reason::AgentName => {
                test(edge.agent_names.as_ref(), view.agent_name, Fact::HttpHeaders, SymbolPair::matches)
            }
            Reason::AgentVerification => test(
                edge.agent_verification,
                view.agent_verification,
                Fact::HttpHeaders,
                |pair, verification| pair.matches(verification as u32),
            ),
            Reason::Detection => edge
                .detections
                .as_ref()
                .is_none_or(|kinds| kinds.iter().any(|kind| facts.detections.contains(*kind)))
                .into(),
            Reason::Path => test(edge.paths.as_ref(), view.path, Fact::HttpPath, |patterns, path| {
                patterns.iter().any(|pattern| pattern.matches(path))
            }),
            Reason::Method => {
                test(edge.methods.as_ref(), view.method, Fact::HttpMethod, |methods, method| {
                    methods.contains(&method)
                })
            }
        }
    }

    /// Users, service principals or agents: a policy for the ones never applies to the others.
    fn principal(&self, view: &View<'_>) -> Truth {
        let as_kind = |kind| match kind {
            PrincipalKind::User | PrincipalKind::Anonymous => {
                self.users.as_ref().map_or(Truth::False, |users| users.matches(kind, view))
            }
            PrincipalKind::Workload => principal_in(self.workloads.as_ref(), view.id),
            PrincipalKind::Agent => principal_in(self.agents.as_ref(), view.id),
        };
        if let Some(kind) = view.kind {
            return as_kind(kind);
        }
        let kinds =
            [PrincipalKind::User, PrincipalKind::Workload, PrincipalKind::Agent, PrincipalKind::Anonymous];
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

/// A condition that one fact decides.
fn test<C, V>(condition: Option<C>, value: Option<V>, fact: Fact, matches: impl Fn(C, V) -> bool) -> Truth {
    match (condition, value) {
        (None, _) => Truth::True,
        (Some(_), None) => Truth::Unknown(FactSet::only(fact)),
        (Some(condition), Some(value)) => matches(condition, value).into(),
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

fn principal_in(pair: Option<&SymbolPair>, id: Option<Symbol>) -> Truth {
    let Some(pair) = pair else { return Truth::False };
    match id {
        Some(id) => pair.matches(id).into(),
        None if pair.include.all && pair.exclude.ids.is_empty() => Truth::True,
        None => Truth::Unknown(FactSet::only(Fact::PrincipalId)),
    }
}

impl SymbolPair {
    fn matches(&self, id: Symbol) -> bool {
        (self.include.all || self.include.ids.contains(&id))
            && !(self.exclude.all || self.exclude.ids.contains(&id))
    }
}

impl Users {
    fn matches(&self, kind: PrincipalKind, view: &View<'_>) -> Truth {
        // An anonymous visitor is nobody in particular: only "all users" covers one, and no exclusion does.
        if kind == PrincipalKind::Anonymous {
            return (self.include.all && !self.exclude.all).into();
        }
        self.include.holds(view).and(!self.exclude.holds(view))
    }
}

impl UserList {
    fn holds(&self, view: &View<'_>) -> Truth {
        if self.all {
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
        by_id.or(by_group)
    }
}

impl Locations {
    fn matches(self, view: &View<'_>, locations: &NamedLocations) -> Truth {
        let holds = |all: bool, set: crate::location::LocationSet| {
            if all {
                return Truth::True;
            }
            let known = view.address.unwrap_or_default().union(view.country.unwrap_or_default());
            if set.intersects(known) {
                return Truth::True;
            }
            let mut needs = FactSet::EMPTY;
            if view.address.is_none() && set.intersects(locations.by_address()) {
                needs.insert(Fact::ClientIp);
            }
            if view.country.is_none() && set.intersects(locations.by_country()) {
                needs.insert(Fact::ClientCountry);
            }
            if needs.is_empty() && !set.intersects(locations.unknowable()) {
                return Truth::False;
            }
            Truth::Unknown(needs)
        };
        holds(self.include_all, self.include).and(!holds(self.exclude_all, self.exclude))
    }
}
