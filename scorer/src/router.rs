//! Which address is answered by what.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};

use crate::handlers::{assess, audit, bundle, health, identities, receipts, revocations, risk, state};
use crate::limits;
use crate::problem::Problem;
use crate::scorer::Scorer;

/// Longest a request may take, its body included. An edge gives up on an assessment far sooner.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The service over a scorer.
pub fn router(scorer: Arc<Scorer>) -> Router {
    let at_most = DefaultBodyLimit::max;
    Router::new()
        .route("/v1/assess", post(assess::post).layer(at_most(limits::SMALL_BODY)))
        .route("/v1/receipts", post(receipts::post).layer(at_most(limits::BATCH_BODY)))
        .route("/v1/bundle", get(bundle::get))
        .route("/v1/state", get(state::get))
        .route("/v1/revocations", post(revocations::post).layer(at_most(limits::SMALL_BODY)))
        .route("/v1/identities/{id}", put(identities::put).layer(at_most(limits::IDENTITY_BODY)))
        .route("/v1/identities/{id}/risk", get(risk::get))
        .route(
            "/v1/identities/{id}/confirmCompromised",
            post(risk::confirm_compromised).layer(at_most(limits::SMALL_BODY)),
        )
        .route("/v1/identities/{id}/dismiss", post(risk::dismiss).layer(at_most(limits::SMALL_BODY)))
        .route("/v1/audit", get(audit::get))
        .route("/v1/audit/resume", post(audit::resume))
        .route("/healthz", get(health::get))
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "see the Allow header")
        })
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here") })
        .layer(from_fn(observe))
        .with_state(scorer)
}

/// Bounds and logs a request. The log has the resource, and neither a body nor an id in the address: they are about
/// people.
async fn observe(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let resource = request.extensions().get::<MatchedPath>().cloned();
    let response = tokio::time::timeout(TIMEOUT, next.run(request)).await.unwrap_or_else(|_| {
        Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the request took longer than 10 seconds")
            .into_response()
    });
    let resource = resource.as_ref().map_or("none", MatchedPath::as_str);
    tracing::debug!(%method, resource, status = response.status().as_u16(), "answered");
    response
}
