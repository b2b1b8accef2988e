//! The options of the subcommands for packages, keys, trust and the cache.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use remotemedia::DEFAULT_KEY;

/// Pack a pipeline with its models and Python nodes into one signed file
///
/// The package is called NAME-DIGEST.rmpkg; the same pipeline, sources and models give the same digest. It is signed
/// with the key `default`, which is made on first use. Standard output gets the package's path.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  remotemedia build voice.py
  remotemedia build voice.json -o voice.rmpkg --key release
  remotemedia build voice.json --optimize          smaller models, and by how much their outputs are off")]
pub(crate) struct BuildArgs {
    /// The pipeline: a manifest, or a Python file (`file.py`, or `file.py:variable` to name one of several pipelines)
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// The folder to write the package to, or its file if that ends in .rmpkg
    #[arg(short, long, value_name = "PATH", default_value = ".")]
    pub(crate) output: PathBuf,

    /// The key to sign with
    #[arg(short, long, value_name = "NAME", default_value = DEFAULT_KEY)]
    pub(crate) key: String,

    /// Make ONNX models smaller: weights as 8-bit integers, or in half precision where that keeps the outputs within 5
    /// %. Needs the Python packages onnx and onnxruntime
    #[arg(long)]
    pub(crate) optimize: bool,

    /// Write one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Arguments for a Python file, after `--`
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) args: Vec<String>,
}

/// Push a package to a registry
///
/// Uploads what the registry lacks, then the signatures, and moves the tag onto the package last; without a tag that is
/// `latest`. Standard output gets the reference that leads to this package for ever. Credentials are those of
/// REMOTEMEDIA_REGISTRY_USERNAME and _PASSWORD (or _TOKEN) for the host in REMOTEMEDIA_REGISTRY, else of
/// registries.json, else of `docker login`.
#[cfg(feature = "registry")]
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  remotemedia push voice.rmpkg oci://registry.example/team/voice:1.2
  remotemedia push voice.rmpkg oci://localhost:5000/voice")]
pub(crate) struct PushArgs {
    /// The package
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Where it goes
    #[arg(value_name = "oci://HOST/NAME[:TAG]")]
    pub(crate) reference: String,

    /// Speak to this registry without encryption; where the host is this machine that is so anyway
    #[arg(long)]
    pub(crate) plain_http: bool,

    /// Write one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Pull a package from a registry into the cache
///
/// It is verified before any of its files is fetched. A package whose reference is known is used as it is in the cache,
/// and nobody is asked; --refresh asks what the tag is on by now. Standard output gets the package's digest.
#[cfg(feature = "registry")]
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  remotemedia pull oci://registry.example/team/voice:1.2
  remotemedia pull oci://registry.example/team/voice --refresh
  remotemedia pull oci://registry.example/team/voice:1.2 -o voice.rmpkg
  remotemedia run oci://registry.example/team/voice:1.2")]
pub(crate) struct PullArgs {
    /// The package
    #[arg(value_name = "oci://HOST/NAME[:TAG|@DIGEST]")]
    pub(crate) reference: String,

    /// Ask the registry also where the reference is known
    #[arg(long)]
    pub(crate) refresh: bool,

    /// Write the package to this folder, or to this file if it ends in .rmpkg; standard output gets its path
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,

    /// Speak to this registry without encryption; where the host is this machine that is so anyway
    #[arg(long)]
    pub(crate) plain_http: bool,

    /// Write one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Verify packages: who signed them, and that nothing in them was changed
///
/// The exit code is 1 if one is not verified, also where a policy would let it run with a warning.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// The packages: files, or references (oci://…) to packages in registries
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Write one JSON object per file
    #[arg(long)]
    pub(crate) json: bool,
}

/// Make and show the keys that packages are signed with
#[derive(Args, Debug)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key; what it signs is trusted on this machine
    New {
        /// What to call it: letters, digits, `-` and `_`
        #[arg(default_value = DEFAULT_KEY)]
        name: String,
        /// Write one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List the keys
    Ls {
        /// Write a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Write the public key as PEM, for those who are to trust it
    Export {
        /// The key
        #[arg(default_value = DEFAULT_KEY)]
        name: String,
        /// Write one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Show, check or empty the cache, which holds the files of packages that ran here
#[derive(Args, Debug)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// List the packages
    Ls {
        /// Write a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Remove every package that does not run
    Clear {
        /// Write one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Compare every file with its digest
    ///
    /// The exit code is 1 if one was changed. The next run of its package writes it anew.
    Verify {
        /// Write one JSON object per package
        #[arg(long)]
        json: bool,
    },
}

/// Say whose packages are trusted
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  remotemedia trust add alice.pem
  remotemedia trust policy oci://registry.example/team --signer https://ci.example/build
  remotemedia trust policy file:///home/me/drafts --mode warn
  remotemedia trust revoke alice --reason \"laptop stolen\"")]
pub(crate) struct TrustArgs {
    #[command(subcommand)]
    pub(crate) command: TrustCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Trust a public key (PEM), or the certificate authorities of a trusted_root.json
    Add {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What to call the key [default: the file's name]
        #[arg(long)]
        name: Option<String>,
        /// Write one JSON object
        #[arg(long)]
        json: bool,
    },
    /// No longer trust the key of somebody else; your own are revoked instead
    Rm {
        /// The key
        name: String,
        /// Write one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List what is trusted and what is revoked
    Ls {
        /// Write one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show the policy, or set the rule for the packages of a place
    Policy(PolicyArgs),
    /// Refuse a key or a package from now on, whoever vouches for it
    Revoke {
        /// The name or the id of a key, or the digest of a package (sha256:…)
        #[arg(value_name = "KEY|DIGEST")]
        what: String,
        /// Why, for those who meet it
        #[arg(long, default_value = "")]
        reason: String,
        /// Write one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct PolicyArgs {
    /// The place: the beginning of a reference up to a slash, such as file:///srv/packages, or * for every place
    #[arg(value_name = "SCOPE")]
    pub(crate) scope: Option<String>,

    /// Who may sign there: the id of a key or a name in a certificate; several times for several. All that are trusted,
    /// if not given
    #[arg(long, value_name = "ID|NAME", requires = "scope")]
    pub(crate) signer: Vec<String>,

    /// What happens to other packages
    #[arg(long, value_enum, default_value_t = ModeArg::Enforce, requires = "scope")]
    pub(crate) mode: ModeArg,

    /// Remove the rule for this place
    #[arg(long, requires = "scope", conflicts_with_all = ["signer", "mode"])]
    pub(crate) rm: bool,

    /// Write the policy as one line; it is JSON in any case
    #[arg(long)]
    pub(crate) json: bool,
}

/// What happens to packages that are not signed as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeArg {
    /// They are refused
    Enforce,
    /// They are let through with a warning
    Warn,
}
