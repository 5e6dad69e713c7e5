//! From a stream to a model to a report.

use std::fs;
use std::path::PathBuf;

use crate::{Run, edgeward};

const SPLITS: [&str; 3] = ["train", "calibrate", "test"];

/// A file of this test run.
fn scratch(name: &str) -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let text = path.display().to_string();
    (path, text)
}

fn stream() -> Run {
    edgeward(&["simulate", "--seed", "3", "--users", "400", "--attacks", "100"], "")
}

#[test]
fn a_stream_becomes_a_model_becomes_a_report() {
    let events = stream().out;
    let (points, points_name) = scratch("points.json");
    let (model, model_name) = scratch("learned.json");
    let (page, page_name) = scratch("report.html");
    let train = ["train", "--id", "learned-test", "--out", &points_name];
    let calibrate =
        ["calibrate", "--alpha", "0.2", "--beta", "0.02", "--model", &points_name, "--out", &model_name];
    let run = || {
        for command in [&train[..], &calibrate[..]] {
            let run = edgeward(command, &events);
            assert_eq!((run.status, run.err.as_str()), (0, ""));
        }
        [&points, &model].map(|path| fs::read_to_string(path).unwrap())
    };
    let first = run();
    assert_eq!(run(), first, "the same events give the same bytes");
    assert!(!first[0].contains("\"band\"") && first[1].contains("\"band\""));
    let digest: String =
        hmac_sha256::Hash::hash(events.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let stated = format!("\"trainingDigest\": \"{digest}\"");
    assert!(
        first.iter().all(|model| model.contains(&stated)),
        "calibrated or not, it says what it was learned from"
    );

    let run = edgeward(&["assess", "--model", &model_name, "--html", &page_name], &events);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    let report = &run.json()[0];
    assert_eq!(report["model"], "learned-test");
    assert!(report["bands"]["standard"]["benign"]["allow"]["share"].as_f64().unwrap() > 0.3);
    assert_eq!(report["bands"]["standard"]["families"]["tokenReplay"]["allow"]["share"], 0.0);
    assert_eq!(report["basis"]["heldOut"].as_array().unwrap().len(), 5);
    let splits = report["basis"]["splits"].as_array().unwrap();
    assert_eq!(splits.iter().map(|part| part["split"].as_str().unwrap()).collect::<Vec<_>>(), SPLITS);
    for part in splits {
        assert!(part["principals"].as_u64().unwrap() > 0 && part["attacks"].as_u64() < part["rows"].as_u64());
        assert!(part["from"].as_i64() < part["to"].as_i64());
    }
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains("<svg") && SPLITS.iter().all(|split| page.contains(&format!("<tr><td>{split}<td>")))
    );
}

#[test]
fn too_few_samples_close_the_band() {
    let (_, points) = scratch("few-points.json");
    let (model, model_name) = scratch("abstaining.json");
    let events = stream().out;
    assert_eq!(edgeward(&["train", "--id", "m", "--out", &points], &events).status, 0);
    let run = edgeward(&["calibrate", "--model", &points, "--out", &model_name], &events);
    assert_eq!(run.status, 1);
    for told in [
        "hardened: nothing is allowed at the edge: 546 samples of each family of attackers are needed, ",
        "standard: nothing is allowed at the edge: 492 samples of each family of attackers are needed, ",
        "naive has 40, ",
        "standard: nothing is stopped at the edge: 2995 benign samples are needed, there are 408",
    ] {
        assert!(run.err.contains(told), "{told}: {}", run.err);
    }
    let model: serde_json::Value = serde_json::from_str(&fs::read_to_string(model).unwrap()).unwrap();
    assert_eq!(model["hardened"]["band"]["allow"], i32::MIN);
    let alpha = edgeward(&["calibrate", "--model", &points, "--alpha", "0", "--out", &model_name], &events);
    assert!(alpha.err.contains("--alpha"), "{}", alpha.err);
    let (broken, broken_name) = scratch("broken.json");
    fs::write(broken, r#"{"schema":1,"id":"m","origin":"learned","standard":{"levels":{"low":1}}}"#).unwrap();
    let run = edgeward(&["calibrate", "--model", &broken_name, "--out", &model_name], &events);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("broken.json") && run.err.contains("standard.levels"), "{}", run.err);
}

#[test]
fn a_stream_that_can_not_be_learned_from_is_named() {
    let (_, model_name) = scratch("never.json");
    let train = |input: &str| edgeward(&["train", "--id", "m", "--out", &model_name], input);
    let event = |time: i64| {
        format!(
            r#"{{"request":{{"time":{time},"principal":{{"id":"u"}}}},"label":"benign","family":"x","split":"train"}}"#
        )
    };
    let backwards = train(&format!("{}\n{}\n", event(2), event(1)));
    assert_eq!(backwards.status, 2);
    assert!(backwards.err.starts_with("standard input:2: request.time"), "{}", backwards.err);
    assert_eq!(train(&event(1)).err, "standard input: has no benign rows or no attacks to learn from\n");
    let unlabelled = train(r#"{"request":{},"label":"odd","family":"x"}"#);
    assert!(unlabelled.err.starts_with("standard input:1: label"), "{}", unlabelled.err);
}

/// Lines of a stream that pass.
fn only(events: &str, keep: impl Fn(&serde_json::Value) -> bool) -> String {
    let lines = events.lines().filter(|line| keep(&serde_json::from_str(line).unwrap()));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_stream_without_the_part_asked_for_is_no_input() {
    let (points, points_name) = scratch("part-points.json");
    let (model, model_name) = scratch("part-model.json");
    let _ = fs::remove_file(&model);
    let events = stream().out;
    assert_eq!(edgeward(&["train", "--id", "m", "--out", &points_name], &events).status, 0);
    let calibrate =
        ["calibrate", "--alpha", "0.2", "--beta", "0.02", "--model", &points_name, "--out", &model_name];
    let without = |split: &str| only(&events, |event| event["split"] != split);
    for (input, since) in
        [(String::new(), None), (without("calibrate"), None), (events.clone(), Some("2030-01-01"))]
    {
        let run = edgeward(
            &[&calibrate[..], &since.map_or(vec![], |since| vec!["--since", since])].concat(),
            input,
        );
        assert_eq!(run.status, 2, "{}", run.err);
        let told = format!("no rows of the split `calibrate`{}", since.map_or("", |_| " from 2030-01-01 on"));
        assert!(run.err.starts_with("standard input: has ") && run.err.contains(&told), "{}", run.err);
        assert!(!model.exists());
    }
    let peaceful = only(&events, |event| event["label"] == "benign");
    let run = edgeward(&calibrate, peaceful);
    assert_eq!(run.status, 1);
    let told = "standard: nothing is allowed at the edge: 14 samples of each family of attackers are needed, there is none";
    assert!(run.err.contains(told) && !run.err.contains("stopped"), "{}", run.err);
    let run = edgeward(&["assess", "--model", &points_name], without("test"));
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(run.err.contains("no rows of the split `test`"), "{}", run.err);
    assert!(fs::read_to_string(points).unwrap().contains("\"standard\""));
}

#[test]
fn a_stream_that_is_only_measured_on_says_why_nothing_was_learned_anew() {
    let (model, _) = scratch("shipped.json");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/model/learned.json"), &model).unwrap();
    let (page, page_name) = scratch("measured.html");
    let assess = ["assess", "--model", &model.display().to_string(), "--html", &page_name];
    let events = stream().out;
    let why = |events: &str| {
        let run = edgeward(&assess, events);
        assert_eq!((run.status, run.err.as_str()), (0, ""));
        let report = run.json().remove(0);
        assert!(report["bands"]["hardened"]["benign"]["allow"]["n"].as_u64().unwrap() > 0);
        let page = fs::read_to_string(&page).unwrap();
        assert!(page.contains("<h2>Band “hardened”</h2>") && page.contains("Attacks allowed"));
        let why = report["notGeneralised"].as_str().map(str::to_owned);
        assert_eq!(why.is_some(), report["generalisation"].is_null());
        if let Some(why) = &why {
            assert!(page.contains(&format!("Nothing was learned anew: {why}.")), "{page}");
        }
        assert_eq!(why.is_none(), page.contains("Separation of sign-ins"));
        why.unwrap_or_default()
    };
    let no_rows = |split| format!("the split `{split}` has no rows, of principals with a history");
    assert_eq!(why(&only(&events, |event| event["split"] != "train")), no_rows("train"));
    assert_eq!(why(&only(&events, |event| event["split"] != "calibrate")), no_rows("calibrate"));
    assert_eq!(why(&events), "");
}

#[test]
fn a_family_that_the_stream_lacks_is_named() {
    let (model, model_name) = scratch("families.json");
    let events = stream().out;
    let train = |advanced: &str, input: &str| {
        edgeward(&["train", "--id", "m", "--advanced", advanced, "--out", &model_name], input)
    };
    for advanced in ["clone,nosuch", "usual"] {
        let run = train(advanced, &events);
        assert_eq!(run.status, 2);
        let name = advanced.split(',').next_back().unwrap();
        let told = format!("--advanced: the stream has no attacks of a family `{name}`, only of: ");
        assert!(run.err.starts_with(&told), "{}", run.err);
    }
    assert_eq!(train("", &events).status, 0, "nothing is left out");
    for command in
        [["calibrate", "--advanced", "nosuch", "--out"], ["assess", "--hold-out", "nosuch", "--html"]]
    {
        let run = edgeward(&[&command[..], &[&model_name, "--model", &model_name]].concat(), &events);
        assert!(run.status == 2 && run.err.contains("`nosuch`"), "{}", run.err);
    }
    assert!(fs::read_to_string(&model).unwrap().contains("\"standardWithout\":[]"), "it was left as it was");
    // Of the families that are left out unasked, those are told that there are.
    let without_clones = only(&events, |event| event["family"] != "clone" && event["family"] != "aitm");
    let run = edgeward(&["train", "--id", "m", "--out", &model_name], &without_clones);
    assert_eq!(run.status, 0, "{}", run.err);
    let told = "\"standardWithout\":[\"veryTargeted\",\"aiAgent\",\"cookieTheft\"]";
    assert!(fs::read_to_string(model).unwrap().contains(told));
    for command in ["train", "calibrate", "assess"] {
        assert!(
            edgeward(&[command, "--help"], "").out.contains("veryTargeted,aiAgent,aitm,clone,cookieTheft")
        );
    }
}

#[test]
fn what_can_not_be_written_is_known_before_the_work() {
    let (_, model_name) = scratch("unnamed.json");
    for (id, told) in [(String::new(), "is empty"), ("m".repeat(65), "is 65 bytes long; 64 is the limit")] {
        let run = edgeward(&["train", "--id", &id, "--out", &model_name], "no event");
        assert_eq!((run.status, run.err), (2, format!("--id: {told}\n")));
    }
    let (points, points_name) = scratch("priors.json");
    fs::write(&points, include_str!("../../../data/model/priors.json")).unwrap();
    let nowhere = scratch("nowhere/file").1;
    for command in [
        &["train", "--id", "m", "--out"][..],
        &["calibrate", "--model", &points_name, "--out"],
        &["assess", "--model", &points_name, "--html"],
    ] {
        let run = edgeward(&[command, &[&nowhere]].concat(), "no event");
        assert!(run.status == 2 && run.err.starts_with(&nowhere), "{}", run.err);
    }
    let (never, never_name) = scratch("never-written.json");
    let run = edgeward(&["train", "--id", "m", "--out", &never_name], "no event");
    assert!(run.status == 2 && run.err.starts_with("standard input:1"), "{}", run.err);
    assert!(!never.exists(), "nothing is left of it");
}
