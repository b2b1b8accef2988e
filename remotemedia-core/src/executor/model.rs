//! Models: every order in which threads can meet over a stage, its workers and its callers. `scripts/models.sh` runs
//! them.

use std::sync::Arc;
use std::task::{Poll, Wake, Waker};

use loom::model::Builder;
use loom::sync::Condvar;
use loom::thread;

use super::Outcome;
use super::callers::{Caller, Callers, look};
use super::ready::Ready;
use super::status::Status;
use super::sync::atomic::{AtomicBool, Ordering, fence};
use super::sync::{Mutex, lock};

/// A session of one stage, whose node hands on what it is sent.
struct Miniature {
    status: Status,
    ready: Ready,
    callers: Callers,
    driver: Driver,
    inbox: Mutex<usize>,
    outlet: Mutex<Outlet>,
    /// Held by the thread that claimed the stage: what the stage saw of each flag.
    body: Mutex<[bool; 2]>,
    /// What is changed without a lock.
    flags: [AtomicBool; 2],
}

/// The queue to the caller, which has room for one packet.
#[derive(Default)]
struct Outlet {
    is_full: bool,
    producer_waits: bool,
    is_over: bool,
}

/// A driver with one worker, which comes once for each call.
struct Driver {
    calls: Mutex<Calls>,
    changed: Condvar,
}

#[derive(Default)]
struct Calls {
    unanswered: usize,
    are_over: bool,
}

impl Driver {
    fn new() -> Self {
        Self { calls: Mutex::new(Calls::default()), changed: Condvar::new() }
    }

    fn assist(&self) {
        lock(&self.calls).unanswered += 1;
        self.changed.notify_one();
    }

    fn shut_down(&self) {
        lock(&self.calls).are_over = true;
        self.changed.notify_one();
    }

    /// Waits for a call; gives whether there was one.
    fn answer(&self) -> bool {
        let mut calls = lock(&self.calls);
        while calls.unanswered == 0 {
            if calls.are_over {
                return false;
            }
            calls = self.changed.wait(calls).unwrap();
        }
        calls.unanswered -= 1;
        true
    }
}

impl Miniature {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            status: Status::new(),
            ready: Ready::new(),
            callers: Callers::new(),
            driver: Driver::new(),
            inbox: Mutex::new(0),
            outlet: Mutex::new(Outlet::default()),
            body: Mutex::new([false; 2]),
            flags: [AtomicBool::new(false), AtomicBool::new(false)],
        })
    }

    /// A session with a worker, which ends with the driver.
    fn with_worker() -> (Arc<Self>, thread::JoinHandle<()>) {
        let session = Self::new();
        let worker = Arc::clone(&session);
        (session, thread::spawn(move || worker.work()))
    }

    fn notify(&self) {
        if self.status.notify() {
            self.ready.put(0);
        }
    }

    fn call_for_help(&self) {
        if self.ready.lacks_workers() {
            self.ready.call();
            self.driver.assist();
        }
    }

    fn work(&self) {
        while self.driver.answer() {
            self.ready.answer();
            self.run_what_is_ready();
        }
    }

    fn run_what_is_ready(&self) {
        while self.ready.take(|_| true).is_some() {
            self.status.claim();
            let outcome = self.run();
            if self.status.settle(outcome) {
                self.ready.put(0);
            }
        }
    }

    fn run(&self) -> Outcome {
        let mut seen = self.body.try_lock().expect("the stage has one owner");
        for (seen, flag) in seen.iter_mut().zip(&self.flags) {
            *seen = flag.load(Ordering::Acquire);
        }
        if *lock(&self.inbox) == 0 {
            return Outcome::Idle;
        }
        {
            let mut outlet = lock(&self.outlet);
            if outlet.is_full {
                outlet.producer_waits = true;
                return Outcome::Idle;
            }
            outlet.is_full = true;
        }
        *lock(&self.inbox) -= 1;
        self.callers.wake();
        Outcome::Again
    }

    fn send(&self) {
        *lock(&self.inbox) += 1;
        self.notify();
    }

    fn set(&self, flag: usize) {
        self.flags[flag].store(true, Ordering::Release);
        fence(Ordering::SeqCst);
        self.notify();
    }

    /// Takes the packet that is there, and lets the stage have its room.
    fn take(&self) -> bool {
        let mut outlet = lock(&self.outlet);
        let taken = std::mem::take(&mut outlet.is_full);
        let wakes = taken && std::mem::take(&mut outlet.producer_waits);
        drop(outlet);
        if wakes {
            self.notify();
        }
        taken
    }

    fn end(&self) {
        lock(&self.outlet).is_over = true;
        self.callers.wake();
    }

    /// Waits as a session's callers do.
    fn wait(&self, number: u64, is_done: impl FnMut() -> bool) {
        let parker = Arc::new(Parker { woken: Mutex::new(false), changed: Condvar::new() });
        let waker = Waker::from(Arc::clone(&parker));
        let mut waiting = Waiting { session: self, number, waker: &waker, is_done };
        while look(&mut waiting) == Poll::Pending {
            parker.park();
        }
        self.call_for_help();
        self.callers.forget(number);
    }
}

/// A caller that leaves all stages to workers.
struct Waiting<'a, D> {
    session: &'a Miniature,
    number: u64,
    waker: &'a Waker,
    is_done: D,
}

impl<D: FnMut() -> bool> Caller for Waiting<'_, D> {
    fn is_done(&mut self) -> bool {
        (self.is_done)()
    }

    fn help_once(&mut self) -> bool {
        false
    }

    fn call_for_help(&mut self) {
        self.session.call_for_help();
    }

    fn register(&mut self) {
        self.session.callers.register(self.number, self.waker);
    }

    fn look_again(&mut self) {
        self.waker.wake_by_ref();
    }
}

struct Parker {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl Parker {
    fn park(&self) {
        let mut woken = lock(&self.woken);
        while !std::mem::take(&mut *woken) {
            woken = self.changed.wait(woken).unwrap();
        }
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        *lock(&self.woken) = true;
        self.changed.notify_one();
    }
}

/// Tries every order in which no thread is held up more than `PREEMPTIONS` times in the middle of something.
fn model(work: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS);
    builder.check(work);
}

/// What finds every fault that was put into the protocols to try the models.
const PREEMPTIONS: usize = 3;

/// Lets `other` run on a thread beside `own`, and waits for both.
fn beside(session: &Arc<Miniature>, other: impl Fn(&Miniature) + Send + 'static, own: impl Fn(&Miniature)) {
    let shared = Arc::clone(session);
    let thread = thread::spawn(move || other(&shared));
    own(session);
    thread.join().unwrap();
}

#[test]
fn what_two_notifiers_send_is_handled_by_one_owner_at_a_time() {
    model(|| {
        let session = Miniature::new();
        let send_and_help = |session: &Miniature| {
            session.send();
            session.run_what_is_ready();
            session.take();
            session.run_what_is_ready();
        };
        beside(&session, send_and_help, send_and_help);
        while session.take() {
            session.run_what_is_ready();
        }
        assert_eq!(*lock(&session.inbox), 0);
        assert!(session.status.notify(), "the stage is idle and on no list");
    });
}

#[test]
fn what_is_set_while_a_stage_settles_is_seen_in_another_run() {
    model(|| {
        let session = Miniature::new();
        let set_and_help = |flag| {
            move |session: &Miniature| {
                session.set(flag);
                session.run_what_is_ready();
            }
        };
        beside(&session, set_and_help(0), set_and_help(1));
        assert_eq!(*lock(&session.body), [true, true]);
    });
}

#[test]
fn a_stage_that_is_over_is_never_ready_again() {
    model(|| {
        let session = Miniature::new();
        session.status.notify();
        session.status.claim();
        let became_ready = |session: &Miniature| assert!(!session.status.notify());
        beside(&session, became_ready, |session| {
            assert!(!session.status.settle(Outcome::Done));
            became_ready(session);
        });
    });
}

#[test]
fn a_worker_comes_for_what_became_ready_while_the_last_call_was_answered() {
    model(|| {
        let (session, worker) = Miniature::with_worker();
        for flag in [0, 1] {
            session.set(flag);
            session.call_for_help();
        }
        session.driver.shut_down();
        worker.join().unwrap();
        assert_eq!(*lock(&session.body), [true, true]);
    });
}

#[test]
fn what_is_left_to_a_patrol_is_run_although_it_ends_at_that_moment() {
    model(|| {
        let session = Miniature::new();
        assert!(session.ready.begin_patrol());
        let patrol = |session: &Miniature| {
            session.ready.end_patrol();
            session.call_for_help();
        };
        beside(&session, patrol, |session| {
            session.notify();
            if session.ready.begin_patrol() {
                patrol(session);
            }
        });
        assert!(lock(&session.driver.calls).unanswered > 0);
    });
}

#[test]
fn callers_hear_of_an_end_that_comes_while_they_begin_to_wait() {
    model(|| {
        let session = Miniature::new();
        let is_over = |session: &Miniature| lock(&session.outlet).is_over;
        let other = Arc::clone(&session);
        let ending = thread::spawn(move || other.end());
        beside(
            &session,
            move |session| session.wait(1, || is_over(session)),
            |session| {
                session.wait(0, || is_over(session));
            },
        );
        ending.join().unwrap();
        assert_eq!(session.callers.len(), 0);
    });
}

#[test]
fn each_caller_hears_of_the_change_that_it_waits_for_although_no_lock_guards_it() {
    model(|| {
        let session = Miniature::new();
        let wait = |session: &Miniature, flag: usize| {
            session.wait(flag as u64, || session.flags[flag].load(Ordering::Acquire));
        };
        let other = Arc::clone(&session);
        let waiting = thread::spawn(move || wait(&other, 1));
        let change_both = |session: &Miniature| {
            for flag in [0, 1] {
                session.set(flag);
                session.callers.wake();
            }
        };
        beside(&session, change_both, |session| wait(session, 0));
        waiting.join().unwrap();
    });
}

#[test]
fn the_room_that_a_last_look_makes_is_used() {
    model(|| {
        let (session, worker) = Miniature::with_worker();
        *lock(&session.inbox) = 2;
        session.notify();
        session.call_for_help();
        let mut taken = 0;
        session.wait(0, || {
            while session.take() {
                taken += 1;
            }
            taken == 2
        });
        session.driver.shut_down();
        worker.join().unwrap();
    });
}
