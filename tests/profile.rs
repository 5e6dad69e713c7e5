//! Does a sealed profile open for its own principal only, and for nobody who changed a bit of it?
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use edgeward::agent::classify;
use edgeward::identifier::Identifiers;
use edgeward::profile::{Counts, LineSeen, Opened, Profile, ProfileKey, SealOutcome, Seals};
use edgeward::request::{DeviceCookie, Request, Text};
use proptest::prelude::*;

const NOW: i64 = 1_790_000_000_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn key(id: u8) -> ProfileKey {
    ProfileKey { id, key: format!("{id:02x}").repeat(32) }
}

fn seals(ids: &[u8]) -> Seals {
    let identifiers = Identifiers::keyed("000102030405060708090a0b0c0d0e0f").unwrap();
    Seals::new(&ids.iter().copied().map(key).collect::<Vec<_>>(), &identifiers).unwrap()
}

/// A request of `principal` in a session established `age` before.
fn request(principal: &str, time: i64, age: i64) -> Request<'static> {
    let json = format!(
        r#"{{"time":{time},"client":{{"ip":"192.0.2.7","asn":64500,"country":"NO"}},
            "tls":{{"ja4":"t13d1516h2_8daaf6152771_02713d6af862"}},
            "principal":{{"kind":"user","id":"{principal}"}},
            "session":{{"id":"s","establishedAt":{}}}}}"#,
        time - age
    );
    serde_json::from_str(Box::leak(json.into_boxed_str())).unwrap()
}

fn nonce(seed: u8) -> [u8; 24] {
    [seed; 24]
}

fn renew(seals: &Seals, sealed: Option<&str>, request: &Request<'_>, seed: u8) -> Option<String> {
    let renewed = seals.renew(sealed, request, &classify(request), &nonce(seed));
    // Hosts ask for another only where it is due, or where a cookie was copied.
    if request.device.cookie != Some(DeviceCookie::Forked) {
        let opened = seals.open(sealed, request, &classify(request)).ok();
        assert_eq!(Seals::is_due(opened.as_ref(), request), renewed.is_some(), "{request:?}");
    }
    renewed
}

fn open(seals: &Seals, sealed: &str, request: &Request<'_>) -> Result<Opened, SealOutcome> {
    seals.open(Some(sealed), request, &classify(request))
}

fn first(seals: &Seals) -> String {
    renew(seals, None, &request("u1", NOW, MINUTE), 7).unwrap()
}

/// A profile with every list full.
fn full() -> Profile<'static> {
    let texts = |prefix: &str| (0..8).map(|n| Text(format!("{prefix}{n}").into())).collect::<Vec<_>>();
    Profile {
        count: 60_000,
        networks: texts("192.0.2."),
        asns: (64_500..64_508).collect(),
        countries: ["NO", "SE", "DK", "FI", "IS", "DE", "NL", "BE"].map(Text::from).to_vec(),
        cities: (0..8).map(|n| Text(format!("60.0,{n}.5").into())).collect(),
        agents: texts("Firefox/os"),
        systems: texts("os"),
        tls: texts("t13d"),
        devices: texts("d"),
        hours: vec![199; 8],
        last: serde_json::from_str(r#"{"time":1789999000000,"latitudeE6":60000000,"longitudeE6":10500000}"#)
            .unwrap(),
        counts: Counts { asns: (1..=8).collect(), ..Counts::default() },
    }
}

#[test]
fn a_full_profile_fits_256_bytes() {
    let seals = seals(&[1]);
    let mut sign_in = request("u1", NOW, 0);
    sign_in.profile = Some(full());
    let sealed = renew(&seals, None, &sign_in, 1).unwrap();
    assert_eq!(sealed.len(), 342, "256 bytes in base64url");
    let opened = open(&seals, &sealed, &sign_in).unwrap();
    assert_eq!((opened.profile.count, opened.profile.asns.len()), (60_001, 8));
    assert_eq!(opened.profile.counts.asns, [2, 3, 4, 5, 6, 7, 8, 2], "the first one was seen again");
    assert_eq!(opened.profile.counts.networks.last(), Some(&1), "a new one");
    assert_eq!(
        opened.profile.counts.networks.first(),
        Some(&255),
        "nobody counted: its share, as far as a byte goes"
    );
    let plain = first(&seals);
    assert!(plain.len() < 130, "{}", plain.len());
    for word in ["192.0.2", "Firefox", "u1", "NO"] {
        assert!(!sealed.contains(word));
    }
}

#[test]
fn it_learns_from_fresh_sessions_only_and_once_from_each() {
    let seals = seals(&[1]);
    let sealed = first(&seals);
    let opened = open(&seals, &sealed, &request("u1", NOW, 0)).unwrap();
    assert_eq!(opened.profile.count, 1);
    assert_eq!(&*opened.profile.networks[0], "192.0.2.0/24", "recognised");
    assert_eq!(
        renew(&seals, Some(&sealed), &request("u1", NOW + 5_000, MINUTE + 5_000), 8),
        None,
        "the same session"
    );
    assert_eq!(
        renew(&seals, None, &request("u1", NOW, 11 * MINUTE), 8),
        None,
        "an old session begins no line"
    );
    assert_eq!(renew(&seals, None, &request("u1", NOW, -2 * DAY), 8), None, "nor does one of the future");

    let next = renew(&seals, Some(&sealed), &request("u1", NOW + DAY, 0), 9).unwrap();
    let opened = open(&seals, &next, &request("u1", NOW + DAY, 0)).unwrap();
    assert_eq!((opened.profile.count, opened.cookie.counter), (2, 1));
    let rotated = renew(&seals, Some(&next), &request("u1", NOW + DAY + 2 * HOUR, 2 * HOUR), 10).unwrap();
    let later = open(&seals, &rotated, &request("u1", NOW + DAY, 0)).unwrap();
    assert_eq!((later.profile.count, later.cookie.counter), (2, 2), "replaced, and nothing learned");
    assert_eq!((&later.cookie.line, later.profile.hours), (&opened.cookie.line, opened.profile.hours));
}

#[test]
fn every_other_cookie_counts_as_none_and_says_why() {
    let (old, new) = (seals(&[1]), seals(&[2, 1]));
    let sealed = first(&old);
    let mine = request("u1", NOW, 0);
    assert_eq!(open(&new, &sealed, &mine).unwrap().key_id, 1, "an older key that is still here");
    let renewed = renew(&new, Some(&sealed), &request("u1", NOW + DAY, 0), 3).unwrap();
    assert_eq!(open(&new, &renewed, &request("u1", NOW + DAY, 0)).unwrap().key_id, 2, "and is left behind");
    let outcome =
        |seals: &Seals, sealed: &str, request: &Request<'_>| open(seals, sealed, request).unwrap_err();
    assert_eq!(outcome(&seals(&[2]), &sealed, &mine), SealOutcome::UnknownKey);
    assert_eq!(outcome(&old, &sealed, &request("u2", NOW, 0)), SealOutcome::Unauthentic);
    assert_eq!(
        outcome(&old, &sealed.chars().take((sealed.len() - 1) / 4 * 4).collect::<String>(), &mine),
        SealOutcome::Unauthentic
    );
    assert_eq!(outcome(&old, &sealed.chars().take(20).collect::<String>(), &mine), SealOutcome::Malformed);
    assert_eq!(outcome(&old, "", &mine), SealOutcome::Malformed);
    assert_eq!(outcome(&old, &format!("A{}", "é".repeat(9)), &mine), SealOutcome::Malformed);
    assert_eq!(outcome(&old, &"A".repeat(100_000), &mine), SealOutcome::Malformed);
    assert_eq!(
        outcome(&old, &format!("_w{}", sealed.chars().skip(2).collect::<String>()), &mine),
        SealOutcome::FutureVersion
    );
    assert_eq!(outcome(&old, &sealed, &request("u1", NOW + 181 * DAY, 0)), SealOutcome::Outdated);
    assert_eq!(outcome(&old, &sealed, &request("u1", NOW - 2 * DAY, 0)), SealOutcome::Outdated);
    assert_eq!(old.open(None, &mine, &classify(&mine)), Err(SealOutcome::Missing));
}

#[test]
fn a_copied_cookie_shows_and_its_profile_is_not_inherited() {
    let seals = seals(&[1]);
    let sealed = first(&seals);
    let day = |days: i64| request("u1", NOW + days * DAY, 0);
    let owner = renew(&seals, Some(&sealed), &day(1), 20).unwrap();
    let thief = renew(&seals, Some(&sealed), &day(1), 21).unwrap();
    let mut seen = None;
    let mut present = |sealed: &str| {
        let cookie = open(&seals, sealed, &day(2)).unwrap().cookie;
        let after = LineSeen::after(seen.take(), &cookie, NOW);
        seen = Some(after.clone());
        after.is_forked
    };
    // A page that asks for several things at once is given as many cookies, and keeps one.
    assert_eq!([present(&sealed), present(&owner), present(&thief), present(&owner)], [false; 4]);
    let next = |sealed: &str, nonce| renew(&seals, Some(sealed), &day(2), nonce).unwrap();
    let (owner, thief) = (next(&owner, 22), next(&thief, 23));
    assert_eq!([present(&owner), present(&thief)], [false, true]);

    let mut sign_in = request("u1", NOW + 2 * DAY, 0);
    sign_in.device.cookie = Some(edgeward::request::DeviceCookie::Forked);
    let fresh = renew(&seals, Some(&owner), &sign_in, 24).unwrap();
    let opened = open(&seals, &fresh, &sign_in).unwrap();
    assert_eq!((opened.profile.count, opened.cookie.counter), (1, 0), "a line of its own");
}

#[test]
fn keys_are_checked_when_they_are_set() {
    let keyed = Identifiers::keyed("000102030405060708090a0b0c0d0e0f").unwrap();
    let refused = |keys: &[ProfileKey], identifiers: &Identifiers| {
        Seals::new(keys, identifiers).unwrap_err().to_string()
    };
    assert!(refused(&[key(1), key(1)], &keyed).contains("key 1 twice"));
    assert!(refused(&[ProfileKey { id: 1, key: "abc".to_owned() }], &keyed).contains("64 hexadecimal"));
    assert!(refused(&[key(1)], &Identifiers::plain()).contains("identifierKey"));
    assert!(Seals::new(&[], &Identifiers::plain()).is_ok());
}

proptest! {
    #[test]
    fn any_text_has_a_named_outcome(text in "\\PC{0,300}", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let seals = seals(&[1]);
        let mine = request("u1", NOW, 0);
        prop_assert!(open(&seals, &text, &mine).is_err());
        let encoded: String = bytes.iter().map(|byte| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[usize::from(byte % 64)])).collect();
        for start in ["", "AQE"] {
            let text = [start, &encoded].concat();
            prop_assert!(open(&seals, &text, &mine).is_err());
        }
    }

    #[test]
    fn no_changed_character_opens(place in 0_usize..128, to in 0_usize..64) {
        let seals = seals(&[1]);
        let sealed = first(&seals);
        let mut changed = sealed.clone().into_bytes();
        let place = place % changed.len();
        changed[place] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[to];
        let changed = String::from_utf8(changed).unwrap();
        if changed != sealed {
            prop_assert!(open(&seals, &changed, &request("u1", NOW, 0)).is_err());
        }
    }
}
