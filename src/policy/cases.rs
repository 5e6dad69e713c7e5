//! When the simple test can not tell: every case of the facts that are open.
//!
//! The simple test (do the policies that may apply add anything?) takes each policy alone, and so asks too often: of
//! two policies for "high risk" and for "any other risk" that demand the same, one always applies. Here the open
//! facts are given every value that any policy tells apart, and the verdict of each case is worked out. If all agree,
//! the verdict is definite. Otherwise a fact is needed exactly if, in some case, changing it alone changes the
//! verdict: leaving out such a fact could leave the verdict open, and asking for any other could not help.
//!
//! The number of cases is bounded by [`MAX_CASES`]. Beyond it the verdict stays undetermined, and all open facts are
//! asked for: more than needed perhaps, never a verdict that could turn out wrong.

use super::PolicySet;
use super::demand::{Demand, Met};
use super::domain::{Value, Variable, variables};
use super::judge::Extent;
use super::state::State;
use crate::bits::Bits;
use crate::fact::FactSet;

/// Most cases that are looked at.
pub(super) const MAX_CASES: usize = 1024;

/// What the cases come to.
pub(super) enum Cases {
    /// All cases have this verdict.
    Agree(Demand),
    /// Some do not; these facts would settle it.
    Differ(FactSet),
}

#[inline(never)]
pub(super) fn decide_by_cases(
    set: &PolicySet,
    state: &State<'_>,
    applies: Extent,
    met: Met,
    certain: &Demand,
) -> Cases {
    let relevant = relevant(set, applies, met, certain);
    let arena = super::domain::Arena::new(set, state, relevant);
    let variables = variables(set, state, relevant, &arena);
    let mut all = FactSet::EMPTY;
    let mut count: usize = 1;
    for variable in &variables {
        all = variable.fact.map_or(all, |fact| all.union(FactSet::only(fact)));
        count = variable.values.as_ref().map_or(usize::MAX, |values| count.saturating_mul(values.len()));
    }
    if count > MAX_CASES {
        return Cases::Differ(all);
    }
    let (verdicts, cells) = work_out(set, state, &variables, count);
    match verdicts.as_slice() {
        [only] => Cases::Agree(only.clone()),
        _ => Cases::Differ(essential(&variables, &cells)),
    }
}

/// Enforced policies that are open and whose demands are not certain anyway: no other can change the verdict.
fn relevant(set: &PolicySet, applies: Extent, met: Met, certain: &Demand) -> Bits {
    let table = &set.table;
    let mut relevant = Bits::EMPTY;
    for index in (table.enabled & applies.may).iter() {
        let demand = table.demand(Bits::only(index), met.at_least());
        if !certain.clone().join(&demand).is_same_verdict(certain) {
            relevant.insert(index);
        }
    }
    relevant
}

/// The different verdicts, and for each case which of them it has. The first variable changes fastest.
fn work_out<'a>(
    set: &PolicySet,
    state: &State<'a>,
    variables: &'a [Variable<'a>],
    count: usize,
) -> (Vec<Demand>, Vec<u16>) {
    let mut verdicts: Vec<Demand> = Vec::new();
    let mut cells = Vec::with_capacity(count);
    for case in 0..count {
        let mut state = state.clone();
        let mut rest = case;
        for variable in variables {
            let values: &[Value<'a>] = variable.values.as_deref().unwrap_or_default();
            if let Some(value) = values.get(rest % values.len().max(1)) {
                value.put(&set.table, &mut state);
            }
            rest /= values.len().max(1);
        }
        let met = Met::new(&set.table, &state);
        let demand = set.table.demand(set.table.judge(&state, |_, _| ()).must, met.at_most());
        let place = verdicts.iter().position(|known| known.is_same_verdict(&demand)).unwrap_or_else(|| {
            verdicts.push(demand);
            verdicts.len() - 1
        });
        cells.push(u16::try_from(place).unwrap_or(u16::MAX));
    }
    (verdicts, cells)
}

/// The facts that alone change the verdict of some case.
fn essential(variables: &[Variable<'_>], cells: &[u16]) -> FactSet {
    let mut needs = FactSet::EMPTY;
    let mut stride = 1;
    for variable in variables {
        let values = variable.values.as_ref().map_or(1, Vec::len);
        let changes = cells.iter().enumerate().any(|(case, verdict)| {
            let first = case - case / stride % values * stride;
            cells.get(first) != Some(verdict)
        });
        if let Some(fact) = variable.fact
            && changes
        {
            needs.insert(fact);
        }
        stride *= values;
    }
    needs
}
