//! Slots: the memory that objects of C live in. It is never given back to the allocator, so that whether an address
//! stands for an object can be told without reading what it points to.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};

use crossbeam_queue::SegQueue;

use crate::references::{MOST_GENERATIONS, References};

/// Where all objects of a type live.
pub(crate) struct Slots<T: 'static> {
    /// Blocks of slots, each twice as long as the one before. What is in place stays for ever.
    blocks: [AtomicPtr<Slot<T>>; BLOCKS],
    /// Slots without an object, but for those that threads keep. The one that is free for longest comes first, so that
    /// stale handles are told for long.
    pub(crate) free: SegQueue<&'static Slot<T>>,
    /// How many blocks there are.
    grown: Mutex<usize>,
}

/// The length of the first block.
const FIRST: usize = 64;
/// More blocks than memory has room for.
const BLOCKS: usize = 32;

impl<T> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self {
            blocks: [const { AtomicPtr::new(ptr::null_mut()) }; BLOCKS],
            free: SegQueue::new(),
            grown: Mutex::new(0),
        }
    }

    /// The slot that an address lies in, and how far from its start.
    #[inline]
    pub(crate) fn find(&self, address: usize) -> Option<(&'static Slot<T>, usize)> {
        for (index, block) in self.blocks.iter().enumerate() {
            let start = block.load(Ordering::Acquire);
            if start.is_null() {
                return None;
            }
            let distance = address.wrapping_sub(start.addr());
            let (position, rest) = (distance / size_of::<Slot<T>>(), distance % size_of::<Slot<T>>());
            if position < FIRST << index {
                // SAFETY: the block has that many slots, and stays for ever.
                return Some((unsafe { &*start.add(position) }, rest));
            }
        }
        None
    }

    /// Adds a block, and gives one of its slots.
    pub(crate) fn grow(&self) -> &'static Slot<T> {
        let mut grown = self.grown.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have grown it meanwhile.
        if let Some(slot) = self.free.pop() {
            return slot;
        }
        assert!(*grown < BLOCKS, "more handles than memory has room for");
        let block: Vec<Slot<T>> = (0..FIRST << *grown).map(|_| Slot::new()).collect();
        // Shared from the first moment: an exclusive reference would end what was derived from it before.
        let block: &'static [Slot<T>] = Box::leak(block.into_boxed_slice());
        self.blocks[*grown].store(block.as_ptr().cast_mut(), Ordering::Release);
        *grown += 1;
        let (first, rest) = block.split_first().expect("a block has slots");
        rest.iter().for_each(|slot| self.free.push(slot));
        first
    }
}

/// Room for one object. The alignment keeps slots out of each other's cache lines, and leaves small types addresses
/// enough to tell generations apart.
#[repr(C, align(256))]
pub(crate) struct Slot<T: 'static> {
    pub(crate) references: References,
    pub(crate) object: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: an object is reached through its references only, and may be used on any thread.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

/// What an address inside a slot may differ by.
pub(crate) const STEP: usize = 8;

impl<T> Slot<T> {
    /// How many generations its addresses tell apart.
    pub(crate) const GENERATIONS: u32 = {
        let addresses = size_of::<Self>() / STEP;
        if addresses < MOST_GENERATIONS as usize { addresses as u32 } else { MOST_GENERATIONS }
    };

    fn new() -> Self {
        Self { references: References::new(), object: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// The address that stands for the object that the slot has now.
    #[inline]
    pub(crate) fn handle(&'static self) -> *mut T {
        let distance = self.references.generation() as usize * STEP;
        ptr::from_ref(self).wrapping_byte_add(distance).cast::<T>().cast_mut()
    }
}
