//! Sessions: running graphs, to push packets into and to poll packets from.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use remotemedia::pipeline::SessionConfig;
use remotemedia::session::{Received, SendError, SendFailure};
use remotemedia::time::{Span, Timestamp};
use remotemedia::{Packet, Session};

use crate::callback::may_wait;
use crate::error::rm_error_t;
use crate::guard::{Fault, guard, shield};
use crate::handle::{self, objects};
use crate::packet::rm_packet_t;
use crate::pipeline::rm_pipeline_t;
use crate::runtime::Host;
use crate::status::{
    RM_STATUS_CLOSED, RM_STATUS_END, RM_STATUS_OK, RM_STATUS_PANIC, RM_STATUS_TIMEOUT, RM_STATUS_WOULD_BLOCK,
    rm_status_t,
};
use crate::table;
use crate::text::rm_str_t;
use crate::wake::Wakeup;

/// A running graph.
pub struct rm_session_t {
    session: Arc<Session>,
    host: Arc<Host>,
    has_listener: AtomicBool,
    wakeup: OnceLock<Wakeup>,
}

objects!(visited rm_session_t: "session", |session: &rm_session_t| session.session.cancel());

/// How a session is set up. Begin with `RM_SESSION_CONFIG_INIT`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_session_config_t {
    /// `sizeof(rm_session_config_t)`.
    pub struct_size: u32,
    /// How many packets may wait on each input of the session; 0 for the default of 64.
    pub input_capacity: u32,
    /// How many packets may wait on each output of the session; 0 for the default of 64.
    pub output_capacity: u32,
    /// Not 0 if call times are not to be measured.
    pub without_metrics: u32,
}

table::tables! { rm_session_config_t: without_metrics; }

/// Starts a session. Its nodes are initialised meanwhile; packets that are pushed before wait. Any thread.
/// Since 0.1, stable.
///
/// # Safety
/// `pipeline` is held, `config` null or readable; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_open(
    pipeline: *const rm_pipeline_t,
    config: *const rm_session_config_t,
    out: *mut *mut rm_session_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (out, pipeline, config) =
            unsafe { (handle::output(out)?, handle::borrow(pipeline, "pipeline")?, table::maybe(config)?) };
        let config = config.as_ref().map(settings).unwrap_or_default();
        let host = Arc::clone(&pipeline.host);
        let session = host.launch(&pipeline.pipeline, &config)?;
        *out =
            handle::give(rm_session_t { session, host, has_listener: AtomicBool::new(false), wakeup: OnceLock::new() });
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Sends a packet to the input `port`, or to the only one if `port` is no text. While the input is full it waits for
/// `timeout_ns` nanoseconds: not at all for 0 (`RM_STATUS_WOULD_BLOCK`), without limit if negative. The packet stays
/// the caller's. Any thread, from callbacks only with 0. Since 0.1, stable.
///
/// # Safety
/// `session` and `packet` are held, `port` is readable; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_push(
    session: *const rm_session_t,
    port: rm_str_t,
    packet: *const rm_packet_t,
    timeout_ns: i64,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let push = |session: &rm_session_t| {
        // SAFETY: as the caller promises.
        let port = unsafe { port.read("port")? };
        let patience = session.patience("rm_session_push", timeout_ns)?;
        let packet = handle::borrow(packet, "packet")?;
        let sent = match patience {
            Patience::None => session.try_send(port, packet.copy()),
            Patience::Until(deadline) => session.session.send(port, packet.copy(), deadline),
        };
        match sent {
            Ok(()) => Ok(RM_STATUS_OK),
            Err(SendError { reason: SendFailure::Full, .. }) => Ok(nothing(timeout_ns)),
            Err(SendError { reason: SendFailure::Refused(error), .. }) => Err(error.into()),
        }
    };
    // SAFETY: as the caller promises.
    unsafe { with(session, error, push) }
}

/// Receives the next packet from the output `port`, or from any if `port` is no text. While there is none it waits for
/// `timeout_ns` nanoseconds: not at all for 0 (`RM_STATUS_WOULD_BLOCK`), without limit if negative. At the end it gives
/// `RM_STATUS_END`, every time; after a failure what came before it, then the error, every time. Any thread, from
/// callbacks only with 0. Since 0.1, stable.
///
/// # Safety
/// `session` is held, `port` readable; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_poll(
    session: *const rm_session_t,
    port: rm_str_t,
    timeout_ns: i64,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let poll = |session: &rm_session_t, out: &mut *mut rm_packet_t| {
        // SAFETY: as the caller promises.
        let port = unsafe { port.read("port")? };
        let received = match session.patience("rm_session_poll", timeout_ns)? {
            Patience::None => session.try_recv(port),
            Patience::Until(deadline) => session.session.recv(port, deadline),
        };
        match received {
            Ok(Received::Packet(port, packet)) => {
                *out = handle::give(rm_packet_t::for_host(packet, Some(port)));
                Ok(RM_STATUS_OK)
            }
            Ok(Received::Nothing) => Ok(nothing(timeout_ns)),
            Ok(Received::End) => Ok(RM_STATUS_END),
            Err(error) => Err(error.into()),
        }
    };
    // SAFETY: as the caller promises.
    unsafe { with_output(session, out, error, poll) }
}

/// Ends the input `port`, or every input if `port` is no text. What was sent goes its way, then the outputs end.
/// Any thread, from callbacks too. Since 0.1, stable.
///
/// # Safety
/// `session` is held, `port` readable; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_close(
    session: *const rm_session_t,
    port: rm_str_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let close = |session: &rm_session_t| {
        // SAFETY: as the caller promises.
        let port = unsafe { port.read("port")? };
        match port {
            Some(port) => session.session.finish_port(port)?,
            None => session.session.finish(),
        }
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { with(session, error, close) }
}

/// Ends every input and waits, for `timeout_ns` nanoseconds or without limit if negative, until every node is cleaned
/// up, also after a failure. Outputs that nobody polls meanwhile are discarded. Gives `RM_STATUS_OK`,
/// `RM_STATUS_TIMEOUT`, or the error that ended the session. With 0 it does not wait; after `RM_STATUS_TIMEOUT` the
/// waker of `rm_session_set_waker` is called when another try is worth it. Any thread, from callbacks only with 0.
/// Since 0.1, stable.
///
/// # Safety
/// `session` is held; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_drain(
    session: *const rm_session_t,
    timeout_ns: i64,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let drain = |session: &rm_session_t| {
        let is_over = match session.patience("rm_session_drain", timeout_ns)? {
            Patience::None => session.try_drain(),
            Patience::Until(deadline) => session.session.drain(deadline),
        };
        Ok(if is_over? { RM_STATUS_OK } else { RM_STATUS_TIMEOUT })
    };
    // SAFETY: as the caller promises.
    unsafe { with(session, error, drain) }
}

/// Discards everything that is under way, but for packets that are marked uninterruptible, and lets the nodes hear of
/// it. The session goes on. Any thread, from callbacks too. Since 0.1, stable.
///
/// # Safety
/// `session` is held; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_interrupt(
    session: *const rm_session_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let interrupt = |session: &rm_session_t| {
        session.session.interrupt();
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { with(session, error, interrupt) }
}

/// Ends the session at once; nothing more comes out, and `rm_session_poll` gives `RM_STATUS_CANCELLED`. Returns at
/// once; nodes are cleaned up on whatever thread is in them. Any thread, from callbacks too. Since 0.1, stable.
///
/// # Safety
/// `session` is held; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_cancel(session: *const rm_session_t, error: *mut *mut rm_error_t) -> rm_status_t {
    let cancel = |session: &rm_session_t| {
        session.session.cancel();
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { with(session, error, cancel) }
}

/// What the nodes and queues counted so far, as a packet of text that holds a JSON object. Any thread, from callbacks
/// too. Since 0.1, stable.
///
/// # Safety
/// `session` is held; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_metrics(
    session: *const rm_session_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let metrics = |session: &rm_session_t, out: &mut *mut rm_packet_t| {
        let json = serde_json::to_string(&session.session.metrics());
        *out = rm_packet_t::give(json.map_err(|error| Fault::new(RM_STATUS_CLOSED, error.to_string()))?);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { with_output(session, out, error, metrics) }
}

/// One more reference. Any thread. Since 0.1, stable.
///
/// # Safety
/// `session` is null or a reference that is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_retain(session: *const rm_session_t) -> *mut rm_session_t {
    handle::retain(session)
}

/// Takes one reference back; the last one cancels the session. Its listener may be called after that, too, until its
/// `destroy` is called, and its nodes until they are cleaned up, for which `rm_session_drain` waits. Null is ignored. Any
/// thread. Since 0.1, stable.
///
/// # Safety
/// `session` is null or a reference that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_release(session: *mut rm_session_t) {
    handle::release(session);
}

/// How long a call may wait.
enum Patience {
    None,
    Until(Option<Timestamp>),
}

impl rm_session_t {
    /// The session itself.
    pub(crate) fn running(&self) -> &Arc<Session> {
        &self.session
    }

    /// What the session runs on.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// Whether nobody listened before.
    pub(crate) fn begin_to_listen(&self) -> bool {
        !self.has_listener.swap(true, Ordering::Relaxed)
    }

    /// Has the host woken from now on, if nobody was before.
    pub(crate) fn wake_with(&self, wakeup: Wakeup) -> Result<(), Fault> {
        self.wakeup.set(wakeup).map_err(|_| Fault::argument("the session has a waker already"))
    }

    fn try_send(&self, port: Option<&str>, packet: Packet) -> Result<(), SendError> {
        match self.wakeup.get() {
            Some(wakeup) => wakeup.send(&self.session, port, packet),
            None => self.session.try_send(port, packet),
        }
    }

    fn try_recv(&self, port: Option<&str>) -> remotemedia::Result<Received> {
        match self.wakeup.get() {
            Some(wakeup) => wakeup.recv(&self.session, port),
            None => self.session.try_recv(port),
        }
    }

    fn try_drain(&self) -> remotemedia::Result<bool> {
        match self.wakeup.get() {
            Some(wakeup) => wakeup.drain(),
            None => self.session.try_drain(),
        }
    }

    fn now(&self) -> Timestamp {
        self.host.runtime.driver().now()
    }

    fn patience(&self, call: &str, timeout_ns: i64) -> Result<Patience, Fault> {
        if timeout_ns == 0 {
            return Ok(Patience::None);
        }
        may_wait(call)?;
        let limit = u64::try_from(timeout_ns).ok();
        Ok(Patience::Until(limit.map(|limit| self.now() + Span::from_nanos(limit))))
    }
}

/// Makes a call on a session; a panic cancels it.
///
/// # Safety
/// `error` is null or may be written.
unsafe fn with(
    session: *const rm_session_t,
    error: *mut *mut rm_error_t,
    call: impl FnOnce(&rm_session_t) -> Result<rm_status_t, Fault>,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    let status = unsafe { guard(error, || call(&*handle::visit(session, "session")?)) };
    cancel_after_panic(session, status);
    status
}

/// As [`with`], for a call that gives a packet.
///
/// # Safety
/// `out` and `error` may be written, and `error` may be null.
unsafe fn with_output(
    session: *const rm_session_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
    call: impl FnOnce(&rm_session_t, &mut *mut rm_packet_t) -> Result<rm_status_t, Fault>,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    let out = || unsafe { handle::output(out) };
    // SAFETY: as the caller promises.
    let status = unsafe { guard(error, || out().and_then(|out| call(&*handle::visit(session, "session")?, out))) };
    cancel_after_panic(session, status);
    status
}

#[inline]
fn cancel_after_panic(session: *const rm_session_t, status: rm_status_t) {
    if status == RM_STATUS_PANIC
        && let Ok(session) = handle::borrow(session, "session")
    {
        shield((), || session.session.cancel());
    }
}

fn nothing(timeout_ns: i64) -> rm_status_t {
    if timeout_ns == 0 { RM_STATUS_WOULD_BLOCK } else { RM_STATUS_TIMEOUT }
}

fn settings(config: &rm_session_config_t) -> SessionConfig {
    let default = SessionConfig::default();
    let capacity = |given: u32, otherwise: usize| if given == 0 { otherwise } else { given as usize };
    SessionConfig {
        input_capacity: capacity(config.input_capacity, default.input_capacity),
        output_capacity: capacity(config.output_capacity, default.output_capacity),
        metrics: config.without_metrics == 0,
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::error::{rm_error_message, rm_error_release};
    use crate::packet::{rm_packet_new_int, rm_packet_release};
    use crate::pipeline::{rm_pipeline_open, rm_pipeline_release};
    use crate::runtime::{rm_runtime_new, rm_runtime_release, rm_runtime_t};
    use crate::status::RM_STATUS_CANCELLED;

    const MANIFEST: &str = r#"{"version": "v1", "metadata": {"name": "test"}, "connections": [],
        "nodes": [{"id": "node", "node_type": "PassThrough"}]}"#;

    /// A session that runs, and its runtime.
    fn open() -> (*mut rm_runtime_t, *mut rm_session_t) {
        let (mut runtime, mut pipeline, mut session) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: every argument is alive during its call.
        unsafe {
            assert_eq!(rm_runtime_new(ptr::null(), &raw mut runtime, ptr::null_mut()), RM_STATUS_OK);
            let manifest = rm_str_t::lend(MANIFEST);
            assert_eq!(rm_pipeline_open(runtime, manifest, &raw mut pipeline, ptr::null_mut()), RM_STATUS_OK);
            assert_eq!(rm_session_open(pipeline, ptr::null(), &raw mut session, ptr::null_mut()), RM_STATUS_OK);
            rm_pipeline_release(pipeline);
        }
        (runtime, session)
    }

    fn push(session: *const rm_session_t) -> rm_status_t {
        let mut packet = ptr::null_mut();
        // SAFETY: every argument is alive during its call.
        unsafe {
            assert_eq!(rm_packet_new_int(1, &raw mut packet, ptr::null_mut()), RM_STATUS_OK);
            let status = rm_session_push(session, rm_str_t::NONE, packet, -1, ptr::null_mut());
            rm_packet_release(packet);
            status
        }
    }

    #[test]
    fn a_panic_ends_its_session_and_no_other() {
        let ((runtime, session), (other_runtime, other)) = (open(), open());
        let mut error = ptr::null_mut();
        // SAFETY: every argument is alive during its call.
        unsafe {
            let status = with(session, &raw mut error, |_| panic!("a promise is broken"));
            assert_eq!(status, RM_STATUS_PANIC);
            let message = rm_error_message(error).need("message").expect("the error says what happened");
            assert_eq!(message, "the library panicked: a promise is broken");
            rm_error_release(error);
            assert_eq!(push(session), RM_STATUS_CANCELLED);
            assert_eq!(push(other), RM_STATUS_OK);
            rm_session_release(session);
            rm_session_release(other);
            rm_runtime_release(runtime);
            rm_runtime_release(other_runtime);
        }
    }
}
