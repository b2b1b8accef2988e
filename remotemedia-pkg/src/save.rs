//! Writes a package: entry by entry as its layout says, and as a file that is there as a whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

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
    let prefix = prefix(&path);
    sweep(parent, &prefix).map_err(failed)?;
    let file = locked(parent, &prefix).map_err(failed)?;
    write_durably(file.as_file(), |out| write(&mut Named { out, path: &path }))?.map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(path)
}

/// What the temporary files for `path` begin with.
fn prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(".{}.", name.chars().take(MAX_PREFIX_CHARS).collect::<String>())
}

/// Removes what processes left behind that were killed while they wrote a file of that prefix. Whoever is at work has
/// its file locked.
fn sweep(folder: &Path, prefix: &str) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_partial = name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(PARTIAL));
        if !is_partial || !entry.file_type()?.is_file() {
            continue;
        }
        // What cannot be opened or removed is somebody else's.
        if let Ok(file) = File::options().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            drop(std::fs::remove_file(entry.path()));
        }
    }
    Ok(())
}

/// A temporary file that is locked as long as it is held.
fn locked(folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    loop {
        let file = temporary(prefix).tempfile_in(folder)?;
        file.as_file().lock()?;
        // Before it was locked another process may have swept it away.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// Writes to the file that becomes `path`, and names it where that fails.
struct Named<'a> {
    out: &'a mut dyn Write,
    path: &'a Path,
}

impl Named<'_> {
    fn explained(&self, error: io::Error) -> io::Error {
        match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, format!("{}: {error}", self.path.display())),
        }
    }
}

impl Write for Named<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(|error| self.explained(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| self.explained(error))
    }
}

/// A temporary file that becomes one that others may read, as far as the user's mask allows.
fn temporary(prefix: &str) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(PARTIAL);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

const PARTIAL: &str = ".partial";
/// So much of a name that no system finds the whole too long.
const MAX_PREFIX_CHARS: usize = 32;
