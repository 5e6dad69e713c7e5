//! `GET /v1/state`

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use edgeward::risk::RiskLevel;
use serde::Serialize;

use crate::auth::Edge;
use crate::directory::IdentityKind;
use crate::learn::announce;
use crate::problem::Problem;
use crate::scorer::{Scorer, blocking, writing};
use crate::store::{Changes, StoreError};

/// Most entries of one answer: under 100 kB with hashed ids. An edge asks again until none come.
const PAGE: u32 = 1_000;

/// What changed. An identity or session appears once, with its latest state.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateChanges {
    cursor: i64,
    revoked_sessions: Vec<RevokedSession>,
    risk_levels: Vec<RiskChange>,
    forked_cookies: Vec<ForkedCookie>,
    /// The audit found that edges allow too much by their models: they are to ask instead.
    fail_safe: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RevokedSession {
    id: String,
    revoked_at: i64,
}

#[derive(Debug, Serialize)]
struct ForkedCookie {
    principal: String,
    line: String,
}

#[derive(Debug, Serialize)]
struct RiskChange {
    kind: IdentityKind,
    id: String,
    level: RiskLevel,
}

pub async fn get(
    _: Edge,
    State(scorer): State<Arc<Scorer>>,
    RawQuery(query): RawQuery,
) -> Result<Json<StateChanges>, Problem> {
    let since = since(query.as_deref().unwrap_or_default())?;
    let asked = Arc::clone(&scorer);
    // Levels fall with time and nobody tells; they are settled when somebody looks.
    if blocking(move || Ok(!asked.store.read()?.fallen(asked.now(), 1)?.is_empty())).await? {
        let settled = writing(Arc::clone(&scorer), |scorer| Ok(settle(scorer, scorer.now())?)).await;
        if settled.is_err() {
            // A level that should have fallen is on the safe side. That a session was revoked must be heard even where
            // nothing can be written, as on a full disk.
            tracing::warn!("levels that time has lowered stay as they were announced");
        }
    }
    blocking(move || Ok(Json(scorer.store.read()?.changes(since, PAGE)?.into()))).await
}

fn settle(scorer: &Scorer, now: i64) -> Result<(), StoreError> {
    let mut writer = scorer.store.write()?;
    for risk in writer.fallen(now, PAGE)? {
        announce(&mut *writer, &scorer.model, &risk.id, risk.kind, now)?;
    }
    writer.commit()
}

/// Reads `since` from a query; absent is 0, the beginning.
fn since(query: &str) -> Result<i64, Problem> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("since="));
    value.map_or(Ok(0), |value| {
        value.parse().ok().filter(|since| *since >= 0).ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid_query",
                "since is the cursor of an earlier answer, or 0",
            )
        })
    })
}

impl From<Changes> for StateChanges {
    fn from(changes: Changes) -> Self {
        let revoked = |(id, revoked_at)| RevokedSession { id, revoked_at };
        Self {
            cursor: changes.cursor,
            revoked_sessions: changes.revoked_sessions.into_iter().map(revoked).collect(),
            forked_cookies: changes
                .forked_cookies
                .into_iter()
                .map(|(principal, line)| ForkedCookie { principal, line })
                .collect(),
            fail_safe: changes.fail_safe,
            risk_levels: changes
                .risk_levels
                .into_iter()
                .map(|risk| RiskChange { kind: risk.kind, id: risk.id, level: risk.level })
                .collect(),
        }
    }
}
