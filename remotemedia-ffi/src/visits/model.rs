//! Models: every order in which visits and the last release of an object can meet. `scripts/models.sh` runs them.

use std::cell::Cell;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::{Notes, Visitable, Visits};
use crate::references::References;

/// The address of the object.
const ADDRESS: usize = 256;
/// The generation of the object, and of what its slot may get next.
const FIRST: u32 = 0;
const SECOND: u32 = 1;

/// A slot with an object, as `handle.rs` uses it. Reaching the object when it has ended fails the model.
struct Slot {
    references: References,
    object: UnsafeCell<bool>,
    ends: AtomicUsize,
    visits: Visits,
}

// SAFETY: as for the slot in `handle.rs`; whoever reaches the object while it ends fails the model.
unsafe impl Sync for Slot {}

impl Slot {
    fn new() -> &'static Self {
        let references = References::new();
        references.begin();
        let (object, ends) = (UnsafeCell::new(true), AtomicUsize::new(0));
        Box::leak(Box::new(Self { references, object, ends, visits: Visits::new() }))
    }

    /// Visits the object, and does `inside` meanwhile; gives whether it was there.
    fn visit(&self, notes: &Notes, generation: u32, inside: impl FnOnce()) -> bool {
        let visit = notes.begin(ADDRESS).expect("there is a place");
        let is_there = self.references.check(generation).is_ok();
        if is_there {
            self.reach();
            inside();
            self.reach();
        }
        visit.end();
        if self.references.are_gone() {
            self.visits.sweep();
        }
        is_there
    }

    /// Takes the reference back. When the visitors have ended, everybody has seen it.
    fn release(&'static self, own: Option<&Notes>, visitors: Vec<thread::JoinHandle<bool>>) {
        if self.references.release_to_call(FIRST).expect("there is a reference") {
            let visitors = Cell::new(visitors);
            self.visits.end_after(self, own, || join(visitors.take()));
            join(visitors.take());
        }
    }

    fn reach(&self) {
        // SAFETY: whoever ends it meanwhile fails the model.
        self.object.with(|object| assert!(unsafe { *object }, "the object has ended"));
    }

    fn assert_ended(&self) {
        assert_eq!(self.ends.load(Ordering::Relaxed), 1, "the object ends once");
        assert_eq!(self.references.generation(), SECOND);
    }
}

impl Visitable for Slot {
    fn address(&self) -> usize {
        ADDRESS
    }

    fn end_of_visits(&'static self) {
        if self.references.let_go() {
            // SAFETY: whoever reaches it meanwhile fails the model.
            self.object.with_mut(|object| unsafe { *object = false });
            self.ends.fetch_add(1, Ordering::Relaxed);
            self.references.end(2);
        }
    }
}

/// Visits the object on another thread.
fn visitor(slot: &'static Slot, generation: u32) -> thread::JoinHandle<bool> {
    thread::spawn(move || slot.visit(slot.visits.lend(), generation, || ()))
}

fn join(visitors: Vec<thread::JoinHandle<bool>>) {
    visitors.into_iter().for_each(|visitor| assert!(visitor.join().is_ok()));
}

#[test]
fn an_object_ends_once_and_under_no_visit() {
    loom::model(|| {
        let slot = Slot::new();
        slot.release(None, vec![visitor(slot, FIRST)]);
        slot.assert_ended();
    });
}

#[test]
fn the_last_of_two_visitors_ends_it() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let slot = Slot::new();
        slot.release(None, vec![visitor(slot, FIRST), visitor(slot, FIRST)]);
        slot.assert_ended();
    });
}

#[test]
fn a_visitor_that_releases_the_object_keeps_it_until_it_leaves() {
    loom::model(|| {
        let slot = Slot::new();
        let (visitor, own) = (visitor(slot, FIRST), slot.visits.lend());
        assert!(slot.visit(own, FIRST, || slot.release(Some(own), vec![visitor])));
        slot.assert_ended();
    });
}

#[test]
fn a_visit_by_a_stale_handle_keeps_nothing_from_ending() {
    loom::model(|| {
        let slot = Slot::new();
        // The handle of the second generation is not stale later, but there is no object of it.
        slot.release(None, vec![visitor(slot, SECOND)]);
        slot.assert_ended();
    });
}
