//! A browser on a device: what it sends at a given time.

use super::world::World;
use crate::random::{Random, mix};

const DAY: i64 = 86_400_000;

/// A browser on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Index into the world's kinds of clients.
    pub kind: usize,
    os: usize,
    model: usize,
    /// Days its updates come late.
    lag: i64,
}

/// Who speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// The browser itself. Resumed connections carry one extension more.
    Browser {
        /// The connection resumes an earlier one.
        resumed: bool,
    },
    /// A program in Go: tools, and most proxies in the middle.
    Go,
    /// A Python library.
    Python,
}

impl Client {
    /// A browser of a kind as people have it: mostly current, some late, few years behind.
    pub fn new(world: &World, kind: usize, random: &mut Random) -> Self {
        let (systems, models) =
            world.clients.get(kind).map_or((1, 1), |kind| (kind.os.len(), kind.models.len()));
        let lag = if random.chance(0.06) { random.between(120.0, 700.0) } else { random.exponential(12.0) };
        // Newer systems and models are more common; the lists are in order of age or popularity.
        let skewed = |count: usize, random: &mut Random| {
            random.weighted((0..count).map(|rank| 1.0 / libm::sqrt(1.0 + rank as f64)))
        };
        Self { kind, os: skewed(systems, random), model: skewed(models, random), lag: lag as i64 }
    }

    /// A browser of a kind as attackers have it: bought profiles and emulators carry versions of months ago.
    pub fn bought(world: &World, kind: usize, random: &mut Random) -> Self {
        Self { lag: random.between(0.0, 400.0) as i64, ..Self::new(world, kind, random) }
    }

    /// The same browser after its device's system was updated.
    pub fn update_system(&mut self, world: &World, random: &mut Random) {
        let (systems, models) =
            world.clients.get(self.kind).map_or((1, 1), |kind| (kind.os.len(), kind.models.len()));
        self.os = random.below(systems);
        // A minor version changes with the system; a phone's model does not.
        if world.clients.get(self.kind).is_some_and(|kind| kind.engine == "webkit") {
            self.model = random.below(models);
        }
    }

    fn major(self, world: &World, day: i64) -> u32 {
        let Some(kind) = world.clients.get(self.kind) else { return 0 };
        let steps = (day - self.lag).div_euclid(i64::from(kind.days));
        u32::try_from((i64::from(kind.first) + steps).max(i64::from(kind.first) / 2)).unwrap_or(kind.first)
    }

    /// The user agent at `time`, milliseconds since `origin`.
    pub fn user_agent(self, world: &World, since_origin: i64) -> String {
        let Some(kind) = world.clients.get(self.kind) else { return String::new() };
        let text = |list: &[String], index: usize| list.get(index).cloned().unwrap_or_default();
        kind.ua
            .replace("{os}", &text(&kind.os, self.os))
            .replace("{model}", &text(&kind.models, self.model))
            .replace("{major}", &self.major(world, since_origin / DAY).to_string())
    }

    /// Headers besides the user agent: client hints where the browser sends them.
    pub fn headers(self, world: &World, since_origin: i64) -> Vec<(&'static str, String)> {
        let mut headers = vec![("accept-language", "en-US,en;q=0.9".to_owned())];
        let Some(kind) = world.clients.get(self.kind).filter(|kind| !kind.brand.is_empty()) else {
            return headers;
        };
        let major = self.major(world, since_origin / DAY);
        // Samsung's browser lags behind the Chromium its user agent names.
        let chromium = if kind.brand == "Samsung Internet" { 130 } else { major };
        let mobile = if kind.form == "mobile" { "?1" } else { "?0" };
        headers.push((
            "sec-ch-ua",
            format!(
                "\"Chromium\";v=\"{chromium}\", \"{}\";v=\"{major}\", \"Not?A_Brand\";v=\"24\"",
                kind.brand
            ),
        ));
        headers.push(("sec-ch-ua-mobile", mobile.to_owned()));
        headers.push(("sec-ch-ua-platform", format!("\"{}\"", kind.platform)));
        headers
    }

    /// JA4 of a connection at `since_origin`.
    pub fn ja4(self, world: &World, tls: Tls, since_origin: i64) -> String {
        let resumed = match tls {
            Tls::Go => return "t13d131100_f57a46bbacb6_ab7e3b40a677".to_owned(),
            Tls::Python => return "t13d181100_85036bcba153_d41ae481755e".to_owned(),
            Tls::Browser { resumed } => resumed,
        };
        let Some(kind) = world.clients.get(self.kind) else { return String::new() };
        // An engine changes its handshake every eight releases or so; WebKit's goes with the system.
        let (form, ciphers, extensions, age) = match kind.engine.as_str() {
            "gecko" => ("t13d17", "5b57614c22b0", 15, self.major(world, since_origin / DAY) / 8),
            "webkit" => ("t13d20", "a09f3c656075", 14, u32::try_from(self.os).unwrap_or(0) / 3),
            _ => ("t13d15", "8daaf6152771", 16, self.major(world, since_origin / DAY) / 8),
        };
        let extensions = extensions + u32::from(resumed);
        let tail = mix(u64::from(age) << 8 | u64::from(extensions)) >> 16;
        format!("{form}{extensions}h2_{ciphers}_{tail:012x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_updates_and_keeps_its_name() {
        let world = World::load().unwrap();
        let client = Client { kind: 0, os: 0, model: 0, lag: 0 };
        assert!(client.user_agent(&world, 0).contains("Chrome/141.0.0.0"));
        assert!(client.user_agent(&world, 90 * DAY).contains("Chrome/144.0.0.0"));
        assert_eq!(client.headers(&world, 0).len(), 4);
    }

    #[test]
    fn engines_differ_on_the_wire() {
        let world = World::load().unwrap();
        let of = |kind, tls| Client { kind, os: 0, model: 0, lag: 0 }.ja4(&world, tls, 0);
        let fresh = Tls::Browser { resumed: false };
        assert_ne!(of(0, fresh), of(2, fresh));
        assert_ne!(of(0, fresh), of(0, Tls::Browser { resumed: true }));
        assert_eq!(of(0, Tls::Go), of(2, Tls::Go));
    }
}
