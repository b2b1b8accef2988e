//! The picture's style sheet: colours for light and dark surroundings.

/// Rules for everything in the picture, each held to it by the class of the root.
pub(super) const SHEET: &str = "\
.rm-graph{color-scheme:light dark;font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,\
'DejaVu Sans',sans-serif;--card:#ffffff;--ink:#1c2430;--soft:#5f6b7c;--line:#9aa5b4;--box:#ffffff;--edge:#cfd6df;\
--stage:#eef2f7;--tag:#f4f6f9;--native:#0f9d8f;--python:#3b76d6;--sandbox:#8a5cf0;--other:#d18412}
@media (prefers-color-scheme:dark){.rm-graph{--card:#12161d;--ink:#e8edf4;--soft:#9aa7b8;--line:#66738a;--box:#242c38;\
--edge:#414c5d;--stage:#1b222d;--tag:#242c38;--native:#35c9b8;--python:#6ea3f7;--sandbox:#b094ff;--other:#f0ad45}}
.rm-card{fill:var(--card)}
.rm-graph text{fill:var(--ink);font-size:13px}
.rm-graph .rm-name{font-size:16px;font-weight:600}
.rm-graph .rm-id{font-weight:600}
.rm-graph .rm-soft{fill:var(--soft);font-size:11px}
.rm-graph .rm-small{fill:var(--soft);font-size:10px}
.rm-graph .rm-label{fill:var(--soft);font-size:10px;paint-order:stroke;stroke:var(--card);stroke-width:3px;stroke-linejoin:round}
.rm-stage{fill:var(--stage)}
.rm-band{fill:none;stroke:var(--stage)}
.rm-box{fill:var(--box);stroke:var(--edge);stroke-width:1}
.rm-port{fill:var(--tag);stroke:var(--edge);stroke-width:1}
.rm-tag{fill:var(--card);stroke:var(--edge);stroke-width:1}
.rm-line{fill:none;stroke:var(--line);stroke-width:1.5}
.rm-tip{fill:var(--line)}
.rm-native{fill:var(--native)}
.rm-python{fill:var(--python)}
.rm-sandbox{fill:var(--sandbox)}
.rm-other{fill:var(--other)}";

/// The class that gives a backend its colour.
pub(super) fn class(backend: &str) -> &'static str {
    match backend {
        "native" => "rm-native",
        "cpython" | "rustpython" | "python" => "rm-python",
        "wasm" => "rm-sandbox",
        _ => "rm-other",
    }
}
