//! Which of a policy's lists hold a request.

use crate::bits::Bits;
use crate::policy::Facts;
use crate::policy::model::{Definition, Mask};
use crate::policy::result::Condition;
use crate::policy::state::State;
use crate::policy::table::{Pair, Table, list};
use crate::policy::truth::Truth;
use crate::request::{PrincipalKind, TransferMethod};
use crate::vocabulary::vocabulary;
use crate::write::written;

vocabulary! {
    /// Why a condition matched: Graph `conditionalAccessRule`. Names of agents, workloads and user actions, for
    /// which Graph has none, are ours.
    #[expect(missing_docs, reason = "each is the list, or the value in it, of the same name")]
    pub enum Rule {
        AllApps = "allApps",
        Office365 = "office365",
        MicrosoftAdminPortals = "microsoftAdminPortals",
        AllAgentIdResources = "allAgentIdResources",
        AppId = "appId",
        AppFilter = "appFilter",
        Acr = "acr",
        UserAction = "userAction",
        AllUsers = "allUsers",
        AllAgentIdUsers = "allAgentIdUsers",
        UserId = "userId",
        GroupId = "groupId",
        RoleId = "roleId",
        InternalGuest = "internalGuest",
        B2bCollaborationGuest = "b2bCollaborationGuest",
        B2bCollaborationMember = "b2bCollaborationMember",
        B2bDirectConnectUser = "b2bDirectConnectUser",
        OtherExternalUser = "otherExternalUser",
        ServiceProvider = "serviceProvider",
        AllServicePrincipals = "allServicePrincipals",
        ServicePrincipalId = "servicePrincipalId",
        ServicePrincipalFilter = "servicePrincipalFilter",
        AllDevicePlatforms = "allDevicePlatforms",
        DevicePlatform = "devicePlatform",
        AllLocations = "allLocations",
        AllTrustedLocations = "allTrustedLocations",
        LocationId = "locationId",
        DeviceFilter = "deviceFilter",
        DeviceFilterIncludeRuleNotMatched = "deviceFilterIncludeRuleNotMatched",
        DeviceCodeFlow = "deviceCodeFlow",
        AuthenticationTransfer = "authenticationTransfer",
        InsiderRisk = "insiderRisk",
    }
}

/// Graph `conditionalAccessRuleSatisfied`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleSatisfied {
    /// The condition.
    pub conditional_access_condition: Condition,
    /// What of it holds the request.
    pub rule_satisfied: Rule,
}

written!(RuleSatisfied {
    "conditionalAccessCondition" => conditional_access_condition,
    "ruleSatisfied" => rule_satisfied,
});

/// What of one side (0 include, 1 exclude) of a policy's lists holds the request, by the order of conditions.
pub(super) fn rules(
    table: &Table,
    state: &State<'_>,
    facts: &Facts<'_>,
    (index, policy): (usize, &Definition),
    side: usize,
) -> Vec<RuleSatisfied> {
    let mut found = Found { policy: index, side, rules: Vec::new() };
    found.principal(table, state);
    found.application(table, state, facts);
    found.rest(policy, state, facts);
    found.rules
}

struct Found {
    policy: usize,
    side: usize,
    rules: Vec<RuleSatisfied>,
}

impl Found {
    fn add(&mut self, condition: Condition, rule: Rule, policies: Bits) {
        let found = RuleSatisfied { conditional_access_condition: condition, rule_satisfied: rule };
        if policies.contains(self.policy) && !self.rules.contains(&found) {
            self.rules.push(found);
        }
    }

    fn of(&self, pair: Option<&Pair>) -> Bits {
        pair.and_then(|pair| pair.get(self.side)).copied().unwrap_or_default()
    }

    fn principal(&mut self, table: &Table, state: &State<'_>) {
        const GUESTS: [Rule; 6] = [
            Rule::InternalGuest,
            Rule::B2bCollaborationGuest,
            Rule::B2bCollaborationMember,
            Rule::B2bDirectConnectUser,
            Rule::OtherExternalUser,
            Rule::ServiceProvider,
        ];
        let condition = Condition::Users;
        let row = |rows: &[Bits; 8], list: usize| rows.get(list).copied().unwrap_or_default();
        let Some(kind) = state.kind() else { return };
        let side = self.side;
        let listed = |list: usize| state.id.map_or(Bits::EMPTY, |rows| row(rows, list + side));
        let lists = match kind {
            PrincipalKind::User | PrincipalKind::Anonymous => None,
            PrincipalKind::AgentUser => Some(list::AGENT_USERS),
            PrincipalKind::Workload => Some(list::WORKLOADS),
            PrincipalKind::Agent => Some(list::AGENTS),
        };
        if let Some(list) = lists {
            let (by_id, everyone) = (listed(list), row(&table.all_ids, list + side));
            self.add(condition, Rule::AllServicePrincipals, everyone);
            self.add(condition, Rule::ServicePrincipalId, by_id);
            let filtered = state.principal_filters.map_or(Bits::EMPTY, |rows| row(rows, list + side));
            self.add(condition, Rule::ServicePrincipalFilter, filtered);
        }
        if matches!(kind, PrincipalKind::Workload | PrincipalKind::Agent) {
            return;
        }
        let users = listed(list::USERS);
        self.add(condition, Rule::AllUsers, self.of(Some(&table.everyone)));
        if kind == PrincipalKind::Anonymous {
            return;
        }
        if kind == PrincipalKind::AgentUser {
            self.add(condition, Rule::AllAgentIdUsers, self.of(Some(&table.all_agent_users)));
        }
        self.add(condition, Rule::UserId, users);
        self.add(condition, Rule::GroupId, self.of(state.groups));
        self.add(condition, Rule::RoleId, self.of(state.roles));
        for (guests, pair) in &table.guests {
            for (rule, guest) in GUESTS.into_iter().zip(1..) {
                let of_tenant = guests.tenants.as_ref().is_none_or(|tenants| {
                    state.external_tenant.is_some_and(|tenant| tenants.contains(&tenant))
                });
                if state.guest_types == 1 << guest && guests.types.has(guest) && of_tenant {
                    self.add(condition, rule, self.of(Some(pair)));
                }
            }
        }
    }

    fn application(&mut self, table: &Table, state: &State<'_>, facts: &Facts<'_>) {
        const GROUPS: [(&str, Rule); 3] = [
            ("Office365", Rule::Office365),
            ("MicrosoftAdminPortals", Rule::MicrosoftAdminPortals),
            ("AllAgentIdResources", Rule::AllAgentIdResources),
        ];
        let condition = Condition::Application;
        self.add(condition, Rule::AllApps, self.of(Some(&table.all_applications)));
        self.add(condition, Rule::AppId, self.of(state.application));
        self.add(condition, Rule::AppFilter, self.of(state.application_filters));
        let groups = self.of(state.application_groups);
        for group in facts.request.resource.application_groups.iter().flatten() {
            if let Some((_, rule)) = GROUPS.iter().find(|(name, _)| name.eq_ignore_ascii_case(group)) {
                self.add(condition, *rule, groups);
            }
        }
        if self.side == 0 {
            let [action] = state.user_action.copied().unwrap_or_default();
            let [context] = state.authentication_context.copied().unwrap_or_default();
            self.add(condition, Rule::UserAction, action);
            self.add(condition, Rule::Acr, context);
        }
    }

    fn rest(&mut self, policy: &Definition, state: &State<'_>, facts: &Facts<'_>) {
        let conditions = &policy.conditions;
        let this = Bits::only(self.policy);
        if let Some(platforms) = conditions.platforms {
            let mask = if self.side == 0 { platforms.include } else { platforms.exclude };
            let rule = if mask == Mask::ALL { Rule::AllDevicePlatforms } else { Rule::DevicePlatform };
            if state.platform().is_some_and(|platform| mask.has(platform)) {
                self.add(Condition::DevicePlatform, rule, this);
            }
        }
        if let Some(locations) = conditions.locations {
            let [all, trusted] = if self.side == 0 {
                [locations.include_all, locations.include_trusted]
            } else {
                [locations.exclude_all, locations.exclude_trusted]
            };
            if all {
                self.add(Condition::Location, Rule::AllLocations, this);
            } else {
                let rule = if trusted { Rule::AllTrustedLocations } else { Rule::LocationId };
                for located in state.locations {
                    self.add(Condition::Location, rule, self.of(located));
                }
            }
        }
        if let (Some(filter), Some(device)) = (&conditions.device, &state.device) {
            let rule = match (self.side, filter.exclude, filter.rule.matches(device)) {
                (0, false, Truth::True) | (1, true, Truth::True) => Some(Rule::DeviceFilter),
                (1, false, Truth::False) => Some(Rule::DeviceFilterIncludeRuleNotMatched),
                _ => None,
            };
            rule.into_iter().for_each(|rule| self.add(Condition::DeviceState, rule, this));
        }
        if self.side == 0 {
            let has = |mask: Option<Mask>, bit: u32| mask.is_some_and(|mask| mask.has(bit));
            match facts.request.session.transfer_method {
                Some(TransferMethod::None) | None => {}
                Some(method) if has(conditions.transfer_methods, method as u32) => {
                    let rule = match method {
                        TransferMethod::DeviceCodeFlow => Rule::DeviceCodeFlow,
                        _ => Rule::AuthenticationTransfer,
                    };
                    self.add(Condition::AuthenticationFlows, rule, this);
                }
                Some(_) => {}
            }
            if facts.request.risk.insider.is_some_and(|level| has(conditions.insider_risk, level as u32)) {
                self.add(Condition::InsiderRisk, Rule::InsiderRisk, this);
            }
        }
    }
}
