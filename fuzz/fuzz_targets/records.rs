//! Stored records: with any records in the datastore, the engine starts, the invariants of its state hold,
//! and it can read every record that it writes.
//!
//! The input is pairs of key and value, separated by NUL.

#![no_main]

use ircd::config::load;
use ircd::engine::{Engine, Now, Seed};
use ircd::state::check;
use libfuzzer_sys::fuzz_target;

const CONFIG: &str = "
network: {name: FuzzNet}
server: {name: irc.test, listeners: {'127.0.0.1:6667': }}
accounts: {authentication-enabled: true, multiclient: {enabled: true, always-on: opt-in}}
channels: {registration: {enabled: true}}
datastore: {path: ircd.db}
";

/// Starts an engine from these records; returns those it accepted, as it writes them.
fn restore(records: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let keys: Vec<String> = records.iter().map(|(key, _)| key.clone()).collect();
    let config = Box::new(load(CONFIG, &[]).expect("the configuration is valid").config);
    let now = Now { mono_ms: 1_000_000, wall_ms: 1_605_232_502_201 };
    let engine = Engine::new(config, Seed { records, ..Seed::default() }, now);
    assert_eq!(check::violations(engine.state()), Vec::<String>::new());
    let written = |key: String| Some((engine.state().encode(&key)?, key));
    keys.into_iter().filter_map(written).map(|(value, key)| (key, value)).collect()
}

fuzz_target!(|input: &[u8]| {
    let mut fields = input.split(|&byte| byte == 0);
    let mut records = std::collections::BTreeMap::new();
    while let (Some(key), Some(value)) = (fields.next(), fields.next()) {
        records.insert(String::from_utf8_lossy(key).into_owned(), value.to_vec());
    }
    let once = restore(records.into_iter().collect());
    assert_eq!(restore(once.clone()), once);
});
