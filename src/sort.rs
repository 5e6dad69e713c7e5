//! Sorting of what configuration holds.

use std::collections::BinaryHeap;

/// Sorts. `sort_unstable` brings 5 kB of quicksort, heapsort and cases of few elements into the module for every
/// type it sorts (52 kB for ours), a heap a tenth of it. What is sorted while a request waits is short.
pub(crate) fn sort<T: Ord>(items: &mut Vec<T>) {
    *items = BinaryHeap::from(std::mem::take(items)).into_sorted_vec();
}

#[cfg(test)]
mod tests {
    use super::sort;

    #[test]
    fn ascends_and_keeps_what_is_there_twice() {
        let mut items = vec![3, 1, 2, 1, 0];
        sort(&mut items);
        assert_eq!(items, [0, 1, 1, 2, 3]);
    }
}
