//! The header of an archive's entry: the one form that packages have.

use tar::{EntryType, Header};

use crate::layout::{Entry, EntryKind, blob_path};

/// How large a header is, and the unit in which contents are stored.
pub(crate) const BLOCK_BYTES: u64 = 512;

/// The header of `entry`: POSIX ustar without extensions, owner and time 0.
pub(crate) fn header(entry: &Entry) -> Header {
    let mut header = Header::new_ustar();
    let (kind, mode, len_bytes) = match entry.kind {
        EntryKind::Folder => (EntryType::Directory, 0o755, 0),
        EntryKind::File { len_bytes } => (EntryType::Regular, 0o644, len_bytes),
        EntryKind::Link(_) => (EntryType::Link, 0o644, 0),
    };
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(len_bytes);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    let folder_mark = if entry.kind == EntryKind::Folder { "/" } else { "" };
    let (prefix, name) = entry.path.split().expect("a package path fits a header");
    let fields = header.as_ustar_mut().expect("the header was made as ustar");
    fill(&mut fields.prefix, prefix, "");
    fill(&mut fields.name, name, folder_mark);
    fill(&mut fields.dev_major, "0000000", "");
    fill(&mut fields.dev_minor, "0000000", "");
    if let EntryKind::Link(digest) = entry.kind {
        fill(&mut fields.linkname, blob_path(digest).as_str(), "");
    }
    header.set_cksum();
    header
}

fn fill(field: &mut [u8], text: &str, mark: &str) {
    let (text, rest) = (text.as_bytes(), field.len() - text.len());
    field[..text.len()].copy_from_slice(text);
    // A name that fills its field has no room for the mark of a folder, which the type tells as well.
    let mark = &mark.as_bytes()[..mark.len().min(rest)];
    field[text.len()..text.len() + mark.len()].copy_from_slice(mark);
}

/// How many bytes follow contents of this length until the next header.
pub(crate) fn padding(len_bytes: u64) -> u64 {
    len_bytes.next_multiple_of(BLOCK_BYTES) - len_bytes
}
