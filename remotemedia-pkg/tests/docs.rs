//! `docs/packages.md` lists every kind of error.

use std::collections::BTreeSet;

use remotemedia_pkg::ErrorKind;

const PAGE: &str = include_str!("../../docs/packages.md");

#[test]
fn the_page_lists_every_kind_of_error_and_no_other() {
    let (_, table) = PAGE.split_once("## Errors").unwrap();
    let listed: BTreeSet<&str> =
        table.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0)).collect();
    let known: BTreeSet<&str> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(listed, known);
}
