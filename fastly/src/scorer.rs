//! The central scorer as a backend of the service.
//!
//! How long a request waits is the backend's own first byte timeout, which the host keeps: an instance has no timer.

use std::io::Read as _;

use fastly::http::StatusCode;
use fastly::{Request, Response};

use crate::store::{Failure, Scorer};

/// The backend's name.
pub const BACKEND: &str = "scorer";
/// No answer is larger: bytes.
const ANSWER_LIMIT: u64 = 256 * 1024;
/// A page of state has a thousand entries, of two ids of 256 bytes at most, and JSON may double them: bytes.
const STATE_LIMIT: u64 = 2 * 1024 * 1024;

/// The scorer behind [`BACKEND`].
#[derive(Debug)]
pub struct BackendScorer {
    authorization: String,
}

impl BackendScorer {
    /// `token` is a bearer token.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self { authorization: format!("Bearer {token}") }
    }

    fn exchange(&self, request: Request) -> Result<Response, Failure> {
        let path = request.get_path().to_owned();
        let request = request.with_header("authorization", &self.authorization).with_pass(true);
        let response = request
            .send(BACKEND)
            .map_err(|why| Failure::Unreachable(format!("{path} can not be had: {}", why.root_cause())))?;
        match response.get_status() {
            status if status.is_success() => Ok(response),
            status @ (StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNPROCESSABLE_ENTITY) => {
                Err(Failure::Rejected(format!("{path} answered {}", status.as_u16())))
            }
            status => Err(Failure::Refused(format!("{path} answered {}", status.as_u16()))),
        }
    }
}

impl Scorer for BackendScorer {
    fn assess(&self, assessment: &str) -> Result<String, Failure> {
        self.exchange(post("http://scorer/v1/assess", assessment))
            .and_then(|response| read(response, ANSWER_LIMIT))
    }

    fn state(&self, since: u64) -> Result<String, Failure> {
        let request = Request::get(format!("http://scorer/v1/state?since={since}"));
        self.exchange(request).and_then(|response| read(response, STATE_LIMIT))
    }

    fn record(&self, receipts: &str) -> Result<(), Failure> {
        self.exchange(post("http://scorer/v1/receipts", receipts)).map(drop)
    }
}

fn post(url: &str, body: &str) -> Request {
    Request::post(url).with_header("content-type", "application/json").with_body(body)
}

fn read(response: Response, limit: u64) -> Result<String, Failure> {
    let mut text = String::new();
    let read = response.into_body().take(limit + 1).read_to_string(&mut text);
    match read {
        Ok(_) if text.len() as u64 <= limit => Ok(text),
        Ok(_) => Err(Failure::Garbage(format!("an answer has more than {limit} bytes"))),
        Err(why) => Err(Failure::Garbage(format!("an answer can not be read: {why}"))),
    }
}
