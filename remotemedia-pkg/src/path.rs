//! Paths inside a package: what may be one on every system that unpacks it.

use std::fmt;

use unicode_normalization::is_nfc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::MAX_PATH_BYTES;

/// A path inside a package: relative, with `/` between its components, the same name on every system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackagePath(String);

impl PackagePath {
    /// Checks that `path` may be one.
    ///
    /// # Errors
    /// A kind of its own for each rule that it breaks.
    pub fn new(path: impl Into<String>) -> Result<Self> {
        let path = path.into();
        match broken_rule(&path) {
            None => Ok(Self(path)),
            Some((kind, expected)) => Err(Error::new(kind, format!("path {} {expected}", quoted(&path)))),
        }
    }

    /// Checks that the bytes of an archive's header may be one.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let path = std::str::from_utf8(bytes).map_err(|_| {
            let message = format!("path {} is not UTF-8 text", quoted(&String::from_utf8_lossy(bytes)));
            Error::new(ErrorKind::PathEncoding, message)
        })?;
        Self::new(path)
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two paths have in common that systems without upper and lower case take for the same.
    pub(crate) fn folded(&self) -> String {
        caseless::default_case_fold_str(&self.0)
    }

    /// The folders above, outermost first.
    pub(crate) fn parents(&self) -> impl Iterator<Item = Self> + '_ {
        self.0.match_indices('/').map(|(at, _)| Self(self.0[..at].to_owned()))
    }

    /// The parts for the two fields of a ustar header: what comes before the last separator, and the name.
    ///
    /// The first cut that leaves a name of 100 bytes at most; none where all fits in the name.
    pub(crate) fn split(&self) -> Option<(&str, &str)> {
        split(&self.0)
    }
}

impl fmt::Display for PackagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rule that `path` breaks, if it does: its kind, and what is wrong.
fn broken_rule(path: &str) -> Option<(ErrorKind, String)> {
    let rule = |kind, text: &str| Some((kind, text.to_owned()));
    if path.is_empty() {
        return rule(ErrorKind::PathEmpty, "is empty");
    }
    if path.len() > MAX_PATH_BYTES || split(path).is_none() {
        let text = format!(
            "is {} bytes long or has a name that is too long, at most {MAX_PATH_BYTES} are allowed",
            path.len()
        );
        return rule(ErrorKind::PathLength, &text);
    }
    if path.starts_with('/') {
        return rule(ErrorKind::PathAbsolute, "is absolute, expected a relative one");
    }
    if path.contains(char::is_control) {
        return rule(ErrorKind::PathControl, "has a control character");
    }
    if let Some(character) = path.chars().find(|c| FORBIDDEN.contains(*c)) {
        return rule(
            ErrorKind::PathCharacter,
            &format!("has the character {character:?}, which is no name everywhere"),
        );
    }
    if !is_nfc(path) {
        return rule(ErrorKind::PathNormalisation, "is not in Unicode normalisation form C");
    }
    path.split('/').find_map(broken_component)
}

fn broken_component(component: &str) -> Option<(ErrorKind, String)> {
    if component.is_empty() {
        return Some((ErrorKind::PathEmpty, "has an empty component".to_owned()));
    }
    if component == "." || component == ".." {
        return Some((ErrorKind::PathTraversal, format!("has the component {component:?}, which leads elsewhere")));
    }
    if component.ends_with(['.', ' ']) {
        return Some((ErrorKind::PathEnding, "has a component that ends with a dot or a space".to_owned()));
    }
    let stem = component.split('.').next().unwrap_or(component).trim_end().to_ascii_lowercase();
    DEVICES.contains(&stem.as_str()).then(|| (ErrorKind::PathDevice, format!("names the device {stem:?} of Windows")))
}

fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= NAME_BYTES {
        return Some(("", path));
    }
    let mut cuts = path.match_indices('/').map(|(at, _)| (&path[..at], &path[at + 1..]));
    cuts.find(|(prefix, name)| prefix.len() <= PREFIX_BYTES && (1..=NAME_BYTES).contains(&name.len()))
}

/// The path in quotes, cut where it is long.
fn quoted(path: &str) -> String {
    match path.char_indices().nth(80) {
        Some((end, _)) => format!("{:?}…", &path[..end]),
        None => format!("{path:?}"),
    }
}

/// Characters that some system does not take for a part of a name.
const FORBIDDEN: &str = "\\:*?\"<>|";
/// Names that Windows takes for devices, whatever follows the dot.
const DEVICES: &[&str] = &[
    "con", "prn", "aux", "nul", "conin$", "conout$", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7",
    "com8", "com9", "com¹", "com²", "com³", "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8",
    "lpt9", "lpt¹", "lpt²", "lpt³",
];
/// The room for the name in a ustar header.
const NAME_BYTES: usize = 100;
/// The room for what comes before it.
const PREFIX_BYTES: usize = 155;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_taken() {
        for path in
            ["models/silero.onnx", "meta/a b.json", "models/größe/模型.onnx", "models/.hidden", "models/console"]
        {
            assert_eq!(PackagePath::new(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn each_rule_has_an_error_of_its_own() {
        let long = format!("models/{}", "x".repeat(101));
        let deep = "a/".repeat(120) + "b";
        let cases = [
            ("", ErrorKind::PathEmpty),
            ("a//b", ErrorKind::PathEmpty),
            ("a/", ErrorKind::PathEmpty),
            ("/etc/passwd", ErrorKind::PathAbsolute),
            ("../x", ErrorKind::PathTraversal),
            ("a/./b", ErrorKind::PathTraversal),
            ("a\\b", ErrorKind::PathCharacter),
            ("c:x", ErrorKind::PathCharacter),
            ("a\nb", ErrorKind::PathControl),
            ("models/NUL.onnx", ErrorKind::PathDevice),
            ("models/com1", ErrorKind::PathDevice),
            ("models/a.", ErrorKind::PathEnding),
            ("models /a", ErrorKind::PathEnding),
            ("models/a\u{308}", ErrorKind::PathNormalisation),
            (&long, ErrorKind::PathLength),
            (&deep, ErrorKind::PathLength),
        ];
        for (path, kind) in cases {
            assert_eq!(PackagePath::new(path).unwrap_err().kind(), kind, "{path:?}");
        }
        assert_eq!(PackagePath::from_bytes(b"a\xff").unwrap_err().kind(), ErrorKind::PathEncoding);
    }

    #[test]
    fn long_paths_are_split_where_the_name_fits() {
        let path = PackagePath::new(format!("{}/{}", "a/".repeat(30) + "b", "c".repeat(100))).unwrap();
        let (prefix, name) = path.split().unwrap();
        assert_eq!((format!("{prefix}/{name}"), name.len()), (path.to_string(), 100));
    }
}
