//! Sessions: a running graph, as its caller sees it.
#![allow(
    clippy::result_large_err,
    reason = "a packet that was not taken is given back as it came, without an allocation"
)]

mod waiter;

use std::sync::Arc;
use std::task::{Context, Poll};

use crate::driver::Waited;
use crate::error::{Error, ErrorKind, Result};
use crate::executor::{Caller, Help, Pushed, SessionCore, Taken, look};
use crate::metrics::SessionMetrics;
use crate::packet::Packet;
use crate::pipeline::CLEANUP_GRACE;
use crate::time::Timestamp;

pub use waiter::Waiter;

/// A running graph. Dropping it cancels it.
///
/// Every method may be called from any thread. Methods that wait take an optional deadline on the driver's clock.
pub struct Session {
    core: Arc<SessionCore>,
}

/// What came out of a session.
#[derive(Debug)]
pub enum Received {
    /// A packet, and the session output it came from.
    Packet(Arc<str>, Packet),
    /// Nothing before the deadline, or nothing now.
    Nothing,
    /// Nothing ever again: the stream is over and every node cleaned up.
    End,
}

/// A packet was not taken. It is given back.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct SendError {
    /// The packet.
    pub packet: Packet,
    /// Why it was not taken.
    pub reason: SendFailure,
}

/// Why a packet was not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendFailure {
    /// The input is full and the deadline passed, or there was none to wait for.
    #[error("the input is full")]
    Full,
    /// The input is finished, the session ended, or there is no such port.
    #[error(transparent)]
    Refused(Error),
}

impl Session {
    pub(crate) fn launch(core: Arc<SessionCore>) -> Self {
        core.begin();
        Self { core }
    }

    /// Lets workers begin without waiting for the caller.
    pub(crate) fn call_for_help(&self) {
        self.core.call_for_help();
    }

    /// Waits until every node is initialised. Gives whether that came before `deadline`.
    ///
    /// # Errors
    /// What a node reported.
    pub fn wait_ready(&self, deadline: Option<Timestamp>) -> Result<bool> {
        let waited = self.wait(deadline, |core| core.is_initialized() || core.error().is_some());
        if let Some(error) = self.core.error().filter(|_| !self.core.is_initialized()) {
            self.wait_over(deadline.or(Some(self.core.driver.now() + CLEANUP_GRACE)));
            return Err(error);
        }
        self.stalled(waited)
    }

    /// Sends a packet to the port called `port`, or to the only one, waiting for room until `deadline`.
    ///
    /// # Errors
    /// Gives the packet back with the reason.
    pub fn send(
        &self,
        port: Option<&str>,
        packet: impl Into<Packet>,
        deadline: Option<Timestamp>,
    ) -> Result<(), SendError> {
        let mut unsent = match self.try_send(port, packet) {
            Err(SendError { packet, reason: SendFailure::Full }) => Some(packet),
            other => return other,
        };
        let mut result = Ok(());
        let waited = self.wait(deadline, |_| {
            let Some(packet) = unsent.take() else { return true };
            result = self.try_send(port, packet);
            match std::mem::replace(&mut result, Ok(())) {
                Err(SendError { packet, reason: SendFailure::Full }) => {
                    unsent = Some(packet);
                    false
                }
                other => {
                    result = other;
                    true
                }
            }
        });
        match (unsent, waited) {
            (Some(packet), Waited::Stalled) => {
                Err(SendError { packet, reason: SendFailure::Refused(stalled("room on the input")) })
            }
            (Some(packet), _) => Err(SendError { packet, reason: SendFailure::Full }),
            (None, _) => result,
        }
    }

    /// Sends a packet if there is room now. Cheap native nodes may run on the calling thread.
    ///
    /// # Errors
    /// Gives the packet back with the reason.
    pub fn try_send(&self, port: Option<&str>, packet: impl Into<Packet>) -> Result<(), SendError> {
        let result = self.push(port, packet.into());
        self.core.help(Help::Cheap);
        self.core.call_for_help();
        result
    }

    /// Sends a packet, waiting for room.
    ///
    /// # Errors
    /// Gives the packet back with the reason.
    pub async fn send_async(&self, port: Option<&str>, packet: impl Into<Packet>) -> Result<(), SendError> {
        let mut unsent = Some(packet.into());
        let waiter = self.waiter();
        std::future::poll_fn(|cx| {
            let Some(packet) = unsent.take() else { return Poll::Ready(Ok(())) };
            match waiter.poll_send(cx, port, packet) {
                Err(SendError { packet, reason: SendFailure::Full }) => {
                    unsent = Some(packet);
                    Poll::Pending
                }
                other => Poll::Ready(other),
            }
        })
        .await
    }

    /// Receives the next packet from the port called `port`, or from any, waiting until `deadline`.
    ///
    /// What came before an error is given first, then the error, every time.
    ///
    /// # Errors
    /// The first cause of the session's end, or an unknown port.
    pub fn recv(&self, port: Option<&str>, deadline: Option<Timestamp>) -> Result<Received> {
        let output = self.output(port)?;
        match self.take(output) {
            Ok(Received::Nothing) => self.wait_for_output(output, deadline),
            taken => taken,
        }
    }

    fn wait_for_output(&self, output: Option<usize>, deadline: Option<Timestamp>) -> Result<Received> {
        let (mut received, mut failed) = (Received::Nothing, None);
        let waited = self.wait(deadline, |_| match self.take(output) {
            Ok(Received::Nothing) => false,
            Ok(other) => {
                received = other;
                true
            }
            Err(error) => {
                failed = Some(error);
                true
            }
        });
        match failed {
            Some(error) => Err(error),
            None if waited == Waited::Stalled => Err(stalled("outputs")),
            None => Ok(received),
        }
    }

    /// Receives the next packet if there is one now.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub fn try_recv(&self, port: Option<&str>) -> Result<Received> {
        let output = self.output(port)?;
        let received = self.take(output)?;
        if matches!(received, Received::Nothing) && self.core.help(Help::Cheap) {
            self.core.call_for_help();
            return self.take(output);
        }
        Ok(received)
    }

    /// Receives the next packet, waiting for it.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub async fn recv_async(&self, port: Option<&str>) -> Result<Received> {
        let waiter = self.waiter();
        std::future::poll_fn(|cx| waiter.poll_recv(cx, port)).await
    }

    /// Begins to wait for the session to change, for whoever polls.
    pub fn waiter(&self) -> Waiter<&Self> {
        Waiter::new(self)
    }

    /// As [`waiter`](Self::waiter), for whoever keeps the session too.
    pub fn shared_waiter(self: &Arc<Self>) -> Waiter<Arc<Self>> {
        Waiter::new(Arc::clone(self))
    }

    /// How many callers wait for the session to change.
    pub fn waiting(&self) -> usize {
        self.core.waiting_callers()
    }

    /// Ends the input on every port. What was sent goes its way; the nodes are flushed; then outputs end.
    pub fn finish(&self) {
        (0..self.core.graph.inputs.len()).for_each(|input| self.core.close_input(input));
        self.core.call_for_help();
    }

    /// Ends the input on one port.
    ///
    /// # Errors
    /// If there is no such port.
    pub fn finish_port(&self, port: &str) -> Result<()> {
        let input = self.input(Some(port))?;
        self.core.close_input(input);
        self.core.call_for_help();
        Ok(())
    }

    /// Ends the input on every port and waits until every node is cleaned up, also when the session failed. Outputs
    /// that nobody receives meanwhile are discarded. Gives whether that came before `deadline`.
    ///
    /// Sources go on until their own end, unless they are [stopped](Self::stop).
    ///
    /// # Errors
    /// The first cause of the session's end, once every node is cleaned up.
    pub fn drain(&self, deadline: Option<Timestamp>) -> Result<bool> {
        self.finish();
        let waited = self.wait(deadline, SessionCore::discard_outputs);
        self.stalled(waited).and_then(|is_over| self.drained(is_over))
    }

    /// As [`drain`](Self::drain), without waiting. Cheap native nodes may run on the calling thread.
    ///
    /// # Errors
    /// As [`drain`](Self::drain).
    pub fn try_drain(&self) -> Result<bool> {
        self.finish();
        self.core.help(Help::Cheap);
        let is_over = self.core.discard_outputs();
        self.core.call_for_help();
        self.drained(is_over)
    }

    /// As [`drain`](Self::drain), for whoever waits in a task.
    ///
    /// # Errors
    /// As [`drain`](Self::drain).
    pub async fn drain_async(&self) -> Result<()> {
        let waiter = self.waiter();
        std::future::poll_fn(|cx| waiter.poll_drain(cx)).await
    }

    /// Ends the sources and the input; what is under way goes its way and the nodes are flushed.
    pub fn stop(&self) {
        self.core.stop_sources();
    }

    /// Discards everything that is under way but what is marked uninterruptible, and lets the nodes hear of it.
    pub fn interrupt(&self) {
        self.core.interrupt();
    }

    /// Ends the session at once. Returns at once; nodes are cleaned up on whatever thread is in them.
    pub fn cancel(&self) {
        self.core.cancel();
        if !self.core.driver.is_threaded() {
            self.core.help(Help::All);
        }
    }

    /// Waits until every node is cleaned up. Gives whether that came before `deadline`.
    pub fn wait_over(&self, deadline: Option<Timestamp>) -> bool {
        self.wait(deadline, SessionCore::is_over) == Waited::Ready
    }

    /// Whether every node is cleaned up.
    pub fn is_over(&self) -> bool {
        self.core.is_over()
    }

    /// The first cause of the session's end, as soon as it is known.
    pub fn error(&self) -> Option<Error> {
        self.core.error()
    }

    /// The session's number, unique within the process.
    pub fn id(&self) -> u64 {
        self.core.id
    }

    /// The names of the ports that take packets.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.core.graph.inputs.iter().map(|port| port.name.as_ref())
    }

    /// The names of the ports that give packets.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        self.core.graph.outputs.iter().map(|port| port.name.as_ref())
    }

    /// What the nodes and queues counted so far.
    pub fn metrics(&self) -> SessionMetrics {
        SessionMetrics::of(&self.core)
    }

    fn push(&self, port: Option<&str>, packet: Packet) -> Result<(), SendError> {
        let input = match self.input(port) {
            Ok(input) => input,
            Err(error) => return Err(SendError { packet, reason: SendFailure::Refused(error) }),
        };
        match self.core.push_input(input, packet) {
            Pushed::Closed(packet) => {
                let ended = || Error::new(ErrorKind::Closed, "the input is finished, nothing more can be sent");
                Err(SendError { packet, reason: SendFailure::Refused(self.core.error().unwrap_or_else(ended)) })
            }
            Pushed::Full(packet) => {
                self.core.use_room_for_outputs();
                Err(SendError { packet, reason: SendFailure::Full })
            }
            Pushed::Taken { .. } | Pushed::Dropped(_) => Ok(()),
        }
    }

    fn take(&self, output: Option<usize>) -> Result<Received> {
        match self.core.take_output(output) {
            Taken::Packet(output, packet) => {
                // Its producer may have waited for this room.
                self.core.call_for_help();
                Ok(Received::Packet(Arc::clone(&self.core.graph.outputs[output].name), packet))
            }
            Taken::Empty => Ok(Received::Nothing),
            Taken::Ended => match self.core.error() {
                Some(error) => Err(error),
                None if self.core.is_over() || output.is_some() => Ok(Received::End),
                None => Ok(Received::Nothing),
            },
        }
    }

    fn input(&self, port: Option<&str>) -> Result<usize> {
        find_port("input", &self.core.graph.inputs, port, |name| self.core.graph.input(name))
    }

    fn output(&self, port: Option<&str>) -> Result<Option<usize>> {
        let Some(port) = port else { return Ok(None) };
        find_port("output", &self.core.graph.outputs, Some(port), |name| self.core.graph.output(name)).map(Some)
    }

    /// Waits until `done`. Without a deadline, ready stages that do not block run on the calling thread.
    fn wait(&self, deadline: Option<Timestamp>, mut done: impl FnMut(&SessionCore) -> bool) -> Waited {
        let help = if deadline.is_none() { Help::All } else { Help::Cheap };
        let (core, waiter) = (&*self.core, self.waiter());
        let waited = core.driver.wait(deadline, &mut |cx| {
            let mut waiting = Waiting { core, help, waiter: &waiter, cx, done: &mut done };
            look(&mut waiting)
        });
        core.call_for_help();
        waited
    }

    /// What a look at a session that is being drained gives.
    fn drained(&self, is_over: bool) -> Result<bool> {
        match self.core.error().filter(|_| is_over) {
            Some(error) => Err(error),
            None => Ok(is_over),
        }
    }

    fn stalled(&self, waited: Waited) -> Result<bool> {
        match waited {
            Waited::Stalled => Err(stalled("the session")),
            waited => Ok(waited == Waited::Ready),
        }
    }
}

impl Session {
    /// Sends everything, collects everything; ready stages run on the calling thread.
    pub(crate) fn run_to_end(&self, inputs: impl IntoIterator<Item = Packet>, outputs: &mut Vec<Packet>) -> Result<()> {
        for packet in inputs {
            let mut unsent = Some(packet);
            let mut refused = None;
            let waited = self.wait(None, |core| {
                while let Taken::Packet(_, packet) = core.take_output(None) {
                    outputs.push(packet);
                }
                let Some(packet) = unsent.take() else { return true };
                match self.push(None, packet) {
                    Ok(()) => {}
                    Err(SendError { packet, reason: SendFailure::Full }) => unsent = Some(packet),
                    Err(SendError { reason: SendFailure::Refused(error), .. }) => refused = Some(error),
                }
                unsent.is_none() || core.error().is_some()
            });
            self.stalled(waited)?;
            if let Some(error) = self.core.error().or(refused) {
                return Err(error);
            }
        }
        (0..self.core.graph.inputs.len()).for_each(|input| self.core.close_input(input));
        let waited = self.wait(None, |core| {
            while let Taken::Packet(_, packet) = core.take_output(None) {
                outputs.push(packet);
            }
            core.is_over() || core.error().is_some()
        });
        self.stalled(waited)?;
        while let Taken::Packet(_, packet) = self.core.take_output(None) {
            outputs.push(packet);
        }
        self.core.error().map_or(Ok(()), Err)
    }
}

/// A caller that waits inside of one of a session's methods.
struct Waiting<'a, 'cx, D> {
    core: &'a SessionCore,
    help: Help,
    waiter: &'a Waiter<&'a Session>,
    cx: &'a mut Context<'cx>,
    done: &'a mut D,
}

impl<D: FnMut(&SessionCore) -> bool> Caller for Waiting<'_, '_, D> {
    fn is_done(&mut self) -> bool {
        (self.done)(self.core)
    }

    fn help_once(&mut self) -> bool {
        self.core.help_once(self.help)
    }

    fn call_for_help(&mut self) {
        self.core.call_for_help();
    }

    fn register(&mut self) {
        self.waiter.register(self.cx);
    }

    fn look_again(&mut self) {
        self.cx.waker().wake_by_ref();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.core.is_over() {
            self.cancel();
        }
    }
}

fn find_port(
    side: &str,
    ports: &[crate::graph::SessionPort],
    name: Option<&str>,
    find: impl Fn(&str) -> Option<usize>,
) -> Result<usize> {
    let found = match name {
        Some(name) => find(name),
        None => (ports.len() == 1).then_some(0),
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = ports.iter().map(|port| port.name.as_ref()).collect();
        let asked = name.map_or_else(|| "no port named".to_owned(), |name| format!("no {side} port \"{name}\""));
        let choices = if names.is_empty() { "this pipeline has none".to_owned() } else { names.join(", ") };
        Error::new(ErrorKind::Usage, format!("{asked}; {side} ports: {choices}")).at_port(name)
    })
}

fn stalled(what: &str) -> Error {
    Error::new(ErrorKind::Stalled, format!("waiting for {what}, but nothing is left to run; was the input finished?"))
}
