//! One row of a log table, whichever way it was exported.

use std::collections::HashMap;

use edgeward::request::Text;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::input;

/// Columns that hold structures; exports keep them as JSON or as text of JSON.
const DYNAMIC: [&str; 6] =
    ["agent", "authenticationdetails", "devicedetail", "locationdetails", "location", "status"];

/// A quoted value is cut after so many characters.
const QUOTE: usize = 60;

type Members<'a> = HashMap<Text<'a>, &'a RawValue>;

/// The columns of one row, by name without regard to case, and what could not be read of them.
pub struct Row {
    columns: HashMap<String, Value>,
    problems: Vec<String>,
}

impl Row {
    /// Reads a row. Columns may stand below `properties`, as diagnostic settings stream them, or below
    /// `AdditionalProperties`, as PowerShell writes what its version does not know.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let mut members: Members<'_> = input::parse(json)?;
        let mut row = Self { columns: HashMap::with_capacity(members.len()), problems: Vec::new() };
        for name in ["properties", "AdditionalProperties"] {
            if let Some(properties) = members.remove(&Text::from(name))
                && let Ok(properties) = serde_json::from_str(properties.get())
            {
                row.take(properties);
            }
        }
        row.take(members);
        Ok(row)
    }

    fn take(&mut self, members: Members<'_>) {
        for (name, json) in members {
            let key = column_key(&name);
            // Results of policies: nine tenths of a row, and never read.
            if key.contains("conditionalaccess") {
                continue;
            }
            match value(&key, json) {
                Ok(Value::Null) => {}
                Ok(value) => {
                    self.columns.entry(key).or_insert(value);
                }
                Err(why) => self.problems.push(format!("{name}: is not the JSON of a structure: {why}")),
            }
        }
    }

    /// What could not be read, in one line.
    pub fn problems(&self) -> Option<String> {
        (!self.problems.is_empty()).then(|| self.problems.join("; "))
    }

    /// Value at a path: a column, then members of it. `null` and the empty string state nothing.
    pub fn value(&self, path: &str) -> Option<&Value> {
        let mut names = path.split('.');
        let column = self.columns.get(&names.next()?.to_ascii_lowercase())?;
        let value = names.try_fold(column, member)?;
        (!value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty())).then_some(value)
    }

    /// Text at a path; numbers are written out, because exports differ in what they quote.
    pub fn text(&mut self, path: &str) -> Option<String> {
        match self.value(path)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Array(_) | Value::Object(_) | Value::Null => {
                self.problems.push(format!("{path}: is a structure, not text"));
                None
            }
        }
    }

    /// Text at a path, read by `read`; what it refuses is a problem, said to be no `expected`.
    pub fn read<T>(&mut self, path: &str, expected: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(path)?;
        let value = read(&text);
        if value.is_none() {
            let quote: String = text.chars().take(QUOTE).collect();
            let cut = if quote.len() < text.len() { "…" } else { "" };
            self.problems.push(format!("{path}: `{quote}{cut}` is not {expected}"));
        }
        value
    }
}

/// A member of a structure, whose names PowerShell writes with a capital.
pub fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let exact = value.get(name);
    exact.or_else(|| Some(value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1))
}

/// Portals and converters add to the name of a column what they did to it.
fn column_key(name: &str) -> String {
    let name = name.strip_suffix(" [UTC]").unwrap_or(name);
    name.strip_suffix("_dynamic").unwrap_or(name).to_ascii_lowercase()
}

/// `Location` is a country code in the table and a structure in Graph: text that is no structure stays text.
fn value(key: &str, json: &RawValue) -> Result<Value, serde_json::Error> {
    match serde_json::from_str(json.get())? {
        Value::String(text) if DYNAMIC.contains(&key) && text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(&text)
        }
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: &str) -> Row {
        Row::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_column_is_found_however_it_was_exported() {
        for json in [
            r#"{"DeviceDetail":{"browser":"b"}}"#,
            r#"{"DeviceDetail":"{\"browser\":\"b\"}"}"#,
            r#"{"DeviceDetail_dynamic":{"browser":"b"}}"#,
            r#"{"DeviceDetail":{"Browser":"b"}}"#,
            r#"{"AdditionalProperties":{"deviceDetail":{"browser":"b"}}}"#,
            r#"{"properties":{"deviceDetail":{"browser":"b"}},"deviceDetail":null}"#,
        ] {
            assert_eq!(row(json).text("DeviceDetail.browser").as_deref(), Some("b"), "{json}");
        }
        assert_eq!(row(r#"{"CreatedDateTime [UTC]":"t"}"#).text("CreatedDateTime").as_deref(), Some("t"));
        assert_eq!(row(r#"{"Location":"NO"}"#).text("Location").as_deref(), Some("NO"));
    }

    #[test]
    fn nothing_stated_is_no_problem_and_nothing_read() {
        let mut row = row(r#"{"A":"","B":null,"C":" "}"#);
        for path in ["A", "B", "C", "D", "A.b"] {
            assert_eq!(row.text(path), None);
        }
        assert_eq!(row.problems(), None);
    }

    #[test]
    fn what_can_not_be_read_is_named_with_its_path() {
        let mut row = row(r#"{"A":"x","DeviceDetail":"{\"cut","B":{"c":[1]}}"#);
        assert_eq!(row.read("A", "a number", |text| text.parse::<u32>().ok()), None);
        assert_eq!(row.text("B.c"), None);
        let problems = row.problems().unwrap();
        for part in ["DeviceDetail: is not the JSON", "A: `x` is not a number", "B.c: is a structure"] {
            assert!(problems.contains(part), "{part} in {problems}");
        }
        assert!(Row::parse(b"[1]").is_err());
    }
}
