//! Prints outputs, one line of JSON each, above the live table where both share a terminal.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use remotemedia::Packet;

use crate::console::terminal_size;
use crate::failure::Failure;
use crate::items::Writer;
use crate::watch::Screen;

/// Prints outputs.
pub(crate) struct Printer<'a> {
    out: &'a mut dyn Write,
    writer: Writer,
    /// The live table, if it is on the same terminal.
    screen: Option<&'a Mutex<Screen>>,
    /// Whether packets come from more than one port.
    several_ports: bool,
    printed: u64,
}

impl<'a> Printer<'a> {
    /// Prints what comes out of one port or several to `out`, which may share its terminal with `screen`.
    pub(crate) fn new(
        out: &'a mut dyn Write,
        writer: Writer,
        several_ports: bool,
        screen: Option<&'a Mutex<Screen>>,
    ) -> Self {
        Self { out, writer, screen, several_ports, printed: 0 }
    }

    /// Prints the packet that came out of `port`; it may be seen only after [`flush`](Self::flush).
    pub(crate) fn print(&mut self, port: &str, packet: Packet) -> Result<(), Failure> {
        self.printed += 1;
        let unprintable =
            |error| format!("output {} of port \"{port}\" cannot be written as JSON: {error}", self.printed);
        let line = self
            .writer
            .line(self.several_ports.then_some(port), packet)
            .map_err(|error| Failure::new("output", unprintable(error)))?;
        self.write(&line).map_err(Failure::write)
    }

    /// Lets everything that was printed be seen.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::write)
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        let Some(screen) = self.screen else { return writeln!(self.out, "{line}") };
        // Nothing panics while the lock is held, so what is behind it is whole.
        let mut screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
        screen.clear(terminal_size().0)?;
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }
}
