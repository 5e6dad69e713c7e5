//! Policies turned on their side: for every condition and every value a fact can have, the set of policies that
//! match. Evaluating is then a few set operations per condition, whatever the number of policies.

use super::attribute_filter::AttributeFilter;
use super::control::{Control, ControlSet};
use super::device_filter::Rule;
use super::methods::Methods;
use super::model::{
    ApplicationList, Definition, Guests, Mask, MaskPair, Policy, PolicyState, SymbolPair, UserList,
};
use super::path::PathPattern;
use super::result::Condition;
use super::rows::{Rows, RowsBuilder};
use super::session_controls::SessionControls;
use crate::bits::Bits;
use crate::compiled::compiled;
use crate::detection::DetectionKind;
use crate::fact::Fact;
use crate::location::{LocationSet, NamedLocations};

/// Lists of ids, as they are numbered in [`Table::ids`].
pub(super) mod list {
    pub(in crate::policy) const USERS: usize = 0;
    pub(in crate::policy) const WORKLOADS: usize = 2;
    pub(in crate::policy) const AGENTS: usize = 4;
    pub(in crate::policy) const AGENT_USERS: usize = 6;
}

/// Facts that are one of a few values: their place in [`Table::choices`], the condition and how many values.
pub(super) const CHOICES: [(Condition, Fact, usize); 10] = [
    (Condition::ClientType, Fact::ClientAppType, 5),
    (Condition::DevicePlatform, Fact::DevicePlatform, 7),
    (Condition::SignInRisk, Fact::SignInRisk, 4),
    (Condition::UserRisk, Fact::UserRisk, 4),
    (Condition::ServicePrincipalRisk, Fact::ServicePrincipalRisk, 4),
    (Condition::AgentRisk, Fact::AgentRisk, 4),
    (Condition::InsiderRisk, Fact::InsiderRisk, 4),
    (Condition::AuthenticationFlows, Fact::TransferMethod, 3),
    (Condition::AgentClass, Fact::HttpHeaders, 10),
    (Condition::AgentVerification, Fact::HttpHeaders, 5),
];

/// The facts that decide locations, in the order of [`Table::locations`].
pub(super) const LOCATION_FACTS: [Fact; 4] =
    [Fact::ClientIp, Fact::ClientCountry, Fact::GpsCountry, Fact::CompliantNetwork];

/// Policies by what they include and what they exclude.
pub(super) type Pair = [Bits; 2];

/// All policies, compiled. Numbers in [`Bits`] are places of policies.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Policies that are not disabled.
    pub(super) active: Bits,
    /// Policies that are enforced.
    pub(super) enabled: Bits,
    pub(super) report_only: Bits,
    pub(super) block: Bits,
    pub(super) disable_resilience_defaults: Bits,
    /// Conditions that some active policy configures, in the order of [`Condition::ALL`].
    pub(super) conditions: Vec<Condition>,

    /// Includes or excludes everyone.
    pub(super) everyone: Pair,
    pub(super) all_agent_users: Pair,
    /// Lists of users, workloads, agents and agents' users; include, then exclude.
    pub(super) ids: Rows<8>,
    /// Policies that include, or exclude, every workload, agent and agent user.
    pub(super) all_ids: [Bits; 8],
    /// Filters of workloads, agents and agents' users, in the same lists.
    pub(super) principal_filters: Vec<(AttributeFilter, [Bits; 8])>,
    pub(super) groups: Rows<2>,
    pub(super) roles: Rows<2>,
    pub(super) guests: Vec<(Guests, Pair)>,

    /// Includes or excludes every application.
    pub(super) all_applications: Pair,
    pub(super) applications: Rows<2>,
    pub(super) application_groups: Rows<2>,
    pub(super) application_filters: Vec<(AttributeFilter, Pair)>,
    pub(super) user_actions: Rows<1>,
    pub(super) authentication_contexts: Rows<1>,

    /// For each of [`CHOICES`] and each of its values, the policies that match.
    pub(super) choices: [Vec<Bits>; 10],

    /// Policies without a location condition, or that include every location.
    pub(super) all_locations: Bits,
    pub(super) no_location: Bits,
    pub(super) locations: Vec<Pair>,
    /// Policies that name a location that the fact decides.
    pub(super) location_facts: [Pair; 4],

    /// Policies without a device filter.
    pub(super) any_device: Bits,
    pub(super) device_rules: Vec<(Rule, Pair)>,

    /// Policies that include every agent name.
    pub(super) any_name: Bits,
    pub(super) agent_names: Rows<2>,
    pub(super) any_detection: Bits,
    pub(super) detections: Vec<(DetectionKind, Bits)>,
    pub(super) any_path: Bits,
    pub(super) paths: Vec<(PathPattern, Bits)>,
    pub(super) any_method: Bits,
    pub(super) methods: Rows<1>,
    pub(super) undecidable: Bits,

    /// Different demands: the policies that have each.
    pub(super) clauses: Vec<(ControlSet, Bits)>,
    pub(super) sessions: Vec<(SessionControls, Bits)>,
    /// Controls that each fact tells to be met.
    pub(super) by_device_compliance: ControlSet,
    pub(super) by_device_trust: ControlSet,
    pub(super) by_methods: ControlSet,
    /// Sign-in frequencies, seconds.
    pub(super) by_age: Vec<(u32, ControlSet)>,
}

compiled!(Table {
    active,
    enabled,
    report_only,
    block,
    disable_resilience_defaults,
    conditions,
    everyone,
    all_agent_users,
    ids,
    all_ids,
    principal_filters,
    groups,
    roles,
    guests,
    all_applications,
    applications,
    application_groups,
    application_filters,
    user_actions,
    authentication_contexts,
    choices,
    all_locations,
    no_location,
    locations,
    location_facts,
    any_device,
    device_rules,
    any_name,
    agent_names,
    any_detection,
    detections,
    any_path,
    paths,
    any_method,
    methods,
    undecidable,
    clauses,
    sessions,
    by_device_compliance,
    by_device_trust,
    by_methods,
    by_age,
});

impl Table {
    /// Of no policies.
    pub(super) fn none() -> Self {
        let pair = [Bits::EMPTY; 2];
        Self {
            active: Bits::EMPTY,
            enabled: Bits::EMPTY,
            report_only: Bits::EMPTY,
            block: Bits::EMPTY,
            disable_resilience_defaults: Bits::EMPTY,
            conditions: vec![Condition::Users, Condition::Application],
            everyone: pair,
            all_agent_users: pair,
            ids: Rows::none(),
            all_ids: [Bits::EMPTY; 8],
            principal_filters: Vec::new(),
            groups: Rows::none(),
            roles: Rows::none(),
            guests: Vec::new(),
            all_applications: pair,
            applications: Rows::none(),
            application_groups: Rows::none(),
            application_filters: Vec::new(),
            user_actions: Rows::none(),
            authentication_contexts: Rows::none(),
            choices: CHOICES.map(|(_, _, values)| vec![Bits::EMPTY; values]),
            all_locations: Bits::EMPTY,
            no_location: Bits::EMPTY,
            locations: Vec::new(),
            location_facts: [pair; 4],
            any_device: Bits::EMPTY,
            device_rules: Vec::new(),
            any_name: Bits::EMPTY,
            agent_names: Rows::none(),
            any_detection: Bits::EMPTY,
            detections: Vec::new(),
            any_path: Bits::EMPTY,
            paths: Vec::new(),
            any_method: Bits::EMPTY,
            methods: Rows::none(),
            undecidable: Bits::EMPTY,
            clauses: Vec::new(),
            sessions: Vec::new(),
            by_device_compliance: ControlSet::EMPTY,
            by_device_trust: ControlSet::EMPTY,
            by_methods: ControlSet::EMPTY,
            by_age: Vec::new(),
        }
    }

    pub(super) fn new(
        policies: &[(Policy, Definition)],
        controls: &[Control],
        methods: &Methods,
        named: &NamedLocations,
    ) -> Self {
        let mut builder = Builder::default();
        for (index, (policy, definition)) in policies.iter().enumerate() {
            if policy.state != PolicyState::Disabled {
                builder.add(index, policy.state, definition);
            }
        }
        builder.finish(policies, controls, methods, named)
    }
}

struct Builder {
    table: Table,
    ids: RowsBuilder<8>,
    groups: RowsBuilder<2>,
    roles: RowsBuilder<2>,
    applications: RowsBuilder<2>,
    application_groups: RowsBuilder<2>,
    user_actions: RowsBuilder<1>,
    authentication_contexts: RowsBuilder<1>,
    agent_names: RowsBuilder<2>,
    methods: RowsBuilder<1>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            table: Table::none(),
            ids: RowsBuilder::new(),
            groups: RowsBuilder::new(),
            roles: RowsBuilder::new(),
            applications: RowsBuilder::new(),
            application_groups: RowsBuilder::new(),
            user_actions: RowsBuilder::new(),
            authentication_contexts: RowsBuilder::new(),
            agent_names: RowsBuilder::new(),
            methods: RowsBuilder::new(),
        }
    }
}

impl Builder {
    fn add(&mut self, index: usize, state: PolicyState, policy: &Definition) {
        let table = &mut self.table;
        table.active.insert(index);
        match state {
            PolicyState::Enabled => table.enabled.insert(index),
            PolicyState::ReportOnly => table.report_only.insert(index),
            PolicyState::Disabled => {}
        }
        if policy.grant.block {
            table.block.insert(index);
        }
        if policy.session.disable_resilience_defaults {
            table.disable_resilience_defaults.insert(index);
        }
        for clause in &policy.grant.clauses {
            note(&mut table.clauses, clause, index);
        }
        if !policy.session.is_empty() {
            note(&mut table.sessions, &policy.session, index);
        }
        self.add_principals(index, policy);
        self.add_applications(index, policy);
        self.add_choices(index, policy);
        self.add_rest(index, policy);
    }

    fn add_principals(&mut self, index: usize, policy: &Definition) {
        let conditions = &policy.conditions;
        if let Some(users) = &conditions.users {
            self.add_users(index, 0, &users.include);
            self.add_users(index, 1, &users.exclude);
        }
        for (list, pair) in [
            (list::WORKLOADS, &conditions.workloads),
            (list::AGENTS, &conditions.agents),
            (list::AGENT_USERS, &conditions.agent_users),
        ] {
            let Some(pair) = pair else { continue };
            for (list, side) in [(list, &pair.include), (list + 1, &pair.exclude)] {
                self.ids.add(list, &side.ids, index);
                if let Some(filter) = &side.filter {
                    note_side(&mut self.table.principal_filters, filter, list, index);
                }
                if side.all
                    && let Some(row) = self.table.all_ids.get_mut(list)
                {
                    row.insert(index);
                }
            }
        }
    }

    fn add_users(&mut self, index: usize, side: usize, list: &UserList) {
        self.ids.add(list::USERS + side, &list.users, index);
        self.groups.add(side, &list.groups, index);
        self.roles.add(side, &list.roles, index);
        set(&mut self.table.everyone, side, list.all, index);
        set(&mut self.table.all_agent_users, side, list.agent_users, index);
        for guests in &list.guests {
            note_side(&mut self.table.guests, guests, side, index);
        }
    }

    fn add_applications(&mut self, index: usize, policy: &Definition) {
        let condition = &policy.conditions.applications;
        let mut side = |side: usize, list: &ApplicationList| {
            set(&mut self.table.all_applications, side, list.all, index);
            self.applications.add(side, &list.ids, index);
            self.application_groups.add(side, &list.groups, index);
            if let Some(filter) = &list.filter {
                note_side(&mut self.table.application_filters, filter, side, index);
            }
        };
        side(0, &condition.include);
        side(1, &condition.exclude);
        self.user_actions.add(0, &condition.user_actions, index);
        self.authentication_contexts.add(0, &condition.authentication_contexts, index);
    }

    fn add_choices(&mut self, index: usize, policy: &Definition) {
        let conditions = &policy.conditions;
        let plain = |mask: Option<Mask>| mask.map(|include| MaskPair { include, exclude: Mask::default() });
        let masks = [
            plain(conditions.client_app_types),
            conditions.platforms,
            plain(conditions.sign_in_risk),
            plain(conditions.user_risk),
            plain(conditions.service_principal_risk),
            plain(conditions.agent_risk),
            plain(conditions.insider_risk),
            plain(conditions.transfer_methods),
            conditions.edge.agent_classes,
            conditions.edge.agent_verification,
        ];
        for (rows, mask) in self.table.choices.iter_mut().zip(masks) {
            for (bit, row) in (0..).zip(rows) {
                if mask.is_none_or(|mask| mask.matches(bit)) {
                    row.insert(index);
                }
            }
        }
    }

    fn add_rest(&mut self, index: usize, policy: &Definition) {
        let table = &mut self.table;
        let conditions = &policy.conditions;
        match conditions.locations {
            None => table.all_locations.insert(index),
            Some(condition) => {
                if condition.include_all {
                    table.all_locations.insert(index);
                }
                if condition.exclude_all {
                    table.no_location.insert(index);
                }
                for (side, set) in [condition.include, condition.exclude].into_iter().enumerate() {
                    for location in set.iter() {
                        table.locations.resize(table.locations.len().max(location + 1), [Bits::EMPTY; 2]);
                        if let Some(pair) = table.locations.get_mut(location) {
                            self::set(pair, side, true, index);
                        }
                    }
                }
            }
        }
        match &conditions.device {
            None => table.any_device.insert(index),
            Some(filter) => {
                note_side(&mut table.device_rules, &filter.rule, usize::from(filter.exclude), index)
            }
        }
        let edge = &conditions.edge;
        match &edge.agent_names {
            None => table.any_name.insert(index),
            Some(SymbolPair { include, exclude }) => {
                if include.all {
                    table.any_name.insert(index);
                }
                self.agent_names.add(0, &include.ids, index);
                self.agent_names.add(1, &exclude.ids, index);
            }
        }
        match &edge.detections {
            None => table.any_detection.insert(index),
            Some(kinds) => kinds.iter().for_each(|kind| note(&mut table.detections, kind, index)),
        }
        match &edge.paths {
            None => table.any_path.insert(index),
            Some(patterns) => patterns.iter().for_each(|pattern| note(&mut table.paths, pattern, index)),
        }
        match &edge.methods {
            None => table.any_method.insert(index),
            Some(methods) => self.methods.add(0, methods, index),
        }
        if conditions.undecidable {
            table.undecidable.insert(index);
        }
    }

    fn finish(
        self,
        policies: &[(Policy, Definition)],
        controls: &[Control],
        methods: &Methods,
        named: &NamedLocations,
    ) -> Table {
        let mut table = Table {
            ids: self.ids.build(),
            groups: self.groups.build(),
            roles: self.roles.build(),
            applications: self.applications.build(),
            application_groups: self.application_groups.build(),
            user_actions: self.user_actions.build(),
            authentication_contexts: self.authentication_contexts.build(),
            agent_names: self.agent_names.build(),
            methods: self.methods.build(),
            by_methods: methods.controls(),
            ..self.table
        };
        for (fact, pair) in LOCATION_FACTS.into_iter().zip(&mut table.location_facts) {
            *pair = rows_of_locations(&table.locations, named.decided_by(fact));
        }
        for (index, control) in controls.iter().enumerate() {
            let control_set = ControlSet::only(index);
            match control {
                Control::CompliantDevice => table.by_device_compliance = control_set,
                Control::DomainJoinedDevice => table.by_device_trust = control_set,
                Control::SignInFrequency(seconds) => table.by_age.push((*seconds, control_set)),
                _ => {}
            }
        }
        table.conditions =
            Condition::ALL.iter().copied().filter(|reason| table.is_configured(*reason, policies)).collect();
        table
    }
}

impl Table {
    fn is_configured(&self, reason: Condition, policies: &[(Policy, Definition)]) -> bool {
        let some = |any: Bits| !(self.active & !any).is_empty();
        match reason {
            Condition::Users | Condition::Application => true,
            Condition::Location => {
                let mut active = policies.iter().filter(|(policy, _)| policy.state != PolicyState::Disabled);
                active.any(|(_, definition)| definition.conditions.locations.is_some())
            }
            Condition::DeviceState => some(self.any_device),
            Condition::AgentName => !self.agent_names.is_empty() || some(self.any_name),
            Condition::Detection => some(self.any_detection),
            Condition::Path => some(self.any_path),
            Condition::Method => some(self.any_method),
            Condition::Undecidable => !self.undecidable.is_empty(),
            _ => CHOICES
                .iter()
                .zip(&self.choices)
                .any(|((known, ..), rows)| *known == reason && rows.iter().any(|row| some(*row))),
        }
    }
}

/// The policies that name any of the locations.
pub(super) fn rows_of_locations(rows: &[Pair], locations: LocationSet) -> Pair {
    locations
        .iter()
        .filter_map(|location| rows.get(location))
        .fold([Bits::EMPTY; 2], |all, pair| super::rows::union(all, *pair))
}

fn set(rows: &mut [Bits], side: usize, on: bool, policy: usize) {
    if on && let Some(row) = rows.get_mut(side) {
        row.insert(policy);
    }
}

/// Adds the policy to those that have the value.
fn note<T: Clone + PartialEq>(rows: &mut Vec<(T, Bits)>, value: &T, policy: usize) {
    match rows.iter_mut().find(|(known, _)| known == value) {
        Some((_, row)) => row.insert(policy),
        None => rows.push((value.clone(), Bits::only(policy))),
    }
}

fn note_side<T: Clone + PartialEq, const N: usize>(
    rows: &mut Vec<(T, [Bits; N])>,
    value: &T,
    side: usize,
    policy: usize,
) {
    let place = rows.iter().position(|(known, _)| known == value).unwrap_or_else(|| {
        rows.push((value.clone(), [Bits::EMPTY; N]));
        rows.len() - 1
    });
    if let Some((_, pair)) = rows.get_mut(place) {
        set(pair, side, true, policy);
    }
}
