//! Why an agent was classified as it was: every token and rule that fired, with its place.

use super::evidence::{Evidence, Seen};
use super::rule::{self, Rule};
use super::table::KeywordClass;
use super::{Agent, Finding, Heard, classify_by_words, input};
use crate::request::Request;
use crate::write::{Members, Value, Write, written};

/// An agent, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// What it is.
    pub agent: Agent<'a>,
    /// The rule that decided.
    pub rule: Rule,
    /// Every token that meant something, in order.
    pub tokens: Vec<Token<'a>>,
    /// What each finding says, and its known false positives.
    pub notes: Vec<Note>,
}

/// Its members, and those of the agent.
impl Members for Explanation<'_> {
    fn each(&self, put: &mut dyn FnMut(&'static str, Value<'_>)) {
        self.agent.each(put);
        put("rule", self.rule.value());
        put("tokens", self.tokens.value());
        put("notes", self.notes.value());
    }
}

written!(@object Explanation<'_>);

/// One token of the user agent that meant something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// The token as it stands.
    pub text: &'a str,
    /// Its first byte.
    pub start: usize,
    /// Where it was found: `catalogue`, `vocabulary`, `keyword`, or `unknown` for a product that nothing knows.
    pub source: &'static str,
    /// What it means there.
    pub meaning: String,
}

written!(Token<'_> {
    "text" => text,
    "start" => start,
    "source" => source,
    "meaning" => meaning,
});

/// What a finding says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The finding.
    pub finding: Finding,
    /// How strong it is alone: `weak`, `medium` or `strong`.
    pub strength: &'static str,
    /// What it means.
    pub means: &'static str,
    /// What is known to cause it innocently.
    pub innocent_causes: &'static str,
}

written!(Note {
    "finding" => finding,
    "strength" => strength,
    "means" => means,
    "innocentCauses" => innocent_causes,
});

/// Classifies, and tells why. Allocates; [`classify`](super::classify) gives the same agent without.
#[must_use]
pub fn explain<'a>(request: &'a Request<'_>) -> Explanation<'a> {
    let text = input::capped(request.http.user_agent().flatten().unwrap_or_default());
    let mut seen = Vec::new();
    let found = Evidence::of(text, Some(&mut seen));
    let tokens = seen
        .into_iter()
        .filter_map(|(span, seen)| {
            let (source, meaning) = meaning(seen);
            Some(Token { text: span.text(text)?, start: span.start(), source, meaning })
        })
        .collect();
    let agent = classify_by_words(request);
    let notes = agent.findings.iter().map(note).collect();
    Explanation { rule: rule::decide(text, &found, &Heard::of(&request.http)).rule, agent, tokens, notes }
}

fn meaning(seen: Seen) -> (&'static str, String) {
    match seen {
        Seen::Name(entry) => {
            let mut meaning = entry.class.name().to_owned();
            for detail in [entry.name.get(), entry.operator.get()] {
                if !detail.is_empty() {
                    meaning.push_str(", ");
                    meaning.push_str(detail);
                }
            }
            ("catalogue", meaning)
        }
        Seen::Word(word) => {
            let mut meaning = match (word.browser.get(), word.system.platform()) {
                ("", None) => format!("{:?}", word.mark).to_ascii_lowercase(),
                ("", Some(os)) => format!("system {}", os.name()),
                (browser, _) => format!("browser {browser}"),
            };
            if let Some(kind) = word.form.told() {
                meaning.push_str(", ");
                meaning.push_str(kind.name());
            }
            ("vocabulary", meaning)
        }
        Seen::Keyword(keyword) => (
            "keyword",
            match keyword.class {
                KeywordClass::Agent(class) => class.name().to_owned(),
                KeywordClass::App => "application".to_owned(),
                KeywordClass::Phone => "phone".to_owned(),
                KeywordClass::Browser => "browser".to_owned(),
            },
        ),
        Seen::Stranger => ("unknown", "product".to_owned()),
    }
}

fn note(finding: Finding) -> Note {
    let (strength, means, innocent_causes) = match finding {
        Finding::StaleBrowser => (
            "weak",
            "The version was released more than two years before the request, or the browser has reached its end.",
            "Devices that no longer get updates, televisions, kiosks; Edge in Internet Explorer mode.",
        ),
        Finding::UnreleasedBrowser => (
            "strong",
            "The version is so far ahead of its release train that it can not have been released by then.",
            "Applications that write their own version as the browser's.",
        ),
        Finding::BrandMismatch => (
            "medium",
            "Sec-CH-UA names another browser or version than the user agent or Sec-CH-UA-Full-Version-List.",
            "Applications that override the user agent of their WebView; device emulation; extensions and compatibility lists by which one browser calls itself another.",
        ),
        Finding::PlatformMismatch => (
            "medium",
            "Sec-CH-UA-Platform names another system than the user agent.",
            "Applications that override the user agent of their WebView; request desktop site.",
        ),
        Finding::MobileMismatch => (
            "weak",
            "Sec-CH-UA-Mobile contradicts the user agent.",
            "Request desktop site; tablets of some makers.",
        ),
        Finding::ClientHintsMissing => (
            "medium",
            "A Chromium of that age sends client hints over HTTPS and this one did not.",
            "Proxies and privacy extensions that remove them.",
        ),
        Finding::GreaseMissing => (
            "weak",
            "The brand list lacks the nonsensical brand that every build adds.",
            "Small forks of Chromium that write their own list.",
        ),
        Finding::TruncatedToken => (
            "weak",
            "A token is cut short, as by a tool that keeps user agents in too small a field.",
            "Applications and proxies with the same defect.",
        ),
        Finding::ImpossibleToken => {
            ("strong", "The user agent has tokens that no real build has.", "None known.")
        }
        Finding::InjectedPayload => (
            "strong",
            "The user agent or a header carries an injection payload.",
            "Security tests that the site's owner ordered.",
        ),
        Finding::TlsMismatch => (
            "strong",
            "The TLS fingerprint belongs to another engine than the one claimed.",
            "Antivirus products and company proxies that terminate TLS.",
        ),
        Finding::BrowserHeadersMissing => (
            "medium",
            "A browser of that age sends Sec-Fetch-Mode and Accept-Language over HTTPS, and Accept for pages, and this one did not.",
            "Proxies that remove them; applications that fetch with a library under a browser's name.",
        ),
        Finding::FetchMetadataMismatch => {
            ("strong", "Sec-Fetch-* headers say what no browser says.", "None known.")
        }
        Finding::AcceptMismatch => (
            "medium",
            "Accept or Accept-Encoding is that of an HTTP library.",
            "Proxies and security products that read along and rewrite them.",
        ),
        Finding::HeaderOrderMismatch => (
            "medium",
            "The headers of a page stand in an order that the browser never writes.",
            "Proxies that rebuild requests.",
        ),
        Finding::WebviewMismatch => (
            "weak",
            "X-Requested-With names an Android application and the user agent another system.",
            "Request desktop site inside an application.",
        ),
        Finding::SignatureUnusable => (
            "medium",
            "A signature is expired, not yet valid, malformed or incomplete.",
            "A signer's clock that is wrong.",
        ),
    };
    Note { finding, strength, means, innocent_causes }
}
