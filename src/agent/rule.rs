//! From evidence to a class: which rule decides, in which order.

use super::evidence::{Evidence, KITS, Span};
use super::payload::is_injected;
use super::table::{KeywordClass, Mark, Marks, Strength};
use super::{AgentClass, Heard, Purpose, structure};
use crate::request::Platform;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The rule that decided.
    pub enum Rule {
        /// There is no user agent.
        Missing = "missing",
        /// It carries an injected payload, or one of its headers does.
        Payload = "payload",
        /// The catalogue knows the name.
        Catalogue = "catalogue",
        /// `Sec-CH-UA` names a headless build.
        Brand = "brand",
        /// A word that only automation has in its name.
        Keyword = "keyword",
        /// A contact address, which crawlers give and browsers do not.
        Contact = "contact",
        /// `compatible;` behind an engine, where crawlers put their name.
        Compatible = "compatible",
        /// A name where browsers have none of their own.
        Appended = "appended",
        /// Two user agents joined by a comma: something that fetches on behalf of a browser.
        Joined = "joined",
        /// A browser's engine on a PC without a display.
        Displayless = "displayless",
        /// Tokens that no real build has: a forged browser.
        Impossible = "impossible",
        /// The beginning of a browser's user agent and not the rest.
        Truncated = "truncated",
        /// A browser's shape with nothing against it.
        Browser = "browser",
        /// The kit of an application, a phone, a television or a console.
        Application = "application",
        /// The shape of an HTTP library.
        Library = "library",
        /// A bare name or product that nothing explains.
        BareName = "bareName",
        /// A mark or a bracket where the syntax has a name.
        Punctuated = "punctuated",
        /// No name at all.
        Nameless = "nameless",
    }
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

/// What somebody holds or sits before, whatever runs on it.
const HAND: Marks = Marks::of(&[Mark::Android, Mark::Ios, Mark::Device, Mark::Tv, Mark::Phone]);

/// What no service has that fetches for many.
const HELD: Marks = HAND.with(Marks::of(&[Mark::AppleKit, Mark::Webview]));

/// What only payloads have.
const INJECTED: Marks = Marks::of(&[Mark::Payload, Mark::Call]);

/// Decides. The order is the argument: what is named outweighs what is guessed, and what clears a person outweighs
/// what only looks odd.
pub fn decide(agent: &str, found: &Evidence, heard: &Heard) -> Verdict {
    let Heard { brands, package, payload } = *heard;
    let verdict = |class, rule, span| Verdict { class, rule, span };
    if payload {
        return verdict(AgentClass::AttackTool, Rule::Payload, None);
    }
    if !agent.starts_with(|first: char| first.is_ascii_graphic()) && agent.trim().is_empty() {
        return verdict(AgentClass::Missing, Rule::Missing, None);
    }
    if found.marks.any(INJECTED) || found.odd && is_injected(agent) {
        return verdict(AgentClass::AttackTool, Rule::Payload, None);
    }
    let device = found.marks.any(DEVICES);
    let app = found.app.filter(|app| found.automation.is_none_or(|named| !named.span.covers(app.span)));
    // The longer name is meant: `Valve Steam Client` and not what fetches previews as `Valve/Steam`.
    let automation =
        found.automation.filter(|named| found.app.is_none_or(|app| !app.span.covers(named.span)));
    if let Some(named) = automation {
        // A library inside an application's user agent is how the application fetches, and so is one in front of it on a
        // device: `okhttp/4.9.3 Android/13 com.example.app/6.2`.
        let inside = named.entry.class == AgentClass::Library
            && (!named.first && device
                || found.marks.any(HAND) && (found.stranger.is_some() || app.is_some())
                || app.is_some_and(|app| app.first || !named.first));
        // Feeds are fetched by people's applications too, whose kit then shows, or whose device: a service that pretends to
        // one has an engine.
        let on_device = found.marks.any(Marks::of(&[Mark::Android, Mark::Ios])) && !found.mozilla_first;
        let kit = named.entry.class == AgentClass::Bot
            && named.entry.purpose == Some(Purpose::Feed)
            && (found.marks.any(KITS) || on_device)
            && !found.plus_contact
            && named.span.length() < agent.len();
        // An application that names itself first is not what stands behind it; with a contact address it is the
        // service behind the application, which fetches for all of its users.
        let behind = (!found.plus_contact || device)
            && app.is_some_and(|app| app.first && (!named.first || named.span.length() <= app.span.length()))
            && matches!(named.entry.class, AgentClass::Bot | AgentClass::Library);
        // Names in public lists that may be anybody's do not outweigh a device.
        let anybody = !named.entry.telling
            && device
            && found.engine()
            && found.mozilla_first
            && named.entry.class != AgentClass::AttackTool
            && !found.plus_contact
            && !found.marks.has(Mark::Url);
        if !inside && !kit && !behind && !anybody {
            return verdict(named.entry.class, Rule::Catalogue, Some(named.span));
        }
    }
    if brands.is_some_and(|brands| brands.headless) {
        return verdict(AgentClass::Headless, Rule::Brand, None);
    }
    let keyword = |least: Strength| {
        found.keyword.filter(|hinted| hinted.keyword.strength >= least).and_then(|hinted| {
            match hinted.keyword.class {
                KeywordClass::Agent(AgentClass::Bot) => {
                    Some(verdict(found.theme.unwrap_or(AgentClass::Bot), Rule::Keyword, Some(hinted.span)))
                }
                KeywordClass::Agent(class) => Some(verdict(class, Rule::Keyword, Some(hinted.span))),
                _ => None,
            }
        })
    };
    if let Some(app) = app {
        // The service behind an application fetches for all of its users, from no device of theirs.
        let service = !device && !found.mozilla_first;
        // It does not say what it runs on, as a desktop's application does: `gPodder/3.11.4 (+http://gpodder.org/) Linux`.
        let (class, rule) = if service && found.plus_contact && found.platform.is_none() {
            (AgentClass::Bot, Rule::Contact)
        } else if service && keyword(Strength::Strong).is_some() {
            (AgentClass::Bot, Rule::Keyword)
        } else {
            (AgentClass::App, Rule::Catalogue)
        };
        return verdict(class, rule, Some(app.span));
    }
    // An unseen name is what its words say, else a bot.
    let hinted = |rule| match keyword(Strength::Hint) {
        Some(hint) if hint.class != AgentClass::Library => Verdict { rule, ..hint },
        _ => verdict(
            found.theme.unwrap_or(AgentClass::Bot),
            rule,
            found.domain.or(found.stranger).or(found.unknown),
        ),
    };
    // Applications are called after what they are about: `SpiderGame/1.0 CFNetwork/…`. iOS has no browser without `Safari`.
    let inside = found.marks.any(KITS) || found.platform == Some(Platform::Ios) && found.safari == 0;
    let about = inside && found.keyword.is_some_and(|hinted| !hinted.head);
    if let Some(firm) = keyword(Strength::Firm).filter(|_| !about) {
        return firm;
    }
    // Applications leave an unknown name out: `(null) Safari/604.1 [Example/iOS]`, `(samsung/hlte/SM-N9005)API 18`.
    let kit = found.marks.any(KITS) || found.marks.any(HAND) || found.human.is_some();
    if agent.starts_with(['<', '{', '=', ';', ',', '\\']) || agent.starts_with('(') && !kit {
        return verdict(AgentClass::Malformed, Rule::Punctuated, None);
    }
    if found.address_first {
        return verdict(AgentClass::Bot, Rule::Contact, found.first);
    }
    if found.joined {
        return verdict(AgentClass::Bot, Rule::Joined, found.first);
    }
    let on_system = found.platform.is_some() || !found.marks.has(Mark::Url);
    if found.browser_first && !found.plus_contact && on_system {
        return verdict(AgentClass::Browser, Rule::Browser, None);
    }
    let contact = found.marks.has(Mark::Url) || found.mail || found.plus_contact;
    if found.engine()
        && (found.mozilla_first || device || found.marks.has(Mark::Webkit) && found.marks.has(Mark::Browser))
    {
        let strong = keyword(Strength::Strong).filter(|_| !device);
        return if let Some(strong) = strong {
            strong
        } else if found.plus_contact
            || found.marks.has(Mark::Url) && !found.own_site
            || (found.mail || found.domain.is_some()) && !device
        {
            hinted(Rule::Contact)
        } else if found.behind_gecko || found.compatible_late && !found.marks.has(Mark::Msie) {
            hinted(Rule::Compatible)
        } else if let (Some(name), false) = (structure::appended(found), device) {
            Verdict { span: Some(name), ..hinted(Rule::Appended) }
        } else if structure::displayless(found) {
            verdict(AgentClass::Headless, Rule::Displayless, None)
        } else if structure::impossible(found)
            && brands.is_none_or(|brands| brands.chromium != Some(found.chrome))
        {
            verdict(AgentClass::AttackTool, Rule::Impossible, None)
        } else if found.unversioned
            || structure::engine_alone(found)
            || structure::nowhere(found)
            || structure::cut(found)
        {
            verdict(AgentClass::Malformed, Rule::Truncated, None)
        } else if device && !found.mozilla_first {
            verdict(AgentClass::App, Rule::Application, found.first)
        } else {
            verdict(AgentClass::Browser, Rule::Browser, None)
        };
    }
    // An application's name alone is that of the service behind it as well.
    let service = found.plus_contact && found.platform.is_none() && !found.marks.any(HELD);
    if device
        && !found.gateway
        && (found.mozilla_first && found.plus_contact
            || contact && found.marks.has(Mark::Compatible)
            || service)
    {
        return hinted(Rule::Contact);
    }
    if device {
        return verdict(AgentClass::App, Rule::Application, found.first);
    }
    // MediaTek's Android asks for a desktop's pages so, behind the name of the device.
    if (found.webkit, found.chrome) == (534, 11) && found.marks.has(Mark::X11) && !contact {
        return verdict(AgentClass::Browser, Rule::Browser, None);
    }
    if let Some(strong) = keyword(Strength::Strong) {
        return strong;
    }
    let human =
        found.human.filter(|human| human.keyword.class != KeywordClass::Browser || found.mozilla_first);
    if let Some(human) = human.filter(|_| !contact && found.domain.is_none()) {
        return verdict(AgentClass::App, Rule::Application, Some(human.span));
    }
    if found.mozilla_first {
        // Netscape 4 and before named a system and no engine.
        if (1..=4).contains(&found.mozilla)
            && found.platform.is_some()
            && !contact
            && !found.marks.has(Mark::Compatible)
        {
            return verdict(AgentClass::Browser, Rule::Browser, None);
        }
        let named = found.stranger.or(found.item).or(found.unknown.filter(|span| span.length() >= 4));
        return if contact || found.marks.has(Mark::Compatible) || named.is_some() {
            hinted(Rule::Contact)
        } else {
            verdict(AgentClass::Malformed, Rule::Truncated, None)
        };
    }
    if let Some(hint) = keyword(Strength::Hint) {
        let rule = if hint.class == AgentClass::Library { Rule::Library } else { Rule::Keyword };
        return Verdict { rule, ..hint };
    }
    match found.first {
        // Applications give their WebView any name; its `X-Requested-With` says theirs.
        Some(first) if package => verdict(AgentClass::App, Rule::Application, Some(first)),
        Some(first) => verdict(found.theme.unwrap_or(AgentClass::Bot), Rule::BareName, Some(first)),
        None => verdict(AgentClass::Malformed, Rule::Nameless, None),
    }
}
