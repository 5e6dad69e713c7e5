//! The report as one page: tables and plots, no script, nothing loaded from elsewhere.

mod plot;

use std::fmt::Write as _;

use crate::assess::{Band, Generalisation, Part, Report};
use crate::measure::Rate;
use plot::{bars, escape, plot};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a2e}\
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .75rem;text-align:right;border-bottom:1px solid #ddd}\
td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto;background:#fafafa}\
.held{color:#8a4b00}";

/// The page.
#[must_use]
pub fn html(report: &Report) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">",
    );
    let basis = &report.basis;
    let _ = write!(
        page,
        "<title>Assessment of {id}</title><style>{STYLE}</style><h1>Assessment of {id}</h1>\
         <p>{rows} requests of {principals} principals; measured on {benign} benign test requests with a history. \
         {none} sign-ins without one are always deferred and not counted. \
         Held out of the generalisation: {held}.</p>",
        id = escape(&report.model),
        rows = basis.rows,
        principals = basis.principals,
        benign = basis.benign,
        none = basis.without_history,
        held = escape(&basis.held_out.join(", ")),
    );
    parts(&mut page, &basis.splits);
    for (name, band) in &report.bands {
        let _ = write!(page, "<h2>Band “{}”</h2>", escape(name));
        table(&mut page, band, &[]);
        leaks(&mut page, band, report);
    }
    match &report.generalisation {
        Some(general) => generalisation(&mut page, general, report),
        None => {
            let why = report.not_generalised.as_deref().unwrap_or_default();
            let _ = write!(
                page,
                "<h2>Learned without the families held out</h2><p>Nothing was learned anew: {}.</p>",
                escape(why)
            );
        }
    }
    let _ = write!(
        page,
        "<h2>Probabilities at {:.0} % prevalence</h2><p>Calibration error {:.5}, Brier {:.5}, log loss {:.5}.</p>",
        report.honesty.prevalence * 100.0,
        report.honesty.ece,
        report.honesty.brier,
        report.honesty.log_loss
    );
    plot(&mut page, "claimed", "observed", &report.honesty.bins);
    let _ = write!(page, "<h2>Risk by coverage</h2><p>Area {:.6}.</p>", report.risk_coverage.aurc);
    plot(&mut page, "coverage", "mean cost", &report.risk_coverage.curve);
    page.push_str("<h2>Drift from calibration to test</h2><table><tr><th>signal<th>stability index");
    for (signal, index) in &report.drift {
        let _ = write!(page, "<tr><td>{signal}<td>{index:.4}");
    }
    page.push_str("</table></html>\n");
    page
}

/// What a model learned anew makes of families that it was not learned from.
fn generalisation(page: &mut String, general: &Generalisation, report: &Report) {
    let basis = &report.basis;
    page.push_str("<h2>Learned without the families held out</h2>");
    table(page, &general.band, &basis.held_out);
    leaks(page, &general.band, report);
    page.push_str("<h2>Learned and calibrated with all families</h2>");
    table(page, &general.hardened, &[]);
    leaks(page, &general.hardened, report);
    page.push_str(
        "<h3>Separation of sign-ins</h3><table><tr><th>model<th>families<th>AUC<th>EER<th>caught at 1 %",
    );
    for (label, separations) in [("known", &general.known), ("held out", &general.held_out)] {
        for (name, one) in separations {
            let _ = write!(
                page,
                "<tr><td>{name}<td>{label}<td>{:.4}<td>{:.2} %<td>{:.1} %",
                one.auc,
                one.eer * 100.0,
                one.tpr_at_one_percent.share * 100.0
            );
        }
    }
    page.push_str("</table>");
    let caught: Vec<(String, Rate)> = [("known", &general.known), ("held out", &general.held_out)]
        .into_iter()
        .flat_map(|(label, models)| {
            models.iter().map(move |(name, one)| (format!("{name}, {label}"), one.tpr_at_one_percent))
        })
        .collect();
    bars(page, "Caught when one benign sign-in in a hundred is accused", &caught);
    page.push_str("<h3>Asked again in twelve sign-ins</h3>\
         <p>Principals of the test part with twelve sign-ins or more, by all of these but the first, which is always \
         asked; most lie before the part's time. Attacks are those of the test part on them.</p>\
         <table><tr><th>attacker<th>caught<th>model<th>principals<th>median<th>mean");
    for (attacker, share, by_model) in &general.reauthentications {
        for (name, one) in by_model {
            let _ = write!(
                page,
                "<tr><td>{}<td>{:.2} %<td>{name}<td>{}<td>{}<td>{:.2}",
                escape(attacker),
                share * 100.0,
                one.people,
                one.median,
                one.mean
            );
        }
    }
    page.push_str("</table><h3>Left out one at a time: share allowed</h3><table>");
    for (family, rate) in &general.leave_one_out {
        let _ = write!(page, "<tr><td>{}<td>{}", escape(family), percent(rate));
    }
    page.push_str("</table>");
    let left_out: Vec<(String, Rate)> =
        general.leave_one_out.iter().map(|(family, rate)| (family.clone(), *rate)).collect();
    bars(page, "Allowed by a model that never saw the family", &left_out);
}

fn table(page: &mut String, band: &Band, held_out: &[String]) {
    let score = |score: Option<i32>| score.map_or("nothing".to_owned(), |score| score.to_string());
    let _ = write!(
        page,
        "<p>Allows up to {}, stops from {}.</p><table><tr><th><th>requests<th>allow<th>defer<th>block",
        score(band.allow),
        score(band.block)
    );
    let groups =
        [("benign", &band.benign), ("benign sign-ins", &band.sign_ins), ("benign sessions", &band.sessions)];
    let families = band.families.iter().map(|(name, outcomes)| (name.as_str(), outcomes));
    for (name, outcomes) in groups.into_iter().chain(families) {
        let class = if held_out.iter().any(|held| held == name) { " class=held" } else { "" };
        let _ = write!(
            page,
            "<tr{class}><td>{}<td>{}<td>{}<td>{}<td>{}",
            escape(name),
            outcomes.allow.n,
            percent(&outcomes.allow),
            percent(&outcomes.defer),
            percent(&outcomes.block)
        );
    }
    page.push_str("</table>");
}

/// Shares of attacks that a band allows. Families that are held out stand apart, because theirs are of another size.
fn leaks(page: &mut String, band: &Band, report: &Report) {
    let basis = &report.basis;
    let (held_out, known): (Vec<&String>, Vec<&String>) =
        basis.attackers.iter().partition(|family| basis.held_out.contains(family));
    for (title, families) in
        [("Attacks allowed", known), ("Attacks allowed, families held out of the generalisation", held_out)]
    {
        let rates: Vec<(String, Rate)> = families
            .into_iter()
            .filter_map(|family| Some((family.clone(), band.families.get(family)?.allow)))
            .collect();
        bars(page, title, &rates);
    }
}

fn parts(page: &mut String, parts: &[Part]) {
    page.push_str("<table><tr><th>split<th>principals<th>requests<th>attacks<th>from<th>to");
    for part in parts {
        let [from, to] = [part.from, part.to].map(|time| time.map_or_else(String::new, date));
        let name = part.split.name();
        let _ = write!(
            page,
            "<tr><td>{name}<td>{}<td>{}<td>{}<td>{from}<td>{to}",
            part.principals, part.rows, part.attacks
        );
    }
    page.push_str("</table>");
}

/// The day of a moment, in UTC. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn date(milliseconds: i64) -> String {
    let day = milliseconds.div_euclid(86_400_000) + 719_468;
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    // Years begin in March, so that the odd day is their last.
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + 400 * era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn percent(rate: &Rate) -> String {
    format!("{:.2} % ({:.2}–{:.2})", rate.share * 100.0, rate.low * 100.0, rate.high * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Split;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (time, day) in [
            (-1, "1969-12-31"),
            (0, "1970-01-01"),
            (1_709_164_800_000, "2024-02-29"),
            (1_790_000_000_000, "2026-09-21"),
        ] {
            assert_eq!(date(time), day);
        }
    }

    #[test]
    fn parts_are_on_the_page() {
        let mut page = String::new();
        let (split, from) = (Split::Test, Some(0));
        parts(&mut page, &[Part { split, principals: 7, rows: 90, attacks: 8, from, to: None }]);
        assert!(page.contains("<tr><td>test<td>7<td>90<td>8<td>1970-01-01<td>"), "{page}");
    }
}
