//! What one pass over a user agent finds: names of the catalogue, words of the vocabulary, keywords in words that
//! neither knows, and the shape of what remains.

use super::claims::Claims;
use super::device::Form;
use super::hash;
use super::input::{Input, Run};
use super::reader::{self, Trace};
use super::table::{self, Entry, Keyword, KeywordClass, Mark, Marks, Meaning, Strength, System, Word};
use super::token::Map;
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

    pub const fn of(run: Run) -> Self {
        Self::new(run.start, run.end)
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
    /// The word is one for that: in a compound the last part is meant, and a `SpiderGame` is a game.
    pub head: bool,
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
    /// There is a byte that no genuine user agent has.
    pub odd: bool,
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
    /// Last word that nothing knows before the browser's own tokens, outside comments.
    pub before: Option<Span>,
    /// It stands right before `Safari`, without a version.
    pub unversioned_before: bool,
    /// An item of the comment that names the system, which says something else.
    pub item: Option<Span>,
    /// A word that nothing knows in a comment right behind the browser's own tokens.
    pub remark: Option<Span>,
    /// One that a mark parts from the browser's own tokens: `Safari/537.36, Name`, `Safari/537.36 [Name]`.
    pub parted: Option<Span>,
    /// Major and minor number behind `Windows NT`.
    pub windows: (u32, u32),
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
    /// A phone's name stands where crawlers have theirs: what fetches for its owner, because it can not show pages itself.
    pub gateway: bool,
    /// A contact address behind a plus sign, as crawlers write it: `+http://…`, `+example.org`.
    pub plus_contact: bool,
    /// Something stands behind `like Gecko` in its comment, where browsers have nothing.
    pub behind_gecko: bool,
    /// A browser's version is a word, or cut off: a template that nobody filled in.
    pub unversioned: bool,
    /// No blank between `Mozilla/4.0` and its comment.
    pub unspaced: bool,
    /// Numbers in `Mozilla/5.0`, `Version/17`, `Safari/537.36`, `Mac OS X 10` and so on, 0 if not stated.
    pub mozilla: u32,
    pub version: u32,
    pub safari: u32,
    pub safari_minor: u32,
    /// Nothing stands behind `Safari/…` of iOS.
    pub safari_last: bool,
    pub webkit: u32,
    /// A plus follows WebKit's number, and no browser is named.
    pub webkit_plus: bool,
    pub chrome: u32,
    pub firefox: u32,
    pub firefox_minor: u32,
    pub gecko: u32,
    pub rv: u32,
    pub msie: u32,
    pub mac: u32,
    pub platform: Option<Platform>,
    system: System,
    form: Form,
    family: Option<&'static Word>,
    family_major: u32,
    family_end: u16,
    /// Where words end behind which a number stands that is kept, by [`Mark`]: of each the last, 0 if there is none. The
    /// numbers are read when all words are known.
    ends: [u16; Mark::None as usize + 1],
}

pub const ENGINES: Marks = Marks::of(&[
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

/// Words behind which a number stands that is kept.
const NUMBERED: Marks = Marks::of(&[
    Mark::Version,
    Mark::Webkit,
    Mark::Safari,
    Mark::Chrome,
    Mark::Firefox,
    Mark::Gecko,
    Mark::Msie,
    Mark::Trident,
    Mark::Rv,
]);

/// What only applications send.
pub const KITS: Marks = Marks::of(&[Mark::AppleKit, Mark::Kit, Mark::Webview]);

impl Evidence {
    /// Reads the first 512 bytes of a user agent.
    #[inline]
    pub fn of(agent: &str, trace: Option<&mut Trace>) -> Self {
        let mut found = Self::default();
        reader::read(agent, trace, &mut found);
        found
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

    /// What headers are held against.
    pub fn claims(&self) -> Claims {
        Claims {
            marks: self.marks,
            platform: self.platform,
            device_kind: self.form.kind(self.system, self.marks),
            browser: self.browser(),
            version: self.version,
            chrome: self.chrome,
            firefox: self.firefox,
            headless: self.automation.is_some_and(|named| named.entry.class == AgentClass::Headless),
        }
    }

    /// Whether a browser is claimed.
    pub const fn has_browser(&self) -> bool {
        self.family.is_some()
    }

    /// The browser claimed.
    fn browser(&self) -> Option<Browser> {
        let family = self.family?;
        // Samsung's first versions name themselves by `Version/1.5` alone; Chrome's WebView is 4.0.
        let is_samsung = family.mark == Mark::Chrome
            && (1..=2).contains(&self.version)
            && self.platform == Some(Platform::Android);
        // Its name is that of the catalogue, where packed answers point to it.
        if is_samsung && let Some((Meaning::Word(samsung), _)) = table::find(SAMSUNG) {
            return Some(Browser { name: samsung.browser.get(), major: self.version });
        }
        Some(Browser { name: family.browser.get(), major: self.family_major })
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
            (keyword.class != KeywordClass::Browser, keyword.strength, hinted.head, keyword.length)
        };
        let human = !matches!(hinted.keyword.class, KeywordClass::Agent(_));
        let slot = if human { &mut self.human } else { &mut self.keyword };
        if slot.is_none_or(|held| rank(hinted) > rank(held)) {
            *slot = Some(hinted);
        }
    }

    /// Takes note of a word of the vocabulary; of one in a device's name, what it tells of the device.
    #[inline]
    pub fn word(&mut self, word: &'static Word, run: Run, input: &Input, device: bool) {
        let Run { start, end } = run;
        let mark = word.mark;
        self.system = self.system.max(word.system);
        self.form = self.form.max(word.form);
        if device {
            return;
        }
        self.marks.insert(mark);
        if let Some(slot) = self.ends.get_mut((mark as usize).min(Mark::None as usize)) {
            *slot = end as u16;
        }
        if start == 0 && (mark == Mark::Opera || mark == Mark::Browser) && !word.behind {
            self.browser_first |= matches!(
                input.from(end),
                [b'/' | b' ', b'0'..=b'9', ..] | [b'0'..=b'9', ..] | [b' ', b'(', ..]
            );
        }
        // Of two browsers the one that the other claims to be gives way. A base family does not displace another base
        // family, except that what is not Safari is not Safari.
        // What follows its own name says how it is built: `Silk/3.16 … Silk-Accelerated=true`, `Opera/9.80 (…; Opera Mobi/…`.
        let gives_way = |held: &Word| {
            (!word.base || held.base && held.mark == Mark::Safari)
                && (held.browser != word.browser || is_numbered(input, end))
        };
        if !word.browser.is_empty() && self.family.is_none_or(gives_way) {
            self.family = Some(word);
            self.family_end = end as u16;
        }
    }

    /// Takes note of what stands around some words.
    pub fn around(&mut self, mark: Mark, run: Run, input: &Input, map: &Map) {
        let Run { start, end } = run;
        match mark {
            Mark::Mozilla if start <= 1 && input.byte(end) == b'/' => {
                self.mozilla_first = true;
                self.mozilla = number_after(input, end).0;
                self.unspaced = map.opens.is_some_and(|at| input.byte(at.wrapping_sub(1)).is_ascii_digit());
            }
            // Nothing parts them where the second stands behind all that the first says.
            Mark::Mozilla => {
                self.joined |= input.upto(start).ends_with(b", ")
                    || self.marks.has(Mark::Safari) && self.marks.has(Mark::Chrome) && !map.in_comment(start)
            }
            Mark::Windows if matches!(input.from(end), [b' ', b'N' | b'n', b'T' | b't', b' ', ..]) => {
                self.windows = numbers_after(input, end + 3)
            }
            Mark::Mac => {
                self.mac = self.mac.max(number_behind(input, end));
                // Apple's daemons put the system first: `Mac OS X/14.5 (23F79) CalendarAgent/1021`.
                let [first, second, third] = [0, 1, 2].map(|at| input.byte(end + at));
                let is_product = first == b'/' || (first, second, third) == (b' ', b'X', b'/');
                // Or in brackets behind themselves: `server-bag [macOS,14.5,23F79,Mac15,3]`.
                let is_bracketed = first == b',' && input.byte(start.wrapping_sub(1)) == b'[';
                if start == 0 && is_product || is_bracketed {
                    self.marks.insert(Mark::AppleKit);
                }
            }
            Mark::Compatible if input.byte(end) == b';' => {
                self.unspaced |= input.byte(end + 1) != b' ';
                self.compatible_late |= self.engine();
            }
            Mark::Phone => self.gateway |= input.upto(start).ends_with(b"compatible; "),
            Mark::Url => self.plus_contact |= input.byte(start.wrapping_sub(1)) == b'+',
            _ => {}
        }
    }

    /// Reads what the words come to, when all are known: the system, and the numbers behind them.
    #[inline]
    pub fn count(&mut self, input: &Input, map: &Map) {
        self.platform = self.system.platform();
        // Most of what is no browser says none of them.
        if self.family.is_none() && !self.marks.any(NUMBERED) {
            return;
        }
        let [version, webkit, safari, chrome, firefox, gecko, msie, trident, rv, _] = self.ends;
        for (end, number) in [
            (version, &mut self.version),
            (webkit, &mut self.webkit),
            (chrome, &mut self.chrome),
            (msie, &mut self.msie),
            (gecko, &mut self.gecko),
            (rv, &mut self.rv),
        ] {
            if end > 0 {
                *number = number_after(input, end.into()).0;
            }
        }
        self.family_major = match self.family.map(|word| word.mark) {
            Some(Mark::Chrome) if self.family_end == chrome => self.chrome,
            // `Safari/` carries WebKit's build.
            Some(Mark::Safari) => self.version,
            // Presto's Opera says 9.80 for every version since 10; Blink's says `Version/4.0` in every WebView.
            Some(Mark::Opera)
                if self.version > 0
                    && (input.from(0).starts_with(b"Opera/")
                        || number_after(input, self.family_end.into()).0 == PRESTO) =>
            {
                self.version
            }
            // Compatibility view says `MSIE 7.0` of every version since 8, and 11 does not say `MSIE` at all. It is the last,
            // and Windows 10 has Trident 8 in it.
            Some(Mark::Trident | Mark::Msie) if rv > 0 && trident > 0 => self.rv,
            Some(Mark::Trident | Mark::Msie) if trident > 0 => {
                (number_after(input, trident.into()).0 + 4).min(11)
            }
            _ => number_after(input, self.family_end.into()).0,
        };
        if webkit > 0 && self.family.is_none() {
            let rest = input.from(usize::from(webkit) + 1);
            self.webkit_plus = rest.iter().find(|byte| !matches!(byte, b'0'..=b'9' | b'.')) == Some(&b'+');
        }
        let words = |end: u16| {
            let end = usize::from(end);
            let next = input.byte(end + 1);
            end > 0 && input.byte(end) == b'/' && !next.is_ascii_digit() && next != b' '
        };
        self.unversioned = words(chrome) || words(firefox);
        let behind = usize::from(gecko);
        self.behind_gecko = gecko > 0
            && (input.byte(behind) == b';'
                || input.byte(behind) == b',' && !input.from(behind).starts_with(b", Safari"))
            && self.marks.has(Mark::Khtml)
            && map.in_comment(behind - 1);
        if firefox > 0 {
            (self.firefox, self.firefox_minor) = numbers_after(input, firefox.into());
        }
        if safari > 0 {
            self.unversioned_before =
                self.before.is_some_and(|word| word.end() + " Safari".len() == usize::from(safari));
            (self.safari, self.safari_minor) = numbers_after(input, safari.into());
            self.safari_last = self.platform == Some(Platform::Ios)
                && reader::is_version(input.from(usize::from(safari) + 1));
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

const SAMSUNG: u64 = hash::short(u64::from_le_bytes(*b"samsungb"), u64::from_le_bytes(*b"rowser\0\0"));

/// What Presto's Opera says for every version since 10.
const PRESTO: u32 = 9;

/// Whether a number stands behind a name.
fn is_numbered(input: &Input, end: usize) -> bool {
    let (_, stop) = number_after(input, end);
    stop > end && input.byte(stop - 1).is_ascii_digit()
}

/// Major number behind a name, and where it ends: `/17.3`, ` 9.0`, `8.3`, `:60.0`, `_34.0`.
#[inline]
fn number_after(input: &Input, end: usize) -> (u32, usize) {
    let is_separated = matches!(input.byte(end), b'/' | b' ' | b':' | b'_');
    let is_marked = is_separated && matches!(input.byte(end + 1), b'v' | b'V');
    let start = end + usize::from(is_separated) + usize::from(is_marked);
    let (major, digits) = input.number(start);
    (major, start + digits)
}

/// Major and minor number behind a name.
fn numbers_after(input: &Input, end: usize) -> (u32, u32) {
    let (major, point) = number_after(input, end);
    (major, if input.byte(point) == b'.' { input.number(point + 1).0 } else { 0 })
}

/// Number behind `Mac OS X 10` or `Mac OS X 10_15`: up to one word stands between.
fn number_behind(input: &Input, end: usize) -> u32 {
    match input.from(end) {
        [b' ', b'X' | b'x', b' ', ..] => input.number(end + 3).0,
        [b' ', ..] => input.number(end + 1).0,
        _ => 0,
    }
}
