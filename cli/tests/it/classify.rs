//! `edgeward classify`

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::edgeward;

#[test]
fn every_line_gets_an_answer_whatever_it_holds() {
    let mut input = b"curl/8.5.0\n\nMozilla/5.0 \xFF\xFE\x1b[31m\x00\n{\"ua\":\"x/1\"}\n".to_vec();
    input.extend(std::iter::repeat_n(b'a', 100_000));
    input.extend(b"\r\n{\nlast");
    let run = edgeward(&["classify"], input);
    assert_eq!(run.json().len(), 7);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert_eq!(run.json()[1]["class"], "missing");
}

#[test]
fn an_explanation_points_at_what_counted() {
    let plain = edgeward(&["classify"], "curl/8.5.0\n");
    let run = edgeward(&["classify", "--explain"], b"curl/8.5.0\n\n\xFF\n");
    let explanations = run.json();
    assert_eq!((explanations.len(), run.status), (3, 0), "{}", run.err);
    assert_eq!(plain.json()[0]["class"], "library");
    assert_eq!(explanations[0]["class"], "library");
    assert!(explanations[0]["rule"].is_string(), "{}", explanations[0]);
    assert_eq!(explanations[0]["tokens"][0]["text"], "curl");
}

#[test]
fn a_request_that_can_not_be_read_is_answered_and_told() {
    let run = edgeward(&["classify"], "x/1\n{\"http\":{\"headers\":7}}\nx/2\n");
    assert_eq!((run.json().len(), run.status), (3, 2));
    assert!(run.err.starts_with("standard input:2: "), "{}", run.err);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let run = edgeward(&["classify", "no-such-file.txt"], "");
    assert_eq!(run.status, 2);
    assert!(run.err.starts_with("no-such-file.txt: "), "{}", run.err);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_edgeward"))
        .arg("classify")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let line = b"curl/8.5.0\n".repeat(1000);
        while std::io::Write::write_all(&mut stdin, &line).is_ok() {}
    });
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(first.starts_with('{'), "{first}");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_live_stream_is_answered_line_by_line() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_edgeward"))
        .arg("classify")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        std::io::Write::write_all(&mut stdin, b"curl/8.5.0\n").unwrap();
        let mut answer = String::new();
        reader.read_line(&mut answer).unwrap();
        assert!(answer.ends_with("}\n"), "{answer}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
