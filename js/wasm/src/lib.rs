//! The engine behind the JavaScript boundary: nothing but the crossing. Shapes and limits are those of
//! [`edgeward::ffi`]; JSON text goes in and out, because one string crosses faster than an object's members.

use edgeward::ffi::{self, Instance};
use wasm_bindgen::prelude::*;

/// One engine. Methods answer JSON text; a failure is `{"error":{…}}`, thrown as text where the answer is none.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine(Instance);

#[wasm_bindgen]
impl Engine {
    /// Sets up an engine without a bundle.
    ///
    /// # Errors
    /// The failure, as JSON text.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> Result<Self, String> {
        Instance::new(options).map(Self).map_err(|error| ffi::failure(&error))
    }

    /// Loads a bundle.
    pub fn load(&mut self, bundle: &str, signature: Option<String>) -> String {
        self.0.load(bundle, signature.as_deref())
    }

    /// Decides a request.
    #[must_use]
    pub fn evaluate(&self, request: &str) -> String {
        self.0.evaluate(request)
    }

    /// Decides a deferred request for good.
    #[must_use]
    pub fn resume(&self, request: &str, answer: Option<String>) -> String {
        self.0.resume(request, answer.as_deref())
    }

    /// What to ask the scorer.
    #[must_use]
    pub fn assessment(&self, request: &str) -> String {
        self.0.assessment(request)
    }

    /// The record of a decision.
    #[must_use]
    pub fn receipt(&self, request: &str, answer: Option<String>, circumstances: &str) -> String {
        self.0.receipt(request, answer.as_deref(), circumstances)
    }

    /// An identifier as it leaves the edge.
    ///
    /// # Errors
    /// The failure, as JSON text.
    pub fn identifier(&self, kind: &str, value: &str) -> Result<String, String> {
        self.0.identifier(kind, value).map_err(|error| ffi::failure(&error))
    }
}

/// What a client is.
#[wasm_bindgen]
#[must_use]
pub fn classify(subject: &str) -> String {
    ffi::classify(subject)
}

/// A random key for identifier hashes, 64 hexadecimal digits, from the host's own source of randomness.
///
/// # Errors
/// What the host's source of randomness says.
#[wasm_bindgen(js_name = newIdentifierKey)]
pub fn new_identifier_key() -> Result<String, String> {
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key).map_err(|error| error.to_string())?;
    Ok(key.iter().map(|byte| format!("{byte:02x}")).collect())
}
