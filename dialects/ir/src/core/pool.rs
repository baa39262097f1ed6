//! A vector with a free list, indexed by a typed handle.

use super::ids::{BlockId, OpId, RegionId};
use std::marker::PhantomData;

/// A handle that is an index.
pub(crate) trait Handle: Copy {
    fn new(index: usize) -> Self;
    fn at(self) -> usize;
}

macro_rules! handle {
    ($($t:ty),*) => { $(impl Handle for $t {
        fn new(index: usize) -> Self { <$t>::from_index(index) }
        fn at(self) -> usize { self.index() }
    })* };
}
handle!(OpId, BlockId, RegionId);

/// Storage of `T`. Removed slots are not reused, so that a stale handle never names another entity.
#[derive(Clone)]
pub(crate) struct Pool<H, T> {
    items: Vec<T>,
    removed: usize,
    handle: PhantomData<H>,
}

impl<H: Handle, T> Pool<H, T> {
    pub(crate) fn new() -> Self {
        Pool { items: Vec::new(), removed: 0, handle: PhantomData }
    }
    pub(crate) fn insert(&mut self, item: T) -> H {
        self.items.push(item);
        H::new(self.items.len() - 1)
    }
    pub(crate) fn get(&self, h: H) -> &T {
        &self.items[h.at()]
    }
    pub(crate) fn get_mut(&mut self, h: H) -> &mut T {
        &mut self.items[h.at()]
    }
    pub(crate) fn remove(&mut self, _h: H) {
        self.removed += 1;
    }
    pub(crate) fn bound(&self) -> usize {
        self.items.len()
    }
}
