//! Canonical bytes: members in order of their names, no white space. The same bundle has the same bytes, and so the
//! same signature, wherever it was built.

use serde_json::Value;

/// Writes a value canonically. Order is that of the names' UTF-8 bytes; numbers and text are written as serde_json
/// writes them.
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(value, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_white_space_do_not_matter() {
        let one: Value =
            serde_json::from_str(r#"{ "b" : [1, {"z":null,"é":"\u00e9\n"}], "a" : true }"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"a":true,"b":[1,{"é":"é\n","z":null}]}"#).unwrap();
        assert_eq!(to_string(&one), to_string(&other));
        assert_eq!(to_string(&one), r#"{"a":true,"b":[1,{"z":null,"é":"é\n"}]}"#);
    }
}
