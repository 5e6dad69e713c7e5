//! What an operator should know, on standard error, which the platform's log tail shows.

use std::collections::HashMap;

/// How often the same code is reported again: milliseconds.
const QUIET_MS: i64 = 60_000;

/// Reports each code at most once a minute. No message carries a token, a cookie or an identifier.
#[derive(Debug, Default)]
pub struct Reporter(HashMap<&'static str, i64>);

impl Reporter {
    /// Reports a problem; `code` is stable. `now` in milliseconds.
    pub fn report(&mut self, code: &'static str, message: &str, now: i64) {
        if self.0.get(code).is_some_and(|last| now - last < QUIET_MS) {
            return;
        }
        self.0.insert(code, now);
        eprintln!("edgeward: {message} ({code})");
    }
}
