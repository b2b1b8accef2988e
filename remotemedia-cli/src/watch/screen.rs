//! The lines at the bottom of a terminal that are drawn again and again, below what scrolls past.

use std::io::{self, Write};

use crossterm::cursor::{MoveToColumn, MoveUp};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};

/// What is drawn at the bottom of standard error's terminal. It changes no mode of the terminal, so there is nothing to
/// restore.
pub(crate) struct Screen {
    out: Box<dyn Write + Send>,
    /// The width of each line that is drawn.
    widths: Vec<usize>,
}

impl Screen {
    /// A screen on the terminal behind `out`.
    pub(crate) fn new(out: impl Write + Send + 'static) -> Self {
        Self { out: Box::new(out), widths: Vec::new() }
    }

    /// Draws `lines` in the place of what was drawn before; `columns` is the terminal's width now.
    pub(super) fn draw(&mut self, lines: &[String], columns: usize) -> io::Result<()> {
        let mut bytes = Vec::new();
        queue!(bytes, BeginSynchronizedUpdate)?;
        self.erase(&mut bytes, columns)?;
        for line in lines {
            writeln!(bytes, "{line}")?;
        }
        queue!(bytes, EndSynchronizedUpdate)?;
        self.widths = lines.iter().map(|line| visible_width(line)).collect();
        self.out.write_all(&bytes)?;
        self.out.flush()
    }

    /// Takes away what is drawn, so that something else can be written in its place.
    pub(crate) fn clear(&mut self, columns: usize) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.erase(&mut bytes, columns)?;
        self.out.write_all(&bytes)?;
        self.out.flush()
    }

    /// Writes a line of text that stays, in the place of what is drawn.
    pub(crate) fn print(&mut self, line: &str, columns: usize) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.erase(&mut bytes, columns)?;
        writeln!(bytes, "{line}")?;
        self.out.write_all(&bytes)?;
        self.out.flush()
    }

    fn erase(&mut self, bytes: &mut Vec<u8>, columns: usize) -> io::Result<()> {
        // A terminal that became narrower has broken the lines.
        let rows: usize = self.widths.drain(..).map(|width| width.div_ceil(columns.max(1)).max(1)).sum();
        if rows > 0 {
            queue!(
                bytes,
                MoveUp(u16::try_from(rows).unwrap_or(u16::MAX)),
                MoveToColumn(0),
                Clear(ClearType::FromCursorDown)
            )?;
        }
        Ok(())
    }
}

/// The width of a line without its colours.
fn visible_width(line: &str) -> usize {
    let mut within_code = false;
    let visible = line.chars().filter(|character| {
        let shown = !within_code && *character != '\x1b';
        within_code = *character == '\x1b' || (within_code && *character != 'm');
        shown
    });
    visible.count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Terminal(Arc<Mutex<Vec<u8>>>);

    impl Write for Terminal {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Terminal {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    #[test]
    fn drawing_again_goes_up_over_what_was_drawn() {
        let terminal = Terminal::default();
        let mut screen = Screen::new(terminal.clone());
        screen.draw(&["one".to_owned(), "two".to_owned()], 80).unwrap();
        assert!(!terminal.take().contains("\x1b[2A"));
        screen.draw(&["three".to_owned()], 80).unwrap();
        assert!(terminal.take().contains("\x1b[2A\x1b[1G\x1b[J"));
        screen.clear(80).unwrap();
        assert_eq!(terminal.take(), "\x1b[1A\x1b[1G\x1b[J");
        screen.clear(80).unwrap();
        assert_eq!(terminal.take(), "");
    }

    #[test]
    fn a_terminal_that_became_narrower_is_cleared_as_a_whole() {
        let terminal = Terminal::default();
        let mut screen = Screen::new(terminal.clone());
        screen.draw(&[format!("\x1b[1m{}\x1b[0m", "x".repeat(50)), "y".to_owned()], 80).unwrap();
        terminal.take();
        screen.clear(20).unwrap();
        assert!(terminal.take().starts_with("\x1b[4A"));
    }
}
