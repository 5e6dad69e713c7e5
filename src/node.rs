//! JSON as it was written: member order and repeated members kept, which `serde_json::Value` loses.

/// One JSON value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Node {
    #[default]
    Null,
    Bool(bool),
    Integer(i64),
    /// A number that is no integer of 64 bits; no member of a policy holds one.
    OtherNumber,
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// What it is, for messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) | Self::OtherNumber => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// An object that states nothing: PowerShell writes what Graph leaves out with every member `null`.
    pub(crate) fn is_hollow(&self) -> bool {
        let says_nothing = |(name, node): &(String, Self)| {
            matches!(node, Self::Null)
                || name.contains("@odata.")
                || name == "AdditionalProperties" && *node == Self::Object(Vec::new())
                || node.is_hollow()
        };
        matches!(self, Self::Object(members) if !members.is_empty() && members.iter().all(says_nothing))
    }
}
