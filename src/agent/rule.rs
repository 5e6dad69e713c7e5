//! From evidence to a class: which rule decides, in which order.

use super::evidence::{Evidence, Span};
use super::hints::Brands;
use super::table::{KeywordClass, Mark, Marks, Strength};
use super::{AgentClass, payload};

/// The rule that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// There is no user agent.
    Missing,
    /// It carries an injected payload.
    Payload,
    /// The catalogue knows the name.
    Catalogue,
    /// `Sec-CH-UA` names a headless build.
    Brand,
    /// A word that only automation has in its name.
    Keyword,
    /// A contact address, which crawlers give and browsers do not.
    Contact,
    /// `compatible;` behind an engine, where crawlers put their name.
    Compatible,
    /// Tokens that no real build has.
    Impossible,
    /// A browser's shape with nothing against it.
    Browser,
    /// The kit of an application, a phone, a television or a console.
    Application,
    /// The shape of an HTTP library.
    Library,
    /// A bare name or product that nothing explains.
    BareName,
    /// No name at all.
    Nameless,
}

/// What was decided, by which rule, and where its evidence stands.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    pub class: AgentClass,
    pub rule: Rule,
    pub span: Option<Span>,
}

const DEVICES: Marks = Marks::of(&[
    Mark::Android,
    Mark::Ios,
    Mark::Device,
    Mark::Tv,
    Mark::Phone,
    Mark::AppleKit,
    Mark::Kit,
    Mark::Webview,
]);

/// Decides. The order is the argument: what is named outweighs what is guessed, and what clears a person outweighs
/// what only looks odd.
pub fn decide(agent: &str, found: &Evidence, brands: Option<Brands>) -> Verdict {
    let verdict = |class, rule, span| Verdict { class, rule, span };
    if agent.trim().is_empty() {
        return verdict(AgentClass::Missing, Rule::Missing, None);
    }
    if found.shape.odd && payload::is_injected(agent) {
        return verdict(AgentClass::AttackTool, Rule::Payload, None);
    }
    let device = found.marks.any(DEVICES);
    if let Some(named) = found.automation {
        // A library inside an application's user agent is how the application fetches.
        let inside = named.entry.class == AgentClass::Library
            && (!named.first && device || found.app.is_some_and(|app| app.first || !named.first));
        if !inside {
            return verdict(named.entry.class, Rule::Catalogue, Some(named.span));
        }
    }
    if brands.is_some_and(|brands| brands.headless) {
        return verdict(AgentClass::Headless, Rule::Brand, None);
    }
    if let Some(app) = found.app {
        return verdict(AgentClass::App, Rule::Catalogue, Some(app.span));
    }
    let keyword = |least: Strength| {
        found.keyword.filter(|hinted| hinted.keyword.strength >= least).and_then(|hinted| {
            match hinted.keyword.class {
                KeywordClass::Agent(class) => Some(verdict(class, Rule::Keyword, Some(hinted.span))),
                KeywordClass::App | KeywordClass::Phone => None,
            }
        })
    };
    if let Some(firm) = keyword(Strength::Firm) {
        return firm;
    }
    let contact = found.marks.has(Mark::Url) || found.mail;
    if found.browser_first {
        return verdict(AgentClass::Browser, Rule::Browser, None);
    }
    if found.engine() && (found.mozilla_first || device) {
        return if let Some(strong) = keyword(Strength::Strong).filter(|_| !device) {
            strong
        } else if contact && !device {
            verdict(AgentClass::Bot, Rule::Contact, found.stranger)
        } else if found.compatible_late && !found.marks.has(Mark::Msie) {
            verdict(AgentClass::Bot, Rule::Compatible, found.stranger)
        } else if device && !found.mozilla_first {
            verdict(AgentClass::App, Rule::Application, found.first)
        } else {
            verdict(AgentClass::Browser, Rule::Browser, None)
        };
    }
    if device {
        return verdict(AgentClass::App, Rule::Application, found.first);
    }
    if let Some(strong) = keyword(Strength::Strong) {
        return strong;
    }
    if let Some(human) = found.human.filter(|_| !contact) {
        return verdict(AgentClass::App, Rule::Application, Some(human.span));
    }
    if found.mozilla_first {
        return if contact || found.marks.has(Mark::Compatible) || found.stranger.is_some() {
            verdict(AgentClass::Bot, Rule::Contact, found.stranger)
        } else {
            verdict(AgentClass::Malformed, Rule::Impossible, None)
        };
    }
    if let Some(hint) = keyword(Strength::Hint) {
        let rule = if hint.class == AgentClass::Library { Rule::Library } else { Rule::Keyword };
        return Verdict { rule, ..hint };
    }
    match found.first {
        Some(first) => verdict(AgentClass::Bot, Rule::BareName, Some(first)),
        None => verdict(AgentClass::Malformed, Rule::Nameless, None),
    }
}
