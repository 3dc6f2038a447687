//! The names of the services, and how they speak. Their commands are in `service`.

use crate::config::Config;
use crate::i18n::Phrase;
use crate::wire::Text;

use super::cx::Cx;
use super::refusal::Refusal;

/// Where services seem to be, unless `server.override-services-hostname` says otherwise.
const HOST: &str = "localhost";

/// One of the services, by the name everybody knows it by.
#[allow(clippy::enum_variant_names)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceName {
    /// Accounts and nicks.
    NickServ,
    /// Registered channels.
    ChanServ,
    /// Hosts that are shown instead of the cloak.
    HostServ,
    /// What was said.
    HistServ,
}

impl ServiceName {
    /// All of them.
    pub const ALL: [ServiceName; 4] =
        [ServiceName::NickServ, ServiceName::ChanServ, ServiceName::HostServ, ServiceName::HistServ];

    /// Its nick.
    pub fn name(self) -> &'static str {
        match self {
            ServiceName::NickServ => "NickServ",
            ServiceName::ChanServ => "ChanServ",
            ServiceName::HostServ => "HostServ",
            ServiceName::HistServ => "HistServ",
        }
    }

    /// The service with this nick, whatever the case.
    pub fn by_name(name: &str) -> Option<ServiceName> {
        ServiceName::ALL.into_iter().find(|service| service.name().eq_ignore_ascii_case(name))
    }

    /// Its host.
    pub fn host(self, config: &Config) -> &str {
        config.server.override_services_hostname.as_deref().unwrap_or(HOST)
    }

    /// Its `nick!user@host`.
    pub fn source(self, config: &Config) -> String {
        format!("{0}!{0}@{1}", self.name(), self.host(config))
    }

    /// The parameters of one of its commands make no sense.
    pub fn bad_parameters(self, command: &str) -> Refusal {
        self.refuse(Phrase::SERVICE_BAD_PARAMETERS, &[self.name(), command])
    }

    /// A refusal in this service's words.
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
