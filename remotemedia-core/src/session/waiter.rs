//! Waiters: callers that poll a session, and are woken when there may be something new.
#![allow(
    clippy::result_large_err,
    reason = "a packet that was not taken is given back as it came, without an allocation"
)]

use std::ops::Deref;
use std::task::{Context, Poll};

use super::{Received, SendError, Session};
use crate::error::Result;
use crate::packet::Packet;

/// A caller that polls a session. It is woken when there may be something new, until it is dropped.
pub struct Waiter<S: Deref<Target = Session>> {
    session: S,
    number: u64,
}

impl<S: Deref<Target = Session>> Waiter<S> {
    pub(super) fn new(session: S) -> Self {
        let number = session.core.number_caller();
        Self { session, number }
    }

    /// As [`Session::try_send`]; leaves `cx` to be woken when there may be room.
    ///
    /// # Errors
    /// Gives the packet back with the reason; `Full` means that `cx` will be woken.
    pub fn poll_send(
        &self,
        cx: &mut Context<'_>,
        port: Option<&str>,
        packet: impl Into<Packet>,
    ) -> Result<(), SendError> {
        self.register(cx);
        self.session.try_send(port, packet)
    }

    /// As [`Session::try_recv`]; while there is nothing, `cx` will be woken when there may be something.
    ///
    /// # Errors
    /// As [`Session::recv`].
    pub fn poll_recv(&self, cx: &mut Context<'_>, port: Option<&str>) -> Poll<Result<Received>> {
        self.register(cx);
        match self.session.try_recv(port) {
            Ok(Received::Nothing) => {
                self.session.call_for_help();
                Poll::Pending
            }
            other => Poll::Ready(other),
        }
    }

    /// As [`Session::try_drain`]; until every node is cleaned up, `cx` will be woken when another look is worth it.
    ///
    /// # Errors
    /// As [`Session::drain`].
    pub fn poll_drain(&self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.register(cx);
        match self.session.try_drain() {
            Ok(false) => Poll::Pending,
            drained => Poll::Ready(drained.map(drop)),
        }
    }

    pub(super) fn register(&self, cx: &Context<'_>) {
        self.session.core.register_caller(self.number, cx.waker());
    }
}

impl<S: Deref<Target = Session>> Drop for Waiter<S> {
    fn drop(&mut self) {
        self.session.core.forget_caller(self.number);
    }
}
