//! Evaluates sign-in scenarios against published policy sets and compares the answers with what was expected.
//!
//! ```text
//! cargo run --example policy_scenarios -- FOLDER
//! ```
//!
//! The folder holds policy sets (`NAME.json`: `{"policies": […], "namedLocations": […]}`) and `scenarios.jsonl`, a
//! scenario per line: `set`, `assumeState`, `facts` and `expected`. Prints a line per set and per scenario; exits
//! with 1 if anything differs.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a developer's tool: a scenario file that is not one stops it with a message"
)]

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use edgeward::detection::DetectionSet;
use edgeward::policy::{Facts, PolicyOutcome, PolicySet, Severity, Unknowns};
use edgeward::risk::LevelSet;
use edgeward::{Request, agent};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: policy_scenarios FOLDER");
        return ExitCode::from(2);
    };
    let folder = Path::new(&folder);
    let mut failures = load_all(folder);
    let scenarios = fs::read_to_string(folder.join("scenarios.jsonl")).expect("scenarios.jsonl");
    let mut count = 0;
    for line in scenarios.lines() {
        let scenario: Value = serde_json::from_str(line).expect("a scenario per line");
        let differences = differences(folder, &scenario);
        count += 1;
        failures += usize::from(!differences.is_empty());
        println!(
            "{} {}",
            scenario["id"].as_str().unwrap_or_default(),
            if differences.is_empty() { "ok" } else { "DIFFERS" }
        );
        for difference in differences {
            println!("    {difference}");
        }
    }
    println!("{count} scenarios, {failures} failures");
    ExitCode::from(u8::from(failures > 0))
}

/// Every set must load. Sets of published templates lack states and ids, or repeat ids: those are filled in.
fn load_all(folder: &Path) -> usize {
    let mut failures = 0;
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("folder").flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let set = read(file);
        let (policies, locations) = (prepared(&set, "as-is"), locations(&set, None));
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        match PolicySet::parse(&policies.to_string(), &locations.to_string()) {
            Ok((set, warnings)) => {
                println!("{name}: {} policies, {} warnings", set.policies().len(), warnings.len())
            }
            Err(issues) => {
                failures += 1;
                println!("{name}: REFUSED");
                for issue in issues.iter().filter(|issue| issue.severity == Severity::Error) {
                    println!("    {}: {} ({})", issue.path, issue.message, issue.code);
                }
            }
        }
    }
    failures
}

fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).expect("a policy set");
    serde_json::from_str(&text).expect("JSON")
}

/// Policies named by their place, in the state that the scenario assumes.
fn prepared(set: &Value, assume_state: &str) -> Value {
    let mut policies = set["policies"].clone();
    for (index, policy) in policies.as_array_mut().expect("policies").iter_mut().enumerate() {
        policy["id"] = json!(index.to_string());
        let state = match (assume_state, policy["state"].as_str()) {
            ("enforce-all", _) => "enabled",
            ("enforce-report-only", Some("enabledForReportingButNotEnforced")) => "enabled",
            (_, Some(state)) => state,
            (_, None) => "disabled",
        };
        policy["state"] = json!(state);
    }
    policies
}

/// The set's locations; with the facts of a scenario, each becomes a range that holds the scenario's address or does
/// not, because the facts say which locations match and that list is complete.
fn locations(set: &Value, conditions: Option<&Value>) -> Value {
    let Some(conditions) = conditions else {
        let mut locations = set["namedLocations"].clone();
        for (index, location) in locations.as_array_mut().expect("locations").iter_mut().enumerate() {
            if location["id"].is_null() || index > 0 {
                location["id"] =
                    json!(location["id"].as_str().map_or_else(|| index.to_string(), str::to_owned));
            }
        }
        let mut seen = Vec::new();
        locations.as_array_mut().expect("locations").retain(|location| {
            let new = !seen.contains(&location["id"]);
            seen.push(location["id"].clone());
            new
        });
        return locations;
    };
    let mut ids: Vec<String> = Vec::new();
    let policies = set["policies"].as_array().expect("policies");
    for policy in policies {
        for side in ["includeLocations", "excludeLocations"] {
            let named = policy["conditions"]["locations"][side].as_array();
            for id in named.into_iter().flatten().filter_map(Value::as_str) {
                if !["All", "AllTrusted"].contains(&id) && !ids.iter().any(|known| known == id) {
                    ids.push(id.to_owned());
                }
            }
        }
    }
    let matched = conditions["location"]["matchedNamedLocations"].as_array().cloned().unwrap_or_default();
    let address = conditions["ipAddress"].as_str().unwrap_or("192.0.2.1");
    let mut locations: Vec<Value> = ids
        .iter()
        .map(|id| {
            let holds = matched.iter().any(|matched| matched.as_str() == Some(id));
            let range = if holds { format!("{address}/32") } else { "192.0.2.255/32".to_owned() };
            json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "id": id, "ipRanges": [{"cidrAddress": range}]})
        })
        .collect();
    let trusted = conditions["location"]["isTrusted"] == true;
    let range = if trusted { format!("{address}/32") } else { "192.0.2.254/32".to_owned() };
    locations.push(json!({"id": "trusted", "isTrusted": true, "ipRanges": [{"cidrAddress": range}]}));
    json!(locations)
}

fn request(facts: &Value) -> Value {
    let (identity, context, conditions) = (&facts["identity"], &facts["context"], &facts["conditions"]);
    let user = identity["kind"] == "user";
    let action = match context["userAction"].as_str() {
        Some("registerSecurityInformation") => json!("urn:user:registersecurityinfo"),
        Some("registerOrJoinDevices") => json!("urn:user:registerdevice"),
        _ => Value::Null,
    };
    let mut device = match conditions.get("deviceInfo") {
        Some(Value::Null) => json!({"isRegistered": false}),
        Some(info) => info.clone(),
        None => json!({}),
    };
    if let Some(platform) = conditions.get("devicePlatform") {
        device["platform"] = platform.clone();
    }
    let guest = if identity["guestType"].is_null() { json!("none") } else { identity["guestType"].clone() };
    json!({
        "time": 0,
        "principal": {
            "kind": if user { "user" } else { "workload" },
            "id": identity.get("userId").or_else(|| identity.get("servicePrincipalId")),
            "groups": identity.get("groups"), "roles": identity.get("roles"), "guestType": user.then_some(guest),
        },
        "resource": {
            "application": context.get("appId"), "applicationGroups": context.get("appGroups"),
            "userAction": action, "authenticationContext": context.get("authenticationContext"),
        },
        "client": {
            "ip": conditions.get("location").and(conditions.get("ipAddress")),
            "country": conditions.get("country").map(|country| country.as_str().unwrap_or("XX").to_owned()),
            "appType": conditions.get("clientAppType"),
        },
        "device": device,
        "session": {
            "id": "s", "amr": facts["satisfiedControls"], "authTime": 0,
            "transferMethod": conditions["authenticationFlow"].get("transferMethod"),
        },
        "risk": {
            "signIn": conditions.get("signInRiskLevel"), "user": conditions.get("userRiskLevel"),
            "servicePrincipal": conditions.get("servicePrincipalRiskLevel"), "insider": conditions.get("insiderRiskLevel"),
        },
    })
}

fn differences(folder: &Path, scenario: &Value) -> Vec<String> {
    let set = read(&folder.join(format!("{}.json", scenario["set"].as_str().unwrap_or_default())));
    let facts = &scenario["facts"];
    let policies = prepared(&set, scenario["assumeState"].as_str().unwrap_or_default());
    let locations = locations(&set, Some(&facts["conditions"]));
    let set = match PolicySet::parse(&policies.to_string(), &locations.to_string()) {
        Ok((set, _)) => set,
        Err(_) => return vec!["the set is refused".to_owned()],
    };
    let text = request(facts).to_string();
    let request: Request<'_> = serde_json::from_str(&text).expect("a request");
    let agent = agent::classify(&request);
    let facts = Facts {
        request: &request,
        agent: &agent,
        detections: DetectionSet::default(),
        sign_in_risk: LevelSet::from_fact(request.risk.sign_in),
    };
    let evaluation = set.evaluate(&facts, Unknowns::Ask);

    let expected = &scenario["expected"];
    let listed = |name: &str, index: usize| {
        expected[name].as_array().is_some_and(|list| {
            list.iter().any(|entry| entry.as_u64().or_else(|| entry["index"].as_u64()) == Some(index as u64))
        })
    };
    let mut differences = Vec::new();
    for (index, result) in evaluation.results.iter().enumerate() {
        let actual = match result.applies {
            Some(true) if matches!(result.result, PolicyOutcome::NotEnabled) => "disabled",
            Some(true) if set.policies()[index].state() == edgeward::policy::PolicyState::ReportOnly => {
                "reportOnlyApplies"
            }
            Some(true) => "applies",
            Some(false) => "doesNotApply",
            None => "unknown",
        };
        let wanted = ["applies", "reportOnlyApplies", "unknown"].into_iter().find(|name| listed(name, index));
        let wanted = match wanted {
            Some(name) => name,
            None if listed("notAsserted", index) => continue,
            None if expected["doesNotApply"] == "all-others" || listed("doesNotApply", index) => {
                "doesNotApply"
            }
            None => continue,
        };
        if actual != wanted {
            differences
                .push(format!("policy {index}: expected {wanted}, found {actual} ({:?})", result.reason));
        }
    }
    let combined = &expected["combined"];
    if !combined.is_null() {
        let verdict = json!(evaluation.verdict);
        let wanted = if combined["decision"] == "indeterminate" {
            json!("undetermined")
        } else {
            combined["decision"].clone()
        };
        if verdict != wanted {
            let needs: Vec<_> = evaluation.needs.iter().map(|fact| fact.name()).collect();
            differences.push(format!("expected {wanted}, found {verdict}, needs {needs:?}"));
        }
        let controls = json!(evaluation.controls);
        if !combined["promptOrder"].is_null() && combined["promptOrder"] != controls {
            differences.push(format!("expected prompts {}, found {controls}", combined["promptOrder"]));
        }
    }
    differences
}
