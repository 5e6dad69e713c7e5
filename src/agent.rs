//! What the client says it is, and what gives it away.

mod claims;
mod device;
mod evidence;
mod explain;
mod frame;
mod freshness;
mod hash;
mod headers;
mod hints;
mod input;
mod key;
mod kinds;
mod payload;
pub mod probe;
mod reader;
mod registry;
mod rule;
mod signature;
mod structure;
mod table;
mod tls;
mod token;
mod verify;

use self::claims::Claims;
pub use self::device::DeviceKind;
use self::evidence::Evidence;
pub use self::explain::{Explanation, Note, Token, explain};
pub(crate) use self::freshness::outdated_days;
pub use self::key::Jwk;
pub use self::registry::Registry;
pub(crate) use self::registry::RegistryFile;
pub use self::rule::Rule;
pub use self::signature::{Signature, SignatureStatus};
use self::table::Entry;
pub(crate) use self::table::TEXTS;
use crate::compiled::compiled;
use crate::request::{Http, Platform, Request};
use crate::vocabulary::vocabulary;
use crate::write::{Elements, Value, Write, written};

vocabulary! {
    /// What kind of client sent the request.
    pub enum AgentClass {
        /// A person's web browser, on whatever device, and the one that an application shows pages in: Conditional Access
        /// counts both as `browser`, and a policy for browsers must not be left by adding an application's name.
        Browser = "browser",
        /// An application, player or daemon of a person that fetches without a browser's engine, or is known to show no pages
        /// though it names one.
        App = "app",
        /// A search engine's crawler.
        SearchCrawler = "searchCrawler",
        /// A crawler or user-driven agent of an AI operator that fetches pages.
        AiBot = "aiBot",
        /// Any other declared automation.
        Bot = "bot",
        /// An HTTP library or command-line client.
        Library = "library",
        /// A headless or automated browser, whoever drives it: a test, a scraper or an AI agent that acts for its user.
        Headless = "headless",
        /// A scanner, sprayer or other attack tool, by its name or because it pretends to be a browser's build that never
        /// existed: nothing but a tool makes those up, and those known to do so spray passwords and scan.
        AttackTool = "attackTool",
        /// A user agent that no real client sends: garbled, cut short or nameless, but no pretence.
        Malformed = "malformed",
        /// No user agent.
        Missing = "missing",
    }
}

compiled!(@one_of AgentClass);

vocabulary! {
    /// Why an agent fetches.
    #[expect(missing_docs, reason = "the names are the documentation")]
    pub enum Purpose {
        Training = "training",
        Search = "search",
        UserAction = "userAction",
        Monitoring = "monitoring",
        Preview = "preview",
        Feed = "feed",
        Seo = "seo",
        Advertising = "advertising",
        Security = "security",
        Archive = "archive",
        Research = "research",
        LegacyAuthentication = "legacyAuthentication",
        IdentityAttack = "identityAttack",
        VulnerabilityScan = "vulnerabilityScan",
    }
}

compiled!(@one_of Purpose);

vocabulary! {
    /// How far the claimed name is backed.
    #[derive(Default)]
    pub enum Verification {
        /// Nothing to verify.
        #[default]
        None = "none",
        /// A verifiable name is claimed and nothing backs it.
        Claimed = "claimed",
        /// A Web Bot Auth signature backs it.
        Signature = "signature",
        /// Address or reverse DNS backs it.
        Address = "address",
        /// Something contradicts it.
        Contradicted = "contradicted",
    }
}

vocabulary! {
    /// One contradiction or oddity in what the client says.
    pub enum Finding {
        /// The browser's version is years behind its release train, or the browser has reached its end.
        StaleBrowser = "staleBrowser",
        /// The browser's version is so far ahead of its release train that it can not have been released. Innocent causes:
        /// applications that write their own version as the browser's.
        UnreleasedBrowser = "unreleasedBrowser",
        /// The brands of the client's hints contradict the user agent, or `Sec-CH-UA` those of
        /// `Sec-CH-UA-Full-Version-List`: in the product, the version of Chromium, or by a headless build. Innocent causes:
        /// applications that override the user agent of their WebView, device emulation, extensions and compatibility
        /// lists by which one browser calls itself another.
        BrandMismatch = "brandMismatch",
        /// `Sec-CH-UA-Platform` contradicts the user agent.
        PlatformMismatch = "platformMismatch",
        /// `Sec-CH-UA-Mobile` contradicts the user agent.
        MobileMismatch = "mobileMismatch",
        /// A browser of that age sends client hints over HTTPS; this one did not. Innocent causes: a proxy that removes
        /// them, a privacy extension.
        ClientHintsMissing = "clientHintsMissing",
        /// The brand list lacks the deliberately nonsensical brand that every build adds. Innocent causes: small forks of
        /// Chromium that write their own list.
        GreaseMissing = "greaseMissing",
        /// A token of the user agent is cut short. Innocent causes: applications and proxies with that defect.
        TruncatedToken = "truncatedToken",
        /// The user agent has tokens that no real build has.
        ImpossibleToken = "impossibleToken",
        /// The user agent carries an injection payload, or a header that a client is told by: `Referer`, `Accept`,
        /// `Accept-Language`, `Accept-Encoding`, `X-Requested-With` and client hints.
        InjectedPayload = "injectedPayload",
        /// The TLS fingerprint belongs to another engine than the one claimed.
        TlsMismatch = "tlsMismatch",
        /// A browser of that age sends fetch metadata and `Accept-Language` with every request over HTTPS, and `Accept` when
        /// it asks for a page; this one did not. Innocent causes: proxies that remove them, applications that fetch with a
        /// library under a browser's name.
        BrowserHeadersMissing = "browserHeadersMissing",
        /// Fetch metadata (`Sec-Fetch-*`) are such as no browser sends. Innocent causes: none known.
        FetchMetadataMismatch = "fetchMetadataMismatch",
        /// `Accept` or `Accept-Encoding` is a library's, not the browser's. Innocent causes: proxies that read along and
        /// rewrite them.
        AcceptMismatch = "acceptMismatch",
        /// The headers of a page stand in an order the browser never writes. Innocent causes: proxies that rebuild them.
        HeaderOrderMismatch = "headerOrderMismatch",
        /// `X-Requested-With` names an Android application, the user agent another system. Innocent causes: request
        /// desktop site inside an application.
        WebviewMismatch = "webviewMismatch",
        /// A signature is expired, not yet valid, malformed or incomplete. Innocent causes: a signer's clock.
        SignatureUnusable = "signatureUnusable",
    }
}

/// A set of findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Findings(u32);

impl Findings {
    /// Adds one.
    pub const fn insert(&mut self, finding: Finding) {
        self.0 |= 1 << finding as u32;
    }

    /// Whether it was found.
    #[must_use]
    pub const fn contains(self, finding: Finding) -> bool {
        self.0 & (1 << finding as u32) != 0
    }

    /// A bit for each finding, in the order of [`Finding::ALL`].
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Those found.
    pub fn iter(self) -> impl Iterator<Item = Finding> {
        Finding::ALL.iter().copied().filter(move |finding| self.contains(*finding))
    }
}

impl Elements for Findings {
    fn each(&self, put: &mut dyn FnMut(Value<'_>)) {
        self.iter().for_each(|element| put(element.value()));
    }
}

written!(@list Findings);

/// A browser family and its major version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Browser {
    /// Family name.
    pub name: &'static str,
    /// Major version, 0 if not stated.
    pub major: u32,
}

written!(Browser {
    "name" => name,
    "major" => major,
});

/// What the client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent<'a> {
    /// Kind of client.
    pub class: AgentClass,
    /// Name, from the catalogue or as the client states it.
    pub name: Option<&'a str>,
    /// Who runs it.
    pub operator: Option<&'a str>,
    /// Why it fetches.
    pub purpose: Option<Purpose>,
    /// Browser family and version.
    pub browser: Option<Browser>,
    /// Operating system.
    pub platform: Option<Platform>,
    /// Kind of device.
    pub device_kind: Option<DeviceKind>,
    /// How far the name is backed.
    pub verification: Verification,
    /// Contradictions and oddities.
    pub findings: Findings,
    /// What became of its signature, if it sent one.
    pub signature: Option<Box<Signature>>,
}

written!(Agent<'_> {
    "class" => class,
    "name" => name,
    "operator" => operator,
    "purpose" => purpose,
    "browser" => browser,
    "platform" => platform,
    "deviceKind" => device_kind,
    "verification" => verification,
    "findings" => findings,
    "signature" => ?signature,
});

impl Agent<'_> {
    /// The part of an agent that survives updates: family and platform, no version (`Chrome/windows`).
    #[must_use]
    pub fn key(&self) -> String {
        self.key_parts().concat()
    }

    /// What [`Agent::key`] writes, in parts.
    pub(crate) fn key_parts(&self) -> [&str; 3] {
        let family = self.family().unwrap_or("unknown");
        self.platform.map_or([family, "", ""], |platform| [family, "/", platform.name()])
    }

    /// Whether there is a family to make a key of.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.family().is_some()
    }

    /// Whether the client sent headers and does not say what it is: no user agent, or one that names nothing.
    #[must_use]
    pub const fn is_silent(&self, request: &Request<'_>) -> bool {
        request.http.headers.is_some() && self.browser.is_none() && self.name.is_none()
    }

    /// Whether [`Agent::key`] would write `key`; allocates nothing.
    #[must_use]
    pub fn key_is(&self, key: &str) -> bool {
        let family = self.family().unwrap_or("unknown");
        key.strip_prefix(family).is_some_and(|rest| match self.platform {
            Some(platform) => rest.strip_prefix('/') == Some(platform.name()),
            None => rest.is_empty(),
        })
    }

    fn family(&self) -> Option<&str> {
        self.browser.map(|browser| browser.name).or(self.name)
    }
}

/// Classifies the client of one request. Allocates nothing; reads at most 512 bytes of a header.
#[must_use]
pub fn classify<'a>(request: &'a Request<'_>) -> Agent<'a> {
    classify_known(request, &registry::EMPTY)
}

/// The same, by what an operator says of agents: signatures and addresses are checked against it. A signature is
/// the one thing that allocates.
#[must_use]
pub fn classify_known<'a>(request: &'a Request<'_>, registry: &'a Registry) -> Agent<'a> {
    let agent = input::capped(request.http.user_agent().flatten().unwrap_or_default());
    let heard = Heard::of(&request.http);
    let reading = frame::read(agent.as_bytes())
        .map_or_else(|| Reading::of(agent, &heard), |claims| Reading::of_frame(claims, &heard));
    complete(reading, heard, request, registry)
}

/// Classifies a user agent of which nothing else is known; none if it is no text.
#[must_use]
pub(crate) fn classify_alone(agent: &[u8]) -> Option<Agent<'_>> {
    let heard = Heard::default();
    // A frame is text: whether the rest is costs as much as a part of reading it.
    let reading = match frame::read(agent) {
        Some(claims) => Reading::of_frame(claims, &heard),
        None => Reading::of(input::capped(std::str::from_utf8(agent).ok()?), &heard),
    };
    Some(reading.agent())
}

/// The same as [`classify`] by reading every word, as most user agents need not be.
fn classify_by_words<'a>(request: &'a Request<'_>) -> Agent<'a> {
    let agent = input::capped(request.http.user_agent().flatten().unwrap_or_default());
    let heard = Heard::of(&request.http);
    complete(Reading::of(agent, &heard), heard, request, &registry::EMPTY)
}

/// What headers say that judging a user agent needs.
#[derive(Debug, Clone, Copy, Default)]
struct Heard {
    /// The brands that the client's hints list, if any.
    brands: Option<hints::Brands>,
    /// `X-Requested-With` names an application.
    package: bool,
    /// One of them carries a payload.
    payload: bool,
}

impl Heard {
    fn of(http: &Http<'_>) -> Self {
        Self {
            brands: hints::brands(http),
            package: hints::package(http).is_some(),
            payload: payload::in_headers(http),
        }
    }
}

/// What a user agent comes to.
struct Reading<'a> {
    claims: Claims,
    class: AgentClass,
    name: Option<&'a str>,
    entry: Option<&'static Entry>,
    findings: Findings,
}

impl<'a> Reading<'a> {
    /// One that is read word by word.
    fn of(agent: &'a str, heard: &Heard) -> Self {
        let mut found = Evidence::default();
        reader::read(agent, None, &mut found);
        let verdict = rule::decide(agent, &found, heard);
        let entry = found.entry_of(verdict.class);
        let mut findings = Findings::default();
        if structure::truncated(&found) {
            findings.insert(Finding::TruncatedToken);
        }
        match verdict.rule {
            rule::Rule::Payload => findings.insert(Finding::InjectedPayload),
            rule::Rule::Impossible => findings.insert(Finding::ImpossibleToken),
            _ => {}
        }
        let name = match entry {
            Some(entry) if !entry.name.is_empty() => Some(entry.name.get()),
            _ => verdict.span.and_then(|span| span.text(agent)),
        };
        Self { claims: found.claims(), class: verdict.class, name, entry, findings }
    }

    /// One that is all a browser's.
    #[inline]
    fn of_frame(claims: Claims, heard: &Heard) -> Self {
        let headless = heard.brands.is_some_and(|brands| brands.headless);
        let mut findings = Findings::default();
        let class = if heard.payload {
            findings.insert(Finding::InjectedPayload);
            AgentClass::AttackTool
        } else if headless {
            AgentClass::Headless
        } else {
            AgentClass::Browser
        };
        Self { claims, class, name: None, entry: None, findings }
    }

    /// The agent, of which nothing else is known.
    #[inline]
    fn agent(self) -> Agent<'a> {
        let Self { claims, class, name, entry, findings } = self;
        let verifiable = entry.is_some_and(|entry| entry.verifiable);
        Agent {
            class,
            name,
            operator: entry.map(|entry| entry.operator.get()).filter(|operator| !operator.is_empty()),
            purpose: entry.and_then(|entry| entry.purpose),
            browser: claims.browser,
            platform: claims.platform,
            device_kind: claims.device_kind,
            verification: if verifiable { Verification::Claimed } else { Verification::None },
            findings,
            signature: None,
        }
    }
}

/// Adds what the rest of a request tells.
fn complete<'a>(
    reading: Reading<'a>,
    heard: Heard,
    request: &'a Request<'_>,
    registry: &'a Registry,
) -> Agent<'a> {
    let (claims, entry) = (reading.claims, reading.entry);
    let mut agent = reading.agent();
    let findings = &mut agent.findings;
    hints::check(&request.http, &claims, heard, findings);
    headers::check(request, &claims, heard, findings);
    if let Some(time) = request.time {
        freshness::check(&claims, time, findings);
    }
    if tls::contradicts(&request.tls, &claims) {
        findings.insert(Finding::TlsMismatch);
    }
    verify::verify(&mut agent, entry, request, registry);
    agent
}
