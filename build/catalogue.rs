//! What a list of `data/agents/catalogue` and `data/agents/imported` may say: for what compiles them, and for what tests
//! that they are written well.

use serde::Deserialize;

/// One list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    pub class: Option<String>,
    /// Imported lists state where they are from and under which licence.
    pub source: Option<String>,
    pub licence: Option<String>,
    pub agents: Vec<Entry>,
}

/// One agent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub name: Option<String>,
    pub about: Option<String>,
    pub operator: Option<String>,
    pub class: Option<String>,
    pub purpose: Option<String>,
    pub tokens: Vec<String>,
    pub docs: Option<String>,
    #[serde(default)]
    pub verify: Vec<String>,
}
