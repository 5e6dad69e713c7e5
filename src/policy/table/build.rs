//! From single policies to the table of all: each policy is noted under every value that it matches.

use super::{CHOICES, LOCATION_FACTS, Pair, Table, list};
use crate::bits::Bits;
use crate::location::{LocationSet, NamedLocations};
use crate::policy::control::{Control, ControlSet};
use crate::policy::methods::Methods;
use crate::policy::model::{
    ApplicationList, Definition, Mask, MaskPair, Policy, PolicyState, SymbolPair, UserList,
};
use crate::policy::result::Condition;
use crate::policy::rows::{RowsBuilder, union};

impl Table {
    /// Compiles policies, in their order.
    pub(in crate::policy) fn new(
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
    /// Policies that name each location.
    locations: Vec<Pair>,
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
            locations: Vec::new(),
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
                        let length = self.locations.len().max(location + 1);
                        self.locations.resize(length, [Bits::EMPTY; 2]);
                        if let Some(pair) = self.locations.get_mut(location) {
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
        let locations = &self.locations;
        let rows = |set| rows_of_locations(locations, set);
        for (fact, pair) in LOCATION_FACTS.into_iter().zip(&mut table.location_facts) {
            *pair = rows(named.decided_by(fact));
        }
        if !locations.is_empty() {
            table.by_address = named.address_sets().iter().copied().map(rows).collect();
            table.by_country = named.country_sets().map(rows).collect();
            table.by_gps_country = named.gps_country_sets().map(rows).collect();
            table.by_network = rows(named.compliant_network());
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

/// The policies that name any of the locations.
fn rows_of_locations(rows: &[Pair], locations: LocationSet) -> Pair {
    locations
        .iter()
        .filter_map(|location| rows.get(location))
        .fold([Bits::EMPTY; 2], |all, pair| union(all, *pair))
}
