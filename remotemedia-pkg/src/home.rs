//! The user's folder: signing keys, what is trusted, and the cache.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cache::Cache;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{KeyId, PublicKey, SigningKey};

/// The folder of a user, in which `keys` holds what the user signs with, `trust` what the user trusts, and `cache` the
/// files of packages.
///
/// ```text
/// keys/<name>.pem          private keys, readable by the user alone
/// trust/keys/<name>.pem    public keys of others
/// trust/trusted_root.json  certificate authorities
/// trust/policy.json        who may sign what
/// trust/revoked.json       keys and packages that are no longer good
/// registries.json          how registries are reached, and who the user is to them
/// cache/                   what packages had in them
/// ```
#[derive(Clone, Debug)]
pub struct Home {
    folder: PathBuf,
}

/// A public key under the name of its file.
#[derive(Clone, Debug)]
pub struct NamedKey {
    /// The name.
    pub name: String,
    /// The key.
    pub key: PublicKey,
}

impl Home {
    /// The home in `folder`, which need not be there yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Makes a signing key called `name`. What it signs is trusted here, as the user's own.
    ///
    /// # Errors
    /// If there is one already, the name may not be one, or it cannot be written.
    pub fn new_key(&self, name: &str) -> Result<PublicKey> {
        check_name(name)?;
        if self.trusted_keys()?.iter().any(|known| known.name == name) {
            return Err(exists(name));
        }
        let key = SigningKey::generate()?;
        write_new(&self.signing_path(name), &key.to_pem())?;
        Ok(key.public())
    }

    /// The signing key called `name`.
    ///
    /// # Errors
    /// [`ErrorKind::KeyUnknown`] if there is none; if it cannot be read.
    pub fn signing_key(&self, name: &str) -> Result<SigningKey> {
        check_name(name)?;
        let path = self.signing_path(name);
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => unknown_key(name),
            _ => Error::io(format_args!("read {}", path.display()), error),
        })?;
        SigningKey::from_pem(&text).map_err(|error| Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    /// The user's own signing keys, by name.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn signing_keys(&self) -> Result<Vec<NamedKey>> {
        let names = names(&self.folder.join("keys"))?;
        names.into_iter().map(|name| Ok(NamedKey { key: self.signing_key(&name)?.public(), name })).collect()
    }

    /// The keys of others that are trusted, by name.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn trusted_keys(&self) -> Result<Vec<NamedKey>> {
        let read = |name: String| {
            let path = self.trusted_path(&name);
            let text =
                fs::read_to_string(&path).map_err(|error| Error::io(format_args!("read {}", path.display()), error))?;
            let key = PublicKey::from_pem(&text)
                .map_err(|error| Error::new(ErrorKind::TrustFile, format!("{}: {error}", path.display())))?;
            Ok(NamedKey { name, key })
        };
        names(&self.trust_folder().join("keys"))?.into_iter().map(read).collect()
    }

    /// Trusts `key` under `name`.
    ///
    /// # Errors
    /// [`Revoked`](ErrorKind::Revoked) if it was revoked; if another key is trusted under that name, the name may not be
    /// one, or it cannot be written.
    pub fn trust_key(&self, name: &str, key: &PublicKey) -> Result<()> {
        check_name(name)?;
        self.trust()?.check_keys(&[key.id()])?;
        let known = [self.signing_keys()?, self.trusted_keys()?].concat();
        match known.iter().find(|known| known.name == name) {
            Some(known) if known.key == *key => Ok(()),
            Some(_) => Err(exists(name)),
            None => write_new(&self.trusted_path(name), &key.to_pem()),
        }
    }

    /// No longer trusts the key of somebody else called `name`, and gives its id. A key of the user's own is
    /// [revoked](Self::set_revoked) instead.
    ///
    /// # Errors
    /// [`ErrorKind::KeyUnknown`] if there is none.
    pub fn distrust_key(&self, name: &str) -> Result<KeyId> {
        let known = self.trusted_keys()?.into_iter().find(|known| known.name == name);
        let id = known.ok_or_else(|| unknown_key(name))?.key.id();
        let path = self.trusted_path(name);
        fs::remove_file(&path).map_err(|error| Error::io(format_args!("remove {}", path.display()), error))?;
        Ok(id)
    }

    /// The cache.
    pub fn cache(&self) -> Cache {
        Cache::new(self.folder.join("cache"))
    }

    /// What the user says of registries.
    #[cfg(feature = "registry")]
    pub(crate) fn registries_file(&self) -> PathBuf {
        self.folder.join("registries.json")
    }

    pub(crate) fn trust_folder(&self) -> PathBuf {
        self.folder.join("trust")
    }

    fn signing_path(&self, name: &str) -> PathBuf {
        self.folder.join("keys").join(format!("{name}.pem"))
    }

    fn trusted_path(&self, name: &str) -> PathBuf {
        self.trust_folder().join("keys").join(format!("{name}.pem"))
    }
}

/// The names of the `.pem` files in `folder`, which need not be there.
fn names(folder: &Path) -> Result<Vec<String>> {
    let failed = |error| Error::io(format_args!("read {}", folder.display()), error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        names.extend(name.to_str().and_then(|name| name.strip_suffix(".pem")).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// Writes a file that is there as a whole or not at all, in the place of another.
pub(crate) fn replace(path: &Path, text: &str) -> Result<()> {
    let failed = |error| Error::io(format_args!("write {}", path.display()), error);
    temporary(path, text)?.persist(path).map(drop).map_err(|error| failed(error.error))
}

/// Writes a file for the user's eyes only, which must not be there yet.
fn write_new(path: &Path, text: &str) -> Result<()> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(&path.file_stem().unwrap_or_default().to_string_lossy()),
        _ => Error::io(format_args!("write {}", path.display()), error),
    };
    temporary(path, text)?.persist_noclobber(path).map(drop).map_err(|error| failed(error.error))
}

/// A file beside `path` that holds `text`, readable by the user alone.
fn temporary(path: &Path, text: &str) -> Result<NamedTempFile> {
    let failed = |error| Error::io(format_args!("write {}", path.display()), error);
    let folder = path.parent().expect("files of the home lie in folders");
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::Builder::new().suffix(".partial").tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    Ok(file)
}

fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.len() <= 64 && name.chars().all(plain) {
        return Ok(());
    }
    let message = format!("{name:?} is no name for a key, expected up to 64 letters, digits, '-' and '_'");
    Err(Error::new(ErrorKind::Key, message))
}

fn unknown_key(name: &str) -> Error {
    Error::new(ErrorKind::KeyUnknown, format!("there is no key called {name:?}"))
}

fn exists(name: &str) -> Error {
    Error::new(ErrorKind::KeyExists, format!("there is a key called {name:?} already; choose another name"))
}
