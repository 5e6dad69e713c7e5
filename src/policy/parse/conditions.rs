//! `conditions`.

use super::Parser;
use super::place_of;
use super::reader::{Members, Reader};
use crate::node::Node;
use crate::policy::attribute_filter::AttributeFilter;
use crate::policy::device_filter::{self, Rule, RuleError};
use crate::policy::model::{Conditions, DeviceFilter, Locations, Mask, MaskPair};
use crate::request::{ClientAppType, Platform, TransferMethod};
use crate::risk::{InsiderRiskLevel, RiskLevel};

/// Each with the types that it covers. `exchangeActiveSync` "includes EAS supported and unsupported platforms" (Graph
/// `conditionalAccessConditionSet`).
const CLIENT_APP_TYPES: [(&str, Mask); 6] = [
    ("all", Mask::ALL),
    ("browser", covering(&[ClientAppType::Browser])),
    ("mobileAppsAndDesktopClients", covering(&[ClientAppType::MobileAppsAndDesktopClients])),
    ("exchangeActiveSync", covering(&[ClientAppType::ExchangeActiveSync, ClientAppType::EasSupported])),
    ("easSupported", covering(&[ClientAppType::EasSupported])),
    ("other", covering(&[ClientAppType::Other])),
];

/// What exports of Graph's beta of 2020 and before hold, and what has taken its place.
const FORMER_CLIENT_APP_TYPES: [(&str, &str); 2] =
    [("modern", "mobileAppsAndDesktopClients"), ("easUnsupported", "exchangeActiveSync")];

const PLATFORMS: [(&str, Option<Platform>); 7] = [
    ("all", None),
    ("android", Some(Platform::Android)),
    ("iOS", Some(Platform::Ios)),
    ("windows", Some(Platform::Windows)),
    ("windowsPhone", Some(Platform::WindowsPhone)),
    ("macOS", Some(Platform::MacOs)),
    ("linux", Some(Platform::Linux)),
];

/// `hidden` is what a tenant without the licence is shown; no sign-in is ever evaluated with it.
const RISK_LEVELS: [(&str, Option<RiskLevel>); 5] = [
    ("none", Some(RiskLevel::None)),
    ("low", Some(RiskLevel::Low)),
    ("medium", Some(RiskLevel::Medium)),
    ("high", Some(RiskLevel::High)),
    ("hidden", None),
];

const INSIDER_RISK_LEVELS: [(&str, InsiderRiskLevel); 3] = [
    ("minor", InsiderRiskLevel::Minor),
    ("moderate", InsiderRiskLevel::Moderate),
    ("elevated", InsiderRiskLevel::Elevated),
];

const TRANSFER_METHODS: [(&str, TransferMethod); 3] = [
    ("none", TransferMethod::None),
    ("deviceCodeFlow", TransferMethod::DeviceCodeFlow),
    ("authenticationTransfer", TransferMethod::AuthenticationTransfer),
];

impl Parser<'_> {
    pub(super) fn conditions(&mut self, members: &mut Members) -> Conditions {
        let users = self.member(members, "users", |parser, node| {
            parser.object(node, |parser, members| parser.users(members))
        });
        let client_applications =
            self.member(members, "clientApplications", |parser, node| parser.client_applications(node));
        let (workloads, agents) = client_applications.unwrap_or_default();
        let agent_users = self.member(members, "agents", |parser, node| parser.agent_users(node));
        let users_named = users.as_ref().is_some_and(|users| {
            let list = &users.include;
            list.all
                || list.agent_users
                || !(list.users.is_empty()
                    && list.groups.is_empty()
                    && list.roles.is_empty()
                    && list.guests.is_empty())
        });
        if !users_named && workloads.is_none() && agents.is_none() && agent_users.is_none() {
            let message = "no user, service principal or agent is included: the policy never applies";
            self.reader.warn("never_applies", message);
        }
        let applications = self
            .member(members, "applications", |parser, node| {
                parser.object(node, |parser, members| parser.applications(members))
            })
            .unwrap_or_else(|| {
                self.reader.warn("never_applies", "no application is included: the policy never applies");
                Default::default()
            });
        Conditions {
            users,
            workloads,
            agents,
            agent_users,
            applications,
            client_app_types: self.client_app_types(members),
            platforms: self.platforms(members),
            device: self.device(members),
            locations: self.member(members, "locations", |parser, node| parser.locations(node)),
            sign_in_risk: self.risk_levels(members, "signInRiskLevels"),
            user_risk: self.risk_levels(members, "userRiskLevels"),
            service_principal_risk: self.risk_levels(members, "servicePrincipalRiskLevels"),
            agent_risk: self.agent_risk(members),
            insider_risk: self.insider_risk(members),
            transfer_methods: self.transfer_methods(members),
            edge: self
                .member(members, "edge", |parser, node| {
                    parser.object(node, |parser, members| parser.edge(members))
                })
                .unwrap_or_default(),
            undecidable: self.undecidable(members),
        }
    }

    /// Conditions of Graph for which a request has no fact. They are not refused, because real exports hold them,
    /// and not dropped, because that would widen the policy: whether it applies stays open.
    fn undecidable(&mut self, members: &mut Members) -> bool {
        let here = self.reader.undecidable(members, &["agentContext", "times", "clients"]);
        std::mem::take(&mut self.undecidable) || here
    }

    fn device(&mut self, members: &mut Members) -> Option<DeviceFilter> {
        let states = self.reader.member(members, "deviceStates", |reader, node| {
            reader.object(node, |reader, members| {
                device_states(reader, members, ["includeStates", "excludeStates"])
            })
        });
        let devices = self.reader.member(members, "devices", |reader, node| {
            reader.object(node, |reader, members| {
                let lists = device_states(reader, members, ["includeDevices", "excludeDevices"]);
                let states = device_states(reader, members, ["includeDeviceStates", "excludeDeviceStates"]);
                reader.member(members, "deviceFilter", device_filter).or(lists).or(states)
            })
        });
        devices.flatten().or(states.flatten())
    }

    fn client_app_types(&mut self, members: &mut Members) -> Option<Mask> {
        let mut mask = Mask::default();
        let mut is_empty = true;
        self.reader.member(members, "clientAppTypes", |reader, node| {
            reader.list(node, |reader, node| {
                is_empty = false;
                if let Some(text) = reader.text(node) {
                    let name = client_app_type(reader, &text);
                    let covered = reader.choice(name, &CLIENT_APP_TYPES);
                    mask.0 |= covered.unwrap_or_default().0;
                }
            })
        })?;
        if is_empty {
            // Templates of Graph's first years write it for "not configured"; what Graph makes of it today is documented
            // nowhere.
            let message = "no client app type is listed: whether the policy applies stays open";
            let warn =
                |reader: &mut Reader| reader.warn_with_fix("undecidable_condition", message, "list `all`");
            self.reader.at("clientAppTypes", warn);
            self.undecidable = true;
            return None;
        }
        (mask != Mask::ALL).then_some(mask)
    }

    fn platforms(&mut self, members: &mut Members) -> Option<MaskPair> {
        self.reader.member(members, "platforms", |reader, node| {
            reader.object(node, |reader, members| {
                let mut side = |name| {
                    let platforms =
                        reader.member(members, name, |reader, node| reader.choices(node, &PLATFORMS));
                    mask_of(
                        platforms.unwrap_or_default().into_iter().map(|platform| platform.map(|p| p as u32)),
                    )
                };
                let pair = MaskPair { include: side("includePlatforms"), exclude: side("excludePlatforms") };
                if pair.include.0 & !pair.exclude.0 == 0 {
                    reader.warn("never_applies", "no platform is left to include: the policy never applies");
                }
                pair
            })
        })
    }

    fn locations(&mut self, node: Node) -> Option<Locations> {
        self.object(node, |parser, members| {
            let mut condition = Locations::default();
            for (name, is_include) in [("includeLocations", true), ("excludeLocations", false)] {
                let mut names = Vec::new();
                parser.reader.member(members, name, |reader, node| {
                    reader.list(node, |reader, node| {
                        let Some(id) = reader.text(node) else { return };
                        let special = id.eq_ignore_ascii_case("all") || id.eq_ignore_ascii_case("alltrusted");
                        if !special && place_of(&parser.location_ids, &id).is_none() {
                            warn_of_unknown_location(reader, &id);
                        }
                        names.push(id);
                    })
                });
                let (all, trusted, set) = if is_include {
                    (&mut condition.include_all, &mut condition.include_trusted, &mut condition.include)
                } else {
                    (&mut condition.exclude_all, &mut condition.exclude_trusted, &mut condition.exclude)
                };
                for id in names {
                    if id.eq_ignore_ascii_case("all") {
                        *all = true;
                    } else if id.eq_ignore_ascii_case("alltrusted") {
                        *trusted = true;
                        *set |= parser.locations.trusted();
                    } else if let Some(index) = place_of(&parser.location_ids, &id) {
                        set.insert(index);
                    }
                }
            }
            if (!condition.include_all && condition.include.is_empty()) || condition.exclude_all {
                let message = "no location is left to include: the policy never applies";
                parser.reader.warn("never_applies", message);
            }
            condition
        })
    }

    /// An empty list is the same as none: Graph writes `[]` for a condition that is not configured.
    fn risk_levels(&mut self, members: &mut Members, name: &'static str) -> Option<Mask> {
        let levels = self.reader.member(members, name, |reader, node| reader.choices(node, &RISK_LEVELS))?;
        if levels.is_empty() {
            return None;
        }
        if levels.contains(&None) {
            let message = "`hidden` is not a level that a sign-in is evaluated with: it matches nothing";
            self.reader.at(name, |reader| reader.warn("hidden_risk", message));
        }
        let mut mask = Mask::default();
        for level in levels.into_iter().flatten() {
            mask.insert(level as u32);
        }
        Some(mask)
    }

    fn agent_risk(&mut self, members: &mut Members) -> Option<Mask> {
        let levels = self
            .reader
            .member(members, "agentIdRiskLevels", |reader, node| reader.flags(node, &RISK_LEVELS))?;
        (!levels.is_empty()).then(|| mask_of(levels.into_iter().flatten().map(|level| Some(level as u32))))
    }

    fn insider_risk(&mut self, members: &mut Members) -> Option<Mask> {
        let levels = self
            .reader
            .member(members, "insiderRiskLevels", |reader, node| reader.flags(node, &INSIDER_RISK_LEVELS))?;
        (!levels.is_empty()).then(|| mask_of(levels.into_iter().map(|level| Some(level as u32))))
    }

    /// `none` is a flag without a bit: alone it configures nothing.
    fn transfer_methods(&mut self, members: &mut Members) -> Option<Mask> {
        let methods = self.reader.member(members, "authenticationFlows", |reader, node| {
            reader.object(node, |reader, members| {
                reader
                    .member(members, "transferMethods", |reader, node| reader.flags(node, &TRANSFER_METHODS))
            })
        });
        let methods = methods.flatten()?.into_iter().filter(|method| *method != TransferMethod::None);
        let mask = mask_of(methods.map(|method| Some(method as u32)));
        (mask != Mask::default()).then_some(mask)
    }
}

fn warn_of_unknown_location(reader: &mut Reader, id: &str) {
    // Set up for multifactor authentication of old, and in no answer of Graph.
    const TRUSTED_ADDRESSES: &str = "00000000-0000-0000-0000-000000000000";
    let (what, fix) = if id == TRUSTED_ADDRESSES {
        (
            "stands for the trusted IPs of multifactor authentication, which no export holds",
            "add a named location with this id and their ranges",
        )
    } else {
        ("is no named location of this bundle", "add the named location to the bundle, or remove it here")
    };
    reader.warn_with_fix("unknown_location", &format!("`{id}` {what}: it matches nothing"), fix);
}

/// A bit for each type.
const fn covering(types: &[ClientAppType]) -> Mask {
    let mut mask = Mask(0);
    let mut rest = types;
    while let [first, others @ ..] = rest {
        mask.0 |= 1 << *first as u32;
        rest = others;
    }
    mask
}

/// The present name of a type.
fn client_app_type<'t>(reader: &mut Reader, text: &'t str) -> &'t str {
    let former = FORMER_CLIENT_APP_TYPES.iter().find(|(former, _)| former.eq_ignore_ascii_case(text));
    let Some((former, present)) = former else { return text };
    let message = format!("Graph has replaced `{former}` by `{present}`");
    reader.warn_with_fix("deprecated", &message, "export the policy anew");
    present
}

fn device_filter(reader: &mut Reader, node: Node) -> Option<DeviceFilter> {
    let (exclude, rule) = filter(reader, node, "invalid_device_filter", &|text| device_filter::parse(text))?;
    Some(DeviceFilter { exclude, rule })
}

/// A filter by custom security attributes, and whether it excludes.
pub(super) fn attribute_filter(reader: &mut Reader, node: Node) -> Option<(bool, AttributeFilter)> {
    filter(reader, node, "invalid_attribute_filter", &AttributeFilter::parse)
}

fn filter<T>(
    reader: &mut Reader,
    node: Node,
    code: &'static str,
    parse: &dyn Fn(&str) -> Result<T, RuleError>,
) -> Option<(bool, T)> {
    let filter = reader.object(node, |reader, members| {
        let mode = reader.member(members, "mode", |reader, node| {
            let text = reader.text(node)?;
            reader.choice(&text, &[("include", false), ("exclude", true)])
        });
        let rule = reader.member(members, "rule", |reader, node| {
            let text = reader.text(node)?;
            match parse(&text) {
                Ok(rule) => Some(rule),
                Err(error) => {
                    let message = format!("at character {}: {}", error.position, error.message);
                    reader.error(code, &message, "mend the rule at that character");
                    None
                }
            }
        });
        if mode.is_none() || rule.is_none() {
            reader.error("missing_member", "`mode` and `rule` are required", "state both");
        }
        Some((mode?, rule?))
    });
    filter.flatten()
}

/// The device states that the filter replaced: `All` devices but the compliant or hybrid joined ones.
fn device_states(
    reader: &mut Reader,
    members: &mut Members,
    [include, exclude]: [&'static str; 2],
) -> Option<DeviceFilter> {
    const STATES: [(&str, Option<&str>); 3] = [
        ("All", None),
        ("Compliant", Some("device.isCompliant -eq True")),
        ("DomainJoined", Some("device.trustType -eq ServerAD")),
    ];
    reader.member(members, include, |reader, node| reader.choices(node, &STATES));
    let excluded = reader.member(members, exclude, |reader, node| reader.choices(node, &STATES))?;
    let rules: Vec<Rule> =
        excluded.into_iter().flatten().filter_map(|rule| device_filter::parse(rule).ok()).collect();
    if rules.is_empty() {
        return None;
    }
    let fix = "use a device filter";
    reader.at(exclude, |reader| reader.warn_with_fix("deprecated", "Graph has replaced device states", fix));
    Some(DeviceFilter { exclude: true, rule: Rule::Or(rules) })
}

/// `None` is `all`.
pub(super) fn mask_of(bits: impl Iterator<Item = Option<u32>>) -> Mask {
    let mut mask = Mask::default();
    for bit in bits {
        match bit {
            Some(bit) => mask.insert(bit),
            None => mask = Mask::ALL,
        }
    }
    mask
}
