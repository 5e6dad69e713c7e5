//! What browsers write, but for a few numbers and a device's name, to a tree that is walked from the first byte on.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::agents::tokens::{Part, Tokens, block, parts};
use crate::agents::{Known, Texts, variant};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frames {
    frame: Vec<Frame>,
}

/// Every system with every rest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    systems: Vec<String>,
    rests: Vec<String>,
}

/// A piece of a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Text(String),
    /// What is not the same in all, by the name it has in the data.
    Hole(String),
}

/// What is left of a frame, and what it says.
type Rest = (Vec<Piece>, String);

/// Places told apart by their first bytes.
const FIRST: usize = 8;

pub fn frames(frames: &Frames, words: &[Known], tokens: &Tokens, texts: &mut Texts, out: &mut String) {
    let mut all: Vec<Rest> = Vec::new();
    for frame in &frames.frame {
        for (system, rest) in
            frame.systems.iter().flat_map(|system| frame.rests.iter().map(move |rest| (system, rest)))
        {
            let text = format!("Mozilla/5.0 ({system}) {rest}");
            all.push((pieces(&text), says(&text, words, tokens, texts)));
        }
    }
    writeln!(out, "pub static FRAMES: &[Step] = {};", steps(&all)).unwrap();
}

/// `Chrome/{version} Safari` to its pieces.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, part) in text.split(['{', '}']).enumerate() {
        match index % 2 {
            0 if !part.is_empty() => pieces.push(Piece::Text(part.to_owned())),
            1 => pieces.push(Piece::Hole(part.to_owned())),
            _ => {}
        }
    }
    pieces
}

/// What a frame says, as its words would be read one by one: which number is the version of what by their order.
fn says(text: &str, words: &[Known], tokens: &Tokens, texts: &mut Texts) -> String {
    let mut sample = String::new();
    let mut numbers = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => sample.push_str(&text),
            Piece::Hole(hole) if hole == "device" => {}
            Piece::Hole(_) => {
                numbers.push(sample.len());
                sample.push('0');
            }
        }
    }
    sample.push(' ');
    let read = parts(sample.as_bytes(), tokens);
    let number = |end: usize| numbers.iter().position(|at| *at == end + 1).map_or(0, |place| place + 1);
    for at in &numbers {
        let (before, _) = sample.split_at(*at - 1);
        assert!(!tokens.goes_on_with_number(before), "a name begins like the end of `{before}` and a number");
    }
    let (mut version, mut chrome, mut firefox, mut rv, mut major) = (0, 0, 0, 0, 0);
    let mut family: Option<&Known> = None;
    let mut marks: Vec<&str> = Vec::new();
    let mut systems: Vec<&str> = Vec::new();
    let mut forms: Vec<&str> = Vec::new();
    for Part { end, word, .. } in read.iter().filter(|part| part.word > 0) {
        let word = &words[usize::from(*word)];
        marks.push(&word.mark);
        systems.push(&word.system);
        forms.push(&word.form);
        match word.mark.as_str() {
            "Version" => version = number(*end),
            "Chrome" => chrome = number(*end),
            "Firefox" => firefox = number(*end),
            "Rv" => rv = number(*end),
            _ => {}
        }
        // The same order of precedence as where words are read one by one.
        if !word.browser.is_empty()
            && family.is_none_or(|held| !word.base || held.base && held.mark == "Safari")
        {
            (family, major) = (Some(word), number(*end));
        }
    }
    let family = family.unwrap_or_else(|| panic!("`{text}` names no browser"));
    if family.browser == "Safari" {
        major = version;
    }
    marks.sort_unstable();
    marks.dedup();
    systems.sort_unstable();
    systems.dedup();
    forms.sort_unstable();
    forms.dedup();
    format!(
        "Says {{ marks: Marks::of(&[{}]), system: System::last(&[{}]), form: Form::last(&[{}]), browser: {}, major: {major}, version: {version}, chrome: {chrome}, firefox: {firefox}, rv: {rv} }}",
        marks.iter().map(|mark| format!("Mark::{mark}")).collect::<Vec<_>>().join(", "),
        systems.iter().map(|system| format!("System::{system}")).collect::<Vec<_>>().join(", "),
        forms.iter().map(|form| format!("Form::{form}")).collect::<Vec<_>>().join(", "),
        texts.number(&family.browser),
    )
}

/// The steps that begin some frames, by the first bytes of each.
fn steps(frames: &[Rest]) -> String {
    let mut groups: Vec<(String, Vec<Rest>)> = Vec::new();
    for (pieces, says) in frames {
        let first: String = text(pieces).chars().take(FIRST).collect();
        match groups.iter_mut().find(|(known, _)| *known == first) {
            Some((_, group)) => group.push((pieces.clone(), says.clone())),
            None => groups.push((first, vec![(pieces.clone(), says.clone())])),
        }
    }
    // A hole is tried where no text stands.
    groups.sort_by_key(|(first, _)| first.is_empty());
    for (first, _) in &groups {
        let rivals = groups.iter().filter(|(other, _)| other.starts_with(first.as_str())).count();
        assert!(rivals == 1 || first.is_empty(), "`{first}` begins another as well");
    }
    let steps: Vec<String> = groups.iter().map(|(_, group)| step(group)).collect();
    format!("&[{}]", steps.join(", "))
}

/// The text that a frame begins with, if it does not begin with a hole.
fn text(pieces: &[Piece]) -> &str {
    match pieces.first() {
        Some(Piece::Text(text)) => text,
        _ => "",
    }
}

/// One step: the text that all have in common, and what follows.
fn step(frames: &[Rest]) -> String {
    let mut common = text(&frames[0].0).to_owned();
    for (pieces, _) in frames {
        let same = common.bytes().zip(text(pieces).bytes()).take_while(|(a, b)| a == b).count();
        common.truncate(same);
    }
    let mut rests: Vec<Rest> = frames.to_vec();
    for (pieces, _) in &mut rests {
        if let Some(Piece::Text(text)) = pieces.first_mut() {
            *text = text.split_off(common.len());
        }
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
    }
    // A hole that all have there belongs to the step.
    let hole = match rests[0].0.first() {
        Some(hole @ Piece::Hole(_)) if rests.iter().all(|(pieces, _)| pieces.first() == Some(hole)) => {
            hole.clone()
        }
        _ => Piece::Hole("none".to_owned()),
    };
    for (pieces, _) in &mut rests {
        if pieces.first() == Some(&hole) {
            pieces.remove(0);
        }
    }
    let Piece::Hole(hole) = hole else { panic!("no hole") };
    let (ended, going): (Vec<Rest>, Vec<Rest>) = rests.into_iter().partition(|(pieces, _)| pieces.is_empty());
    assert!(ended.len() <= 1, "a frame with `{common}` is there twice");
    let bytes = common.as_bytes();
    let first = &bytes[..bytes.len().min(8)];
    let mask = block(&vec![u8::MAX; first.len()]);
    // The last block overlaps the one before it, so that all are whole.
    let places = (8..bytes.len()).step_by(8).map(|at| at.min(bytes.len() - 8));
    let rest: Vec<u64> = places.map(|at| block(&bytes[at..at + 8])).collect();
    format!(
        "Step {{ first: {}, mask: {mask}, rest: &{rest:?}, length: {}, hole: Hole::{}, ends: {}, next: {} }}",
        block(first),
        bytes.len(),
        variant(&hole),
        ended.first().map_or("None".to_owned(), |(_, says)| format!("Some(&{says})")),
        if going.is_empty() { "&[]".to_owned() } else { steps(&going) },
    )
}
