//! Reads Graph policies and named locations strictly: what Edgeward would not enforce, it refuses by path.

mod applications;
mod combinations;
mod conditions;
mod controls;
mod edge;
mod locations;
mod reader;
mod users;

use std::collections::BTreeMap;

use reader::{Members, Reader};

use super::control::{Control, ControlSet, Grant, MAX_CONTROLS};
use super::methods::{Combinations, Methods};
use super::model::{Definition, Policy, PolicyState};
use super::session_controls::SessionControls;
use super::symbol::{Symbol, Symbols};
use super::table::Table;
use super::{Directory, Issue, PolicySet, Severity, Written};
use crate::bits::Bits;
use crate::location::NamedLocations;
use crate::node::Node;
use crate::read::{self, Slot};
use crate::sort::sort;

/// Largest text of policies or of named locations, bytes.
pub const MAX_INPUT_BYTES: usize = 10 * 1024 * 1024;
/// Most policies in one set. Entra allows 240 in a tenant.
pub const MAX_POLICIES: usize = Bits::CAPACITY;

/// What parsing builds up.
struct Parser<'d> {
    reader: Reader,
    /// What exists, if that is known.
    directory: Option<&'d Directory>,
    symbols: Symbols,
    locations: NamedLocations,
    /// Ids of the named locations, in their order.
    location_ids: Vec<String>,
    /// What the policy being read is for, as far as warnings tell it apart.
    target: Target,
    /// The policy being read holds a condition that no fact decides.
    undecidable: bool,
    /// Combinations of the authentication strengths that policies demand, by lower-case id.
    strengths: BTreeMap<String, Combinations>,
}

/// What only warnings ask of the applications of a policy.
#[derive(Default)]
struct Target {
    /// The user action of registering a device is included.
    registers_device: bool,
    /// Nothing but Exchange Online is included.
    is_exchange: bool,
    /// Nothing is included but what honours `applicationEnforcedRestrictions`.
    restricts_itself: bool,
}

/// A policy whose demands are not numbered yet.
struct Draft {
    policy: Policy,
    definition: Definition,
    target: Target,
    clauses: Vec<Vec<Control>>,
}

pub(super) fn parse(
    policies: &str,
    named_locations: &str,
    directory: Option<&Directory>,
) -> Result<(Written, Vec<Issue>), Vec<Issue>> {
    let mut parser = Parser {
        reader: Reader::default(),
        directory,
        symbols: Symbols::default(),
        locations: NamedLocations::default(),
        location_ids: Vec::new(),
        target: Target::default(),
        undecidable: false,
        strengths: BTreeMap::new(),
    };
    if let Some(node) = parser.read_json(named_locations, "namedLocations") {
        parser.reader.at("namedLocations", |reader| {
            let mut locations = locations::named_locations(reader, node);
            locations.extend(locations::built_in(&locations, policies));
            parser.locations = NamedLocations::new(&locations);
            parser.location_ids = locations.into_iter().map(|location| location.id).collect();
        });
    }
    let mut drafts = Vec::new();
    if let Some(node) = parser.read_json(policies, "policies") {
        drafts = parser.policies(node);
    }
    let (policies, controls) = parser.number_controls(drafts);
    let issues = parser.reader.into_issues();
    if issues.iter().any(|issue| issue.severity == Severity::Error) {
        return Err(issues);
    }
    let methods = Methods::new(&controls, &parser.strengths);
    let table = Table::new(&policies, &controls, &methods, &parser.locations);
    let (symbols, locations) = (parser.symbols, parser.locations);
    let (policies, definitions) = policies.into_iter().unzip();
    let set = PolicySet { policies, controls, methods, symbols, locations, table };
    Ok((Written { set, definitions }, issues))
}

impl Parser<'_> {
    /// Steps into a member with the whole parser in hand.
    fn member<T>(
        &mut self,
        members: &mut Members,
        name: &'static str,
        read: impl FnOnce(&mut Self, Node) -> Option<T>,
    ) -> Option<T> {
        let node = members.take(name)?;
        let outer = self.reader.enter_member(name);
        let value = read(self, node);
        self.reader.leave(outer);
        value
    }

    /// Reads an object with the whole parser in hand.
    fn object<T>(&mut self, node: Node, read: impl FnOnce(&mut Self, &mut Members) -> T) -> Option<T> {
        let mut members = self.reader.open(node)?;
        let value = read(self, &mut members);
        self.reader.close(members);
        Some(value)
    }

    fn list(&mut self, node: Node, mut each: impl FnMut(&mut Self, Node)) -> Option<()> {
        for (index, node) in self.reader.elements(node)?.into_iter().enumerate() {
            let outer = self.reader.enter_element(index);
            each(self, node);
            self.reader.leave(outer);
        }
        Some(())
    }

    /// A list of ids as symbols.
    fn symbols(&mut self, members: &mut Members, name: &'static str) -> Vec<Symbol> {
        let texts = self.reader.member(members, name, Reader::texts).unwrap_or_default();
        texts.iter().map(|text| self.symbols.intern(text)).collect()
    }

    fn read_json(&mut self, text: &str, input: &'static str) -> Option<Node> {
        self.reader.at(input, |reader| {
            if text.len() > MAX_INPUT_BYTES {
                let message = format!("{} bytes; the limit is {MAX_INPUT_BYTES}", text.len());
                reader.error(
                    "too_large",
                    &message,
                    "leave out policies that are disabled, or lists that groups can stand for",
                );
                return None;
            }
            let mut node = Node::Null;
            match read::from_json(text.trim_start_matches('\u{feff}'), Slot::Node(&mut node)) {
                Ok(()) => Some(node),
                Err(error) => {
                    reader.error(
                        "invalid_json",
                        &error.to_string(),
                        "export the file anew, or mend it at that place",
                    );
                    None
                }
            }
        })
    }

    fn policies(&mut self, node: Node) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = Vec::new();
        let outer = self.reader.enter_member("policies");
        let mut index = 0;
        self.list(node, |parser, node| {
            if index == MAX_POLICIES {
                let message = format!("the limit is {MAX_POLICIES}");
                parser.reader.error("too_many_policies", &message, "leave out policies that are disabled");
            }
            if index < MAX_POLICIES
                && let Some(draft) =
                    parser.object(node, |parser, members| parser.policy(members, index)).flatten()
            {
                let name = draft.policy.display_name.as_deref();
                if name.is_some() && drafts.iter().any(|other| other.policy.display_name.as_deref() == name) {
                    let (message, fix) = ("an earlier policy has the same name", "tell them apart by name");
                    let warn = |reader: &mut Reader| reader.warn_with_fix("duplicate_name", message, fix);
                    parser.reader.at("displayName", warn);
                }
                if drafts.iter().any(|other| other.policy.id.eq_ignore_ascii_case(&draft.policy.id)) {
                    let message = format!("the id `{}` is taken by an earlier policy", draft.policy.id);
                    parser
                        .reader
                        .at("id", |reader| reader.error("duplicate_id", &message, "remove one of the two"));
                }
                drafts.push(draft);
            }
            parser.reader.policy = None;
            index += 1;
        });
        self.reader.leave(outer);
        drafts
    }

    fn policy(&mut self, members: &mut Members, index: usize) -> Option<Draft> {
        let name = members.peek_text("displayName").or_else(|| members.peek_text("id"));
        self.reader.policy = name.map(str::to_owned);
        if !["state", "conditions", "grantControls", "sessionControls"]
            .into_iter()
            .any(|name| members.has(name))
        {
            // Each of its members would be refused, and there may be hundreds.
            let message = "none of the members that make a policy is there";
            self.reader.error(
                "not_a_policy",
                message,
                "leave it out, or take the list of policies out of it",
            );
            members.clear();
            return None;
        }
        Reader::ignore(
            members,
            &[
                "templateId",
                "createdDateTime",
                "modifiedDateTime",
                "deletedDateTime",
                "description",
                "policyApplies",
                "analysisReasons",
            ],
        );
        let id = self.reader.member(members, "id", Reader::text);
        let id = id.unwrap_or_else(|| {
            let fix = "export the policy with its id; without one it is named by its place";
            self.reader.warn_with_fix("missing_id", "the policy has no id", fix);
            format!("policies[{index}]")
        });
        let display_name = self.reader.member(members, "displayName", Reader::text);
        let state = self.state(members);
        let conditions = self.member(members, "conditions", |parser, node| {
            parser.object(node, |parser, members| parser.conditions(members))
        });
        let conditions = conditions.unwrap_or_else(|| {
            if !members.has("conditions") {
                self.reader.error("missing_member", "`conditions` is required", "export the policy anew");
            }
            super::model::Conditions::default()
        });
        let demands = self.controls(members);
        let grant = Grant { block: demands.block, clauses: Vec::new() };
        let draft = Draft {
            policy: Policy { id, display_name, state, blocks: grant.block },
            definition: Definition { conditions, grant, session: demands.session },
            target: std::mem::take(&mut self.target),
            clauses: demands.clauses,
        };
        combinations::check(&mut self.reader, &draft);
        Some(draft)
    }

    fn state(&mut self, members: &mut Members) -> PolicyState {
        let states: Vec<_> = PolicyState::ALL.iter().map(|state| (state.name(), *state)).collect();
        if !members.has("state") {
            let fix = "state one of: enabled, disabled, enabledForReportingButNotEnforced";
            self.reader.error("missing_member", "`state` is required", fix);
        }
        let state = self.reader.member(members, "state", |reader, node| {
            let text = reader.text(node)?;
            reader.choice(&text, &states)
        });
        state.unwrap_or(PolicyState::Disabled)
    }

    /// Gives every control a number, in prompt order whatever the order of the policies.
    fn number_controls(&mut self, drafts: Vec<Draft>) -> (Vec<(Policy, Definition)>, Vec<Control>) {
        let mut controls: Vec<Control> =
            drafts.iter().flat_map(|draft| draft.clauses.iter().flatten()).cloned().collect();
        sort(&mut controls);
        controls.dedup();
        if controls.len() > MAX_CONTROLS {
            let message = format!(
                "the policies demand {} different controls; the limit is {MAX_CONTROLS}",
                controls.len()
            );
            self.reader.at("policies", |reader| {
                reader.error("too_many_controls", &message, "let policies share terms of use and strengths")
            });
            controls.truncate(MAX_CONTROLS);
        }
        let policies = drafts
            .into_iter()
            .map(|draft| {
                let mut definition = draft.definition;
                definition.grant.clauses = draft
                    .clauses
                    .iter()
                    .map(|clause| {
                        clause
                            .iter()
                            .filter_map(|control| controls.binary_search(control).ok())
                            .fold(ControlSet::EMPTY, |set, index| set.union(ControlSet::only(index)))
                    })
                    .collect();
                (draft.policy, definition)
            })
            .collect();
        (policies, controls)
    }
}

/// The place of a named location.
fn place_of(ids: &[String], id: &str) -> Option<usize> {
    ids.iter().position(|known| known.eq_ignore_ascii_case(id))
}

/// What the controls of a policy come to.
#[derive(Default)]
struct Demands {
    block: bool,
    clauses: Vec<Vec<Control>>,
    session: SessionControls,
}
