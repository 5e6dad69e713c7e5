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
    let calibrate = ["calibrate", "--alpha", "0.2", "--model", &points_name, "--out", &model_name];
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
    assert!(run.err.contains("naive: too few samples to calibrate on: 546 are needed"), "{}", run.err);
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
    assert!(train(&event(1)).err.contains("no benign rows or no attacks"));
    let unlabelled = train(r#"{"request":{},"label":"odd","family":"x"}"#);
    assert!(unlabelled.err.starts_with("standard input:1: label"), "{}", unlabelled.err);
}
