//! JSON bodies: read whole within the route's limit, parsed where they lie.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::Deserialize;

use crate::problem::Problem;

/// A body that says it is JSON. It is parsed by the handler, because what is parsed borrows from it.
#[derive(Debug)]
pub struct JsonBody(Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let unsupported = |detail: &str| {
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_type", detail)
        };
        let headers = request.headers();
        if !headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_json) {
            return Err(unsupported("send Content-Type: application/json"));
        }
        if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
            return Err(unsupported("send the body without Content-Encoding"));
        }
        Bytes::from_request(request, state).await.map(Self).map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "the body is larger than this resource takes",
            ),
            _ => Problem::new(StatusCode::BAD_REQUEST, "incomplete_body", rejection.body_text()),
        })
    }
}

impl JsonBody {
    /// Parses the body.
    ///
    /// # Errors
    /// It is not JSON, or not the JSON expected; with the line and column, and the path where there is one.
    pub fn parse<'b, T: Deserialize<'b>>(&'b self) -> Result<T, Problem> {
        let mut deserializer = serde_json::Deserializer::from_slice(&self.0);
        let value =
            serde_path_to_error::deserialize(&mut deserializer).map_err(|error| Problem::json(&error))?;
        deserializer
            .end()
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "invalid_json", error.to_string()))?;
        Ok(value)
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
