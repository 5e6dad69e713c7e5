//! `GET /v1/audit`: whether edges keep the promise they allow by, and how far requests have moved from what was
//! calibrated on. `POST /v1/audit/resume`: a person lets the edges go on.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::audit::{Drift, drift};
use crate::auth::{Edge, Operator};
use crate::problem::Problem;
use crate::scorer::{Scorer, blocking, writing};
use crate::store::{BinCount, DAY, Reader, StoreError};

/// Days of the current window, today included; the reference is the four weeks before it.
const CURRENT_DAYS: i64 = 7;
const REFERENCE_DAYS: i64 = 28;
/// Receipts that either window needs before a difference means anything.
const ENOUGH: u64 = 500;

/// The state of the audit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditState {
    /// Edges are told not to allow by their models.
    fail_safe: bool,
    /// Largest share of attacks among what is let through, as promised.
    bound: f64,
    /// Evidence at which a promise counts as broken.
    threshold: f64,
    models: Vec<ModelState>,
    drift: Option<DriftReport>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelState {
    model: String,
    allows: u64,
    attacks: u64,
    evidence: f64,
    failed_at: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DriftReport {
    model: String,
    reference_receipts: u64,
    current_receipts: u64,
    /// Most moved first; empty while a window holds fewer than 500 receipts.
    signals: Vec<Drift>,
}

pub async fn get(_: Edge, State(scorer): State<Arc<Scorer>>) -> Result<Json<AuditState>, Problem> {
    blocking(move || {
        let reader = scorer.store.read()?;
        let promise = scorer.model.audit;
        let models: Vec<ModelState> = reader
            .audits()?
            .into_iter()
            .map(|audit| ModelState {
                model: audit.model,
                allows: audit.counted.allows,
                attacks: audit.counted.attacks,
                // JSON has no infinity, and nobody needs more certainty than this.
                evidence: promise.evidence(audit.counted).min(f64::MAX),
                failed_at: audit.failed_at,
            })
            .collect();
        Ok(Json(AuditState {
            fail_safe: models.iter().any(|model| model.failed_at.is_some()),
            bound: promise.bound(),
            threshold: promise.threshold(),
            models,
            drift: report(&*reader, scorer.now())?,
        }))
    })
    .await
}

pub async fn resume(_: Operator, State(scorer): State<Arc<Scorer>>) -> Result<StatusCode, Problem> {
    writing(scorer, |scorer| {
        let mut writer = scorer.store.write()?;
        writer.resume()?;
        writer.commit()?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn report(reader: &dyn Reader, now: i64) -> Result<Option<DriftReport>, StoreError> {
    let Some(model) = reader.latest_model()? else { return Ok(None) };
    let today = now / DAY;
    let start = today - CURRENT_DAYS + 1;
    let reference = reader.contributions(&model, start - REFERENCE_DAYS, start - 1)?;
    let current = reader.contributions(&model, start, today)?;
    let totals = (total(&reference), total(&current));
    let mut signals = Vec::new();
    if totals.0 >= ENOUGH && totals.1 >= ENOUGH {
        let mut bins: BTreeMap<&str, BTreeMap<&str, (u64, u64)>> = BTreeMap::new();
        for one in reference.iter().filter(|one| !one.signal.is_empty()) {
            bins.entry(&one.signal).or_default().entry(&one.bin).or_default().0 = one.count;
        }
        for one in current.iter().filter(|one| !one.signal.is_empty()) {
            bins.entry(&one.signal).or_default().entry(&one.bin).or_default().1 = one.count;
        }
        signals.extend(
            bins.into_iter()
                .map(|(signal, bins)| drift(signal, &bins.into_values().collect::<Vec<_>>(), totals)),
        );
        signals.sort_by(|one, other| other.psi.total_cmp(&one.psi));
    }
    Ok(Some(DriftReport { model, reference_receipts: totals.0, current_receipts: totals.1, signals }))
}

fn total(counts: &[BinCount]) -> u64 {
    counts.iter().find(|one| one.signal.is_empty()).map_or(0, |one| one.count)
}
