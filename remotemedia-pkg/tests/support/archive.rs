//! Archives written by hand, entry by entry, in ways in which the crate itself never would.

use remotemedia_pkg::Digest;
use serde_json::{Value, json};
use tar::Header;

/// One entry: its header, and what follows it.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(crate) header: Header,
    pub(crate) content: Vec<u8>,
}

impl Raw {
    /// A file as packages have it.
    pub(crate) fn file(path: &str, content: &[u8]) -> Self {
        Self::new(path.as_bytes(), b'0', content, b"")
    }

    pub(crate) fn folder(path: &str) -> Self {
        Self::new(format!("{path}/").as_bytes(), b'5', b"", b"")
    }

    pub(crate) fn link(path: &str, target: &str) -> Self {
        Self::new(path.as_bytes(), b'1', b"", target.as_bytes())
    }

    /// An entry of any type with any bytes as its path and as the target of its link.
    pub(crate) fn new(path: &[u8], kind: u8, content: &[u8], target: &[u8]) -> Self {
        let mut header = Header::new_ustar();
        header.set_mode(if kind == b'5' { 0o755 } else { 0o644 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        header.set_device_major(0).unwrap();
        header.set_device_minor(0).unwrap();
        let fields = header.as_ustar_mut().unwrap();
        fields.typeflag = [kind];
        fields.name[..path.len()].copy_from_slice(path);
        fields.linkname[..target.len()].copy_from_slice(target);
        Self { header, content: content.to_vec() }.sealed()
    }

    /// The entry with bytes of its header changed, and the checksum made right again.
    pub(crate) fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.header.as_mut_bytes()[at..at + bytes.len()].copy_from_slice(bytes);
        self.sealed()
    }

    pub(crate) fn path(&self) -> String {
        String::from_utf8_lossy(&self.header.path_bytes()).trim_end_matches('/').to_owned()
    }

    fn sealed(mut self) -> Self {
        self.header.set_cksum();
        self
    }
}

/// The archive of `entries`, with its end.
pub(crate) fn archive(entries: &[Raw]) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    for entry in entries {
        bytes.extend(entry.header.as_bytes());
        bytes.extend(&entry.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// The documents and files of a package, to be changed before they are put together.
#[derive(Clone)]
pub(crate) struct Parts {
    /// The OCI manifest; `config` and the digests and sizes of `layers` are filled in.
    pub(crate) manifest: Value,
    pub(crate) pipeline: Vec<u8>,
    /// Media type, title and content of each layer.
    pub(crate) layers: Vec<(String, String, Vec<u8>)>,
    /// Bundles, each with what stands beside it as its statement.
    pub(crate) signatures: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// The digest that the signatures' manifests name instead of the package's.
    pub(crate) subject: Option<Digest>,
}

impl Parts {
    /// A package with one model.
    pub(crate) fn new() -> Self {
        let runtime = br#"{"node_types":["Double"]}"#;
        let pipeline = json!({"connections": [], "metadata": {"name": "voice"},
            "nodes": [{"id": "d", "node_type": "Double", "params": {}}], "version": "v1"});
        let layer = |kind: &str, title: &str, content: &[u8]| {
            (format!("application/vnd.remotemedia.{kind}"), title.to_owned(), content.to_vec())
        };
        Self {
            manifest: json!({
                "annotations": {"org.opencontainers.image.title": "voice"},
                "artifactType": "application/vnd.remotemedia.pipeline.v1",
                "config": {"mediaType": "application/vnd.remotemedia.pipeline.manifest.v1+json"},
                "layers": [],
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "schemaVersion": 2,
            }),
            pipeline: pipeline.to_string().into_bytes(),
            layers: vec![
                layer("meta.v1+json", "meta/runtime.json", runtime),
                layer("model.v1", "models/a.onnx", b"the weights"),
            ],
            signatures: Vec::new(),
            subject: None,
        }
    }

    /// The OCI manifest with everything filled in.
    pub(crate) fn filled(&self) -> Value {
        let mut manifest = self.manifest.clone();
        manifest["config"] = described(manifest["config"]["mediaType"].as_str().unwrap(), &self.pipeline);
        let layer = |(kind, title, content): &(String, String, Vec<u8>)| {
            let mut layer = described(kind, content);
            layer["annotations"] = json!({"org.opencontainers.image.title": title});
            layer
        };
        manifest["layers"] = self.layers.iter().map(layer).collect();
        manifest
    }

    /// The package's identity.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&canonical(&self.filled()))
    }

    /// The manifest of a signature.
    fn signature(&self, manifest: &[u8], bundle: &[u8], statement: Option<&[u8]>) -> Vec<u8> {
        let mut subject = described(MANIFEST, manifest);
        if let Some(other) = self.subject {
            subject["digest"] = other.to_string().into();
        }
        let config = match statement {
            Some(statement) => described("application/vnd.in-toto+json", statement),
            None => described("application/vnd.oci.empty.v1+json", b"{}"),
        };
        canonical(&json!({
            "artifactType": BUNDLE,
            "config": config,
            "layers": [described(BUNDLE, bundle)],
            "mediaType": MANIFEST,
            "schemaVersion": 2,
            "subject": subject,
        }))
    }

    /// The entries of the package.
    pub(crate) fn entries(&self) -> Vec<Raw> {
        self.entries_with(&canonical(&self.filled()))
    }

    /// The entries of the package whose OCI manifest is `manifest`, whatever that says.
    pub(crate) fn entries_with(&self, manifest: &[u8]) -> Vec<Raw> {
        let mut own = described(MANIFEST, manifest);
        own["annotations"] = json!({"org.opencontainers.image.ref.name": "voice"});
        own["artifactType"] = "application/vnd.remotemedia.pipeline.v1".into();
        let mut manifests = vec![own];
        for (bundle, statement) in &self.signatures {
            let mut signature = described(MANIFEST, &self.signature(manifest, bundle, statement.as_deref()));
            signature["artifactType"] = BUNDLE.into();
            manifests.push(signature);
        }
        let media_type = "application/vnd.oci.image.index.v1+json";
        let index = json!({"manifests": manifests, "mediaType": media_type, "schemaVersion": 2});
        self.entries_of(&canonical(&index), manifest)
    }

    /// The entries with any index and OCI manifest.
    pub(crate) fn entries_of(&self, index: &[u8], manifest: &[u8]) -> Vec<Raw> {
        let mut entries = vec![
            Raw::file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
            Raw::file("index.json", index),
            Raw::folder("blobs"),
            Raw::folder("blobs/sha256"),
            blob(manifest),
            blob(&self.pipeline),
        ];
        entries.extend(self.layers.iter().map(|(_, _, content)| blob(content)));
        for (bundle, statement) in &self.signatures {
            entries.push(blob(&self.signature(manifest, bundle, statement.as_deref())));
            entries.extend([statement.as_deref().unwrap_or(b"{}"), bundle].map(blob));
        }
        let mut seen = std::collections::HashSet::new();
        entries.retain(|entry| seen.insert(entry.path()));
        let parents = ["meta", "models"];
        entries.extend(parents.iter().map(|parent| Raw::folder(parent)));
        let mut links = vec![("manifest.json", &self.pipeline)];
        links.extend(self.layers.iter().map(|(_, title, content)| (title.as_str(), content)));
        links.sort();
        entries.extend(
            links
                .into_iter()
                .filter(|(path, _)| path.len() <= 100)
                .map(|(path, content)| Raw::link(path, &format!("blobs/sha256/{}", Digest::of(content).hex()))),
        );
        entries
    }
}

fn blob(content: &[u8]) -> Raw {
    Raw::file(&format!("blobs/sha256/{}", Digest::of(content).hex()), content)
}

fn described(media_type: &str, content: &[u8]) -> Value {
    json!({"digest": Digest::of(content).to_string(), "mediaType": media_type, "size": content.len()})
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The canonical text, by the library.
pub(crate) fn canonical(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).unwrap()
}
