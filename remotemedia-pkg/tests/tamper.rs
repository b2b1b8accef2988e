//! Tampering: no byte of a signed package can be changed, and none left out.

mod support;

use std::io::Cursor;

use remotemedia_pkg::{Package, Result, Trust};
use support::{Place, bytes, now};

/// Opens, verifies and reads all of a package.
fn check(package: Vec<u8>, trust: &Trust) -> Result<()> {
    Package::open(Cursor::new(package))?.authenticate(trust, "file:///", now())?.check(&mut |_| {}).map(drop)
}

#[test]
fn every_change_of_one_byte_is_refused() {
    let place = Place::new();
    let (good, trust) = (bytes(&place.signed()), place.home.trust().unwrap());
    check(good.clone(), &trust).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(check(bad, &trust).is_err(), "byte {at} of {}", good.len());
    }
}

#[test]
fn every_truncation_is_refused() {
    let place = Place::new();
    let (good, trust) = (bytes(&place.signed()), place.home.trust().unwrap());
    for len in 0..good.len() {
        assert!(check(good[..len].to_vec(), &trust).is_err(), "{len} bytes of {}", good.len());
    }
}
