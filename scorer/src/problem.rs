//! Errors as RFC 9457 problem documents.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::store::StoreError;

/// Most that is quoted of an error of the parser, bytes.
const LONGEST: usize = 4096;

/// What went wrong with a request. `code` is stable; `detail` is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    path: Option<String>,
    challenge: Option<&'static str>,
}

/// The document, RFC 9457 section 3.1, with `code` and `path` as extension members. `type` is left out: it is
/// `about:blank`, and `title` therefore the phrase of the status.
#[derive(Serialize)]
struct Document<'a> {
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
}

impl Problem {
    /// A problem without a place in the body.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), path: None, challenge: None }
    }

    /// The body is not JSON (`invalid_json`) or not the JSON expected (`invalid_value`).
    pub fn json(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let detail = shortened(&error.inner().to_string());
        if !error.inner().is_data() {
            return Self::new(StatusCode::BAD_REQUEST, "invalid_json", detail);
        }
        let path = Some(shortened(&error.path().to_string())).filter(|path| path != ".");
        Self { path, ..Self::new(StatusCode::BAD_REQUEST, "invalid_value", detail) }
    }

    /// A value in the body is out of bounds.
    pub fn value(path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..Self::new(StatusCode::BAD_REQUEST, "invalid_value", detail) }
    }

    /// A token is missing or wrong; `challenge` goes into `WWW-Authenticate`.
    pub fn unauthorized(code: &'static str, detail: &'static str, challenge: &'static str) -> Self {
        Self { challenge: Some(challenge), ..Self::new(StatusCode::UNAUTHORIZED, code, detail) }
    }
}

/// An error of the parser with a long value cut out: it quotes what it found, which may be as long as the body. Where it
/// was is said at the end.
fn shortened(text: &str) -> String {
    const END: usize = 128;
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let start = text.get(..text.floor_char_boundary(LONGEST - END)).unwrap_or_default();
    let end = text.get(text.ceil_char_boundary(text.len() - END)..).unwrap_or_default();
    format!("{start} … {end}")
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.path {
            Some(path) => write!(formatter, "{path}: {}", self.detail),
            None => formatter.write_str(&self.detail),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        // The cause may name files and statements: it belongs in the log, not on the wire.
        tracing::error!(%error, "the store failed");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "storage_unavailable",
            "the scorer can not reach its storage",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document {
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            path: self.path.as_deref(),
        };
        let mut response = (self.status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
