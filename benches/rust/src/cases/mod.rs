//! The cases, by name.

use crate::measure::Outcome;

mod flat_memory;
mod host_call;
mod idle_session;
mod interrupt;
mod native_hop;
mod package;
mod package_pull;
mod stage_hop;

type Case = fn() -> Outcome;

/// Every case and what measures it.
pub(crate) const ALL: [(&str, Case); 12] = [
    ("native_hop_640", || native_hop::measure(640)),
    ("native_hop_1m", || native_hop::measure(1 << 20)),
    ("stage_hop", stage_hop::measure),
    ("host_call", host_call::measure),
    ("interrupt", interrupt::measure),
    ("idle_session", idle_session::measure),
    ("flat_memory", flat_memory::measure),
    ("package_pack", package::pack_one),
    ("package_verify", package::verify),
    ("package_load", package::load),
    ("package_memory", package::memory),
    ("package_pull", package_pull::measure),
];
