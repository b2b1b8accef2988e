//! Any text is no reference, or is one that has a single spelling and leads out of nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use remotemedia_pkg::Reference;

fuzz_target!(|text: &str| {
    let Ok(reference) = text.parse::<Reference>() else { return };
    let spelled = reference.to_string();
    let again: Reference = spelled.parse().expect("what is written can be read");
    assert_eq!(again, reference);
    assert!(spelled.starts_with(&reference.place()), "{spelled} is not in {}", reference.place());
    assert!(spelled.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'), "{spelled}");
    assert!(spelled.split('/').all(|part| part != "." && part != ".."), "{spelled}");
});
