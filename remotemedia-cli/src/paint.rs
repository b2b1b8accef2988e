//! Colours: where a terminal shows them and the user has not asked for none.

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paint(bool);

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A heading or a name.
    Strong,
    /// What matters less.
    Faint,
    /// All is well.
    Good,
    /// Something to look at.
    Warning,
    /// Something is wrong.
    Bad,
}

impl Paint {
    /// Colours for a stream that is a terminal or not.
    pub(crate) fn on(is_terminal: bool) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self(is_terminal && !set("NO_COLOR") && !dumb && supported())
    }

    /// `text` in the colour of `tone`.
    pub(crate) fn tone(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "1;31",
        };
        if self.0 && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Whether the terminal understands colours; on Windows, asking switches them on.
fn supported() -> bool {
    #[cfg(windows)]
    return crossterm::ansi_support::supports_ansi();
    #[cfg(not(windows))]
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_coloured_only_where_colours_are_on() {
        assert_eq!(Paint(true).tone(Tone::Bad, "error"), "\x1b[1;31merror\x1b[0m");
        assert_eq!(Paint(false).tone(Tone::Bad, "error"), "error");
        assert_eq!(Paint::on(false).tone(Tone::Good, "ok"), "ok");
    }
}
