//! Reads JSON nodes strictly, remembering where it is and what was wrong.

use std::fmt::Write;

use crate::node::Node;
use crate::policy::{Issue, Severity};

/// Most errors, and most warnings, that are listed: a file of ten megabytes can hold a million.
const MAX_ISSUES: usize = 1000;
/// Most members of one object; no type of Graph has nearly as many.
const MAX_MEMBERS: usize = 256;

/// Members of one object that have not been read yet.
pub(super) struct Members(Vec<(String, Node)>);

impl Members {
    /// Whether the member is there and not `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, node)| key == name && *node != Node::Null)
    }

    /// Drops all that are left.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The text of a member, without taking it.
    pub(super) fn peek_text(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(key, node)| match node {
            Node::Text(text) if key == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// Takes a member out, unless it is absent or `null`.
    pub(super) fn take(&mut self, name: &str) -> Option<Node> {
        let index = self.0.iter().position(|(key, _)| key == name)?;
        let (_, node) = self.0.swap_remove(index);
        (node != Node::Null).then_some(node)
    }

    /// The text of an annotation: `@odata.type` and its like.
    pub(super) fn odata_type(&self) -> Option<&str> {
        self.peek_text("@odata.type").map(|name| name.trim_start_matches('#'))
    }
}

/// A cursor over the input.
#[derive(Default)]
pub(super) struct Reader {
    path: String,
    /// Display name, else id, of the policy being read.
    pub(super) policy: Option<String>,
    pub(super) issues: Vec<Issue>,
    /// It was said that the input writes names as PowerShell does.
    told_of_case: bool,
    /// How many of each [`Severity`] there are, those included that are not listed.
    counts: [usize; 2],
}

impl Reader {
    /// What keeps the set from loading, and what to do about it.
    pub(super) fn error(&mut self, code: &'static str, message: &str, fix: &str) {
        self.issue(Severity::Error, code, message, Some(fix));
    }

    pub(super) fn warn(&mut self, code: &'static str, message: &str) {
        self.issue(Severity::Warning, code, message, None);
    }

    pub(super) fn warn_with_fix(&mut self, code: &'static str, message: &str, fix: &str) {
        self.issue(Severity::Warning, code, message, Some(fix));
    }

    fn issue(&mut self, severity: Severity, code: &'static str, message: &str, fix: Option<&str>) {
        let [warnings, errors] = &mut self.counts;
        let count = if severity == Severity::Error { errors } else { warnings };
        *count += 1;
        if *count > MAX_ISSUES {
            return;
        }
        let (path, policy) = (self.path.clone(), self.policy.clone());
        let (message, fix) = (message.to_owned(), fix.map(str::to_owned));
        self.issues.push(Issue { code, severity, path, policy, message, fix });
    }

    /// All issues, the last one about those left out.
    pub(super) fn into_issues(self) -> Vec<Issue> {
        let Self { mut issues, counts: [warnings, errors], .. } = self;
        let count = warnings + errors - issues.len();
        if count > 0 {
            let severity = if errors > MAX_ISSUES { Severity::Error } else { Severity::Warning };
            let message = format!("{count} more issues are not listed");
            let (path, fix) = ("policies".to_owned(), Some("mend these first".to_owned()));
            issues.push(Issue { code: "too_many_issues", severity, path, policy: None, message, fix });
        }
        issues
    }

    /// Goes to a member or element; [`Reader::leave`] comes back. Two plain functions around each closure, and not
    /// one generic one: the module would carry a copy of it for every member of the schema.
    fn enter(&mut self, step: std::fmt::Arguments<'_>) -> usize {
        let length = self.path.len();
        // Writing to a `String` can not fail.
        let _ = self.path.write_fmt(step);
        length
    }

    pub(super) fn enter_member(&mut self, name: &str) -> usize {
        if self.path.is_empty() {
            self.enter(format_args!("{name}"))
        } else {
            self.enter(format_args!(".{name}"))
        }
    }

    pub(super) fn enter_element(&mut self, index: usize) -> usize {
        self.enter(format_args!("[{index}]"))
    }

    pub(super) fn leave(&mut self, length: usize) {
        self.path.truncate(length);
    }

    /// Goes to a member by name, to report on it.
    pub(super) fn at<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.enter_member(name);
        let value = read(self);
        self.leave(length);
        value
    }

    /// Takes a member and reads it. Absent and `null` are the same.
    pub(super) fn member<T>(
        &mut self,
        members: &mut Members,
        name: &'static str,
        read: impl FnOnce(&mut Self, Node) -> Option<T>,
    ) -> Option<T> {
        let node = members.take(name)?;
        self.at(name, |reader| read(reader, node))
    }

    /// Drops members whose value says nothing about what a policy does.
    pub(super) fn ignore(members: &mut Members, names: &[&str]) {
        members.0.retain(|(key, _)| !names.contains(&key.as_str()));
    }

    /// Reads an object; members that `read` leaves are unknown, and that is an error.
    pub(super) fn object<T>(
        &mut self,
        node: Node,
        read: impl FnOnce(&mut Self, &mut Members) -> T,
    ) -> Option<T> {
        let mut members = self.open(node)?;
        let value = read(self, &mut members);
        self.close(members);
        Some(value)
    }

    pub(super) fn open(&mut self, node: Node) -> Option<Members> {
        let is_member = !self.path.ends_with(']');
        let members = match node {
            node if is_member && node.is_hollow() => return None,
            Node::Object(members) => members,
            // In place of a member that is an object, some tools write an empty array for "not configured".
            Node::List(list) if is_member && list.is_empty() => return None,
            node => {
                self.wrong_type("an object", &node);
                return None;
            }
        };
        let members = self.as_graph_writes_them(members);
        if members.len() > MAX_MEMBERS {
            let message = format!("{} members; the limit is {MAX_MEMBERS}", members.len());
            self.error("too_large", &message, "export the object anew");
            return None;
        }
        let mut kept = Members(Vec::with_capacity(members.len()));
        for (name, node) in members {
            // Annotations of OData, and actions (`#microsoft.graph.restore`), say nothing about the policy. The
            // type of the object itself is kept: named locations are told apart by it.
            if (name.contains("@odata.") && name != "@odata.type") || name.starts_with('#') {
                continue;
            }
            if kept.0.iter().any(|(key, _)| *key == name) {
                self.at(&name, |reader| {
                    reader.error("duplicate_member", "this member is stated twice", "remove one")
                });
                continue;
            }
            kept.0.push((name, node));
        }
        Some(kept)
    }

    /// Graph's PowerShell module writes names with a capital, and below `AdditionalProperties` what only some kinds of an
    /// object have.
    fn as_graph_writes_them(&mut self, members: Vec<(String, Node)>) -> Vec<(String, Node)> {
        let is_shell = |name: &str| name.starts_with(|first: char| first.is_ascii_uppercase());
        let Some((first, _)) = members.iter().find(|(name, _)| is_shell(name)) else { return members };
        if !std::mem::replace(&mut self.told_of_case, true) {
            let message =
                format!("`{first}` and its like are read as Graph writes them, without the capital");
            self.warn_with_fix(
                "member_case",
                &message,
                "export by Graph itself, as with Invoke-MgGraphRequest",
            );
        }
        let mut read = Vec::with_capacity(members.len());
        for (mut name, node) in members {
            match node {
                Node::Object(more) if name == "AdditionalProperties" => read.extend(more),
                node => {
                    if let Some(first) = name.get_mut(..1) {
                        first.make_ascii_lowercase();
                    }
                    read.push((name, node));
                }
            }
        }
        read
    }

    pub(super) fn close(&mut self, members: Members) {
        for (name, node) in members.0 {
            if node == Node::Null || name == "@odata.type" {
                continue;
            }
            let empty = matches!(&node, Node::List(list) if list.is_empty())
                || matches!(&node, Node::Object(members) if members.is_empty());
            self.at(&name, |reader| {
                if empty {
                    let message = format!(
                        "`{name}` is not a member that Edgeward knows; it is empty, so nothing is lost"
                    );
                    return reader.warn("unknown_member", &message);
                }
                let message = format!("`{name}` is not a member that Edgeward enforces");
                reader.error("unknown_member", &message, "correct its spelling, or remove it");
            });
        }
    }

    /// Reads an array, element by element.
    pub(super) fn list(&mut self, node: Node, mut each: impl FnMut(&mut Self, Node)) -> Option<()> {
        for (index, node) in self.elements(node)?.into_iter().enumerate() {
            let length = self.enter_element(index);
            each(self, node);
            self.leave(length);
        }
        Some(())
    }

    pub(super) fn elements(&mut self, node: Node) -> Option<Vec<Node>> {
        match node {
            Node::List(nodes) => Some(nodes),
            node => {
                self.wrong_type("an array", &node);
                None
            }
        }
    }

    pub(super) fn text(&mut self, node: Node) -> Option<String> {
        match node {
            Node::Text(text) => Some(text),
            node => {
                self.wrong_type("a string", &node);
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, node: Node) -> Option<bool> {
        match node {
            Node::Bool(value) => Some(value),
            node => {
                self.wrong_type("a boolean", &node);
                None
            }
        }
    }

    /// A whole number of at least 1.
    pub(super) fn positive(&mut self, node: Node) -> Option<u32> {
        match node {
            Node::Integer(value) if value > 0 && u32::try_from(value).is_ok() => u32::try_from(value).ok(),
            Node::Integer(value) => {
                self.error(
                    "out_of_range",
                    &format!("{value} is not in 1 to {}", u32::MAX),
                    "write a number in that range",
                );
                None
            }
            node => {
                self.wrong_type("a whole number", &node);
                None
            }
        }
    }

    /// Takes members that no fact decides, warning of those that are not empty. Whether there is one.
    pub(super) fn undecidable(&mut self, members: &mut Members, names: &[&'static str]) -> bool {
        let mut found = false;
        for name in names {
            found |= self
                .member(members, name, |reader, node| {
                    if matches!(&node, Node::List(list) if list.is_empty()) {
                        return None;
                    }
                    let message = format!(
                        "no fact of a request decides `{name}`: whether the policy applies stays open"
                    );
                    reader.warn("undecidable_condition", &message);
                    Some(())
                })
                .is_some();
        }
        found
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, node: Node) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        self.list(node, |reader, node| texts.extend(reader.text(node)))?;
        Some(texts)
    }

    /// A value of an enumeration. Another case than the documented one is accepted with a warning.
    pub(super) fn choice<T: Copy>(&mut self, text: &str, choices: &[(&str, T)]) -> Option<T> {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        let (_, value) = choices.get(self.position(text, &names)?)?;
        Some(*value)
    }

    /// Place of a text among names. Not generic, like everything here that need not be.
    fn position(&mut self, text: &str, names: &[&str]) -> Option<usize> {
        if let Some(index) = names.iter().position(|name| *name == text) {
            return Some(index);
        }
        if let Some(index) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            let name = names.get(index)?;
            self.warn("value_case", &format!("`{text}` is read as `{name}`"));
            return Some(index);
        }
        self.unknown_value(text, &format!("`{text}` is not a value Edgeward knows"), names);
        None
    }

    /// A value that is none of those known here.
    pub(super) fn unknown_value(&mut self, text: &str, message: &str, names: &[&str]) {
        if text.eq_ignore_ascii_case("unknownFutureValue") {
            // What an export holds in place of a value newer than the API version it was made with.
            let fix = "export with the header `Prefer: include-unknown-enum-members`, which names the value";
            return self.error("unknown_future_value", "the export leaves out which value this is", fix);
        }
        self.error("unknown_value", message, &format!("one of: {}", names.join(", ")));
    }

    /// A collection of enumeration values.
    pub(super) fn choices<T: Copy>(&mut self, node: Node, choices: &[(&str, T)]) -> Option<Vec<T>> {
        let mut values = Vec::new();
        self.list(node, |reader, node| {
            values.extend(reader.text(node).and_then(|text| reader.choice(&text, choices)));
        })?;
        Some(values)
    }

    /// A flags enumeration: Graph writes several values as one text, separated by commas.
    pub(super) fn flags<T: Copy>(&mut self, node: Node, choices: &[(&str, T)]) -> Option<Vec<T>> {
        if let Node::List(_) = node {
            let fix = "write one text with the values separated by commas";
            self.warn_with_fix("flags_as_array", "Graph defines this member as flags, not as an array", fix);
            return self.choices(node, choices);
        }
        let text = self.text(node)?;
        let mut values = Vec::new();
        for flag in text.split(',').map(str::trim).filter(|flag| !flag.is_empty()) {
            values.extend(self.choice(flag, choices));
        }
        Some(values)
    }

    pub(super) fn wrong_type(&mut self, expected: &str, found: &Node) {
        let message = format!("expected {expected}, found {}", found.kind());
        self.error("wrong_type", &message, &format!("write {expected}, as Graph does"));
    }
}
