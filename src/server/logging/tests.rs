//! Logs in files: types, levels and formats.

use std::fs;
use std::path::Path;

use super::*;
use crate::config::{LogFormat, LogLevel, LogMethod, LogType};

fn log(dir: &Path, types: &str, level: LogLevel, format: LogFormat) -> Logging {
    Logging {
        method: vec![LogMethod::File],
        filename: Some(dir.join("ircd.log").to_str().unwrap().to_owned()),
        r#type: types.to_owned(),
        level,
        format,
    }
}

/// Returns the content of a log with these settings after some records.
fn logged(types: &str, level: LogLevel, format: LogFormat) -> String {
    let dir = tempfile::tempdir().unwrap();
    let logs = Logs { sinks: Arc::default(), console: Console::Quiet };
    logs.apply(&[log(dir.path(), types, level, format)]).unwrap();
    tracing::subscriber::with_default(logs.subscriber(), || {
        tracing::info!(target: LogType::Server.name(), "ircd starting");
        tracing::debug!(target: LogType::UserInput.name(), "alice : PRIVMSG #a :hi");
        tracing::warn!(target: LogType::ConnectIp.name(), address = "::1", "client\nconnecting \x1b[31m");
        tracing::info!(target: "some_library", "chatter");
        tracing::error!(target: "some_library", "trouble");
        tracing::info!(target: LogType::Connect.name(), "alice is here");
    });
    fs::read_to_string(dir.path().join("ircd.log")).unwrap()
}

/// Returns the lines without their first column, the time.
fn columns(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.split_once("Z : ").unwrap().1).collect()
}

#[test]
fn lines_have_the_columns_of_ergo() {
    let text = logged("*", LogLevel::Info, LogFormat::Text);
    assert_eq!(
        columns(&text),
        [
            "info  : server     : ircd starting",
            "warn  : connect-ip : client\\x0aconnecting \\x1b[31m : address=::1",
            "error : internal   : trouble",
            "info  : connect    : alice is here",
        ]
    );
    let time = text.split_once(" : ").unwrap().0;
    assert_eq!(time.len(), "2020-11-13T03:09:29.320Z".len());
    assert!(time.ends_with('Z') && time.contains('T'));
}

#[test]
fn types_and_levels_select_records() {
    let selected = |types, level| logged(types, level, LogFormat::Text).lines().count();
    assert_eq!(selected("*", LogLevel::Debug), 5);
    assert_eq!(selected("* -userinput -useroutput", LogLevel::Debug), 4);
    assert_eq!(selected("localconnect server", LogLevel::Info), 2);
    assert_eq!(selected("*", LogLevel::Warn), 2);
    assert_eq!(selected("* -*", LogLevel::Debug), 0);
    assert_eq!(selected("", LogLevel::Debug), 0);
}

#[test]
fn json_has_one_object_per_line() {
    let text = logged("connect-ip", LogLevel::Info, LogFormat::Json);
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["level"], "warn");
    assert_eq!(record["type"], "connect-ip");
    assert_eq!(record["message"], "client\nconnecting \u{1b}[31m");
    assert_eq!(record["address"], "::1");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn applying_again_begins_a_new_file() {
    let dir = tempfile::tempdir().unwrap();
    let config = [log(dir.path(), "*", LogLevel::Info, LogFormat::Text)];
    let file = dir.path().join("ircd.log");
    let logs = Logs { sinks: Arc::default(), console: Console::Quiet };
    logs.apply(&config).unwrap();
    tracing::subscriber::with_default(logs.subscriber(), || {
        tracing::info!(target: LogType::Server.name(), "one");
        fs::rename(&file, dir.path().join("ircd.log.1")).unwrap();
        logs.apply(&config).unwrap();
        tracing::info!(target: LogType::Server.name(), "two");
    });
    assert_eq!(columns(&fs::read_to_string(&file).unwrap()), ["info  : server     : two"]);
}

#[test]
fn a_log_that_cannot_be_opened_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let logs = Logs { sinks: Arc::default(), console: Console::Quiet };
    let config = log(&dir.path().join("absent"), "*", LogLevel::Info, LogFormat::Text);
    let error = logs.apply(&[config]).unwrap_err().to_string();
    assert!(error.contains("absent/ircd.log: No such file"), "{error}");
}

#[test]
fn callers_can_check_whether_a_record_is_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let wants = |types, level| {
        let logs = Logs { sinks: Arc::default(), console: Console::Quiet };
        logs.apply(&[log(dir.path(), types, level, LogFormat::Text)]).unwrap();
        tracing::subscriber::with_default(
            logs.subscriber(),
            || tracing::enabled!(target: LogType::UserInput.name(), Level::DEBUG),
        )
    };
    assert!(wants("*", LogLevel::Debug));
    assert!(!wants("*", LogLevel::Info));
    assert!(!wants("* -userinput -useroutput", LogLevel::Debug));
}
