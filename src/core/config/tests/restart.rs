//! Keys that cannot change without a restart.

use super::*;
use crate::config::diff;

#[test]
fn other_keys_can_change() {
    let old = loaded(MINIMAL).config;
    assert_eq!(diff(&old, &old), Ok(()));
    let new = loaded(&MINIMAL.replace("TestNet", "OtherNet").replace("6667", "6668")).config;
    assert_eq!(diff(&old, &new), Ok(()));
}

#[test]
fn keys_that_require_a_restart_are_named() {
    let old = loaded(MINIMAL).config;
    let new = loaded(&format!(
        "{}    casemapping: ascii\n    idle-timeouts: {{ping: 20s}}\n    io-threads: 3\n",
        MINIMAL.replace("irc.test", "irc2.test").replace("ircd.db", "other.db")
    ))
    .config;
    let keys =
        ["server.name", "server.casemapping", "server.idle-timeouts", "server.io-threads", "datastore.path"];
    assert_eq!(diff(&old, &new), Err(keys.to_vec()));
}

#[test]
fn a_history_database_in_use_cannot_change() {
    let with = |database: &str| loaded(&MINIMAL.replace("ircd.db", &format!("ircd.db, {database}"))).config;
    let mysql = |keys: &str| with(&format!("mysql: {{enabled: true, {keys}}}"));
    let old = mysql("host: one, timeout: 3s");
    assert_eq!(diff(&old, &mysql("host: one, timeout: 5s")), Ok(()));
    for other in ["host: two, timeout: 3s", "host: one, password: x", "host: one, max-conns: 7"] {
        assert_eq!(diff(&old, &mysql(other)), Err(vec!["datastore.mysql"]), "{other}");
    }
    let off = |name: &str| with(&format!("sqlite: {{enabled: false, database-path: {name}}}"));
    assert_eq!(diff(&off("one.db"), &off("two.db")), Ok(()));
    let on = with("sqlite: {enabled: true, database-path: two.db}");
    assert_eq!(diff(&off("two.db"), &on), Err(vec!["datastore.sqlite"]));
}
