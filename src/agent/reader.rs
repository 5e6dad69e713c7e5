//! One pass over a user agent: every segment is looked up, chained with its neighbours, and, where nothing knows it,
//! searched for keywords. What browsers write to the letter is read at once.

mod place;

use super::AgentClass;
use super::evidence::{Evidence, Hinted, Named, Seen, Span};
use super::hash;
use super::input::{Input, Run};
use super::table::{self, Anchor, At, Keyword, Mark, Marks, Meaning, Parts, Strength, Word};
use super::token::{self, Map};

/// What the pass saw, for the explanation.
pub type Trace = Vec<(Span, Seen)>;

/// The word of the vocabulary that headless builds put their own in front of.
const CHROME: u64 = hash::short(u64::from_le_bytes(*b"chrome\0\0"), 0);

/// The last of a browser's own tokens.
const TAIL: Marks = Marks::of(&[Mark::Safari, Mark::Firefox]);

/// What devices are called as well.
const NAMESAKES: Marks = Marks::of(&[Mark::Browser, Mark::Opera, Mark::Edge]);

/// Words only in some places.
const PLACED: Marks = Marks::of(&[Mark::Domain, Mark::Url, Mark::Call, Mark::Kit, Mark::Model]);

/// Words of which more matters than that they are there: what stands around them, or that phrases begin with them.
const SPECIAL: Marks = Marks::of(&[
    Mark::Mozilla,
    Mark::Webkit,
    Mark::Like,
    Mark::Windows,
    Mark::Mac,
    Mark::Compatible,
    Mark::Android,
    Mark::Phone,
    Mark::Url,
]);

/// Names of several segments that may have begun.
#[derive(Debug, Clone, Copy, Default)]
struct Begun {
    /// With the segment before.
    near: Option<Part>,
    /// With the two before.
    far: Option<Part>,
    /// Where the segment before ends.
    end: usize,
    /// One of them may go on with a number.
    numbered: bool,
}

/// A beginning of a name.
#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    hash: u64,
}

impl Begun {
    /// What a segment may begin.
    #[inline]
    fn of(run: Run, hash: u64, parts: Parts) -> Self {
        let near = parts.begins().then_some(Part { start: run.start, hash });
        Self { near, far: None, end: run.end, numbered: parts.is_numbered() }
    }

    #[inline]
    fn is_open(&self) -> bool {
        self.near.is_some() || self.far.is_some()
    }
}

/// What the pass remembers between segments.
struct Reader<'r> {
    input: &'r Input,
    map: &'r Map,
    found: &'r mut Evidence,
    trace: Option<&'r mut Trace>,
    /// Names that have begun.
    begun: Begun,
    /// Where a phrase ends that was read at once.
    read: usize,
    /// Between `Android …;` and the end of the comment stand names of devices, which may say anything.
    model: bool,
    /// Inside an address, whose words name pages.
    address: bool,
    /// Letters that may still be searched for keywords.
    letters: usize,
    /// Domains that may still be read.
    domains: usize,
}

/// Letters that are searched for keywords, of all words that nothing knows. Names stand in front, and no name has so many.
const LETTERS: usize = 64;

/// Domains that are read. Who names several names the first or the second.
const DOMAINS: usize = 4;

/// Reads a user agent. Large, and wanted once in the module.
#[inline(never)]
pub fn read(agent: &str, trace: Option<&mut Trace>, found: &mut Evidence) {
    let mut map = Map::EMPTY;
    map.take(agent.as_bytes());
    let map = &map;
    let input = &map.input;
    found.odd = map.odd;
    let first = map.run(0);
    found.first = first.map(Span::of);
    let mut reader = Reader {
        input,
        map,
        found,
        trace,
        begun: Begun::default(),
        read: 0,
        model: false,
        address: false,
        letters: LETTERS,
        domains: DOMAINS,
    };
    // Other numbers mean something only behind a word that a longer name begins with.
    if let Some(first) = first.filter(|run| run.start == 0 && map.is_number(*run)) {
        let hash = input.hash(first);
        reader.begun = Begun::of(first, hash, Parts::of(hash));
        reader.numbers();
    }
    map.each(|run, comment| {
        reader.segment(run, comment);
        reader.read
    });
    reader.found.count(input, map);
    // What no Chromium says (`Wayland`) is said by others.
    if reader.found.chrome == 0 {
        reader.found.marks = reader.found.marks.without(Marks::of(&[Mark::Impossible]));
    }
    if let Some(entry) = table::whole(input) {
        let span = Span::new(0, input.length());
        reader.trace(span, Seen::Name(entry));
        reader.found.only(Named { entry, span, first: true });
    }
}

impl Reader<'_> {
    #[inline]
    fn segment(&mut self, run: Run, comment: bool) {
        let hash = self.input.hash(run);
        let parts = Parts::of(hash);
        self.model &= comment;
        self.contact(run);
        let mut known = match table::find(hash) {
            Some((Meaning::Word(word), Anchor::ANYWHERE)) if !PLACED.has(word.mark) => {
                self.word(word, run);
                true
            }
            Some((meaning, anchor)) => self.note(meaning, anchor, run),
            None => false,
        };
        let stem = if known { run } else { self.input.stem(run) };
        known = known || stem.end < run.end && self.hit(self.input.hash(stem), stem);
        if parts.continues() && self.begun.is_open() && self.map.joins(self.begun.end, run.start) {
            known |= self.chain(run, hash, parts);
        } else {
            self.begun = Begun::of(run, hash, parts);
        }
        if !known {
            self.unknown(run, stem, comment);
        }
        if self.begun.numbered {
            self.numbers();
        }
    }

    /// Reads what browsers write behind a word to the letter, if it stands there: the words are those that reading it
    /// word by word would find.
    fn phrase(&mut self, at: usize) {
        let Some(phrase) = table::phrase(self.input, at) else { return };
        for part in phrase.parts {
            let run = Run { start: at + usize::from(part.start), end: at + usize::from(part.end) };
            let comment = self.map.in_comment(run.end);
            self.address = false;
            self.model &= comment;
            match part.word {
                0 => self.strange(run, comment),
                word => self.word(table::word(word), run),
            }
        }
        self.read = at + usize::from(phrase.length);
    }

    /// Takes numbers behind a segment for the next of a name that has begun: versions are numbers too, but few names go
    /// on with one.
    #[cold]
    fn numbers(&mut self) {
        while self.begun.numbered
            && let Some(number) = self.map.number_behind(self.begun.end)
        {
            let hash = self.input.hash(number);
            self.chain(number, hash, Parts::of(hash));
        }
    }

    /// Looks a segment up as the next of the names that have begun before it. Tells whether anything knows it.
    fn chain(&mut self, run: Run, hash: u64, parts: Parts) -> bool {
        let before = std::mem::replace(&mut self.begun, Begun::of(run, hash, parts));
        let mut known = false;
        if let Some(near) = before.near {
            let pair = Part { start: near.start, hash: hash::chain(near.hash, hash) };
            known |= self.hit(pair.hash, Run { start: pair.start, end: run.end });
            let parts = Parts::of(pair.hash);
            self.begun.far = parts.begins().then_some(pair);
            self.begun.numbered |= parts.is_numbered();
        }
        if let Some(far) = before.far {
            known |= self.hit(hash::chain(far.hash, hash), Run { start: far.start, end: run.end });
        }
        known
    }

    /// Takes note of whether a segment stands in an address or behind the marks of one, which crawlers give and browsers do
    /// not.
    #[inline]
    fn contact(&mut self, run: Run) {
        let before = self.map.before(run.start);
        self.address &= before & token::BREAK == 0;
        if before & token::CONTACT != 0 {
            self.address = self.input.byte(run.start - 1) == b'@';
            if self.address {
                self.found.mail |= self.found.first != Some(Span::of(run));
            } else {
                self.found.plus_contact |= self.input.byte(run.end) == b'.';
            }
        }
        if self.input.byte(run.end) == b':' && self.input.from(run.end).starts_with(b"://") {
            self.address = true;
            self.found.address_first |= run.start <= 1;
            // Its words name pages; the host's name tells who it is only where nothing else does.
            if self.found.automation.is_some() {
                self.read = self.map.address_end(run.end) + 1;
            }
        }
    }

    /// Looks segments up that stand together, or a part of one.
    #[inline]
    fn hit(&mut self, hash: u64, run: Run) -> bool {
        table::find(hash).is_some_and(|(meaning, anchor)| self.note(meaning, anchor, run))
    }

    #[inline]
    fn word(&mut self, word: &'static Word, run: Run) {
        if self.address {
            self.found.own_site |= word.mark == Mark::Browser;
        }
        // Devices are called as browsers are, and their builds: `VIA-T7`, `Build/OPR1.170623.026`.
        let device = self.model && self.found.mozilla_first && NAMESAKES.has(word.mark);
        self.found.word(word, run, self.input, device);
        self.trace(Span::of(run), Seen::Word(word));
        if SPECIAL.has(word.mark) {
            self.special(word.mark, run);
        }
    }

    fn special(&mut self, mark: Mark, run: Run) {
        match mark {
            Mark::Webkit | Mark::Like => return self.phrase(run.end),
            Mark::Mozilla => self.phrase(run.end),
            Mark::Compatible | Mark::Url => self.model = false,
            Mark::Android => self.model |= self.map.in_comment(run.end - 1),
            _ => {}
        }
        self.found.around(mark, run, self.input, self.map);
    }

    fn note(&mut self, meaning: Meaning, anchor: Anchor, run: Run) -> bool {
        let Run { start, end } = run;
        let first = self.found.first.is_some_and(|first| first.start() == start);
        let named = matches!(meaning, Meaning::Entry(_));
        if anchor != Anchor::ANYWHERE || self.model && named {
            let item = is_item(self.input, run);
            let rest = self.input.from(end);
            let alone = first && is_version(rest);
            if self.model && named && !item || !anchor.holds(first, item, rest.starts_with(b"/"), alone) {
                return false;
            }
        }
        let span = Span::of(run);
        match meaning {
            // The end of a domain is no word of the vocabulary where it does not end one: `de`, `it`, `me`.
            Meaning::Word(word) if word.mark == Mark::Domain => {
                self.domain(run);
                return false;
            }
            // `http:` and `www.` begin an address; alone they are words, and `HTTP::Tiny` is a module of Perl.
            Meaning::Word(word)
                if word.mark == Mark::Url
                    && !matches!(self.input.from(end), [b':', b'/' | b' ', ..] | [b'.', ..]) =>
            {
                return false;
            }
            // The processor of a Mac is called as Pocket PCs were: `Macintosh; U; PPC;`.
            Meaning::Word(word) if word.mark == Mark::Phone && self.found.marks.has(Mark::Mac) => {}
            Meaning::Word(word) if first && word.mark == Mark::Kit && self.is_prefix(end) => return false,
            Meaning::Word(word) if word.mark == Mark::Call && self.input.byte(end) != b'(' => return false,
            Meaning::Word(word) if word.mark == Mark::Model && !self.model => return false,
            Meaning::Word(word) => self.word(word, run),
            Meaning::Entry(entry) if first && entry.class == AgentClass::App && self.is_prefix(end) => {
                return false;
            }
            // Who writes what it is like has said who it is: `Examplefeed/1.0 (like FeedFetcher-Google)`.
            Meaning::Entry(entry)
                if self.found.automation.is_some_and(|named| named.span.end() <= start)
                    && self.input.upto(start).ends_with(b"like ")
                    && entry.class != AgentClass::AttackTool => {}
            Meaning::Entry(entry) => {
                self.found.name(Named { entry, span, first });
                // `HeadlessChrome/140` is Chrome 140 without a window: its hints say so, and so does its version.
                if entry.class == AgentClass::Headless
                    && self.input.run(run).ends_with(b"Chrome")
                    && let Some((Meaning::Word(chrome), _)) = table::find(CHROME)
                {
                    self.found.word(chrome, run, self.input, false);
                }
                self.trace(span, Seen::Name(entry));
            }
            // The word stays an unknown one, that tells something.
            Meaning::Keyword(keyword) => {
                if self.input.byte(start.wrapping_sub(1)) == b'.' && is_ai(self.input.run(run)) {
                    self.domain(run);
                } else if !self.model && !self.address {
                    self.keyword(keyword, span, true);
                }
                return false;
            }
        }
        true
    }

    /// Takes note of a word that nothing knows.
    fn strange(&mut self, run: Run, comment: bool) {
        let span = Span::of(run);
        if self.input.byte(run.end) == b'/' && !comment && self.input.byte(run.start.wrapping_sub(1)) != b'/'
        {
            self.found.stranger = Some(span);
            self.trace(span, Seen::Stranger);
        }
        self.found.unknown.get_or_insert(span);
        self.place(run, comment);
    }

    fn unknown(&mut self, run: Run, stem: Run, comment: bool) {
        if self.address {
            return;
        }
        self.strange(run, comment);
        let span = Span::of(run);
        if run.length() < hash::GRAM {
            return;
        }
        let (input, model) = (self.input, self.model);
        // Words are joined by a capital letter: `HeadOnlyScraperV2`.
        let parts = |at: usize| {
            at > run.start
                && at < run.end
                && input.byte(at - 1).is_ascii_lowercase()
                && input.byte(at).is_ascii_uppercase()
        };
        let fits = |keyword: &Keyword, place: Run| {
            let from_start = || place.start == run.start || parts(place.start);
            let to_end = || place.end == run.end || place.end == stem.end || parts(place.end);
            // A phone may be called anything but these, and `Spider`.
            let is_firm = keyword.at == At::Any && keyword.strength == Strength::Firm;
            let is_allowed = !model || is_firm && place.length() < stem.length();
            is_allowed
                && match keyword.at {
                    At::Any => true,
                    At::Start => from_start(),
                    At::End => to_end(),
                    At::Whole => from_start() && to_end(),
                }
        };
        // Names of what runs on a model end so: `ExampleAI`. A word that shouts, `SAMURAI`, is only a word.
        if input.run(run).ends_with(b"AI") && parts(run.end - 2) && !model {
            self.found.theme.get_or_insert(AgentClass::AiBot);
        }
        let mut held = (run.start, Strength::Hint);
        let searched = Run { end: run.end.min(run.start + self.letters), ..run };
        self.letters -= searched.length();
        table::keywords(input, searched, fits, |keyword, end| {
            // A keyword inside a longer one means nothing of its own: the search in `research`.
            if end > held.0 || keyword.strength > held.1 {
                held = (end, keyword.strength);
                // Behind `Crawl`, `Crawler` or `Crawlers`.
                let rest = input.upto(run.end).get(end..).unwrap_or_default();
                let rest = rest.strip_prefix(b"er").unwrap_or(rest);
                let rest = rest.strip_prefix(b"s").unwrap_or(rest);
                let goes_on = matches!(rest, [b'A'..=b'Z', b'a'..=b'z', ..]);
                self.keyword(keyword, span, !goes_on);
            }
        });
    }

    fn keyword(&mut self, keyword: &'static Keyword, span: Span, head: bool) {
        self.found.keyword(Hinted { keyword, span, head });
        self.trace(span, Seen::Keyword(keyword));
    }

    #[inline]
    fn trace(&mut self, span: Span, seen: Seen) {
        if let Some(trace) = self.trace.as_deref_mut() {
            trace.push((span, seen));
        }
    }
}

/// Both a keyword and the end of domains.
const fn is_ai(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"ai")
}

/// Whether a stretch of a comment is a whole item, `; Name)` or `; Name/1.0;`, not part of a device's name.
fn is_item(input: &Input, run: Run) -> bool {
    let before = input.upto(run.start).trim_ascii_end().last();
    matches!(before, Some(b';' | b'(')) && matches!(input.byte(run.end), b';' | b')' | b'/')
}

/// Nothing, or a version. Some leave a part of it open, `3.x`.
pub fn is_version(rest: &[u8]) -> bool {
    let part = |byte: &u8| matches!(byte, b'/' | b'.' | b' ' | b'-' | b'v' | b'x' | b'_');
    rest.iter().all(|byte| byte.is_ascii_digit() || part(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words are the same in either case, and phrases are not.
    #[test]
    fn phrases_read_as_their_words() {
        for text in [
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5",
            "Mozilla/5.0 (compatible; Examplebot/1.0; +https://example.org/)",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0",
            "x@Mozilla/5.0 (Linux; a.AppleWebKit/537.36 (KHTML, like Gecko) (Android; like Mac OS X) AppleWebKit",
        ] {
            let lower: String =
                text.split_inclusive(' ')
                    .map(|part| {
                        if part.starts_with("Mozilla") { part.to_owned() } else { part.to_ascii_lowercase() }
                    })
                    .collect();
            let read = |text: &str| {
                let (mut trace, mut found) = (Vec::new(), Evidence::default());
                super::read(text, Some(&mut trace), &mut found);
                (format!("{found:?}"), format!("{trace:?}"))
            };
            assert_ne!(text, lower);
            assert_eq!(read(text), read(&lower), "{text}");
        }
    }
}
