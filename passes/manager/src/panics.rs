//! Panics of passes become diagnostics.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static WHERE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `f`; a panic becomes its message, with its place in the source if [`install_hook`] was called.
pub fn catch<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    WHERE.with(|w| w.borrow_mut().take());
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|s| s.to_string());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "panic".to_string());
        match WHERE.with(|w| w.borrow_mut().take()) {
            Some(place) => format!("{text} (at {place})"),
            None => text,
        }
    })
}

/// Replaces the printing of panics by remembering where they happened: the diagnostic says it. For programs only: the hook
/// is the whole process's.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| l.to_string());
        WHERE.with(|w| *w.borrow_mut() = place);
    }));
}
