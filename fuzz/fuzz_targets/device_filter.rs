//! Any device filter: refused at a position within it, or true of a device exactly if its negation is false.
#![no_main]

use edgeward::detection::DetectionSet;
use edgeward::policy::{Facts, PolicySet, Unknowns};
use edgeward::risk::LevelSet;
use edgeward::{Request, agent};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

/// A device of which everything is known, one that is not registered, and one of which nothing is known.
const DEVICES: [(&str, bool); 3] = [
    (
        r#"{"device":{"isRegistered":true,"isCompliant":true,"trustType":"AzureAD","deviceId":"d","mdmAppId":"m",
            "displayName":"PAW","enrollmentProfileName":"","manufacturer":"a","model":"b","operatingSystem":"Windows",
            "operatingSystemVersion":"10","deviceOwnership":"Company","profileType":"SecureVM","physicalIds":["p"],
            "systemLabels":[],"extensionAttributes":{"extensionAttribute1":"SAW"}}}"#,
        true,
    ),
    (r#"{"device":{"isRegistered":false}}"#, true),
    ("{}", false),
];

fuzz_target!(|data: &[u8]| {
    let rule = String::from_utf8_lossy(data);
    let policy = |id: &str, mode: &str, rule: &str| {
        json!({
            "id": id, "state": "enabled", "grantControls": {"operator": "OR", "builtInControls": ["block"]},
            "conditions": {
                "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
                "clientAppTypes": ["all"], "devices": {"deviceFilter": {"mode": mode, "rule": rule}},
            },
        })
    };
    let negated = format!("-not ({rule})");
    let parse = |policies| PolicySet::parse(&serde_json::Value::Array(policies).to_string(), "[]");
    let plain = parse(vec![policy("include", "include", &rule), policy("exclude", "exclude", &rule)]);
    let set = match plain {
        Ok((set, _)) => set,
        Err(issues) => {
            let issue = issues.iter().find(|issue| issue.is_error()).unwrap();
            assert_eq!(issue.code, "invalid_device_filter");
            let position = issue.message.trim_start_matches("at character ").split(':').next().unwrap();
            assert!(position.parse::<usize>().unwrap() <= rule.chars().count(), "{}", issue.message);
            return;
        }
    };
    let negation = parse(vec![policy("not", "include", &negated)]).ok();
    for (device, is_known) in DEVICES {
        let request: Request<'_> = serde_json::from_str(device).unwrap();
        let agent = agent::classify(&request);
        let facts = Facts {
            request: &request,
            agent: &agent,
            detections: DetectionSet::default(),
            sign_in_risk: LevelSet::UNKNOWN,
        };
        let failed = |set: &PolicySet| -> Vec<Option<edgeward::policy::Condition>> {
            set.evaluate(&facts, Unknowns::Ask).results.iter().map(|result| result.reason).collect()
        };
        // Principal and application are open in all; of a known device the filter is what decides.
        let reasons = failed(&set);
        let device_fails = |reason: &Option<_>| *reason == Some(edgeward::policy::Condition::DeviceState);
        if is_known {
            assert_eq!(reasons.iter().filter(|reason| device_fails(reason)).count(), 1, "{rule}");
            if let Some((negation, _)) = &negation {
                assert_eq!(device_fails(&failed(negation)[0]), device_fails(&reasons[1]), "{rule}");
            }
        }
    }
});
