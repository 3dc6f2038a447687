//! The names of the services, and sending their notices. Their commands are in `service`.

use crate::config::Config;
use crate::i18n::Phrase;
use crate::wire::Text;

use super::cx::Cx;
use super::refusal::Refusal;

/// The host of services, unless `server.override-services-hostname` is set.
const HOST: &str = "localhost";

/// A service, by its customary name.
#[allow(clippy::enum_variant_names)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceName {
    /// Accounts and nicks.
    NickServ,
    /// Registered channels.
    ChanServ,
    /// Hosts that are shown instead of the cloak.
    HostServ,
    /// History.
    HistServ,
}

impl ServiceName {
    /// All of them.
    pub const ALL: [ServiceName; 4] =
        [ServiceName::NickServ, ServiceName::ChanServ, ServiceName::HostServ, ServiceName::HistServ];

    /// Returns its nick.
    pub fn name(self) -> &'static str {
        match self {
            ServiceName::NickServ => "NickServ",
            ServiceName::ChanServ => "ChanServ",
            ServiceName::HostServ => "HostServ",
            ServiceName::HistServ => "HistServ",
        }
    }

    /// Returns the service with this nick, in any case.
    pub fn by_name(name: &str) -> Option<ServiceName> {
        ServiceName::ALL.into_iter().find(|service| service.name().eq_ignore_ascii_case(name))
    }

    /// Returns its host.
    pub fn host(self, config: &Config) -> &str {
        config.server.override_services_hostname.as_deref().unwrap_or(HOST)
    }

    /// Returns its `nick!user@host`.
    pub fn source(self, config: &Config) -> String {
        format!("{0}!{0}@{1}", self.name(), self.host(config))
    }

    /// Returns the refusal of invalid parameters of one of its commands.
    pub fn bad_parameters(self, command: &str) -> Refusal {
        self.refuse(Phrase::SERVICE_BAD_PARAMETERS, &[self.name(), command])
    }

    /// Returns a refusal that this service sends as a notice.
    pub fn refuse(self, text: Phrase, args: &[&str]) -> Refusal {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        Refusal::Service { service: self, text, args }
    }
}

impl Cx<'_> {
    /// Answers with a NOTICE from a service.
    pub fn notice(&mut self, service: ServiceName, text: Text<'_>) {
        let (source, nick) = (service.source(self.config()), self.nick().to_owned());
        self.reply_from(&source, "NOTICE", &[&nick], text);
    }

    /// Answers with a phrase from a service.
    pub fn tell(&mut self, service: ServiceName, text: Phrase, args: &[&str]) {
        self.notice(service, Text::Said(text, args));
    }
}
