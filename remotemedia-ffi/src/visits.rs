//! Visits: calls that use an object without counting themselves.
//!
//! To count a call in and out takes two locked instructions, which is much for a call of a hundred nanoseconds. A
//! visitor only notes the object's address in a place of its own thread, and erases it at the end with a plain write.
//! In exchange, whoever takes the object's last reference looks through the places of all threads. If there is a
//! visitor, the object waits, and whoever finds next that it has none any more ends it: its last visitor, as a rule.
//!
//! These are hazard pointers (M. Michael, "Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects", 2004). A
//! visitor writes its place and then reads whether the object is there; a release says that it is not and then reads
//! the places. The fences in between let at least one see the other; the visitor's is light, and the release's heavy
//! ([`fence`]). There is none where a visit ends, so that a visitor and a release that pass each other there may both
//! leave the object to the other; the release looks again.

#[cfg(all(test, models))]
use loom::sync::{Mutex, MutexGuard, atomic::AtomicUsize};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::Ordering;
use std::sync::{LazyLock, PoisonError};
#[cfg(not(all(test, models)))]
use std::sync::{Mutex, MutexGuard, atomic::AtomicUsize};
use std::thread;
use std::time::Duration;

use crate::fence;

/// How many visits a thread can note at once, one within another. More count themselves.
const MOST: usize = 4;
/// No visit. No object is there.
const NOTHING: usize = 0;
/// Longer than any processor keeps what it wrote to itself, by far.
const A_WHILE: Duration = Duration::from_millis(1);

/// The visits of one thread. On cache lines of its own: nobody else writes it.
#[repr(align(128))]
pub(crate) struct Notes([AtomicUsize; MOST]);

impl Notes {
    fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicUsize::new(NOTHING)))
    }

    /// Notes a visit to the object at `address`, before it is known to be there. `None` if there are too many.
    #[inline]
    pub(crate) fn begin(&self, address: usize) -> Option<Visit<'_>> {
        let place = self.0.iter().find(|place| place.load(Ordering::Relaxed) == NOTHING)?;
        place.store(address, Ordering::Release);
        fence::light();
        Some(Visit(place, PhantomData))
    }

    fn has(&self, address: usize) -> bool {
        self.0.iter().any(|place| place.load(Ordering::Acquire) == address)
    }
}

/// A visit that is noted. It stays on its thread.
pub(crate) struct Visit<'a>(&'a AtomicUsize, PhantomData<*const ()>);

impl Visit<'_> {
    /// Erases it. Who then finds that the object has no reference any more, [sweeps](Visits::sweep).
    #[inline]
    pub(crate) fn end(self) {
        self.0.store(NOTHING, Ordering::Release);
    }
}

/// What can wait for visits to be over.
pub(crate) trait Visitable: Sync {
    /// Where it is, as visits are noted.
    fn address(&self) -> usize;

    /// Nobody visits it any more, nor will.
    fn end_of_visits(&'static self);
}

/// The visits of all threads, and the objects that wait for some of them.
pub(crate) struct Visits(Mutex<Book>);

#[derive(Default)]
struct Book {
    /// Of every thread, also of those that ended.
    threads: Vec<&'static Notes>,
    /// Of threads that ended.
    free: Vec<&'static Notes>,
    /// What has no references any more.
    waiting: Vec<&'static dyn Visitable>,
}

impl Visits {
    fn new() -> Self {
        Self(Mutex::new(Book::default()))
    }

    /// Notes for a thread.
    fn lend(&self) -> &'static Notes {
        let mut book = self.lock();
        book.free.pop().unwrap_or_else(|| {
            let notes = Box::leak(Box::new(Notes::new()));
            book.threads.push(notes);
            notes
        })
    }

    fn take_back(&self, notes: &'static Notes) {
        self.lock().free.push(notes);
    }

    /// Ends an object of which it was said before that it has no reference any more, when the visits to it are over.
    /// `own` are the calling thread's.
    pub(crate) fn end(&self, object: &'static dyn Visitable, own: Option<&Notes>) {
        self.end_after(object, own, || thread::sleep(A_WHILE));
    }

    /// As [`end`](Self::end); `a_while` lasts until everybody sees that the object waits.
    fn end_after(&self, object: &'static dyn Visitable, own: Option<&Notes>, a_while: impl FnOnce()) {
        if !fence::heavy() {
            tracing::error!(
                "what was released keeps its memory: the system refuses membarrier(2), which it allowed when the first \
                 runtime was made; sandboxes that are entered later have to allow it too"
            );
            return;
        }
        self.lock().waiting.push(object);
        self.sweep();
        let is_visited = self.lock().has_others(object, own);
        if is_visited {
            a_while();
        }
        // Whoever left meanwhile may have missed that it waits; whoever leaves from now on does not.
        self.sweep();
    }

    /// Ends what waits for no visit.
    pub(crate) fn sweep(&self) {
        let mut book = self.lock();
        let Book { threads, waiting, .. } = &mut *book;
        let is_over = |object: &mut &dyn Visitable| !threads.iter().any(|notes| notes.has(object.address()));
        let over: Vec<_> = waiting.extract_if(.., is_over).collect();
        drop(book);
        over.into_iter().for_each(Visitable::end_of_visits);
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Whether other threads than the one with these notes visit the object.
    fn has_others(&self, object: &dyn Visitable, own: Option<&Notes>) -> bool {
        let others = self.threads.iter().filter(|notes| !own.is_some_and(|own| ptr::eq(**notes, own)));
        others.into_iter().any(|notes| notes.has(object.address()))
    }
}

/// The visits of this process.
pub(crate) static VISITS: LazyLock<Visits> = LazyLock::new(Visits::new);

thread_local! {
    static MINE: Lent = const { Lent(Cell::new(None)) };
}

/// The calling thread's notes; `None` when it is about to end.
#[inline]
pub(crate) fn mine() -> Option<&'static Notes> {
    MINE.try_with(|lent| lent.0.get().unwrap_or_else(|| lent.fill())).ok()
}

/// Notes, until the thread ends.
struct Lent(Cell<Option<&'static Notes>>);

impl Lent {
    #[cold]
    fn fill(&self) -> &'static Notes {
        let notes = VISITS.lend();
        self.0.set(Some(notes));
        notes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(notes) = self.0.take() {
            VISITS.take_back(notes);
        }
    }
}

#[cfg(all(test, models))]
#[path = "visits/model.rs"]
mod model;
