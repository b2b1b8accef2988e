//! Where inputs come from, and how they are fed to a session.

use std::io::{BufRead, Read};

use remotemedia::Session;
use remotemedia::driver::Driver;
use remotemedia::session::{SendError, SendFailure};
use remotemedia::time::Span;
use serde_json::Value;

use super::packet::Item;

/// Where inputs come from.
#[derive(Debug)]
pub(crate) enum Inputs {
    /// There are none.
    None,
    /// The command line.
    Given(Vec<Value>),
    /// Standard input, a JSON value per line.
    Lines,
}

impl Inputs {
    /// Feeds everything to `session`, waiting while it is full. Does not end its input.
    ///
    /// # Errors
    /// If something is no JSON or no packet, or goes to no port; what came before it was fed.
    pub(crate) fn feed(self, session: &Session, driver: &dyn Driver, packets: bool) -> Result<(), String> {
        let feeder = Feeder { session, driver, packets };
        match self {
            Self::None => Ok(()),
            Self::Given(values) => feeder.values(values),
            Self::Lines => feeder.lines(&mut std::io::stdin().lock()),
        }
    }
}

struct Feeder<'a> {
    session: &'a Session,
    driver: &'a dyn Driver,
    packets: bool,
}

impl Feeder<'_> {
    fn values(&self, values: Vec<Value>) -> Result<(), String> {
        for (index, value) in values.into_iter().enumerate() {
            let fed = self.feed(value).map_err(|error| format!("input {}: {error}", index + 1))?;
            if !fed {
                break;
            }
        }
        Ok(())
    }

    fn lines(&self, reader: &mut dyn BufRead) -> Result<(), String> {
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let place = |error: String| format!("standard input, line {number}: {error}");
            let read = reader.take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line);
            match read.map_err(|error| place(format!("cannot read it: {error}")))? as u64 {
                0 => break,
                len if len > MAX_LINE_BYTES => return Err(place(format!("longer than {MAX_LINE_BYTES} bytes"))),
                _ if line.trim_ascii().is_empty() => continue,
                _ => {}
            }
            let value = serde_json::from_slice(line.trim_ascii_end()).map_err(|error| place(not_json(&error)))?;
            if !self.feed(value).map_err(place)? {
                break;
            }
        }
        Ok(())
    }

    /// Feeds one item. Gives whether the session takes more.
    fn feed(&self, value: Value) -> Result<bool, String> {
        let Item { port, mut packet } = Item::read(value, self.packets)?;
        loop {
            // A deadline keeps heavy nodes off this thread, which is to go on reading.
            match self.session.send(port.as_deref(), packet, Some(self.driver.now() + PATIENCE)) {
                Ok(()) => return Ok(true),
                Err(SendError { packet: unsent, reason: SendFailure::Full }) => packet = unsent,
                Err(SendError { reason: SendFailure::Refused(_), .. }) if self.session.error().is_some() => {
                    return Ok(false);
                }
                Err(SendError { reason: SendFailure::Refused(error), .. }) => {
                    let several = port.is_none() && self.session.inputs().count() > 1;
                    let hint =
                        if several { "; name it with --packets, as in {\"value\": 1, \"port\": \"…\"}" } else { "" };
                    return Err(format!("{error}{hint}"));
                }
            }
        }
    }
}

/// What is wrong with a line, without the number that its own text gives it.
fn not_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let what = message.rsplit_once(" at line ").map_or(&*message, |(what, _)| what);
    format!("not valid JSON: {what} at column {}", error.column())
}

/// How long one attempt to send waits.
const PATIENCE: Span = Span::from_millis(1_000);

/// How long a line may be: an hour of telephone audio.
const MAX_LINE_BYTES: u64 = 256 * 1024 * 1024;
