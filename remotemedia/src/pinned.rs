//! Pinning: packages in registries get named by what they were found to be, which no tag can change.

use remotemedia_pkg::Reference;
use serde_json::{Value, json};

use crate::nested::{Resolved, is_remote, named};

impl Resolved {
    /// Names the packages in registries by their digests in `manifest`, which is the one that was resolved: the signature
    /// of a package that holds it covers them too.
    ///
    /// Gives whether there was anything to change.
    pub fn pin(&self, manifest: &mut Value) -> bool {
        self.pin_within(manifest, "")
    }

    fn pin_within(&self, manifest: &mut Value, outer: &str) -> bool {
        let mut is_changed = false;
        for node in manifest["nodes"].as_array_mut().into_iter().flatten() {
            let id = format!("{outer}{}", node["id"].as_str().unwrap_or_default());
            if let Some(reference) = named(node) {
                if let Some(pinned) = self.pinned(&id, reference).filter(|pinned| pinned != reference) {
                    node["params"]["package"] = json!(pinned);
                    is_changed = true;
                }
            } else if node["params"]["manifest"].is_object() && node.get("python").is_none() {
                is_changed |= self.pin_within(&mut node["params"]["manifest"], &format!("{id}/"));
            }
        }
        is_changed
    }

    /// The reference of the node `id` by the digest that it led to.
    fn pinned(&self, id: &str, reference: &str) -> Option<String> {
        let reference: Reference = is_remote(reference).then(|| reference.parse().ok()).flatten()?;
        Some(reference.at(*self.digests.get(id)?).to_string())
    }
}
