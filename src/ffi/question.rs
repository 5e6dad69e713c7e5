//! What a host asks about single requests, and is answered in JSON: the request crosses as JSON, or packed.

use super::{Instance, bounded, failure, json, parse_probe, parse_request, read};
use crate::agent;
use crate::assess::Answer;
use crate::engine::Engine;
use crate::error::Error;
use crate::packed::PackedRequest;
use crate::receipt::Circumstances;
use crate::request::Request;

/// A question about a request. What belongs to it is JSON, but for a sealed profile and a nonce.
#[derive(Debug, Clone, Copy)]
pub enum Question<'a> {
    /// A [`Decision`](crate::decision::Decision).
    Evaluate,
    /// The same about a deferred request for good, with the scorer's [`Answer`], or without in an outage.
    Resume(Option<&'a str>),
    /// What to ask the scorer about a deferred request: an [`Assessment`](crate::assess::Assessment).
    Assessment,
    /// The record of a decision, a [`Receipt`](crate::receipt::Receipt): by the scorer's answer, if there was one, and
    /// [`Circumstances`], what was asked and how it turned out.
    Receipt(Option<&'a str>, &'a str),
    /// What the client is: an [`Agent`](agent::Agent). In JSON, `{"ua":…,"headers":{…}}` will do. Needs no bundle, as those
    /// that follow.
    Classify,
    /// What became of the sealed profile that came with it: `{"outcome","keyId"?,"profile"?,"cookie"?,"isDue"}`, where
    /// `outcome` is a [`SealOutcome`](crate::profile::SealOutcome) and `cookie` a [`CookieUse`](crate::profile::CookieUse).
    /// Only if `isDue` is there another to give the device ([`Seals::is_due`](crate::profile::Seals::is_due)), or if its
    /// cookie turns out to be a copy.
    OpenProfile(Option<&'a str>),
    /// What to give a device in place of the sealed profile that came with an allowed request: `{"sealed"}`, `null` if that
    /// one may stay ([`Seals::renew`](crate::profile::Seals::renew)). The nonce is 48 hexadecimal digits of the host's
    /// randomness, never used twice.
    RenewProfile(Option<&'a str>, &'a str),
}

impl Instance {
    /// Answers a question about a request in JSON.
    #[must_use]
    pub fn ask(&self, question: Question<'_>, request: &str) -> String {
        let read = match question {
            Question::Classify => parse_probe(request),
            _ => self.ready_for(question).and_then(|()| parse_request(request)),
        };
        read.and_then(|mut request| self.answered(question, &mut request))
            .unwrap_or_else(|error| failure(&error))
    }

    /// The same about a packed one; `None` for what does not fit or is malformed: [`Self::ask`] answers that, or says what is
    /// wrong.
    #[must_use]
    pub fn ask_packed(&self, question: Question<'_>, request: PackedRequest<'_>) -> Option<String> {
        let mut facts = Request::default();
        request.read(&mut facts)?;
        self.answered(question, &mut facts).ok()
    }

    /// Whether there is a bundle, where one is needed.
    fn ready_for(&self, question: Question<'_>) -> Result<(), Error> {
        match question {
            Question::Classify | Question::OpenProfile(_) | Question::RenewProfile(..) => Ok(()),
            _ => self.engine().map(drop),
        }
    }

    fn answered<'a>(&self, question: Question<'a>, request: &mut Request<'a>) -> Result<String, Error> {
        Ok(match question {
            Question::Evaluate => json(&self.engine()?.decide(request)),
            Question::Resume(scorer_answer) => json(&self.merged(scorer_answer, request)?.resume(request)),
            Question::Assessment => {
                let engine = self.engine()?;
                json(&engine.assessment(request, &engine.decide(request)))
            }
            Question::Receipt(scorer_answer, circumstances) => {
                let circumstances = read(circumstances, "circumstances")?;
                recorded(self.merged(scorer_answer, request)?, request, &circumstances)
            }
            Question::Classify => json(&agent::classify(request)),
            Question::OpenProfile(sealed) => json(&self.opened(request, sealed)),
            Question::RenewProfile(sealed, nonce) => json(&self.renewed(request, sealed, nonce)?),
        })
    }

    /// The engine, once the facts of the scorer's answer are with those of the request.
    pub(super) fn merged<'a>(
        &self,
        scorer_answer: Option<&'a str>,
        request: &mut Request<'a>,
    ) -> Result<&Engine, Error> {
        let engine = self.engine()?;
        if let Some(scorer_answer) = scorer_answer {
            bounded::<Answer<'_>>(scorer_answer, "answer")?.merge_into(request);
        }
        Ok(engine)
    }
}

#[inline(never)]
fn recorded(engine: &Engine, request: &Request<'_>, circumstances: &Circumstances) -> String {
    let was_deferred = !circumstances.asked.is_empty() || circumstances.outage;
    let decision = if was_deferred { engine.resume(request) } else { engine.decide(request) };
    json(&engine.receipt(request, &decision, circumstances))
}
