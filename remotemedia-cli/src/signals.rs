//! Signals: the first Ctrl-C cancels the run, the second ends the program.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

/// Which signal came, if one did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// The exit code that the first signal asks for; 0 before it came.
    code: AtomicU8,
    /// Whether the run is over, so that signals mean nothing any more.
    over: AtomicBool,
}

impl Signals {
    /// Takes over Ctrl-C and the request to terminate: calls `cancel` at the first.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub(crate) fn listen(cancel: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let signals = Self::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut source = runtime.block_on(async { Source::new() })?;
        let state = signals.clone();
        // The thread waits for signals as long as the process lives.
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                let code = source.next().await;
                state.0.code.store(code, Ordering::Release);
                cancel();
                let again = tokio::time::timeout(GRACE, source.next()).await;
                if !state.0.over.load(Ordering::Acquire) {
                    std::process::exit(again.unwrap_or(code).into());
                }
            });
        })?;
        Ok(signals)
    }

    /// The exit code that a signal asked for, if one came.
    pub(crate) fn code(&self) -> Option<u8> {
        Some(self.0.code.load(Ordering::Acquire)).filter(|code| *code != 0)
    }

    /// Notes that the run is over and cleaned up.
    pub(crate) fn run_is_over(&self) {
        self.0.over.store(true, Ordering::Release);
    }
}

#[cfg(unix)]
struct Source([(tokio::signal::unix::Signal, u8); 2]);

#[cfg(unix)]
impl Source {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([(signal(SignalKind::interrupt())?, INTERRUPTED), (signal(SignalKind::terminate())?, TERMINATED)]))
    }

    async fn next(&mut self) -> u8 {
        std::future::poll_fn(|cx| {
            let arrived = self.0.iter_mut().find_map(|(signal, code)| signal.poll_recv(cx).is_ready().then_some(*code));
            arrived.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
        })
        .await
    }
}

#[cfg(windows)]
struct Source(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Source {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> u8 {
        self.0.recv().await;
        INTERRUPTED
    }
}

/// The exit code after Ctrl-C.
const INTERRUPTED: u8 = 130;
/// The exit code after a request to terminate.
#[cfg(unix)]
const TERMINATED: u8 = 143;
/// How long a cancelled run may take to clean up before the program ends all the same.
const GRACE: Duration = Duration::from_secs(5);
