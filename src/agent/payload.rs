//! Payloads in place of a name: injected code, templates that were never filled in, paths.

/// Beginnings and middles of payloads that no genuine user agent has. Sources: OWASP Core Rule Set, families 930
/// (paths), 932 (commands), 934 (templates), 941 (scripts), 942 (queries), 944 (look-ups).
const PAYLOADS: [&str; 26] = [
    "${",
    "#{",
    "%{",
    "{{",
    "<script",
    "<?php",
    "<img",
    "<svg",
    "<!--",
    "javascript:",
    "' or ",
    "\" or ",
    "or 1=1",
    "union select",
    "union all",
    "sleep(",
    "select ",
    "../..",
    "..\\..",
    "() {",
    "() { :;",
    "$(",
    "/etc/passwd",
    "/bin/sh",
    "cmd.exe",
    "jndi:",
];

/// Whether a text carries one. Looked at only when the tokeniser saw a byte that no genuine user agent has.
pub fn is_injected(text: &str) -> bool {
    let bytes = text.as_bytes();
    let bytes = bytes.get(..super::token::MAX_BYTES).unwrap_or(bytes);
    PAYLOADS.iter().any(|payload| {
        bytes.windows(payload.len()).any(|window| window.eq_ignore_ascii_case(payload.as_bytes()))
    })
}
