//! `conditions.applications`.

use super::Parser;
use super::conditions::attribute_filter;
use super::reader::{Members, Reader};
use super::users::are_all_among;
use crate::policy::DirectoryKind;
use crate::policy::model::{ApplicationList, Applications};

/// Names that stand for many applications.
const GROUPS: [&str; 3] = ["office365", "microsoftadminportals", "allagentidresources"];

impl Parser<'_> {
    pub(super) fn applications(&mut self, members: &mut Members) -> Applications {
        let mut include = self.application_list(members, "includeApplications");
        let mut exclude = self.application_list(members, "excludeApplications");
        match self.reader.member(members, "applicationFilter", attribute_filter) {
            Some((false, filter)) => include.filter = Some(filter),
            Some((true, filter)) => exclude.filter = Some(filter),
            None => {}
        }
        let actions = self.reader.member(members, "includeUserActions", Reader::texts).unwrap_or_default();
        for action in &actions {
            if !["urn:user:registersecurityinfo", "urn:user:registerdevice"].contains(&action.as_str()) {
                let message = format!("`{action}` is not a user action");
                let fix = "one of: urn:user:registersecurityinfo, urn:user:registerdevice";
                self.reader.at("includeUserActions", |reader| reader.error("unknown_value", &message, fix));
            }
        }
        self.target.registers_device = actions.iter().any(|action| action == "urn:user:registerdevice");
        let user_actions: Vec<_> = actions.iter().map(|action| self.symbols.intern(action)).collect();
        let authentication_contexts = self.symbols(members, "includeAuthenticationContextClassReferences");
        let filters = ["globalSecureAccess", "networkAccess", "includeProtectionLevels"];
        let filtered = self.reader.undecidable(members, &filters);
        self.undecidable |= filtered;
        let nothing = !include.all && include.ids.is_empty() && include.groups.is_empty();
        let nothing = nothing && include.filter.is_none() && !filtered;
        if nothing && user_actions.is_empty() && authentication_contexts.is_empty() {
            self.reader.warn("never_applies", "no application is included: the policy never applies");
        }
        let all_excluded =
            are_all_among(&include.ids, &exclude.ids) && are_all_among(&include.groups, &exclude.groups);
        let all_excluded = all_excluded && include.filter.is_none();
        if exclude.all || (!nothing && !include.all && all_excluded) {
            let message = "every application that is included is also excluded: the policy never applies";
            self.reader.warn("never_applies", message);
        }
        Applications { include, exclude, user_actions, authentication_contexts }
    }

    /// Which of the applications are the ones that some controls are made for.
    fn note_targets(&mut self, names: &[String]) {
        const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
        const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";
        let only = |known: &[&str]| {
            let is_known = |name: &String| known.iter().any(|known| known.eq_ignore_ascii_case(name));
            !names.is_empty() && names.iter().all(is_known)
        };
        self.target.is_exchange = only(&[EXCHANGE]);
        self.target.restricts_itself = only(&["Office365", EXCHANGE, SHAREPOINT]);
    }

    fn application_list(&mut self, members: &mut Members, name: &'static str) -> ApplicationList {
        let mut list = ApplicationList::default();
        let names = self.reader.member(members, name, Reader::texts).unwrap_or_default();
        let [office, portals, agents] = GROUPS;
        let special = ["all", "none", office, portals, agents];
        self.warn_of_strangers(name, Some(DirectoryKind::Application), &special, &names);
        if name == "includeApplications" {
            self.note_targets(&names);
        }
        for name in &names {
            let lower = name.to_ascii_lowercase();
            match lower.as_str() {
                "all" => list.all = true,
                "none" => {}
                group if GROUPS.contains(&group) => list.groups.push(self.symbols.intern(name)),
                _ => list.ids.push(self.symbols.intern(name)),
            }
        }
        list
    }
}
