//! The engine behind the JavaScript boundary: nothing but the crossing. Shapes and limits are those of
//! [`edgeward::ffi`]; JSON text goes in and out, because one string crosses faster than an object's members. Whatever
//! is asked of a request crosses packed: the host writes into buffers that stay, and reads decisions and clients where they
//! lie.

mod allocator;

use edgeward::ffi::{self, Instance};
use edgeward::packed::{self, ANSWER_WORDS, Answer, PackedRequest};
use wasm_bindgen::prelude::*;

/// Bytes of text a packed request may have; a larger one crosses as JSON.
const TEXT_BYTES: usize = 32 << 10;

/// Sizes a packed request may have: ends of texts, counts, flags and indices.
const SIZES: usize = 2048;

/// Numbers a packed request may have.
const NUMBERS: usize = 256;

/// One engine. Methods answer JSON text; a failure is `{"error":{…}}`, thrown as text where the answer is none.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    instance: Instance,
    buffers: Buffers,
    answer: Answer,
}

#[wasm_bindgen]
impl Engine {
    /// Sets up an engine without a bundle.
    ///
    /// # Errors
    /// The failure, as JSON text.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> Result<Self, String> {
        let instance = Instance::new(options).map_err(|error| ffi::failure(&error))?;
        Ok(Self { instance, buffers: Buffers::default(), answer: Answer::default() })
    }

    /// Where the buffers lie and how many elements they hold: the text, the sizes and the numbers of a request, the
    /// words of an answer; then the texts of the catalogue. They stay where they are as long as the engine lives.
    #[must_use]
    pub fn buffers(&self) -> Vec<usize> {
        let answer = self.answer.words().as_ptr().addr();
        let texts = packed::texts();
        let Buffers { text, sizes, numbers } = &self.buffers;
        vec![
            text.as_ptr().addr(),
            text.len(),
            sizes.as_ptr().addr(),
            sizes.len(),
            numbers.as_ptr().addr(),
            numbers.len(),
            answer,
            ANSWER_WORDS,
            texts.as_ptr().addr(),
            texts.len(),
        ]
    }

    /// Decides the packed request in the buffers: how many words the answer has, 0 if the request does not fit.
    #[wasm_bindgen(js_name = evaluatePacked)]
    pub fn evaluate_packed(&mut self, text: usize, sizes: usize, numbers: usize) -> usize {
        self.answer_packed(text, sizes, numbers, Instance::evaluate_packed)
    }

    /// Decides the packed request in the buffers for good: how many words the answer has, 0 if the request or the
    /// scorer's answer does not fit.
    #[wasm_bindgen(js_name = resumePacked)]
    pub fn resume_packed(
        &mut self,
        text: usize,
        sizes: usize,
        numbers: usize,
        answer: Option<String>,
    ) -> usize {
        self.answer_packed(text, sizes, numbers, |instance, request, words| {
            instance.resume_packed(request, answer.as_deref(), words)
        })
    }

    /// Classifies the client of the packed request in the buffers: how many words the answer has, 0 if the request does
    /// not fit. Needs no bundle.
    #[wasm_bindgen(js_name = classifyPacked)]
    pub fn classify_packed(&mut self, text: usize, sizes: usize, numbers: usize) -> usize {
        self.answer_packed(text, sizes, numbers, |_, request, words| ffi::classify_packed(request, words))
    }

    /// Classifies the client of the user agent in the buffer of texts: how many words the answer has, 0 if it is no
    /// text.
    #[wasm_bindgen(js_name = classifyAgent)]
    pub fn classify_agent(&mut self, bytes: usize) -> usize {
        self.answer_packed(bytes, 0, 0, |instance, agent, words| instance.classify_agent(agent.text, words))
    }

    /// What the numbers of packed answers stand for.
    #[must_use]
    pub fn tables(&self) -> String {
        self.instance.tables()
    }

    /// Loads a bundle.
    pub fn load(&mut self, bundle: &str, signature: Option<String>) -> String {
        self.instance.load(bundle, signature.as_deref())
    }

    /// Decides a request.
    #[must_use]
    pub fn evaluate(&self, request: &str) -> String {
        self.instance.evaluate(request)
    }

    /// Decides a deferred request for good.
    #[must_use]
    pub fn resume(&self, request: &str, answer: Option<String>) -> String {
        self.instance.resume(request, answer.as_deref())
    }

    /// What to ask the scorer.
    #[must_use]
    pub fn assessment(&self, request: &str) -> String {
        self.instance.assessment(request)
    }

    /// What to ask the scorer about the packed request in the buffers; none if the request does not fit.
    #[wasm_bindgen(js_name = assessmentPacked)]
    #[must_use]
    pub fn assessment_packed(&self, text: usize, sizes: usize, numbers: usize) -> Option<String> {
        self.instance.assessment_packed(self.buffers.written(text, sizes, numbers)?)
    }

    /// The record of a decision.
    #[must_use]
    pub fn receipt(&self, request: &str, answer: Option<String>, circumstances: &str) -> String {
        self.instance.receipt(request, answer.as_deref(), circumstances)
    }

    /// The record of the decision about the packed request in the buffers; none if the request or the scorer's answer
    /// does not fit.
    #[wasm_bindgen(js_name = receiptPacked)]
    #[must_use]
    pub fn receipt_packed(
        &self,
        text: usize,
        sizes: usize,
        numbers: usize,
        answer: Option<String>,
        circumstances: &str,
    ) -> Option<String> {
        let request = self.buffers.written(text, sizes, numbers)?;
        self.instance.receipt_packed(request, answer.as_deref(), circumstances)
    }

    /// Opens a sealed profile.
    #[wasm_bindgen(js_name = openProfile)]
    #[must_use]
    pub fn open_profile(&self, request: &str, sealed: Option<String>) -> String {
        self.instance.open_profile(request, sealed.as_deref())
    }

    /// Opens the sealed profile that came with the packed request in the buffers; none if the request does not fit.
    #[wasm_bindgen(js_name = openProfilePacked)]
    #[must_use]
    pub fn open_profile_packed(
        &self,
        text: usize,
        sizes: usize,
        numbers: usize,
        sealed: Option<String>,
    ) -> Option<String> {
        let request = self.buffers.written(text, sizes, numbers)?;
        self.instance.open_profile_packed(request, sealed.as_deref())
    }

    /// The sealed profile to give in place of the one presented.
    #[wasm_bindgen(js_name = renewProfile)]
    #[must_use]
    pub fn renew_profile(&self, request: &str, sealed: Option<String>, nonce: &str) -> String {
        self.instance.renew_profile(request, sealed.as_deref(), nonce)
    }

    /// The sealed profile to give in place of the one presented with the packed request in the buffers; none if the request
    /// does not fit.
    #[wasm_bindgen(js_name = renewProfilePacked)]
    #[must_use]
    pub fn renew_profile_packed(
        &self,
        text: usize,
        sizes: usize,
        numbers: usize,
        sealed: Option<String>,
        nonce: &str,
    ) -> Option<String> {
        let request = self.buffers.written(text, sizes, numbers)?;
        self.instance.renew_profile_packed(request, sealed.as_deref(), nonce)
    }

    /// Stops or starts relying on the model.
    #[wasm_bindgen(js_name = setFailSafe)]
    pub fn set_fail_safe(&mut self, fail_safe: bool) {
        self.instance.set_fail_safe(fail_safe);
    }

    /// An identifier as it leaves the edge.
    ///
    /// # Errors
    /// The failure, as JSON text.
    pub fn identifier(&self, kind: &str, value: &str) -> Result<String, String> {
        self.instance.identifier(kind, value).map_err(|error| ffi::failure(&error))
    }
}

impl Engine {
    fn answer_packed(
        &mut self,
        text: usize,
        sizes: usize,
        numbers: usize,
        answer: impl FnOnce(&Instance, PackedRequest<'_>, &mut Answer) -> bool,
    ) -> usize {
        let Some(request) = self.buffers.written(text, sizes, numbers) else { return 0 };
        if answer(&self.instance, request, &mut self.answer) { self.answer.words().len() } else { 0 }
    }
}

/// Where the host writes packed requests.
#[derive(Debug)]
struct Buffers {
    text: Vec<u8>,
    sizes: Vec<i32>,
    numbers: Vec<f64>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { text: vec![0; TEXT_BYTES], sizes: vec![0; SIZES], numbers: vec![0.0; NUMBERS] }
    }
}

impl Buffers {
    /// So much of each as the host wrote; none if there is not so much.
    fn written(&self, text: usize, sizes: usize, numbers: usize) -> Option<PackedRequest<'_>> {
        Some(PackedRequest {
            text: self.text.get(..text)?,
            sizes: self.sizes.get(..sizes)?,
            numbers: self.numbers.get(..numbers)?,
        })
    }
}

/// Session controls that crossed as two words, as JSON.
#[wasm_bindgen(js_name = sessionControls)]
#[must_use]
pub fn session_controls(modes: i32, frequency: i32) -> String {
    packed::session_controls_json([modes, frequency])
}

/// The memory that the buffers lie in.
#[wasm_bindgen(js_name = moduleMemory)]
#[must_use]
pub fn module_memory() -> JsValue {
    wasm_bindgen::memory()
}

/// What a client is.
#[wasm_bindgen]
#[must_use]
pub fn classify(subject: &str) -> String {
    ffi::classify(subject)
}

/// What is remembered of a line of device cookies; `time` in milliseconds since the Unix epoch.
#[wasm_bindgen(js_name = followLine)]
#[must_use]
pub fn follow_line(seen: Option<String>, cookie: &str, time: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a time in milliseconds is whole and far below 2^53")]
    ffi::follow_line(seen.as_deref(), cookie, time as i64)
}

#[cfg(test)]
mod tests {
    use edgeward::bundle::Bundle;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn engine() -> Engine {
        let mut engine = Engine::new(r#"{"allowUnsigned":true}"#).unwrap();
        let bundle = Bundle::compile(br#"{"schema":1,"version":"1","policies":[]}"#).unwrap();
        assert_eq!(engine.load(&bundle.text, None), r#"{"version":"1","policies":0,"agentDirectories":[]}"#);
        engine
    }

    #[wasm_bindgen_test]
    fn decisions_cross_as_text() {
        let decision = engine().evaluate(r#"{"http":{"path":"/"}}"#);
        assert!(decision.starts_with(r#"{"outcome":"allow""#), "{decision}");
        assert_eq!(engine().resume(r#"{"http":{"path":"/"}}"#, None), decision);
    }

    #[wasm_bindgen_test]
    fn failures_cross_as_answers_and_the_engine_goes_on() {
        let mut engine = engine();
        assert!(engine.evaluate("{").starts_with(r#"{"error":{"code":"invalid_json""#));
        assert!(engine.load("{", None).starts_with(r#"{"error":"#));
        assert!(engine.identifier("colour", "red").unwrap_err().contains("invalid_option"));
        assert!(Engine::new("{").unwrap_err().contains("invalid_json"));
        assert!(engine.evaluate("{}").starts_with(r#"{"outcome":"#));
    }

    #[wasm_bindgen_test]
    fn text_that_is_not_ascii_survives_the_crossing() {
        let agent = classify(r#"{"http":{"headers":[["user-agent","Ünïcode-Bot/1.0 🤖"]]}}"#);
        assert!(!agent.contains("error"), "{agent}");
        assert_eq!(engine().identifier("principal", "ü-🤖").unwrap(), "ü-🤖");
    }
}
