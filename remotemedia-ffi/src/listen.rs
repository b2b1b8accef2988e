//! Callbacks that hear what comes out of a session, in place of polling.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use remotemedia::session::Received;
use remotemedia::{ErrorKind, Session};

use crate::callback::{HostData, inside, rm_destroy_fn};
use crate::error::rm_error_t;
use crate::guard::{Fault, guard};
use crate::handle::{self, Lent};
use crate::packet::rm_packet_t;
use crate::session::rm_session_t;
use crate::status::{RM_STATUS_CANCELLED, RM_STATUS_END, RM_STATUS_OK, rm_status_t};
use crate::table;

/// Hears of a packet, lent until the call returns; `rm_packet_port` tells where it came out. Any status but
/// `RM_STATUS_OK` cancels the session, also a positive one such as `RM_STATUS_WOULD_BLOCK`, since the packet would be
/// lost otherwise; the listener then hears of the end, with an error that names the status.
pub type rm_session_packet_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, packet: *const rm_packet_t) -> rm_status_t>;
/// Hears of the end, once, after the last packet: `RM_STATUS_END` when every node is cleaned up, or a negative status
/// with the error, lent until the call returns. A failure is told at once, while nodes may still be cleaned up;
/// `rm_session_drain` waits for that.
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
    pub destroy: rm_destroy_fn,
}

table::tables! { rm_session_listener_t: destroy; }

/// Lets a listener hear everything that comes out of the session from now on, in place of `rm_session_poll`. The
/// session goes on until its end, or until its last reference is released; the listener may be called after that, too,
/// until its `destroy` is called. Any thread, once per session. Since 0.1, experimental.
///
/// # Safety
/// `session` is held, `listener` readable; its callbacks and data may be used on any thread until `destroy` is called;
/// `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_session_set_listener(
    session: *const rm_session_t,
    listener: *const rm_session_listener_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let listener = Listener::new(&unsafe { table::read(listener, "listener")? });
        let session = handle::borrow(session, "session")?;
        if !session.begin_to_listen() {
            return Err(Fault::argument("the session has a listener already"));
        }
        let heard = Arc::clone(session.running());
        session.host().spawn(async move { listener.hear(&heard).await });
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Who listens. Dropping it lets go of its data.
struct Listener {
    packet: rm_session_packet_fn,
    end: rm_session_end_fn,
    data: HostData,
}

impl Listener {
    fn new(table: &rm_session_listener_t) -> Self {
        let data = HostData { data: table.user_data, destroy: table.destroy };
        Self { packet: table.packet, end: table.end, data }
    }

    async fn hear(self, session: &Session) {
        let mut refused = None;
        loop {
            match session.recv_async(None).await {
                Ok(Received::Packet(port, packet)) => {
                    let status = self.tell_packet(rm_packet_t::for_host(packet, Some(port)));
                    if status != RM_STATUS_OK {
                        refused = Some(status);
                        session.cancel();
                    }
                }
                Ok(_) => return self.tell_end(RM_STATUS_END, None),
                Err(error) => {
                    let fault = match refused {
                        Some(status) if error.kind() == ErrorKind::Cancelled => refusal(status),
                        _ => Fault::from(error),
                    };
                    return self.tell_end(fault.status, Some(fault));
                }
            }
        }
    }

    fn tell_packet(&self, packet: rm_packet_t) -> rm_status_t {
        let Some(tell) = self.packet else { return RM_STATUS_OK };
        let packet = Lent::new(packet);
        // SAFETY: the host promises what its table says; the packet is lent until the call returns.
        inside(|| unsafe { tell(self.data.data, packet.handle()) })
    }

    fn tell_end(&self, status: rm_status_t, fault: Option<Fault>) {
        let error = fault.map(|fault| Lent::new(rm_error_t::new(fault)));
        if let Some(tell) = self.end {
            let error = error.as_ref().map_or(ptr::null_mut(), Lent::handle);
            // SAFETY: as above.
            inside(|| unsafe { tell(self.data.data, status, error) });
        }
    }
}

/// Why a session ended whose listener did not take a packet.
fn refusal(status: rm_status_t) -> Fault {
    let message =
        format!("cancelled: the listener returned {status} for a packet, expected RM_STATUS_OK ({RM_STATUS_OK})");
    Fault::new(RM_STATUS_CANCELLED, message)
}
