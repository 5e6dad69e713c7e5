//! Cost of policies and of named locations, natively.
//!
//! `cargo bench -p edgeward --bench policy` prints nanoseconds: the fastest of rounds in which every size takes its
//! turn. The time of a load is longer than a busy machine leaves a process alone; only the fastest round was not
//! interrupted. Ratios between lines are what counts.

#![expect(clippy::unwrap_used, reason = "the inputs are made here")]

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use edgeward::detection::DetectionSet;
use edgeward::location::{LocationKind, NamedLocation, NamedLocations};
use edgeward::net::AddressRange;
use edgeward::policy::{Facts, PolicySet, Unknowns};
use edgeward::risk::LevelSet;
use edgeward::{Request, agent};

const SIZES: [usize; 4] = [10, 20, 100, 200];
const ROUNDS: usize = 201;
const CALLS: u32 = 100;

/// Policies as tenants have them: groups, applications, platforms, locations, risk; one in three applies.
fn policies(count: usize) -> String {
    let mut text = String::from("[");
    for index in 0..count {
        let (users, conditions, controls) = match index % 6 {
            0 => (r#""includeUsers":["All"],"excludeGroups":["break-glass"]"#, "", r#"["mfa"]"#),
            1 => (r#""includeGroups":["finance"]"#, r#","signInRiskLevels":["high"]"#, r#"["block"]"#),
            2 => (
                r#""includeUsers":["All"],"excludeGroups":["break-glass"]"#,
                r#","platforms":{"includePlatforms":["iOS","android"]}"#,
                r#"["compliantApplication"]"#,
            ),
            3 => (
                r#""includeUsers":["All"],"excludeUsers":["admin"]"#,
                r#","locations":{"includeLocations":["All"],"excludeLocations":["office"]}"#,
                r#"["compliantDevice","domainJoinedDevice"]"#,
            ),
            4 => (r#""includeRoles":["global-admin"]"#, r#","userRiskLevels":["high"]"#, r#"["mfa"]"#),
            _ => (
                r#""includeGroups":["guests","contractors"]"#,
                r#","edge":{"agentClasses":{"exclude":["browser"]},"paths":["/admin*"]}"#,
                r#"["block"]"#,
            ),
        };
        let application = if index % 2 == 0 { "All".to_owned() } else { format!("app-{}", index % 40) };
        let comma = if index == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"id":"00000000-0000-0000-0000-{index:012}","displayName":"policy {index}","state":"enabled",
            "conditions":{{"users":{{{users}}},"applications":{{"includeApplications":["{application}"]}},
            "clientAppTypes":["all"]{conditions}}},
            "grantControls":{{"operator":"OR","builtInControls":{controls}}}}}"#
        )
        .unwrap();
    }
    text + "]"
}

const LOCATIONS: &str = r#"[{"id":"office","isTrusted":true,"ipRanges":[{"cidrAddress":"192.0.2.0/24"},{"cidrAddress":"2001:db8::/32"}]}]"#;

const REQUEST: &str = r#"{"time":1790000000000,
    "http":{"method":"GET","path":"/reports","headers":[["user-agent",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"]]},
    "client":{"ip":"198.51.100.7","country":"NO"},
    "principal":{"kind":"user","id":"9c1d0f3e-0000-4000-8000-000000000001","guestType":"none","roles":[],
        "groups":["finance","3b5c0000-0000-4000-8000-000000000002","3b5c0000-0000-4000-8000-000000000003"]},
    "session":{"id":"s","amr":["pwd","mfa"],"transferMethod":"none"},
    "device":{"isCompliant":true,"trustType":"AzureAD"},
    "resource":{"application":"app-7","applicationGroups":[]},
    "risk":{"user":"none","signIn":"low"}}"#;

fn fastest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

fn time(calls: u32, mut call: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed() / calls
}

fn main() {
    let request: Request<'_> = serde_json::from_str(REQUEST).unwrap();
    let agent = agent::classify(&request);
    let facts = |sign_in_risk| Facts {
        request: &request,
        agent: &agent,
        detections: DetectionSet::default(),
        sign_in_risk,
    };
    let (known, open) = (facts(LevelSet::from_fact(request.risk.sign_in)), facts(LevelSet::UNKNOWN));
    let sets: Vec<PolicySet> =
        SIZES.iter().map(|count| PolicySet::parse(&policies(*count), LOCATIONS).unwrap().0).collect();

    let mut verdicts = vec![Vec::new(); SIZES.len()];
    let mut results = verdicts.clone();
    let mut deferred = verdicts.clone();
    let mut parsed = verdicts.clone();
    for round in 0..ROUNDS {
        for turn in 0..SIZES.len() {
            let place = (round + turn) % SIZES.len();
            let (Some(set), Some(count)) = (sets.get(place), SIZES.get(place)) else { continue };
            let note = |times: &mut Vec<Vec<Duration>>, time| times.get_mut(place).unwrap().push(time);
            note(&mut verdicts, time(CALLS, || drop(black_box(set.judge(black_box(&known), Unknowns::Ask)))));
            note(
                &mut results,
                time(CALLS, || drop(black_box(set.evaluate(black_box(&known), Unknowns::Ask)))),
            );
            note(
                &mut deferred,
                time(CALLS / 10, || drop(black_box(set.judge(black_box(&open), Unknowns::Ask)))),
            );
            let text = policies(*count);
            note(&mut parsed, time(1, || drop(black_box(PolicySet::parse(&text, LOCATIONS)))));
        }
    }
    println!("policies  verdict  with every result  open risk  load");
    for (((count, verdict), result), (open, load)) in
        SIZES.iter().zip(verdicts).zip(results).zip(deferred.into_iter().zip(parsed))
    {
        let nanoseconds = |times| fastest(times).as_nanos();
        println!(
            "{count:8}  {:7}  {:17}  {:9}  {:9}",
            nanoseconds(verdict),
            nanoseconds(result),
            nanoseconds(open),
            nanoseconds(load)
        );
    }
    locations();
}

/// Entra's limits: 195 locations of 2000 ranges each.
fn locations() {
    let named: Vec<NamedLocation> = (0..195_u32)
        .map(|location| {
            let range = |index: u32| {
                let bits = (index * 195 + location).wrapping_mul(0x9e37_79b1) | 0x1000_0000;
                let [a, b, c, d] = bits.to_be_bytes();
                AddressRange::parse(&format!("{a}.{b}.{c}.{d}/{}", 20 + index % 12)).unwrap().0
            };
            let ranges = (0..2000).map(range).collect();
            NamedLocation { id: location.to_string(), kind: LocationKind::Ip { ranges, trusted: false } }
        })
        .collect();
    let start = Instant::now();
    let indexed = NamedLocations::new(&named);
    let load = start.elapsed();
    let mut address = 0_u32;
    let times = (0..ROUNDS).map(|_| {
        time(1_000, || {
            address = address.wrapping_mul(0x915f_77f5).wrapping_add(0x9e37_79b9);
            black_box(indexed.of_address(std::net::Ipv4Addr::from_bits(address).into()));
        })
    });
    println!(
        "390,000 ranges: look-up {} ns, load {} ms, {} kB",
        fastest(times.collect()).as_nanos(),
        load.as_millis(),
        indexed.address_index_bytes() / 1000
    );
}
