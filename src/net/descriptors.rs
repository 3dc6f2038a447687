//! File descriptors: as many as we may have, and one in reserve for the day there are none.

use std::fs::File;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of open descriptors as far as an unprivileged process may. Returns the limit then
/// in force; none is unlimited.
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

/// A descriptor to give up when there is no other, so that a client can be accepted and told.
#[derive(Debug)]
pub(super) struct Reserve {
    file: Option<File>,
}

impl Reserve {
    pub(super) fn new() -> Reserve {
        Reserve { file: open() }
    }

    /// Frees the descriptor; false when there was none to free.
    pub(super) fn give_up(&mut self) -> bool {
        self.restore();
        self.file.take().is_some()
    }

    /// Takes a descriptor in reserve again, if there is one.
    pub(super) fn restore(&mut self) {
        if self.file.is_none() {
            self.file = open();
        }
    }
}

fn open() -> Option<File> {
    File::open("/dev/null").ok()
}
