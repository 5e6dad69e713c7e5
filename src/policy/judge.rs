//! Which policies apply, all at once.

use super::result::Condition;
use super::rows::union;
use super::state::{KINDS, State};
use super::table::{CHOICES, Pair, Table, list};
use super::truth::Truth;
use crate::bits::Bits;
use crate::request::PrincipalKind;

/// Policies for which something is certainly so, and those for which it may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) must: Bits,
    pub(super) may: Bits,
}

impl Extent {
    #[inline]
    const fn known(bits: Bits) -> Self {
        Self { must: bits, may: bits }
    }

    /// Beside these a fact's policies, or all those that could match if it were known. Most facts are in no policy's list.
    #[inline]
    fn or_of(self, known: Option<&Bits>, any: &Bits) -> Self {
        match known {
            _ if any.is_empty() => self,
            Some(known) => self.or(Self::known(*known)),
            None => Self { may: self.may | *any, ..self },
        }
    }

    #[inline]
    fn or(self, other: Self) -> Self {
        Self { must: self.must | other.must, may: self.may | other.may }
    }

    #[inline]
    fn and(self, other: Self) -> Self {
        Self { must: self.must & other.must, may: self.may & other.may }
    }

    #[inline]
    fn but(self, excluded: Self) -> Self {
        Self { must: self.must & !excluded.may, may: self.may & !excluded.must }
    }

    /// Policies for which it is open.
    #[inline]
    pub(super) fn open(self) -> Bits {
        self.may & !self.must
    }
}

#[inline]
fn row<const N: usize>(rows: &[Bits; N], side: usize) -> &Bits {
    rows.get(side).unwrap_or(&Bits::EMPTY)
}

impl Table {
    /// Which policies apply. `trace` is told which do by the conditions before each, and what that came to, in the order of
    /// [`Self::conditions`].
    pub(super) fn judge(&self, state: &State<'_>, mut trace: impl FnMut(Extent, Extent)) -> Extent {
        let mut all = Extent::known(self.active);
        for reason in &self.conditions {
            let extent = self.condition(*reason, state);
            trace(all, extent);
            all = all.and(extent);
        }
        all
    }

    pub(super) fn condition(&self, reason: Condition, state: &State<'_>) -> Extent {
        match reason {
            Condition::Users => self.principal(state),
            Condition::Application => self.application(state),
            Condition::ClientType => self.choice(0, state),
            Condition::DevicePlatform => self.choice(1, state),
            Condition::Location => self.location(state),
            Condition::DeviceState => self.device(state),
            Condition::SignInRisk => self.choice(2, state),
            Condition::UserRisk => self.choice(3, state),
            Condition::ServicePrincipalRisk => self.choice(4, state),
            Condition::AgentRisk => self.choice(5, state),
            Condition::InsiderRisk => self.choice(6, state),
            Condition::AuthenticationFlows => self.choice(7, state),
            Condition::AgentClass => self.choice(8, state),
            Condition::AgentName => {
                let known = |side| state.agent_name.map(|pair| row(pair, side));
                let any = |side| row(self.agent_names.any(), side);
                let excluded = Extent::default().or_of(known(1), any(1));
                Extent::known(self.any_name).or_of(known(0), any(0)).but(excluded)
            }
            Condition::AgentVerification => self.choice(9, state),
            Condition::Detection => {
                let made = self.detections.iter().filter(|(kind, _)| state.detections.contains(*kind));
                Extent::known(made.fold(self.any_detection, |all, (_, row)| all | *row))
            }
            Condition::Path => {
                let any = self.paths.iter().fold(Bits::EMPTY, |all, (_, row)| all | *row);
                Extent::known(self.any_path).or_of(state.path.as_ref(), &any)
            }
            Condition::Method => {
                let known = state.method.map(|[row]| row);
                Extent::known(self.any_method).or_of(known, row(self.methods.any(), 0))
            }
            Condition::Undecidable => {
                let (matching, open) = state.undecidable;
                let must = !self.undecidable | matching;
                Extent { must, may: must | open }
            }
        }
    }

    fn choice(&self, place: usize, state: &State<'_>) -> Extent {
        let possible = state.choices.get(place).copied().unwrap_or_default();
        let rows = self.choices.get(place).map_or(&[][..], Vec::as_slice);
        if possible.is_power_of_two() {
            return rows
                .get(possible.trailing_zeros() as usize)
                .copied()
                .map_or(Extent::default(), Extent::known);
        }
        let values = CHOICES.get(place).map_or(0, |(_, _, values)| *values);
        let (mut must, mut may) = (!Bits::EMPTY, Bits::EMPTY);
        for (bit, row) in rows.iter().enumerate().take(values) {
            if possible >> bit & 1 != 0 {
                must = must & *row;
                may |= *row;
            }
        }
        Extent { must: must & may, may }
    }

    fn principal(&self, state: &State<'_>) -> Extent {
        let mut all: Option<Extent> = None;
        for (bit, kind) in KINDS.into_iter().enumerate() {
            if state.kinds >> bit & 1 == 0 {
                continue;
            }
            let extent = match kind {
                PrincipalKind::User => self.users(state, false),
                PrincipalKind::AgentUser => self.users(state, true).or(self.listed(state, list::AGENT_USERS)),
                PrincipalKind::Workload => self.listed(state, list::WORKLOADS),
                PrincipalKind::Agent => self.listed(state, list::AGENTS),
                // Nobody in particular: only "all users" covers an anonymous visitor, and no exclusion does.
                PrincipalKind::Anonymous => Extent::known(*row(&self.everyone, 0) & !*row(&self.everyone, 1)),
            };
            all =
                Some(all.map_or(extent, |all| Extent {
                    must: all.must & extent.must,
                    may: all.may | extent.may,
                }));
        }
        all.unwrap_or_default()
    }

    fn users(&self, state: &State<'_>, agent: bool) -> Extent {
        let side = |side: usize| {
            let mut everyone = *row(&self.everyone, side);
            if agent {
                everyone |= *row(&self.all_agent_users, side);
            }
            let of_id = list::USERS + side;
            let all = Extent::known(everyone)
                .or_of(state.id.map(|rows| row(rows, of_id)), row(self.ids.any(), of_id))
                .or_of(state.groups.map(|pair| row(pair, side)), row(self.groups.any(), side))
                .or_of(state.roles.map(|pair| row(pair, side)), row(self.roles.any(), side));
            if self.guests.is_empty() { all } else { all.or(self.guests(state, side)) }
        };
        side(0).but(side(1))
    }

    fn guests(&self, state: &State<'_>, side: usize) -> Extent {
        let mut all = Extent::default();
        for (guests, pair) in &self.guests {
            let types = guests.types.0;
            let possible = u32::from(state.guest_types) & 0x7f;
            let of_type = (possible & !types == 0, possible & types != 0);
            let of_tenant = match (&guests.tenants, state.external_tenant) {
                (None, _) => (true, true),
                (Some(tenants), Some(tenant)) => (tenants.contains(&tenant), tenants.contains(&tenant)),
                (Some(tenants), None) => (false, !tenants.is_empty()),
            };
            let row = row(pair, side);
            let when = |holds: bool| if holds { *row } else { Bits::EMPTY };
            all =
                all.or(Extent { must: when(of_type.0 && of_tenant.0), may: when(of_type.1 && of_tenant.1) });
        }
        all
    }

    /// Workloads, agents or agents' users: `place` is the include list, the exclude list comes after it.
    fn listed(&self, state: &State<'_>, place: usize) -> Extent {
        let side = |place: usize| {
            let known = state.id.map(|rows| row(rows, place));
            let filtered = state.principal_filters.map(|rows| row(rows, place));
            let any =
                self.principal_filters.iter().fold(Bits::EMPTY, |all, (_, rows)| all | *row(rows, place));
            Extent::known(*row(&self.all_ids, place))
                .or_of(known, row(self.ids.any(), place))
                .or_of(filtered, &any)
        };
        side(place).but(side(place + 1))
    }

    fn application<'s>(&self, state: &State<'s>) -> Extent {
        let filters = self.application_filters.iter();
        let any_filter = filters.fold([Bits::EMPTY; 2], |all, (_, pair)| union(all, *pair));
        let side = |side: usize| {
            let known = |pair: Option<&'s Pair>| pair.map(|pair| row(pair, side));
            Extent::known(*row(&self.all_applications, side))
                .or_of(known(state.application), row(self.applications.any(), side))
                .or_of(known(state.application_groups), row(self.application_groups.any(), side))
                .or_of(known(state.application_filters), row(&any_filter, side))
        };
        let [user_actions] = self.user_actions.any();
        let [contexts] = self.authentication_contexts.any();
        side(0)
            .or_of(state.user_action.map(|[row]| row), user_actions)
            .or_of(state.authentication_context.map(|[row]| row), contexts)
            .but(side(1))
    }

    fn location(&self, state: &State<'_>) -> Extent {
        let side = |side: usize| {
            let facts = state.locations.iter().zip(&self.location_facts);
            facts.fold(Extent::default(), |all, (known, any)| {
                all.or_of(known.map(|pair| row(pair, side)), row(any, side))
            })
        };
        Extent::known(self.all_locations).or(side(0)).but(Extent::known(self.no_location).or(side(1)))
    }

    fn device(&self, state: &State<'_>) -> Extent {
        let Some(device) = &state.device else { return Extent::known(!Bits::EMPTY) };
        let mut all = Extent::known(self.any_device);
        for (rule, pair) in &self.device_rules {
            let [include, exclude] = *pair;
            all = all.or(match rule.matches(device) {
                Truth::True => Extent::known(include),
                Truth::False => Extent::known(exclude),
                Truth::Unknown(_) => Extent { must: Bits::EMPTY, may: include | exclude },
            });
        }
        all
    }
}
