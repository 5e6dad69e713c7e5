//! `conditions.edge`: what Graph has no condition for.
//!
//! `agentClasses`, `agentNames` and `agentVerification` are `{"include": […], "exclude": […]}`; an absent include
//! is everything. `detections`, `paths` and `methods` are lists of which any one must match. A path that ends in
//! `*` is a prefix; the request's path is decoded and resolved before it is compared.

use super::Parser;
use super::conditions::mask_of;
use super::reader::{Members, Reader};
use crate::agent::{AgentClass, Verification};
use crate::detection::DetectionKind;
use crate::policy::model::{Edge, Mask, MaskPair, SymbolList, SymbolPair};
use crate::policy::path::PathPattern;

const CLASSES: [(&str, AgentClass); 10] = [
    ("browser", AgentClass::Browser),
    ("app", AgentClass::App),
    ("searchCrawler", AgentClass::SearchCrawler),
    ("aiBot", AgentClass::AiBot),
    ("bot", AgentClass::Bot),
    ("library", AgentClass::Library),
    ("headless", AgentClass::Headless),
    ("attackTool", AgentClass::AttackTool),
    ("malformed", AgentClass::Malformed),
    ("missing", AgentClass::Missing),
];

const VERIFICATIONS: [(&str, Verification); 5] = [
    ("none", Verification::None),
    ("claimed", Verification::Claimed),
    ("signature", Verification::Signature),
    ("address", Verification::Address),
    ("contradicted", Verification::Contradicted),
];

impl Parser<'_> {
    pub(super) fn edge(&mut self, members: &mut Members) -> Edge {
        let reader = &mut self.reader;
        let agent_classes = mask_pair(reader, members, "agentClasses", &CLASSES, |class| class as u32);
        let agent_verification =
            mask_pair(reader, members, "agentVerification", &VERIFICATIONS, |verification| {
                verification as u32
            });
        let kinds: Vec<_> = DetectionKind::ALL.iter().map(|kind| (kind.name(), *kind)).collect();
        let detections = reader.member(members, "detections", |reader, node| reader.choices(node, &kinds));
        warn_if_empty(reader, "detections", detections.as_deref());
        let paths = reader.member(members, "paths", |reader, node| {
            let mut patterns = Vec::new();
            reader.list(node, |reader, node| {
                patterns.extend(reader.text(node).and_then(|text| path(reader, &text)))
            })?;
            Some(patterns)
        });
        warn_if_empty(reader, "paths", paths.as_deref());
        let methods = reader.member(members, "methods", Reader::texts);
        warn_if_empty(reader, "methods", methods.as_deref());
        let methods =
            methods.map(|methods| methods.iter().map(|method| self.symbols.intern(method)).collect());
        let agent_names = self.member(members, "agentNames", |parser, node| {
            parser.object(node, |parser, members| {
                let all = !members.has("include");
                let include = SymbolList { all, ids: parser.symbols(members, "include"), filter: None };
                let exclude =
                    SymbolList { all: false, ids: parser.symbols(members, "exclude"), filter: None };
                SymbolPair { include, exclude }
            })
        });
        Edge { agent_classes, agent_names, agent_verification, detections, paths, methods }
    }
}

fn mask_pair<T: Copy>(
    reader: &mut Reader,
    members: &mut Members,
    name: &'static str,
    choices: &[(&str, T)],
    bit: impl Fn(T) -> u32,
) -> Option<MaskPair> {
    reader.member(members, name, |reader, node| {
        reader.object(node, |reader, members| {
            let mut side = |name| {
                let values = reader.member(members, name, |reader, node| reader.choices(node, choices))?;
                Some(mask_of(values.into_iter().map(|value| Some(bit(value)))))
            };
            let include = side("include").unwrap_or(Mask::ALL);
            let exclude = side("exclude").unwrap_or_default();
            if include.0 & !exclude.0 == 0 {
                reader.warn("never_applies", "nothing is left to include: the policy never applies");
            }
            MaskPair { include, exclude }
        })
    })
}

fn warn_if_empty<T>(reader: &mut Reader, name: &'static str, list: Option<&[T]>) {
    if list.is_some_and(<[T]>::is_empty) {
        reader.at(name, |reader| reader.warn("never_applies", "nothing is listed: the policy never applies"));
    }
}

fn path(reader: &mut Reader, text: &str) -> Option<PathPattern> {
    if !text.starts_with('/') {
        reader.error(
            "invalid_path",
            &format!("`{text}` does not begin with `/`"),
            "write the path from the root",
        );
        return None;
    }
    let (body, prefix) = text.strip_suffix('*').map_or((text, false), |body| (body, true));
    if body.contains(['*', '?', '#']) {
        let fix = "write one path, or a prefix that ends in `*`";
        reader.error("invalid_path", &format!("`{text}` is not a path or a prefix"), fix);
        return None;
    }
    if body.contains('%') || ["//", "/./", "/../"].iter().any(|part| body.contains(part)) {
        let fix = "write the path decoded and resolved, as it is compared";
        reader.error("invalid_path", &format!("no path is ever read as `{text}`"), fix);
        return None;
    }
    Some(if prefix { PathPattern::Prefix(body.to_owned()) } else { PathPattern::Exact(body.to_owned()) })
}
