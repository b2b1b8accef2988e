//! `docs/packages.md` lists every kind of error, and its status.

use std::collections::BTreeSet;

use remotemedia_pkg::ErrorKind;

const PAGE: &str = include_str!("../../docs/packages.md");

#[test]
fn the_page_lists_every_kind_of_error_with_its_status_and_no_other() {
    let (_, table) = PAGE.split_once("## Errors").unwrap();
    let listed: BTreeSet<(&str, i32)> = table.lines().filter_map(row).collect();
    let known: BTreeSet<(&str, i32)> = ErrorKind::ALL.iter().map(|kind| (kind.name(), kind.status())).collect();
    assert_eq!(listed, known);
}

/// The kind and the status in a row of the table.
fn row(line: &str) -> Option<(&str, i32)> {
    let (kind, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
    Some((kind, rest.split_once(' ')?.0.parse().ok()?))
}
