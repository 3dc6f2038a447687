//! Features that can be configured but are not implemented yet.
//!
//! A row is removed when its feature is implemented.

use super::Config;
use super::yaml::tree::Node;

/// A feature: the key that names it, and whether a configuration enables it.
type Row = (&'static str, fn(&Config) -> bool);

const NOT_YET: &[Row] = &[
    ("server.compatibility.force-trailing", |c| !c.server.compatibility.force_trailing),
    ("accounts.registration.email-verification.dkim", |c| {
        let mail = &c.accounts.registration.email_verification;
        mail.enabled && !mail.dkim.domain.is_empty()
    }),
    ("accounts.registration.email-verification without mta", |c| {
        let mail = &c.accounts.registration.email_verification;
        mail.enabled && mail.mta.server.is_empty()
    }),
    ("accounts.oauth2", |c| c.accounts.oauth2.enabled),
    ("accounts.jwt-auth", |c| c.accounts.jwt_auth.enabled),
    ("debug.pprof-listener", |c| c.debug.pprof_listener.is_some()),
    ("datastore.postgresql", |c| c.datastore.postgresql.enabled),
    ("extjwt", |c| c.extjwt.algorithm.is_some() || !c.extjwt.services.is_empty()),
    ("authtoken", |c| c.authtoken.enabled),
    ("metadata", |c| c.metadata.enabled),
    ("webpush", |c| c.webpush.enabled),
];

/// Returns the features that the document enables and the server does not implement, by section.
///
/// Features of one section are one entry: `datastore: mysql, sqlite`.
///
/// `unsupported` are features of old versions, in the same form.
pub(super) fn named(config: &Config, root: &Node, unsupported: &[&str]) -> Vec<String> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for (key, on) in NOT_YET {
        let (section, feature) = key.split_once('.').unwrap_or((key, ""));
        // A section that is absent from the document is not meant to be enabled.
        let top = feature.split('.').next().unwrap_or_default();
        let silent = root.child(section).is_none_or(|node| !top.is_empty() && node.child(top).is_none());
        if silent || !on(config) {
            continue;
        }
        match sections.last_mut() {
            Some((last, features)) if *last == section => features.push(feature),
            _ => sections.push((section, vec![feature])),
        }
    }
    sections
        .into_iter()
        .map(|(section, features)| match features.as_slice() {
            [""] => section.to_owned(),
            features => format!("{section}: {}", features.join(", ")),
        })
        .chain(unsupported.iter().map(|feature| (*feature).to_owned()))
        .collect()
}
