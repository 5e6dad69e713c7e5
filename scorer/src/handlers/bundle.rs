//! `GET /v1/bundle`

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::auth::Edge;
use crate::problem::Problem;
use crate::scorer::{Scorer, blocking};

const SIGNATURE: HeaderName = HeaderName::from_static("edgeward-signature");

pub async fn get(
    _: Edge,
    State(scorer): State<Arc<Scorer>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bundle =
        blocking(move || Ok(scorer.bundle.as_ref().and_then(|file| file.current()))).await?.ok_or_else(
            || Problem::new(StatusCode::NOT_FOUND, "no_bundle", "this scorer has no bundle to serve"),
        )?;
    let unprintable = |_| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the signature can not be sent in a header",
        )
    };
    let etag = HeaderValue::try_from(format!("\"{}\"", bundle.version)).map_err(unprintable)?;
    let about = [
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (SIGNATURE, HeaderValue::try_from(&bundle.signature).map_err(unprintable)?),
        (header::ETAG, etag.clone()),
    ];
    if headers.get_all(header::IF_NONE_MATCH).iter().any(|value| names(value, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    Ok((about, json, bundle.bytes.clone()).into_response())
}

/// Whether `If-None-Match` names the tag, by weak comparison (RFC 9110 section 13.1.2).
fn names(if_none_match: &HeaderValue, etag: &HeaderValue) -> bool {
    let Some((list, etag)) = if_none_match.to_str().ok().zip(etag.to_str().ok()) else { return false };
    list.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag)
}
