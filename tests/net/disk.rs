//! A disk for the writer that blocks, has no room or fails on command.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};

use ircd::store::{Batch, Disk, Export};

use crate::harness::PATIENCE;

#[derive(Clone, Debug)]
pub(crate) struct TestDisk(Arc<(Mutex<Content>, Condvar)>);

#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) records: BTreeMap<String, Vec<u8>>,
    /// The number of batches requested, and the number that may be written.
    pub(crate) asked: usize,
    pub(crate) allowed: usize,
    pub(crate) has_room: bool,
    pub(crate) fails: bool,
}

impl Default for TestDisk {
    fn default() -> TestDisk {
        let records = BTreeMap::new();
        let content = Content { records, asked: 0, allowed: usize::MAX, has_room: true, fails: false };
        TestDisk(Arc::new((Mutex::new(content), Condvar::new())))
    }
}

impl TestDisk {
    /// Returns a disk that writes nothing until allowed to.
    pub(crate) fn shut() -> TestDisk {
        let disk = TestDisk::default();
        disk.change(|content| content.allowed = 0);
        disk
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Content)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    pub(crate) fn records(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.0.lock().unwrap().records.clone()
    }

    /// Waits until this many batches have been requested.
    pub(crate) fn wait_asked(&self, count: usize) {
        let content = self.0.0.lock().unwrap();
        let waited = self.0.1.wait_timeout_while(content, PATIENCE, |c| c.asked < count);
        assert!(!waited.unwrap().1.timed_out(), "no batch was requested");
    }
}

impl Disk for TestDisk {
    fn write(&mut self, batch: &Batch) -> Result<(), String> {
        let mut content = self.0.0.lock().unwrap();
        content.asked += 1;
        self.0.1.notify_all();
        // A failed test never allows another write.
        let forbidden = |content: &mut Content| content.asked > content.allowed && !content.fails;
        let (mut content, _) = self.0.1.wait_timeout_while(content, PATIENCE, forbidden).unwrap();
        if content.fails {
            return Err("it is broken".to_owned());
        }
        for (key, value) in batch {
            match value {
                Some(value) => content.records.insert(key.clone(), value.clone()),
                None => content.records.remove(key),
            };
        }
        Ok(())
    }

    fn has_room(&mut self) -> bool {
        self.0.0.lock().unwrap().has_room
    }

    fn export(&mut self) -> Result<Export, String> {
        let records = self.records().into_iter().collect();
        Ok(Export { schema: 1, cloak_secret: "secret".into(), records })
    }
}
