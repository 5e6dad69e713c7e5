//! From a stream of events to rows: the bins every signal fell into, and what the baselines say.
//!
//! A request that states no profile gets the history its principal has in the events before it, as an edge would
//! carry it: learned from sign-ins that succeeded, hence never from an attack.

use std::collections::HashMap;
use std::net::IpAddr;

use edgeward::agent;
use edgeward::identifier::Identifiers;
use edgeward::profile::Profile;
use edgeward::risk::is_trustworthy;
use edgeward::signal::{
    Bin, CATALOGUE, Dimension, Exit, Familiarity, Network, Population, RoundTrip, Signals,
};

use crate::event::{Event, Label, Split};
use crate::freeman::{Counting, Freeman};
use crate::login::Login;
use crate::network::Labels;
use crate::population::Everybody;
use crate::rarity::{Match, Values, matches};

/// Signals of the engine.
pub const SIGNALS: usize = CATALOGUE.len();

/// One event, binned.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Milliseconds since the Unix epoch.
    pub time: i64,
    /// Index of the principal.
    pub user: u32,
    /// Sign-ins of the principal before it.
    pub history: u32,
    /// Index into [`Dataset::families`].
    pub family: u16,
    /// Whether somebody else is behind it.
    pub is_attack: bool,
    /// Whether it presents a session; else it is a sign-in.
    pub is_session: bool,
    /// Part of the experiment.
    pub split: Option<Split>,
    /// Bin of each signal; what a profile holds is known and a network is what its host says, until
    /// [`Dataset::weighed`] knows more.
    pub bins: [u8; SIGNALS],
    /// Autonomous system.
    pub asn: Option<u32>,
    /// Address of the client.
    pub ip: Option<IpAddr>,
    /// Which values the profile holds.
    pub matches: [Option<Match>; Dimension::ALL.len()],
    /// Whether a low score may be believed ([`is_trustworthy`]).
    pub is_trusted: bool,
    /// Log of Freeman's score; `None` for sessions and without history.
    pub freeman: Option<f64>,
    /// Features new to the person.
    pub counting: Option<f64>,
}

/// Rows of a stream, in its order.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    /// The rows.
    pub rows: Vec<Row>,
    /// Names of the families, in order of appearance.
    pub families: Vec<String>,
    /// Principals.
    pub users: u32,
    /// Values of the dimensions that have rarities, counted over the benign sign-ins that are learned from.
    pub values: Values,
}

/// Builds a data set event by event.
#[derive(Debug, Default)]
pub struct Builder {
    dataset: Dataset,
    users: HashMap<String, u32>,
    profiles: Vec<(u32, Profile<'static>)>,
    freeman: Freeman,
    counting: Counting,
    last: Option<i64>,
}

impl Builder {
    /// Adds the next event.
    ///
    /// # Errors
    /// What the event lacks to be learned from, or that it is older than the one before.
    pub fn add(&mut self, mut event: Event<'_>) -> Result<(), String> {
        let time = event.request.time.ok_or("request.time: is needed to order events")?;
        if self.last.is_some_and(|last| time < last) {
            return Err(
                "request.time: is earlier than the event before; events must ascend in time".to_owned()
            );
        }
        self.last = Some(time);
        let id =
            event.request.principal.id.as_deref().ok_or("request.principal.id: is needed for a history")?;
        let user = self.user(id);
        let family = self.family(&event.family)?;
        let is_session = event.request.session.id.is_some() || event.request.session.established_at.is_some();
        let is_attack = event.label == Label::Attack;
        let login = Login::read(&event.request);
        let position = user as usize;
        let (history, profile) = self
            .profiles
            .get(position)
            .map_or((0, None), |(count, kept)| (*count, (kept.count > 0).then_some(kept)));
        if event.request.profile.is_none() {
            event.request.profile = profile.cloned();
        }
        let classified = agent::classify(&event.request);
        let mut bins = [0; SIGNALS];
        let signals =
            Signals::read(&event.request, &classified, &Identifiers::plain(), &Population::default());
        let values = self.dataset.values.of(&event.request, &classified);
        let matches = matches(&event.request, &classified, values);
        signals.each(|observed| {
            if let Some(slot) = bins.get_mut(observed.signal) {
                *slot = u8::try_from(observed.bin).unwrap_or(u8::MAX);
            }
        });
        self.dataset.rows.push(Row {
            time,
            user,
            history,
            family,
            is_attack,
            is_session,
            split: event.split,
            bins,
            asn: event.request.client.asn,
            ip: event.request.client.ip,
            matches,
            is_trusted: is_trustworthy(&signals),
            freeman: self.freeman.score(user, &login).filter(|_| !is_session),
            counting: self.counting.score(user, &login).filter(|_| !is_session),
        });
        if !is_attack && !is_session {
            if event.split == Some(Split::Train) {
                self.dataset.values.count(user, values);
            }
            if let Some((count, profile)) = self.profiles.get_mut(position) {
                *count += 1;
                profile.learn(&event.request, &classified, &Identifiers::plain());
            }
            self.freeman.learn(user, &login);
            self.counting.learn(user, &login);
        }
        Ok(())
    }

    /// The rows so far.
    #[must_use]
    pub fn finish(self) -> Dataset {
        self.dataset
    }

    fn user(&mut self, id: &str) -> u32 {
        if let Some(user) = self.users.get(id) {
            return *user;
        }
        let user = self.dataset.users;
        self.users.insert(id.to_owned(), user);
        self.profiles.push((0, Profile::default()));
        self.dataset.users += 1;
        user
    }

    fn family(&mut self, name: &str) -> Result<u16, String> {
        let families = &mut self.dataset.families;
        let index = families.iter().position(|known| known == name).unwrap_or_else(|| {
            families.push(name.to_owned());
            families.len() - 1
        });
        u16::try_from(index).map_err(|_| "family: more than 65536 different ones".to_owned())
    }
}

/// Index of a signal.
fn signal(name: &str) -> Option<usize> {
    CATALOGUE.iter().position(|(known, _)| *known == name)
}

impl Row {
    fn bin<B: Copy>(&self, signal: Option<usize>, all: &[B]) -> Option<B> {
        all.get(usize::from(*self.bins.get(signal?)?)).copied()
    }

    /// Sets the bins that the kind of the network decides: `place` are the signals network, exit and round trip, and that
    /// of the autonomous system.
    fn place(&mut self, population: &Population, [network, exit, round_trip, asn]: [Option<usize>; 4]) {
        let stated = self.bin(network, Network::ALL);
        let Some((stated, familiarity)) = stated.zip(self.bin(asn, Familiarity::ALL)) else { return };
        let Some(way) = self.bin(round_trip, RoundTrip::ALL) else { return };
        let kind = population.networks.of(stated, self.asn);
        for (signal, bin) in [
            (network, kind.index()),
            (exit, Exit::of(kind, familiarity).index()),
            (round_trip, way.through(kind).index()),
        ] {
            if let Some(slot) = signal.and_then(|signal| self.bins.get_mut(signal)) {
                *slot = u8::try_from(bin).unwrap_or(u8::MAX);
            }
        }
    }
}

impl Dataset {
    /// Name of a family.
    #[must_use]
    pub fn name(&self, family: u16) -> Option<&str> {
        self.families.get(usize::from(family)).map(String::as_str)
    }

    /// What the rows that are learned from tell of everybody, without some families of attackers.
    #[must_use]
    pub fn everybody(&self, without: &[String]) -> Everybody {
        let mut labels = Labels::default();
        let network = signal("network");
        for row in self.part(Split::Train, without) {
            if let Some(((asn, ip), stated)) = row.asn.zip(row.ip).zip(row.bin(network, Network::ALL)) {
                labels.count(asn, ip, stated);
            }
        }
        Everybody { rarity: self.values.rarities(), networks: labels.networks() }
    }

    /// The same rows, beside what is known of everybody: what a profile holds is weighed by its rarity, and networks
    /// are what they are known for.
    #[must_use]
    pub fn weighed(&self, population: &Population) -> Self {
        let mut weighed = self.clone();
        let signals: Vec<Option<usize>> =
            Dimension::ALL.iter().map(|dimension| signal(dimension.name())).collect();
        let place = ["network", "exit", "roundTrip", "asn"].map(signal);
        for row in &mut weighed.rows {
            for ((dimension, found), signal) in Dimension::ALL.iter().zip(row.matches).zip(&signals) {
                let is_known = row.bin(*signal, Familiarity::ALL).is_some_and(Familiarity::is_known);
                let Some(found) = found.filter(|_| is_known) else { continue };
                let Some(bin) = signal.and_then(|signal| row.bins.get_mut(signal)) else { continue };
                let familiarity = self.values.familiarity(&population.rarity, *dimension, found);
                *bin = u8::try_from(familiarity.index()).unwrap_or(u8::MAX);
            }
            row.place(population, place);
        }
        weighed
    }

    /// Rows to calibrate on: those of [`Split::Calibrate`] from a time on. What shifts a promise is time, because
    /// principals get known better and attacks change; the nearer to its use, the less.
    #[must_use]
    pub fn calibration(&self, without: &[String], since: i64) -> Vec<&Row> {
        self.part(Split::Calibrate, without).into_iter().filter(|row| row.time >= since).collect()
    }

    /// Rows of a part of the experiment whose principal has a history, without the attacks of some families.
    /// A first sign-in is deferred by rule and nothing is learned from it.
    #[must_use]
    pub fn part(&self, split: Split, without: &[String]) -> Vec<&Row> {
        let left_out =
            |row: &Row| self.name(row.family).is_some_and(|name| without.iter().any(|out| out == name));
        self.rows
            .iter()
            .filter(|row| row.split == Some(split) && row.history > 0 && !(row.is_attack && left_out(row)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::network::Networks;
    use crate::rarity::Rarities;
    use crate::simulate::{Options, simulate};

    #[test]
    fn rows_weighed_afterwards_are_what_an_edge_reads_at_once() {
        let table = |values: &[(&str, i32)]| -> BTreeMap<String, i32> {
            values.iter().map(|(value, points)| ((*value).to_owned(), *points)).collect()
        };
        let rarity = Rarities::from([
            (
                "agent".to_owned(),
                table(&[("Chrome/windows", 90), ("Safari/iOS", 140), ("Firefox/linux", 400)]),
            ),
            (
                "system".to_owned(),
                table(&[("Windows NT 10.0; Win64; x64", 100), ("Linux; Android 10; K", 500)]),
            ),
            ("country".to_owned(), table(&[("NO", 77), ("US", 119), ("DE", 330)])),
            ("tls".to_owned(), table(&[("t13d15h2_8daaf6152771", 60)])),
        ]);
        let hosting = (0..40).map(|rank| 4_200_003_072 + rank).collect();
        let networks = Networks::from([("hosting".to_owned(), hosting)]);
        let everybody = Everybody { rarity, networks };
        let population = everybody.population().unwrap();
        let mut builder = Builder::default();
        let mut profiles = HashMap::<String, Profile<'static>>::new();
        let (mut expected, mut distinctive, mut missed) = (Vec::new(), 0, 0);
        let options = Options { seed: 9, users: 400, attacks: 40 };
        simulate(
            options,
            |_| {},
            |event| {
                let mut event = event.clone();
                let profile =
                    profiles.entry(event.request.principal.id.as_deref().unwrap().to_owned()).or_default();
                // An edge carries the profile in the request.
                event.request.profile = (profile.count > 0).then(|| profile.clone());
                let agent = agent::classify(&event.request);
                let mut bins = [0; SIGNALS];
                Signals::read(&event.request, &agent, &Identifiers::plain(), &population).each(|observed| {
                    bins[observed.signal] = u8::try_from(observed.bin).unwrap();
                    let (_, names) = CATALOGUE[observed.signal];
                    distinctive += usize::from(names[observed.bin] == "distinctive");
                });
                expected.push(bins);
                missed += usize::from(
                    population.networks.of(Network::Access, event.request.client.asn) == Network::Hosting
                        && Network::stated(&event.request) == Network::Access,
                );
                if event.label == Label::Benign && event.request.session.id.is_none() {
                    profile.learn(&event.request, &agent, &Identifiers::plain());
                }
                builder.add(event.clone())
            },
        )
        .unwrap();
        let rows = builder.finish().weighed(&population).rows;
        assert!(rows.iter().map(|row| row.bins).eq(expected));
        assert!(distinctive > 100, "{distinctive}: the rarities are not used");
        assert!(missed > 10, "{missed}: the kinds of networks are not used");
    }
}
