//! Which kinds of objects there are, for errors that say what a handle of the wrong kind stands for.

use std::sync::{Mutex, PoisonError};

/// A kind of object: what it is called, and whether an address lies where such objects live.
struct Kind {
    noun: &'static str,
    has: fn(usize) -> bool,
}

/// The kinds of which there is or was an object.
static KINDS: Mutex<Vec<Kind>> = Mutex::new(Vec::new());

/// Remembers a kind, of which there is about to be an object.
pub(crate) fn remember(noun: &'static str, has: fn(usize) -> bool) {
    let mut kinds = KINDS.lock().unwrap_or_else(PoisonError::into_inner);
    if kinds.iter().all(|kind| kind.noun != noun) {
        kinds.push(Kind { noun, has });
    }
}

/// What an object is or was called that an address stands for.
pub(crate) fn of(address: usize) -> Option<&'static str> {
    let kinds = KINDS.lock().unwrap_or_else(PoisonError::into_inner);
    kinds.iter().find(|kind| (kind.has)(address)).map(|kind| kind.noun)
}

/// A noun as errors have it.
pub(crate) fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
