//! Policies and named locations, as Graph and the tools around it export them.

use std::collections::BTreeMap;

use edgeward::policy::Issue;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::failure::{Failure, Place};
use crate::input::{self, Document};

/// What a document holds; the name of the member that wraps a list of them in a bundle or a combined export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `policies`
    Policies,
    /// `namedLocations`
    NamedLocations,
}

impl Kind {
    const fn member(self) -> &'static str {
        match self {
            Self::Policies => "policies",
            Self::NamedLocations => "namedLocations",
        }
    }
}

/// Objects from several files, each with where it stands.
#[derive(Debug)]
pub struct Collection {
    kind: Kind,
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    json: Box<RawValue>,
    file: String,
    /// Path within the file; empty for a file that is the object itself.
    path: String,
}

type Members = BTreeMap<String, Box<RawValue>>;

/// The members of an object; `None` for an array.
fn members(document: &Document) -> Result<Option<Members>, Failure> {
    if document.text.trim_start().starts_with('[') { Ok(None) } else { document.parse().map(Some) }
}

impl Collection {
    /// Takes documents in turn. Each of `own` is an array, a Graph collection (`{"value":[…]}`), a combined export
    /// (`{"policies":[…],"namedLocations":[…]}`), a template (`{"details":{…}}`) or a single object; of those in
    /// `others` only combined exports hold anything. UTF-8 or UTF-16. The text of each object is kept as it is.
    pub fn of(kind: Kind, own: &[Document], others: &[Document]) -> Result<Self, Failure> {
        let mut collection = Self { kind, items: Vec::new() };
        for file in own {
            collection.read_own(file)?;
        }
        for file in others {
            if let Some(members) = members(file)? {
                collection.read_combined(file, &members)?;
            }
        }
        collection.items.iter().try_for_each(Item::check_depth)?;
        Ok(collection)
    }

    fn read_own(&mut self, file: &Document) -> Result<(), Failure> {
        let Some(members) = members(file)? else {
            return self.read_array(file, "", &file.text);
        };
        if self.read_combined(file, &members)? {
            return Ok(());
        }
        if let Some(list) = members.get("value").filter(|list| list.get().starts_with('[')) {
            return self.read_array(file, "value", list.get());
        }
        let template = members.get("details").filter(|_| !members.contains_key("conditions"));
        let json = match template {
            Some(details) => details.clone(),
            None => RawValue::from_string(file.text.trim().to_owned())
                .map_err(|why| Failure::document(&file.name, 1, why))?,
        };
        let path = if template.is_some() { "details" } else { "" };
        self.items.push(Item { json, file: file.name.clone(), path: path.to_owned() });
        Ok(())
    }

    /// Whether the file is a combined export; then its list of this kind is added.
    fn read_combined(&mut self, file: &Document, members: &Members) -> Result<bool, Failure> {
        let list = |kind: Kind| members.get(kind.member()).filter(|list| list.get().starts_with('['));
        if let Some(list) = list(self.kind) {
            self.read_array(file, self.kind.member(), list.get())?;
        }
        Ok([Kind::Policies, Kind::NamedLocations].into_iter().any(|kind| list(kind).is_some()))
    }

    fn read_array(&mut self, file: &Document, member: &str, text: &str) -> Result<(), Failure> {
        let list: Vec<Box<RawValue>> = input::parse_document(&file.name, 1, text)?;
        self.items.extend(list.into_iter().enumerate().map(|(index, json)| Item {
            json,
            file: file.name.clone(),
            path: format!("{member}[{index}]"),
        }));
        Ok(())
    }

    /// One JSON array of all objects, their text unchanged.
    pub fn to_json(&self) -> String {
        let objects: Vec<&str> = self.items.iter().map(|item| item.json.get()).collect();
        format!("[{}]", objects.join(","))
    }

    /// Turns the path of an issue in the array of [`Collection::to_json`] into one within its file; answers the
    /// file. `None`: the issue is about another kind, or about the whole.
    pub fn locate(&self, issue: &mut Issue) -> Option<&str> {
        let rest = issue.path.strip_prefix(self.kind.member())?.strip_prefix('[')?;
        let (index, rest) = rest.split_once(']')?;
        let item = self.items.get(index.parse::<usize>().ok()?)?;
        let path = format!("{}{rest}", item.path);
        issue.path = path.strip_prefix('.').unwrap_or(&path).to_owned();
        Some(&item.file)
    }

    /// All objects as values.
    pub fn to_value(&self) -> Result<Value, Failure> {
        let value =
            |item: &Item| serde_json::from_str::<Value>(item.json.get()).map_err(|why| item.refused(&why));
        self.items.iter().map(value).collect()
    }
}

impl Item {
    /// Whoever reads all objects as one array stops at what is nested too deep, and does not say in which file.
    fn check_depth(&self) -> Result<(), Failure> {
        let in_array = format!("[{}]", self.json.get());
        serde_json::from_str::<Value>(&in_array).map(drop).map_err(|why| self.refused(&why))
    }

    fn refused(&self, why: &serde_json::Error) -> Failure {
        let why = why.to_string();
        let why = Place::told_by(&why).without();
        let path = if self.path.is_empty() { String::new() } else { format!("{}: ", self.path) };
        Failure::input(&self.file, format_args!("{path}{why}"))
    }
}
