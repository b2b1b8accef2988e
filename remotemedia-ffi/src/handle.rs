//! Handles: what C holds of an object. A handle is looked up, never trusted.
//!
//! A handle is an address inside one of its type's slots. Slots are never given back to the allocator, so whether an
//! address stands for an object can be told without reading what it points to: it lies in a slot of that type, the slot
//! is in use, and it is on the generation that the address tells. A host that passes what it has released, or something
//! else altogether, gets an error. A call holds what it works on, so that a callback or another thread that releases it
//! does no harm. What is called often and released hardly ever is visited ([`visits`]), which costs half as much.

use std::ops::{Deref, DerefMut};
use std::ptr;

use crate::guard::{Fault, shield};
use crate::kinds;
use crate::references::Unusable;
use crate::slots::{STEP, Slot, Slots};
use crate::spare::Spare;
use crate::visits::{self, VISITS, Visit, Visitable};

/// What C may hold handles of.
pub(crate) trait Object: Send + Sync + Sized + 'static {
    /// What the object is called in errors.
    const NOUN: &'static str;
    /// Whether calls visit it rather than hold it. Then its last release takes longer.
    const IS_VISITED: bool;

    /// Lets an object that is visited hear that the host has no reference any more, though calls may go on.
    fn abandon(&self);

    /// Where all objects of the type live.
    fn slots() -> &'static Slots<Self>;

    /// Uses the free slots that the thread keeps; `None` when the thread is about to end.
    fn with_spare<R>(work: impl FnOnce(&Spare<Slot<Self>>) -> R) -> Option<R>;
}

/// Makes types objects that C may hold handles of.
macro_rules! objects {
    ($($object:ty: $noun:literal),* $(,)?) => {$(
        $crate::handle::objects!($object, $noun, false, |_: &$object| ());
    )*};
    (visited $object:ty: $noun:literal, $abandon:expr) => {
        $crate::handle::objects!($object, $noun, true, $abandon);
    };
    ($object:ty, $noun:literal, $is_visited:literal, $abandon:expr) => {
        const _: () = {
            static SLOTS: $crate::slots::Slots<$object> = $crate::slots::Slots::new();
            thread_local! {
                static SPARE: $crate::spare::Spare<$crate::slots::Slot<$object>> =
                    const { $crate::spare::Spare::new(&SLOTS.free) };
            }

            impl $crate::handle::Object for $object {
                const NOUN: &'static str = $noun;
                const IS_VISITED: bool = $is_visited;

                fn abandon(&self) {
                    $abandon(self);
                }

                #[inline]
                fn slots() -> &'static $crate::slots::Slots<Self> {
                    &SLOTS
                }

                #[inline]
                fn with_spare<R>(
                    work: impl FnOnce(&$crate::spare::Spare<$crate::slots::Slot<Self>>) -> R,
                ) -> Option<R> {
                    SPARE.try_with(work).ok()
                }
            }
        };
    };
}
pub(crate) use objects;

/// Gives `object` to C as one reference.
#[inline(always)]
pub(crate) fn give<T: Object>(object: T) -> *mut T {
    let slots = T::slots();
    let spare = T::with_spare(Spare::take).unwrap_or_else(|| slots.free.pop());
    let slot = spare.unwrap_or_else(grow);
    // SAFETY: a free slot has no object and no other user.
    unsafe { (*slot.object.get()).write(object) };
    slot.references.begin();
    slot.handle()
}

/// A slot out of a new block.
#[cold]
fn grow<T: Object>() -> &'static Slot<T> {
    kinds::remember(T::NOUN, |address| T::slots().find(address).is_some());
    T::slots().grow()
}

/// The object behind the argument called `name`, held during the call.
#[inline(always)]
pub(crate) fn borrow<T: Object>(handle: *const T, name: &str) -> Result<Held<T>, Fault> {
    let (slot, generation) = find(handle, name)?;
    slot.references.hold(generation).map_err(|unusable| refused::<T>(unusable, name))?;
    Ok(Held(slot))
}

/// The object behind the argument called `name`, visited during the call.
#[inline(always)]
pub(crate) fn visit<T: Object>(handle: *const T, name: &str) -> Result<Visited<T>, Fault> {
    const { assert!(T::IS_VISITED) };
    let (slot, generation) = find(handle, name)?;
    let visited = match visits::mine().and_then(|notes| notes.begin(slot.address())) {
        Some(visit) => {
            let visited = Visited { slot, visit: Some(visit) };
            slot.references.check(generation).map(|()| visited)
        }
        None => slot.references.hold(generation).map(|()| Visited { slot, visit: None }),
    };
    visited.map_err(|unusable| refused::<T>(unusable, name))
}

/// Looks at an object, where nothing can be said about a handle that stands for nothing.
#[inline]
pub(crate) fn look<T: Object, R>(handle: *const T, look: impl FnOnce(&T) -> R) -> Option<R> {
    borrow(handle, T::NOUN).ok().map(|object| look(&object))
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
    match find(handle, T::NOUN).map(|(slot, generation)| slot.release(generation)) {
        Ok(Ok(())) => {}
        Ok(Err(_)) => tracing::error!("{} was released in vain: it was released already", kinds::with_article(T::NOUN)),
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
        self.0.let_go();
    }
}

/// An object that does not end before this is dropped.
pub(crate) struct Visited<T: Object> {
    slot: &'static Slot<T>,
    /// Nothing if the visit is counted.
    visit: Option<Visit<'static>>,
}

impl<T: Object> Deref for Visited<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the slot has an object until the last visit to it is over, and this is one.
        unsafe { (*self.slot.object.get()).assume_init_ref() }
    }
}

impl<T: Object> Drop for Visited<T> {
    #[inline]
    fn drop(&mut self) {
        match self.visit.take() {
            None => self.slot.let_go(),
            Some(visit) => {
                visit.end();
                if self.slot.references.are_gone() {
                    VISITS.sweep();
                }
            }
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

impl<T: Object> Slot<T> {
    /// Takes a reference of the host back; the last one ends the object.
    #[inline]
    fn release(&'static self, generation: u32) -> Result<(), Unusable> {
        if !T::IS_VISITED {
            if self.references.release(generation)? {
                self.end();
            }
        } else if self.references.release_to_call(generation)? {
            // SAFETY: there is an object until the call that the reference became is over.
            shield((), || unsafe { (*self.object.get()).assume_init_ref() }.abandon());
            VISITS.end(self, visits::mine());
        }
        Ok(())
    }

    /// Takes a call back; the last one ends the object, if the host has no reference any more.
    #[inline]
    fn let_go(&'static self) {
        if self.references.let_go() {
            self.end();
        }
    }

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

impl<T: Object> Visitable for Slot<T> {
    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    fn end_of_visits(&'static self) {
        self.let_go();
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
    let expected = kinds::with_article(T::NOUN);
    let found = match kinds::of(handle.addr()) {
        _ if handle.is_null() => "null".to_owned(),
        Some(noun) => kinds::with_article(noun),
        None => "something else".to_owned(),
    };
    Fault::argument(format!("{name} is {found}, expected {expected}"))
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
    Fault::argument(format!("{name} was released, expected {} that is held", kinds::with_article(T::NOUN)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    struct Thing(#[expect(dead_code, reason = "its count is what tests look at")] Arc<()>);
    struct Other;
    struct Place(#[expect(dead_code, reason = "its count is what tests look at")] Arc<()>);
    objects!(Thing: "thing", Other: "other");
    objects!(visited Place: "place", |_: &Place| ());

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
            assert_eq!(fault(handle), "it was released, expected an other that is held");
            release(handle);
        }
    }

    #[test]
    fn what_is_no_handle_is_refused_without_being_read() {
        let handle = give(Other);
        assert_eq!(fault(ptr::null::<Thing>()), "it is null, expected a thing");
        assert_eq!(fault(ptr::without_provenance::<Thing>(0xdead)), "it is something else, expected a thing");
        assert_eq!(fault(handle.cast::<Thing>()), "it is an other, expected a thing");
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

    #[cfg(all(target_os = "linux", not(miri), not(models)))]
    #[test]
    fn what_may_be_visited_is_kept_where_the_system_does_not_let_it_be_told() {
        let witness = Arc::new(());
        let handle = give(Place(Arc::clone(&witness)));
        crate::fence::prepare();
        let release = thread::spawn({
            let handle = Lent(handle);
            move || {
                crate::fence::sandbox::enter();
                drop(handle);
            }
        });
        release.join().expect("the thread ends well");
        assert!(fault(handle).starts_with("it was released"));
        assert_eq!(Arc::strong_count(&witness), 2);
    }

    #[test]
    fn what_is_visited_outlives_its_release_until_the_last_visit_is_over() {
        let witness = Arc::new(());
        let handle = give(Place(Arc::clone(&witness)));
        let mut visits: Vec<_> = (0..10).map(|_| visit(handle, "it").expect("it is held")).collect();
        release(handle);
        assert!(visit(handle, "it").is_err() && retain(handle).is_null());
        while let Some(visited) = visits.pop() {
            assert_eq!(Arc::strong_count(&witness), 2);
            drop(visited);
        }
        assert_eq!(Arc::strong_count(&witness), 1);
        let next = give(Place(Arc::clone(&witness)));
        release(next);
        assert_eq!(Arc::strong_count(&witness), 1);
    }

    #[test]
    fn what_is_released_under_a_visit_ends_once_on_whatever_thread() {
        for _ in 0..100 {
            let witness = Arc::new(());
            let handle = give(Place(Arc::clone(&witness))).expose_provenance();
            let place = || ptr::with_exposed_provenance_mut::<Place>(handle);
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| while visit(place(), "it").is_ok() {});
                }
                scope.spawn(|| release(place()));
            });
            assert_eq!(Arc::strong_count(&witness), 1);
        }
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
