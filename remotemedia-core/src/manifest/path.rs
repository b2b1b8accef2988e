//! Paths: where in a manifest something stands, written out only when an error needs it.

use std::fmt;

/// A place in a manifest, such as `nodes[2].params`.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    /// The manifest itself, named by its place in others, empty for the outermost.
    Root(&'a str),
    /// A field of an object.
    Field(&'a Path<'a>, &'a str),
    /// An element of an array.
    Index(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    /// Whether this is the whole of the outermost manifest.
    pub(crate) fn is_outermost(self) -> bool {
        matches!(self, Self::Root(""))
    }

    /// The field `name` of the object here.
    pub(crate) fn field(&'a self, name: &'a str) -> Self {
        Self::Field(self, name)
    }

    /// The element `index` of the array here.
    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// The element `index` of the field `name`.
    pub(crate) fn element(&'a self, name: &'a str, index: usize) -> String {
        self.field(name).index(index).to_string()
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root("") => f.write_str("manifest"),
            Self::Root(place) => f.write_str(place),
            Self::Field(Self::Root(""), name) => f.write_str(name),
            Self::Field(Self::Root(place), name) if place.ends_with('"') => write!(f, "{place}: {name}"),
            Self::Field(object, name) => write!(f, "{object}.{name}"),
            Self::Index(array, index) => write!(f, "{array}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_as_one_would_write_them() {
        let root = Path::Root("");
        assert_eq!(root.to_string(), "manifest");
        assert_eq!(root.field("nodes").index(2).field("params").to_string(), "nodes[2].params");
        assert_eq!(Path::Root("nodes[1].params.manifest").element("nodes", 0), "nodes[1].params.manifest.nodes[0]");
        assert_eq!(Path::Root("pipeline \"clean\"").element("nodes", 0), "pipeline \"clean\": nodes[0]");
    }
}
