//! JSON lines on standard output.

use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;

/// Standard output, buffered.
pub struct Output(BufWriter<StdoutLock<'static>>);

impl Output {
    /// Takes standard output.
    pub fn new() -> Self {
        Self(BufWriter::with_capacity(64 << 10, io::stdout().lock()))
    }

    /// Writes one value as one line of JSON.
    pub fn line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.0, value).map_err(|why| Failure::output(why.into()))?;
        self.0.write_all(b"\n").map_err(Failure::output)
    }

    /// Writes JSON that is one line already.
    pub fn text_line(&mut self, json: &str) -> Result<(), Failure> {
        self.0.write_all(json.as_bytes()).map_err(Failure::output)?;
        self.0.write_all(b"\n").map_err(Failure::output)
    }

    /// Writes one value as one line of JSON, without the members that are `null` or hold nothing but such: in a
    /// request both mean unknown.
    pub fn sparse_line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let mut value = serde_json::to_value(value).map_err(|why| Failure::output(why.into()))?;
        prune(&mut value);
        self.line(&value)
    }

    /// Passes on what is buffered. Dropping the output would swallow the error.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.0.flush().map_err(Failure::output)
    }
}

fn prune(value: &mut Value) {
    if let Value::Object(members) = value {
        members.values_mut().for_each(prune);
        members
            .retain(|_, value| !value.is_null() && value.as_object().is_none_or(|inner| !inner.is_empty()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparse_line_keeps_what_is_known_to_be_empty() {
        let mut value = serde_json::json!({"a":null,"b":{"c":null,"d":{}},"e":[],"f":false,"g":[null]});
        prune(&mut value);
        assert_eq!(value, serde_json::json!({"e":[],"f":false,"g":[null]}));
    }
}
