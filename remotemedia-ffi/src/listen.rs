//! Callbacks that hear what comes out of a session, in place of polling.

use std::ffi::c_void;
use std::sync::Arc;

use remotemedia::Session;
use remotemedia::session::Received;

use crate::call::inside;
use crate::error::rm_error_t;
use crate::guard::{Fault, guard};
use crate::handle;
use crate::node::rm_node_destroy_fn;
use crate::packet::rm_packet_t;
use crate::runtime::expect_size;
use crate::session::rm_session_t;
use crate::status::{RM_STATUS_END, RM_STATUS_OK, rm_status_t};

/// Hears of a packet, lent until the call returns; `rm_packet_port` tells where it came out.
pub type rm_session_packet_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, packet: *const rm_packet_t)>;
/// Hears of the end, once, after the last packet: `RM_STATUS_END`, or a negative status with the error, lent until the
/// call returns.
pub type rm_session_end_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, status: rm_status_t, error: *const rm_error_t)>;

/// Who hears what comes out of a session. Begin with `RM_SESSION_LISTENER_INIT`. Calls never overlap. They come on a
/// thread of the runtime, must not wait for long, and may push without waiting.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_session_listener_t {
    /// `sizeof(rm_session_listener_t)`.
    pub struct_size: u32,
    /// Hears of each packet; may be null.
    pub packet: rm_session_packet_fn,
    /// Hears of the end; may be null.
    pub end: rm_session_end_fn,
    /// What both are called with.
    pub user_data: *mut c_void,
    /// Lets go of `user_data`, after the last call; also when the listener is refused.
    pub destroy: rm_node_destroy_fn,
}

/// Lets a listener hear everything that comes out of the session from now on, in place of `rm_session_poll`. The session
/// goes on until its end, or until its last reference is released. Any thread, once per session. Since 0.1, experimental.
///
/// # Safety
/// `session` is held, `listener` readable; its callbacks and data may be used on any thread until `destroy` is called;
/// `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_set(
    session: *const rm_session_t,
    listener: *const rm_session_listener_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let listener = unsafe { handle::borrow(listener, "listener")? };
        expect_size(listener.struct_size, size_of::<rm_session_listener_t>(), "rm_session_listener_t")?;
        let listener = Listener(*listener);
        // SAFETY: as the caller promises.
        let session = unsafe { handle::borrow(session, "session")? };
        if !session.begin_to_listen() {
            return Err(Fault::argument("the session has a listener already"));
        }
        let heard = Arc::clone(session.running());
        session.runtime().spawn(async move { listener.hear(&heard).await });
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Who listens. Dropping it lets go of its data.
struct Listener(rm_session_listener_t);

// SAFETY: the host promises that its callbacks and data may be used on any thread; calls never overlap.
unsafe impl Send for Listener {}
// SAFETY: as above; a shared listener is only called by the one task that owns it.
unsafe impl Sync for Listener {}

impl Listener {
    async fn hear(self, session: &Session) {
        loop {
            match session.recv_async(None).await {
                Ok(Received::Packet(port, packet)) => self.tell_packet(rm_packet_t { packet, port: Some(port) }),
                Ok(_) => return self.tell_end(RM_STATUS_END, None),
                Err(error) => {
                    let fault = Fault::from(error);
                    return self.tell_end(fault.status, Some(fault));
                }
            }
        }
    }

    fn tell_packet(&self, packet: rm_packet_t) {
        let packet = Arc::new(packet);
        if let Some(tell) = self.0.packet {
            // SAFETY: the host promises what its table says; the packet is lent until the call returns.
            inside(|| unsafe { tell(self.0.user_data, Arc::as_ptr(&packet)) });
        }
    }

    fn tell_end(&self, status: rm_status_t, fault: Option<Fault>) {
        let error = fault.map_or(std::ptr::null_mut(), rm_error_t::make);
        if let Some(tell) = self.0.end {
            // SAFETY: as above.
            inside(|| unsafe { tell(self.0.user_data, status, error) });
        }
        // SAFETY: made above, and lent only until the call returned.
        unsafe { handle::release(error) };
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(destroy) = self.0.destroy {
            // SAFETY: called once, after the last call.
            inside(|| unsafe { destroy(self.0.user_data) });
        }
    }
}
