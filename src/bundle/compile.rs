//! From the source of a bundle to what edges load.

use super::{Bundle, SourceFile, limit, text};
use crate::base64::STANDARD;
use crate::engine::Engine;
use crate::error::Error;
use crate::identifier::Identifiers;
use crate::policy::Issue;

/// A compiled bundle, not signed yet.
#[derive(Debug, Clone)]
pub struct CompiledBundle {
    /// Its text: JSON, members in order of their names.
    pub text: String,
    /// What is odd about the policies, but no reason to refuse them.
    pub warnings: Vec<Issue>,
}

impl Bundle {
    /// Compiles the source of a bundle, once all of it was checked as an edge would, its own test vectors too. The same
    /// source makes the same bytes.
    ///
    /// ```
    /// use edgeward::bundle::Bundle;
    /// let source = br#"{"schema": 1, "version": "1", "policies": []}"#;
    /// let compiled = Bundle::compile(source)?;
    /// assert_eq!(Bundle::unsigned_compiled(compiled.text.as_bytes())?.version().to_string(), "1");
    /// # Ok::<(), edgeward::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Bundle::unsigned`] and [`Engine::new`]; [`Error::Bundle`] if it is compiled already.
    pub fn compile(source: &[u8]) -> Result<CompiledBundle, Error> {
        limit(source)?;
        let (version, form, warnings) = SourceFile::read(text(source)?)?.checked(None)?;
        let compiled = STANDARD.encode(&form.to_compiled());
        let text = format!(r#"{{"compiled":"{compiled}","schema":1,"version":"{version}"}}"#);
        Engine::new(Self::of(version, form, warnings.clone()), Identifiers::plain())?;
        Ok(CompiledBundle { text, warnings })
    }
}
