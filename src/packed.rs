//! The fast crossing: a request as one text and two lists of numbers, a decision or a client as words.
//!
//! Between JavaScript and the module, JSON costs many times what deciding costs: writing it, copying it, reading
//! it, both ways. Here the host concatenates all texts, lists where they end and all numbers in the order of a
//! [`PackedRequest`], and reads the answer as indices into tables ([`Tables`]), most of it only when somebody looks. What
//! does not fit is no error: the host falls back to the JSON of [`ffi`](crate::ffi), and both ways give equal
//! decisions, which tests hold.

mod request;
mod session;
mod tables;

pub use request::PackedRequest;
pub use session::session_controls;
pub use tables::Tables;

use crate::agent::{self, Agent, DeviceKind, Verification};
use crate::decision::{Judged, causes};
use crate::detection::{Detection, DetectionKind, Value};
use crate::engine::Engine;
use crate::fact::Fact;
use crate::policy::{MAX_CONTROLS, MAX_POLICIES, PolicySet, SessionControls};
use crate::write::{self, Write};

/// Words of an answer at most: 256 policies are 88 words of results and 256 reasons, 96 controls have a word each; the
/// rest is for detections.
pub const ANSWER_WORDS: usize = 1024;

/// Both share eight bits.
const _: () = assert!(Verification::ALL.len() <= 16 && DeviceKind::ALL.len() < 16);

/// All have a place in one word.
const _: () = assert!(
    MAX_POLICIES < 1 << 9
        && MAX_CONTROLS < 1 << 7
        && Fact::ALL.len() < 1 << 6
        && DetectionKind::ALL.len() < 1 << 4
);

/// A decision as words. Reused from call to call, so that deciding allocates nothing that stays.
#[derive(Debug)]
pub struct Answer {
    words: Box<[i32; ANSWER_WORDS]>,
    /// How many there are; more than [`ANSWER_WORDS`] where an answer does not fit.
    count: usize,
}

impl Default for Answer {
    fn default() -> Self {
        Self { words: Box::new([0; ANSWER_WORDS]), count: 0 }
    }
}

impl Answer {
    /// Numbers and indices into [`Tables`], in the order of `Answer::write`; [`ANSWER_WORDS`] at most, and always in the same
    /// place.
    #[must_use]
    pub fn words(&self) -> &[i32] {
        self.words.get(..self.count).unwrap_or_default()
    }

    /// Adds a word; what does not fit is counted only.
    #[inline]
    fn push(&mut self, word: i32) {
        if let Some(place) = self.words.get_mut(self.count) {
            *place = word;
        }
        self.count += 1;
    }

    /// One by one: for so few, engines copy memory at ten times the price.
    #[inline]
    fn extend(&mut self, words: impl IntoIterator<Item = i32>) {
        words.into_iter().for_each(|word| self.push(word));
    }

    /// Writes a decision; tells whether it fits.
    ///
    /// Order of the words: the client ([`Answer::agent`]); outcome | levels · 2⁸; score; probability; support code,
    /// twice 25 bits; bins of the signals, four to a word; how many reasons | controls · 2⁹ | needs · 2¹⁶ | detections ·
    /// 2²² | whether there are session controls · 2²⁶; which planes follow, a bit each. Then what these tell: session
    /// controls (two words, [`session_controls`]); reasons (code | (policy + 1) · 2⁸); controls; needs; planes of what each
    /// policy came to ([`Judgement::planes`](crate::policy::Judgement::planes)); detections, each kind | level · 2⁸ | values of
    /// evidence · 2¹⁶; the evidence of each ([`Answer::evidence`]).
    pub(crate) fn write(&mut self, judged: &Judged<'_, '_>, engine: &Engine) -> bool {
        self.count = 0;
        self.agent(judged.agent);
        let score = judged.score;
        let code = judged.support_code.bits();
        self.extend([
            judged.outcome as i32 | i32::from(score.levels.bits()) << 8,
            score.score,
            low_bits(score.probability_q16.into()),
            low_bits(code & 0x1ff_ffff),
            low_bits(code >> 25),
        ]);
        self.extend(judged.signals.bins().as_chunks().0.iter().map(|bins| i32::from_le_bytes(*bins)));
        self.judgement(judged, engine.bundle().policies());
        for detection in judged.detections {
            let kinds = detection.kind as i32 | (detection.level as i32) << 8;
            self.push(kinds | length(detection.evidence.values().len()) << 16);
        }
        judged.detections.iter().for_each(|detection| self.evidence(detection));
        self.count <= ANSWER_WORDS
    }

    /// Of each value that a detection rests on, where its name lies in the module's memory; the length of that | its own kind;
    /// then a text (its bytes, then four of them to a word: it may be of the request, which does not stay), names (a count, then
    /// place and length of each) or a number (two words).
    fn evidence(&mut self, detection: &Detection<'_>) {
        const NAMES: i32 = 1 << 16;
        const NUMBER: i32 = 2 << 16;
        for (name, value) in detection.evidence.values() {
            let [at, of_name] = place(name);
            self.push(at);
            match value {
                Value::Text(text) => {
                    self.extend([of_name, length(text.len())]);
                    self.text(text);
                }
                Value::Names(names) => {
                    self.extend([of_name | NAMES, length(names.len())]);
                    self.extend(names.iter().flat_map(|name| place(name)));
                }
                Value::Number(number) => {
                    let number = number.cast_unsigned();
                    self.extend([of_name | NUMBER, low_bits(number), low_bits(number >> 32)]);
                }
            }
        }
    }

    /// Four bytes to a word.
    fn text(&mut self, text: &str) {
        let (words, rest) = text.as_bytes().as_chunks();
        self.extend(words.iter().map(|word| i32::from_le_bytes(*word)));
        if !rest.is_empty() {
            let last = rest.iter().rev().fold(0, |word: u32, byte| word << 8 | u32::from(*byte));
            self.push(last.cast_signed());
        }
    }

    /// Writes a client, and nothing else.
    pub(crate) fn write_agent(&mut self, agent: &Agent<'_>) {
        self.count = 0;
        self.agent(agent);
    }

    /// A client: class | verification · 2⁸ | (device kind + 1) · 2¹² | (purpose + 1) · 2¹⁶ | (platform + 1) · 2²⁴; findings (bits);
    /// its name, operator and browser ([`catalogued`]); the browser's major version; where a name that is not the
    /// catalogue's lies in the module's memory, and its length (0 and 0: none).
    fn agent(&mut self, agent: &Agent<'_>) {
        let purpose = agent.purpose.map_or(0, |purpose| purpose as i32 + 1);
        let platform = agent.platform.map_or(0, |platform| platform as i32 + 1);
        let device_kind = agent.device_kind.map_or(0, |kind| kind as i32 + 1);
        let kinds = agent.class as i32 | (agent.verification as i32) << 8 | device_kind << 12;
        // Names are of the catalogue, and the host keeps what it has read there once; or they are of the request, and the
        // host has them.
        let name = agent.name.map_or(0, catalogued);
        let [own_at, own_length] = match agent.name {
            Some(own) if name == 0 => [length(own.as_ptr().addr()), length(own.len())],
            _ => [0, 0],
        };
        self.extend([
            kinds | purpose << 16 | platform << 24,
            agent.findings.bits().cast_signed(),
            name,
            agent.operator.map_or(0, catalogued),
            agent.browser.map_or(0, |browser| catalogued(browser.name)),
            agent.browser.map_or(0, |browser| browser.major.cast_signed()),
            own_at,
            own_length,
        ]);
    }

    fn judgement(&mut self, judged: &Judged<'_, '_>, policies: &PolicySet) {
        let judgement = judged.judgement;
        let counts = self.count;
        self.extend([0, 0]);
        let session = session::words(&judgement.session_controls);
        let has_session = session != [0, 0];
        if has_session {
            self.extend(session);
        }
        let before = self.count;
        causes(judged.outcome, judgement, |code, cause| {
            self.push(code as i32 | cause.map_or(0, |(policy, _)| length(policy) + 1) << 8);
        });
        let reasons = self.count - before;
        for control in &judgement.controls {
            let place = policies.controls().iter().position(|known| std::ptr::eq(known, *control));
            self.push(place.map_or(0, length));
        }
        let before = self.count;
        if !judgement.needs.is_empty() {
            self.extend(judgement.needs.iter().map(|fact| fact as i32));
        }
        let needs = self.count - before;
        let controls = judgement.controls.len() << 9;
        let detections = judged.detections.len() << 22;
        let lists = reasons | controls | needs << 16 | detections | usize::from(has_session) << 26;
        let size = policies.policies().len().div_ceil(32);
        let mut used = 0;
        judgement.planes(|place, plane| {
            used |= 1 << place;
            let [a, b, c, d] = plane.words().map(|word| [low_bits(word), low_bits(word >> 32)]);
            let halves = [a, b, c, d];
            self.extend(halves.as_flattened().iter().take(size).copied());
        });
        if let Some(words) = self.words.get_mut(counts..).and_then(<[i32]>::first_chunk_mut) {
            *words = [length(lists), used];
        }
    }
}

/// The JSON of [`SessionControls`] that crossed as two words.
#[must_use]
pub fn session_controls_json(words: [i32; 2]) -> String {
    let controls: SessionControls = session_controls(words);
    write::json(controls.value())
}

/// Where a text lies in the module's memory, and its length.
fn place(text: &str) -> [i32; 2] {
    [length(text.as_ptr().addr()), length(text.len())]
}

/// Where a text stands among those of the catalogue, with its length · 2¹⁶: a number small enough to look it up by, and
/// no two texts have the same. 0 for a text that is not there.
fn catalogued(text: &str) -> i32 {
    let texts = texts();
    match text.as_ptr().addr().checked_sub(texts.as_ptr().addr()) {
        Some(at) if at < texts.len() => length(at | text.len() << 16),
        _ => 0,
    }
}

/// All texts of the catalogue, one behind the other.
#[must_use]
pub fn texts() -> &'static str {
    agent::TEXTS
}

fn length(count: usize) -> i32 {
    i32::try_from(count).unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, reason = "the rest is for another word")]
const fn low_bits(word: u64) -> i32 {
    (word as u32).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_does_not_fit_says_so_and_the_next_one_has_its_place() {
        let mut answer = Answer::default();
        let place = answer.words().as_ptr();
        answer.extend(std::iter::repeat_n(1, ANSWER_WORDS - 2));
        answer.text("eight by");
        assert_eq!(answer.words().len(), ANSWER_WORDS, "to the last word");
        answer.text("n");
        assert_eq!(answer.words(), [0; 0], "one more");
        let request = crate::request::Request::default();
        answer.write_agent(&crate::agent::classify(&request));
        assert_eq!((answer.words().len(), answer.words().as_ptr()), (8, place));
    }
}
