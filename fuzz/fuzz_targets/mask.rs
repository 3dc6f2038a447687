//! Masks and globs: nothing a user writes may panic, and a canonical mask is canonical.
//!
//! The input is a mask and, after a newline, the user it is tried on.

#![no_main]

use ircd::text::{CaseMapping, Mask, glob};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let (pattern, user) = input.split_once('\n').unwrap_or((input, input));
    glob::matches(pattern, user);
    assert!(glob::matches(user, user), "a text, wildcards or not, covers itself");
    for mapping in [CaseMapping::Ascii, CaseMapping::Rfc1459, CaseMapping::Precis, CaseMapping::Permissive] {
        if let Some(mask) = Mask::parse(mapping, pattern) {
            mask.matches(user);
            assert_eq!(Mask::parse(mapping, mask.as_str()).as_ref(), Some(&mask));
        }
    }
});
