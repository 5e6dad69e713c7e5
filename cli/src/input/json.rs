//! JSON that does not parse, and where it does not.

use serde::Deserialize;

use crate::failure::{Failure, Place};

/// Parses one line of many as JSON; the error names the path of the member at fault, and the column.
pub fn parse<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|_| Place::told_by(&explain::<T>(json)).within_line())
}

/// Parses a whole text as JSON, which begins on line `first` of the input of that name.
pub fn parse_document<'de, T: Deserialize<'de>>(
    name: &str,
    first: usize,
    json: &'de str,
) -> Result<T, Failure> {
    let json = json.as_bytes();
    serde_json::from_slice(json).map_err(|_| Failure::document(name, first, explain::<T>(json)))
}

/// What is wrong with JSON that did not parse as `T`: the path of the member at fault, why, and where, as `serde_json`
/// says it.
fn explain<'de, T: Deserialize<'de>>(json: &'de [u8]) -> String {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) => {
            let path = error.path().to_string();
            // A member that was never named, and the document itself.
            let path = path.strip_suffix(".?").unwrap_or(&path);
            let why = error.inner().to_string();
            // The engine's own records name the member themselves.
            if matches!(path, "." | "?") || why.starts_with(path) { why } else { format!("{path}: {why}") }
        }
        // The value is whole, so what follows it is at fault.
        Ok(_) => deserializer.end().err().map(|why| why.to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn an_error_names_the_member() {
        let why = parse::<HashMap<String, Vec<u8>>>(br#"{"a":[1,"x"]}"#).unwrap_err();
        assert!(why.starts_with("a[1]: ") && why.ends_with(", column 11"), "{why}");
        let why = parse::<HashMap<String, u8>>(br#"{"a":1,"#).unwrap_err();
        assert!(why.starts_with("EOF "), "there is no member to name: {why}");
    }
}
