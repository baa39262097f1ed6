//! Append-only interning tables: handles stay valid and cheap to read while other threads intern.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;

/// Interns values of `T`; equal values get the same index. Reads take no lock.
pub(crate) struct Interner<T> {
    items: boxcar::Vec<T>,
    table: Mutex<HashTable<u32>>,
}

/// Hash of an interned value.
fn hash_of<Q: Hash + ?Sized>(value: &Q) -> u64 {
    let mut h = FxHasher::default();
    value.hash(&mut h);
    h.finish()
}

impl<T: Hash + Eq> Interner<T> {
    pub(crate) fn new() -> Self {
        Interner { items: boxcar::Vec::new(), table: Mutex::new(HashTable::new()) }
    }

    /// Index of `value`, built by `make` when it is new. `Q` must hash and compare as `T` does.
    pub(crate) fn intern_with<Q>(&self, key: &Q, eq: impl Fn(&T, &Q) -> bool, make: impl FnOnce() -> T) -> usize
    where
        Q: Hash + ?Sized,
    {
        let hash = hash_of(key);
        let mut table = self.table.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(&i) = table.find(hash, |&i| eq(&self.items[i as usize], key)) {
            return i as usize;
        }
        let index = self.items.push(make());
        table.insert_unique(hash, index as u32, |&i| hash_of(&self.items[i as usize]));
        index
    }

    pub(crate) fn intern(&self, value: T) -> usize {
        let hash = hash_of(&value);
        let mut table = self.table.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(&i) = table.find(hash, |&i| self.items[i as usize] == value) {
            return i as usize;
        }
        let index = self.items.push(value);
        table.insert_unique(hash, index as u32, |&i| hash_of(&self.items[i as usize]));
        index
    }

    pub(crate) fn get(&self, index: usize) -> &T {
        &self.items[index]
    }
}
