//! The watch: shows what the nodes of a session do while it runs.

mod rates;
mod screen;
mod table;
mod words;

use std::io::{self, Stderr, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use remotemedia::Session;
use remotemedia::metrics::SessionMetrics;

use crate::console::{Style, terminal_size};
use rates::{Rates, handled, overall};
use table::{Frame, table};
use words::{clock, rate, time};

pub(crate) use screen::Screen;

/// How the metrics are shown.
pub(crate) enum View {
    /// As a table that is drawn again and again.
    Live(Arc<Mutex<Screen>>, Style),
    /// As one line of text per second.
    Plain(Stderr),
    /// As one JSON object per second.
    Json(Stderr),
}

/// A thread that shows a session's metrics until it is told how the session ended.
pub(crate) struct Watch {
    ended: Sender<&'static str>,
    thread: JoinHandle<()>,
}

impl Watch {
    /// Begins to show what `session` does.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub(crate) fn start(session: Arc<Session>, mut view: View) -> io::Result<Self> {
        let (ended, state) = channel();
        let thread = thread::Builder::new().name("watch".to_owned()).spawn(move || {
            // A terminal that is gone is no reason to end the run.
            let _ = show(&session, &mut view, &state);
        })?;
        Ok(Self { ended, thread })
    }

    /// Shows the last metrics, and `state`, such as `finished`.
    pub(crate) fn finish(self, state: &'static str) {
        // It fails only where the thread ended before.
        let _ = self.ended.send(state);
        let _ = self.thread.join();
    }
}

fn show(session: &Session, view: &mut View, ended: &Receiver<&'static str>) -> io::Result<()> {
    let mut rates = Rates::default();
    loop {
        match ended.recv_timeout(view.pause()) {
            Err(RecvTimeoutError::Timeout) => {
                let metrics = session.metrics();
                let per_second = rates.update(&metrics);
                view.show(&metrics, per_second, "running")?;
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Ok(state) => {
                let metrics = session.metrics();
                return view.show(&metrics, &overall(&metrics), state);
            }
        }
    }
}

impl View {
    fn pause(&self) -> Duration {
        match self {
            Self::Live(..) => Duration::from_millis(125),
            Self::Plain(_) | Self::Json(_) => Duration::from_secs(1),
        }
    }

    fn show(&mut self, metrics: &SessionMetrics, rates: &[f64], state: &str) -> io::Result<()> {
        match self {
            Self::Live(screen, style) => {
                let (columns, rows) = terminal_size();
                let lines = table(metrics, rates, state, Frame { columns, rows, paint: style.paint });
                // Nothing panics while the lock is held, so what is behind it is whole.
                screen.lock().unwrap_or_else(PoisonError::into_inner).draw(&lines, columns)
            }
            Self::Plain(err) => writeln!(err, "{}", in_one_line(metrics, rates, state)),
            Self::Json(err) => writeln!(err, "{}", serde_json::json!({"watch": metrics, "state": state})),
        }
    }
}

fn in_one_line(metrics: &SessionMetrics, rates: &[f64], state: &str) -> String {
    let node = |(node, per_second): (&remotemedia::metrics::NodeMetrics, &f64)| {
        let times = match node.latency.count {
            0 => String::new(),
            _ => format!(", p50 {}, p99 {}", time(node.latency.p50_ns), time(node.latency.p99_ns)),
        };
        format!(
            "{}: {} items, {}/s, queue {}/{}, drops {}, errors {}{times}",
            node.id,
            handled(node),
            rate(*per_second),
            node.queue_depth,
            node.queue_capacity,
            node.dropped,
            node.errors
        )
    };
    let nodes: Vec<String> = metrics.nodes.iter().zip(rates).map(node).collect();
    format!("watch: {} {} | {}", state, clock(metrics.elapsed_ns), nodes.join(" | "))
}
