//! `PUT /v1/identities/{id}`

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::auth::Operator;
use crate::body::JsonBody;
use crate::directory::Identity;
use crate::limits;
use crate::problem::Problem;
use crate::scorer::{Scorer, writing};

pub async fn put(
    _: Operator,
    State(scorer): State<Arc<Scorer>>,
    id: Result<Path<String>, PathRejection>,
    body: JsonBody,
) -> Result<StatusCode, Problem> {
    let Path(id) =
        id.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, "invalid_path", rejection.body_text()))?;
    limits::id("{id}", &id)?;
    writing(scorer, move |scorer| {
        let identity: Identity = body.parse()?;
        identity.check("")?;
        let mut writer = scorer.store.write()?;
        writer.put_identity(&id, &identity)?;
        writer.commit()?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
