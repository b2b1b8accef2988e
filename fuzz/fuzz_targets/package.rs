//! Any archive, document, bundle or pipeline is refused with an error, or is a package whose parts fit together.
#![no_main]

use std::io::Cursor;
use std::time::SystemTime;

use libfuzzer_sys::fuzz_target;
use remotemedia_pkg::{Mode, Package, Policy, Rule, Trust};

#[path = "../../remotemedia-pkg/tests/support/archive.rs"]
#[allow(dead_code)]
mod archive;

use archive::{Parts, archive};

fuzz_target!(|data: &[u8]| {
    let Some((part, data)) = data.split_first() else { return };
    let good = Parts::new();
    let bytes = match part % 5 {
        0 => sealed(data),
        1 => archive(&good.entries_with(data)),
        2 => archive(&Parts { signatures: vec![(data.to_vec(), None)], ..good }.entries()),
        3 => archive(&Parts { pipeline: data.to_vec(), ..good }.entries()),
        _ => archive(&good.entries_of(data, &archive::canonical(&good.filled()))),
    };
    let Ok(package) = Package::open(Cursor::new(&bytes)) else { return };
    assert!(package.content_bytes() <= bytes.len() as u64, "files that are not there");
    let Ok(mut package) = package.authenticate(&careless(), "file:///", SystemTime::UNIX_EPOCH) else { return };
    if let Ok(contents) = package.check(&mut |_| {}) {
        contents.manifest().expect("what was checked can be used");
    }
});

/// Somebody who lets everything through that is not plainly forged.
fn careless() -> Trust {
    let rule = Rule { scope: "*".to_owned(), identities: Default::default(), mode: Mode::Warn };
    Trust::default().with_policy(Policy { rules: vec![rule] })
}

/// An archive whose headers have the right checksums, so that more than those is looked at.
fn sealed(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    for block in bytes.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        let mut header = tar::Header::new_old();
        header.as_mut_bytes().copy_from_slice(block);
        header.set_cksum();
        block.copy_from_slice(header.as_bytes());
    }
    bytes
}
