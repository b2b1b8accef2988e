//! Rules for the values in a manifest: version, ids, names, hosts, times and numbers.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Result};
use crate::manifest::limits::{MAX_CAPACITY, MAX_CONNECTIONS, MAX_ENDPOINT_BYTES, MAX_ID_BYTES, MAX_NODES};
use crate::manifest::{Capabilities, Connection, Manifest, Metadata, NodeEntry, OnError, Path, QueuePolicy, iso8601};

impl Manifest {
    /// Checks the values of a manifest that stands at `at`.
    pub(crate) fn check(&self, at: Path<'_>) -> Result<()> {
        version(&self.version, at)?;
        metadata(&self.metadata, at.field("metadata"))?;
        if let Some(target) = &self.runtime_target {
            name(target, at.field("runtime_target"))?;
        }
        if self.nodes.is_empty() {
            return Err(fault(at.field("nodes"), "expected at least one node, found none"));
        }
        count(self.nodes.len(), MAX_NODES, at.field("nodes"), "nodes")?;
        count(self.connections.len(), MAX_CONNECTIONS, at.field("connections"), "connections")?;
        nodes(&self.nodes, at.field("nodes"))?;
        for (index, entry) in self.connections.iter().enumerate() {
            connection(entry, at.field("connections").index(index))?;
        }
        Ok(())
    }
}

/// Refuses every version but 1, written `v1`, `1` or with minor numbers.
pub(super) fn version(version: &str, at: Path<'_>) -> Result<()> {
    let mut parts = version.strip_prefix('v').unwrap_or(version).split('.');
    let number = |part: &str| part.len() <= 9 && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next() == Some("1") && parts.clone().count() <= 2 && parts.all(number) {
        return Ok(());
    }
    let found = shorten(version);
    let message = format!("version mismatch: found {found}, this runtime reads \"v1\" (any 1.x)");
    Err(if at.is_outermost() { Error::new(ErrorKind::Manifest, message) } else { fault(at, message) })
}

/// Refuses more than `most` elements.
pub(super) fn count(found: usize, most: usize, at: Path<'_>, what: &str) -> Result<()> {
    if found <= most {
        return Ok(());
    }
    Err(fault(at, format_args!("found {found} {what}, at most {most} are allowed")))
}

fn metadata(metadata: &Metadata, at: Path<'_>) -> Result<()> {
    name(&metadata.name, at.field("name"))?;
    match &metadata.created_at {
        Some(text) if !iso8601::is_valid(text) => Err(fault(
            at.field("created_at"),
            format_args!("expected an ISO 8601 time such as \"2026-01-31T09:30:00Z\", found {}", shorten(text)),
        )),
        _ => Ok(()),
    }
}

fn nodes(entries: &[NodeEntry], at: Path<'_>) -> Result<()> {
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        node(entry, at.index(index))?;
        if let Some(earlier) = first.insert(&entry.id, index) {
            let at = at.index(index);
            let message = format_args!("id {:?} is used twice, first by nodes[{earlier}]", entry.id);
            return Err(fault(at, message));
        }
    }
    Ok(())
}

fn node(entry: &NodeEntry, at: Path<'_>) -> Result<()> {
    id(&entry.id, at.field("id"))?;
    name(&entry.node_type, at.field("node_type"))?;
    if let Some(address) = &entry.host {
        host(address, at.field("host"))?;
    }
    if entry.timeout_ms == Some(0) {
        return Err(fault(at.field("timeout_ms"), "expected at least 1, found 0"));
    }
    if let Some(OnError::Fallback(other)) = &entry.on_error {
        id(other, at.field("on_error").field("fallback"))?;
    }
    entry.capabilities.as_ref().map_or(Ok(()), |needs| capabilities(needs, at.field("capabilities")))
}

fn capabilities(needs: &Capabilities, at: Path<'_>) -> Result<()> {
    gigabytes(needs.memory_gb, at.field("memory_gb"))?;
    if let Some(gpu) = &needs.gpu {
        gigabytes(gpu.min_memory_gb, at.field("gpu").field("min_memory_gb"))?;
    }
    match needs.cpu.as_ref().and_then(|cpu| cpu.cores) {
        Some(0) => Err(fault(at.field("cpu").field("cores"), "expected at least 1, found 0")),
        _ => Ok(()),
    }
}

fn gigabytes(size: Option<f64>, at: Path<'_>) -> Result<()> {
    match size {
        Some(size) if !(size >= 0.0 && size.is_finite()) => {
            Err(fault(at, format_args!("expected a size of 0 or more, found {size}")))
        }
        _ => Ok(()),
    }
}

fn connection(entry: &Connection, at: Path<'_>) -> Result<()> {
    for (end, field) in [(&entry.from, "from"), (&entry.to, "to")] {
        text(end, MAX_ENDPOINT_BYTES, at.field(field))?;
    }
    port(&entry.from, entry.from_port.as_deref(), at.field("from_port"))?;
    port(&entry.to, entry.to_port.as_deref(), at.field("to_port"))?;
    let Some(capacity) = entry.capacity else { return Ok(()) };
    let at = at.field("capacity");
    if capacity == 0 || capacity > MAX_CAPACITY {
        return Err(fault(at, format_args!("expected from 1 to {MAX_CAPACITY}, found {capacity}")));
    }
    if entry.policy == Some(QueuePolicy::Latest) && capacity > 1 {
        return Err(fault(at, format_args!("policy \"latest\" keeps one packet, found capacity {capacity}")));
    }
    Ok(())
}

/// Checks a port that stands beside the end of its connection.
fn port(end: &str, port: Option<&str>, at: Path<'_>) -> Result<()> {
    let Some(port) = port else { return Ok(()) };
    name(port, at)?;
    match end.split_once('.') {
        Some((_, other)) if other != port => Err(fault(at, format_args!("found {port:?}, but {end:?} names a port"))),
        _ => Ok(()),
    }
}

fn id(id: &str, at: Path<'_>) -> Result<()> {
    name(id, at)?;
    let Some(wrong) = id.chars().find(|c| !is_id_char(*c)) else { return Ok(()) };
    let safe: String = id.chars().map(|c| if is_id_char(c) { c } else { '_' }).collect();
    let message = format_args!("{id:?} has {wrong:?}; ids consist of letters, digits, '_' and '-': try {safe:?}");
    Err(fault(at, message))
}

/// Whether ids may have `c`.
pub(crate) fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn name(name: &str, at: Path<'_>) -> Result<()> {
    text(name, MAX_ID_BYTES, at)
}

fn text(text: &str, most: usize, at: Path<'_>) -> Result<()> {
    wrong_text(text, most).map_or(Ok(()), |wrong| Err(fault(at, wrong)))
}

/// What is wrong with a name, such as that of a node type.
pub(crate) fn wrong_name(name: &str) -> Option<String> {
    wrong_text(name, MAX_ID_BYTES)
}

fn wrong_text(text: &str, most: usize) -> Option<String> {
    if text.is_empty() {
        return Some("expected a name, found an empty string".to_owned());
    }
    if text.len() > most {
        return Some(format!("is {} bytes long, at most {most} are allowed", text.len()));
    }
    text.chars().any(char::is_control).then(|| format!("{text:?} has a control character"))
}

fn host(host: &str, at: Path<'_>) -> Result<()> {
    let valid = host.rsplit_once(':').is_some_and(|(address, port)| is_address(address) && is_port(port));
    if valid {
        return Ok(());
    }
    let found = shorten(host);
    Err(fault(at, format_args!("expected \"host:port\" such as \"gpu-1:9000\", found {found}")))
}

fn is_address(address: &str) -> bool {
    match address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !address.is_empty()
                && address.len() <= 253
                && address.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
        }
    }
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// The text in quotes, cut where it is long.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

fn fault(at: Path<'_>, message: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Manifest, format!("{at}: {message}"))
}
