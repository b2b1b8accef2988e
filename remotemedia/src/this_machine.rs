//! This machine: its processor, memory and graphics processors, as far as they can be told without a library.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use remotemedia_core::Machine;
use remotemedia_core::machine::GraphicsProcessor;
use remotemedia_core::manifest::GpuKind;

/// What this machine has. Looked up once.
pub fn this_machine() -> &'static Machine {
    static MACHINE: OnceLock<Machine> = OnceLock::new();
    MACHINE.get_or_init(|| Machine {
        gpus: if cfg!(target_os = "macos") { metal() } else { gpus(Path::new("/")) },
        cores: std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX)),
        arch: std::env::consts::ARCH.to_owned(),
        memory_gb: fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(memory_gb),
    })
}

/// Each Mac that this can run on has one.
fn metal() -> Vec<GraphicsProcessor> {
    vec![GraphicsProcessor { kind: GpuKind::Metal, memory_gb: None }]
}

/// The graphics processors whose drivers have left their traces below `root`.
fn gpus(root: &Path) -> Vec<GraphicsProcessor> {
    let nvidia = numbered(&root.join("dev"), "nvidia");
    let cuda = (0..nvidia).map(|_| GraphicsProcessor { kind: GpuKind::Cuda, memory_gb: None });
    let amd = if root.join("dev/kfd").exists() { amd_memories_gb(&root.join("sys/class/drm")) } else { Vec::new() };
    let rocm = amd.into_iter().map(|size| GraphicsProcessor { kind: GpuKind::Rocm, memory_gb: Some(size) });
    let render = numbered(&root.join("dev/dri"), "renderD");
    let vulkan = (0..render).map(|_| GraphicsProcessor { kind: GpuKind::Vulkan, memory_gb: None });
    cuda.chain(rocm).chain(vulkan).collect()
}

/// How many files of a folder are called `name` with a number behind it.
fn numbered(folder: &Path, name: &str) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    names.filter(|found| found.strip_prefix(name).is_some_and(is_number)).count()
}

fn amd_memories_gb(cards: &Path) -> Vec<f64> {
    let Ok(entries) = fs::read_dir(cards) else { return Vec::new() };
    let sizes =
        entries.flatten().filter_map(|card| fs::read_to_string(card.path().join("device/mem_info_vram_total")).ok());
    sizes.filter_map(|bytes| Some(bytes.trim().parse::<f64>().ok()? / BYTES_PER_GB)).collect()
}

fn memory_gb(meminfo: &str) -> Option<f64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / BYTES_PER_GB)
}

const BYTES_PER_GB: f64 = 1e9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphics_processors_are_told_by_what_their_drivers_leave() {
        let root = std::env::temp_dir().join(format!("remotemedia-machine-{}", std::process::id()));
        let file = |name: &str, content: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        file("dev/nvidia0", "");
        file("dev/nvidiactl", "");
        file("dev/kfd", "");
        file("sys/class/drm/card1/device/mem_info_vram_total", "16000000000\n");
        file("dev/dri/renderD128", "");
        let found: Vec<String> = gpus(&root).iter().map(ToString::to_string).collect();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, ["cuda", "rocm with 16.0 GB", "vulkan"]);
        assert_eq!(gpus(Path::new("/no such place")), []);
    }

    #[test]
    fn memory_is_read_from_what_linux_says() {
        assert_eq!(memory_gb("MemTotal:       16384000 kB\nMemFree: 1 kB\n"), Some(16.777216));
        assert_eq!(memory_gb("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn this_machine_has_a_processor() {
        assert!(this_machine().cores >= 1 && this_machine().arch == std::env::consts::ARCH);
    }
}
