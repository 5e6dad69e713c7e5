//! Plots as inline SVG.

use std::fmt::Write as _;

use crate::measure::Rate;

/// A line through points, on axes from nothing to the largest value.
pub fn plot(page: &mut String, across: &str, up: &str, points: &[(f64, f64)]) {
    let most = |axis: fn(&(f64, f64)) -> f64| points.iter().map(axis).fold(1e-9, f64::max);
    let (right, top) = (most(|point| point.0), most(|point| point.1));
    let _ = write!(
        page,
        "<svg viewBox=\"0 0 520 300\" role=img aria-label=\"{up} by {across}\"><path d=\"M50 10V250H510\" fill=none stroke=#888 />\
         <text x=280 y=290 text-anchor=middle>{across}, up to {right:.3}</text>\
         <text x=14 y=130 transform=\"rotate(-90 14 130)\" text-anchor=middle>{up}, up to {top:.5}</text><polyline fill=none stroke=#0057b8 stroke-width=2 points=\""
    );
    for (x, y) in points {
        let _ = write!(page, "{:.1},{:.1} ", 50.0 + 460.0 * x / right, 250.0 - 240.0 * y / top);
    }
    page.push_str("\"/></svg>");
}

/// Height of a bar with the space around it.
const LINE: usize = 24;
/// Where bars begin and how long the longest is.
const LEFT: f64 = 150.0;
const LENGTH: f64 = 260.0;

/// A bar for each share, on an axis from nothing to the highest end of an interval, with a line over each interval.
pub fn bars(page: &mut String, title: &str, rates: &[(String, Rate)]) {
    if rates.is_empty() {
        return;
    }
    let most = rates.iter().map(|(_, rate)| rate.high).fold(1e-9, f64::max);
    let at = |share: f64| LEFT + LENGTH * share / most;
    let title = escape(title);
    let _ = write!(
        page,
        "<svg viewBox=\"0 0 520 {height}\" width=520 font-size=13 role=img aria-label=\"{title}\">\
         <text x=8 y=18>{title}, with 95 % intervals</text>",
        height = LINE * (rates.len() + 1) + 8
    );
    for (index, (name, rate)) in rates.iter().enumerate() {
        let middle = LINE * (index + 1) + 14;
        let _ = write!(
            page,
            "<text x={end} y={base} text-anchor=end>{name}</text>\
             <rect x={LEFT} y={top} width={width:.1} height=12 fill=#0057b8 opacity=.5 />\
             <path d=\"M{low:.1} {middle}H{high:.1}\" stroke=#1a1a2e stroke-width=2 />\
             <text x={after} y={base}>{percent:.2} %</text>",
            end = LEFT - 8.0,
            base = middle + 5,
            name = escape(name),
            top = middle - 6,
            width = at(rate.share) - LEFT,
            low = at(rate.low),
            high = at(rate.high),
            after = LEFT + LENGTH + 12.0,
            percent = rate.share * 100.0
        );
    }
    page.push_str("</svg>");
}

/// Text that is no markup.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_a_stream_are_no_markup() {
        assert_eq!(escape("<b a=\"&\">"), "&lt;b a=&quot;&amp;&quot;>");
        let mut page = String::new();
        bars(&mut page, "a", &[("<script>".to_owned(), Rate::of(1, 2))]);
        assert!(!page.contains("<script>"));
    }

    #[test]
    fn bars_are_as_long_as_shares_and_lines_as_intervals() {
        let mut page = String::new();
        let rate = |share, low, high| Rate { n: 100, share, low, high };
        bars(
            &mut page,
            "Shares",
            &[("a".to_owned(), rate(0.25, 0.0, 0.5)), ("b".to_owned(), rate(0.0, 0.0, 0.125))],
        );
        for told in
            ["width=130.0", "M150.0 38H410.0", "25.00 %", "width=0.0", "M150.0 62H215.0", "0 0 520 80"]
        {
            assert!(page.contains(told), "{told}: {page}");
        }
        let before = page.clone();
        bars(&mut page, "Nothing", &[]);
        assert_eq!(page, before);
    }
}
