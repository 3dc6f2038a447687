//! File descriptors: raises the limit, and keeps one in reserve for when there are none left.

use std::fs::File;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of open descriptors as far as an unprivileged process may. Returns the resulting limit;
/// `None` is unlimited.
pub fn raise_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return limit.current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

/// A descriptor to release when no other is left, so that a client can be accepted and notified.
#[derive(Debug)]
pub(super) struct DescriptorReserve {
    file: Option<File>,
}

impl DescriptorReserve {
    pub(super) fn new() -> DescriptorReserve {
        DescriptorReserve { file: open() }
    }

    /// Releases the descriptor; returns false if there was none.
    pub(super) fn release(&mut self) -> bool {
        self.restore();
        self.file.take().is_some()
    }

    /// Reserves a descriptor again, if one is available.
    pub(super) fn restore(&mut self) {
        if self.file.is_none() {
            self.file = open();
        }
    }
}

fn open() -> Option<File> {
    File::open("/dev/null").ok()
}
