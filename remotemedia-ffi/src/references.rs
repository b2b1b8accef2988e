//! The references to what a slot holds, counted together with the generation that they are for.

#[cfg(all(test, models))]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(all(test, models)))]
use std::sync::atomic::{AtomicU64, Ordering};

/// How many references the host has ([`HOST`]), how many calls hold the object (in steps of [`CALL`]), whether one call
/// has it for itself ([`EXCLUSIVE`]), and how often the slot was freed (in steps of [`GENERATION`], as far as an
/// address can tell). While there is no object, only the generation is there.
///
/// It is one word, so that no reference is ever counted for another generation than it was asked for: what a host
/// releases too often, or uses after it has released it, does not reach what the slot got since. It can end a handle of
/// the same generation, but not what a call is using.
pub(crate) struct References(AtomicU64);

/// Why an object cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// The host has no reference of that generation.
    Released,
    /// A call has the object for itself.
    Changing,
    /// More calls hold it than can be counted.
    Crowded,
}

/// The references of the host.
const HOST: u64 = u32::MAX as u64;
/// One call that holds the object.
const CALL: u64 = 1 << 32;
/// One call that has the object for itself.
const EXCLUSIVE: u64 = 1 << 47;
/// One generation.
const GENERATION: u64 = 1 << 48;
/// How many generations can be told apart at most.
pub(crate) const MOST_GENERATIONS: u32 = 1 << 16;

impl References {
    /// No object, in the first generation.
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The generation that the slot is on.
    #[inline]
    pub(crate) fn generation(&self) -> u32 {
        generation(self.0.load(Ordering::Relaxed))
    }

    /// Counts the first reference to the object that was put into a free slot.
    #[inline]
    pub(crate) fn begin(&self) {
        self.0.store(self.0.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// Whether the object can be read.
    #[inline]
    pub(crate) fn check(&self, wanted: u32) -> Result<(), Unusable> {
        shared(self.0.load(Ordering::Acquire), wanted)
    }

    /// Counts a call that holds the object.
    #[inline]
    pub(crate) fn hold(&self, wanted: u32) -> Result<(), Unusable> {
        self.change(|word| {
            shared(word, wanted)?;
            // One more may come of the last reference.
            if word % EXCLUSIVE >= EXCLUSIVE - 2 * CALL {
                return Err(Unusable::Crowded);
            }
            Ok(word + CALL)
        })
        .map(drop)
    }

    /// Takes a call back; gives whether the object is to be ended.
    #[inline]
    pub(crate) fn let_go(&self) -> bool {
        self.0.fetch_sub(CALL, Ordering::AcqRel) % GENERATION == CALL
    }

    /// Counts a call that has the object for itself; gives whether it may, because there is no other reference.
    pub(crate) fn own(&self, wanted: u32) -> Result<bool, Unusable> {
        let owned = self.change(|word| {
            held(word, wanted).map_err(Some)?;
            if word % GENERATION == 1 { Ok(word + EXCLUSIVE) } else { Err(None) }
        });
        match owned {
            Ok(_) => Ok(true),
            Err(None) => Ok(false),
            Err(Some(unusable)) => Err(unusable),
        }
    }

    /// Takes the call that had the object for itself back; gives whether the object is to be ended.
    pub(crate) fn disown(&self) -> bool {
        self.0.fetch_sub(EXCLUSIVE, Ordering::AcqRel) % GENERATION == EXCLUSIVE
    }

    /// Counts one more reference of the host.
    pub(crate) fn retain(&self, wanted: u32) -> Result<(), Unusable> {
        self.change(|word| {
            held(word, wanted)?;
            if word & HOST == HOST { Err(Unusable::Crowded) } else { Ok(word + 1) }
        })
        .map(drop)
    }

    /// Takes a reference of the host back; gives whether the object is to be ended.
    #[inline]
    pub(crate) fn release(&self, wanted: u32) -> Result<bool, Unusable> {
        self.change(|word| held(word, wanted).map(|()| word - 1)).map(|before| before % GENERATION == 1)
    }

    /// Takes a reference of the host back; the last one becomes a call that holds the object. Gives whether it was.
    pub(crate) fn release_to_call(&self, wanted: u32) -> Result<bool, Unusable> {
        let next = |word: u64| if word & HOST == 1 { word - 1 + CALL } else { word - 1 };
        self.change(|word| held(word, wanted).map(|()| next(word))).map(|before| before & HOST == 1)
    }

    /// Whether the host has no reference, of whatever generation.
    #[inline]
    pub(crate) fn are_gone(&self) -> bool {
        self.0.load(Ordering::Acquire) & HOST == 0
    }

    /// Puts the slot, whose last reference is gone, on the next of so many generations.
    #[inline]
    pub(crate) fn end(&self, generations: u32) {
        let next = (self.generation() + 1) % generations;
        self.0.store(u64::from(next) * GENERATION, Ordering::Release);
    }

    /// Changes the word, if the change is allowed; gives the word before.
    #[inline]
    fn change<E>(&self, change: impl Fn(u64) -> Result<u64, E>) -> Result<u64, E> {
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            let next = change(seen)?;
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(before) => return Ok(before),
                Err(now) => seen = now,
            }
        }
    }
}

#[inline]
fn generation(word: u64) -> u32 {
    (word / GENERATION) as u32
}

/// Whether the host has a reference of the generation that is wanted.
#[inline]
fn held(word: u64, wanted: u32) -> Result<(), Unusable> {
    if generation(word) == wanted && word & HOST > 0 { Ok(()) } else { Err(Unusable::Released) }
}

/// As [`held`], and nobody has the object for itself.
#[inline]
fn shared(word: u64, wanted: u32) -> Result<(), Unusable> {
    held(word, wanted)?;
    if word & EXCLUSIVE == 0 { Ok(()) } else { Err(Unusable::Changing) }
}

#[cfg(all(test, models))]
#[path = "references/model.rs"]
mod model;
