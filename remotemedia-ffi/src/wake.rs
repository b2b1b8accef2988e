//! Wakers: a callback that tells when a call that would have waited is worth another try.

use std::ffi::c_void;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use remotemedia::error::Result;
use remotemedia::session::{Received, SendError, SendFailure, Waiter};
use remotemedia::{Packet, Session};

use crate::call::rm_node_t;
use crate::callback::{HostData, inside, rm_destroy_fn};
use crate::error::rm_error_t;
use crate::guard::{Fault, guard};
use crate::handle;
use crate::session::rm_session_t;
use crate::status::{RM_STATUS_OK, rm_status_t};

/// Hears that a session has changed. Only wakes who waits: it returns at once and calls no session.
pub type rm_session_wake_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Lets `wake` be called after a push, poll or drain with no time to wait that gave `RM_STATUS_WOULD_BLOCK` or
/// `RM_STATUS_TIMEOUT`, as soon as another try may do better: there may be room or a packet, the session has failed or
/// is cancelled, or every node is cleaned up, which comes last. So an event loop waits for a session without a thread.
/// One call stands for all such tries before it; it may come without need, on any thread, inside of other calls, and
/// even before the try has returned. Any thread, once per session. Since 0.1, experimental.
///
/// # Safety
/// `session` is held; `wake` and `user_data` may be used on any thread until `destroy` is called, which may be null;
/// `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_set_waker(
    session: *const rm_session_t,
    wake: rm_session_wake_fn,
    user_data: *mut c_void,
    destroy: rm_destroy_fn,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let data = HostData { data: user_data, destroy };
    let call = || {
        let session = handle::borrow(session, "session")?;
        session.wake_with(Wakeup::new(session.running(), Callback::waker(wake, data)?))?;
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Hears that a node may have room to emit into. Only wakes who waits: it returns at once and calls no session and no
/// node.
pub type rm_node_wake_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Lets `wake` be called after an emit through `node` that gave `RM_STATUS_WOULD_BLOCK`, as soon as another try may do
/// better: there may be room, or the call is over. So what a node finishes later waits for room without a thread. One
/// call stands for all such emits before it; it may come without need, on any thread, and even before the emit has
/// returned. Any thread, once per call of a node that finishes later. Since 0.1, experimental.
///
/// # Safety
/// `node` is held; `wake` and `user_data` may be used on any thread until `destroy` is called, which may be null;
/// `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_node_set_waker(
    node: *const rm_node_t,
    wake: rm_node_wake_fn,
    user_data: *mut c_void,
    destroy: rm_destroy_fn,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let data = HostData { data: user_data, destroy };
    let call = || {
        let node = handle::borrow(node, "node")?;
        node.wake_with(Callback::waker(wake, data)?)?;
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Tries without waiting, and has the host woken when another try is worth it.
pub(crate) struct Wakeup {
    waiter: Waiter<Arc<Session>>,
    waker: Waker,
}

impl Wakeup {
    fn new(session: &Arc<Session>, waker: Waker) -> Self {
        Self { waiter: session.shared_waiter(), waker }
    }

    /// As [`Session::try_send`].
    pub(crate) fn send(&self, session: &Session, port: Option<&str>, packet: Packet) -> Result<(), SendError> {
        match session.try_send(port, packet) {
            // Only who has to wait pays for being woken.
            Err(SendError { packet, reason: SendFailure::Full }) => self.waiter.poll_send(&mut self.cx(), port, packet),
            other => other,
        }
    }

    /// As [`Session::try_recv`].
    pub(crate) fn recv(&self, session: &Session, port: Option<&str>) -> Result<Received> {
        match session.try_recv(port)? {
            Received::Nothing => match self.waiter.poll_recv(&mut self.cx(), port) {
                Poll::Ready(received) => received,
                Poll::Pending => Ok(Received::Nothing),
            },
            other => Ok(other),
        }
    }

    /// As [`Session::try_drain`].
    pub(crate) fn drain(&self) -> Result<bool> {
        match self.waiter.poll_drain(&mut self.cx()) {
            Poll::Ready(drained) => drained.map(|()| true),
            Poll::Pending => Ok(false),
        }
    }

    fn cx(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }
}

/// Who is woken.
struct Callback {
    wake: unsafe extern "C" fn(user_data: *mut c_void),
    data: HostData,
}

impl Callback {
    /// Has `wake` called with the data, which is let go of with the waker.
    fn waker(wake: rm_session_wake_fn, data: HostData) -> Result<Waker, Fault> {
        let wake = wake.ok_or_else(|| Fault::argument("wake is null"))?;
        Ok(Waker::from(Arc::new(Self { wake, data })))
    }
}

impl Wake for Callback {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // SAFETY: the host promises that the callback and its data may be used until the data is let go of.
        inside(|| unsafe { (self.wake)(self.data.data) });
    }
}
