//! Sets of byte offsets as disjoint, non-adjacent intervals.

use std::collections::BTreeMap;

/// Sorted disjoint intervals `start -> end` (exclusive).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(BTreeMap<i128, i128>);

impl Intervals {
    /// Adds `start..end`, merging neighbours.
    pub fn insert(&mut self, mut start: i128, mut end: i128) {
        if start >= end {
            return;
        }
        // Most insertions are already covered or extend the interval before.
        if let Some((&s, &e)) = self.0.range(..=start).next_back()
            && e >= start
        {
            if e >= end {
                return;
            }
            start = s;
        }
        while let Some((&s, &e)) = self.0.range(start..=end).next() {
            self.0.remove(&s);
            end = end.max(e);
        }
        self.0.insert(start, end);
    }

    /// True when every offset of `start..end` is in the set.
    pub fn covers(&self, start: i128, end: i128) -> bool {
        start >= end || self.0.range(..=start).next_back().is_some_and(|(_, e)| *e >= end)
    }

    /// The first offset of `start..end` that is not in the set.
    pub fn first_gap(&self, start: i128, end: i128) -> Option<i128> {
        let at = match self.0.range(..=start).next_back() {
            Some((_, e)) if *e > start => *e,
            _ => start,
        };
        (at < end).then_some(at)
    }

    /// The parts of `start..end` that are not in the set.
    pub fn gaps(&self, start: i128, end: i128, mut each: impl FnMut(i128, i128)) {
        let mut at = start;
        while let Some(gap) = self.first_gap(at, end) {
            let next = self.0.range(gap..end).next().map_or(end, |(s, _)| *s);
            each(gap, next);
            at = next;
        }
    }

    /// Intervals in order.
    pub fn iter(&self) -> impl Iterator<Item = (i128, i128)> + '_ {
        self.0.iter().map(|(s, e)| (*s, *e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_like_a_set(inserts in prop::collection::vec((0i128..60, 0i128..12), 0..20), from in 0i128..70, n in 0i128..20) {
            let mut set = std::collections::BTreeSet::new();
            let mut intervals = Intervals::default();
            for (start, len) in inserts {
                intervals.insert(start, start + len);
                set.extend(start..start + len);
            }
            let missing: Vec<i128> = (from..from + n).filter(|i| !set.contains(i)).collect();
            prop_assert_eq!(intervals.covers(from, from + n), missing.is_empty());
            prop_assert_eq!(intervals.first_gap(from, from + n), missing.first().copied());
            let mut gaps = Vec::new();
            intervals.gaps(from, from + n, |a, b| gaps.extend(a..b));
            prop_assert_eq!(gaps, missing);
            let all: Vec<i128> = intervals.iter().flat_map(|(a, b)| a..b).collect();
            prop_assert_eq!(all, set.into_iter().collect::<Vec<_>>());
            let ends: Vec<_> = intervals.iter().collect();
            prop_assert!(ends.windows(2).all(|w| w[0].1 < w[1].0));
        }
    }
}
