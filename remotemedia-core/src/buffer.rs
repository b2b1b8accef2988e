//! Reference-counted bytes that may belong to the host: what makes packets free to clone, slice and fan out.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytemuck::Pod;

/// Memory that a [`Buffer`] keeps alive: a Rust vector, a NumPy array, a C buffer, wasm memory.
///
/// The bytes must not change while the memory is shared.
pub trait Memory: Send + Sync + 'static {
    /// All bytes of this memory.
    fn bytes(&self) -> &[u8];

    /// All bytes, writable, or `None` where the memory is read-only. Asked only when nothing else holds the memory.
    fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        None
    }

    /// The host's owner object, so that a binding can hand back the very object it wrapped.
    fn owner(&self) -> Option<&dyn std::any::Any> {
        None
    }
}

impl<T: Pod + Send + Sync> Memory for Vec<T> {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }

    fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        Some(bytemuck::cast_slice_mut(self))
    }
}

/// A range of shared [`Memory`]. Cloning and slicing copy no bytes.
#[derive(Clone)]
pub struct Buffer {
    memory: Arc<dyn Memory>,
    start: usize,
    len: usize,
}

impl Buffer {
    /// Wraps `memory` without copying it.
    pub fn new(memory: impl Memory) -> Self {
        let len = memory.bytes().len();
        Self { memory: Arc::new(memory), start: 0, len }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.memory.bytes()[self.start..self.start + self.len]
    }

    /// The bytes as elements of type `T`, or `None` if they are not aligned for `T` or not a whole number of elements.
    pub fn as_slice<T: Pod>(&self) -> Option<&[T]> {
        bytemuck::try_cast_slice(self.as_bytes()).ok()
    }

    /// The bytes as elements of type `T`, copied if they are not aligned. Incomplete trailing elements are left out.
    pub fn to_vec<T: Pod>(&self) -> Vec<T> {
        self.as_bytes().chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes in `range` as a buffer of their own, sharing the memory.
    ///
    /// # Panics
    /// If `range` reaches beyond the buffer.
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(
            range.start <= range.end && range.end <= self.len,
            "slice {range:?} lies within a buffer of {} bytes",
            self.len
        );
        Self { memory: Arc::clone(&self.memory), start: self.start + range.start, len: range.end - range.start }
    }

    /// Whether nothing else holds this memory.
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.memory) == 1
    }

    /// The elements, writable in place when nothing else holds the memory and it may be written, copied once otherwise.
    ///
    /// Incomplete trailing elements are left out of a copy.
    pub fn make_mut<T: Pod + Send + Sync>(&mut self) -> &mut [T] {
        if !self.writable_as::<T>() {
            *self = Self::new(self.to_vec::<T>());
        }
        let range = self.start..self.start + self.len;
        let bytes = Arc::get_mut(&mut self.memory).and_then(|memory| memory.bytes_mut());
        bytemuck::cast_slice_mut(&mut bytes.expect("memory was found or made writable just above")[range])
    }

    /// The bytes, writable in place, or `None` when something else holds the memory or it may not be written.
    pub fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        let range = self.start..self.start + self.len;
        Some(&mut Arc::get_mut(&mut self.memory)?.bytes_mut()?[range])
    }

    /// What the memory names as its owner in the host, if it is the host's.
    pub fn owner(&self) -> Option<&dyn std::any::Any> {
        self.memory.owner()
    }

    fn writable_as<T: Pod>(&mut self) -> bool {
        let aligned = self.as_slice::<T>().is_some();
        aligned && Arc::get_mut(&mut self.memory).is_some_and(|memory| memory.bytes_mut().is_some())
    }
}

impl<T: Pod + Send + Sync> From<Vec<T>> for Buffer {
    fn from(values: Vec<T>) -> Self {
        Self::new(values)
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.len)
    }
}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_and_slices_share_the_address() {
        let buffer = Buffer::from(vec![1.0f32, 2.0, 3.0, 4.0]);
        let tail = buffer.clone().slice(8..16);
        assert_eq!(tail.as_bytes().as_ptr(), buffer.as_bytes()[8..].as_ptr());
        assert_eq!(tail.as_slice::<f32>(), Some(&[3.0, 4.0][..]));
    }

    #[test]
    fn unique_memory_is_written_in_place_and_shared_memory_is_copied() {
        let mut buffer = Buffer::from(vec![1.0f32, 2.0]);
        let address = buffer.as_bytes().as_ptr();
        buffer.make_mut::<f32>()[0] = 5.0;
        assert_eq!(buffer.as_bytes().as_ptr(), address);

        let other = buffer.clone();
        buffer.make_mut::<f32>()[0] = 7.0;
        assert_eq!(other.as_slice::<f32>(), Some(&[5.0, 2.0][..]));
        assert_eq!(buffer.as_slice::<f32>(), Some(&[7.0, 2.0][..]));
    }

    #[test]
    fn unaligned_bytes_are_copied_out() {
        let bytes = Buffer::from(vec![0u8, 0, 0, 128, 63]);
        let shifted = bytes.slice(1..5);
        assert_eq!(shifted.to_vec::<f32>(), vec![1.0]);
    }
}
