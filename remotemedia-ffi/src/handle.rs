//! Handles: what C holds of an object. A handle is looked up, never trusted.
//!
//! A handle is an address inside one of its type's slots. Slots are never given back to the allocator, so whether an
//! address stands for an object can be told without reading what it points to: it lies in a slot of that type, the slot
//! is in use, and it is on the generation that the address tells. A host that passes what it has released, or something
//! else altogether, gets an error. A call that may run code of the host holds what it works on, so that a callback that
//! releases it does no harm; one that only reads a packet does without, which takes half the time.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};

use crossbeam_queue::SegQueue;

use crate::guard::{Fault, shield};
use crate::references::{MOST_GENERATIONS, References, Unusable};
use crate::spare::Spare;

/// What C may hold handles of.
pub(crate) trait Object: Send + Sync + Sized + 'static {
    /// What the object is called in errors.
    const NOUN: &'static str;

    /// Where all objects of the type live.
    fn slots() -> &'static Slots<Self>;

    /// Uses the free slots that the thread keeps; `None` when the thread is about to end.
    fn with_spare<R>(work: impl FnOnce(&Spare<Slot<Self>>) -> R) -> Option<R>;
}

/// Makes types objects that C may hold handles of.
macro_rules! objects {
    ($($object:ty: $noun:literal),* $(,)?) => {$(
        impl $crate::handle::Object for $object {
            const NOUN: &'static str = $noun;

            fn slots() -> &'static $crate::handle::Slots<Self> {
                static SLOTS: $crate::handle::Slots<$object> = $crate::handle::Slots::new();
                &SLOTS
            }

            fn with_spare<R>(work: impl FnOnce(&$crate::spare::Spare<$crate::handle::Slot<Self>>) -> R) -> Option<R> {
                thread_local! {
                    static SPARE: $crate::spare::Spare<$crate::handle::Slot<$object>> =
                        $crate::spare::Spare::new(&<$object as $crate::handle::Object>::slots().free);
                }
                SPARE.try_with(work).ok()
            }
        }
    )*};
}
pub(crate) use objects;

/// Gives `object` to C as one reference.
#[inline]
pub(crate) fn give<T: Object>(object: T) -> *mut T {
    give_made(|| object)
}

/// As [`give`], for an object that is made in its place rather than moved there.
#[inline(always)]
pub(crate) fn give_made<T: Object>(make: impl FnOnce() -> T) -> *mut T {
    let slots = T::slots();
    let spare = T::with_spare(Spare::take).unwrap_or_else(|| slots.free.pop());
    let slot = spare.unwrap_or_else(|| slots.grow());
    // SAFETY: a free slot has no object and no other user.
    unsafe { (*slot.object.get()).write(make()) };
    slot.references.begin();
    slot.handle()
}

/// The object behind the argument called `name`, held during the call.
#[inline(always)]
pub(crate) fn borrow<T: Object>(handle: *const T, name: &str) -> Result<Held<T>, Fault> {
    let (slot, generation) = find(handle, name)?;
    slot.references.hold(generation).map_err(|unusable| refused::<T>(unusable, name))?;
    Ok(Held(slot))
}

/// The object behind the argument called `name`, until code of the host may run.
///
/// # Safety
/// Nobody takes the object's last reference while the result is used.
#[inline(always)]
pub(crate) unsafe fn glance<'a, T: Object>(handle: *const T, name: &str) -> Result<&'a T, Fault> {
    let (slot, generation) = find(handle, name)?;
    slot.references.check(generation).map_err(|unusable| refused::<T>(unusable, name))?;
    // SAFETY: there is a reference, and it stays as the caller promises.
    Ok(unsafe { (*slot.object.get()).assume_init_ref() })
}

/// Reads the object behind the argument called `name`. The reading runs no code of the host.
///
/// # Safety
/// No other thread takes the object's last reference meanwhile.
#[inline]
pub(crate) unsafe fn read<T: Object, R>(handle: *const T, name: &str, read: impl FnOnce(&T) -> R) -> Result<R, Fault> {
    // SAFETY: as the caller promises.
    Ok(read(unsafe { glance(handle, name)? }))
}

/// As [`read`], where nothing can be said about a handle that stands for nothing.
///
/// # Safety
/// As [`read`].
#[inline]
pub(crate) unsafe fn look<T: Object, R>(handle: *const T, look: impl FnOnce(&T) -> R) -> Option<R> {
    // SAFETY: as the caller promises.
    unsafe { read(handle, T::NOUN, look) }.ok()
}

/// The object behind its only reference, for nobody else during the call; `None` if there are several references.
pub(crate) fn own<T: Object>(handle: *mut T, name: &str) -> Result<Option<Owned<T>>, Fault> {
    let (slot, generation) = find(handle, name)?;
    let owned = slot.references.own(generation).map_err(|unusable| refused::<T>(unusable, name))?;
    Ok(owned.then(|| Owned(slot)))
}

/// One more reference to the object, for C; null if the handle stands for nothing.
pub(crate) fn retain<T: Object>(handle: *const T) -> *mut T {
    let retained = find(handle, T::NOUN).is_ok_and(|(slot, generation)| slot.references.retain(generation).is_ok());
    if retained { handle.cast_mut() } else { ptr::null_mut() }
}

/// Takes one reference back.
#[inline]
pub(crate) fn release<T: Object>(handle: *mut T) {
    if handle.is_null() {
        return;
    }
    match find(handle, T::NOUN).map(|(slot, generation)| (slot, slot.references.release(generation))) {
        Ok((slot, Ok(true))) => slot.end(),
        Ok((_, Ok(false))) => {}
        Ok((_, Err(_))) => tracing::error!("a {} was released in vain: it was released already", T::NOUN),
        Err(fault) => tracing::error!("released in vain: {}", fault.message),
    }
}

/// An object that cannot end before this is dropped.
pub(crate) struct Held<T: Object>(&'static Slot<T>);

impl<T: Object> Deref for Held<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the slot has an object until the last call that holds it is over, and this is one.
        unsafe { (*self.0.object.get()).assume_init_ref() }
    }
}

impl<T: Object> Drop for Held<T> {
    #[inline]
    fn drop(&mut self) {
        if self.0.references.let_go() {
            self.0.end();
        }
    }
}

/// An object that nobody else can reach before this is dropped.
pub(crate) struct Owned<T: Object>(&'static Slot<T>);

impl<T: Object> Deref for Owned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: while the slot is exclusive it has an object, and nobody else reaches it.
        unsafe { (*self.0.object.get()).assume_init_ref() }
    }
}

impl<T: Object> DerefMut for Owned<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { (*self.0.object.get()).assume_init_mut() }
    }
}

impl<T: Object> Drop for Owned<T> {
    fn drop(&mut self) {
        if self.0.references.disown() {
            self.0.end();
        }
    }
}

/// An object that is lent to C until it is dropped, unless C retains it.
pub(crate) struct Lent<T: Object>(*mut T);

// SAFETY: the handle is a reference to an object that may be used on any thread.
unsafe impl<T: Object> Send for Lent<T> {}
// SAFETY: as above.
unsafe impl<T: Object> Sync for Lent<T> {}

impl<T: Object> Lent<T> {
    pub(crate) fn new(object: T) -> Self {
        Self(give(object))
    }

    pub(crate) fn handle(&self) -> *mut T {
        self.0
    }
}

impl<T: Object> Drop for Lent<T> {
    fn drop(&mut self) {
        release(self.0);
    }
}

/// A place for an output, emptied first.
///
/// # Safety
/// `out` is null or may be written.
pub(crate) unsafe fn output<'a, T>(out: *mut *mut T) -> Result<&'a mut *mut T, Fault> {
    // SAFETY: as the caller promises.
    let out = unsafe { out.as_mut() }.ok_or_else(|| Fault::argument("the place for the output is null"))?;
    *out = ptr::null_mut();
    Ok(out)
}

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
    fn find(&self, address: usize) -> Option<(&'static Slot<T>, usize)> {
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
    fn grow(&self) -> &'static Slot<T> {
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
    references: References,
    object: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: an object is reached through its references only, and may be used on any thread.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

/// What an address inside a slot may differ by.
const STEP: usize = 8;

impl<T> Slot<T> {
    /// How many generations its addresses tell apart.
    const GENERATIONS: u32 = {
        let addresses = size_of::<Self>() / STEP;
        if addresses < MOST_GENERATIONS as usize { addresses as u32 } else { MOST_GENERATIONS }
    };

    fn new() -> Self {
        Self { references: References::new(), object: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// The address that stands for the object that the slot has now.
    #[inline]
    fn handle(&'static self) -> *mut T {
        let distance = self.references.generation() as usize * STEP;
        ptr::from_ref(self).wrapping_byte_add(distance).cast::<T>().cast_mut()
    }
}

impl<T: Object> Slot<T> {
    /// Ends the object, whose last reference is gone.
    fn end(&'static self) {
        self.references.end(Self::GENERATIONS);
        // SAFETY: the last reference is gone, so nobody uses the object, and it is dropped once.
        shield((), || unsafe { (*self.object.get()).assume_init_drop() });
        if T::with_spare(|spare| spare.put(self)).is_none() {
            T::slots().free.push(self);
        }
    }
}

/// The slot that a handle lies in, and the generation that it stands for.
#[inline(always)]
fn find<T: Object>(handle: *const T, name: &str) -> Result<(&'static Slot<T>, u32), Fault> {
    match T::slots().find(handle.addr()) {
        Some((slot, distance)) if distance.is_multiple_of(STEP) => Ok((slot, (distance / STEP) as u32)),
        Some(_) => Err(released::<T>(name)),
        None => Err(unknown(handle, name)),
    }
}

/// Why a handle that lies in no slot stands for nothing.
#[cold]
fn unknown<T: Object>(handle: *const T, name: &str) -> Fault {
    let found = if handle.is_null() { "is null" } else { "is something else" };
    Fault::argument(format!("{name} {found}, expected a {}", T::NOUN))
}

/// Why an object cannot be used.
#[cold]
fn refused<T: Object>(unusable: Unusable, name: &str) -> Fault {
    match unusable {
        Unusable::Released => released::<T>(name),
        Unusable::Changing => Fault::argument(format!("{name} is being changed on another thread")),
        Unusable::Crowded => Fault::argument(format!("{name} is used by more calls than can be counted")),
    }
}

#[cold]
fn released<T: Object>(name: &str) -> Fault {
    Fault::argument(format!("{name} was released, expected a {} that is held", T::NOUN))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    struct Thing(#[expect(dead_code, reason = "its count is what tests look at")] Arc<()>);
    struct Other;
    objects!(Thing: "thing", Other: "other");

    fn fault<T: Object>(handle: *const T) -> String {
        borrow(handle, "it").err().map(|fault| fault.message).unwrap_or_default()
    }

    #[test]
    fn the_last_reference_ends_the_object() {
        let witness = Arc::new(());
        let handle = give(Thing(Arc::clone(&witness)));
        assert_eq!(retain(handle), handle);
        release(handle);
        assert!(borrow(handle, "it").is_ok());
        assert_eq!(Arc::strong_count(&witness), 2);
        release(handle);
        assert_eq!(Arc::strong_count(&witness), 1);
    }

    #[test]
    fn what_was_released_is_told_from_what_is_held() {
        let stale: Vec<*mut Other> = (0..100).map(|_| give(Other)).collect();
        stale.iter().for_each(|handle| release(*handle));
        for _ in 0..1000 {
            let handle = give(Other);
            assert!(!stale.contains(&handle));
            release(handle);
        }
        for handle in stale {
            assert_eq!(fault(handle), "it was released, expected a other that is held");
            release(handle);
        }
    }

    #[test]
    fn what_is_no_handle_is_refused_without_being_read() {
        let handle = give(Other);
        assert_eq!(fault(ptr::null::<Thing>()), "it is null, expected a thing");
        assert_eq!(fault(ptr::without_provenance::<Thing>(0xdead)), "it is something else, expected a thing");
        assert_eq!(fault(handle.cast::<Thing>()), "it is something else, expected a thing");
        assert!(fault(handle.wrapping_byte_add(1)).starts_with("it was released"));
        release(handle);
    }

    #[test]
    fn only_an_object_with_one_reference_can_be_changed() {
        let handle = give(Thing(Arc::new(())));
        assert!(own(handle, "it").is_ok_and(|thing| thing.is_some()));
        retain(handle);
        assert!(own(handle, "it").is_ok_and(|thing| thing.is_none()));
        release(handle);
        release(handle);
    }

    #[test]
    fn what_a_call_holds_outlives_every_release() {
        let witness = Arc::new(());
        let handle = give(Thing(Arc::clone(&witness)));
        let held = borrow(handle, "it").expect("it is held");
        release(handle);
        release(handle);
        assert_eq!(Arc::strong_count(&witness), 2);
        assert!(fault(handle).starts_with("it was released") && retain(handle).is_null());
        drop(held);
        assert_eq!(Arc::strong_count(&witness), 1);
    }

    #[test]
    fn nobody_reaches_what_is_being_changed() {
        let handle = give(Thing(Arc::new(())));
        let owned = own(handle, "it").expect("it is held").expect("there is one reference");
        assert_eq!(fault(handle), "it is being changed on another thread");
        drop(owned);
        assert_eq!(fault(handle), "");
        release(handle);
    }

    #[test]
    fn threads_make_and_end_objects_side_by_side() {
        let witness = Arc::new(());
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let handles: Vec<_> = (0..10).map(|_| give(Thing(Arc::clone(&witness)))).collect();
                        handles.into_iter().for_each(release);
                    }
                });
            }
        });
        assert_eq!(Arc::strong_count(&witness), 1);
    }
}
