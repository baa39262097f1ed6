//! First-fit placement: operators in graph order take the next free crossbars; a full chip closes the segment; an
//! operator larger than the chip is cut into time tiles of one chip each.

use std::ops::Range;

/// What the chip offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chip {
    /// Cores.
    pub cores: u32,
    /// Crossbars per core.
    pub xbs_per_core: u32,
    /// Operators start on a core of their own (core mode).
    pub whole_cores: bool,
}

impl Chip {
    fn crossbars(&self) -> u64 {
        self.cores as u64 * self.xbs_per_core as u64
    }
}

/// A run of an operator's crossbars that is resident at the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Segment: everything in a segment is resident together.
    pub segment: u32,
    /// The operator's crossbars, counted over its tiles.
    pub tiles: Range<u64>,
    /// Global index of the physical crossbar that holds the first of them; the others follow.
    pub first_xb: u64,
}

/// Where each operator goes; `parts.len() > 1` means time tiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// In time order.
    pub parts: Vec<Part>,
}

/// Places operators that need `demand[i]` crossbars each. `granule[i]` crossbars belong together (slices of one tile in
/// different crossbars) and are never split between time tiles. Returns None when a granule is larger than the chip.
pub fn first_fit(chip: Chip, demand: &[u64], granule: &[u64]) -> Option<(Vec<Placed>, u32)> {
    let capacity = chip.crossbars();
    let per_core = chip.xbs_per_core.max(1) as u64;
    let (mut segment, mut used) = (0u32, 0u64);
    let mut out = Vec::with_capacity(demand.len());
    for (i, &need) in demand.iter().enumerate() {
        let granule = granule.get(i).copied().unwrap_or(1).max(1);
        let chunk = capacity / granule * granule;
        if need > 0 && chunk == 0 {
            return None;
        }
        let start = if chip.whole_cores { used.next_multiple_of(per_core) } else { used };
        let mut parts = Vec::new();
        if start + need <= capacity {
            parts.push(Part { segment, tiles: 0..need, first_xb: start });
            used = start + need;
        } else {
            if used > 0 {
                segment += 1;
            }
            let mut at = 0;
            while at < need {
                let n = chunk.min(need - at);
                if at > 0 {
                    segment += 1;
                }
                parts.push(Part { segment, tiles: at..at + n, first_xb: 0 });
                at += n;
                used = n;
            }
        }
        out.push(Placed { parts });
    }
    Some((out, segment + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHIP: Chip = Chip { cores: 4, xbs_per_core: 2, whole_cores: false };

    #[test]
    fn segments_close_when_full() {
        let (placed, segments) = first_fit(CHIP, &[5, 3, 1], &[]).unwrap();
        assert_eq!(segments, 2);
        assert_eq!(placed[1].parts, vec![Part { segment: 0, tiles: 0..3, first_xb: 5 }]);
        assert_eq!(placed[2].parts, vec![Part { segment: 1, tiles: 0..1, first_xb: 0 }]);
    }

    #[test]
    fn an_operator_larger_than_the_chip_becomes_time_tiles() {
        let (placed, segments) = first_fit(CHIP, &[1, 20], &[1, 3]).unwrap();
        let tiles: Vec<_> = placed[1].parts.iter().map(|p| (p.segment, p.tiles.clone())).collect();
        assert_eq!(tiles, vec![(1, 0..6), (2, 6..12), (3, 12..18), (4, 18..20)]);
        assert_eq!(segments, 5);
        assert!(first_fit(CHIP, &[9], &[9]).is_none());
    }

    #[test]
    fn core_mode_starts_on_whole_cores() {
        let chip = Chip { whole_cores: true, ..CHIP };
        let (placed, _) = first_fit(chip, &[1, 1], &[]).unwrap();
        assert_eq!(placed[1].parts[0].first_xb, 2);
    }

    proptest! {
        #[test]
        fn nothing_overlaps_and_nothing_is_lost(demand in prop::collection::vec(0u64..30, 0..12), whole in any::<bool>()) {
            let chip = Chip { whole_cores: whole, ..CHIP };
            let (placed, segments) = first_fit(chip, &demand, &[]).unwrap();
            let mut cells = std::collections::HashSet::new();
            for (p, &need) in placed.iter().zip(&demand) {
                prop_assert_eq!(p.parts.iter().map(|q| q.tiles.end - q.tiles.start).sum::<u64>(), need);
                for q in &p.parts {
                    prop_assert!(q.segment < segments);
                    for k in 0..q.tiles.end - q.tiles.start {
                        prop_assert!(q.first_xb + k < 8);
                        prop_assert!(cells.insert((q.segment, q.first_xb + k)));
                    }
                }
            }
        }
    }
}
