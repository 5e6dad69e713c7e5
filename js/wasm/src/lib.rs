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

/// What is asked about a request: [`ffi::Question`], and what belongs to it.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy)]
pub enum Question {
    /// Nothing belongs to it.
    Evaluate,
    /// The scorer's answer, if there is one.
    Resume,
    /// Nothing.
    Assessment,
    /// The scorer's answer, if there was one; the circumstances.
    Receipt,
    /// Nothing.
    Classify,
    /// The sealed profile, if one came.
    OpenProfile,
    /// The sealed profile, if one came; a nonce.
    RenewProfile,
}

impl Question {
    fn with<'a>(self, first: Option<&'a str>, second: Option<&'a str>) -> ffi::Question<'a> {
        let second = second.unwrap_or_default();
        match self {
            Self::Evaluate => ffi::Question::Evaluate,
            Self::Resume => ffi::Question::Resume(first),
            Self::Assessment => ffi::Question::Assessment,
            Self::Receipt => ffi::Question::Receipt(first, second),
            Self::Classify => ffi::Question::Classify,
            Self::OpenProfile => ffi::Question::OpenProfile(first),
            Self::RenewProfile => ffi::Question::RenewProfile(first, second),
        }
    }
}

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

    /// Answers a question about a request, in JSON. `first` and `second` are what belongs to it.
    #[must_use]
    pub fn ask(
        &self,
        question: Question,
        request: &str,
        first: Option<String>,
        second: Option<String>,
    ) -> String {
        self.instance.ask(question.with(first.as_deref(), second.as_deref()), request)
    }

    /// The same about the packed request in the buffers; none if it or what belongs to it does not fit.
    #[wasm_bindgen(js_name = askPacked)]
    #[must_use]
    pub fn ask_packed(
        &self,
        question: Question,
        text: usize,
        sizes: usize,
        numbers: usize,
        first: Option<String>,
        second: Option<String>,
    ) -> Option<String> {
        let request = self.buffers.written(text, sizes, numbers)?;
        self.instance.ask_packed(question.with(first.as_deref(), second.as_deref()), request)
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
        let ask = |question| engine().ask(question, r#"{"http":{"path":"/"}}"#, None, None);
        let decision = ask(Question::Evaluate);
        assert!(decision.starts_with(r#"{"outcome":"allow""#), "{decision}");
        assert_eq!(ask(Question::Resume), decision);
    }

    #[wasm_bindgen_test]
    fn failures_cross_as_answers_and_the_engine_goes_on() {
        let mut engine = engine();
        assert!(
            engine.ask(Question::Evaluate, "{", None, None).starts_with(r#"{"error":{"code":"invalid_json""#)
        );
        assert!(engine.load("{", None).starts_with(r#"{"error":"#));
        assert!(engine.identifier("colour", "red").unwrap_err().contains("invalid_option"));
        assert!(Engine::new("{").unwrap_err().contains("invalid_json"));
        assert!(engine.ask(Question::Evaluate, "{}", None, None).starts_with(r#"{"outcome":"#));
    }

    #[wasm_bindgen_test]
    fn text_that_is_not_ascii_survives_the_crossing() {
        let agent = engine().ask(
            Question::Classify,
            r#"{"http":{"headers":[["user-agent","Ünïcode-Bot/1.0 🤖"]]}}"#,
            None,
            None,
        );
        assert!(!agent.contains("error"), "{agent}");
        assert_eq!(engine().identifier("principal", "ü-🤖").unwrap(), "ü-🤖");
    }
}
