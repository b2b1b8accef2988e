//! Free slots that a thread keeps for itself, so that threads do not meet over every packet.

use std::cell::Cell;
use std::iter;

use crossbeam_queue::SegQueue;

/// How many a thread keeps at most.
const MOST: usize = 64;
/// How many go from and to all threads' queue at once.
const BATCH: usize = MOST / 2;

/// The free slots of one type that a thread keeps, in a ring: the one that is free for longest comes first.
pub(crate) struct Spare<S: 'static> {
    ring: [Cell<Option<&'static S>>; MOST],
    first: Cell<usize>,
    count: Cell<usize>,
    /// Where the others are.
    shared: &'static SegQueue<&'static S>,
}

impl<S> Spare<S> {
    pub(crate) const fn new(shared: &'static SegQueue<&'static S>) -> Self {
        Self { ring: [const { Cell::new(None) }; MOST], first: Cell::new(0), count: Cell::new(0), shared }
    }

    /// A free slot; `None` if there is none in any place but other threads' spares.
    #[inline]
    pub(crate) fn take(&self) -> Option<&'static S> {
        if self.count.get() == 0 {
            iter::from_fn(|| self.shared.pop()).take(BATCH).for_each(|slot| self.push(slot));
        }
        self.pop()
    }

    /// Puts a slot back.
    #[inline]
    pub(crate) fn put(&self, slot: &'static S) {
        if self.count.get() == MOST {
            iter::from_fn(|| self.pop()).take(BATCH).for_each(|slot| self.shared.push(slot));
        }
        self.push(slot);
    }

    fn push(&self, slot: &'static S) {
        self.ring[(self.first.get() + self.count.get()) % MOST].set(Some(slot));
        self.count.set(self.count.get() + 1);
    }

    fn pop(&self) -> Option<&'static S> {
        self.count.set(self.count.get().checked_sub(1)?);
        let first = self.first.replace((self.first.get() + 1) % MOST);
        self.ring[first].get()
    }
}

impl<S> Drop for Spare<S> {
    fn drop(&mut self) {
        iter::from_fn(|| self.pop()).for_each(|slot| self.shared.push(slot));
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_a_thread_keeps_is_not_lost_when_it_ends() {
        static SHARED: SegQueue<&'static u8> = SegQueue::new();
        static SLOTS: [u8; 200] = [0; 200];
        SLOTS.iter().for_each(|slot| SHARED.push(slot));
        let work = || {
            let spare = Spare::new(&SHARED);
            let taken: Vec<_> = (0..100).map_while(|_| spare.take()).collect();
            taken.iter().for_each(|slot| spare.put(slot));
            taken.len()
        };
        thread::scope(|scope| {
            let first = scope.spawn(work);
            assert_eq!(work() + first.join().expect("the thread ends well"), 200);
        });
        assert_eq!(SHARED.len(), 200);
    }

    #[test]
    fn a_slot_is_used_again_only_after_the_others() {
        static SHARED: SegQueue<&'static u8> = SegQueue::new();
        static SLOTS: [u8; 40] = [0; 40];
        SLOTS.iter().for_each(|slot| SHARED.push(slot));
        let spare = Spare::new(&SHARED);
        let first = spare.take().expect("there are slots");
        spare.put(first);
        let turns = (1..).take_while(|_| spare.take().is_some_and(|slot| !std::ptr::eq(slot, first))).count();
        assert_eq!(turns, BATCH - 1);
    }
}
