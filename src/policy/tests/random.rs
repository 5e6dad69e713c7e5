//! Random policies and requests over a small vocabulary, so that they meet often.

use serde_json::{Map, Value, json};

/// A small generator: a seed gives the same policies everywhere.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'v>(&mut self, values: &[&'v str]) -> &'v str {
        values[self.below(values.len())]
    }

    fn some<'v>(&mut self, values: &[&'v str], percent: usize) -> Vec<&'v str> {
        values.iter().copied().filter(|_| self.chance(percent)).collect()
    }
}

pub(super) const LEVELS: [&str; 4] = ["none", "low", "medium", "high"];
pub(super) const CLIENTS: [&str; 5] =
    ["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "easSupported", "other"];
pub(super) const PLATFORMS: [&str; 6] = ["android", "iOS", "windows", "windowsPhone", "macOS", "linux"];
pub(super) const STRENGTH: &str = "00000000-0000-0000-0000-000000000004";

pub(super) fn named_locations() -> Value {
    json!([
        {"id": "office", "isTrusted": true, "ipRanges": [{"cidrAddress": "192.0.2.0/25"}]},
        {"id": "site", "ipRanges": [{"cidrAddress": "192.0.2.64/26"}, {"cidrAddress": "2001:db8::/32"}]},
        {"id": "home", "countriesAndRegions": ["NO"], "includeUnknownCountriesAndRegions": false},
        {"id": "north", "countriesAndRegions": ["NO", "SE"], "includeUnknownCountriesAndRegions": true},
        {"id": "position", "countriesAndRegions": ["NO"], "countryLookupMethod": "authenticatorAppGps"},
        {"id": "tunnel", "compliantNetworkType": "allTenantCompliantNetworks"},
    ])
}

const RULES: [&str; 7] = [
    "device.isCompliant -eq True",
    "device.isCompliant -ne True -or device.trustType -eq ServerAD",
    r#"device.model -startsWith "A" -and device.model -endsWith "9""#,
    r#"device.model -in ["A1", "B9"]"#,
    r#"-not (device.model -contains "x") -or device.deviceOwnership -eq "Company""#,
    r#"device.physicalIds -contains "p1""#,
    r#"device.extensionAttribute1 -ne "SAW""#,
];

pub(super) fn policies(random: &mut Random, most: usize) -> Value {
    let count = 1 + random.below(most);
    (0..count).map(|index| policy(random, index)).collect()
}

fn policy(random: &mut Random, index: usize) -> Value {
    let state = if random.chance(70) {
        "enabled"
    } else {
        random.pick(&["disabled", "enabledForReportingButNotEnforced"])
    };
    let mut policy = json!({"id": format!("p{index}"), "displayName": "p", "state": state});
    policy["conditions"] = conditions(random);
    policy["grantControls"] = grant(random);
    policy["sessionControls"] = session(random);
    policy
}

fn conditions(random: &mut Random) -> Value {
    let mut all = Map::new();
    all.insert("users".into(), users(random));
    if random.chance(15) {
        let everyone = random.pick(&["ServicePrincipalsInMyTenant", "w1"]);
        let mut applications = json!({"includeServicePrincipals": [everyone]});
        applications["excludeServicePrincipals"] = json!(random.some(&["w1", "w2"], 20));
        applications["includeAgentIdServicePrincipals"] = json!(random.some(&["All", "a1"], 40));
        for name in ["servicePrincipalFilter", "agentIdServicePrincipalFilter"] {
            if random.chance(30) {
                applications[name] = attribute_filter(random);
            }
        }
        all.insert("clientApplications".into(), applications);
    }
    if random.chance(8) {
        all.insert("agents".into(), json!({"includeAgentUsers": ["All"], "excludeAgentUsers": ["u2"]}));
    }
    all.insert("applications".into(), applications(random));
    if random.chance(20) {
        all.insert("clientAppTypes".into(), json!(random.some(&CLIENTS, 50)));
    }
    if random.chance(20) {
        let mut include = random.some(&PLATFORMS, 30);
        include.extend(random.chance(40).then_some("all"));
        let exclude = random.some(&PLATFORMS, 20);
        all.insert("platforms".into(), json!({"includePlatforms": include, "excludePlatforms": exclude}));
    }
    if random.chance(30) {
        let names = ["office", "site", "home", "north", "position", "tunnel", "AllTrusted"];
        let mut include = random.some(&names, 15);
        include.extend(random.chance(50).then_some("All"));
        let exclude = random.some(&names, 15);
        all.insert("locations".into(), json!({"includeLocations": include, "excludeLocations": exclude}));
    }
    if random.chance(20) {
        let filter = json!({"mode": random.pick(&["include", "exclude"]), "rule": random.pick(&RULES)});
        all.insert("devices".into(), json!({"deviceFilter": filter}));
    }
    for name in ["signInRiskLevels", "userRiskLevels", "servicePrincipalRiskLevels"] {
        if random.chance(15) {
            all.insert(name.into(), json!(random.some(&LEVELS, 50)));
        }
    }
    if random.chance(8) {
        all.insert(
            "insiderRiskLevels".into(),
            json!(random.pick(&["minor", "moderate,elevated", "elevated"])),
        );
    }
    if random.chance(8) {
        all.insert("agentIdRiskLevels".into(), json!(random.pick(&["low", "medium,high"])));
    }
    if random.chance(10) {
        let methods = random.pick(&["deviceCodeFlow", "deviceCodeFlow,authenticationTransfer"]);
        all.insert("authenticationFlows".into(), json!({"transferMethods": methods}));
    }
    if random.chance(25) {
        all.insert("edge".into(), edge(random));
    }
    if random.chance(3) {
        all.insert("times".into(), json!({"includedRanges": ["x"]}));
    }
    Value::Object(all)
}

fn users(random: &mut Random) -> Value {
    let mut users = Map::new();
    for (side, everyone) in [("include", 40), ("exclude", 1)] {
        let mut names = random.some(&["u1", "u2", "AllAgentIdUsers"], 15);
        names.extend(random.chance(everyone).then_some("All"));
        names.extend(random.chance(5).then_some("GuestsOrExternalUsers"));
        users.insert(format!("{side}Users"), json!(names));
        users.insert(format!("{side}Groups"), json!(random.some(&["g1", "g2", "g3"], 15)));
        users.insert(format!("{side}Roles"), json!(random.some(&["r1", "r2"], 10)));
        if random.chance(10) {
            let types = random.pick(&["internalGuest", "b2bCollaborationGuest,serviceProvider"]);
            let kind = random.pick(&["all", "enumerated"]);
            let tenants = json!({"membershipKind": kind, "members": random.some(&["t1", "t2"], 50)});
            let guests = json!({"guestOrExternalUserTypes": types, "externalTenants": tenants});
            users.insert(format!("{side}GuestsOrExternalUsers"), guests);
        }
    }
    Value::Object(users)
}

fn applications(random: &mut Random) -> Value {
    let mut include = random.some(&["app1", "app2", "Office365"], 20);
    include.extend(random.chance(60).then_some("All"));
    let filter = if random.chance(15) { attribute_filter(random) } else { Value::Null };
    json!({
        "applicationFilter": filter,
        "includeApplications": include,
        "excludeApplications": random.some(&["app1", "Office365"], 10),
        "includeUserActions": random.some(&["urn:user:registerdevice"], 10),
        "includeAuthenticationContextClassReferences": random.some(&["c1", "c2"], 10),
    })
}

/// Filters that hold independently of each other, which is what the analysis takes them to do.
fn attribute_filter(random: &mut Random) -> Value {
    let value = random.pick(&["x", "y"]);
    let rule = format!("CustomSecurityAttribute.Set_Name -contains \"{value}\"");
    json!({"mode": random.pick(&["include", "exclude"]), "rule": rule})
}

/// Values of a fact about custom security attributes.
fn attributes() -> Vec<Value> {
    let all = [&[][..], &["x"], &["y"], &["x", "y"]];
    all.map(|values| values.iter().map(|value| json!(["Set_Name", value])).collect()).to_vec()
}

fn edge(random: &mut Random) -> Value {
    match random.below(6) {
        0 => json!({"agentClasses": {"include": random.some(&["browser", "app", "library", "missing"], 50)}}),
        1 => json!({"agentNames": {"exclude": ["GPTBot", "curl"]}}),
        2 => json!({"agentVerification": {"include": random.some(&["none", "claimed", "signature"], 60)}}),
        3 => json!({"detections": random.some(&["anomalousToken", "newCountry"], 60)}),
        4 => json!({"paths": random.some(&["/", "/admin*", "/admin/users", "/a*"], 40)}),
        _ => json!({"methods": random.some(&["GET", "POST"], 60), "agentClasses": {"exclude": ["bot"]}}),
    }
}

fn grant(random: &mut Random) -> Value {
    if random.chance(20) {
        return json!({"operator": "OR", "builtInControls": ["block"]});
    }
    let controls = ["mfa", "compliantDevice", "domainJoinedDevice", "passwordChange"];
    let mut grant =
        json!({"operator": random.pick(&["AND", "OR"]), "builtInControls": random.some(&controls, 35)});
    if random.chance(15) {
        grant["authenticationStrength"] = json!({"id": STRENGTH});
    }
    grant
}

fn session(random: &mut Random) -> Value {
    let mut session = Map::new();
    if random.chance(15) {
        let frequency = json!({"value": 1 + random.below(2), "type": "hours", "isEnabled": true});
        session.insert("signInFrequency".into(), frequency);
    }
    if random.chance(15) {
        session.insert("persistentBrowser".into(), json!({"mode": random.pick(&["always", "never"])}));
    }
    if random.chance(15) {
        session.insert("disableResilienceDefaults".into(), json!(true));
    }
    Value::Object(session)
}

/// Every value that a fact is given, by its place in the request. They are all that the vocabulary tells apart.
pub(super) fn fact_values() -> Vec<(&'static str, Vec<Value>)> {
    let texts = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect::<Vec<_>>();
    vec![
        ("/principal/kind", texts(&["user", "agentUser", "workload", "agent", "anonymous"])),
        ("/principal/id", texts(&["u1", "u2", "w1", "w2", "a1", "nobody"])),
        (
            "/principal/groups",
            [
                json!([]),
                json!(["g1"]),
                json!(["g2"]),
                json!(["g1", "g2"]),
                json!(["g3"]),
                json!(["g1", "g3"]),
            ]
            .into_iter()
            .chain([json!(["g2", "g3"]), json!(["g1", "g2", "g3"])])
            .collect(),
        ),
        ("/principal/roles", vec![json!([]), json!(["r1"]), json!(["r2"]), json!(["r1", "r2", "r3"])]),
        (
            "/principal/guestType",
            texts(&[
                "none",
                "internalGuest",
                "b2bCollaborationGuest",
                "otherExternalUser",
                "serviceProvider",
            ]),
        ),
        ("/principal/externalTenant", texts(&["t1", "t2", "t3"])),
        ("/principal/customSecurityAttributes", attributes()),
        ("/resource/customSecurityAttributes", attributes()),
        ("/resource/application", texts(&["app1", "app2", "app3"])),
        ("/resource/applicationGroups", vec![json!([]), json!(["Office365"])]),
        ("/client/ip", texts(&["192.0.2.1", "192.0.2.65", "2001:db8::1", "198.51.100.1"])),
        ("/client/country", texts(&["NO", "SE", "DE", "XX"])),
        ("/client/gpsCountry", texts(&["NO", "SE"])),
        ("/client/compliantNetwork", vec![json!(true), json!(false)]),
        ("/client/appType", texts(&CLIENTS)),
        (
            "/device/platform",
            [PLATFORMS.as_slice(), &["other"]].concat().iter().map(|text| json!(text)).collect(),
        ),
        ("/device/isCompliant", vec![json!(true), json!(false)]),
        ("/device/trustType", texts(&["AzureAD", "ServerAD"])),
        ("/device/model", texts(&["", "A1", "A9", "B9", "A-x-9", "A-", "-9", "-x-", "A-x-", "-x-9", "-"])),
        ("/device/deviceOwnership", texts(&["", "Company"])),
        ("/device/physicalIds", vec![json!([]), json!(["p1", "p2"])]),
        ("/device/extensionAttributes", vec![json!({}), json!({"extensionAttribute1": "SAW"})]),
        ("/risk/signIn", texts(&LEVELS)),
        ("/risk/user", texts(&LEVELS)),
        ("/risk/servicePrincipal", texts(&LEVELS)),
        ("/risk/agent", texts(&LEVELS)),
        ("/risk/insider", texts(&["none", "minor", "moderate", "elevated"])),
        ("/session/transferMethod", texts(&["none", "deviceCodeFlow", "authenticationTransfer"])),
        (
            "/session/amr",
            [json!([]), json!(["mfa"]), json!(["fido2"]), json!(["mfa", "fido2"]), json!(["passwordChange"])]
                .into_iter()
                .chain([json!(["passwordChange", "mfa"]), json!(["passwordChange", "fido2"])])
                .chain([json!(["passwordChange", "fido2", "mfa"])])
                .collect(),
        ),
        ("/session/authTime", vec![json!(20_000_000), json!(15_000_000), json!(0)]),
        ("/http/path", texts(&["/", "/admin", "/admin/users", "/a", "/x", "/a/../x", "/%61;b/..//admin"])),
        ("/http/method", texts(&["GET", "POST", "PUT"])),
    ]
}

/// A request in which each fact is unknown with some chance. Returns the places of the unknown facts.
pub(super) fn request(random: &mut Random, unknown: usize) -> (Value, Vec<usize>) {
    let headers = match random.below(5) {
        0 => json!([]),
        1 => json!([["user-agent", "curl/8.5.0"]]),
        2 => json!([["user-agent", "GPTBot/1.2"]]),
        _ => {
            json!([["user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"]])
        }
    };
    let mut request = json!({
        "time": 20_000_000, "http": {"headers": headers}, "principal": {}, "resource": {}, "client": {}, "device": {},
        "risk": {}, "session": {"id": "s"},
    });
    let mut open = Vec::new();
    for (index, (pointer, values)) in fact_values().iter().enumerate() {
        if random.chance(unknown) {
            open.push(index);
        } else {
            put(&mut request, pointer, &values[random.below(values.len())]);
        }
    }
    if random.chance(10) {
        request["resource"] = json!({"userAction": "urn:user:registerdevice"});
    } else if random.chance(20) {
        request["resource"]["authenticationContext"] = json!(random.pick(&["c1", "c2", "c3"]));
    }
    if random.chance(5) {
        request["device"] = json!({"isRegistered": false, "platform": "windows"});
    }
    (request, open)
}

/// Whether the fact is known from others although it is not stated: of an anonymous visitor, an unregistered device
/// or a user action everything else is, and the user agent tells platform and client app type.
pub(super) fn is_derived(request: &Value, pointer: &str) -> bool {
    let begins = |starts: &[&str]| starts.iter().any(|start| pointer.starts_with(start));
    begins(&["/client/appType", "/device/platform"])
        || (request["principal"]["kind"] == "anonymous"
            && begins(&["/principal", "/session", "/risk/user", "/risk/insider"]))
        || (request["device"]["isRegistered"] == false && begins(&["/device"]))
        || (!request["resource"]["userAction"].is_null() && begins(&["/resource"]))
        // A request that does not state its application may as well be for a user action.
        || begins(&["/resource/application"])
}

pub(super) fn put(request: &mut Value, pointer: &str, value: &Value) {
    let (object, name) = pointer.trim_start_matches('/').split_once('/').unwrap();
    request[object][name] = value.clone();
}
