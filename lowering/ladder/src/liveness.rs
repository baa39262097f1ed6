//! First-fit addresses for buffers that live over intervals of program points.

/// A request: `bytes` live from point `first` to point `last`, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// First program point that writes it.
    pub first: u32,
    /// Last program point that uses it.
    pub last: u32,
    /// Size; 0 is allowed.
    pub bytes: u64,
}

/// Addresses, aligned to `align` bytes, and the peak. Deterministic: requests are placed in order of first use, larger first,
/// at the lowest address that is free over the whole interval. O(n * live).
pub fn assign(requests: &[Interval], align: u64) -> (Vec<u64>, u64) {
    let align = align.max(1);
    let mut order: Vec<usize> = (0..requests.len()).collect();
    order.sort_by_key(|&i| (requests[i].first, std::cmp::Reverse(requests[i].bytes), i));
    let mut at = vec![0u64; requests.len()];
    let mut live: Vec<usize> = Vec::new();
    let mut peak = 0;
    for &i in &order {
        let r = requests[i];
        live.retain(|&j| requests[j].last >= r.first);
        live.sort_by_key(|&j| (at[j], j));
        let mut candidate = 0u64;
        for &j in &live {
            if at[j] >= candidate + r.bytes {
                break;
            }
            candidate = candidate.max((at[j] + requests[j].bytes).next_multiple_of(align));
        }
        at[i] = candidate;
        peak = peak.max(candidate + r.bytes);
        live.push(i);
    }
    (at, peak)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn live_buffers_never_overlap(reqs in prop::collection::vec((0u32..20, 0u32..8, 0u64..50), 0..30)) {
            let reqs: Vec<_> = reqs.into_iter().map(|(f, d, bytes)| Interval { first: f, last: f + d, bytes }).collect();
            let (at, peak) = assign(&reqs, 8);
            for i in 0..reqs.len() {
                prop_assert_eq!(at[i] % 8, 0);
                prop_assert!(at[i] + reqs[i].bytes <= peak);
                for j in 0..i {
                    let together = reqs[i].first <= reqs[j].last && reqs[j].first <= reqs[i].last;
                    let apart = at[i] + reqs[i].bytes <= at[j] || at[j] + reqs[j].bytes <= at[i];
                    prop_assert!(!together || apart || reqs[i].bytes == 0 || reqs[j].bytes == 0);
                }
            }
        }
    }

    #[test]
    fn freed_space_is_used_again() {
        let r = |first, last, bytes| Interval { first, last, bytes };
        let (at, peak) = assign(&[r(0, 1, 100), r(1, 2, 50), r(2, 3, 100)], 1);
        assert_eq!((at, peak), (vec![0, 100, 0], 150));
    }
}
