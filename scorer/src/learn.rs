//! From receipts to memory: habits, detections, sprays, revocations and the risk they amount to.
//!
//! Threat: an attacker who can make the scorer learn owns it. So habits come only from requests that were
//! allowed for an authenticated principal, and risk of an identity only from requests that carried it: a failed
//! sign-in names its victim and proves nothing about them, or a stranger could lock people out at will.

use std::collections::{BTreeMap, BTreeSet};

use edgeward::assess::{ReportedDetection, Subject};
use edgeward::decision::Outcome;
use edgeward::detection::DetectionKind;
use edgeward::profile::LineSeen;
use edgeward::receipt::Receipt;
use edgeward::risk::RiskLevel;
use edgeward::signal::CATALOGUE;

use crate::directory::IdentityKind;
use crate::profile;
use crate::risk::{RiskModel, Standing};
use crate::store::{AnnouncedRisk, Attempt, BinCount, DAY, Reader, StoreError, Writer};

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
    let mut unseen = profile::detect(about, writer.profile(id)?.as_ref());
    if is_copied(writer, receipt, id, time, now)? {
        unseen.push(ReportedDetection { kind: DetectionKind::AnomalousToken, level: RiskLevel::High });
    }
    let found = strongest(about.detections.iter().chain(&unseen));
    for detection in &found {
        writer.remember(id, *detection, time)?;
    }
    let is_hijacked = found.iter().any(|found| found.level == RiskLevel::High);
    let is_revoked = revoke_if_stolen(writer, about, &found, now)?;
    if let Some(session) = about.session.as_deref() {
        if receipt.audited == Some(true) && receipt.outcome == Outcome::Allow && receipt.asked.is_empty() {
            writer.note_audited(id, session, &receipt.versions.model, time)?;
        }
        if is_revoked && is_hijacked {
            writer.label_audited(id, session, true)?;
        }
    }
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
        if !is_sprayed(&*writer, model, address, now)? {
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

/// Whether passwords are being sprayed from an address.
///
/// # Errors
/// The store failed.
pub fn is_sprayed(
    reader: &(impl Reader + ?Sized),
    model: &RiskModel,
    address: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let spray = model.password_spray;
    let since = now.saturating_sub(spray.window());
    let succeeding = reader.succeeding(address, since)?;
    let failing = reader.failing(address, since, spray.most_failing(succeeding))?;
    Ok(spray.is_spray(failing, succeeding))
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
    let Standing { level, falls_at, .. } = model.standing(&writer.detections(id)?, writer.verdict(id)?, now);
    let mut kinds: Vec<IdentityKind> = writer.announced(id)?.iter().map(|before| before.kind).collect();
    // Edges take what they were never told of for unknown, and need not hear that nothing is wrong.
    if level != RiskLevel::None && !kinds.contains(&kind) {
        kinds.push(kind);
    }
    // One edge may take for an agent what another takes for a user. What is known of an id holds for all that it was
    // said to be.
    for kind in kinds {
        writer.announce(&AnnouncedRisk { id: id.to_owned(), kind, level, falls_at })?;
    }
    Ok(())
}

/// Whether another copy of the device cookie is in use. The edges tell what was presented to each; here it comes
/// together.
fn is_copied(
    writer: &mut dyn Writer,
    receipt: &Receipt<'_>,
    id: &str,
    time: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let Some(cookie) = &receipt.cookie else { return Ok(false) };
    let seen = LineSeen::after(writer.cookie_line(id, &cookie.line)?, cookie, time);
    writer.note_cookie(id, &cookie.line, &seen, now)?;
    Ok(seen.is_forked)
}

/// Stops edges from allowing by a model that broke its promise.
///
/// # Errors
/// The store failed.
pub fn hold_to_promise(writer: &mut dyn Writer, model: &RiskModel, now: i64) -> Result<(), StoreError> {
    for audit in writer.audits()? {
        if audit.failed_at.is_none() && model.audit.is_broken(audit.counted) {
            tracing::warn!(model = audit.model, "edges allow too much by this model; they are told to ask");
            writer.fail_safe(&audit.model, now)?;
        }
    }
    Ok(())
}

/// Counts what the scores of a batch were made of, for the drift of its signals. Signals and bins that this scorer
/// does not know are left out: they would be an edge's own words.
///
/// # Errors
/// The store failed.
pub fn count_contributions(
    writer: &mut dyn Writer,
    receipts: &[&Receipt<'_>],
    now: i64,
) -> Result<(), StoreError> {
    let mut counts: BTreeMap<(&str, i64, &str, &str), u64> = BTreeMap::new();
    for receipt in receipts.iter().filter(|receipt| receipt.about.principal.is_some()) {
        let (model, day) = (&*receipt.versions.model, receipt.about.time.unwrap_or(now).clamp(0, now) / DAY);
        *counts.entry((model, day, "", "")).or_default() += 1;
        for part in &receipt.contributions {
            let bins = CATALOGUE.iter().find(|(signal, _)| *signal == &*part.signal).map(|(_, bins)| bins);
            if bins.is_some_and(|bins| bins.contains(&&*part.bin)) {
                *counts.entry((model, day, &part.signal, &part.bin)).or_default() += 1;
            }
        }
    }
    for ((model, day, signal, bin), count) in counts {
        let counted = BinCount { signal: signal.to_owned(), bin: bin.to_owned(), count };
        writer.count_contribution(model, day, &counted)?;
    }
    Ok(())
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
        // Edges let a session go on that was established later. Where the clock here is behind theirs, that would be the
        // stolen one; and nobody's clock is ahead by more than a day.
        let until = about.time.unwrap_or(now).clamp(now, now.saturating_add(DAY));
        writer.revoke(session, until)?;
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
