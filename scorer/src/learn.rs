//! From receipts to memory: habits, detections, sprays, revocations and the risk they amount to.
//!
//! Threat: an attacker who can make the scorer learn owns it. So habits come only from requests that were
//! allowed for an authenticated principal, and risk of an identity only from requests that carried it: a failed
//! sign-in names its victim and proves nothing about them, or a stranger could lock people out at will.

use std::collections::BTreeSet;

use edgeward::assess::{ReportedDetection, Subject};
use edgeward::decision::Outcome;
use edgeward::detection::DetectionKind;
use edgeward::receipt::Receipt;
use edgeward::risk::RiskLevel;

use crate::directory::IdentityKind;
use crate::profile;
use crate::risk::RiskModel;
use crate::store::{AnnouncedRisk, Attempt, StoreError, Writer};

/// Learns from one receipt that was not seen before.
///
/// # Errors
/// The store failed.
pub fn learn(
    writer: &mut dyn Writer,
    model: &RiskModel,
    receipt: &Receipt<'_>,
    now: i64,
) -> Result<(), StoreError> {
    let about = &receipt.about;
    // An edge's clock may run ahead; what is remembered must not outlive its time for it.
    let time = about.time.unwrap_or(now).min(now);
    let carried = about.principal.as_deref().zip(about.principal_kind.and_then(IdentityKind::of));
    // Before the habits, which this very sign-in may add to. It is people who sign in.
    let tried = receipt.sign_in_principal.as_deref().map(|id| (id, IdentityKind::User)).or(carried);
    if let (Some((id, kind)), Some(address), Some(succeeded)) =
        (tried, about.address.as_deref(), receipt.sign_in_succeeded)
    {
        let familiar = profile::is_familiar_network(about, writer.profile(id)?.as_ref());
        writer.note_attempt(&Attempt { address, identity: id, kind, succeeded, familiar, time })?;
    }
    match carried {
        Some((id, kind)) if receipt.sign_in_succeeded != Some(false) => {
            learn_identity(writer, model, receipt, (id, kind), time, now)
        }
        _ => Ok(()),
    }
}

fn learn_identity(
    writer: &mut dyn Writer,
    model: &RiskModel,
    receipt: &Receipt<'_>,
    (id, kind): (&str, IdentityKind),
    time: i64,
    now: i64,
) -> Result<(), StoreError> {
    let about = &receipt.about;
    let from_history = profile::detect(about, writer.profile(id)?.as_ref());
    let found = strongest(about.detections.iter().chain(&from_history));
    for detection in &found {
        writer.remember(id, *detection, time)?;
    }
    let is_hijacked = found.iter().any(|found| found.level == RiskLevel::High);
    let is_revoked = revoke_if_stolen(writer, about, &found, now)?;
    if receipt.outcome == Outcome::Allow && !receipt.outage && !is_hijacked && !is_revoked {
        writer.learn(id, &profile::habit(about, time))?;
    }
    if !found.is_empty() {
        announce(writer, model, id, kind, now)?;
    }
    Ok(())
}

/// Looks for sprays from the addresses of a batch, and marks who fell to them: principals who signed in from
/// there in the same hour, on a network that is not theirs. Run after the batch, because the success may come
/// before the failures that give it away. Known false positives: a newcomer's first sign-in on a shared network
/// that is being sprayed from.
///
/// # Errors
/// The store failed.
pub fn find_sprays(
    writer: &mut dyn Writer,
    model: &RiskModel,
    addresses: &BTreeSet<&str>,
    now: i64,
) -> Result<(), StoreError> {
    let since = now.saturating_sub(model.password_spray.window());
    for address in addresses {
        let sign_ins = writer.sign_ins(address, since)?;
        if !model.password_spray.is_spray(sign_ins.failing, sign_ins.succeeding) {
            continue;
        }
        for victim in writer.unfamiliar_successes(address, since)? {
            let detection = ReportedDetection { kind: DetectionKind::PasswordSpray, level: RiskLevel::High };
            writer.remember(&victim.id, detection, victim.time)?;
            announce(writer, model, &victim.id, victim.kind, now)?;
        }
    }
    Ok(())
}

/// Computes an identity's risk and announces it.
///
/// # Errors
/// The store failed.
pub fn announce(
    writer: &mut dyn Writer,
    model: &RiskModel,
    id: &str,
    kind: IdentityKind,
    now: i64,
) -> Result<(), StoreError> {
    let remembered = writer.detections(id)?;
    let level = model.identity(&remembered, now);
    // Edges take what they were never told of for unknown, and need not hear that nothing is wrong.
    if level == RiskLevel::None && writer.announced(id)?.is_none() {
        return Ok(());
    }
    let falls_at = model.falls_at(&remembered, now);
    writer.announce(&AnnouncedRisk { id: id.to_owned(), kind, level, falls_at })
}

/// Revokes the session if its token was replayed beyond doubt, or if it was revoked before.
fn revoke_if_stolen(
    writer: &mut dyn Writer,
    about: &Subject<'_>,
    found: &[ReportedDetection],
    now: i64,
) -> Result<bool, StoreError> {
    let Some(session) = about.session.as_deref() else { return Ok(false) };
    let replayed = ReportedDetection { kind: DetectionKind::AnomalousToken, level: RiskLevel::High };
    if found.contains(&replayed) {
        writer.revoke(session, now)?;
        return Ok(true);
    }
    writer.is_revoked(session)
}

/// The strongest of each kind.
fn strongest<'d>(found: impl Iterator<Item = &'d ReportedDetection>) -> Vec<ReportedDetection> {
    found.fold(Vec::new(), |mut kept, detection| {
        match kept.iter_mut().find(|one: &&mut ReportedDetection| one.kind == detection.kind) {
            Some(one) => one.level = one.level.max(detection.level),
            None => kept.push(*detection),
        }
        kept
    })
}
