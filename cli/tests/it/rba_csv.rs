//! The RBA data set's columns, on rows of our own.

use std::fmt::Write as _;

use serde_json::json;

use crate::fixture::feeds_the_laboratory;
use crate::{Run, edgeward};

const HEADER: &str = "index,Login Timestamp,User ID,Round-Trip Time [ms],IP Address,Country,Region,City,ASN,User Agent String,Browser Name and Version,OS Name and Version,Device Type,Login Successful,Is Attack IP,Is Account Takeover";
const AGENT: &str = "\"Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0, like none\"";

fn import(rows: &[String]) -> Run {
    edgeward(&["import", "rba-csv"], format!("{HEADER}\n{}\n", rows.join("\n")))
}

/// A row; `end` holds success, listed address and takeover.
fn row(time: &str, user: &str, rtt: &str, ip: &str, country: &str, asn: &str, end: &str) -> String {
    format!("0,{time},{user},{rtt},{ip},{country},-,Oslo,{asn},{AGENT},Firefox 78.0,Linux,desktop,{end}")
}

fn home(end: &str) -> String {
    row("2020-03-01 12:00:00.500", "u1", "543.4", "192.0.2.7", "NO", "64500", end)
}

#[test]
fn a_row_is_a_labelled_event() {
    let run = import(&[home("True,False,False")]);
    assert_eq!(run.status, 0, "{}", run.err);
    let event = &run.json()[0];
    assert_eq!(
        event["request"],
        json!({"time":1_583_064_000_500_i64,"principal":{"kind":"user","id":"u1"},
            "client":{"ip":"192.0.2.7","asn":64500,"country":"NO","city":"Oslo"},"transport":{"rttMs":543},
            "http":{"headers":[["user-agent",AGENT.trim_matches('"')]]}})
    );
    assert_eq!((&event["label"], &event["family"]), (&json!("benign"), &json!("signIn")));
}

#[test]
fn only_what_is_known_for_sure_has_a_label() {
    let unknown_names = row(
        "2020-03-02 00:00:00",
        "-4324475583306591935",
        "",
        "192.0.2.7",
        "NO",
        "64500",
        "True,False,False",
    );
    let rows = [
        home("True,False,False"),
        home("False,False,False"),
        home("True,True,False"),
        home("True,True,True"),
        unknown_names,
    ];
    let run = import(&rows);
    let labels: Vec<_> = run.json().iter().map(|event| event["family"].clone()).collect();
    assert_eq!(labels, [json!("signIn"), json!("accountTakeover")]);
    assert!(
        run.err.contains("5 rows: 1 benign, 1 attacks, 3 without a label left out, 0 not read"),
        "{}",
        run.err
    );
}

#[test]
fn values_that_can_not_be_are_named_with_line_and_column_and_stay_unknown() {
    let bad = row("2020-03-01 12:00:00", "u1", "NaN", "10.0.0.999", "Norway", "-5", "True,False,False");
    let run = import(&[home("False,False,False"), bad]);
    assert_eq!(run.status, 1);
    for told in [
        "standard input:3: ",
        "IP Address: `10.0.0.999`",
        "ASN: `-5`",
        "Country: `Norway`",
        "Round-Trip Time [ms]: `NaN`",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    assert_eq!(run.json()[0]["request"]["client"], json!({"city":"Oslo"}));
    for rtt in ["inf", "-1", "1e300", "fast"] {
        let run =
            import(&[row("2020-03-01 12:00:00", "u1", rtt, "192.0.2.7", "NO", "1", "True,False,False")]);
        assert!(run.err.contains(&format!("`{rtt}`")), "{}", run.err);
    }
}

#[test]
fn rows_that_are_none_are_named_and_the_rest_goes_on() {
    let rows = [
        "1,2".to_owned(),
        home("yes,False,False"),
        row("yesterday", "u1", "", "192.0.2.7", "NO", "1", "True,False,False"),
        row("2020-03-01 12:00:00", "", "", "192.0.2.7", "NO", "1", "True,False,False"),
        home("True,False,False"),
        row("2020-02-28 12:00:00", "u1", "", "192.0.2.7", "NO", "1", "True,False,False"),
    ];
    let run = import(&rows);
    assert_eq!((run.status, run.json().len()), (2, 1));
    for told in [
        "input:2: 2 columns, the first line names 16",
        "input:3: Login Successful: `yes`",
        "input:4: Login Timestamp: `yesterday`",
        "input:5: User ID: is empty",
        "input:7: Login Timestamp: is earlier",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    let headless = edgeward(&["import", "rba-csv"], "a,b\n1,2\n");
    assert!(
        headless.status == 2 && headless.err.contains("input:1: column `Login Timestamp` is missing"),
        "{}",
        headless.err
    );
    assert!(edgeward(&["import", "rba-csv"], "").err.contains("is empty"));
    assert!(edgeward(&["import", "rba-csv", "--from", "soon"], "").err.contains("is no time"));
}

#[test]
fn a_quote_that_nobody_closes_costs_its_own_row() {
    let good = home("True,False,False");
    let open = good.replacen(AGENT, AGENT.strip_suffix('"').unwrap(), 1);
    let stray = good.replacen("Firefox 78.0,Linux", "Firefox \"78.0,Linux", 1);
    let run = import(&[
        good.clone(),
        open,
        stray,
        good.replacen("True,False,False", "True,False,\"False", 1),
        good,
    ]);
    assert_eq!((run.status, run.json().len()), (2, 3), "{}", run.err);
    for line in [3, 5] {
        let told = format!("input:{line}: a quote is opened and not closed on its line");
        assert!(run.err.contains(&told), "{}", run.err);
    }
}

#[test]
fn parts_share_no_user_and_feed_the_laboratory() {
    let mut text = format!("{HEADER}\n");
    for day in 0..390_i64 {
        let moment = 1_580_688_000_000 + day * 86_400_000 + 3_600_000;
        let date = date_of(moment);
        let mut put = |hour: u32, user: i64, is_home: bool, end: &str| {
            let (ip, country, asn) =
                if is_home { ("192.0.2.7", "NO", "64500") } else { ("198.51.100.7", "BR", "64510") };
            let time = format!("{date} {hour:02}:00:00");
            let _ = writeln!(text, "{}", row(&time, &format!("u{user}"), "500", ip, country, asn, end));
        };
        // People travel and thieves live next door: what separates perfectly calibrates to nothing.
        for user in 0..6 {
            put(1, (day % 10) * 6 + user, (day + user) % 7 > 0, "True,False,False");
        }
        put(2, day % 60, day % 4 == 0, "True,False,True");
    }
    let run = edgeward(&["import", "rba-csv"], &text);
    assert_eq!(run.status, 0, "{}", run.err);
    feeds_the_laboratory("rba", &run);
}

/// The date of a moment, as the data set writes it.
fn date_of(milliseconds: i64) -> String {
    let days = milliseconds / 86_400_000;
    // Days to a date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}
