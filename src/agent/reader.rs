//! One pass over a user agent: every segment is looked up, chained with its neighbours, and, where nothing knows it,
//! searched for keywords.

use super::AgentClass;
use super::evidence::{Evidence, Hinted, Named, Seen, Span};
use super::hash;
use super::table::{self, Anchor, At, Keyword, Mark, Marks, Meaning, Strength};
use super::token::{Segment, segments};

/// What the pass saw, for the explanation.
pub type Trace = Vec<(Span, Seen)>;

/// The word of the vocabulary that headless builds put their own in front of.
const CHROME: u64 = hash::finish(hash::push(hash::SEED, u64::from_le_bytes(*b"chrome\0\0")));

/// The last of a browser's own tokens.
const TAIL: Marks = Marks::of(&[Mark::Safari, Mark::Firefox]);

/// What the pass remembers between segments.
struct Reader<'r> {
    bytes: &'r [u8],
    found: &'r mut Evidence,
    trace: Option<&'r mut Trace>,
    /// Start and hash of the segment before and of the pair before, while longer names may begin with them.
    near: Option<(usize, u64)>,
    far: Option<(usize, u64)>,
    /// Between `Android …;` and the end of the comment stand names of devices, which may say anything.
    model: bool,
    /// Inside an address, whose words name pages.
    address: bool,
    comment: bool,
}

/// Reads a user agent that is already cut to length.
pub fn read<'r>(bytes: &'r [u8], trace: Option<&'r mut Trace>) -> Evidence {
    let mut found = Evidence::default();
    let mut reader = Reader {
        bytes,
        found: &mut found,
        trace,
        near: None,
        far: None,
        model: false,
        address: false,
        comment: false,
    };
    let shape = segments(bytes, |segment| {
        reader.segment(segment);
        reader.near.is_some()
    });
    found.shape = shape;
    if let Some(entry) = table::whole(bytes) {
        found.only(Named { entry, span: Span::new(0, bytes.len()), first: true });
    }
    found
}

impl Reader<'_> {
    fn segment(&mut self, segment: &Segment) {
        let &Segment { start, end, hash, .. } = segment;
        let span = Span::new(start, end);
        self.found.first.get_or_insert(span);
        // Numbers mean something only behind a word that a longer name begins with.
        if !segment.letters && (self.near.is_none() || !segment.joined) && start > 0 {
            self.near = None;
            return;
        }
        self.comment = segment.comment;
        self.model &= segment.comment;
        let (near, far) = if segment.joined { (self.near, self.far) } else { (None, None) };
        (self.near, self.far) = (None, None);
        let mut known = false;
        if segment.letters {
            self.contact(segment, span);
            known = self.hit(hash, start, end);
            if !known && let Some((end, hash)) = segment.stem {
                known = self.hit(hash, start, end);
            }
        }
        if table::begins(hash) {
            self.near = Some((start, hash));
        }
        if let Some((start, before)) = near {
            let pair = hash::chain(before, hash);
            known |= self.hit(pair, start, end);
            if table::begins(pair) {
                self.far = Some((start, pair));
            }
        }
        if let Some((start, before)) = far {
            known |= self.hit(hash::chain(before, hash), start, end);
        }
        if segment.letters && !known {
            self.unknown(segment, span);
        }
    }

    /// Addresses and e-mail: what crawlers give and browsers do not.
    fn contact(&mut self, segment: &Segment, span: Span) {
        match segment.before {
            b'@' => {
                self.address = true;
                self.found.mail |= self.found.first != Some(span);
            }
            b'+' => {
                self.address = false;
                self.found.plus_contact |= segment.after == b'.';
            }
            b' ' | b';' | b',' | b'(' | b')' => self.address = false,
            _ => {}
        }
        if segment.after == b':' && self.bytes.get(span.end()..).is_some_and(|rest| rest.starts_with(b"://"))
        {
            self.address = true;
            self.found.address_first |= span.start() <= 1;
        }
    }

    /// Looks a chain of segments up and takes note of what it means.
    #[inline]
    fn hit(&mut self, hash: u64, start: usize, end: usize) -> bool {
        match table::find(hash::finish(hash)) {
            Some((meaning, anchor)) => self.note(meaning, anchor, start, end),
            None => false,
        }
    }

    fn note(&mut self, meaning: Meaning, anchor: Anchor, start: usize, end: usize) -> bool {
        let first = self.found.first.is_some_and(|first| first.start() == start);
        let named = matches!(meaning, Meaning::Entry(_));
        if anchor != Anchor::ANYWHERE || self.model && named {
            let item = is_item(self.bytes, start, end);
            let rest = self.bytes.get(end..).unwrap_or_default();
            let alone = first && is_version(rest);
            if self.model && named && !item || !anchor.holds(first, item, rest.starts_with(b"/"), alone) {
                return false;
            }
        }
        let span = Span::new(start, end);
        let seen = match meaning {
            // The end of a domain is no word of the vocabulary where it does not end one: `de`, `it`, `me`.
            Meaning::Word(word) if word.mark == Mark::Domain => {
                self.domain(start, end);
                return false;
            }
            // `http:` and `www.` begin an address; alone they are words, and `HTTP::Tiny` is a module of Perl.
            Meaning::Word(word)
                if word.mark == Mark::Url
                    && !matches!(self.bytes.get(end..), Some([b':', b'/' | b' ', ..] | [b'.', ..])) =>
            {
                return false;
            }
            Meaning::Word(word) => {
                self.found.own_site |= self.address && word.mark == Mark::Browser;
                self.found.word(word, span, self.bytes, self.comment, &mut self.model);
                Seen::Word(word)
            }
            Meaning::Entry(entry) => {
                self.found.name(Named { entry, span, first });
                // `HeadlessChrome/140` is Chrome 140 without a window: its hints say so, and so does its version.
                if entry.class == AgentClass::Headless
                    && self.bytes.get(start..end).is_some_and(|name| name.ends_with(b"Chrome"))
                    && let Some((Meaning::Word(chrome), _)) = table::find(CHROME)
                {
                    self.found.word(chrome, span, self.bytes, self.comment, &mut self.model);
                }
                Seen::Name(entry)
            }
            // The word stays an unknown one, that tells something.
            Meaning::Keyword(keyword) => {
                let before = start.checked_sub(1).and_then(|at| self.bytes.get(at));
                if before == Some(&b'.') && self.bytes.get(start..end).is_some_and(is_ai) {
                    self.domain(start, end);
                } else if !self.model && !self.address {
                    self.keyword(keyword, span);
                }
                return false;
            }
        };
        self.trace(span, seen);
        true
    }

    fn unknown(&mut self, segment: &Segment, span: Span) {
        if self.address {
            return;
        }
        if segment.after == b'/' && !segment.comment && segment.before != b'/' {
            self.found.stranger = Some(span);
            self.trace(span, Seen::Stranger);
        }
        self.found.unknown.get_or_insert(span);
        self.place(segment, span);
        let Some(word) = self.bytes.get(span.start()..span.end()).filter(|word| word.len() > 1) else {
            return;
        };
        let stem = segment.stem.map_or(word.len(), |(end, _)| end - span.start());
        // Words are joined by a capital letter: `HeadOnlyScraperV2`.
        let parts = |at: usize| {
            let pair = word.get(at.wrapping_sub(1)..=at);
            matches!(pair, Some([before, after]) if before.is_ascii_lowercase() && after.is_ascii_uppercase())
        };
        let mut held = (0, Strength::Hint);
        table::keywords(word, |keyword, end| {
            let start = end - usize::from(keyword.length);
            let from_start = start == 0 || parts(start);
            let to_end = end == word.len() || end == stem || parts(end);
            let fits = match keyword.at {
                At::Any => true,
                At::Start => from_start,
                At::End => to_end,
                At::Whole => from_start && to_end,
            };
            // A phone may be called anything but these.
            let allowed = !self.model || keyword.at == At::Any && keyword.strength == Strength::Firm;
            // A keyword inside a longer one means nothing of its own: the search in `research`.
            let inside = end <= held.0 && keyword.strength <= held.1;
            if fits && allowed && !inside {
                held = (end, keyword.strength);
                self.keyword(keyword, span);
            }
        });
    }

    /// Takes note of a word that stands where browsers have none of their own.
    fn place(&mut self, segment: &Segment, span: Span) {
        let found = &mut *self.found;
        if segment.comment {
            // Language tags are shorter.
            let begins = segment.before == b'('
                || segment.before == b' '
                    && span.start().checked_sub(2).and_then(|at| self.bytes.get(at)) == Some(&b';');
            if found.marks.any(TAIL) {
                if found.appended.is_none() {
                    found.remark.get_or_insert(span);
                }
            } else if begins && span.length() >= 4 && !found.engine() {
                found.item.get_or_insert(span);
            }
        } else if found.marks.any(TAIL) {
            found.appended = Some(span);
            found.unversioned_end = segment.after == 0 && segment.before == b' ';
        }
    }

    /// Takes note of a domain's name that is no part of an address and no package, whose name begins like a domain's
    /// ends: `com.example.app`.
    fn domain(&mut self, start: usize, end: usize) {
        let before = self.bytes.get(..start).unwrap_or_default();
        let after = self.bytes.get(end);
        let ended = after.is_none_or(|byte| matches!(byte, b' ' | b'/' | b';' | b',' | b')'));
        // The rest is read once a domain, not once a label.
        if !ended || before.last() != Some(&b'.') {
            return;
        }
        if self.bytes.get(start..end).is_some_and(is_ai) {
            // Most of what has an address there is an AI operator's.
            self.found.theme.get_or_insert(AgentClass::AiBot);
        }
        if self.comment || self.address {
            return;
        }
        let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let length = before.iter().rev().take_while(|byte| name(byte)).count();
        let (outside, labels) = before.split_at_checked(start - length).unwrap_or_default();
        let first = labels.split(|byte| *byte == b'.').next().unwrap_or_default();
        let package = matches!(
            table::find(hash::finish(hash::text(first))),
            Some((Meaning::Word(word), _)) if word.mark == Mark::Domain
        );
        if package || outside.last().is_some_and(|byte| *byte != b' ') {
            return;
        }
        self.found.domain.get_or_insert(Span::new(start - length, end));
        // A path behind it makes it an address, a version a name.
        if matches!(self.bytes.get(end..), Some([b'/', path, ..]) if path.is_ascii_alphabetic()) {
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
fn is_item(bytes: &[u8], start: usize, end: usize) -> bool {
    let before = bytes.get(..start).unwrap_or_default().trim_ascii_end().last();
    matches!(before, Some(b';' | b'(')) && matches!(bytes.get(end), Some(b';' | b')' | b'/'))
}

/// Nothing, or a version.
pub fn is_version(rest: &[u8]) -> bool {
    rest.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b'.' | b' ' | b'-' | b'v' | b'_'))
}
