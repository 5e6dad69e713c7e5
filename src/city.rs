//! Cities, as histories keep them: cells of half a degree, 55 km from north to south, which tell towns apart and not homes.

use std::fmt;

/// Cells around the Earth, one for each half degree.
const AROUND: i32 = 720;
/// Half degrees from the equator to a pole, and from Greenwich to the date line.
const POLE: i32 = 180;
const DATE_LINE: i32 = 360;
const MICRO_DEGREES: i32 = 500_000;

/// The cell of a place: coordinates rounded to half a degree, written as `60.0,10.5`.
///
/// ```
/// use edgeward::city::CityCell;
/// let oslo = CityCell::of(59_913_900, 10_752_200).unwrap();
/// assert_eq!(oslo.to_string(), "60.0,11.0");
/// assert_eq!(CityCell::parse("60.0,11.0"), Some(oslo));
/// let moss = CityCell::of(59_434_000, 10_658_000).unwrap();
/// let bergen = CityCell::of(60_392_000, 5_322_000).unwrap();
/// assert!(oslo.is_near(moss) && !oslo.is_near(bergen));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CityCell {
    /// Half degrees north of the equator, −180 to 180.
    north: i32,
    /// Half degrees east of Greenwich, −359 to 360: the date line is one meridian.
    east: i32,
}

impl CityCell {
    /// The cell of coordinates in millionths of a degree; `None` where nothing lies.
    #[must_use]
    pub fn of(latitude_e6: i32, longitude_e6: i32) -> Option<Self> {
        Self::new(halves(latitude_e6), halves(longitude_e6))
    }

    fn new(north: i32, east: i32) -> Option<Self> {
        let is_on_earth = north.abs() <= POLE && east.abs() <= DATE_LINE;
        let east = if east == -DATE_LINE { DATE_LINE } else { east };
        is_on_earth.then_some(Self { north, east })
    }

    /// Latitude and longitude of its middle, in millionths of a degree.
    #[must_use]
    pub const fn middle(self) -> (i32, i32) {
        (self.north * MICRO_DEGREES, self.east * MICRO_DEGREES)
    }

    /// Whether it is the same cell or one beside it: a town may lie across a border, and databases of addresses move it
    /// about by some kilometres.
    #[must_use]
    pub const fn is_near(self, other: Self) -> bool {
        let apart = (self.east - other.east).rem_euclid(AROUND);
        (self.north - other.north).abs() <= 1 && (apart <= 1 || apart == AROUND - 1)
    }

    /// Reads what [`Display`](fmt::Display) wrote; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (north, east) = text.split_once(',')?;
        Self::new(read(north)?, read(east)?)
    }

    /// A number below 2¹⁸ of each cell.
    pub(crate) const fn number(self) -> u32 {
        ((self.north + POLE) * AROUND + self.east + DATE_LINE - 1).cast_unsigned()
    }

    /// The cell of a number; `None` if there is none.
    pub(crate) fn numbered(number: u32) -> Option<Self> {
        let number = i32::try_from(number).ok()?;
        Self::new(number / AROUND - POLE, number % AROUND - DATE_LINE + 1)
    }
}

impl fmt::Display for CityCell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut write = |halves: i32, end| {
            let sign = if halves < 0 { "-" } else { "" };
            let (whole, half) = (halves.abs() / 2, if halves % 2 == 0 { 0 } else { 5 });
            write!(formatter, "{sign}{whole}.{half}{end}")
        };
        write(self.north, ",")?;
        write(self.east, "")
    }
}

/// Half degrees of millionths of a degree, to the nearest.
const fn halves(micro_degrees: i32) -> i32 {
    micro_degrees.saturating_add(MICRO_DEGREES / 2).div_euclid(MICRO_DEGREES)
}

/// Half degrees of a text such as `-10.5`.
fn read(text: &str) -> Option<i32> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, half) = digits.split_once('.')?;
    let half = ["0", "5"].iter().position(|known| *known == half)?;
    let is_plain = (1..=3).contains(&whole.len()) && whole.bytes().all(|digit| digit.is_ascii_digit());
    let whole: i32 = whole.parse().ok().filter(|_| is_plain)?;
    Some(sign * (whole * 2 + i32::try_from(half).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_written_and_numbered_in_one_way() {
        let mut numbers = std::collections::HashSet::new();
        for north in -POLE..=POLE {
            for east in (1 - DATE_LINE)..=DATE_LINE {
                let cell = CityCell::new(north, east).unwrap();
                assert!(numbers.insert(cell.number()) && cell.number() < 1 << 18);
                assert_eq!(CityCell::numbered(cell.number()), Some(cell));
                assert_eq!(CityCell::of(cell.middle().0, cell.middle().1), Some(cell));
                if north % 7 == 0 {
                    assert_eq!(CityCell::parse(&cell.to_string()), Some(cell));
                }
            }
        }
        assert_eq!(CityCell::numbered(u32::try_from(numbers.len()).unwrap()), None);
        assert_eq!(CityCell::numbered(u32::MAX), None);
    }

    #[test]
    fn the_date_line_parts_nothing() {
        let of = |longitude| CityCell::of(-17_000_000, longitude).unwrap();
        assert_eq!(of(-180_000_000), of(180_000_000));
        assert!(of(179_900_000).is_near(of(-179_600_000)), "Fiji lies on both sides");
        assert!(!of(178_900_000).is_near(of(-179_600_000)));
    }

    #[test]
    fn nowhere_is_no_cell_and_strange_texts_are_none() {
        assert_eq!(CityCell::of(90_300_000, 0), None);
        assert_eq!([CityCell::of(i32::MIN, 0), CityCell::of(0, i32::MAX)], [None; 2]);
        for text in [
            "",
            ",",
            "60,10.5",
            "60.0",
            "60.0,10.7",
            "+60.0,1.0",
            "6e1.0,1.0",
            "91.0,0.0",
            "60.0,1.0 ",
            "0000.0,1.0",
        ] {
            assert_eq!(CityCell::parse(text), None, "{text}");
        }
    }
}
