//! The console: the streams a command writes to, and what it may assume of them.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use crate::paint::Paint;

/// Where a command writes.
pub(crate) struct Console<'a> {
    /// What was asked for.
    pub(crate) out: &'a mut dyn Write,
    /// Errors, warnings and the live table.
    pub(crate) err: &'a mut dyn Write,
    /// What the first is.
    pub(crate) out_style: Style,
    /// What the second is.
    pub(crate) err_style: Style,
}

/// What a stream is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    /// Whether it is a terminal.
    pub(crate) is_terminal: bool,
    /// Its colours.
    pub(crate) paint: Paint,
}

impl Style {
    /// What standard output is.
    pub(crate) fn of_stdout() -> Self {
        Self::of(io::stdout().is_terminal())
    }

    /// What standard error is.
    pub(crate) fn of_stderr() -> Self {
        Self::of(io::stderr().is_terminal())
    }

    fn of(is_terminal: bool) -> Self {
        Self { is_terminal, paint: Paint::on(is_terminal) }
    }

    /// How many columns text may take: the terminal's, or without end where there is none.
    pub(crate) fn columns(self) -> usize {
        if self.is_terminal { terminal_size().0 } else { usize::MAX }
    }
}

/// The columns and rows of the terminal.
pub(crate) fn terminal_size() -> (usize, usize) {
    // Terminals that nobody looks at say that they have no size.
    let size = crossterm::terminal::size().ok().filter(|(columns, rows)| *columns > 0 && *rows > 0);
    let (columns, rows) = size.unwrap_or((80, 24));
    (usize::from(columns.max(20)), usize::from(rows.max(4)))
}

/// Standard output in blocks; whoever writes flushes when nothing more follows at once.
pub(crate) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(64 * 1024, io::stdout().lock())
}

/// `text` broken at spaces so that no line is wider than `columns`, where no word is; later lines begin with `indent`.
pub(crate) fn wrap(text: &str, columns: usize, indent: &str) -> String {
    let mut wrapped = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let len = word.chars().count();
        if width > 0 && width + 1 + len > columns {
            wrapped.push('\n');
            wrapped.push_str(indent);
            width = indent.len();
        } else if !wrapped.is_empty() {
            wrapped.push(' ');
            width += 1;
        }
        wrapped.push_str(word);
        width += len;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_broken_at_spaces_and_nothing_is_lost() {
        assert_eq!(wrap("one two three", 9, "  "), "one two\n  three");
        assert_eq!(wrap("one two three", usize::MAX, "  "), "one two three");
        assert_eq!(wrap("incomprehensibilities of it", 9, ""), "incomprehensibilities\nof it");
    }
}
