//! What a detection rests on: a few named values, in the order the detection gives them.

use crate::write::{self, Members, Write, written};

/// One value of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// Adds those names for which something is so.
    #[must_use]
    #[inline(never)]
    pub fn such(self, name: &'static str, values: &[(&'static str, bool)]) -> Self {
        self.names(name, values.iter().filter(|(_, is_so)| *is_so).map(|(value, _)| *value).collect())
    }

    /// In the order the detection gave them.
    pub(crate) fn values(&self) -> &[(&'static str, Value<'a>)] {
        &self.0
    }

    fn with(mut self, name: &'static str, value: Value<'a>) -> Self {
        self.0.push((name, value));
        self
    }
}

impl Write for Value<'_> {
    fn value(&self) -> write::Value<'_> {
        match self {
            Self::Number(number) => number.value(),
            Self::Text(text) => text.value(),
            Self::Names(names) => names.value(),
        }
    }
}

impl Members for Evidence<'_> {
    fn each(&self, put: &mut dyn FnMut(&'static str, write::Value<'_>)) {
        self.0.iter().for_each(|(name, value)| put(name, value.value()));
    }
}

written!(@object Evidence<'_>);
