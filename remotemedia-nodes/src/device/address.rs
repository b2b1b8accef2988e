//! Device addresses: `file:PATH`, `test:SIGNAL?KEY=VALUE&…`, or the name of a sound device.

use std::path::PathBuf;

use remotemedia_core::error::{NodeError, NodeResult};

/// What a device string names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Address {
    /// A file.
    File(PathBuf),
    /// A test signal with its settings.
    Test { signal: String, settings: Vec<(String, String)> },
    /// A sound device of the system.
    Sound(String),
}

impl Address {
    /// Reads a device string.
    ///
    /// # Errors
    /// If it names nothing, or a setting has no value.
    pub(crate) fn parse(device: &str) -> NodeResult<Self> {
        if device.is_empty() {
            return Err(NodeError::new(
                "params: device is empty, expected a sound device, \"file:PATH\" or \"test:SIGNAL\"",
            ));
        }
        if let Some(path) = device.strip_prefix("file:") {
            return Ok(Self::File(path.into()));
        }
        let Some(test) = device.strip_prefix("test:") else {
            return Ok(Self::Sound(device.to_owned()));
        };
        let (signal, query) = test.split_once('?').unwrap_or((test, ""));
        let settings =
            query.split('&').filter(|setting| !setting.is_empty()).map(setting).collect::<NodeResult<_>>()?;
        Ok(Self::Test { signal: signal.to_owned(), settings })
    }
}

fn setting(text: &str) -> NodeResult<(String, String)> {
    let (key, value) = text.split_once('=').ok_or_else(|| {
        NodeError::new(format!("params: device setting \"{text}\" has no value, expected \"{text}=…\""))
    })?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_signals_and_sound_devices_are_told_apart() {
        assert_eq!(Address::parse("file:a b.wav").unwrap(), Address::File("a b.wav".into()));
        assert_eq!(Address::parse("hw:0,1").unwrap(), Address::Sound("hw:0,1".into()));
        let settings = vec![("freq".to_owned(), "440".to_owned()), ("seconds".to_owned(), "1".to_owned())];
        assert_eq!(
            Address::parse("test:sine?freq=440&seconds=1").unwrap(),
            Address::Test { signal: "sine".to_owned(), settings }
        );
        let plain = Address::Test { signal: "silence".to_owned(), settings: Vec::new() };
        assert_eq!(Address::parse("test:silence").unwrap(), plain);
    }

    #[test]
    fn settings_without_a_value_are_refused() {
        let error = Address::parse("test:sine?freq").unwrap_err();
        assert_eq!(error.to_string(), "params: device setting \"freq\" has no value, expected \"freq=…\"");
        assert!(Address::parse("").is_err());
    }
}
