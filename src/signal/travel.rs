//! Travel between the last sighting and this request.
//!
//! Distance is the straight line through the Earth, from integer sines: never longer than any real route, so
//! every doubt falls to the traveller, and exact on every runtime, which a libm cosine is not.

use super::bins;
use crate::request::{Proxy, Request};

bins! {
    /// Speed needed to have been in both places.
    Travel {
        /// Where the principal was last seen, as far as places are known at all.
        Near = "near",
        /// Within reach of roads and rail, or too short a distance to judge.
        Plausible = "plausible",
        /// Needs an aircraft.
        Flight = "flight",
        /// Faster than any airliner.
        Impossible = "impossible",
        /// A place or a time is not known.
        Unknown = "unknown",
    }
}

/// Distance and time between two sightings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journey {
    /// Straight-line distance, kilometres.
    pub kilometres: i64,
    /// Time between, seconds; 1 at least.
    pub seconds: i64,
}

impl Journey {
    /// Mean Earth radius (IUGG), kilometres.
    const EARTH_RADIUS: i64 = 6371;

    pub(super) fn read(request: &Request<'_>) -> Option<Self> {
        let last = request.profile.as_ref()?.last?;
        let now = request.time?;
        if request.client.proxy.is_some_and(Proxy::hides_place) {
            return None;
        }
        let here = (request.client.latitude?, request.client.longitude?);
        let kilometres = distance(here, (last.latitude_e6, last.longitude_e6))?;
        let elapsed = now.checked_sub(last.time)?;
        // A clock running backwards is no evidence of speed.
        (elapsed >= 0).then(|| Self { kilometres, seconds: (elapsed / 1000).max(1) })
    }

    /// Kilometres per hour.
    #[must_use]
    pub const fn speed(self) -> i64 {
        self.kilometres * 3600 / self.seconds
    }
}

/// Straight-line distance between two places in millionths of a degree, kilometres; `None` if one is nowhere.
pub(super) fn distance(one: (i32, i32), other: (i32, i32)) -> Option<i64> {
    (is_place(one) && is_place(other)).then(|| chord(one, other))
}

/// Whether there is such a place: what is nowhere could be near anything.
fn is_place((latitude, longitude): (i32, i32)) -> bool {
    latitude.unsigned_abs() <= 90_000_000 && longitude.unsigned_abs() <= 180_000_000
}

impl Travel {
    /// Half a degree of rounding in profiles and a city's width of error in geolocation, kilometres.
    const NEAR: i64 = 100;
    /// Geolocation of addresses is wrong by a city or two as a rule; below this nothing is said, kilometres.
    const NOISE: i64 = 300;
    /// Faster than trains and cars, km/h.
    const FLIGHT: i64 = 250;
    /// Faster than airliners (cruise 900 km/h) with a tail wind, km/h.
    const IMPOSSIBLE: i64 = 1100;

    pub(super) fn of(journey: Option<Journey>) -> Self {
        match journey {
            None => Self::Unknown,
            Some(journey) if journey.kilometres < Self::NEAR => Self::Near,
            Some(journey) if journey.kilometres < Self::NOISE => Self::Plausible,
            Some(journey) if journey.speed() > Self::IMPOSSIBLE => Self::Impossible,
            Some(journey) if journey.speed() > Self::FLIGHT => Self::Flight,
            Some(_) => Self::Plausible,
        }
    }
}

/// Straight-line distance between two places in millionths of a degree, kilometres.
fn chord(one: (i32, i32), other: (i32, i32)) -> i64 {
    let (a, b) = (unit_vector(one), unit_vector(other));
    let square = |x: i64, y: i64| (x - y) * (x - y);
    let squared = square(a.0, b.0) + square(a.1, b.1) + square(a.2, b.2);
    squared.isqrt() * Journey::EARTH_RADIUS / ONE
}

/// Fixed-point one. 24 bits resolve 0.4 m on the ground and keep every square within 64 bits.
const ONE: i64 = 1 << 24;

fn unit_vector((latitude, longitude): (i32, i32)) -> (i64, i64, i64) {
    let (lat, lon) = (i64::from(latitude), i64::from(longitude));
    let ring = cosine(lat);
    (ring * cosine(lon) / ONE, ring * sine(lon) / ONE, sine(lat))
}

fn cosine(micro_degrees: i64) -> i64 {
    sine(micro_degrees + 90_000_000)
}

/// Sine of an angle in millionths of a degree, 24 fractional bits, by Bhaskara's successor: the odd Taylor
/// polynomial to x⁹ on the first quadrant, error below 4·10⁻⁶ (25 m on the ground).
fn sine(micro_degrees: i64) -> i64 {
    let turn = micro_degrees.rem_euclid(360_000_000);
    let (sign, half) = if turn >= 180_000_000 { (-1, turn - 180_000_000) } else { (1, turn) };
    let first = half.min(180_000_000 - half);
    // Radians in 30 fractional bits: π/180·10⁻⁶·2³⁰ = 18.7402…, kept as a ratio of integers.
    let x = i128::from(first) * 18_740_330_544 / 1_000_000_000;
    let bits = 30;
    let x2 = (x * x) >> bits;
    let one = 1_i128 << bits;
    let mut sum = one;
    for pair in [8 * 9, 6 * 7, 4 * 5, 2 * 3] {
        sum = one - ((x2 * sum) >> bits) / pair;
    }
    let value = (x * sum) >> (2 * bits - 24);
    sign * i64::try_from(value).unwrap_or(ONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OSLO: (i32, i32) = (59_913_900, 10_752_200);
    const SYDNEY: (i32, i32) = (-33_868_800, 151_209_300);

    #[test]
    fn sines_are_right() {
        for degree in -720..=720_i64 {
            let exact = (degree as f64).to_radians().sin() * ONE as f64;
            assert!((sine(degree * 1_000_000) as f64 - exact).abs() < 80.0, "{degree}");
        }
    }

    #[test]
    fn chords_are_right() {
        assert_eq!(chord(OSLO, OSLO), 0);
        // Great circle 15 952 km; chord 2·6371·sin(15952/2/6371) = 12 100 km.
        let far = chord(OSLO, SYDNEY);
        assert!((12_050..12_150).contains(&far), "{far}");
        // Oslo to Stockholm, 416 km; a chord is hardly shorter at that distance.
        let near = chord(OSLO, (59_329_300, 18_068_600));
        assert!((410..420).contains(&near), "{near}");
        assert_eq!(chord((0, 179_900_000), (0, -179_900_000)), 22, "across the date line");
        assert_eq!(chord((90_000_000, 0), (90_000_000, 120_000_000)), 0, "one pole, two longitudes");
    }

    #[test]
    fn speeds_are_binned_and_short_hops_are_not_judged() {
        let of = |kilometres, seconds| Travel::of(Some(Journey { kilometres, seconds }));
        assert_eq!(of(12_000, 3600), Travel::Impossible);
        assert_eq!(of(12_000, 20 * 3600), Travel::Flight);
        assert_eq!([of(99, 1), of(100, 1), of(299, 1)], [Travel::Near, Travel::Plausible, Travel::Plausible]);
        assert_eq!(of(500, 10 * 3600), Travel::Plausible);
        assert_eq!(Travel::of(None), Travel::Unknown);
    }

    #[test]
    fn an_exit_node_does_not_travel_and_clocks_may_run_backwards() {
        let mut request: Request<'_> = serde_json::from_str(
            r#"{"time":1790000000000,"client":{"latitude":-33.8688,"longitude":151.2093},
                "profile":{"count":3,"last":{"time":1789999000000,"latitudeE6":59913900,"longitudeE6":10752200}}}"#,
        )
        .unwrap();
        assert_eq!(Travel::of(Journey::read(&request)), Travel::Impossible);
        request.client.proxy = Some(Proxy::Relay);
        assert_eq!(Journey::read(&request), None);
        request.client.proxy = None;
        request.time = Some(0);
        assert_eq!(Journey::read(&request), None);
    }

    #[test]
    fn nowhere_is_near_nothing() {
        let journey = |latitude: i32, last: i32| {
            let json = format!(
                r#"{{"time":1790000000000,"client":{{"latitude":1,"longitude":151.2}},
                    "profile":{{"count":3,"last":{{"time":1789999000000,"latitudeE6":{last},"longitudeE6":10752200}}}}}}"#
            );
            let mut request: Request<'_> = serde_json::from_str(&json).unwrap();
            request.client.latitude = Some(latitude);
            Journey::read(&request)
        };
        assert!(journey(59_900_000, 59_900_000).is_some());
        assert_eq!([journey(90_000_001, 59_900_000), journey(59_900_000, i32::MAX)], [None; 2]);
    }
}
