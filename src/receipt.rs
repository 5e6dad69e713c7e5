//! The record of one decision: what was used, what came of it, chained to the record before.
//!
//! Canonical bytes: members in the order declared here, no white space, integers only. Any runtime that holds
//! the same facts reproduces them, and a changed or missing record breaks the chain.

use serde::Deserialize;

use crate::assess::Subject;
use crate::decision::{Decision, Outcome};
use crate::engine::Engine;
use crate::fact::Fact;
use crate::identifier::{IdentifierKind, encode_hex};
use crate::profile::CookieUse;
use crate::read::record;
use crate::request::{Request, Text};
use crate::write::{self, Members, Value, written};

/// What the host knows beside the decision itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Facts the scorer was asked for; empty if it was not.
    pub asked: Vec<Fact>,
    /// The scorer did not answer, and outage modes decided.
    pub outage: bool,
    /// How the request turned out at the origin, if it was a sign-in.
    pub sign_in_succeeded: Option<bool>,
    /// As whom the sign-in was tried, if the origin says: the request itself carries no identity yet, and a
    /// password spray is seen by whom it tries.
    pub sign_in_principal: Option<String>,
    /// The device cookie that came with the request, if it opened.
    pub cookie: Option<CookieUse>,
    /// The host's dice chose the decision for the audit of what is allowed without asking.
    pub audited: Option<bool>,
    /// Digest of the record before.
    pub previous: Option<String>,
}

record!(strict Circumstances {
    "asked" => Several(asked),
    "outage" => Switch(outage),
    "signInSucceeded" => Flag(sign_in_succeeded),
    "signInPrincipal" => Optional(sign_in_principal),
    "cookie" => Record(cookie),
    "audited" => Flag(audited),
    "previous" => Optional(previous),
} requires {});

/// One record.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub struct Receipt<'a> {
    /// Shape of this record, 1.
    pub schema: u32,
    /// Who and from where, as far as it may leave the edge.
    #[serde(borrow)]
    pub about: Subject<'a>,
    /// What was done.
    pub outcome: Outcome,
    /// Controls required.
    pub controls: Vec<Text<'a>>,
    /// Result of each policy.
    pub policies: Vec<ReceiptPolicy<'a>>,
    /// What the score is made of.
    pub contributions: Vec<ReceiptContribution<'a>>,
    /// Facts the scorer was asked for.
    pub asked: Vec<Fact>,
    /// The scorer did not answer, and outage modes decided.
    pub outage: bool,
    /// How a sign-in turned out at the origin.
    pub sign_in_succeeded: Option<bool>,
    /// As whom it was tried, as a principal's id leaves the edge.
    pub sign_in_principal: Option<Text<'a>>,
    /// The device cookie presented; a member only where there was one.
    #[serde(default)]
    pub cookie: Option<CookieUse>,
    /// Chosen at random for the audit of what is allowed without asking; a member only where it is.
    #[serde(default)]
    pub audited: Option<bool>,
    /// The scorer had told the edge not to rely on its model; a member only where it had.
    #[serde(default)]
    pub fail_safe: Option<bool>,
    /// What decided.
    pub versions: ReceiptVersions<'a>,
    /// The code a person may quote.
    pub support_code: Text<'a>,
    /// Digest of the record before, in hexadecimal.
    pub previous: Option<Text<'a>>,
    /// SHA-256 of this record without this member, in hexadecimal.
    #[serde(default)]
    pub digest: Option<Text<'a>>,
}

written!(Receipt<'_> {
    "schema" => schema,
    "about" => about,
    "outcome" => outcome,
    "controls" => controls,
    "policies" => policies,
    "contributions" => contributions,
    "asked" => asked,
    "outage" => outage,
    "signInSucceeded" => sign_in_succeeded,
    "signInPrincipal" => sign_in_principal,
    "cookie" => ?cookie,
    "audited" => ?audited,
    "failSafe" => ?fail_safe,
    "versions" => versions,
    "supportCode" => support_code,
    "previous" => previous,
    "digest" => ?digest,
});

/// One policy's result.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
#[expect(missing_docs, reason = "as in the decision")]
pub struct ReceiptPolicy<'a> {
    pub id: Text<'a>,
    pub result: Text<'a>,
}

written!(ReceiptPolicy<'_> {
    "id" => id,
    "result" => result,
});

/// One signal's part in the score.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
#[expect(missing_docs, reason = "as in the decision")]
pub struct ReceiptContribution<'a> {
    pub signal: Text<'a>,
    pub bin: Text<'a>,
    pub points: i32,
}

written!(ReceiptContribution<'_> {
    "signal" => signal,
    "bin" => bin,
    "points" => points,
});

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
#[expect(missing_docs, reason = "as in the decision")]
pub struct ReceiptVersions<'a> {
    pub engine: Text<'a>,
    pub bundle: Text<'a>,
    pub model: Text<'a>,
    pub data: Text<'a>,
}

written!(ReceiptVersions<'_> {
    "engine" => engine,
    "bundle" => bundle,
    "model" => model,
    "data" => data,
});

/// A record without its digest.
struct Undigested<'a>(&'a Receipt<'a>);

impl Members for Undigested<'_> {
    fn each(&self, put: &mut dyn FnMut(&'static str, Value<'_>)) {
        self.0.each(&mut |name, value| {
            if name != "digest" {
                put(name, value);
            }
        });
    }
}

impl Receipt<'_> {
    /// SHA-256 over the canonical bytes without the digest itself, in hexadecimal.
    #[must_use]
    pub fn compute_digest(&self) -> String {
        let text = write::json(Value::Object(&Undigested(self)));
        encode_hex(&hmac_sha256::Hash::hash(text.as_bytes()))
    }

    /// Whether the record is what its digest says.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.digest.as_deref() == Some(&self.compute_digest())
    }
}

impl Engine {
    /// The record of a decision.
    #[must_use]
    pub fn receipt<'a>(
        &'a self,
        request: &'a Request<'a>,
        decision: &Decision<'a>,
        circumstances: &'a Circumstances,
    ) -> Receipt<'a> {
        let versions = &decision.versions;
        let mut receipt = Receipt {
            schema: 1,
            about: self.subject(request, decision),
            outcome: decision.outcome,
            controls: decision.controls.iter().map(|control| Text(control.to_string().into())).collect(),
            policies: decision
                .policies
                .iter()
                .map(|policy| ReceiptPolicy {
                    id: policy.policy.id().into(),
                    result: policy.result.name().into(),
                })
                .collect(),
            contributions: decision
                .risk
                .contributions
                .iter()
                .map(|part| ReceiptContribution {
                    signal: part.signal.into(),
                    bin: part.bin.into(),
                    points: part.points,
                })
                .collect(),
            asked: circumstances.asked.clone(),
            outage: circumstances.outage,
            sign_in_succeeded: circumstances.sign_in_succeeded,
            sign_in_principal: circumstances
                .sign_in_principal
                .as_deref()
                .map(|id| self.identifiers().of(IdentifierKind::Principal, id)),
            cookie: circumstances.cookie.clone(),
            audited: circumstances.audited.filter(|audited| *audited),
            fail_safe: self.is_fail_safe().then_some(true),
            versions: ReceiptVersions {
                engine: versions.engine.into(),
                bundle: Text(versions.bundle.to_string().into()),
                model: versions.model.into(),
                data: versions.data.into(),
            },
            support_code: Text(decision.support_code.to_string().into()),
            previous: circumstances.previous.as_deref().map(Text::from),
            digest: None,
        };
        receipt.digest = Some(Text(receipt.compute_digest().into()));
        receipt
    }
}
