//! How far a claimed name is backed: by a signature, by where the request comes from, by what the platform says.

use super::registry::Registry;
use super::signature::{self, SignatureStatus};
use super::table::Entry;
use super::{Agent, AgentClass, Finding, Verification};
use crate::request::Request;

/// Completes an agent, which comes with what its name alone is worth. A proof that fails outweighs one that holds: both can not be true of an honest client.
pub(super) fn verify<'a>(
    agent: &mut Agent<'a>,
    entry: Option<&'static Entry>,
    request: &Request<'_>,
    registry: &'a Registry,
) {
    let checked = signature::check(request, registry);
    let status = checked.as_ref().map(|(signature, _)| signature.status);
    let signer = checked.as_ref().and_then(|(_, directory)| *directory);
    let platform = &request.platform_bot;
    let verifiable = agent.verification == Verification::Claimed;
    let place = entry.filter(|entry| !entry.operator.is_empty()).and_then(|entry| {
        registry.fetches_from(entry, request.client.ip, request.client.reverse_dns.as_deref())
    });
    // Somebody who signs as one operator and calls itself another's agent.
    let of_another = signer.and_then(|signer| signer.operator.as_deref()).is_some_and(|operator| {
        entry.is_some_and(|entry| !entry.operator.is_empty() && entry.operator.get() != operator)
    });
    agent.verification = if status == Some(SignatureStatus::Invalid) || of_another {
        Verification::Contradicted
    } else if signer.is_some() || platform.signed_agent == Some(true) {
        Verification::Signature
    } else if platform.verified == Some(true) || place == Some(true) {
        Verification::Address
    } else if place == Some(false) || verifiable && platform.verified == Some(false) {
        Verification::Contradicted
    } else if verifiable || status.is_some() {
        Verification::Claimed
    } else {
        Verification::None
    };
    if status.is_some_and(SignatureStatus::is_fault) {
        agent.findings.insert(Finding::SignatureUnusable);
    }
    if let Some(signer) = signer.filter(|_| !of_another && entry.is_none()) {
        agent.name = Some(&signer.name);
        agent.operator = signer.operator.as_deref();
        agent.purpose = signer.purpose;
        // Agents drive browsers, and say so by signing.
        if agent.class == AgentClass::Browser {
            agent.class = signer.class;
        }
    }
    agent.signature = checked.map(|(signature, _)| Box::new(signature));
}
