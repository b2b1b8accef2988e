//! The C ABI of RemoteMedia: opaque handles, status codes, error objects.
//!
//! `include/remotemedia.h` is generated from this crate and says for each function what it is for, who may call it and
//! what it gives. The rules that hold for all of them stand at its top.
#![allow(non_camel_case_types, reason = "the names that C sees")]

pub mod abi;
pub mod call;
pub mod callback;
pub mod error;
mod fence;
mod guard;
mod handle;
mod kinds;
pub mod listen;
pub mod log;
pub mod media;
pub mod node;
pub mod node_list;
pub mod package;
#[cfg_attr(not(feature = "pkg"), path = "no_packages.rs")]
mod packages;
pub mod packet;
pub mod payload;
pub mod pipeline;
pub mod python;
mod references;
pub mod runtime;
pub mod session;
mod slots;
mod spare;
pub mod status;
mod table;
pub mod text;
mod visits;
pub mod wake;
pub mod wrap;
