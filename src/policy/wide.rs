//! Rows of any fact as values that it may turn out to have.

use super::rows::union;
use crate::bits::Bits;
use crate::sort::sort;

/// Rows of any fact, the rest empty. All of the same width, because what follows would be in the module once for each.
pub(super) type Wide = [Bits; 8];

pub(super) fn wide<const N: usize>(rows: [Bits; N]) -> Wide {
    let mut wide = [Bits::EMPTY; 8];
    wide.iter_mut().zip(rows).for_each(|(slot, row)| *slot = row);
    wide
}

/// Each row once, as far as the policies at stake go.
pub(super) fn different(mut rows: Vec<Wide>, at_stake: Bits) -> Vec<Wide> {
    rows.iter_mut().flatten().for_each(|bits| *bits = *bits & at_stake);
    rows.push([Bits::EMPTY; 8]);
    sort(&mut rows);
    rows.dedup();
    rows
}

/// What any selection of the rows comes to. `None`: more than `most`.
pub(super) fn selections(rows: Vec<Wide>, at_stake: Bits, most: usize) -> Option<Vec<Wide>> {
    let rows = different(rows, at_stake);
    // Rows that each have something of their own, as groups of different policies have, double the selections.
    if alone(&rows) > most.checked_ilog2().unwrap_or(0) {
        return None;
    }
    let mut all = vec![[Bits::EMPTY; 8]];
    for row in rows {
        let more: Vec<Wide> = all.iter().map(|known| union(*known, row)).collect();
        all.extend(more);
        sort(&mut all);
        all.dedup();
        if all.len() > most {
            return None;
        }
    }
    Some(all)
}

/// How many of the rows have something that no other has.
fn alone(rows: &[Wide]) -> u32 {
    let (mut once, mut twice) = ([Bits::EMPTY; 8], [Bits::EMPTY; 8]);
    for row in rows {
        for ((once, twice), bits) in once.iter_mut().zip(&mut twice).zip(row) {
            *twice |= *once & *bits;
            *once |= *bits;
        }
    }
    let has_own = |row: &&Wide| row.iter().zip(&twice).any(|(bits, twice)| !(*bits & !*twice).is_empty());
    rows.iter().filter(has_own).fold(0, |count, _| count + 1)
}

/// Rows as they are compared here.
pub(super) fn widened<'r, const N: usize>(rows: impl IntoIterator<Item = &'r [Bits; N]>) -> Vec<Wide> {
    rows.into_iter().map(|rows| wide(*rows)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const MOST: usize = 256;

    #[test]
    fn selections_are_all_that_rows_come_to_or_none_are_listed() {
        let mut state = 1_u32;
        let mut next = |limit: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % limit
        };
        let (mut listed, mut too_many) = (0, 0);
        for _ in 0..300 {
            // Few policies make rows that overlap, many such as each have something of their own.
            let policies = [4, 12, 60][next(3) as usize];
            let rows: Vec<Wide> = (0..next(14))
                .map(|_| {
                    let mut row = [Bits::EMPTY; 8];
                    for _ in 0..=next(3) {
                        row[next(2) as usize].insert(next(policies) as usize);
                    }
                    row
                })
                .collect();
            let at_stake = if next(2) == 0 { !Bits::EMPTY } else { !Bits::only(0) };
            let mut all = BTreeSet::from([[Bits::EMPTY; 8]]);
            for row in &rows {
                let row = row.map(|bits| bits & at_stake);
                let more: Vec<Wide> = all.iter().map(|known| union(*known, row)).collect();
                all.extend(more);
            }
            match selections(rows, at_stake, MOST) {
                Some(found) => {
                    listed += 1;
                    assert_eq!(found, all.into_iter().collect::<Vec<_>>());
                }
                None => {
                    too_many += 1;
                    assert!(all.len() > MOST, "{}", all.len());
                }
            }
        }
        assert!(listed > 50 && too_many > 20, "{listed} {too_many}");
    }
}
