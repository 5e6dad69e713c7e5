//! What the rows before a sign-in tell about its principal and its address.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::net::IpAddr;

use edgeward::agent;
use edgeward::identifier::Identifiers;
use edgeward::profile::Profile;

use super::{Outcome, SignIn};

const HOUR: i64 = 3_600_000;

/// All that has happened so far, in time order.
#[derive(Default)]
pub struct History {
    profiles: HashMap<String, Profile<'static>>,
    failures: HashMap<String, VecDeque<i64>>,
    visitors: HashMap<IpAddr, VecDeque<(i64, String)>>,
    seen: HashSet<String>,
    since: i64,
}

impl History {
    /// Gives each request the profile and the counters it had at its time. Requests stay in place; those without a
    /// time or a principal get none. The log knows nothing before its first row: a principal's first request has
    /// no profile.
    pub fn attach(sign_ins: &mut [SignIn]) {
        let mut order: Vec<(i64, usize)> = sign_ins
            .iter()
            .enumerate()
            .filter_map(|(index, sign_in)| Some((sign_in.request.time?, index)))
            .collect();
        order.sort_unstable();
        let since = order.first().map_or(0, |(time, _)| *time);
        let mut history = Self { since, ..Self::default() };
        for (time, index) in order {
            if let Some(sign_in) = sign_ins.get_mut(index) {
                history.visit(sign_in, time);
            }
        }
    }

    fn visit(&mut self, sign_in: &mut SignIn, time: i64) {
        let request = &mut sign_in.request;
        let Some(principal) = request.principal.id.as_ref().map(ToString::to_string) else { return };
        request.profile = self.profiles.get(&principal).cloned();
        let failures = self.failures.get(&principal).map_or(0, |times| within_hour(times.iter(), time));
        request.velocity.user_failures_1h = self.counted(failures, 0, time);
        if let Some(ip) = request.client.ip {
            let visitors = self.visitors.entry(ip).or_default();
            visitors.push_back((time, principal.clone()));
            while visitors.front().is_some_and(|(seen, _)| time - seen >= HOUR) {
                visitors.pop_front();
            }
            let distinct = visitors.iter().map(|(_, visitor)| visitor).collect::<BTreeSet<_>>().len();
            request.velocity.ip_users_1h = self.counted(distinct, 1, time);
        }
        // Some exports repeat rows.
        let mut is_new = || sign_in.id.clone().is_none_or(|id| self.seen.insert(id));
        match sign_in.outcome {
            Some(Outcome::Success) if is_new() => {
                let profile = self.profiles.entry(principal).or_default();
                profile.learn(request, &agent::classify(request), &Identifiers::plain());
            }
            Some(Outcome::Refused) if is_new() => {
                self.failures.entry(principal).or_default().push_back(time);
            }
            _ => {}
        }
    }

    /// A count over less than an hour of log is a lower bound: nothing at all is then unknown.
    fn counted(&self, count: usize, least: usize, time: i64) -> Option<u32> {
        (time - self.since >= HOUR || count > least).then(|| u32::try_from(count).unwrap_or(u32::MAX))
    }
}

fn within_hour<'a>(times: impl Iterator<Item = &'a i64>, now: i64) -> usize {
    times.filter(|time| now - **time < HOUR).count()
}
