//! The answer to one request.

mod judged;
mod reason;

use std::net::IpAddr;

pub(crate) use judged::Judged;
pub(crate) use reason::causes;
pub use reason::{Reason, ReasonCode};

use crate::agent::Agent;
use crate::detection::Detection;
use crate::fact::FactSet;
use crate::policy::{Control, PolicyResult, SessionControls, Verdict};
use crate::request::{Header, Request};
use crate::risk::Risk;
use crate::vocabulary::vocabulary;
use crate::words;
use crate::write::written;

vocabulary! {
    /// What the host should do.
    pub enum Outcome {
        /// Pass the request on.
        Allow = "allow",
        /// Ask the principal for `controls`, then decide again.
        Challenge = "challenge",
        /// Refuse.
        Block = "block",
        /// Ask the scorer for `needs`, then resume.
        Defer = "defer",
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Allow => Self::Allow,
            Verdict::Challenge => Self::Challenge,
            Verdict::Block => Self::Block,
            Verdict::Undetermined => Self::Defer,
        }
    }
}

/// The decision: an outcome, and everything that led to it.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// What to do.
    pub outcome: Outcome,
    /// Why.
    pub reasons: Vec<Reason<'a>>,
    /// What is required, in the documented prompt order. Of a deferred decision, what is required whatever the
    /// answer; of a block nothing, because nothing would help.
    pub controls: Vec<&'a Control>,
    /// What holds afterwards, merged over the policies that apply.
    pub session_controls: SessionControls,
    /// Risk of the sign-in as far as the edge knows it.
    pub risk: Risk,
    /// The classified client.
    pub agent: Agent<'a>,
    /// What was detected.
    pub detections: Vec<Detection<'a>>,
    /// Each policy's own result.
    pub policies: Vec<PolicyResult<'a>>,
    /// Facts that could still change the verdict; empty unless deferred.
    pub needs: FactSet,
    /// What decided.
    pub versions: Versions<'a>,
    /// For a person to quote and an operator to find.
    pub support_code: SupportCode,
}

written!(Decision<'_> {
    "outcome" => outcome,
    "reasons" => reasons,
    "controls" => controls,
    "sessionControls" => session_controls,
    "risk" => risk,
    "agent" => agent,
    "detections" => detections,
    "policies" => policies,
    "needs" => needs,
    "versions" => versions,
    "supportCode" => support_code,
});

/// Versions of everything that a decision depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions<'a> {
    /// Of the engine.
    pub engine: &'static str,
    /// Of the bundle.
    pub bundle: &'a crate::bundle::Version,
    /// Of the risk model.
    pub model: &'a str,
    /// Of the compiled-in catalogue.
    pub data: &'static str,
}

written!(Versions<'_> {
    "engine" => engine,
    "bundle" => bundle,
    "model" => model,
    "data" => data,
});

/// Names one decision to people: ten letters and digits in two groups, Crockford's base 32 so that none is
/// mistaken for another. A correlation handle, no secret and no proof: 50 bits of a hash over the facts that
/// tell requests apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SupportCode(u64);

impl SupportCode {
    const ALPHABET: &'static [u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// The code of a request; a resumed decision has the same code as the one that was deferred.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Self {
        let http = &request.http;
        let hash = mix(0, request.time.unwrap_or_default().cast_unsigned());
        let hash = match request.client.ip {
            Some(IpAddr::V4(ip)) => mix(hash, u64::from(ip.to_bits())),
            Some(IpAddr::V6(ip)) => write(hash, &ip.octets()),
            None => hash,
        };
        let add = |hash, text: Option<&str>| write(hash, text.unwrap_or_default().as_bytes());
        let hash = add(hash, http.method.as_deref());
        let hash = add(hash, http.host.as_deref());
        let hash = add(hash, http.path.as_deref());
        let hash = add(hash, request.principal.id.as_deref());
        let hash = add(hash, request.session.id.as_deref());
        let hash = add(hash, http.header(Header::UserAgent));
        Self((hash ^ hash >> 29) & ((1 << Self::BITS) - 1))
    }

    const BITS: u32 = 50;

    /// The code as a number.
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for SupportCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for place in 0..10 {
            if place == 5 {
                formatter.write_str("-")?;
            }
            let digit = (self.0 >> (5 * place) & 31) as usize;
            let letter = Self::ALPHABET.get(digit).copied().unwrap_or(b'0');
            std::fmt::Write::write_char(formatter, char::from(letter))?;
        }
        Ok(())
    }
}

written!(@shown SupportCode);

/// A step of a multiplicative hash: cheap, and the same on every runtime.
const fn mix(hash: u64, word: u64) -> u64 {
    let hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ hash >> 32
}

/// Eight bytes at a time; the length tells where one text ends and the next begins.
fn write(hash: u64, bytes: &[u8]) -> u64 {
    let (words, left) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(hash, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    mix(hash, (bytes.len() as u64) << (8 * left.len()) | words::rest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(json: &str) -> String {
        SupportCode::of(&serde_json::from_str(json).unwrap()).to_string()
    }

    #[test]
    fn a_code_reads_well_and_tells_requests_apart() {
        let one = code(r#"{"time":1790000000000,"http":{"path":"/a"}}"#);
        assert_eq!(one.len(), 11);
        assert_eq!(one.as_bytes()[5], b'-');
        assert_eq!(one, code(r#"{"time":1790000000000,"http":{"path":"/a"}}"#));
        assert_ne!(one, code(r#"{"time":1790000000001,"http":{"path":"/a"}}"#));
        assert_ne!(one, code(r#"{"time":1790000000000,"http":{"path":"/b"}}"#));
    }
}
