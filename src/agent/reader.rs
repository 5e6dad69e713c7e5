//! One pass over a user agent: every segment is looked up, chained with its neighbours, and, where nothing knows it,
//! searched for keywords.

use super::AgentClass;
use super::evidence::{Evidence, Hinted, Named, Seen, Span};
use super::hash;
use super::input::{Input, Run};
use super::table::{self, Anchor, At, Keyword, Mark, Marks, Meaning, Strength, Word};
use super::token::{self, Map};

/// What the pass saw, for the explanation.
pub type Trace = Vec<(Span, Seen)>;

/// The word of the vocabulary that headless builds put their own in front of.
const CHROME: u64 = hash::short(u64::from_le_bytes(*b"chrome\0\0"), 0);

/// The last of a browser's own tokens.
const TAIL: Marks = Marks::of(&[Mark::Safari, Mark::Firefox]);

/// Words only in some places.
const PLACED: Marks = Marks::of(&[Mark::Domain, Mark::Url]);

/// Names of several segments that may have begun.
#[derive(Debug, Clone, Copy, Default)]
struct Begun {
    /// With the segment before.
    near: Option<Part>,
    /// With the two before.
    far: Option<Part>,
    /// Where the segment before ends.
    end: usize,
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
    fn of(run: Run, hash: u64) -> Self {
        let near = table::begins(hash).then_some(Part { start: run.start, hash });
        Self { near, far: None, end: run.end }
    }

    #[inline]
    fn is_open(&self) -> bool {
        self.near.is_some() || self.far.is_some()
    }
}

/// What the pass remembers between segments.
struct Reader<'r> {
    input: Input<'r>,
    map: &'r Map<'r>,
    found: &'r mut Evidence,
    trace: Option<&'r mut Trace>,
    /// Between `Android …;` and the end of the comment stand names of devices, which may say anything.
    model: bool,
    /// Inside an address, whose words name pages.
    address: bool,
}

/// Reads a user agent. Large, and wanted once in the module.
#[inline(never)]
pub fn read<'r>(input: Input<'r>, trace: Option<&'r mut Trace>, found: &'r mut Evidence) {
    let map = Map::of(input);
    found.odd = map.odd;
    let first = map.run(0);
    found.first = first.map(Span::of);
    let mut reader = Reader { input, map: &map, found, trace, model: false, address: false };
    let mut begun = Begun::default();
    // Other numbers mean something only behind a word that a longer name begins with.
    if let Some(first) = first.filter(|run| run.start == 0 && map.is_number(*run)) {
        begun = Begun::of(first, input.hash(first));
        reader.number(&mut begun);
    }
    map.each(|run, comment| {
        let hash = input.hash(run);
        reader.model &= comment;
        reader.contact(run);
        let mut known = match table::find(hash) {
            Some((Meaning::Word(word), Anchor::ANYWHERE)) if !PLACED.has(word.mark) => {
                reader.word(word, run);
                true
            }
            Some((meaning, anchor)) => reader.note(meaning, anchor, run),
            None => false,
        };
        let stem = if known { run } else { input.stem(run) };
        known = known || stem.end < run.end && reader.hit(input.hash(stem), stem);
        let numbered = table::is_numbered(hash);
        if begun.is_open() && table::continues(hash) {
            known |= reader.chain(run, hash, &mut begun);
        } else {
            begun = Begun::of(run, hash);
        }
        if !known {
            reader.unknown(run, stem, comment);
        }
        if numbered {
            reader.number(&mut begun);
        }
    });
    found.count(input);
    if let Some(entry) = table::whole(input) {
        found.only(Named { entry, span: Span::new(0, input.length()), first: true });
    }
}

impl Reader<'_> {
    /// Takes a number behind a segment for the second of a name that may have begun. What stands further on is the rest of
    /// a version.
    #[cold]
    fn number(&mut self, begun: &mut Begun) {
        if begun.near.is_some()
            && let Some(number) = self.map.number_behind(begun.end)
        {
            begun.far = None;
            self.chain(number, self.input.hash(number), begun);
        }
    }

    /// Looks a segment up as the end of the names that have begun before it. Tells whether anything knows it.
    fn chain(&mut self, run: Run, hash: u64, begun: &mut Begun) -> bool {
        let before = std::mem::replace(begun, Begun::of(run, hash));
        if !self.map.joins(before.end, run.start) {
            return false;
        }
        let mut known = false;
        if let Some(near) = before.near {
            let pair = Part { start: near.start, hash: hash::chain(near.hash, hash) };
            known |= self.hit(pair.hash, Run { start: pair.start, end: run.end });
            begun.far = table::begins(pair.hash).then_some(pair);
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
        }
    }

    /// Looks segments up that stand together, or a part of one.
    fn hit(&mut self, hash: u64, run: Run) -> bool {
        table::find(hash).is_some_and(|(meaning, anchor)| self.note(meaning, anchor, run))
    }

    #[inline]
    fn word(&mut self, word: &'static Word, run: Run) {
        self.found.own_site |= self.address && word.mark == Mark::Browser;
        self.found.word(word, run, self.input, self.map, &mut self.model);
        self.trace(Span::of(run), Seen::Word(word));
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
            Meaning::Word(word) => self.word(word, run),
            Meaning::Entry(entry) => {
                self.found.name(Named { entry, span, first });
                // `HeadlessChrome/140` is Chrome 140 without a window: its hints say so, and so does its version.
                if entry.class == AgentClass::Headless
                    && self.input.run(run).ends_with(b"Chrome")
                    && let Some((Meaning::Word(chrome), _)) = table::find(CHROME)
                {
                    self.found.word(chrome, run, self.input, self.map, &mut self.model);
                }
                self.trace(span, Seen::Name(entry));
            }
            // The word stays an unknown one, that tells something.
            Meaning::Keyword(keyword) => {
                if self.input.byte(start.wrapping_sub(1)) == b'.' && is_ai(self.input.run(run)) {
                    self.domain(run);
                } else if !self.model && !self.address {
                    self.keyword(keyword, span);
                }
                return false;
            }
        }
        true
    }

    fn unknown(&mut self, run: Run, stem: Run, comment: bool) {
        if self.address {
            return;
        }
        let span = Span::of(run);
        if self.input.byte(run.end) == b'/' && !comment && self.input.byte(run.start.wrapping_sub(1)) != b'/'
        {
            self.found.stranger = Some(span);
            self.trace(span, Seen::Stranger);
        }
        self.found.unknown.get_or_insert(span);
        self.place(run, comment);
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
            // A phone may be called anything but these.
            let is_allowed = !model || keyword.at == At::Any && keyword.strength == Strength::Firm;
            is_allowed
                && match keyword.at {
                    At::Any => true,
                    At::Start => from_start(),
                    At::End => to_end(),
                    At::Whole => from_start() && to_end(),
                }
        };
        let mut held = (run.start, Strength::Hint);
        table::keywords(input, run, fits, |keyword, end| {
            // A keyword inside a longer one means nothing of its own: the search in `research`.
            if end > held.0 || keyword.strength > held.1 {
                held = (end, keyword.strength);
                self.keyword(keyword, span);
            }
        });
    }

    /// Takes note of a word that stands where browsers have none of their own.
    fn place(&mut self, run: Run, comment: bool) {
        let before = self.input.byte(run.start.wrapping_sub(1));
        let found = &mut *self.found;
        let span = Span::of(run);
        if comment {
            // Language tags are shorter.
            let begins =
                before == b'(' || before == b' ' && self.input.byte(run.start.wrapping_sub(2)) == b';';
            if found.marks.any(TAIL) {
                if found.appended.is_none() {
                    found.remark.get_or_insert(span);
                }
            } else if begins && span.length() >= 4 && !found.engine() {
                found.item.get_or_insert(span);
            }
        } else if found.marks.any(TAIL) {
            found.appended = Some(span);
            // The end of `%20` is a blank as well.
            let blank = before == b' ' || before.is_ascii_hexdigit();
            found.unversioned_end = run.end == self.input.length() && blank;
        }
    }

    /// Takes note of a domain's name that is no part of an address and no package, whose name begins like a domain's
    /// ends: `com.example.app`.
    fn domain(&mut self, run: Run) {
        let Run { start, end } = run;
        let before = self.input.upto(start);
        let is_ended =
            end == self.input.length() || matches!(self.input.byte(end), b' ' | b'/' | b';' | b',' | b')');
        // The rest is read once a domain, not once a label.
        if !is_ended || before.last() != Some(&b'.') {
            return;
        }
        if is_ai(self.input.run(run)) {
            // Most of what has an address there is an AI operator's.
            self.found.theme.get_or_insert(AgentClass::AiBot);
        }
        if self.map.in_comment(start) || self.address {
            return;
        }
        let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let length = before.iter().rev().take_while(|byte| name(byte)).count();
        let (outside, labels) = before.split_at_checked(start - length).unwrap_or_default();
        let first = labels.iter().position(|byte| *byte == b'.').unwrap_or(labels.len());
        let first = Run { start: outside.len(), end: outside.len() + first };
        let is_package = matches!(
            table::find(self.input.hash(first)),
            Some((Meaning::Word(word), _)) if word.mark == Mark::Domain
        );
        if is_package || outside.last().is_some_and(|byte| *byte != b' ') {
            return;
        }
        self.found.domain.get_or_insert(Span::new(outside.len(), end));
        // A path behind it makes it an address, a version a name.
        if matches!(self.input.from(end), [b'/', path, ..] if path.is_ascii_alphabetic()) {
            self.found.marks.insert(Mark::Url);
        }
    }

    fn keyword(&mut self, keyword: &'static Keyword, span: Span) {
        self.found.keyword(Hinted { keyword, span });
        self.trace(span, Seen::Keyword(keyword));
    }

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
fn is_item(input: Input<'_>, run: Run) -> bool {
    let before = input.upto(run.start).trim_ascii_end().last();
    matches!(before, Some(b';' | b'(')) && matches!(input.byte(run.end), b';' | b')' | b'/')
}

/// Nothing, or a version.
pub fn is_version(rest: &[u8]) -> bool {
    rest.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b'.' | b' ' | b'-' | b'v' | b'_'))
}
