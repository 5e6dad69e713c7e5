//! From the source of a bundle to what edges load.

use serde_json::value::RawValue;

use super::{Bundle, BundleFile, form, limit, stated, text};
use crate::base64::STANDARD;
use crate::engine::Engine;
use crate::error::Error;
use crate::identifier::Identifiers;
use crate::policy::Issue;
use crate::read::{self, Slot, record};

/// A compiled bundle, not signed yet.
#[derive(Debug, Clone)]
pub struct CompiledBundle {
    /// Its text: JSON, members in order of their names.
    pub text: String,
    /// What is odd about the policies, but no reason to refuse them.
    pub warnings: Vec<Issue>,
}

/// Members that stay as they were written.
#[derive(Default)]
struct Kept<'a> {
    agents: Option<&'a RawValue>,
    self_test: Option<&'a RawValue>,
    settings: Option<&'a RawValue>,
    version: Option<&'a RawValue>,
}

record!(Kept<'a> {
    "agents" => Raw(agents),
    "selfTest" => Raw(self_test),
    "settings" => Raw(settings),
    "version" => Raw(version),
});

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
        let source = text(source)?;
        if BundleFile::read(source)?.compiled.is_some() {
            return Err(Error::bundle("compiled", "is there already: this is no source"));
        }
        let bundle = Self::unsigned(source.as_bytes())?;
        let warnings = bundle.warnings.clone();
        let compiled = STANDARD.encode(&form::to_compiled(&bundle.policies, &bundle.model));
        Engine::new(bundle, Identifiers::plain())?;

        let mut kept = Kept::default();
        read::from_json(source, Slot::Record(&mut kept)).map_err(|why| Error::json("bundle", &why))?;
        let compiled = format!("\"{compiled}\"");
        let members = [
            ("agents", stated(kept.agents)),
            ("compiled", Some(&*compiled)),
            ("schema", Some("1")),
            ("selfTest", stated(kept.self_test)),
            ("settings", stated(kept.settings)),
            ("version", stated(kept.version)),
        ];
        let members: Vec<_> =
            members.into_iter().filter_map(|(name, value)| Some(format!("\"{name}\":{}", value?))).collect();
        Ok(CompiledBundle { text: format!("{{{}}}", members.join(",")), warnings })
    }
}
