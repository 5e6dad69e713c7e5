//! What a detection rests on: a few named values, in the order the detection gives them.

use serde::{Serialize, Serializer};

/// One value of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value<'a> {
    /// A number.
    Number(i64),
    /// A name or text of the request.
    Text(&'a str),
    /// Several names.
    Names(Vec<&'static str>),
}

/// Named values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence<'a>(Vec<(&'static str, Value<'a>)>);

impl<'a> Evidence<'a> {
    /// Adds a number.
    #[must_use]
    pub fn number(self, name: &'static str, value: impl Into<i64>) -> Self {
        self.with(name, Value::Number(value.into()))
    }

    /// Adds a text, if known.
    #[must_use]
    pub fn text(self, name: &'static str, value: Option<&'a str>) -> Self {
        match value {
            Some(value) => self.with(name, Value::Text(value)),
            None => self,
        }
    }

    /// Adds names.
    #[must_use]
    pub fn names(self, name: &'static str, values: Vec<&'static str>) -> Self {
        self.with(name, Value::Names(values))
    }

    fn with(mut self, name: &'static str, value: Value<'a>) -> Self {
        self.0.push((name, value));
        self
    }
}

impl Serialize for Evidence<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
