//! How rare values are among the principals of a stream: what a match with a profile is worth depends on it.

use std::collections::{BTreeMap, HashMap, HashSet};

use edgeward::Request;
use edgeward::agent::Agent;
use edgeward::profile::Habit;
use edgeward::signal::{Dimension, Familiarity, Rarity, habit};
use edgeward::system;
use edgeward::tls::TlsFamily;

/// Principals that must share a value before a model names it: fewer could be recognised by it (k-anonymity).
const LEAST: usize = 20;
/// Values named of a dimension, the most common ones. What is left out counts as rare as the rarest.
const MOST: usize = 24;

/// Rarities by the name of a dimension and by value, in points: what a model file states.
pub type Rarities = BTreeMap<String, BTreeMap<String, i32>>;

/// The same as the engine reads them.
///
/// # Errors
/// What is wrong with them, by path.
pub fn tables(rarities: &Rarities) -> Result<Rarity, String> {
    let values = rarities.iter().flat_map(|(dimension, values)| {
        let dimension = Dimension::parse(dimension);
        values.iter().filter_map(move |(value, points)| Some((dimension?, value.clone(), *points)))
    });
    Rarity::new(values).map_err(|why| why.to_string())
}

/// A value of a request that its principal's profile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    value: u32,
    habit: Habit,
}

/// The values of a stream, named by numbers.
#[derive(Debug, Clone, Default)]
pub struct Values {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    /// Principals that were seen with a value, and all.
    holders: [HashSet<(u32, u32)>; Dimension::ALL.len()],
    principals: HashSet<u32>,
}

impl Values {
    /// The values of a request, by dimension.
    pub(crate) fn of(
        &mut self,
        request: &Request<'_>,
        agent: &Agent<'_>,
    ) -> [Option<u32>; Dimension::ALL.len()] {
        let client = &request.client;
        [
            client.asn.map(|asn| asn.to_string()),
            client.country.as_deref().map(str::to_owned),
            client.city_cell().map(|city| city.to_string()),
            agent.has_key().then(|| agent.key()),
            system::named_by(request).map(str::to_owned),
            request.tls.ja4.as_deref().map(|ja4| TlsFamily::of(ja4).to_string()),
        ]
        .map(|value| value.map(|value| self.number(value)))
    }

    fn number(&mut self, value: String) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    /// Counts what a principal was seen with.
    pub(crate) fn count(&mut self, user: u32, values: [Option<u32>; Dimension::ALL.len()]) {
        self.principals.insert(user);
        for (holders, value) in self.holders.iter_mut().zip(values) {
            holders.extend(value.map(|value| (value, user)));
        }
    }

    /// Rarities among the principals counted. Reserved autonomous systems are in no table: they are somebody else's
    /// elsewhere.
    #[must_use]
    pub fn rarities(&self) -> Rarities {
        let all = self.principals.len() as f64;
        let mut rarities = Rarities::new();
        for (dimension, holders) in Dimension::ALL.iter().zip(&self.holders) {
            let mut counts = BTreeMap::<&str, usize>::new();
            for (value, _) in holders {
                if let Some(name) = self.names.get(*value as usize) {
                    *counts.entry(name).or_default() += 1;
                }
            }
            let is_named = |(value, count): &(&str, usize)| {
                *count >= LEAST && !(*dimension == Dimension::Asn && is_reserved(value))
            };
            let mut common: Vec<(&str, usize)> = counts.into_iter().filter(is_named).collect();
            common.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let table: BTreeMap<String, i32> = common
                .into_iter()
                .take(MOST)
                .map(|(value, count)| {
                    let points = -64.0 * libm::log2(count as f64 / all);
                    (value.to_owned(), libm::round(points) as i32)
                })
                .collect();
            if !table.is_empty() {
                rarities.insert(dimension.name().to_owned(), table);
            }
        }
        rarities
    }

    /// What a match says beside the rarities of everybody.
    pub(crate) fn familiarity(&self, rarity: &Rarity, dimension: Dimension, found: Match) -> Familiarity {
        let name = self.names.get(found.value as usize).map_or("", String::as_str);
        rarity.familiarity(dimension, &[name], found.habit)
    }
}

/// Which values of a request the profile holds, and how often its principal shows them.
pub(crate) fn matches(
    request: &Request<'_>,
    agent: &Agent<'_>,
    values: [Option<u32>; Dimension::ALL.len()],
) -> [Option<Match>; Dimension::ALL.len()] {
    let mut matches = [None; Dimension::ALL.len()];
    let Some(profile) = request.profile.as_ref().filter(|profile| profile.count > 0) else { return matches };
    for ((found, value), dimension) in matches.iter_mut().zip(values).zip(Dimension::ALL) {
        *found = value
            .zip(habit(*dimension, request, agent, profile))
            .map(|(value, habit)| Match { value, habit });
    }
    matches
}

/// RFC 5398, RFC 6996.
fn is_reserved(asn: &str) -> bool {
    asn.parse().is_ok_and(|asn: u32| matches!(asn, 0 | 23_456 | 64_496..=65_551 | 4_200_000_000..=u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_few_share_is_not_named() {
        let mut values = Values::default();
        for user in 0..80 {
            let agent = if user < 40 {
                "Chrome/windows"
            } else if user < 60 {
                "Firefox/linux"
            } else {
                "Safari/ios"
            };
            let number = values.number(agent.to_owned());
            let rare = values.number(format!("Lynx{}/linux", user / 19));
            let network = values.number(if user < 50 { "64500".to_owned() } else { "2119".to_owned() });
            values.count(
                user,
                [Some(network), None, None, Some(if user % 4 == 3 { rare } else { number }), None, None],
            );
        }
        let rarities = values.rarities();
        assert_eq!(rarities["asn"], BTreeMap::from([("2119".to_owned(), 91)]), "30 of 80");
        assert_eq!(rarities["agent"], BTreeMap::from([("Chrome/windows".to_owned(), 91)]));
        assert!(!rarities.contains_key("tls"));
        let rarity = tables(&rarities).unwrap();
        let found = Match { value: 0, habit: Habit::of(0, &[], 1, 20) };
        assert_eq!(values.familiarity(&rarity, Dimension::Agent, found), Familiarity::Known);
        assert!(
            tables(&Rarities::from([("asn".to_owned(), BTreeMap::from([("1".to_owned(), -1)]))])).is_err()
        );
    }
}
