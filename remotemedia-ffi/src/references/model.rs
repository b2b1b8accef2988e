//! Models: every order in which threads can meet over one slot, also where a host uses what it has released.
//! `scripts/models.sh` runs them.

use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::sync::Mutex;
use loom::thread;

use super::{References, Unusable};

/// A slot, as `handle.rs` uses it. Reaching the object where somebody else may fails the model.
struct Slot {
    references: References,
    object: UnsafeCell<()>,
    is_free: Mutex<bool>,
}

// SAFETY: as for the slot in `handle.rs`; whoever reaches the object beside somebody else fails the model.
unsafe impl Sync for Slot {}

/// The generation of the first object, and of the one that the slot may get next.
const FIRST: u32 = 0;
const SECOND: u32 = 1;

impl Slot {
    fn new() -> Arc<Self> {
        let slot = Self { references: References::new(), object: UnsafeCell::new(()), is_free: Mutex::new(true) };
        slot.reuse();
        Arc::new(slot)
    }

    /// Puts an object into the slot, if it is free.
    fn reuse(&self) -> bool {
        let was_free = std::mem::take(&mut *self.is_free.lock().unwrap());
        if was_free {
            self.object.with_mut(|_| ());
            self.references.begin();
        }
        was_free
    }

    fn end(&self) {
        self.references.end(2);
        self.object.with_mut(|_| ());
        *self.is_free.lock().unwrap() = true;
    }

    fn release(&self, generation: u32) -> Result<(), Unusable> {
        if self.references.release(generation)? {
            self.end();
        }
        Ok(())
    }

    fn call(&self, generation: u32) -> Result<(), Unusable> {
        self.references.hold(generation)?;
        self.object.with(|_| ());
        if self.references.let_go() {
            self.end();
        }
        Ok(())
    }

    fn change(&self, generation: u32) -> Result<bool, Unusable> {
        let owned = self.references.own(generation)?;
        if owned {
            self.object.with_mut(|_| ());
            if self.references.disown() {
                self.end();
            }
        }
        Ok(owned)
    }
}

/// Runs `one` and `other` side by side in every order, with a slot that holds an object, and then `after`.
fn side_by_side<A: 'static, B: 'static>(one: fn(&Slot) -> A, other: fn(&Slot) -> B, after: fn(&Slot, A, B)) {
    loom::model(move || {
        let slot = Slot::new();
        let shared = Arc::clone(&slot);
        let thread = thread::spawn(move || one(&shared));
        let other = other(&slot);
        after(&slot, thread.join().unwrap(), other);
    });
}

#[test]
fn a_stale_release_does_not_reach_what_the_slot_got_since() {
    let release_and_reuse = |slot: &Slot| {
        let released = slot.release(FIRST);
        (released, slot.reuse())
    };
    side_by_side(
        release_and_reuse,
        |slot| slot.release(FIRST),
        |slot, (own, reused), stale| {
            assert!(own.is_ok() != stale.is_ok(), "one of the two was the reference");
            if reused {
                assert_eq!(slot.references.check(SECOND), Ok(()), "what the slot got is still there");
            }
        },
    );
}

#[test]
fn a_stale_retain_counts_nothing_for_what_the_slot_got_since() {
    let release_and_reuse = |slot: &Slot| {
        slot.release(FIRST).unwrap();
        slot.reuse()
    };
    side_by_side(
        release_and_reuse,
        |slot| slot.references.retain(FIRST),
        |slot, reused, retained| {
            assert_eq!(reused, retained.is_err(), "the object goes on only for who retained it");
            let generation = slot.references.generation();
            assert_eq!(slot.release(generation), Ok(()));
            assert_eq!(slot.release(generation), Err(Unusable::Released), "there was one reference");
        },
    );
}

#[test]
fn what_a_call_holds_is_not_ended_and_not_used_again_under_it() {
    let release_and_reuse = |slot: &Slot| {
        slot.release(FIRST).unwrap();
        slot.reuse()
    };
    side_by_side(
        release_and_reuse,
        |slot| slot.call(FIRST),
        |slot, reused, _| {
            assert!(reused || slot.reuse(), "whoever was last ended it");
            assert_eq!(slot.references.check(SECOND), Ok(()));
        },
    );
}

#[test]
fn a_call_that_changes_an_object_is_alone_with_it() {
    side_by_side(
        |slot| slot.change(FIRST),
        |slot| slot.call(FIRST),
        |slot, changed, called| {
            assert!(changed == Ok(true) || called.is_ok(), "one of the two reaches it");
            assert_eq!(slot.references.check(FIRST), Ok(()));
        },
    );
}

#[test]
fn what_is_released_while_it_is_changed_ends_once() {
    side_by_side(
        |slot| slot.change(FIRST),
        |slot| slot.release(FIRST),
        |slot, _, released| {
            assert_eq!(released, Ok(()));
            assert!(slot.reuse(), "it was ended");
        },
    );
}
