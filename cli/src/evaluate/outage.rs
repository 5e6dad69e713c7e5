//! `edgeward evaluate --outage`: who would be locked out or let in while sources of facts are down. Entra itself can
//! not simulate an outage (`resilience-defaults.md`, testing).

use std::collections::BTreeMap;

use clap::ValueEnum;
use edgeward::decision::{Decision, Outcome};
use edgeward::policy::{Outage, PolicyState};
use edgeward::request::Client;
use edgeward::{Engine, Request};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::output::Output;

/// Where facts come from that may be down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// The central scorer: risk levels of others than the edge, and the principal's past
    Scorer,
    /// Geolocation: country, city, position, network and proxy of the address, position of the authenticator
    Geo,
    /// The directory: groups, roles, kind of guest, groups of applications
    Directory,
    /// Device management: everything about the device but its platform and its cookie
    Devices,
    /// The platform's own bot product
    Bots,
}

impl Source {
    /// Makes unknown what only this source tells.
    fn silence(self, request: &mut Request<'_>) {
        match self {
            Self::Scorer => {
                request.risk = edgeward::request::RiskFacts::default();
                request.profile = None;
            }
            Self::Geo => {
                let Client { ip, compliant_network, app_type, .. } = std::mem::take(&mut request.client);
                request.client = Client { ip, compliant_network, app_type, ..Client::default() };
            }
            Self::Directory => {
                let principal = &mut request.principal;
                (principal.groups, principal.roles) = (None, None);
                (principal.guest_type, principal.external_tenant) = (None, None);
                request.resource.application_groups = None;
            }
            Self::Devices => {
                let device = std::mem::take(&mut request.device);
                request.device.platform = device.platform;
                request.device.cookie = device.cookie;
            }
            Self::Bots => request.platform_bot = edgeward::request::PlatformBot::default(),
        }
    }
}

/// What an outage does to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
enum Change {
    /// Blocked, and is not otherwise.
    LockedOut,
    /// More is demanded than otherwise.
    Challenged,
    /// Less is demanded than otherwise, or nothing, or the request is not blocked.
    LetIn,
    /// What happens otherwise depends on what the scorer would answer; `--answer` says it.
    Unsettled,
    /// The same.
    None,
}

impl Change {
    fn between(normal: &Decision<'_>, outage: &Decision<'_>) -> Self {
        let strength = |outcome| match outcome {
            Outcome::Allow | Outcome::Defer => 0,
            Outcome::Challenge => 1,
            Outcome::Block => 2,
        };
        let (before, after) = (strength(normal.outcome), strength(outage.outcome));
        if normal.is_deferred() {
            return Self::Unsettled;
        }
        let lost = normal.controls.iter().any(|control| !outage.controls.contains(control));
        let added = outage.controls.iter().any(|control| !normal.controls.contains(control));
        match after.cmp(&before) {
            std::cmp::Ordering::Greater if outage.outcome == Outcome::Block => Self::LockedOut,
            std::cmp::Ordering::Greater => Self::Challenged,
            std::cmp::Ordering::Less => Self::LetIn,
            std::cmp::Ordering::Equal if lost => Self::LetIn,
            std::cmp::Ordering::Equal if added => Self::Challenged,
            std::cmp::Ordering::Equal => Self::None,
        }
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    outcome: Outcome,
    controls: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policies: Vec<Settled<'a>>,
}

/// A policy that could not be evaluated, and what was done instead.
#[derive(Serialize)]
struct Settled<'a> {
    id: &'a str,
    outage: Outage,
}

impl<'a> Answer<'a> {
    fn of(decision: &Decision<'a>) -> Self {
        let settled = decision.policies.iter().filter_map(|result| {
            let enforced = result.policy.state() == PolicyState::Enabled;
            Some(Settled { id: result.policy.id(), outage: result.outage.filter(|_| enforced)? })
        });
        let controls = decision.controls.iter().map(|control| control.name()).collect();
        Self { outcome: decision.outcome, controls, policies: settled.collect() }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    line: usize,
    change: Change,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    normal: Answer<'a>,
    outage: Answer<'a>,
}

/// Requests by what an outage does to them.
#[derive(Default)]
pub struct Summary {
    requests: usize,
    changes: BTreeMap<Change, usize>,
    transitions: BTreeMap<String, usize>,
}

impl Summary {
    /// Decides one request with all facts and without those of the sources; `normal` is the one with all. Writes a
    /// line.
    pub fn compare(
        &mut self,
        line: usize,
        engine: &Engine,
        request: &Request<'_>,
        normal: &Decision<'_>,
        sources: &[Source],
        output: &mut Output,
    ) -> Result<(), Failure> {
        let mut silenced = request.clone();
        for source in sources {
            source.silence(&mut silenced);
        }
        let outage = engine.resume(&silenced);
        let change = Change::between(normal, &outage);
        self.requests += 1;
        *self.changes.entry(change).or_default() += 1;
        let transition = format!("{} -> {}", normal.outcome.name(), outage.outcome.name());
        *self.transitions.entry(transition).or_default() += 1;
        let principal = request.principal.id.as_deref();
        let (normal, outage) = (Answer::of(normal), Answer::of(&outage));
        output.line(&Line { line, change, principal, normal, outage })
    }

    /// Writes the counts, as the last line.
    pub fn finish(self, sources: &[Source], output: &mut Output) -> Result<Status, Failure> {
        let count = |change| self.changes.get(&change).copied().unwrap_or_default();
        let (locked_out, let_in) = (count(Change::LockedOut), count(Change::LetIn));
        let names =
            sources.iter().filter_map(|source| Some(source.to_possible_value()?.get_name().to_owned()));
        output.line(&serde_json::json!({"summary": {
            "sources": names.collect::<Vec<_>>(),
            "requests": self.requests,
            "lockedOut": locked_out,
            "challenged": count(Change::Challenged),
            "letIn": let_in,
            "unsettled": count(Change::Unsettled),
            "same": count(Change::None),
            "transitions": self.transitions,
        }}))?;
        Ok(if locked_out + let_in > 0 { Status::Findings } else { Status::Clean })
    }
}
