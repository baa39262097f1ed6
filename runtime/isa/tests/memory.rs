//! Reading takes memory in proportion to the file, whatever the file says.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bytes::Bytes;
use cim_isa::testing::{Rng, mend, random_program};
use cim_isa::{decode, encode};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: hands everything on to the system's allocator and counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn peak_of(file: &Bytes) -> usize {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let _ = decode(file.clone());
    PEAK.load(Relaxed) - before
}

/// Three times the promised bound: a growing vector holds its old and its new memory for a moment.
fn bound(len: usize) -> usize {
    3 * (64 * len + (1 << 20))
}

#[test]
fn bounded() {
    let mut r = Rng::new(1);
    for seed in 0..150 {
        let good = encode(&random_program(seed, 40));
        assert!(peak_of(&Bytes::from(good.clone())) < bound(good.len()));
        for _ in 0..20 {
            let mut bad = good.clone();
            for _ in 0..r.size(1, 4) {
                let at = r.int(0, bad.len() as i64 - 1) as usize;
                bad[at] = *r.pick(&[0xff, 0xfe, 0x7f, 0x80, 0]);
            }
            mend(&mut bad);
            let bad = Bytes::from(bad);
            let peak = peak_of(&bad);
            assert!(peak < bound(bad.len()), "seed {seed}: {peak} bytes for a file of {}", bad.len());
        }
    }
}
