//! `POST /v1/revocations`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use crate::auth::Operator;
use crate::body::JsonBody;
use crate::limits;
use crate::problem::Problem;
use crate::scorer::{Scorer, writing};

/// A session to revoke, by the id the edges send. It need not have been seen: a stolen token may come yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    session: String,
}

pub async fn post(
    _: Operator,
    State(scorer): State<Arc<Scorer>>,
    body: JsonBody,
) -> Result<StatusCode, Problem> {
    writing(scorer, move |scorer| {
        let revocation: Revocation = body.parse()?;
        limits::id("session", &revocation.session)?;
        let mut writer = scorer.store.write()?;
        writer.revoke(&revocation.session, scorer.now())?;
        writer.commit()?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
