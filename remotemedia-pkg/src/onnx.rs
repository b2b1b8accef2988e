//! ONNX models: whether weights of theirs lie in other files.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};

/// Checks that all of a model lies in its file `source`; `path` is what the pipeline calls it.
pub(crate) fn check_whole(path: &Path, source: &Path) -> Result<()> {
    let has_weights_elsewhere = File::open(source).and_then(has_weights_elsewhere);
    if !has_weights_elsewhere.map_err(|error| Error::io(format_args!("read {}", source.display()), error))? {
        return Ok(());
    }
    let message = format!(
        "the model {} has weights in other files, which packages do not carry; save it as one file, as \
         onnx.save(onnx.load(path), other_path) does",
        path.display()
    );
    Err(Error::new(ErrorKind::NotCarried, message))
}

/// Whether a model leaves weights in other files, which it names by their paths. What is no ONNX model does not.
fn has_weights_elsewhere(mut model: impl Read + Seek) -> io::Result<bool> {
    let end = model.seek(SeekFrom::End(0))?;
    model.rewind()?;
    let mut walk = Walk { model: BufReader::new(model), at: 0 };
    match walk.finds(Message::Model, end, 0) {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => Ok(false),
        found => found,
    }
}

/// The messages of the ONNX format that lead to weights.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
}

impl Message {
    /// The message in a field of this one.
    fn field(self, number: u64) -> Option<Self> {
        match (self, number) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Some(Self::Graph),
            (Self::Graph, 1) => Some(Self::Node),
            (Self::Node, 5) => Some(Self::Attribute),
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) => Some(Self::Tensor),
            _ => None,
        }
    }
}

/// Goes through a model without reading its weights.
struct Walk<R> {
    model: BufReader<R>,
    at: u64,
}

impl<R: Read + Seek> Walk<R> {
    fn finds(&mut self, message: Message, end: u64, depth: usize) -> io::Result<bool> {
        if depth > MAX_DEPTH {
            return Err(io::ErrorKind::InvalidData.into());
        }
        while self.at < end {
            let tag = self.number()?;
            if tag >> 3 == 0 {
                // No field has this number, but a file of zeros is full of it.
                return Err(io::ErrorKind::InvalidData.into());
            }
            match tag & 7 {
                0 => {
                    let value = self.number()?;
                    if message == Message::Tensor && tag >> 3 == DATA_LOCATION && value == EXTERNAL {
                        return Ok(true);
                    }
                }
                1 => self.skip(8, end)?,
                2 => {
                    let len_bytes = self.number()?;
                    match message.field(tag >> 3) {
                        None => self.skip(len_bytes, end)?,
                        Some(inner) => {
                            let inner_end = self.at.checked_add(len_bytes).filter(|inner_end| *inner_end <= end);
                            if self.finds(inner, inner_end.ok_or(io::ErrorKind::InvalidData)?, depth + 1)? {
                                return Ok(true);
                            }
                        }
                    }
                }
                5 => self.skip(4, end)?,
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Ok(false)
    }

    /// A number as Protocol Buffers write it, seven bits a byte.
    fn number(&mut self) -> io::Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            self.model.read_exact(&mut byte)?;
            self.at += 1;
            number |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] < 0x80 {
                return Ok(number);
            }
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    fn skip(&mut self, len_bytes: u64, end: u64) -> io::Result<()> {
        if len_bytes > end.saturating_sub(self.at) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.at += len_bytes;
        self.model.seek_relative(i64::try_from(len_bytes).map_err(|_| io::ErrorKind::InvalidData)?)
    }
}

/// Graphs within nodes, each some messages below the last one.
const MAX_DEPTH: usize = 64;
/// Where a tensor says that its data lies, and what it says of another file.
const DATA_LOCATION: u64 = 14;
const EXTERNAL: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    /// A field with a message in it.
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn finds(model: &[u8]) -> bool {
        has_weights_elsewhere(io::Cursor::new(model)).unwrap()
    }

    #[test]
    fn weights_elsewhere_are_found_among_initializers_and_in_graphs_of_nodes() {
        let tensor = [field(8, b"weights"), vec![14 << 3, 1]].concat();
        let graph = [field(2, b"name"), field(5, &tensor)].concat();
        let nested = field(1, &field(5, &field(6, &graph)));
        assert!(finds(&field(7, &graph)) && finds(&field(7, &nested)));
        let here = [field(9, b"data"), vec![14 << 3, 0]].concat();
        assert!(!finds(&field(7, &field(5, &here))));
        // The same bytes where they mean something else.
        assert!(!finds(&field(8, &graph)) && !finds(&field(7, &field(2, &tensor))));
    }

    #[test]
    fn what_is_no_model_has_no_weights_elsewhere() {
        let whole = field(7, &field(5, &[14 << 3, 1]));
        for broken in [&b""[..], b"no model at all", &[0xff; 64], &[0x3a, 0xff, 0xff, 0xff], &whole[..4]] {
            assert!(!finds(broken), "{broken:?}");
        }
        let zeros_first = [&[0, 0], whole.as_slice()].concat();
        assert!(finds(&whole) && !finds(&zeros_first));
        let deep = (0..40).fold(vec![], |inner, _| field(1, &field(5, &field(6, &inner[..inner.len().min(100)]))));
        assert!(!finds(&field(7, &deep)));
    }
}
