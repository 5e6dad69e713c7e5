//! The agent corpus: what each user agent must be taken for.

use std::collections::BTreeMap;
use std::{fs, path::Path};

use edgeward::agent;
use edgeward::request::{Request, Text};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    agent: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Milliseconds since the epoch.
    time: Option<i64>,
    class: String,
    name: Option<String>,
    browser: Option<String>,
    platform: Option<String>,
    verification: Option<String>,
    findings: Option<Vec<String>>,
}

#[test]
fn every_case_of_the_corpus_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/agents");
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let corpus: Corpus = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for case in corpus.case {
            count += 1;
            let mut request = Request { time: case.time, ..Request::default() };
            request.http.scheme = Some(Text::from("https"));
            let headers = case.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            request.http.headers = Some(
                [("user-agent", case.agent.as_str())]
                    .into_iter()
                    .chain(headers)
                    .map(|(name, value)| (Text::from(name), Text::from(value)))
                    .collect(),
            );
            let agent = serde_json::to_value(agent::classify(&request)).unwrap();
            let label = format!("{}: {} ({:?}) => {agent}", path.display(), case.why, case.agent);
            assert_eq!(agent["class"], case.class, "{label}");
            if let Some(name) = case.name {
                assert_eq!(agent["name"], name, "{label}");
            }
            if let Some(browser) = case.browser {
                let said = format!(
                    "{} {}",
                    agent["browser"]["name"].as_str().unwrap_or("none"),
                    agent["browser"]["major"]
                );
                assert_eq!(said, browser, "{label}");
            }
            if let Some(platform) = case.platform {
                assert_eq!(agent["platform"], platform, "{label}");
            }
            if let Some(verification) = case.verification {
                assert_eq!(agent["verification"], verification, "{label}");
            }
            if let Some(findings) = case.findings {
                assert_eq!(agent["findings"], serde_json::json!(findings), "{label}");
            }
        }
    }
    assert!(count >= 30, "{count} cases");
}
