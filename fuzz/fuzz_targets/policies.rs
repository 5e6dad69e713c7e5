//! Any policies and named locations: refused with a code, a path and what to do, or evaluated to a verdict.
//!
//! Input: the JSON of policies; after a line `---`, if there is one, that of named locations.
#![no_main]

use edgeward::detection::DetectionSet;
use edgeward::policy::{Facts, Sources, Unknowns, Verdict, WhatIfBody, Written, what_if};
use edgeward::risk::LevelSet;
use edgeward::{Request, agent};
use libfuzzer_sys::fuzz_target;

const REQUESTS: [&str; 3] = [
    "{}",
    r#"{"principal":{"kind":"anonymous"},"http":{"headers":[]}}"#,
    r#"{"time":9,"http":{"method":"GET","path":"/a","headers":[["user-agent","Mozilla/5.0"]]},"client":{"ip":"192.0.2.1"},
        "principal":{"kind":"user","id":"u","groups":["g"]},"session":{"id":"s","amr":["pwd"]},"device":{"isCompliant":false}}"#,
];
const BODY: &str = r#"{"signInIdentity":{"userId":"u"},"signInContext":{"includeApplications":["a","b"]}}"#;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (policies, locations) = text.split_once("\n---\n").unwrap_or((&text, "[]"));
    let written = match Written::parse(policies, locations, None) {
        Ok((written, warnings)) => {
            assert!(!warnings.iter().any(|issue| issue.is_error()));
            written
        }
        Err(issues) => {
            assert!(issues.iter().any(|issue| issue.is_error()));
            for issue in issues {
                assert!(!issue.code.is_empty() && !issue.path.is_empty() && !issue.message.is_empty());
                assert!(!issue.is_error() || issue.fix.is_some(), "{issue:?}");
            }
            return;
        }
    };
    let set = written.set();
    for request in REQUESTS {
        let request: Request<'_> = serde_json::from_str(request).unwrap();
        let agent = agent::classify(&request);
        let sign_in_risk = LevelSet::from_fact(request.risk.sign_in);
        let facts =
            Facts { request: &request, agent: &agent, detections: DetectionSet::default(), sign_in_risk };
        let asked = set.evaluate(&facts, Unknowns::Ask);
        let settled = set.evaluate(&facts, Unknowns::Settle);
        assert!(settled.verdict != Verdict::Undetermined && settled.needs.is_empty());
        assert!(asked.verdict == Verdict::Undetermined || asked.verdict == settled.verdict);
        assert_eq!(asked.results.len(), set.policies().len());
    }
    let body: WhatIfBody<'_> = serde_json::from_str(BODY).unwrap();
    let answer = what_if(&written, &Sources::of(policies), body).unwrap().to_json();
    serde_json::from_str::<serde_json::Value>(&answer).unwrap_or_else(|why| panic!("{why}: {answer}"));
});
