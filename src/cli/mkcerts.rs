//! `ircd mkcerts`: creates self-signed certificates.

use super::configuration::Source;
use super::{Failure, Options, certificate, console};

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = Source::find(options.conf.as_deref()).load()?.config;
    console::print_log(options.quiet, "making self-signed certificates");
    for (address, pair) in certificate::wanted(&config.listeners())? {
        console::print_log(options.quiet, &format!(" making cert for {address} listener"));
        if !(certificate::is_free(&pair.cert) && certificate::is_free(&pair.key)) {
            return Err(Failure::new(format_args!(
                "preexisting TLS cert and/or key files: {} {}",
                pair.cert, pair.key
            )));
        }
        certificate::make(pair, &config.server.name)?;
        console::print_log(options.quiet, &format!("  Certificate created at {} : {}", pair.cert, pair.key));
    }
    Ok(())
}
