//! `edgeward import entra-signins --events`

use serde_json::{Value, json};

use crate::fixture::feeds_the_laboratory;
use crate::{Run, edgeward};

/// 2026-01-01T00:00:00Z.
const ORIGIN: i64 = 1_767_225_600_000;
const HOUR: i64 = 3_600_000;

fn import(arguments: &[&str], rows: &[Value]) -> Run {
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    edgeward(&[&["import", "entra-signins", "--events"], arguments].concat(), lines)
}

/// A sign-in `hour` hours after [`ORIGIN`].
fn row(hour: i64, user: &str, state: &str, result: &str) -> Value {
    let (day, month) = (hour / 24 % 28 + 1, hour / 24 / 28 + 1);
    json!({
        "CreatedDateTime": format!("2026-{month:02}-{day:02}T{:02}:00:00Z", hour % 24),
        "Id": format!("{hour}-{user}"), "UserId": user, "RiskState": state, "ResultType": result,
        "IPAddress": "192.0.2.7", "AutonomousSystemNumber": 64500, "Location": "NO", "SessionId": "sid-1",
        "RiskLevelDuringSignIn": "high",
        "UserAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    })
}

/// The label and the family of every event.
fn labels(run: &Run) -> Vec<(Value, Value)> {
    run.json().iter().map(|event| (event["label"].clone(), event["family"].clone())).collect()
}

#[test]
fn only_what_somebody_is_sure_of_has_a_label() {
    let states = ["none", "dismissed", "confirmedSafe", "atRisk", "remediated", "confirmedCompromised"];
    let rows: Vec<Value> = states
        .into_iter()
        .zip(0..)
        .flat_map(|(state, hour)| [row(hour, "ada", state, "0"), row(hour, "eve", state, "50126")])
        .chain([row(9, "ada", "", "0"), row(9, "eve", "unknownFutureValue", "0")])
        .collect();
    let run = import(&[], &rows);
    assert_eq!(run.status, 0, "{}", run.err);
    let (benign, attack) =
        ((json!("benign"), json!("signIn")), (json!("attack"), json!("confirmedCompromised")));
    let expected = [benign.clone(), benign.clone(), benign, attack.clone(), attack];
    assert_eq!(labels(&run), expected);
    assert!(
        run.err.contains("14 rows: 3 benign, 2 attacks, 9 without a label left out, 0 not read"),
        "{}",
        run.err
    );
}

#[test]
fn an_event_is_what_the_edge_sees_in_order_of_time() {
    // Newest first, as portals export.
    let rows = [
        row(2, "ada", "confirmedCompromised", "0"),
        row(1, "ada", "none", "50126"),
        row(0, "ada", "none", "0"),
    ];
    let events = import(&[], &rows).json();
    let times: Vec<_> = events.iter().map(|event| event["request"]["time"].as_i64().unwrap()).collect();
    assert_eq!(times, [ORIGIN, ORIGIN + 2 * HOUR]);
    let request = events[1]["request"].as_object().unwrap();
    let known: Vec<_> = request.keys().map(String::as_str).collect();
    assert_eq!(known, ["client", "http", "principal", "time", "velocity"], "no session, profile or risk");
}

#[test]
fn rows_of_one_sign_in_are_one_event() {
    let repeated = |rows: &[(&str, &str)]| {
        let rows: Vec<Value> = rows.iter().map(|(state, result)| row(0, "ada", state, result)).collect();
        let run = import(&[], &rows);
        assert!(run.err.contains("1 repeated"), "{}", run.err);
        labels(&run).pop().map(|(label, _)| label)
    };
    assert_eq!(repeated(&[("none", "50140"), ("none", "0")]), Some(json!("benign")));
    assert_eq!(repeated(&[("confirmedCompromised", "0"), ("none", "0")]), Some(json!("attack")));
    assert_eq!(repeated(&[("atRisk", "0"), ("dismissed", "0")]), Some(json!("benign")));
    assert_eq!(repeated(&[("none", "0"), ("atRisk", "0")]), None);
}

#[test]
fn what_can_be_no_event_is_named() {
    let mut timeless = row(0, "ada", "none", "0");
    timeless["CreatedDateTime"] = Value::Null;
    let mut nobody = row(0, "ada", "none", "0");
    nobody["UserId"] = Value::Null;
    let run = import(&[], &[timeless, nobody, row(0, "ada", "odd", "0")]);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    for told in [
        "input:1: CreatedDateTime: is needed",
        "input:2: UserId: is needed",
        "input:3: RiskState: `odd` is not a risk state",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    let period = import(&["--from", "2026-02-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z"], &[]);
    assert!(period.status == 2 && period.err.contains("--to: is not after --from"), "{}", period.err);
    assert_eq!(edgeward(&["import", "entra-signins", "--from", "2026-02-01"], "").status, 2);
    assert_eq!(import(&[], &[]).status, 0, "an empty log has no events");
}

#[test]
fn parts_share_no_user_and_feed_the_laboratory() {
    let mut rows = Vec::new();
    for day in 0..280 {
        let mut put = |hour: i64, user: i64, is_home: bool, state: &str| {
            let mut row = row(day * 24 + hour, &format!("user-{user}"), state, "0");
            if !is_home {
                row["IPAddress"] = json!("198.51.100.7");
                row["AutonomousSystemNumber"] = json!(64510);
                row["Location"] = json!("BR");
            }
            rows.push(row);
        };
        // People travel and thieves live next door: what separates perfectly calibrates to nothing.
        for user in 0..6 {
            put(1, (day % 10) * 6 + user, (day + user) % 7 > 0, "none");
        }
        put(2, day % 60, day % 4 == 0, "confirmedCompromised");
    }
    rows.reverse();
    let run = import(&[], &rows);
    assert_eq!(run.status, 0, "{}", run.err);
    feeds_the_laboratory("entra", &run);
}
