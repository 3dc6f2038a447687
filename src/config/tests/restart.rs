//! What cannot change without a restart.

use super::*;
use crate::config::diff;

#[test]
fn what_can_change_changes() {
    let old = loaded(LEAST).config;
    assert_eq!(diff(&old, &old), Ok(()));
    let new = loaded(&LEAST.replace("TestNet", "OtherNet").replace("6667", "6668")).config;
    assert_eq!(diff(&old, &new), Ok(()));
}

#[test]
fn what_cannot_change_is_named() {
    let old = loaded(LEAST).config;
    let new = loaded(&format!(
        "{}    casemapping: ascii\n    idle-timeouts: {{ping: 20s}}\n    io-threads: 3\n",
        LEAST.replace("irc.test", "irc2.test").replace("ircd.db", "other.db")
    ))
    .config;
    let keys =
        ["server.name", "server.casemapping", "server.idle-timeouts", "server.io-threads", "datastore.path"];
    assert_eq!(diff(&old, &new), Err(keys.to_vec()));
}
