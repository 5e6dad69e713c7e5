//! `GET /healthz`, the one resource without a token: it says that the store answers, and nothing else.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::problem::Problem;
use crate::scorer::{Scorer, blocking};

#[derive(Debug, Serialize)]
pub struct Health {
    status: &'static str,
}

pub async fn get(State(scorer): State<Arc<Scorer>>) -> Result<Json<Health>, Problem> {
    blocking(move || {
        // The cheapest question that reaches the file.
        scorer.store.read()?.is_revoked("")?;
        Ok(Json(Health { status: "ok" }))
    })
    .await
}
