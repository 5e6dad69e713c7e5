//! `edgeward import entra-signins`

use serde_json::{Value, json};

use crate::edgeward;

fn import(arguments: &[&str], rows: &[Value]) -> crate::Run {
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    edgeward(&[&["import", "entra-signins"], arguments].concat(), lines)
}

fn row(changes: Value) -> Value {
    let mut row = json!({
        "CreatedDateTime": "2026-05-04T08:00:00Z", "Category": "SignInLogs", "Id": "s1",
        "UserId": "6f1c0c3e-0000-4000-8000-000000000001", "IPAddress": "203.0.113.7", "ResultType": "0",
        "AppId": "6f1c0c3e-0000-4000-8000-00000000000a", "ClientAppUsed": "Browser",
        "UserAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    });
    let members = row.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    row
}

/// The one request of one row.
fn one(changes: Value) -> Value {
    let run = import(&[], &[row(changes)]);
    assert_eq!(run.status, 0, "{}", run.err);
    run.json().remove(0)
}

#[test]
fn what_a_row_states_is_in_the_request_and_nothing_else() {
    let request = one(json!({
        "AutonomousSystemNumber": 64500, "RiskLevelDuringSignIn": "low", "RiskLevelAggregated": "high",
        "LocationDetails": {"city": "Oslo", "countryOrRegion": "NO", "state": "",
            "geoCoordinates": {"latitude": 59.913_868, "longitude": 10.752_245}},
        "DeviceDetail": {"deviceId": "6f1c0c3e-0000-4000-8000-0000000000d1", "operatingSystem": "Windows10",
            "browser": "Chrome 140.0.0", "displayName": "desk-7", "isCompliant": true, "trustType": "Hybrid Azure AD joined"},
        "UserType": "Member", "HomeTenantId": "t1", "ResourceTenantId": "t1", "SessionId": "sid-1",
        "OriginalTransferMethod": "deviceCodeFlow",
        "ConditionalAccessStatus": "failure", "ConditionalAccessPolicies": [{"result": "failure"}],
    }));
    assert_eq!(
        request,
        json!({
            "time": 1_777_881_600_000_i64,
            "http": {"headers": [["user-agent", row(json!({}))["UserAgent"]]]},
            "client": {"ip": "203.0.113.7", "asn": 64500, "country": "NO", "city": "Oslo",
                "latitude": 59.913_868, "longitude": 10.752_245, "appType": "browser"},
            "principal": {"kind": "user", "id": "6f1c0c3e-0000-4000-8000-000000000001", "guestType": "none"},
            "device": {"isRegistered": true, "isCompliant": true, "trustType": "ServerAD",
                "platform": "windows", "deviceId": "6f1c0c3e-0000-4000-8000-0000000000d1", "displayName": "desk-7"},
            "session": {"id": "sid-1", "transferMethod": "deviceCodeFlow"},
            "resource": {"application": "6f1c0c3e-0000-4000-8000-00000000000a"},
            "risk": {"signIn": "low"},
        })
    );
}

#[test]
fn a_request_it_writes_is_one_the_engine_reads() {
    let run = import(&[], &[row(json!({}))]);
    let request: edgeward::Request<'_> = serde_json::from_str(run.out.trim()).unwrap();
    assert!(request.http.user_agent().is_some());
}

#[test]
fn every_export_of_a_row_gives_the_same_request() {
    let plain = row(json!({
        "DeviceDetail": {"operatingSystem": "MacOs"},
        "LocationDetails": {"countryOrRegion": "SE"},
    }));
    let quoted = row(json!({
        "DeviceDetail": "{\"operatingSystem\":\"MacOs\"}",
        "LocationDetails_dynamic": {"countryOrRegion": "SE"},
        "ResultType": 0,
    }));
    let streamed = json!({"time": "2026-05-04T08:00:01Z", "category": "SignInLogs", "properties": {
        "createdDateTime": "2026-05-04T08:00:00Z", "id": "s1",
        "userId": plain["UserId"], "ipAddress": plain["IPAddress"], "appId": plain["AppId"],
        "clientAppUsed": "Browser", "userAgent": plain["UserAgent"], "status": {"errorCode": 0},
        "deviceDetail": {"operatingSystem": "MacOs"}, "location": {"countryOrRegion": "SE"}}});
    let run = import(&[], &[plain.clone(), quoted, streamed]);
    let requests = run.json();
    assert_eq!(requests.len(), 3, "{}", run.err);
    assert_eq!(requests[0]["client"]["country"], "SE");
    assert_eq!(requests[0], requests[1]);
    assert_eq!(requests[0], requests[2]);

    let pretty = serde_json::to_vec_pretty(&[plain.clone(), plain]).unwrap();
    let array = edgeward(&["import", "entra-signins"], pretty);
    assert_eq!(array.json(), [requests[0].clone(), requests[0].clone()]);
}

#[test]
fn what_is_not_stated_stays_unknown() {
    let request = one(json!({
        "UserAgent": "", "ClientAppUsed": "", "RiskLevelDuringSignIn": "hidden",
        "UserId": "00000000-0000-0000-0000-000000000000", "AutonomousSystemNumber": 0,
        "DeviceDetail": {"deviceId": "", "operatingSystem": "", "isCompliant": ""},
        "LocationDetails": {"geoCoordinates": {}}, "UserType": "Guest",
    }));
    for group in ["http", "principal", "device", "risk", "session"] {
        assert_eq!(request.get(group), None, "{request}");
    }
    assert_eq!(request["client"], json!({"ip": "203.0.113.7"}));
}

#[test]
fn legacy_protocols_are_other_clients() {
    for (used, kind) in [
        ("Mobile Apps and Desktop clients", "mobileAppsAndDesktopClients"),
        ("Exchange ActiveSync", "exchangeActiveSync"),
        ("IMAP4", "other"),
        ("Authenticated SMTP", "other"),
        ("Other clients", "other"),
    ] {
        assert_eq!(one(json!({"ClientAppUsed": used}))["client"]["appType"], kind, "{used}");
    }
}

#[test]
fn who_it_is() {
    let kind = |changes| one(changes)["principal"].clone();
    let service =
        kind(json!({"UserId": null, "ServicePrincipalId": "sp", "Category": "ServicePrincipalSignInLogs"}));
    assert_eq!(service, json!({"kind": "workload", "id": "sp"}));
    let agent =
        kind(json!({"UserId": "", "ServicePrincipalId": "ag", "Agent": {"agentType": "agenticAppInstance"}}));
    assert_eq!(agent, json!({"kind": "agent", "id": "ag"}));
    let guest = kind(json!({"UserType": "guest", "CrossTenantAccessType": "b2bCollaboration",
        "HomeTenantId": "theirs", "ResourceTenantId": "ours"}));
    assert_eq!(guest["guestType"], "b2bCollaborationGuest");
    assert_eq!(guest["externalTenant"], "theirs");
    let unclear = kind(json!({"UserType": "Guest", "HomeTenantId": "theirs", "AADTenantId": "ours"}));
    assert_eq!(unclear.get("guestType"), None);
}

#[test]
fn how_a_person_authenticated() {
    let session = |changes| one(changes).get("session").cloned();
    let step = |method: &str, requirement: &str, succeeded: bool| {
        json!({"authenticationMethod": method, "authenticationStepRequirement": requirement,
            "authenticationStepDateTime": "2026-05-04T08:00:00Z", "succeeded": succeeded})
    };
    let password = step("Password", "Primary authentication", true);
    assert_eq!(
        session(json!({"AuthenticationDetails": [password]})),
        Some(json!({"amr": ["pwd"], "authTime": 1_777_881_600_000_i64}))
    );
    let text = step("Text message", "Secondary authentication", true);
    let both = session(json!({"AuthenticationDetails": [password, text],
        "AuthenticationRequirement": "multiFactorAuthentication"}));
    assert_eq!(both.unwrap()["amr"], json!(["pwd", "sms", "mfa"]));
    let claim =
        json!({"AuthenticationDetails": [step("Previously satisfied", "Primary authentication", true)]});
    assert_eq!(session(claim), None, "a claim carried over does not tell how it was earned");
    let status = |detail: &str| session(json!({"Status": {"errorCode": 0, "additionalDetails": detail}}));
    assert_eq!(status("MFA requirement satisfied by claim in the token"), Some(json!({"amr": ["mfa"]})));
    assert_eq!(status("MFA required in Azure AD"), None);
    let failed = json!({"ResultType": "50074", "AuthenticationDetails": [password],
        "AuthenticationRequirement": "multiFactorAuthentication"});
    assert_eq!(session(failed), None, "a sign-in that failed has no token");
}

#[test]
fn a_result_may_be_a_word() {
    let methods = json!({"AuthenticationRequirement": "multiFactorAuthentication"});
    let session = |changes: Value| {
        let mut changes = changes;
        changes.as_object_mut().unwrap().extend(methods.as_object().unwrap().clone());
        one(changes).get("session").cloned()
    };
    let proven = Some(json!({"amr": ["mfa"]}));
    assert_eq!(session(json!({"ResultType": "Success"})), proven);
    assert_eq!(session(json!({"ResultType": "Success", "Status": {"errorCode": 50074}})), None);
    assert_eq!(session(json!({"ResultType": "Failure"})), None);
    assert_eq!(session(json!({"ResultType": "Failure", "Status": {"errorCode": 0}})), None);
    assert_eq!(session(json!({"ResultType": null, "Status": {"errorCode": 0}})), proven);
}

#[test]
fn broken_values_are_named_and_the_row_is_kept() {
    let run = import(
        &[],
        &[
            row(json!({})),
            row(json!({"IPAddress": "999.1.1.1", "CreatedDateTime": "soon", "Location": "no"})),
            row(json!({"DeviceDetail": "{\"cut"})),
        ],
    );
    assert_eq!((run.json().len(), run.status), (3, 1), "{}", run.err);
    for part in [
        "standard input:2: ",
        "IPAddress: `999.1.1.1` is not an IP address",
        "CreatedDateTime: `soon` is not a time",
        "Location: `no` is not a country code",
        "standard input:3: DeviceDetail: is not the JSON of a structure",
        "3 rows, 3 requests, 2 of them with unreadable values",
    ] {
        assert!(run.err.contains(part), "{part} in {}", run.err);
    }
}

#[test]
fn rows_that_are_no_sign_ins_are_named_and_left_out() {
    let input = format!(
        "{}\n{{\"Category\":\"AuditLogs\"}}\n{{\"a\":1}}\nnonsense\n\n{}\n",
        row(json!({})),
        row(json!({"Id": "\u{1b}[31m"}))
    );
    let run = edgeward(&["import", "entra-signins"], input);
    assert_eq!((run.json().len(), run.status), (2, 2), "{}", run.err);
    for part in [
        "input:2: Category: a row of `AuditLogs`",
        "input:3: has no column",
        "input:4: ",
        "5 rows, 2 requests, 0 of them with unreadable values; 3 not read",
    ] {
        assert!(run.err.contains(part), "{part} in {}", run.err);
    }
    let endless = format!("{{\"a\":\"{}\"}}\n{}\n", "x".repeat(5 << 20), row(json!({})));
    let run = edgeward(&["import", "entra-signins"], endless);
    assert_eq!((run.json().len(), run.status), (1, 2), "{}", run.err);
    assert!(run.err.contains("input:1: the line is longer"), "{}", run.err);
    let broken = edgeward(&["import", "entra-signins"], "\n[{},\n{]");
    assert_eq!(broken.status, 2);
    assert!(broken.err.starts_with("standard input:3: "), "{}", broken.err);
}

#[test]
fn a_profile_is_what_came_before_in_time() {
    let at = |hour: u8, id: &str, changes: Value| {
        let mut sign_in = row(json!({"CreatedDateTime": format!("2026-05-04T{hour:02}:00:00Z"), "Id": id}));
        sign_in.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        sign_in
    };
    let oslo = json!({"LocationDetails": {"countryOrRegion": "NO",
        "geoCoordinates": {"latitude": 59.9, "longitude": 10.7}}});
    // Newest first, as portals export; the second success repeats a row.
    let rows = [
        at(12, "d", json!({})),
        at(11, "c", json!({"ResultType": "50126"})),
        at(9, "b", oslo.clone()),
        at(9, "b", oslo),
        at(8, "a", json!({"ResultType": "50140"})),
    ];
    let run = import(&["--profile"], &rows);
    let requests = run.json();
    assert_eq!(requests[0]["profile"]["count"], 1, "{}", run.out);
    assert_eq!(requests[0]["profile"]["countries"], json!(["NO"]));
    assert_eq!(requests[0]["profile"]["last"]["latitudeE6"], 59_900_000);
    assert_eq!(requests[0]["velocity"], json!({"userFailures1h": 0, "ipUsers1h": 1}));
    for early in [2, 4] {
        assert_eq!(requests[early].get("profile"), None, "nothing is known before the first success");
    }
    assert_eq!(requests[4].get("velocity"), None, "the hour before the log is unknown");
}

#[test]
fn counters_see_a_spray() {
    let rows: Vec<Value> = (0..20)
        .map(|user| {
            row(json!({"UserId": format!("user-{user}"), "Id": format!("s{user}"), "ResultType": 50126,
                "CreatedDateTime": format!("2026-05-04T08:00:{user:02}Z")}))
        })
        .chain([row(json!({"UserId": "user-3", "Id": "again", "CreatedDateTime": "2026-05-04T08:01:00Z"}))])
        .collect();
    let requests = import(&["--profile"], &rows).json();
    assert_eq!(requests[20]["velocity"], json!({"userFailures1h": 1, "ipUsers1h": 20}));
}

#[test]
fn rows_are_found_in_what_services_wrap_them_in() {
    let rows = [row(json!({})), row(json!({"Id": "s2", "UserId": "second"}))];
    let plain = import(&[], &rows);
    let table = json!({"tables": [{"name": "PrimaryResult",
        "columns": rows[0].as_object().unwrap().keys().map(|name| json!({"name": name})).collect::<Vec<_>>(),
        "rows": rows.iter().map(|row| row.as_object().unwrap().values().collect::<Vec<_>>()).collect::<Vec<_>>()}]});
    for wrapped in [json!({"@odata.context": "c", "value": rows}), json!({"records": rows}), table] {
        for text in [format!("{wrapped}\n"), format!("{wrapped:#}"), format!("[{wrapped}]")] {
            let run = edgeward(&["import", "entra-signins"], text.clone());
            assert_eq!((run.status, run.out), (0, plain.out.clone()), "{} of {text}", run.err);
        }
    }
    let pretty: String = rows.iter().map(|row| format!("{row:#}\n")).collect();
    let run = edgeward(&["import", "entra-signins"], pretty);
    assert_eq!((run.status, run.out), (0, plain.out), "{}", run.err);

    let broken = json!({"value": [rows[0], {"Category": "AuditLogs"}]});
    let run = edgeward(&["import", "entra-signins"], format!("{broken:#}"));
    assert!(run.err.contains("standard input:1: value[1]: Category: a row of `AuditLogs`"), "{}", run.err);
    let cut = edgeward(&["import", "entra-signins"], format!("{{\"UserId\":\n{}\n", rows[0]));
    assert_eq!((cut.json().len(), cut.status), (1, 2), "{}", cut.err);
    assert!(cut.err.starts_with("standard input:1: UserId: EOF"), "{}", cut.err);
}

#[test]
fn what_is_no_json_is_refused_once() {
    for (input, why) in [
        (&b"Name,Department,Office,Phone\na,b,c,d\ne,f,g,h\n"[..], "begins with `Name,Department,Office"),
        (b"\x1F\x8B\x08\x00", "is compressed (gzip): unpack it first"),
    ] {
        let run = edgeward(&["import", "entra-signins"], input);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{}", run.err);
        assert!(run.err.contains(why) && run.err.lines().count() == 1, "{}", run.err);
    }
}

#[test]
fn a_place_that_entra_does_not_know_is_none() {
    let nowhere = json!({"city": "", "state": "", "countryOrRegion": "",
        "geoCoordinates": {"latitude": 0, "longitude": 0}});
    for column in ["Location", "LocationDetails"] {
        assert_eq!(
            one(json!({column: nowhere}))["client"],
            json!({"ip": "203.0.113.7", "appType": "browser"}),
            "{column}"
        );
    }
    let unset = json!({"city": null, "countryOrRegion": null, "geoCoordinates": {"latitude": null, "longitude": null}});
    assert_eq!(one(json!({"Location": unset}))["client"].get("country"), None);
}

#[test]
fn an_address_may_come_with_a_port_or_stand_beside_the_properties() {
    for (changes, ip) in [
        (json!({"IPAddress": "198.51.100.7:50123"}), "198.51.100.7"),
        (json!({"IPAddress": "[2001:db8::7]:443"}), "2001:db8::7"),
        (json!({"IPAddress": "", "callerIpAddress": "198.51.100.8"}), "198.51.100.8"),
    ] {
        assert_eq!(one(changes)["client"]["ip"], ip);
    }
}

#[test]
fn what_powershell_writes_is_the_same_row() {
    let graph = json!([{"createdDateTime": "2026-05-04T08:00:00Z", "userId": "u", "status": {"errorCode": 0},
        "location": {"countryOrRegion": "NO", "geoCoordinates": {"latitude": 59.9, "longitude": 10.7}},
        "deviceDetail": {"isCompliant": true, "operatingSystem": "MacOs"}, "userAgent": "curl/8.9",
        "authenticationDetails": [{"authenticationMethod": "Password", "succeeded": true,
            "authenticationStepRequirement": "Primary authentication"}]}]);
    let shell = json!([{"CreatedDateTime": "/Date(1777881600000)/", "UserId": "u", "Status": {"ErrorCode": 0},
        "Location": {"CountryOrRegion": "NO", "GeoCoordinates": {"Altitude": null, "Latitude": 59.9, "Longitude": 10.7}},
        "DeviceDetail": {"IsCompliant": true, "OperatingSystem": "MacOs"},
        "AuthenticationDetails": [{"AuthenticationMethod": "Password", "Succeeded": true,
            "AuthenticationStepRequirement": "Primary authentication"}],
        "AdditionalProperties": {"userAgent": "curl/8.9"}}]);
    let [graph, shell] = [graph, shell].map(|rows| edgeward(&["import", "entra-signins"], rows.to_string()));
    assert_eq!((graph.status, &graph.out), (0, &shell.out), "{} {}", graph.err, shell.err);
    assert_eq!(graph.json()[0]["session"]["amr"], json!(["pwd"]));
}

/// As the portals write comma-separated values.
fn quoted(values: &[&str]) -> String {
    let quoted: Vec<_> = values.iter().map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
    format!("{}\r\n", quoted.join(","))
}

#[test]
fn what_portals_download_is_the_same_row() {
    let plain = row(json!({
        "LocationDetails": {"city": "Oslo", "countryOrRegion": "NO"}, "UserType": "Guest",
        "CrossTenantAccessType": "b2bCollaboration", "OriginalTransferMethod": "deviceCodeFlow",
        "DeviceDetail": {"operatingSystem": "Windows10", "isCompliant": true, "deviceId": "d"},
        "AuthenticationRequirement": "multiFactorAuthentication", "AutonomousSystemNumber": 64500,
    }));
    let text = |name: &str| plain[name].as_str().unwrap();
    let portal = [
        quoted(&[
            "Date (UTC)",
            "Request ID",
            "User agent",
            "User ID",
            "User type",
            "Cross tenant access type",
            "Original transfer method",
            "Application",
            "Application ID ",
            "IP address",
            "Location",
            "Status",
            "Sign-in error code",
            "Client app",
            "Device ID",
            "Operating System",
            "Compliant",
            "Managed",
            "Authentication requirement",
            "Autonomous system  number",
            "Latency",
        ]),
        quoted(&[
            text("CreatedDateTime"),
            "s1",
            text("UserAgent"),
            text("UserId"),
            "Guest",
            "B2B collaboration",
            "Device code flow",
            "An, app\nof two lines",
            text("AppId"),
            text("IPAddress"),
            "Oslo, Oslo, NO",
            "Success",
            "",
            "Browser",
            "d",
            "Windows10",
            "Yes",
            "No",
            "Multifactor authentication",
            "64500",
            "12",
        ]),
    ];
    let members = plain.as_object().unwrap();
    let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let names: Vec<_> =
        members.keys().map(|name| name.replace("CreatedDateTime", "CreatedDateTime [UTC]")).collect();
    let values: Vec<_> = members.values().map(written).collect();
    let [names, values] = [&names, &values].map(|texts| texts.iter().map(String::as_str).collect::<Vec<_>>());
    let workspace = [quoted(&names), quoted(&values)];
    let expected = import(&[], std::slice::from_ref(&plain)).out;
    for (file, table) in [("portal", portal), ("workspace", workspace)] {
        let run = edgeward(&["import", "entra-signins"], format!("\u{feff}{}", table.concat()));
        assert_eq!((run.status, &run.out), (0, &expected), "{file}: {}", run.err);
    }
    let short = "Date (UTC),User ID,IP address,Status\n2026-05-04T08:00:00Z,u\n2026-05-04T08:00:00Z,u,,\n";
    let run = edgeward(&["import", "entra-signins"], short);
    assert_eq!((run.json().len(), run.status), (1, 2), "{}", run.err);
    assert!(run.err.starts_with("standard input:2: 2 columns, the first line names 4"), "{}", run.err);
}
