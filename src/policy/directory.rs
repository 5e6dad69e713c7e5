//! What exists in a tenant, as far as policies name it: users, groups, roles, service principals, applications.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::node::Node;
use crate::read::{self, Slot};

/// Largest document, bytes: a few hundred thousand users, when `$select=id,displayName` leaves out the rest.
pub const MAX_DIRECTORY_BYTES: usize = 64 << 20;

/// `template id,display name`. Exports of roles may hold only those that were ever assigned.
const BUILT_IN_ROLES: &str = include_str!("../../data/policy/roles.csv");

/// Kinds of things that policies name by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryKind {
    /// By object id.
    User,
    /// By object id.
    Group,
    /// By template id, which is not the id of an activated role.
    Role,
    /// By the object id of the service principal, not its `appId`.
    ServicePrincipal,
    /// By `appId`, not by object id.
    Application,
}

impl fmt::Display for DirectoryKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::ServicePrincipal => "service principal",
            Self::Application => "application",
        })
    }
}

/// Why a directory can not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryError {
    /// Which of the documents.
    pub document: usize,
    /// Where in it: `value[3].id`; empty for the whole.
    pub path: String,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl fmt::Display for DirectoryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, message, .. } = self;
        if path.is_empty() { formatter.write_str(message) } else { write!(formatter, "{path}: {message}") }
    }
}

impl std::error::Error for DirectoryError {}

/// What exists.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    users: Things,
    groups: Things,
    roles: Things,
    service_principals: Things,
    applications: Things,
}

/// All of one kind. Ids and names are in lower case.
#[derive(Debug, Clone, Default)]
struct Things {
    /// The documents hold all of them, so that what is not here does not exist.
    listed: bool,
    ids: BTreeSet<String>,
    /// Ids by whatever else they may be mistaken for or written as.
    names: BTreeMap<String, BTreeSet<String>>,
}

impl Things {
    fn insert<'a>(&mut self, id: &str, names: impl IntoIterator<Item = Option<&'a str>>) {
        let id = id.to_ascii_lowercase();
        for name in names.into_iter().flatten().map(str::to_ascii_lowercase) {
            self.names.entry(name).or_default().insert(id.clone());
        }
        self.ids.insert(id);
    }
}

/// Types of Graph that are read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    User,
    Group,
    Role,
    ServicePrincipal,
    Application,
    /// Devices, contacts: no list of a policy names them.
    Other,
}

impl Sort {
    /// By `@odata.type`.
    fn of_type(name: &str) -> Self {
        match name.trim_start_matches('#').trim_start_matches("microsoft.graph.") {
            "user" | "agentUser" => Self::User,
            "group" => Self::Group,
            "directoryRole" | "directoryRoleTemplate" | "unifiedRoleDefinition" => Self::Role,
            "servicePrincipal" | "agentIdentity" | "agentIdentityBlueprintPrincipal" => {
                Self::ServicePrincipal
            }
            "application" | "agentIdentityBlueprint" => Self::Application,
            _ => Self::Other,
        }
    }

    /// By `@odata.context`: `…/$metadata#users(id,displayName)`.
    fn of_context(context: &str) -> Option<Self> {
        let (_, set) = context.split_once("$metadata#")?;
        let set = set.split('(').next()?.trim_end_matches("/$entity");
        Some(match set {
            "users" => Self::User,
            "groups" => Self::Group,
            "directoryRoles" | "directoryRoleTemplates" | "roleManagement/directory/roleDefinitions" => {
                Self::Role
            }
            "servicePrincipals" => Self::ServicePrincipal,
            "applications" => Self::Application,
            "directoryObjects" => return None,
            _ => Self::Other,
        })
    }

    /// By a member that only one type has; command lines and scripts leave the annotations out.
    fn of_members(object: &Object<'_>) -> Option<Self> {
        [
            ("userPrincipalName", Self::User),
            ("securityEnabled", Self::Group),
            ("groupTypes", Self::Group),
            ("roleTemplateId", Self::Role),
            ("isBuiltIn", Self::Role),
            ("servicePrincipalType", Self::ServicePrincipal),
            ("signInAudience", Self::Application),
        ]
        .into_iter()
        .find_map(|(name, sort)| object.member(name).map(|_| sort))
    }
}

struct Object<'n>(&'n [(String, Node)]);

impl<'n> Object<'n> {
    /// Graph's PowerShell module writes names with a capital.
    fn member(&self, name: &str) -> Option<&'n Node> {
        let is_it = |key: &str| key.eq_ignore_ascii_case(name);
        self.0.iter().find_map(|(key, node)| (is_it(key) && *node != Node::Null).then_some(node))
    }

    fn text(&self, name: &str) -> Option<&'n str> {
        match self.member(name) {
            Some(Node::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// What is wrong, and where in the document.
type Fault = (String, String);

impl Directory {
    /// Reads what Graph answers to `GET /users`, `/groups`, `/servicePrincipals`, `/applications`, `/directoryRoles`,
    /// `/directoryRoleTemplates`, `/roleManagement/directory/roleDefinitions` or `/directoryObjects/getByIds`:
    /// collections (`{"value":[…]}`), arrays or single objects. What an object is, it or its collection says in an
    /// annotation, or it has a member that tells. Objects of other types are passed over.
    ///
    /// # Errors
    /// The first document that is too large, no JSON, of another shape, or a page whose following pages are missing.
    ///
    /// ```
    /// use edgeward::policy::{Directory, DirectoryKind};
    /// let groups = r##"{"value":[{"@odata.type":"#microsoft.graph.group","id":"a1","displayName":"Staff"}]}"##;
    /// let directory = Directory::read(&[groups]).unwrap();
    /// assert!(directory.lists(DirectoryKind::Group) && !directory.lists(DirectoryKind::User));
    /// assert!(directory.has(DirectoryKind::Group, "A1"));
    /// assert_eq!(directory.advice(DirectoryKind::Group, "staff"), "write its id, `a1`");
    /// ```
    pub fn read(documents: &[impl AsRef<str>]) -> Result<Self, DirectoryError> {
        let mut directory = Self::default();
        for line in BUILT_IN_ROLES.lines().filter(|line| !line.starts_with('#')) {
            if let Some((id, name)) = line.split_once(',') {
                directory.roles.insert(id, [Some(name)]);
            }
        }
        let (mut unfinished, mut finished) = (BTreeMap::new(), BTreeSet::new());
        for (document, text) in documents.iter().enumerate() {
            let page = directory.read_document(text.as_ref()).map_err(|(path, message)| DirectoryError {
                document,
                path,
                message,
            })?;
            for sort in page.sorts {
                if page.has_next {
                    unfinished.insert(sort, document);
                } else {
                    finished.insert(sort);
                }
            }
        }
        match unfinished.into_iter().find(|(sort, _)| !finished.contains(sort)) {
            Some((_, document)) => Err(DirectoryError {
                document,
                path: "@odata.nextLink".to_owned(),
                message: "the pages after this one are missing; export them too".to_owned(),
            }),
            None => Ok(directory),
        }
    }

    fn read_document(&mut self, text: &str) -> Result<Page, Fault> {
        if text.len() > MAX_DIRECTORY_BYTES {
            let message = format!(
                "{} bytes; the limit is {MAX_DIRECTORY_BYTES}; export with `$select=id,displayName,appId`",
                text.len()
            );
            return Err((String::new(), message));
        }
        let mut node = Node::Null;
        read::from_json(text.trim_start_matches('\u{feff}'), Slot::Node(&mut node))
            .map_err(|why| (String::new(), why.to_string()))?;
        let mut page = Page::default();
        let members = match &node {
            Node::List(list) => {
                self.read_list(list, "", None, &mut page)?;
                return Ok(page);
            }
            Node::Object(members) => Object(members),
            other => {
                let message = format!("expected an array or an object, found {}", other.kind());
                return Err((String::new(), message));
            }
        };
        let sort = members.text("@odata.context").and_then(Sort::of_context);
        match members.member("value") {
            Some(Node::List(list)) => {
                page.has_next = members.member("@odata.nextLink").is_some();
                self.read_list(list, "value", sort, &mut page)?;
            }
            Some(other) => {
                return Err(("value".to_owned(), format!("expected an array, found {}", other.kind())));
            }
            None => self.read_object(&members, "", sort, &mut page)?,
        }
        Ok(page)
    }

    fn read_list(
        &mut self,
        list: &[Node],
        path: &str,
        sort: Option<Sort>,
        page: &mut Page,
    ) -> Result<(), Fault> {
        for (index, node) in list.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match node {
                Node::Object(members) => self.read_object(&Object(members), &path, sort, page)?,
                other => return Err((path, format!("expected an object, found {}", other.kind()))),
            }
        }
        Ok(())
    }

    fn read_object(
        &mut self,
        object: &Object<'_>,
        path: &str,
        sort: Option<Sort>,
        page: &mut Page,
    ) -> Result<(), Fault> {
        let stated = object.text("@odata.type").map(Sort::of_type);
        let Some(sort) = stated.or(sort).or_else(|| Sort::of_members(object)) else {
            let message = "nothing says what this is; export it with `@odata.type`, or its collection with `@odata.context`";
            return Err((path.to_owned(), message.to_owned()));
        };
        page.sorts.insert(sort);
        let required = |name: &str| {
            object.text(name).ok_or_else(|| {
                let at = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                (at, format!("`{name}` is required, as a string"))
            })
        };
        let display_name = object.text("displayName");
        match sort {
            Sort::User => {
                self.users.listed = true;
                self.users.insert(required("id")?, [display_name, object.text("userPrincipalName")]);
            }
            Sort::Group => {
                self.groups.listed = true;
                self.groups.insert(required("id")?, [display_name]);
            }
            Sort::Role => {
                self.roles.listed = true;
                let id = required("id")?;
                let template = object.text("roleTemplateId").or(object.text("templateId")).unwrap_or(id);
                self.roles.insert(template, [display_name, Some(id)]);
            }
            Sort::ServicePrincipal => {
                self.service_principals.listed = true;
                let id = required("id")?;
                let app_id = object.text("appId");
                self.service_principals.insert(id, [display_name, app_id]);
                if let Some(app_id) = app_id {
                    self.applications.listed = true;
                    self.applications.insert(app_id, [display_name, Some(id)]);
                }
            }
            // Registrations are not all there is: Microsoft's own applications have service principals only.
            Sort::Application => {
                self.applications.insert(required("appId")?, [display_name, object.text("id")]);
            }
            Sort::Other => {}
        }
        Ok(())
    }

    const fn things(&self, kind: DirectoryKind) -> &Things {
        match kind {
            DirectoryKind::User => &self.users,
            DirectoryKind::Group => &self.groups,
            DirectoryKind::Role => &self.roles,
            DirectoryKind::ServicePrincipal => &self.service_principals,
            DirectoryKind::Application => &self.applications,
        }
    }

    /// Whether things of a kind were exported; applications are by their service principals.
    #[must_use]
    pub const fn lists(&self, kind: DirectoryKind) -> bool {
        self.things(kind).listed
    }

    /// Whether an id is of something that exists, in whatever case.
    #[must_use]
    pub fn has(&self, kind: DirectoryKind, id: &str) -> bool {
        self.things(kind).ids.contains(&id.to_ascii_lowercase())
    }

    /// What to write in place of a text that is no id: the id of the thing with that name.
    #[must_use]
    pub fn advice(&self, kind: DirectoryKind, text: &str) -> String {
        let ids = self.things(kind).names.get(&text.to_ascii_lowercase());
        match ids.map(|ids| (ids.len(), ids.first())) {
            Some((1, Some(id))) => format!("write its id, `{id}`"),
            Some((count, _)) => format!("write the id of one of the {count} with that name"),
            None => format!("remove it, or write the id of a {kind} that exists"),
        }
    }
}

/// What a document turned out to hold.
#[derive(Default)]
struct Page {
    sorts: BTreeSet<Sort>,
    has_next: bool,
}
