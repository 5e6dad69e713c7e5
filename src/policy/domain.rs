//! The values that an open fact may turn out to have, as far as the policies at stake tell them apart.

use super::PolicySet;
use super::cases::MAX_CASES;
use super::control::ControlSet;
use super::device_filter::{Attribute, AttributeType, AttributeValue, Comparison, Operator};
use super::path::PathPattern;
use super::result::Condition;
use super::state::{KINDS, State, met_at_age, paths};
use super::symbol::Symbol;
use super::table::{CHOICES, LOCATION_FACTS, Table};
use super::wide::{Wide, different, selections, wide, widened};
use crate::bits::Bits;
use crate::fact::Fact;
use crate::request::Text;
use crate::sort::sort;

/// Most texts that one attribute is tried with beside those that rules state.
const MAX_PARTS: usize = 6;

/// An open fact and its values. `None`: more than can be looked at, with those of the other facts.
pub(super) struct Variable<'a> {
    /// `None`: no fact of a request would tell.
    pub(super) fact: Option<Fact>,
    pub(super) values: Option<Vec<Value<'a>>>,
}

/// A value, as the policies that it matches.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Kind(usize),
    Rows(Listed, Box<Wide>),
    GuestType(usize),
    ExternalTenant(Symbol),
    Choice(usize, usize),
    Attribute(Attribute, AttributeValue<'a>),
    Undecidable(usize, bool),
    Methods(ControlSet),
    Age(u32),
}

/// Facts whose values are rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Listed {
    Id,
    PrincipalFilters,
    Groups,
    Roles,
    Application,
    ApplicationGroups,
    ApplicationFilters,
    UserAction,
    AuthenticationContext,
    /// By its place in [`LOCATION_FACTS`].
    Location(usize),
    AgentName,
    Path,
    Method,
}

impl Listed {
    fn put<'a>(self, rows: &'a Wide, state: &mut State<'a>) {
        match self {
            Self::Id => state.id = Some(rows),
            Self::PrincipalFilters => state.principal_filters = Some(rows),
            Self::Groups => state.groups = rows.first_chunk(),
            Self::Roles => state.roles = rows.first_chunk(),
            Self::Application => state.application = rows.first_chunk(),
            Self::ApplicationGroups => state.application_groups = rows.first_chunk(),
            Self::ApplicationFilters => state.application_filters = rows.first_chunk(),
            Self::UserAction => state.user_action = rows.first_chunk(),
            Self::AuthenticationContext => state.authentication_context = rows.first_chunk(),
            Self::Location(place) => {
                if let Some(known) = state.locations.get_mut(place) {
                    *known = rows.first_chunk();
                }
            }
            Self::AgentName => state.agent_name = rows.first_chunk(),
            Self::Path => state.path = rows.first().copied(),
            Self::Method => state.method = rows.first_chunk(),
        }
    }
}

impl<'a> Value<'a> {
    /// Makes the fact have this value.
    pub(super) fn put(&'a self, table: &Table, state: &mut State<'a>) {
        match *self {
            Self::Kind(bit) => {
                state.kinds = 1 << bit;
                // Nobody has never signed in, whatever age is supposed; one that is stated stays.
                if state.is_anonymous() {
                    state.by_age.get_or_insert(ControlSet::EMPTY);
                }
            }
            Self::Rows(listed, ref rows) => listed.put(rows, state),
            Self::GuestType(bit) => state.guest_types = 1 << bit,
            Self::ExternalTenant(tenant) => state.external_tenant = Some(tenant),
            Self::Choice(place, bit) => {
                if let Some(possible) = state.choices.get_mut(place) {
                    *possible = 1 << bit;
                }
            }
            Self::Attribute(attribute, value) => {
                if attribute == Attribute::IS_COMPLIANT {
                    state.is_compliant = Some(value == AttributeValue::Text("True"));
                }
                if attribute == Attribute::TRUST_TYPE {
                    state.is_hybrid_joined = Some(value == AttributeValue::Text("ServerAD"));
                }
                if let Some(device) = &mut state.device {
                    device.set(attribute, value);
                }
            }
            Self::Undecidable(policy, matches) => {
                let (matching, open) = &mut state.undecidable;
                *open = *open & !Bits::only(policy);
                if matches {
                    matching.insert(policy);
                }
            }
            Self::Methods(met) => state.by_methods = Some(met),
            Self::Age(_) if state.is_anonymous() => {}
            Self::Age(age) => state.by_age = Some(met_at_age(table, age)),
        }
    }
}

/// Texts and lists made up for device attributes, which values borrow.
pub(super) struct Arena(Vec<(Attribute, Made)>);

enum Made {
    Texts(Vec<String>),
    Lists(Vec<Vec<Text<'static>>>),
    /// More than can be looked at.
    TooMany,
}

impl Arena {
    pub(super) fn new(set: &PolicySet, state: &State<'_>, relevant: Bits) -> Self {
        let Some(device) = &state.device else { return Self(Vec::new()) };
        let mut comparisons = Vec::new();
        for (rule, [include, exclude]) in &set.table.device_rules {
            if (*include | *exclude).intersects(relevant) {
                rule.comparisons(&mut comparisons);
            }
        }
        let mut attributes: Vec<Attribute> =
            comparisons.iter().map(|comparison| comparison.attribute).collect();
        sort(&mut attributes);
        attributes.dedup();
        attributes.retain(|attribute| device.get(*attribute) == AttributeValue::Unknown);
        let made = attributes.into_iter().map(|attribute| {
            let of_it: Vec<&Comparison> =
                comparisons.iter().copied().filter(|comparison| comparison.attribute == attribute).collect();
            let made = match attribute.kind() {
                AttributeType::List => lists(&of_it).map_or(Made::TooMany, Made::Lists),
                _ => Made::Texts(texts(attribute, &of_it)),
            };
            (attribute, made)
        });
        Self(made.collect())
    }
}

/// Texts that the comparisons tell apart: what they state, and texts made of their parts.
fn texts(attribute: Attribute, comparisons: &[&Comparison]) -> Vec<String> {
    if attribute == Attribute::IS_COMPLIANT {
        return vec!["True".to_owned(), "False".to_owned()];
    }
    let values = |operator: Operator| {
        let of_it = comparisons.iter().filter(move |comparison| comparison.operator == operator);
        of_it.flat_map(|comparison| comparison.values.iter().map(String::as_str))
    };
    let mut candidates: Vec<String> = values(Operator::Equals).map(str::to_owned).collect();
    if attribute == Attribute::TRUST_TYPE {
        candidates.extend(["AzureAD", "ServerAD", "Workplace"].map(str::to_owned));
    }
    let parts: Vec<&str> = values(Operator::Contains).take(MAX_PARTS).collect();
    for start in std::iter::once("").chain(values(Operator::StartsWith)) {
        for end in std::iter::once("").chain(values(Operator::EndsWith)) {
            for subset in 0_usize..1 << parts.len() {
                // The separator is no part of any real value, so it keeps the parts from forming others.
                let chosen = parts.iter().enumerate().filter(|(bit, _)| subset >> bit & 1 != 0);
                let middle: String = chosen.map(|(_, part)| format!("\u{1}{part}")).collect();
                candidates.push(format!("{start}{middle}\u{1}{end}"));
            }
        }
    }
    let mut seen = Vec::new();
    candidates.retain(|text| {
        let signature: Vec<bool> = comparisons.iter().map(|comparison| comparison.holds(text)).collect();
        let new = attribute == Attribute::TRUST_TYPE || !seen.contains(&signature);
        seen.push(signature);
        new
    });
    candidates
}

/// Every selection of the elements that the comparisons name. `None`: more than can be looked at.
fn lists(comparisons: &[&Comparison]) -> Option<Vec<Vec<Text<'static>>>> {
    let mut elements: Vec<&String> = comparisons.iter().flat_map(|comparison| &comparison.values).collect();
    sort(&mut elements);
    elements.dedup();
    if elements.len() > MAX_CASES.ilog2() as usize {
        return None;
    }
    let selections = (0_usize..1 << elements.len()).map(|subset| {
        let chosen = elements.iter().enumerate().filter(|(bit, _)| subset >> bit & 1 != 0);
        chosen.map(|(_, element)| Text((*element).clone().into())).collect()
    });
    Some(selections.collect())
}

/// The open facts that the policies at stake depend on.
pub(super) fn variables<'a>(
    set: &PolicySet,
    state: &State<'_>,
    relevant: Bits,
    arena: &'a Arena,
) -> Vec<Variable<'a>> {
    let mut open = [Bits::EMPTY; Condition::ALL.len()];
    for reason in &set.table.conditions {
        if let Some(slot) = open.get_mut(*reason as usize) {
            *slot = set.table.condition(*reason, state).open() & relevant;
        }
    }
    let open = |reason: Condition| open.get(reason as usize).copied().unwrap_or_default();
    let mut found = Found { table: &set.table, variables: Vec::new(), selected: Vec::new() };
    found.principal(state, open(Condition::Users));
    found.target(state, open(Condition::Application));
    for (place, (reason, fact, values)) in CHOICES.into_iter().enumerate() {
        found.choice(state, place, fact, values, open(reason));
    }
    found.locations(state, open(Condition::Location));
    found.device(state, relevant, arena, open(Condition::DeviceState));
    found.edge(state, &open);
    for policy in open(Condition::Undecidable).iter() {
        let values = Some(vec![Value::Undecidable(policy, false), Value::Undecidable(policy, true)]);
        found.variables.push(Variable { fact: None, values });
    }
    found.controls(set, state, relevant);
    found.select();
    found.variables
}

struct Found<'t, 'a> {
    table: &'t Table,
    variables: Vec<Variable<'a>>,
    /// Facts of which any selection of some rows may hold, with the policies at stake.
    selected: Vec<(Fact, Listed, Vec<Wide>, Bits)>,
}

impl<'a> Found<'_, 'a> {
    fn add(&mut self, fact: Fact, values: Option<Vec<Value<'a>>>) {
        if values.as_ref().is_none_or(|values| values.len() > 1) {
            self.variables.push(Variable { fact: Some(fact), values });
        }
    }

    fn one_of(&mut self, fact: Fact, listed: Listed, rows: Vec<Wide>, at_stake: Bits) {
        self.add_rows(fact, listed, Some(different(rows, at_stake)));
    }

    fn some_of(&mut self, fact: Fact, listed: Listed, rows: Vec<Wide>, at_stake: Bits) {
        self.selected.push((fact, listed, rows, at_stake));
    }

    /// Makes the selections, of which there may be many, last: no more than there is room for beside all other facts.
    fn select(&mut self) {
        for (fact, listed, rows, at_stake) in std::mem::take(&mut self.selected) {
            let values =
                self.variables.iter().map(|variable| variable.values.as_ref().map_or(usize::MAX, Vec::len));
            let most = (MAX_CASES / values.fold(1, usize::saturating_mul)).max(1);
            self.add_rows(fact, listed, selections(rows, at_stake, most));
        }
    }

    fn add_rows(&mut self, fact: Fact, listed: Listed, rows: Option<Vec<Wide>>) {
        self.add(
            fact,
            rows.map(|rows| rows.into_iter().map(|rows| Value::Rows(listed, Box::new(rows))).collect()),
        );
    }

    fn principal(&mut self, state: &State<'_>, at_stake: Bits) {
        if at_stake.is_empty() {
            return;
        }
        let table = self.table;
        let kinds = (0..KINDS.len()).filter(|bit| state.kinds >> bit & 1 != 0).map(Value::Kind);
        self.add(Fact::PrincipalKind, Some(kinds.collect()));
        if state.id.is_none() {
            self.one_of(Fact::PrincipalId, Listed::Id, widened(table.ids.distinct()), at_stake);
        }
        // Whether filters hold is taken to be independent: at worst a fact is asked for that could not help.
        if state.principal_filters.is_none() {
            let rows = widened(table.principal_filters.iter().map(|(_, rows)| rows));
            self.some_of(Fact::PrincipalAttributes, Listed::PrincipalFilters, rows, at_stake);
        }
        if state.groups.is_none() {
            self.some_of(Fact::Groups, Listed::Groups, widened(table.groups.distinct()), at_stake);
        }
        if state.roles.is_none() {
            self.some_of(Fact::Roles, Listed::Roles, widened(table.roles.distinct()), at_stake);
        }
        let guests: Vec<_> = table
            .guests
            .iter()
            .filter(|(_, [include, exclude])| (*include | *exclude).intersects(at_stake))
            .map(|(guests, _)| guests)
            .collect();
        let mut signatures = Vec::new();
        let types = (0..7).filter(|bit| state.guest_types >> bit & 1 != 0).filter(|bit| {
            let signature: Vec<bool> = guests.iter().map(|guests| guests.types.has(*bit)).collect();
            let new = !signatures.contains(&signature);
            signatures.push(signature);
            new
        });
        let types = types.map(|bit| Value::GuestType(bit as usize)).collect();
        self.add(Fact::GuestType, Some(types));
        if state.external_tenant.is_none() {
            let named = guests.iter().filter_map(|guests| guests.tenants.as_deref()).flatten().copied();
            let mut tenants: Vec<Symbol> = named.chain([Symbol::OTHER]).collect();
            sort(&mut tenants);
            tenants.dedup();
            self.add(Fact::ExternalTenant, Some(tenants.into_iter().map(Value::ExternalTenant).collect()));
        }
    }

    fn target(&mut self, state: &State<'_>, at_stake: Bits) {
        let table = self.table;
        if state.application.is_none() {
            let rows = widened(table.applications.distinct());
            self.one_of(Fact::Application, Listed::Application, rows, at_stake);
        }
        if state.application_groups.is_none() {
            let rows = widened(table.application_groups.distinct());
            self.some_of(Fact::ApplicationGroups, Listed::ApplicationGroups, rows, at_stake);
        }
        if state.application_filters.is_none() {
            let rows = widened(table.application_filters.iter().map(|(_, pair)| pair));
            self.some_of(Fact::ResourceAttributes, Listed::ApplicationFilters, rows, at_stake);
        }
        if state.user_action.is_none() {
            let rows = widened(table.user_actions.distinct());
            self.one_of(Fact::UserAction, Listed::UserAction, rows, at_stake);
        }
        if state.authentication_context.is_none() {
            let rows = widened(table.authentication_contexts.distinct());
            self.one_of(Fact::AuthenticationContext, Listed::AuthenticationContext, rows, at_stake);
        }
    }

    fn choice(&mut self, state: &State<'_>, place: usize, fact: Fact, values: usize, at_stake: Bits) {
        let possible = state.choices.get(place).copied().unwrap_or_default();
        let rows = self.table.choices.get(place).into_iter().flatten().enumerate().take(values);
        let mut seen = Vec::new();
        let different = rows.filter(|(bit, row)| {
            let row = **row & at_stake;
            let new = possible >> bit & 1 != 0 && !seen.contains(&row);
            seen.extend(new.then_some(row));
            new
        });
        let values: Vec<_> = different.map(|(bit, _)| Value::Choice(place, bit)).collect();
        self.add(fact, Some(values));
    }

    fn locations(&mut self, state: &State<'_>, at_stake: Bits) {
        if at_stake.is_empty() {
            return;
        }
        let table = self.table;
        for (place, (fact, known)) in LOCATION_FACTS.into_iter().zip(&state.locations).enumerate() {
            if known.is_some() {
                continue;
            }
            let rows = match fact {
                // Two ranges of one address family can be disjoint, so every membership is one that some address has.
                Fact::ClientIp => table.by_address.as_slice(),
                Fact::ClientCountry => &table.by_country,
                Fact::GpsCountry => &table.by_gps_country,
                _ => std::slice::from_ref(&table.by_network),
            };
            self.one_of(fact, Listed::Location(place), widened(rows), at_stake);
        }
    }

    /// Compliance and the kind of join are asked for by filters and by grant controls: one fact each.
    fn device(&mut self, state: &State<'_>, relevant: Bits, arena: &'a Arena, filtered: Bits) {
        let demanded = |control: ControlSet| {
            let clauses = self.table.clauses.iter().filter(|(clause, _)| clause.intersects(control));
            clauses.fold(Bits::EMPTY, |all, (_, row)| all | *row).intersects(relevant)
        };
        let compliance = state.is_compliant.is_none() && demanded(self.table.by_device_compliance);
        let join = state.is_hybrid_joined.is_none() && demanded(self.table.by_device_trust);
        let mut made: Vec<Attribute> = Vec::new();
        for (attribute, of_it) in arena.0.iter().filter(|_| !filtered.is_empty()) {
            let value = |value| Value::Attribute(*attribute, value);
            let values = match of_it {
                Made::Texts(texts) => {
                    let texts = texts.iter().map(|text| AttributeValue::Text(text));
                    Some(texts.chain([AttributeValue::Null]).map(value).collect())
                }
                Made::Lists(lists) => {
                    Some(lists.iter().map(|list| AttributeValue::List(list)).map(value).collect())
                }
                Made::TooMany => None,
            };
            self.add(attribute.fact(), values);
            made.push(*attribute);
        }
        for (open, attribute, yes, no) in [
            (compliance, Attribute::IS_COMPLIANT, "True", "False"),
            (join, Attribute::TRUST_TYPE, "ServerAD", "AzureAD"),
        ] {
            if open && !made.contains(&attribute) {
                let values = [yes, no].map(|text| Value::Attribute(attribute, AttributeValue::Text(text)));
                self.add(attribute.fact(), Some(values.to_vec()));
            }
        }
    }

    fn edge(&mut self, state: &State<'_>, open: &impl Fn(Condition) -> Bits) {
        let table = self.table;
        if state.agent_name.is_none() {
            let rows = widened(table.agent_names.distinct());
            self.one_of(Fact::HttpHeaders, Listed::AgentName, rows, open(Condition::AgentName));
        }
        if state.path.is_none() && !open(Condition::Path).is_empty() {
            // Each pattern's own text, and a longer one that only prefixes match.
            let texts = table.paths.iter().flat_map(|(pattern, _)| {
                let (PathPattern::Exact(text) | PathPattern::Prefix(text)) = pattern;
                [text.clone(), format!("{text}\u{1}")]
            });
            let rows = texts.map(|text| wide([paths(table, &text)])).collect();
            self.one_of(Fact::HttpPath, Listed::Path, rows, open(Condition::Path));
        }
        if state.method.is_none() {
            let rows = widened(table.methods.distinct());
            self.one_of(Fact::HttpMethod, Listed::Method, rows, open(Condition::Method));
        }
    }

    /// Facts that only tell whether a demand is met.
    fn controls(&mut self, set: &PolicySet, state: &State<'_>, relevant: Bits) {
        let at_stake = self.table.clauses.iter().filter(|(_, row)| row.intersects(relevant));
        let at_stake = at_stake.fold(ControlSet::EMPTY, |all, (clause, _)| all.union(*clause));
        if state.by_methods.is_none() {
            let values = set.methods.reachable(at_stake.intersection(self.table.by_methods), MAX_CASES);
            self.add(Fact::SessionAmr, values.map(|sets| sets.into_iter().map(Value::Methods).collect()));
        }
        if state.by_age.is_none() {
            let limits = self.table.by_age.iter().filter(|(_, control)| control.intersects(at_stake));
            let ages = limits.map(|(limit, _)| *limit).chain([u32::MAX]);
            self.add(Fact::AuthTime, Some(ages.map(Value::Age).collect()));
        }
    }
}
