//! Writes a package: entry by entry as its layout says, and as a file that is there as a whole or not at all.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::durable::write_durably;
use crate::error::{Error, Result};
use crate::header::{BLOCK_BYTES, header, padding};
use crate::layout::{Entry, EntryKind, Layout};

/// Writes the archive that `layout` describes. `content` writes the contents of an entry that is no document of the
/// layout, which must have as many bytes as the entry says.
pub(crate) fn write_archive(
    layout: &Layout,
    out: &mut dyn Write,
    mut content: impl FnMut(&Entry, &mut dyn Write) -> Result<()>,
) -> Result<()> {
    let documents = layout.documents();
    let mut out = BufWriter::new(out);
    let failed = |error| Error::io("write the package", error);
    for entry in layout.entries()? {
        out.write_all(header(&entry).as_bytes()).map_err(failed)?;
        let EntryKind::File { len_bytes } = entry.kind else { continue };
        match documents.get(&entry.path) {
            Some(bytes) => out.write_all(bytes).map_err(failed)?,
            None => content(&entry, &mut out)?,
        }
        out.write_all(&vec![0; padding(len_bytes) as usize]).map_err(failed)?;
    }
    out.write_all(&[0; 2 * BLOCK_BYTES as usize]).and_then(|()| out.flush()).map_err(failed)
}

/// Lets `write` fill a file called `name` in the folder `to`, or the file `to` if that ends in `.rmpkg`, and gives its
/// path.
pub(crate) fn save(to: &Path, name: &str, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<PathBuf> {
    let is_file = to.extension().is_some_and(|extension| extension == "rmpkg");
    let path = if is_file { to.to_owned() } else { to.join(name) };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error| Error::io(format_args!("write {}", path.display()), error);
    std::fs::create_dir_all(parent).map_err(failed)?;
    let file = temporary().tempfile_in(parent).map_err(failed)?;
    write_durably(file.as_file(), write)?.map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(path)
}

/// A temporary file that becomes one that others may read, as far as the user's mask allows.
fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".partial");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}
