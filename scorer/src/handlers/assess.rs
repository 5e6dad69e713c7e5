//! `POST /v1/assess`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use edgeward::assess::{Answer, Assessment};

use super::receipts::check_schema;
use crate::answer::answer;
use crate::auth::Edge;
use crate::body::JsonBody;
use crate::limits;
use crate::problem::Problem;
use crate::scorer::{Scorer, blocking};

pub async fn post(
    _: Edge,
    State(scorer): State<Arc<Scorer>>,
    body: JsonBody,
) -> Result<Json<Answer<'static>>, Problem> {
    blocking(move || {
        let question: Assessment<'_> = body.parse()?;
        check_schema("schema", question.schema)?;
        limits::subject("about", &question.about)?;
        let reader = scorer.store.read()?;
        Ok(Json(answer(&*reader, &scorer.model, &question, scorer.now())?))
    })
    .await
}
