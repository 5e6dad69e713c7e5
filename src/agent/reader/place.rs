//! What the place of a word says: behind a browser's own tokens, in its comments, at the end of a domain.

use super::{Reader, TAIL, is_ai};
use crate::agent::AgentClass;
use crate::agent::evidence::Span;
use crate::agent::input::Run;
use crate::agent::table::{self, Mark, Meaning};

impl Reader<'_> {
    /// Whether a name goes on behind a dash with a word that nothing knows: `Example-Playlist-Exporter` is not from the makers
    /// of `Example`, as `Example-iPhone` is.
    pub(super) fn is_prefix(&self, end: usize) -> bool {
        matches!(self.input.from(end), [b'-' | b'_', letter, ..] if letter.is_ascii_alphabetic())
            && self.map.run(end).is_some_and(|next| {
                !matches!(table::find(self.input.hash(next)), Some((Meaning::Word(_), _)))
            })
    }

    /// Takes note of a word that stands where browsers have none of their own.
    pub(super) fn place(&mut self, run: Run, comment: bool) {
        let before = self.input.byte(run.start.wrapping_sub(1));
        let found = &mut *self.found;
        let span = Span::of(run);
        if comment {
            // Language tags are shorter.
            let begins =
                before == b'(' || before == b' ' && self.input.byte(run.start.wrapping_sub(2)) == b';';
            if found.marks.any(TAIL) {
                // `.NET` is a part of Windows that Firefox 3 named there.
                if found.appended.is_none() && before != b'.' {
                    found.remark.get_or_insert(span);
                }
            } else if begins && span.length() >= 4 && !found.engine() {
                found.item.get_or_insert(span);
            }
        } else if found.marks.any(TAIL)
            // A version is none: `Safari/7046A194A`.
            && !(before == b'/' && self.input.byte(run.start.wrapping_sub(2)).is_ascii_alphabetic())
        {
            let before_it = found.appended.replace(span);
            let mark = if before == b' ' { self.input.byte(run.start.wrapping_sub(2)) } else { before };
            if matches!(mark, b',' | b';' | b'[' | b'\\') || mark == b'/' && before == b' ' {
                found.parted.get_or_insert(span);
            }
            // The end of `%20` is a blank as well.
            let blank = before == b' '
                || before.is_ascii_hexdigit()
                || before == b'-' && before_it.is_some_and(|word| word.end() + 1 == run.start);
            found.unversioned_end = run.end == self.input.length() && blank;
        } else {
            found.before = Some(span);
        }
    }

    /// Takes note of a domain's name that is no part of an address and no package, whose name begins like a domain's
    /// ends: `com.example.app`.
    pub(super) fn domain(&mut self, run: Run) {
        let Run { start, end } = run;
        let before = self.input.upto(start);
        let is_ended =
            end == self.input.length() || matches!(self.input.byte(end), b' ' | b'/' | b';' | b',' | b')');
        // The rest is read once a domain, not once a label, and of the first domains.
        if !is_ended || before.last() != Some(&b'.') || self.domains == 0 {
            return;
        }
        self.domains -= 1;
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
}
