//! What one pass over a user agent finds: names of the catalogue, words of the vocabulary, keywords in words that
//! neither knows, and the shape of what remains.

use super::reader::{self, Trace};
use super::table::{Entry, Keyword, KeywordClass, Mark, Marks, Strength, Word};
use super::token::{MAX_BYTES, Shape};
use super::{AgentClass, Browser};
use crate::request::Platform;

/// A stretch of the user agent, in bytes: narrow, because evidence holds many and is handed on by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    start: u16,
    end: u16,
}

impl Span {
    /// Both are at most the bytes that are read of one header.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u16, end: end as u16 }
    }

    pub const fn start(self) -> usize {
        self.start as usize
    }

    pub const fn end(self) -> usize {
        self.end as usize
    }

    pub const fn length(self) -> usize {
        self.end().saturating_sub(self.start())
    }

    /// Whether it contains another and more.
    pub const fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end && self.length() > other.length()
    }

    /// The text that stands there.
    pub fn text(self, agent: &str) -> Option<&str> {
        agent.get(self.start()..self.end())
    }
}

/// A name of the catalogue and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    pub entry: &'static Entry,
    pub span: Span,
    /// It is the first thing the user agent says.
    pub first: bool,
}

/// A keyword and the word it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Hinted {
    pub keyword: &'static Keyword,
    pub span: Span,
}

/// One thing the pass saw, for the explanation.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    Name(&'static Entry),
    Word(&'static Word),
    Keyword(&'static Keyword),
    Stranger,
}

/// What one pass found.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence {
    pub marks: Marks,
    pub shape: Shape,
    /// Best name of automation.
    pub automation: Option<Named>,
    /// First name of an application.
    pub app: Option<Named>,
    /// Strongest keyword.
    pub keyword: Option<Hinted>,
    /// Keyword that tells the kind of automation, where the strongest one only tells that it is some.
    pub theme: Option<AgentClass>,
    /// Keyword of applications or phones.
    pub human: Option<Hinted>,
    /// Last product (`Name/1.0`) outside comments that nothing knows.
    pub stranger: Option<Span>,
    /// First word that nothing knows.
    pub unknown: Option<Span>,
    /// First word, known or not.
    pub first: Option<Span>,
    /// An e-mail address.
    pub mail: bool,
    /// `Mozilla/` begins it.
    pub mozilla_first: bool,
    /// A domain's name stands among the products: `Chrome/140.0.0.0 Safari/537.36 example.org/2.0`.
    pub domain: Option<Span>,
    /// Last word that nothing knows behind the browser's own tokens.
    pub appended: Option<Span>,
    /// That word ends the user agent, without a version.
    pub unversioned_end: bool,
    /// An item of the comment that names the system, which says something else.
    pub item: Option<Span>,
    /// A word that nothing knows in a comment right behind the browser's own tokens.
    pub remark: Option<Span>,
    /// An address begins it, where the syntax has a product.
    pub address_first: bool,
    /// A browser names its own site, as a few do: `QtWeb … http://www.QtWeb.net`.
    pub own_site: bool,
    /// `Name, Mozilla/5.0 …`: two user agents joined by a comma, which this header's syntax does not have.
    pub joined: bool,
    /// A browser's own name begins it, with a version and more: `Opera/9.80 (X11; …`, `Links (2.8; …`.
    pub browser_first: bool,
    /// `compatible` stands after an engine or inside its comment.
    pub compatible_late: bool,
    /// A contact address behind a plus sign, as crawlers write it: `+http://…`, `+example.org`.
    pub plus_contact: bool,
    /// Something stands behind `like Gecko` in its comment, where browsers have nothing.
    pub behind_gecko: bool,
    /// A browser's version is a word: a template that nobody filled in.
    pub unversioned: bool,
    /// No blank between `Mozilla/4.0` and its comment.
    pub unspaced: bool,
    /// Numbers in `Mozilla/5.0`, `Version/17`, `Safari/537.36`, `Mac OS X 10` and so on, 0 if not stated.
    pub mozilla: u32,
    pub version: u32,
    pub safari: u32,
    pub safari_minor: u32,
    /// Nothing stands behind `Safari/…`.
    pub safari_last: bool,
    pub webkit: u32,
    /// A plus follows WebKit's number.
    pub webkit_plus: bool,
    pub chrome: u32,
    pub firefox: u32,
    pub firefox_minor: u32,
    pub gecko: u32,
    pub msie: u32,
    pub mac: u32,
    pub platform: Option<Platform>,
    family: Option<&'static Word>,
    family_major: u32,
}

const ENGINES: Marks = Marks::of(&[
    Mark::Webkit,
    Mark::Gecko,
    Mark::Khtml,
    Mark::Engine,
    Mark::Trident,
    Mark::Msie,
    Mark::Opera,
    Mark::Browser,
    Mark::Chrome,
    Mark::Safari,
    Mark::Firefox,
    Mark::Edge,
]);

/// What only applications send.
pub const KITS: Marks = Marks::of(&[Mark::AppleKit, Mark::Kit, Mark::Webview]);

impl Evidence {
    /// Reads the first 512 bytes of a user agent.
    pub fn of(agent: &str, trace: Option<&mut Trace>) -> Self {
        let bytes = agent.as_bytes();
        reader::read(bytes.get(..MAX_BYTES).unwrap_or(bytes), trace)
    }

    /// Whether a browser's engine or product is claimed.
    pub const fn engine(&self) -> bool {
        self.marks.any(ENGINES)
    }

    /// The entry of the catalogue behind a class.
    pub fn entry_of(&self, class: AgentClass) -> Option<&'static Entry> {
        let named =
            [self.automation, self.app].into_iter().flatten().find(|named| named.entry.class == class)?;
        Some(named.entry)
    }

    /// Whether a browser is claimed.
    pub const fn has_browser(&self) -> bool {
        self.family.is_some()
    }

    /// The browser claimed.
    pub fn browser(&self) -> Option<Browser> {
        let word = self.family?;
        let name = word.browser.get();
        let major = match name {
            "Safari" | "Opera" if self.version > 0 => self.version,
            _ => self.family_major,
        };
        Some(Browser { name, major })
    }
}

impl Evidence {
    /// Takes note of a name that is the whole user agent, against which parts do not count.
    pub fn only(&mut self, named: Named) {
        (self.automation, self.app) = (None, None);
        self.name(named);
    }

    /// Takes note of a name of the catalogue.
    pub fn name(&mut self, named: Named) {
        let slot = if named.entry.class == AgentClass::App { &mut self.app } else { &mut self.automation };
        // Of names that contain each other the longer one is meant: `git` in `git-annex`.
        let better = slot.is_none_or(|held| {
            named.span.covers(held.span)
                || !held.span.covers(named.span)
                    && (weight(named.entry.class), named.span.length())
                        > (weight(held.entry.class), held.span.length())
        });
        if better {
            *slot = Some(named);
        }
    }

    /// Takes note of a keyword.
    pub fn keyword(&mut self, hinted: Hinted) {
        let telling = match hinted.keyword.class {
            KeywordClass::Agent(class @ (AgentClass::AiBot | AgentClass::SearchCrawler)) => Some(class),
            KeywordClass::Agent(class @ AgentClass::AttackTool)
                if hinted.keyword.strength > Strength::Hint =>
            {
                Some(class)
            }
            _ => None,
        };
        if telling.is_some_and(|class| self.theme.is_none_or(|held| weight(class) > weight(held))) {
            self.theme = telling;
        }
        // A phone's name says more than that it has a browser.
        let rank = |hinted: Hinted| {
            let keyword = hinted.keyword;
            (keyword.class != KeywordClass::Browser, keyword.strength, keyword.length)
        };
        let human = !matches!(hinted.keyword.class, KeywordClass::Agent(_));
        let slot = if human { &mut self.human } else { &mut self.keyword };
        if slot.is_none_or(|held| rank(hinted) > rank(held)) {
            *slot = Some(hinted);
        }
    }

    /// Takes note of a word of the vocabulary.
    pub fn word(&mut self, word: &'static Word, span: Span, bytes: &[u8], comment: bool, model: &mut bool) {
        let number = || number_after(bytes, span.end());
        match word.mark {
            Mark::Mozilla if span.start() <= 1 && bytes.get(span.end()) == Some(&b'/') => {
                self.mozilla_first = true;
                self.mozilla = number().0;
                self.unspaced = bytes.iter().position(|byte| *byte == b'(').is_some_and(|at| {
                    at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(u8::is_ascii_digit)
                });
            }
            Mark::Mozilla => {
                self.joined |= bytes.get(..span.start()).is_some_and(|before| before.ends_with(b", "))
            }
            Mark::Version => self.version = number().0,
            Mark::Webkit => {
                self.webkit = number().0;
                let rest = bytes.get(span.end() + 1..).unwrap_or_default();
                self.webkit_plus =
                    rest.iter().find(|byte| !matches!(byte, b'0'..=b'9' | b'.')) == Some(&b'+');
            }
            Mark::Safari => {
                (self.safari, self.safari_minor) = number();
                self.safari_last = bytes.get(span.end() + 1..).is_none_or(reader::is_version);
            }
            Mark::Chrome => self.chrome = number().0,
            Mark::Msie => self.msie = number().0,
            Mark::Firefox => (self.firefox, self.firefox_minor) = number(),
            Mark::Mac => self.mac = self.mac.max(number_behind(bytes, span.end())),
            Mark::Gecko => {
                self.gecko = number().0;
                let behind = bytes.get(span.end()..).unwrap_or_default();
                self.behind_gecko |= comment
                    && self.marks.has(Mark::Khtml)
                    && (behind.starts_with(b";")
                        || behind.starts_with(b",") && !behind.starts_with(b", Safari"));
            }
            Mark::Compatible => {
                self.unspaced |=
                    bytes.get(span.end()) == Some(&b';') && bytes.get(span.end() + 1) != Some(&b' ');
                self.compatible_late |= self.engine() && bytes.get(span.end()) == Some(&b';');
                *model = false;
            }
            Mark::Android if comment => *model = true,
            Mark::Url => {
                *model = false;
                self.plus_contact |= span.start().checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'+');
            }
            _ => {}
        }
        self.marks.insert(word.mark);
        if span.start() == 0 && matches!(word.mark, Mark::Opera | Mark::Browser) {
            let rest = bytes.get(span.end()..).unwrap_or_default();
            self.browser_first |= matches!(rest, [b'/' | b' ', b'0'..=b'9', ..] | [b' ', b'(', ..]);
        }
        self.unversioned |= matches!(word.mark, Mark::Firefox | Mark::Chrome)
            && matches!(bytes.get(span.end()..), Some([b'/', byte, ..]) if byte.is_ascii_alphabetic());
        if !word.browser.is_empty() && self.family.is_none_or(|held| held.base || !word.base) {
            let major = number().0;
            // A base family does not displace another base family, except that what is not Safari is not Safari.
            if self.family.is_none_or(|held| !word.base || held.mark == Mark::Safari) {
                self.family = Some(word);
                self.family_major = major;
            }
        }
        if let Some(platform) = word.platform
            && self.platform.is_none_or(|held| rank(platform) > rank(held))
        {
            self.platform = Some(platform);
        }
    }
}

/// Which class a user agent with several names is: the least harmless one, and what a library fetches for.
const fn weight(class: AgentClass) -> u8 {
    match class {
        AgentClass::AttackTool => 6,
        AgentClass::Headless => 5,
        AgentClass::AiBot => 4,
        AgentClass::SearchCrawler => 3,
        AgentClass::Bot => 2,
        AgentClass::Library => 1,
        _ => 0,
    }
}

/// Systems claim to be like others: `Windows Phone … Android`, `iPhone … like Mac OS X`, `Linux; Android`.
const fn rank(platform: Platform) -> u8 {
    match platform {
        Platform::WindowsPhone => 7,
        Platform::Other => 6,
        Platform::Android => 5,
        Platform::Ios => 4,
        Platform::Windows => 3,
        Platform::MacOs => 2,
        Platform::Linux => 1,
    }
}

/// Major and minor number behind a name: `/17.3`, ` 9.0`, `8.3`, `:60.0`.
fn number_after(bytes: &[u8], end: usize) -> (u32, u32) {
    let rest = bytes.get(end..).unwrap_or_default();
    let rest = match rest {
        [b'/' | b' ' | b':', b'v' | b'V', rest @ ..] | [b'/' | b' ' | b':', rest @ ..] => rest,
        rest => rest,
    };
    let (major, rest) = number(rest);
    match rest {
        [b'.', rest @ ..] => (major, number(rest).0),
        _ => (major, 0),
    }
}

/// Number behind `Mac OS X 10` or `Mac OS X 10_15`: up to one word stands between.
fn number_behind(bytes: &[u8], end: usize) -> u32 {
    match bytes.get(end..) {
        Some([b' ', b'X' | b'x', b' ', rest @ ..] | [b' ', rest @ ..]) => number(rest).0,
        _ => 0,
    }
}

/// Leading decimal number, eight digits at most.
fn number(bytes: &[u8]) -> (u32, &[u8]) {
    let digits = bytes.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
    let (head, rest) = bytes.split_at_checked(digits).unwrap_or_default();
    (head.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')), rest)
}
