//! `conditions.users` and `conditions.clientApplications`.

use super::Parser;
use super::conditions::attribute_filter;
use super::reader::{Members, Reader};
use crate::node::Node;
use crate::policy::DirectoryKind;
use crate::policy::model::{Guests, Mask, SymbolList, SymbolPair, UserList, Users};
use crate::policy::symbol::Symbol;
use crate::request::GuestType;
use crate::sort::sort;

const GUEST_TYPES: [(&str, GuestType); 7] = [
    ("none", GuestType::None),
    ("internalGuest", GuestType::InternalGuest),
    ("b2bCollaborationGuest", GuestType::B2bCollaborationGuest),
    ("b2bCollaborationMember", GuestType::B2bCollaborationMember),
    ("b2bDirectConnectUser", GuestType::B2bDirectConnectUser),
    ("otherExternalUser", GuestType::OtherExternalUser),
    ("serviceProvider", GuestType::ServiceProvider),
];

impl Parser<'_> {
    pub(super) fn users(&mut self, members: &mut Members) -> Users {
        let include = self.user_list(
            members,
            ["includeUsers", "includeGroups", "includeRoles", "includeGuestsOrExternalUsers"],
        );
        let exclude = self.user_list(
            members,
            ["excludeUsers", "excludeGroups", "excludeRoles", "excludeGuestsOrExternalUsers"],
        );
        self.warn_of_nobody(&include, &exclude);
        Users { include, exclude }
    }

    fn user_list(
        &mut self,
        members: &mut Members,
        [users, groups, roles, guests]: [&'static str; 4],
    ) -> UserList {
        let mut list = UserList::default();
        let names = self.reader.member(members, users, Reader::texts).unwrap_or_default();
        let special = ["all", "none", "guestsorexternalusers", "allagentidusers"];
        self.warn_of_strangers(users, Some(DirectoryKind::User), &special, &names);
        for name in &names {
            match name.to_ascii_lowercase().as_str() {
                "all" => list.all = true,
                "none" => {}
                "guestsorexternalusers" => list.guests.push(Guests { types: every_guest(), tenants: None }),
                "allagentidusers" => list.agent_users = true,
                _ => list.users.push(self.symbols.intern(name)),
            }
        }
        list.groups = self.ids_only(members, groups, DirectoryKind::Group);
        list.roles = self.ids_only(members, roles, DirectoryKind::Role);
        let guests = self.member(members, guests, |parser, node| {
            parser.object(node, |parser, members| parser.guests(members))
        });
        list.guests.extend(guests.flatten());
        list
    }

    /// Ids of a list that has no special values. `All` and `None` there are a mistake that would match nobody.
    fn ids_only(&mut self, members: &mut Members, name: &'static str, kind: DirectoryKind) -> Vec<Symbol> {
        let texts = self.reader.member(members, name, Reader::texts).unwrap_or_default();
        for text in &texts {
            if text.eq_ignore_ascii_case("all") {
                let message =
                    format!("`{text}` is not an id: {name} has no such value, so it matches nobody");
                let fix = "use `All` in includeUsers, or list the ids";
                self.reader.at(name, |reader| reader.warn_with_fix("not_an_id", &message, fix));
            }
        }
        self.warn_of_strangers(name, Some(kind), &["all"], &texts);
        texts.iter().map(|text| self.symbols.intern(text)).collect()
    }

    /// Warns of texts that name nothing: by the directory, if it has things of the kind, else by their look. Object
    /// ids hold none of the characters that display names, placeholders of templates and comments do.
    pub(super) fn warn_of_strangers(
        &mut self,
        name: &'static str,
        kind: Option<DirectoryKind>,
        special: &[&str],
        texts: &[String],
    ) {
        let directory = self.directory.zip(kind).filter(|(directory, kind)| directory.lists(*kind));
        let looks_like_name = |text: &str| {
            text.contains([' ', '<', '>', '%', '{', '#', '$', '[', '(', '*'])
                || text.starts_with("//")
                || text.is_empty()
        };
        for (index, text) in texts.iter().enumerate() {
            let (code, message, fix) = match directory {
                Some((directory, kind)) => {
                    let lower = text.to_ascii_lowercase();
                    if special.contains(&lower.as_str()) || directory.has(kind, &lower) {
                        continue;
                    }
                    let message = format!("the directory has no {kind} `{text}`: it matches nothing");
                    ("unknown_reference", message, directory.advice(kind, &lower))
                }
                None if looks_like_name(text) => {
                    let message =
                        format!("`{text}` is a name or a placeholder, not an id: it matches nothing");
                    ("not_an_id", message, "write the object id".to_owned())
                }
                None => continue,
            };
            let list = self.reader.enter_member(name);
            self.reader.enter_element(index);
            self.reader.warn_with_fix(code, &message, &fix);
            self.reader.leave(list);
        }
    }

    fn guests(&mut self, members: &mut Members) -> Option<Guests> {
        let types = self
            .reader
            .member(members, "guestOrExternalUserTypes", |reader, node| reader.flags(node, &GUEST_TYPES));
        let mut mask = Mask::default();
        for guest in types.unwrap_or_default() {
            if guest != GuestType::None {
                mask.insert(guest as u32);
            }
        }
        let tenants = self.member(members, "externalTenants", |parser, node| {
            parser.object(node, |parser, members| parser.external_tenants(members))
        });
        (mask != Mask::default()).then_some(Guests { types: mask, tenants: tenants.flatten() })
    }

    /// `None` is any tenant.
    fn external_tenants(&mut self, members: &mut Members) -> Option<Vec<Symbol>> {
        let kind = members.odata_type().map(|name| name.ends_with("EnumeratedExternalTenants"));
        let enumerated = self.reader.member(members, "membershipKind", |reader, node| {
            let text = reader.text(node)?;
            reader.choice(&text, &[("all", false), ("enumerated", true)])
        });
        let tenants = self.symbols(members, "members");
        // Where the kind is not stated, tenants that are listed are meant, not all.
        if !enumerated.or(kind).unwrap_or(!tenants.is_empty()) {
            return None;
        }
        if tenants.is_empty() {
            let message = "no tenant is enumerated, so no guest matches";
            self.reader.at("members", |reader| reader.warn("empty_list", message));
        }
        Some(tenants)
    }

    fn warn_of_nobody(&mut self, include: &UserList, exclude: &UserList) {
        let lists = [
            (&include.users, &exclude.users),
            (&include.groups, &exclude.groups),
            (&include.roles, &exclude.roles),
        ];
        let anybody = include.all || include.agent_users || !include.guests.is_empty();
        let nobody_left = lists.iter().all(|(include, exclude)| are_all_among(include, exclude));
        if exclude.all || (!anybody && nobody_left && lists.iter().any(|(include, _)| !include.is_empty())) {
            let message = "everyone who is included is also excluded: the policy never applies";
            self.reader.warn("never_applies", message);
        }
    }

    pub(super) fn client_applications(
        &mut self,
        node: Node,
    ) -> Option<(Option<SymbolPair>, Option<SymbolPair>)> {
        self.object(node, |parser, members| {
            let workloads = parser.principals(
                members,
                ["includeServicePrincipals", "excludeServicePrincipals", "servicePrincipalFilter"],
                "serviceprincipalsinmytenant",
                DirectoryKind::ServicePrincipal,
            );
            let agents = parser.principals(
                members,
                [
                    "includeAgentIdServicePrincipals",
                    "excludeAgentIdServicePrincipals",
                    "agentIdServicePrincipalFilter",
                ],
                "all",
                DirectoryKind::ServicePrincipal,
            );
            (workloads, agents)
        })
    }

    /// `conditions.agents` (beta): users' accounts that belong to agents.
    pub(super) fn agent_users(&mut self, node: Node) -> Option<SymbolPair> {
        let pair = self.object(node, |parser, members| {
            let names = ["includeAgentUsers", "excludeAgentUsers", "agentFilter"];
            parser.principals(members, names, "all", DirectoryKind::User)
        });
        pair.flatten()
    }

    fn principals(
        &mut self,
        members: &mut Members,
        [include, exclude, filter]: [&'static str; 3],
        all: &str,
        kind: DirectoryKind,
    ) -> Option<SymbolPair> {
        let mut include = self.principal_list(members, include, all, kind);
        let mut exclude = self.principal_list(members, exclude, all, kind);
        match self.reader.member(members, filter, attribute_filter) {
            Some((false, filter)) => include.filter = Some(filter),
            Some((true, filter)) => exclude.filter = Some(filter),
            None => {}
        }
        let anybody = include.all || !include.ids.is_empty() || include.filter.is_some();
        anybody.then_some(SymbolPair { include, exclude })
    }

    fn principal_list(
        &mut self,
        members: &mut Members,
        name: &'static str,
        all: &str,
        kind: DirectoryKind,
    ) -> SymbolList {
        let mut list = SymbolList::default();
        let names = self.reader.member(members, name, Reader::texts).unwrap_or_default();
        self.warn_of_strangers(name, Some(kind), &[all, "none"], &names);
        for name in &names {
            match name.to_ascii_lowercase() {
                name if name == all => list.all = true,
                name if name == "none" => {}
                _ => list.ids.push(self.symbols.intern(name)),
            }
        }
        list
    }
}

/// Whether each id is one of `others`; the lists may be as long as the input allows.
pub(super) fn are_all_among(ids: &[Symbol], others: &[Symbol]) -> bool {
    let mut others = others.to_vec();
    sort(&mut others);
    ids.iter().all(|id| others.binary_search(id).is_ok())
}

/// `GuestsOrExternalUsers` in a list of users: every kind of guest.
fn every_guest() -> Mask {
    let mut mask = Mask::default();
    for (_, guest) in GUEST_TYPES {
        if guest != GuestType::None {
            mask.insert(guest as u32);
        }
    }
    mask
}
