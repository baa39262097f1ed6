//! A vector indexed by a typed handle, with an undo log.

use super::ids::{BlockId, OpId, RegionId, ValueId};
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
handle!(OpId, BlockId, RegionId, ValueId);

impl Handle for u32 {
    fn new(index: usize) -> Self {
        index as u32
    }
    fn at(self) -> usize {
        self as usize
    }
}

/// Storage of `T`. Removed slots are not reused, so that a stale handle never names another entity.
#[derive(Clone)]
pub(crate) struct Pool<H, T> {
    items: Vec<T>,
    /// Changes of slots below this are logged: those that the latest mark knows. 0 while nothing is marked.
    logged: usize,
    /// What slots held before they were changed, oldest first.
    log: Vec<(u32, T)>,
    handle: PhantomData<H>,
}

/// A state of a pool that it can go back to.
#[derive(Debug)]
pub(crate) struct Mark {
    items: usize,
    log: usize,
}

impl<H: Handle, T: Copy> Pool<H, T> {
    pub(crate) fn new() -> Self {
        Pool { items: Vec::new(), logged: 0, log: Vec::new(), handle: PhantomData }
    }
    pub(crate) fn insert(&mut self, item: T) -> H {
        self.items.push(item);
        H::new(self.items.len() - 1)
    }
    pub(crate) fn extend(&mut self, items: impl IntoIterator<Item = T>) {
        self.items.extend(items);
    }
    pub(crate) fn get(&self, h: H) -> &T {
        &self.items[h.at()]
    }
    pub(crate) fn get_mut(&mut self, h: H) -> &mut T {
        let item = &mut self.items[h.at()];
        if h.at() < self.logged {
            self.log.push((h.at() as u32, *item));
        }
        item
    }
    pub(crate) fn range(&self, start: u32, len: usize) -> &[T] {
        &self.items[start as usize..start as usize + len]
    }
    pub(crate) fn bound(&self) -> usize {
        self.items.len()
    }

    /// Marks this state; changes are logged until [`Pool::unmark`].
    pub(crate) fn mark(&mut self) -> Mark {
        self.logged = self.items.len();
        Mark { items: self.items.len(), log: self.log.len() }
    }
    /// Goes back to a marked state. Slots added since stay, so that handles stay unique; `bury` empties them.
    pub(crate) fn back_to(&mut self, mark: &Mark, bury: impl Fn(&mut T)) {
        while self.log.len() > mark.log {
            if let Some((at, old)) = self.log.pop()
                && let Some(item) = self.items.get_mut(at as usize)
            {
                *item = old;
            }
        }
        self.items.iter_mut().skip(mark.items).for_each(bury);
    }
    /// Stops logging.
    pub(crate) fn unmark(&mut self) {
        self.logged = 0;
        self.log = Vec::new();
    }
}
