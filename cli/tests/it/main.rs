//! The command as people run it: arguments, pipes, files, exit status.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what a helper of the tests can not do fails the test"
)]

mod bundle;
mod classify;
mod entra_events;
mod evaluate;
mod faults;
mod fixture;
mod import;
mod lint;
mod rba_csv;
mod second_opinion;
mod standard_input;
mod train;
mod whatif;

use std::io::Write;
use std::process::{Command, Stdio};

/// What a run left behind.
pub struct Run {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Run {
    /// Lines of output, as JSON.
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

/// Runs the command with `input` on its standard input.
pub fn edgeward(arguments: &[&str], input: impl AsRef<[u8]>) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_edgeward"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.as_ref().to_vec();
    // A command that ends early leaves its input unread.
    let writer = std::thread::spawn(move || stdin.write_all(&input).is_ok());
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("the writer ends");
    Run {
        status: output.status.code().expect("an exit status"),
        out: String::from_utf8(output.stdout).expect("UTF-8 output"),
        err: String::from_utf8(output.stderr).expect("UTF-8 messages"),
    }
}

/// Every command.
const COMMANDS: &[&[&str]] = &[
    &["classify"],
    &["evaluate"],
    &["whatif"],
    &["lint"],
    &["bundle", "build"],
    &["bundle", "compile"],
    &["bundle", "keygen"],
    &["bundle", "sign"],
    &["bundle", "verify"],
    &["bundle", "inspect"],
    &["import", "entra-signins"],
    &["import", "rba-csv"],
    &["simulate"],
    &["train"],
    &["calibrate"],
    &["assess"],
];

/// Every command says what it takes, with an example.
#[test]
fn help_has_examples() {
    for command in COMMANDS {
        let run = edgeward(&[*command, &["--help"]].concat(), "");
        assert_eq!(run.status, 0);
        assert!(run.out.contains("Example"), "{command:?}: {}", run.out);
        assert!(!run.out.contains('\\'), "nothing is escaped: {}", run.out);
    }
    assert!(edgeward(&["--help"], "").out.contains("Exit status: 0"));
    assert_eq!(edgeward(&["no-such-command"], "").status, 2);
}
