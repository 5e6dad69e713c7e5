//! What an operator should know, on standard error, which the platform's log tail shows.

use std::collections::HashMap;
use std::num::NonZeroU8;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};

/// How often the same code is reported again: milliseconds.
const QUIET_MS: i64 = 60_000;

/// Times as scripts write them: milliseconds, UTC.
const TIME: EncodedConfig = Config::DEFAULT
    .set_year_is_six_digits(false)
    .set_time_precision(TimePrecision::Second { decimal_digits: NonZeroU8::new(3) })
    .encode();

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

/// A request that was answered, or passed on, without a decision, as `decisionLine` of the npm package writes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Undecided<'a> {
    time: String,
    support_code: &'a str,
    reason: &'static str,
    passed: bool,
    event: &'static str,
}

/// Tells of each request for which there was no bundle to decide by: whoever was shown the support code quotes it. `now` in
/// milliseconds.
pub fn report_undecided(support_code: &str, passed: bool, now: i64) {
    eprintln!("{}", undecided(support_code, passed, now));
}

fn undecided(support_code: &str, passed: bool, now: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(now) * 1_000_000).ok();
    let time = time.and_then(|time| time.format(&Iso8601::<TIME>).ok()).unwrap_or_default();
    let line = Undecided { time, support_code, reason: "no_bundle", passed, event: "edgeward.undecided" };
    serde_json::to_string(&line).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_the_one_of_the_other_edges() {
        assert_eq!(
            undecided("ABC", true, 1_790_000_000_120),
            r#"{"time":"2026-09-21T14:13:20.120Z","supportCode":"ABC","reason":"no_bundle","passed":true,"event":"edgeward.undecided"}"#
        );
    }
}
