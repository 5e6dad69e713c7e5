//! A labelled stream of requests, reproducible from a seed: people with everything innocent that looks odd, and
//! twelve families of attackers, calibrated to what is published of the das-group data set (3.3 million users).
//!
//! What is fitted: log-ins per user (all published quantiles), how often two log-ins of a user differ, and the
//! re-authentications that Freeman's model asks for on it. What is assumed: TLS fingerprints, proxy data, bot
//! scores and cookies, because nobody has published theirs.

mod attack;
mod client;
mod draft;
mod family;
mod person;
mod world;

use crate::event::{Event, Split};
use crate::random::Random;
use draft::Draft;
pub use family::Family;
use person::{DAY, Person};
use world::World;

/// Length of the simulation, days: that of the das-group data set.
const DAYS: i64 = 390;

/// Log-ins of a person after which no attack is simulated any more: as many as the published protocol looks at.
const LONGEST: usize = 40;

/// Random streams of one seed.
const TIMELINES: u64 = 1 << 40;
const LIVES: u64 = 2 << 40;
const ATTACKS: u64 = 3 << 40;

/// What to simulate.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Names the stream.
    pub seed: u64,
    /// People.
    pub users: u32,
    /// Attempts of each family of attackers.
    pub attacks: u32,
}

/// When a person signs in, and in which part of an experiment they are.
struct Timeline {
    times: Vec<i64>,
    split: Split,
}

impl Timeline {
    /// Log-ins per user are round(LogNormal(0.7, 1.13)): median 2, p90 9, p99 28, one 40 %.
    fn new(seed: u64, user: u32) -> Self {
        let random = &mut Random::new(seed, TIMELINES + u64::from(user));
        let count = libm::round(random.log_normal(0.7, 1.13)).clamp(1.0, 400.0) as usize;
        let length = DAYS as f64 * DAY as f64;
        let span = length * random.between(0.25, 1.0);
        let start = random.between(0.0, length - span);
        let noon = random.between(9.0, 21.0);
        let mut times: Vec<i64> = (0..count)
            .map(|_| {
                let day = ((start + random.unit() * span) / DAY as f64) as i64;
                // A quarter of the sign-ins follow no habit.
                let habit = noon + 3.0 * random.normal();
                let hour =
                    if random.chance(0.25) { random.between(0.0, 24.0) } else { habit.rem_euclid(24.0) };
                day * DAY + (hour / 24.0 * DAY as f64) as i64
            })
            .collect();
        // Whoever signs in often soon does so again.
        for at in 1..times.len() {
            let earlier = times.get(random.below(at)).copied();
            if let (Some(earlier), Some(time), true) = (earlier, times.get_mut(at), random.chance(0.4)) {
                *time = (earlier + (random.exponential(1.0) * DAY as f64) as i64).min(DAYS * DAY - 1);
            }
        }
        times.sort_unstable();
        let split = match random.unit() {
            share if share < 0.34 => Split::Train,
            share if share < 0.74 => Split::Calibrate,
            _ => Split::Test,
        };
        Self { times, split }
    }

    /// Whether a moment lies in the period of the person's part.
    fn is_in_period(&self, time: i64) -> bool {
        let share = time as f64 / (DAYS * DAY) as f64;
        match self.split {
            Split::Train => share < 0.6,
            Split::Calibrate => (0.3..0.7).contains(&share),
            Split::Test => share > 0.7,
        }
    }

    /// Sign-ins after which an attacker finds a history.
    fn targets(&self) -> impl Iterator<Item = usize> {
        self.times
            .iter()
            .enumerate()
            .take(LONGEST)
            .filter(|(_, time)| self.is_in_period(**time))
            .map(|(index, _)| index)
    }
}

/// Simulates, and hands the events to `take` in order of time. `progress` is called with the share done.
///
/// # Errors
/// What `take` answers.
pub fn simulate<E>(
    options: Options,
    mut progress: impl FnMut(f64),
    mut take: impl FnMut(&Event<'_>) -> Result<(), E>,
) -> Result<(), E> {
    // A test reads the same file.
    let Ok(world) = World::load() else { return Ok(()) };
    let drafts = drafts(options, &world, &mut progress);
    for (index, draft) in drafts.iter().enumerate() {
        if index % 1024 == 0 {
            progress(0.3 + 0.7 * index as f64 / drafts.len() as f64);
        }
        take(&draft.event(&world))?;
    }
    progress(1.0);
    Ok(())
}

fn drafts(options: Options, world: &World, progress: &mut impl FnMut(f64)) -> Vec<Draft> {
    let timelines: Vec<Timeline> = (0..options.users).map(|user| Timeline::new(options.seed, user)).collect();
    let attacks = assign(options, &timelines);
    let mut drafts = Vec::new();
    for (user, (timeline, attacks)) in timelines.iter().zip(&attacks).enumerate() {
        let user = u32::try_from(user).unwrap_or(u32::MAX);
        if user % 1024 == 0 {
            progress(0.3 * f64::from(user) / f64::from(options.users));
        }
        live(options.seed, world, user, timeline, attacks, &mut drafts);
    }
    drafts.sort_by_key(|draft| (draft.time, draft.user));
    drafts
}

/// Which families attack a person after which sign-in. Every attackable person of a part is as likely.
fn assign(options: Options, timelines: &[Timeline]) -> Vec<Vec<(usize, Family)>> {
    let random = &mut Random::new(options.seed, ATTACKS);
    let mut attacks = vec![Vec::new(); timelines.len()];
    for (split, share) in [(Split::Train, 0.34), (Split::Calibrate, 0.40), (Split::Test, 0.26)] {
        let people: Vec<(usize, Vec<usize>)> = timelines
            .iter()
            .enumerate()
            .filter(|(_, timeline)| timeline.split == split)
            .map(|(user, timeline)| (user, timeline.targets().collect::<Vec<_>>()))
            .filter(|(_, targets)| !targets.is_empty())
            .collect();
        let count = (f64::from(options.attacks) * share) as usize;
        for family in Family::ALL.iter().filter(|family| family.is_attack()) {
            for _ in 0..count {
                if let Some((user, targets)) = random.pick(&people)
                    && let Some(target) = random.pick(targets)
                    && let Some(slot) = attacks.get_mut(*user)
                {
                    slot.push((*target, *family));
                }
            }
        }
    }
    attacks
}

fn live(
    seed: u64,
    world: &World,
    user: u32,
    timeline: &Timeline,
    attacks: &[(usize, Family)],
    drafts: &mut Vec<Draft>,
) {
    let random = &mut Random::new(seed, LIVES + u64::from(user));
    let Some(first) = timeline.times.first() else { return };
    let mut person = Person::new(world, user, *first, random);
    let mut session = user.wrapping_mul(64);
    let split_of = |time| timeline.is_in_period(time).then_some(timeline.split);
    for (index, time) in timeline.times.iter().enumerate() {
        let mut sign_in = person.sign_in(world, *time, random);
        sign_in.split = split_of(sign_in.time);
        drafts.push(sign_in);
        if random.chance(0.22) {
            session = session.wrapping_add(1);
            let mut request = person.in_session(&sign_in, session, random);
            request.split = split_of(request.time);
            drafts.push(request);
        }
        for (_, family) in attacks.iter().filter(|(target, _)| *target == index) {
            let mut attempt = attack::attempt(world, *family, &person, &sign_in, random);
            attempt.split = split_of(attempt.time).or(Some(timeline.split));
            drafts.push(attempt);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Label;

    fn events(seed: u64) -> Vec<String> {
        let mut lines = Vec::new();
        let options = Options { seed, users: 300, attacks: 40 };
        simulate(
            options,
            |_| {},
            |event| {
                lines.push(serde_json::to_string(event).unwrap());
                Ok::<(), ()>(())
            },
        )
        .unwrap();
        lines
    }

    #[test]
    fn a_seed_names_one_stream() {
        assert_eq!(events(1), events(1));
        assert_ne!(events(1), events(2));
    }

    #[test]
    fn events_come_in_order_of_time_and_read_back() {
        let lines = events(3);
        let mut before = i64::MIN;
        for line in &lines {
            let event: Event<'_> = serde_json::from_str(line).unwrap();
            assert!(event.request.time.unwrap() >= before);
            before = event.request.time.unwrap();
            assert_eq!(serde_json::to_string(&event).unwrap(), *line);
        }
    }

    #[test]
    fn log_ins_per_user_have_the_published_quantiles() {
        let mut counts: Vec<usize> = (0..20_000).map(|user| Timeline::new(1, user).times.len()).collect();
        counts.sort_unstable();
        assert_eq!((counts[10_000], counts[18_000]), (2, 9));
        assert!((25..=31).contains(&counts[19_800]), "{}", counts[19_800]);
        let single = counts.iter().filter(|count| **count == 1).count();
        assert!((7_600..8_300).contains(&single), "{single}");
    }

    #[test]
    fn parts_share_no_user_and_every_family_occurs() {
        let mut part_of = std::collections::HashMap::new();
        let mut families = std::collections::HashSet::new();
        for line in events(1) {
            let event: Event<'_> = serde_json::from_str(&line).unwrap();
            let user = event.request.principal.id.unwrap().to_string();
            if let Some(split) = event.split {
                assert_eq!(*part_of.entry(user).or_insert(split), split);
            }
            if event.label == Label::Attack {
                families.insert(event.family.to_string());
            }
        }
        assert_eq!(families.len(), 12);
    }
}
