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

    /// A fact's policies, or all those that could match if it were known.
    #[inline]
    fn of(known: Option<Bits>, any: Bits) -> Self {
        known.map_or(Self { must: Bits::EMPTY, may: any }, Self::known)
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
fn row<const N: usize>(rows: &[Bits; N], side: usize) -> Bits {
    rows.get(side).copied().unwrap_or_default()
}

impl Table {
    /// Which policies apply. `trace` is told what each condition came to.
    pub(super) fn judge(&self, state: &State<'_>, mut trace: impl FnMut(Condition, Extent)) -> Extent {
        let mut all = Extent::known(self.active);
        for reason in &self.conditions {
            let extent = self.condition(*reason, state);
            trace(*reason, extent);
            all = all.and(extent);
        }
        all
    }

    fn condition(&self, reason: Condition, state: &State<'_>) -> Extent {
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
                let side = |side| {
                    Extent::of(
                        state.agent_name.map(|pair| row(pair, side)),
                        row(self.agent_names.any(), side),
                    )
                };
                Extent::known(self.any_name).or(side(0)).but(side(1))
            }
            Condition::AgentVerification => self.choice(9, state),
            Condition::Detection => {
                let made = self.detections.iter().filter(|(kind, _)| state.detections.contains(*kind));
                Extent::known(made.fold(self.any_detection, |all, (_, row)| all | *row))
            }
            Condition::Path => {
                let any = self.paths.iter().fold(Bits::EMPTY, |all, (_, row)| all | *row);
                Extent::known(self.any_path).or(Extent::of(state.path, any))
            }
            Condition::Method => {
                let known = state.method.map(|[row]| *row);
                Extent::known(self.any_method).or(Extent::of(known, row(self.methods.any(), 0)))
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
        let values = CHOICES.get(place).map_or(0, |(_, _, values)| *values);
        let (mut must, mut may) = (!Bits::EMPTY, Bits::EMPTY);
        for (bit, row) in self.choices.get(place).into_iter().flatten().enumerate().take(values) {
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
                PrincipalKind::Anonymous => Extent::known(row(&self.everyone, 0) & !row(&self.everyone, 1)),
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
            let everyone = row(&self.everyone, side)
                | if agent { row(&self.all_agent_users, side) } else { Bits::EMPTY };
            let ids = state.id.map(|rows| row(rows, list::USERS + side));
            let of_pair = |known: Option<&Pair>, any: &Pair| {
                Extent::of(known.map(|pair| row(pair, side)), row(any, side))
            };
            Extent::known(everyone)
                .or(Extent::of(ids, row(self.ids.any(), list::USERS + side)))
                .or(of_pair(state.groups, self.groups.any()))
                .or(of_pair(state.roles, self.roles.any()))
                .or(self.guests(state, side))
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
            let when = |holds: bool| if holds { row } else { Bits::EMPTY };
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
                self.principal_filters.iter().fold(Bits::EMPTY, |all, (_, rows)| all | row(rows, place));
            Extent::known(row(&self.all_ids, place))
                .or(Extent::of(known, row(self.ids.any(), place)))
                .or(Extent::of(filtered, any))
        };
        side(place).but(side(place + 1))
    }

    fn application(&self, state: &State<'_>) -> Extent {
        let filters = self.application_filters.iter();
        let any_filter = filters.fold([Bits::EMPTY; 2], |all, (_, pair)| union(all, *pair));
        let side = |side: usize| {
            let of_pair = |known: Option<&Pair>, any: &Pair| {
                Extent::of(known.map(|pair| row(pair, side)), row(any, side))
            };
            Extent::known(row(&self.all_applications, side))
                .or(of_pair(state.application, self.applications.any()))
                .or(of_pair(state.application_groups, self.application_groups.any()))
                .or(of_pair(state.application_filters, &any_filter))
        };
        let single =
            |known: Option<&[Bits; 1]>, any: &[Bits; 1]| Extent::of(known.map(|[row]| *row), row(any, 0));
        side(0)
            .or(single(state.user_action, self.user_actions.any()))
            .or(single(state.authentication_context, self.authentication_contexts.any()))
            .but(side(1))
    }

    fn location(&self, state: &State<'_>) -> Extent {
        let side = |side: usize| {
            let facts = state.locations.iter().zip(&self.location_facts);
            facts.fold(Extent::default(), |all, (known, any)| {
                all.or(Extent::of(known.map(|pair| row(pair, side)), row(any, side)))
            })
        };
        Extent::known(self.all_locations).or(side(0)).but(Extent::known(self.no_location).or(side(1)))
    }

    fn device(&self, state: &State<'_>) -> Extent {
        let Some(device) = &state.device else { return Extent::known(!Bits::EMPTY) };
        let mut all = Extent::known(self.any_device);
        for (rule, pair) in &self.device_rules {
            let (include, exclude) = (row(pair, 0), row(pair, 1));
            all = all.or(match rule.matches(device) {
                Truth::True => Extent::known(include),
                Truth::False => Extent::known(exclude),
                Truth::Unknown(_) => Extent { must: Bits::EMPTY, may: include | exclude },
            });
        }
        all
    }
}
