//! What is done with bundles before an edge loads them, and what only people ask, behind the JavaScript boundary: a module of
//! its own, because deciding needs none of it. Nothing but the crossing: shapes are those of [`edgeward::ffi`].

use edgeward::ffi;
use wasm_bindgen::prelude::*;

/// Compiles the source of a bundle.
#[wasm_bindgen]
#[must_use]
pub fn compile(source: &str) -> String {
    ffi::compile(source)
}

/// What is wrong or doubtful in a bundle; compiles nothing.
#[wasm_bindgen]
#[must_use]
pub fn lint(source: &str) -> String {
    ffi::lint(source)
}

/// Answers Graph's What If by the source of a bundle.
#[wasm_bindgen(js_name = whatIf)]
#[must_use]
pub fn what_if(source: &str, body: &str) -> String {
    ffi::what_if(source, body)
}

/// What a client is, and which tokens and rules say so.
#[wasm_bindgen]
#[must_use]
pub fn explain(subject: &str) -> String {
    ffi::explain(subject)
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    fn a_source_crosses_as_text_and_failures_as_answers() {
        let compiled = compile(r#"{"schema":1,"version":"1","policies":[]}"#);
        assert!(compiled.starts_with(r#"{"bundle":"{\"compiled\":"#), "{compiled}");
        assert!(compile("{").starts_with(r#"{"error":{"code":"invalid_json""#));
        assert!(lint("{").starts_with(r#"{"error":"#));
        assert!(what_if("{}", "{}").starts_with(r#"{"error":"#));
        assert!(explain(r#"{"ua":"curl/8.5.0"}"#).contains(r#""rule":"#));
        assert!(explain("{").starts_with(r#"{"error":"#));
    }
}
