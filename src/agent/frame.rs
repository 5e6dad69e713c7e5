//! What the browsers of most people write is the same to the letter but for a few numbers and the name of a device. It is
//! read in one walk, comparing eight bytes at a time, at a fraction of the price of reading it word by word, and comes to the
//! same: a text that could come to anything else is not taken. An attacker gains nothing by writing it: whoever wants to
//! pass for a browser does so anyway.

use super::Browser;
use super::claims::Claims;
use super::device::Form;
use super::input::{self, MAX_BYTES, Run, WINDOW};
use super::kinds::Kinds;
use super::structure;
use super::table::{self, Anchor, FRAMES, Mark, Marks, Meaning, Parts, System, Text};

/// A stretch that is the same in some frames, and what follows.
pub struct Step {
    /// The first eight bytes, or fewer, and which those are: where several may stand, they tell which does.
    pub first: u64,
    pub mask: u64,
    /// Eight bytes each of what is behind them; the last ends where the stretch does.
    pub rest: &'static [u64],
    pub length: usize,
    pub hole: Hole,
    /// What a frame says that ends here.
    pub ends: Option<&'static Says>,
    pub next: &'static [Step],
}

/// What is not the same in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hole {
    None,
    Number,
    Version,
    Device,
}

/// What a frame says; numbers by which one they are in it, 0 for none.
pub struct Says {
    pub marks: Marks,
    pub system: System,
    pub form: Form,
    pub browser: Text,
    pub major: u8,
    pub version: u8,
    pub chrome: u8,
    pub firefox: u8,
    pub rv: u8,
}

/// What the words of a device's name tell.
#[derive(Clone, Copy, Default)]
struct Device {
    marks: Marks,
    system: System,
    form: Form,
}

/// Numbers in a frame at most, and one for none.
const NUMBERS: usize = 6;

/// What is known of the words of a device but that they are such: nothing that a verdict hangs on.
const HARMLESS: Marks = Marks::of(&[
    Mark::None,
    Mark::Build,
    Mark::Model,
    Mark::Mobile,
    Mark::Device,
    Mark::Tv,
    Mark::Phone,
    Mark::Linux,
    Mark::Pc,
]);

/// Digits of a number that are read here. Eight may be a date.
const DIGITS: usize = 6;

/// Reads a user agent that is one of the frames, all of it ASCII. What is said of it is then that it is a browser.
#[inline]
pub fn read(bytes: &[u8]) -> Option<Claims> {
    if bytes.len() > MAX_BYTES {
        return None;
    }
    let mut steps = FRAMES;
    let mut at = 0;
    let mut numbers = [0_u32; NUMBERS];
    let mut filled = 0;
    let mut device = Device::default();
    loop {
        let first = padded_block(bytes, at)?;
        let step = steps.iter().find(|step| first & step.mask == step.first && step.goes_on(bytes, at))?;
        at += step.length;
        match step.hole {
            Hole::None => {}
            Hole::Number | Hole::Version => {
                let (number, end) = number(bytes, at, step.hole == Hole::Version)?;
                filled += 1;
                *numbers.get_mut(filled)? = number;
                at = end;
            }
            Hole::Device => {
                (device, at) = named(bytes, at)?;
            }
        }
        if at == bytes.len() {
            let says = step.ends?;
            let number = |place: u8| numbers.get(usize::from(place)).copied().unwrap_or_default();
            let marks = says.marks.with(device.marks);
            let system = says.system.max(device.system);
            let claims = Claims {
                marks,
                platform: system.platform(),
                device_kind: says.form.max(device.form).kind(system, marks),
                browser: Some(Browser { name: says.browser.get(), major: number(says.major) }),
                version: number(says.version),
                chrome: number(says.chrome),
                firefox: number(says.firefox),
                headless: false,
            };
            let is_forged = structure::is_of_two_versions(claims.firefox, number(says.rv));
            return (!is_forged && !table::is_whole(bytes)).then_some(claims);
        }
        steps = step.next;
    }
}

impl Step {
    /// Whether what stands at a place goes on as it does behind its first eight bytes.
    #[inline]
    fn goes_on(&self, bytes: &[u8], at: usize) -> bool {
        let Some(last) = self.rest.last() else { return true };
        let Some(text) = bytes.get(at..at + self.length) else { return false };
        let (blocks, _) = text.as_chunks();
        blocks.iter().skip(1).zip(self.rest).all(|(block, known)| u64::from_le_bytes(*block) == *known)
            && text.last_chunk().is_some_and(|block| u64::from_le_bytes(*block) == *last)
    }
}

/// Eight bytes from a place on, if there are as many.
#[inline]
fn whole_block(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

/// Eight bytes from a place on, with zeros behind the last.
#[inline]
fn padded_block(bytes: &[u8], at: usize) -> Option<u64> {
    whole_block(bytes, at).or_else(|| {
        let left = bytes.len().checked_sub(at)?;
        let last = whole_block(bytes, bytes.len().checked_sub(8)?)?;
        Some(last.checked_shr(64 - 8 * left as u32).unwrap_or(0))
    })
}

/// The number that stands at a place, and where it ends, or the version that it begins.
#[inline]
fn number(bytes: &[u8], at: usize, version: bool) -> Option<(u32, usize)> {
    let (number, count) = input::number(padded_block(bytes, at)?);
    // No version is 0, which stands for none.
    if number == 0 || count > DIGITS {
        return None;
    }
    let mut end = at + count;
    let mut more = if version { 8 } else { 0 };
    while more == 8 {
        more = input::version_length(padded_block(bytes, end)?);
        end += more;
    }
    Some((number, end))
}

/// The name of a device, up to the end of its comment, and what its words prove; none if a word may be more than that,
/// a longer name may begin with it, or a letter is not ASCII. What stands behind a device is longer than what is looked at.
#[inline]
fn named(bytes: &[u8], at: usize) -> Option<(Device, usize)> {
    let window: &[u8; WINDOW] = bytes.get(at..)?.first_chunk().filter(|window| window.is_ascii())?;
    let Kinds { letters, words, brackets, .. } = Kinds::of(window);
    let length = brackets.trailing_zeros();
    let inside = !u64::MAX.checked_shl(length)?;
    let mut between = !words & inside;
    while between != 0 {
        let place = between.trailing_zeros() as usize;
        if !matches!(window.get(place)?, b' ' | b'-' | b'_' | b'.' | b'/') {
            return None;
        }
        between &= between.wrapping_sub(1);
    }
    let mut found = Device::default();
    let mut begun = false;
    // A run begins behind a byte that is none, and ends before one.
    let mut begins = words & !(words << 1) & inside;
    while begins != 0 {
        let start = begins.trailing_zeros();
        let end = (!words & (u64::MAX << start)).trailing_zeros();
        let run = !(u64::MAX << start) ^ !u64::MAX.checked_shl(end)?;
        if letters & run != 0 {
            let digits = run & !letters;
            // Digits in front of letters make no stem.
            let has_stem = digits.trailing_zeros() > start && digits != 0;
            let run = Run { start: at + start as usize, end: at + end as usize };
            word(
                bytes,
                run,
                has_stem.then(|| (digits.trailing_zeros() - start) as usize),
                &mut begun,
                &mut found,
            )?;
        }
        begins &= begins.wrapping_sub(1);
    }
    (window.get(length as usize) == Some(&b')')).then_some((found, at + length as usize))
}

/// Reads a word of a device's name; of one whose letters have digits behind them, with the number of those.
#[inline]
fn word(bytes: &[u8], run: Run, stem: Option<usize>, begun: &mut bool, found: &mut Device) -> Option<()> {
    let sixteen = bytes.get(run.start..)?.first_chunk()?;
    let hash = input::hash(sixteen, run.length())?;
    let parts = Parts::of(hash);
    if *begun && parts.continues() || parts.is_numbered() {
        return None;
    }
    *begun = parts.begins();
    // Letters that digits follow are looked up as well.
    let stem = stem.and_then(|length| input::hash(sixteen, length));
    for hash in [Some(hash), stem].into_iter().flatten() {
        match table::find(hash) {
            Some((Meaning::Word(word), Anchor::ANYWHERE))
                if HARMLESS.has(word.mark) && word.browser.is_empty() =>
            {
                found.marks.insert(word.mark);
                found.system = found.system.max(word.system);
                found.form = found.form.max(word.form);
                return Some(());
            }
            // A device never begins a user agent.
            None | Some((_, Anchor::FIRST)) => {}
            Some(_) => return None,
        }
    }
    let word = bytes.get(run.start..run.end)?;
    (!table::may_hold_keyword(word)).then_some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;
    use crate::agent::evidence::Evidence;
    use crate::agent::hints::Brands;
    use crate::agent::rule::{self, Rule};
    use crate::agent::{AgentClass, Heard, Reading};

    /// Frames, with what their holes may be filled with.
    fn frames(steps: &'static [Step]) -> Vec<String> {
        let mut texts = Vec::new();
        for step in steps {
            let mut text = step.first.to_le_bytes().to_vec();
            for block in step.rest {
                text.truncate(step.length - 8);
                text.extend(block.to_le_bytes());
            }
            text.truncate(step.length);
            let mut text = String::from_utf8(text).unwrap();
            text.push_str(match step.hole {
                Hole::None => "",
                Hole::Number => "{number}",
                Hole::Version => "{version}",
                Hole::Device => "{device}",
            });
            if step.ends.is_some() {
                texts.push(text.clone());
            }
            texts.extend(frames(step.next).into_iter().map(|rest| text.clone() + &rest));
        }
        texts
    }

    const NUMBERS: &[&str] =
        &["0", "7", "11", "27", "28", "57", "88", "140", "604", "0140", "99999", "999999", "20100101"];
    const MORE: &[&str] = &["", ".0", ".0.0.0", "_15_7", ".7871.119", "_2", ".", "_"];
    const DEVICES: &[&str] = &[
        "K",
        "Pixel 8 Pro",
        "SM-G900P Build/LRX21T",
        "Nexus 5 Build/MRA58N",
        "Redmi Note 8",
        "moto g(7)",
        "CPH2239",
        "2201117TY",
        "SM-S918B Build/UP1A.231005.007; wv",
        "BRAVIA 4K",
        "AFTS",
        "Robot X",
        "bot",
        "crawler",
        "Bing Phone",
        "ExampleAI",
        "SAMSUNG SM-T580",
        "Mi 9T Pro",
        "HUAWEI P30 lite",
        "x86_64",
        "com",
        "Googlebot",
        "curl",
        "python requests",
        "Opera Mini",
        "Opera",
        "etc/passwd",
        "Chrome 41",
        "VIA-T7",
        "LG-M700",
        "Nokia 6 Build/OPR1.170623.026",
        "W96 TV BOX",
        "Wander Tab 10",
        "Tab10",
        "TV Store",
        "Scanner 3",
        "",
        "-",
        "scan2go",
        "Windows Phone 10",
        "OS 2",
        "iPhone OS 3",
        "Téléphone 5",
        "Écran3 bot",
        "手机 8 Pro",
        "ünbot",
    ];

    /// If a text is read at once, it comes to what its words come to.
    fn compare(text: &str) -> bool {
        let Some(claims) = read(text.as_bytes()) else { return false };
        let found = Evidence::of(text, None);
        let verdict = rule::decide(text, &found, &Heard::default());
        assert_eq!(claims, found.claims(), "{text}");
        assert_eq!((verdict.class, verdict.rule), (AgentClass::Browser, Rule::Browser), "{text}");
        assert!(verdict.span.is_none() && !structure::truncated(&found), "{text}");
        // Whatever its headers say beside it.
        for brands in [None, Some(claims.chrome), Some(claims.chrome + 1)] {
            for told in 0..4 {
                let [package, headless, payload] = [1, 2, 3].map(|this| told == this);
                let brands = brands.map(|major| Brands {
                    chromium: Some(major),
                    headless,
                    count: 1,
                    ..Brands::default()
                });
                let heard = Heard { brands, package, payload };
                let [at_once, by_words] = [Reading::of_frame(claims, &heard), Reading::of(text, &heard)];
                assert_eq!(at_once.agent(), by_words.agent(), "{text} {heard:?}");
            }
        }
        true
    }

    fn fill(frame: &str, mut with: impl FnMut(&'static [&'static str]) -> String) -> String {
        let mut text = String::new();
        for (index, part) in frame.split(['{', '}']).enumerate() {
            text.push_str(&match (index % 2, part) {
                (0, part) => part.to_owned(),
                (_, "device") => with(DEVICES),
                (_, "number") => with(NUMBERS),
                _ => with(NUMBERS) + &with(MORE),
            });
        }
        text
    }

    #[test]
    fn frames_read_as_their_words() {
        for frame in frames(FRAMES) {
            let usual = fill(&frame, |choices| choices[choices.len().min(8) - 1].to_owned());
            assert!(compare(&usual), "{usual}");
            for one in NUMBERS.iter().chain(MORE).chain(DEVICES) {
                compare(&fill(&frame, |choices| {
                    (*choices.iter().find(|known| *known == one).unwrap_or(&choices[0])).to_owned()
                }));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// So do texts that differ from frames in a few places.
        #[test]
        fn what_is_almost_a_frame_is_read_right(
            frame in select(frames(FRAMES)),
            choices in proptest::collection::vec(any::<Index>(), 16),
            device in "[A-Za-zé手]{1,8}[ -/][A-Za-z0-9]{1,8}( Build/[A-Z0-9.]{4,9})?",
            edits in proptest::collection::vec((any::<Index>(), select(&b" ;.()/_-0159aBkZ+@<"[..]), 0..3), 0..3),
        ) {
            let mut choices = choices.iter();
            let mut text = fill(&frame, |from| {
                let index = choices.next().map_or(0, |choice| choice.index(from.len() + 1));
                from.get(index).map_or_else(|| device.clone(), |text| (*text).to_owned())
            })
            .into_bytes();
            for (place, byte, edit) in edits {
                let at = place.index(text.len());
                match edit {
                    0 => text.insert(at, byte),
                    1 => text[at] = byte,
                    _ => drop(text.remove(at)),
                }
            }
            // An edit may cut a letter of several bytes.
            compare(&String::from_utf8_lossy(&text));
        }
    }
}
