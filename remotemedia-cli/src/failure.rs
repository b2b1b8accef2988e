//! Failures: why a command did not do its work, as people and programs read it.

use std::error::Error as _;
use std::io::{self, Write};

use remotemedia::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::console::{Style, wrap};
use crate::host::Host;
use crate::paint::Tone;

/// How a command ended that did not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something is wrong.
    Fault(Box<Fault>),
    /// It is to end with this exit code, and nothing more is to be said.
    Exit(u8),
}

/// What is wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fault {
    kind: String,
    message: String,
    file: Option<String>,
    pipeline: Option<String>,
    node: Option<String>,
    port: Option<String>,
    item: Option<u64>,
    causes: Vec<String>,
    traceback: Option<String>,
}

impl Failure {
    /// A fault of the command's own.
    pub(crate) fn new(kind: &str, message: impl Into<String>) -> Self {
        Fault::new(kind, message).into()
    }

    /// A result that could not be written: quiet where the reader had enough.
    pub(crate) fn write(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Exit(0),
            _ => Self::new("output", format!("cannot write the output: {error}")),
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

impl Fault {
    /// A fault of the command's own.
    pub(crate) fn new(kind: &str, message: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), message: message.into(), ..Self::default() }
    }

    /// What went wrong in the library.
    pub(crate) fn of(error: &Error, host: &dyn Host) -> Self {
        let traceback = host.traceback(error);
        Self {
            kind: kind_name(error.kind()),
            message: error.to_string(),
            file: None,
            pipeline: error.pipeline().map(str::to_owned),
            node: error.node().map(str::to_owned),
            port: error.port().map(str::to_owned),
            item: error.item(),
            causes: if traceback.is_some() { Vec::new() } else { causes(error) },
            traceback,
        }
    }

    /// The name of its kind, as programs know it.
    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }

    /// What is wrong, in one line.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The same fault, found in `file`.
    pub(crate) fn in_file(mut self, file: &str) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    /// The same fault with lines that explain it.
    pub(crate) fn explained(mut self, detail: String) -> Self {
        self.traceback = Some(detail).filter(|detail| !detail.trim().is_empty());
        self
    }

    /// Writes the fault for people: what is wrong in one line, then what to do, then what caused it.
    pub(crate) fn write_text(&self, err: &mut dyn Write, style: Style) -> io::Result<()> {
        let (what, advice) = split(&self.message);
        let place = self.file.as_ref().map(|file| format!("{file}: ")).unwrap_or_default();
        writeln!(err, "{} {place}{what}", style.paint.tone(Tone::Bad, "error:"))?;
        if let Some(advice) = advice {
            writeln!(err, "  {}", wrap(&advice, style.columns().saturating_sub(4), "  "))?;
        }
        for cause in &self.causes {
            writeln!(err, "  caused by: {}", cause.trim_end().replace('\n', "\n  "))?;
        }
        match &self.traceback {
            Some(traceback) => writeln!(err, "{}", traceback.trim_end()),
            None => Ok(()),
        }
    }

    /// The fault for programs. What is not known is left out.
    pub(crate) fn to_json(&self) -> Value {
        let fields = [
            ("kind", Some(json!(self.kind))),
            ("message", Some(json!(self.message))),
            ("file", self.file.as_ref().map(|file| json!(file))),
            ("pipeline", self.pipeline.as_ref().map(|pipeline| json!(pipeline))),
            ("node", self.node.as_ref().map(|node| json!(node))),
            ("port", self.port.as_ref().map(|port| json!(port))),
            ("item", self.item.map(|item| json!(item))),
            ("causes", (!self.causes.is_empty()).then(|| json!(self.causes))),
            ("traceback", self.traceback.as_ref().map(|traceback| json!(traceback))),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// Writes a warning for people or programs.
pub(crate) fn warn(err: &mut dyn Write, style: Style, as_json: bool, file: &str, warning: &str) -> io::Result<()> {
    if as_json {
        return writeln!(err, "{}", json!({"warning": {"message": warning, "file": file}}));
    }
    writeln!(err, "{} {file}: {warning}", style.paint.tone(Tone::Warning, "warning:"))
}

/// What is wrong, and what comes behind the first semicolon outside quotes: what was meant, what there is.
fn split(message: &str) -> (&str, Option<String>) {
    let mut quoted = false;
    let mut before = ' ';
    for (index, character) in message.char_indices() {
        match character {
            '"' if before != '\\' => quoted = !quoted,
            ';' if !quoted && message[index..].starts_with("; ") => {
                let advice = message[index + 2..].replace("?; ", "? ");
                return (&message[..index], Some(advice));
            }
            _ => {}
        }
        before = character;
    }
    (message, None)
}

/// What caused an error, outermost first, without what its message says already.
fn causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut said = error.message().to_owned();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !said.contains(&text) {
            causes.push(text.clone());
        }
        said = text;
        source = cause.source();
    }
    causes
}

fn kind_name(kind: ErrorKind) -> String {
    format!("{kind:?}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Standalone;
    use remotemedia::NodeError;

    fn text(fault: &Fault) -> String {
        let mut out = Vec::new();
        fault.write_text(&mut out, Style::default()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn advice_stands_on_a_line_of_its_own() {
        let message =
            r#"nodes[2].node_type "VoiceActivty" is not known; did you mean "VoiceActivity"?; supported: Gain"#;
        let fault = Fault { message: message.to_owned(), ..Fault::default() }.in_file("m.json");
        let expected = "error: m.json: nodes[2].node_type \"VoiceActivty\" is not known\n  did you mean \
                        \"VoiceActivity\"? supported: Gain\n";
        assert_eq!(text(&fault), expected);
    }

    #[test]
    fn semicolons_within_quotes_do_not_break_a_message() {
        let message = r#"node id "a; \"b; c" is not valid"#;
        assert_eq!(split(message), (message, None));
    }

    #[test]
    fn causes_follow_unless_the_message_says_them() {
        let cause = io::Error::other("disk on fire");
        let same = Error::from_node(NodeError::from(io::Error::other("disk on fire")));
        assert_eq!(text(&Fault::of(&same, &Standalone)), "error: disk on fire\n");
        let other =
            Error::from_node(NodeError::new("cannot read").with_source(cause)).in_node("p", "n").at_item(Some(3));
        let fault = Fault::of(&other, &Standalone);
        assert_eq!(text(&fault), "error: p/n: item 3: cannot read\n  caused by: disk on fire\n");
        assert_eq!(fault.to_json()["item"], 3);
        assert_eq!(fault.to_json()["kind"], "node");
        assert_eq!(fault.to_json().get("port"), None);
        let about_port = Fault::of(&Error::new(ErrorKind::Usage, "no such port").at_port(Some("left")), &Standalone);
        assert_eq!(about_port.to_json()["port"], "left");
        assert_eq!(fault.to_json().get("file"), None);
    }

    #[test]
    fn a_reader_that_had_enough_is_no_fault() {
        assert!(matches!(Failure::write(io::ErrorKind::BrokenPipe.into()), Failure::Exit(0)));
        assert!(matches!(Failure::write(io::ErrorKind::StorageFull.into()), Failure::Fault(_)));
    }
}
