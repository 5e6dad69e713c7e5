//! `GET /v1/identities/{id}/risk`, `POST …/confirmCompromised`, `POST …/dismiss`: what is held against an identity, and
//! what a person decides of it. The words are those of Graph's `riskyUser`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use edgeward::detection::DetectionKind;
use edgeward::risk::RiskLevel;
use serde::{Deserialize, Serialize};

use crate::auth::{Edge, Operator};
use crate::body::JsonBody;
use crate::directory::IdentityKind;
use crate::display::ShownAgent;
use crate::learn::{announce, hold_to_promise};
use crate::limits;
use crate::problem::Problem;
use crate::risk::RiskState;
use crate::scorer::{Scorer, blocking, writing};
use crate::store::Reader;

/// Sessions named in one decision at most.
const SESSIONS: usize = 100;

/// Which sessions a decision is about, by the ids the edges send. Those that were somebody else's are revoked; those
/// that the audit watches are counted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    #[serde(default)]
    sessions: Vec<String>,
}

/// What is held against an identity.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityRisk {
    risk_level: RiskLevel,
    risk_state: RiskState,
    /// The latest of each kind and level.
    detections: Vec<FoundAt>,
    /// What it was seen with, as its habits are kept.
    agents: Vec<ShownAgent>,
}

#[derive(Debug, Serialize)]
struct FoundAt {
    #[serde(rename = "type")]
    kind: DetectionKind,
    level: RiskLevel,
    time: i64,
}

type Id = Result<Path<String>, PathRejection>;

pub async fn get(_: Edge, State(scorer): State<Arc<Scorer>>, id: Id) -> Result<Json<IdentityRisk>, Problem> {
    let id = checked(id)?;
    blocking(move || {
        let reader = scorer.store.read()?;
        let remembered = reader.detections(&id)?;
        let standing = scorer.model.standing(&remembered, reader.verdict(&id)?, scorer.now());
        let detections = remembered
            .iter()
            .map(|one| FoundAt { kind: one.detection.kind, level: one.detection.level, time: one.time })
            .collect();
        let profile = reader.profile(&id)?.unwrap_or_default();
        let agents = profile.agents.iter().map(|key| ShownAgent::of(key)).collect();
        Ok(Json(IdentityRisk { risk_level: standing.level, risk_state: standing.state, detections, agents }))
    })
    .await
}

pub async fn confirm_compromised(
    _: Operator,
    State(scorer): State<Arc<Scorer>>,
    id: Id,
    body: JsonBody,
) -> Result<StatusCode, Problem> {
    decide(scorer, id, body, RiskState::ConfirmedCompromised).await
}

pub async fn dismiss(
    _: Operator,
    State(scorer): State<Arc<Scorer>>,
    id: Id,
    body: JsonBody,
) -> Result<StatusCode, Problem> {
    decide(scorer, id, body, RiskState::Dismissed).await
}

async fn decide(
    scorer: Arc<Scorer>,
    id: Id,
    body: JsonBody,
    state: RiskState,
) -> Result<StatusCode, Problem> {
    let id = checked(id)?;
    writing(scorer, move |scorer| {
        let decided: Decided = body.parse()?;
        limits::count("sessions", decided.sessions.len(), SESSIONS)?;
        for (index, session) in decided.sessions.iter().enumerate() {
            limits::id(&format!("sessions[{index}]"), session)?;
        }
        let now = scorer.now();
        let mut writer = scorer.store.write()?;
        writer.decide(&id, state, now)?;
        let is_attack = state == RiskState::ConfirmedCompromised;
        for session in &decided.sessions {
            writer.label_audited(&id, session, is_attack)?;
            if is_attack {
                writer.revoke(session, now)?;
            }
        }
        for kind in kinds_of(&*writer, &id)? {
            announce(&mut *writer, &scorer.model, &id, kind, now)?;
        }
        hold_to_promise(&mut *writer, &scorer.model, now)?;
        writer.commit()?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// What an identity is, as the directory tells. Where it does not, each kind: edges look for one of them, and receipts are
/// no proof of which.
fn kinds_of(reader: &dyn Reader, id: &str) -> Result<Vec<IdentityKind>, Problem> {
    let told = reader.identity(id)?.and_then(|identity| IdentityKind::of(identity.kind));
    Ok(told.map_or_else(|| IdentityKind::ALL.to_vec(), |kind| vec![kind]))
}

fn checked(id: Id) -> Result<String, Problem> {
    let Path(id) =
        id.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, "invalid_path", rejection.body_text()))?;
    limits::id("{id}", &id)?;
    Ok(id)
}
