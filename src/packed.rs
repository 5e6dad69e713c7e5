//! The fast crossing: a request as one text and one list of numbers, a decision as words and one text.
//!
//! Between JavaScript and the module, JSON costs several times what deciding costs: writing it, copying it, reading
//! it, both ways. Here the host concatenates all texts, lists their lengths and all numbers in the order of
//! [`request`], and reads the answer as indices into tables ([`Tables`]). What does not fit is no error: the host
//! falls back to the JSON of [`ffi`](crate::ffi), and both ways give equal decisions, which tests hold.

mod request;
mod tables;

pub use request::request;
pub use tables::Tables;

use crate::decision::Decision;
use crate::signal::CATALOGUE;
use crate::write::{self, Pairs, Value, Write};

/// A decision as words and one text. Reused from call to call, so that deciding allocates nothing that stays.
#[derive(Debug, Default)]
pub struct Answer {
    /// Numbers and indices into [`Tables`], in the order of [`Answer::write`].
    pub words: Vec<u32>,
    /// The texts that `words` gives lengths of.
    pub text: String,
}

impl Answer {
    /// Writes a decision. Optional indices and lengths are one more than the value, 0 is none.
    ///
    /// Order of the words: outcome, score, probability, levels (bits); agent class, verification, purpose?,
    /// platform?, findings (bits), browser major; lengths of agent name?, operator?, browser name?, support code and
    /// rest, in UTF-16 units; contributions (count, then signal, bin, points); needs (count, then facts); policies
    /// (count, then result + reason? · 2⁸ + outage? · 2¹⁶).
    pub fn write(&mut self, decision: &Decision<'_>) {
        self.words.clear();
        self.text.clear();
        let (agent, risk) = (&decision.agent, &decision.risk);
        self.words.extend([
            decision.outcome as u32,
            risk.score.cast_unsigned(),
            risk.probability_q16,
            u32::from(risk.levels.bits()),
            agent.class as u32,
            agent.verification as u32,
            agent.purpose.map_or(0, |purpose| purpose as u32 + 1),
            agent.platform.map_or(0, |platform| platform as u32 + 1),
            agent.findings.bits(),
            agent.browser.map_or(0, |browser| browser.major),
        ]);
        self.optional_text(agent.name);
        self.optional_text(agent.operator);
        self.optional_text(agent.browser.map(|browser| browser.name));
        let code = decision.support_code.to_string();
        self.words.push(utf16_length(&code));
        self.text.push_str(&code);
        // What is short or rare enough to cross as JSON.
        let rest = write::json(Value::Object(&Pairs(&[
            ("reasons", decision.reasons.value()),
            ("controls", decision.controls.value()),
            ("sessionControls", decision.session_controls.value()),
            ("detections", decision.detections.value()),
        ])));
        self.words.push(utf16_length(&rest));
        self.text.push_str(&rest);

        self.words.push(length(risk.contributions.len()));
        for part in &risk.contributions {
            let signal = CATALOGUE.iter().position(|(name, _)| *name == part.signal).unwrap_or_default();
            let bins = CATALOGUE.get(signal).map_or(&[][..], |(_, bins)| bins);
            let bin = bins.iter().position(|name| *name == part.bin).unwrap_or_default();
            self.words.extend([length(signal), length(bin), part.points.cast_unsigned()]);
        }
        self.words.push(length(decision.needs.iter().count()));
        self.words.extend(decision.needs.iter().map(|fact| fact as u32));
        self.words.push(length(decision.policies.len()));
        self.words.extend(decision.policies.iter().map(|policy| {
            let reason = policy.reason.map_or(0, |reason| reason as u32 + 1);
            let outage = policy.outage.map_or(0, |outage| outage as u32 + 1);
            policy.result as u32 | reason << 8 | outage << 16
        }));
    }

    fn optional_text(&mut self, text: Option<&str>) {
        self.words.push(text.map_or(0, |text| utf16_length(text) + 1));
        self.text.push_str(text.unwrap_or_default());
    }
}

fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// JavaScript counts texts in UTF-16 units.
fn utf16_length(text: &str) -> u32 {
    length(if text.is_ascii() { text.len() } else { text.encode_utf16().count() })
}
