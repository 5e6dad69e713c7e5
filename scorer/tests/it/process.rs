//! The program itself: settings, start, and signals.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const TOKEN: &str = "token-of-the-oslo-edge";

fn scorer(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edgeward-scorer"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("EDGEWARD_")) {
        command.env_remove(name);
    }
    command.current_dir(directory).env("EDGEWARD_SCORER_LISTEN", "127.0.0.1:0").stderr(Stdio::piped());
    command
}

fn failure(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert!(!status.success());
    String::from_utf8(stderr).unwrap()
}

/// Starts and reads the log up to the line that says where it listens.
fn start(mut command: Command) -> (Child, String, BufReader<std::process::ChildStderr>) {
    let mut child = command.spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("listening on http://") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "stopped before it listened");
    }
    let address = line.trim().rsplit("http://").next().unwrap().to_owned();
    (child, address, log)
}

fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn starts_answers_and_stops_at_each_signal() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("people.json"),
        r#"{"identities":{"u1":{"kind":"user","groups":["g1"]}}}"#,
    )
    .unwrap();
    for signal in ["-INT", "-TERM"] {
        let mut command = scorer(directory.path());
        command.env("EDGEWARD_SCORER_LOG", "debug");
        command.env("EDGEWARD_SCORER_TOKEN", format!("another-edges-token,{TOKEN}"));
        command.args(["--directory", "people.json"]);
        let (mut child, address, mut log) = start(command);
        let question =
            r#"{"schema":1,"needs":["principal.groups"],"about":{"principal":"u1"},"bundleVersion":"1"}"#;
        let reply = exchange(
            &address,
            &format!(
                "POST /v1/assess HTTP/1.1\r\nhost: scorer\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{question}",
                question.len()
            ),
        );
        assert!(reply.contains(r#"{"principal.groups":["g1"]}"#), "{reply}");

        exchange(
            &address,
            &format!(
                "GET /v1/identities/someone/risk HTTP/1.1\r\nhost: scorer\r\nauthorization: Bearer {TOKEN}\r\n\
                 connection: close\r\n\r\n"
            ),
        );
        let kill = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        assert!(child.wait().unwrap().success(), "{signal}");
        let mut rest = String::new();
        log.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("stopped") && !rest.contains(TOKEN), "{rest}");
        assert!(rest.contains("/v1/identities/{id}/risk") && !rest.contains("someone"), "{rest}");
    }
}

#[test]
fn bad_settings_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let with = |arguments: &[&str]| {
        let mut command = scorer(directory.path());
        command.args(arguments);
        failure(&mut command)
    };
    assert!(with(&[]).contains("--token"));
    assert!(with(&["--token", "short"]).contains("16 to 512"));
    assert!(with(&["--token", TOKEN, "--bundle", "b.json"]).contains("--signature"));
    assert!(with(&["--token", TOKEN, "--listen", "nowhere"]).contains("--listen"));
    let error = with(&["--token", TOKEN, "--directory", "absent.json"]);
    assert!(error.contains("absent.json"), "{error}");
    std::fs::write(directory.path().join("d.json"), r#"{"identities":{}}"#).unwrap();
    let error = with(&["--token", TOKEN, "--directory", "d.json", "--identifier-key", "abc"]);
    assert!(error.contains("identifierKey"), "{error}");
    assert!(with(&["--token", TOKEN, "--database", ":memory:"]).contains("it must be a file"));
    let error = with(&["--token", TOKEN, "--database", "absent/scorer.db"]);
    assert!(error.contains("absent/scorer.db"), "{error}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let error =
        with(&["--token", TOKEN, "--listen", &taken, "--database", "fresh.db", "--directory", "d.json"]);
    assert!(error.contains("can not listen on 127.0.0.1"), "{error}");
    let keys = ["--bundle", "b.json", "--signature", "s.json", "--public-key", "absent.key"];
    let error = with(&[&["--token", TOKEN, "--database", "fresh.db"], &keys[..]].concat());
    assert!(error.contains("absent.key"), "{error}");
    assert!(!directory.path().join("fresh.db").exists(), "a start that fails leaves nothing");
}
