//! Overrides by environment variables.

use super::*;

fn with(text: &str, pairs: &[(&str, &str)]) -> Result<Loaded, Vec<crate::config::Problem>> {
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    load(&format!("{MINIMAL}{text}\nallow-environment-overrides: true\n"), &pairs)
}

#[test]
fn variables_change_keys() {
    let config = with(
        "opers: {Admin: {class: x, password: \
         $2a$04$0123456789abcdef0123456789abcdef0123456789abcdef01234}}\n\
         oper-classes: {x: {capabilities: [kill]}}",
        &[
            ("PATH", "/bin"),
            ("IRCD__SERVER__MAX_SENDQ", "1m"),
            ("ORAGONO__NETWORK__NAME", "Old"),
            ("ERGO__NETWORK__NAME", "New"),
            ("ERGO__SERVER__WEBSOCKETS__ALLOWED_ORIGINS", "[a, b]"),
            ("IRCD__SERVER__IP_LIMITS", "{\"count\": true}"),
            ("IRCD__SERVER__IP_LIMITS__WINDOW", "2m"),
            ("IRCD__OPERS__ADMIN__HIDDEN", "true"),
            ("IRCD__LIMITS", "{nicklen: 9}"),
            ("IRCD__SERVER__MOTD", ""),
        ],
    )
    .unwrap_or_else(|problems| panic!("{}", shown(&problems)))
    .config;
    assert_eq!(config.server.max_sendq, 1 << 20);
    assert_eq!(config.network.name, "New");
    assert_eq!(config.server.websockets.allowed_origins, ["a", "b"]);
    assert!(config.server.ip_limits.count && config.server.ip_limits.window.as_secs() == 120);
    assert!(config.opers["Admin"].hidden && config.opers["Admin"].class == "x");
    assert_eq!((config.limits.nicklen, config.limits.topiclen), (9, 390));
    assert_eq!(config.server.motd, None);
}

#[test]
fn an_unknown_key_is_a_warning() {
    let pairs = [("ERGO__SERVER__MAX_SENDQQ", "1m"), ("ERGO__SERVER__NAME__X", "1"), ("IRCD____X", "1")];
    let warnings = with("", &pairs).unwrap().warnings;
    let report = shown(&warnings);
    let unknown = "f: warning: server.max-sendqq: expected a known key, found an unknown one \
                   (did you mean `max-sendq`?; from the environment variable ERGO__SERVER__MAX_SENDQQ)";
    assert!(report.contains(unknown), "{report}");
    assert!(report.contains("ERGO__SERVER__NAME__X: expected the name of a key"), "{report}");
    assert!(report.contains("IRCD____X: expected keys"), "{report}");
    assert_eq!(warnings.len(), 3, "{report}");
}

#[test]
fn a_wrong_value_is_an_error_that_names_the_variable() {
    let report = shown(&with("", &[("IRCD__SERVER__MAX_SENDQ", "lots"), ("IRCD__LIMITS", "{")]).unwrap_err());
    let wrong = "f: server.max-sendq: expected a size such as 96k, found \"lots\" \
                 (from the environment variable IRCD__SERVER__MAX_SENDQ)";
    assert!(report.contains(wrong), "{report}");
    assert!(report.contains("f: IRCD__LIMITS: expected a YAML value, found "), "{report}");
}

#[test]
fn variables_cannot_enable_themselves() {
    let pairs = [("IRCD__ALLOW_ENVIRONMENT_OVERRIDES", "true"), ("IRCD__SERVER__MAX_SENDQ", "1m")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let Loaded { config, warnings, .. } = load(MINIMAL, &pairs).unwrap();
    assert_eq!(config.server.max_sendq, 96 << 10);
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].path, "allow-environment-overrides");
}
