//! The machine: what it offers to nodes whose manifests say what they need.
//!
//! The core looks at no machine by itself; who makes a [`Registry`](crate::Registry) tells it.

use std::fmt;

use crate::manifest::{Capabilities, Gpu, GpuKind};

/// What the machine that runs the nodes has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// Its graphics processors.
    pub gpus: Vec<GraphicsProcessor>,
    /// Its processor's cores.
    pub cores: u32,
    /// Its instruction set, such as `x86_64`.
    pub arch: String,
    /// Its main memory in gigabytes, where that is known.
    pub memory_gb: Option<f64>,
}

/// A graphics processor of a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphicsProcessor {
    /// Through which interface it is used.
    pub kind: GpuKind,
    /// Its own memory in gigabytes, where that is known.
    pub memory_gb: Option<f64>,
}

impl Machine {
    /// Why a node that needs `needs` cannot run here: it must have a graphics processor that is not there.
    pub(crate) fn refusal(&self, needs: &Capabilities) -> Option<String> {
        let gpu = needs.gpu.as_ref().filter(|gpu| gpu.required && !self.has(gpu))?;
        Some(format!("the node requires {}, and {}", Needed(gpu), Offered(&self.gpus)))
    }

    /// What a node would like better than it is here.
    pub(crate) fn shortcomings(&self, needs: &Capabilities) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(gpu) = needs.gpu.as_ref().filter(|gpu| !gpu.required && !self.has(gpu)) {
            found.push(format!("gpu: the node would use {}, and {}", Needed(gpu), Offered(&self.gpus)));
        }
        let cpu = needs.cpu.as_ref();
        if let Some(cores) = cpu.and_then(|cpu| cpu.cores).filter(|cores| *cores > self.cores) {
            found.push(format!("cpu: the node asks for {cores} cores, this machine has {}", self.cores));
        }
        if let Some(arch) = cpu.and_then(|cpu| cpu.arch.as_ref()).filter(|arch| *arch != "any" && **arch != self.arch) {
            found.push(format!("cpu: the node is meant for {arch}, this machine is {}", self.arch));
        }
        if let (Some(wanted), Some(there)) = (needs.memory_gb, self.memory_gb)
            && wanted > there
        {
            found.push(format!("memory_gb: the node asks for {wanted} GB, this machine has {there:.1}"));
        }
        found
    }

    fn has(&self, needed: &Gpu) -> bool {
        let enough = |own: Option<f64>| own.is_none_or(|own| needed.min_memory_gb.is_none_or(|least| own >= least));
        let fits = |kind: GpuKind| needed.kind == GpuKind::Any || kind == needed.kind;
        self.gpus.iter().any(|gpu| fits(gpu.kind) && enough(gpu.memory_gb))
    }
}

struct Needed<'a>(&'a Gpu);

impl fmt::Display for Needed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind {
            GpuKind::Any => f.write_str("a GPU")?,
            kind => write!(f, "a {kind} GPU")?,
        }
        match self.0.min_memory_gb {
            Some(least) => write!(f, " with {least} GB"),
            None => Ok(()),
        }
    }
}

struct Offered<'a>(&'a [GraphicsProcessor]);

impl fmt::Display for Offered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("this machine has none");
        }
        let each: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "this machine has {}", each.join(", "))
    }
}

impl fmt::Display for GraphicsProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        self.memory_gb.map_or(Ok(()), |size| write!(f, " with {size:.1} GB"))
    }
}

impl fmt::Display for GpuKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cuda => "cuda",
            Self::Rocm => "rocm",
            Self::Metal => "metal",
            Self::Vulkan => "vulkan",
            Self::Any => "any",
        })
    }
}
