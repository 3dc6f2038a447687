//! Work that is too slow or too impure for the engine: the jobs it requests, and their answers.
//!
//! A job carries everything that it needs, so that a change of the configuration while it waits does not
//! change its meaning. Its kind says where it is done.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::auth::{Credentials, Secret};
use crate::config::{AuthScript, EmailVerification, IpCheckScript, MailProtocol, Mta, Net};
use crate::history::{Found, Query};
use crate::state::Endpoints;

/// A job, by the place where it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// On a processor.
    Hash(HashJob),
    /// Over the network, or by a program.
    Network(NetworkJob),
    /// By the archive; the answer is [`JobAnswer::HistoryFound`].
    History(Box<Query>),
}

impl From<HashJob> for Job {
    fn from(job: HashJob) -> Job {
        Job::Hash(job)
    }
}

impl From<NetworkJob> for Job {
    fn from(job: NetworkJob) -> Job {
        Job::Network(job)
    }
}

impl From<Query> for Job {
    fn from(query: Query) -> Job {
        Job::History(Box::new(query))
    }
}

/// The table of jobs: `Job { input } => Answer(result)`. A row declares the job in the enum of its kind, and
/// its answer in [`JobAnswer`].
macro_rules! jobs {
    ($(
        $(#[$kind_doc:meta])*
        $kind:ident {$(
            $(#[$doc:meta])*
            $job:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* } => $answer:ident($found:ty),
        )*}
    )*) => {
        $(
            $(#[$kind_doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub enum $kind {
                $($(#[$doc])* $job { $($(#[$field_doc])* $field: $type),* },)*
            }
        )*

        /// The answer to a job.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum JobAnswer {
            $($(
                #[doc = concat!("The answer to [`", stringify!($kind), "::", stringify!($job), "`].")]
                $answer($found),
            )*)*
            /// The answer to [`Job::History`].
            HistoryFound(Found),
            /// The answer to `Effect::Reload`; an error says why some or all of the new configuration is not
            /// used.
            Reloaded(Result<(), String>),
            /// The job could not be done: the queue was full, it took too long, or it failed.
            Failed,
        }
    };
}

jobs! {
    /// Work on passphrases, which takes a processor up to a second.
    HashJob {
        /// Compare a password with a bcrypt hash: whether they match.
        VerifyPassword {
            /// bcrypt, as `ircd genpasswd` prints it.
            hash: String,
            /// The password as the client sent it.
            password: String
        } => Password(bool),
        /// Compare a passphrase with the credentials of an account.
        CheckLogin {
            /// The credentials of the account, or a decoy.
            credentials: Box<Credentials>,
            /// The passphrase as the client sent it.
            passphrase: Secret,
            /// bcrypt cost of a hash that replaces an outdated one.
            cost: u32
        } => Login(LoginVerdict),
        /// Give an account a passphrase: its new credentials.
        HashPassphrase {
            /// The credentials of the account until now.
            credentials: Box<Credentials>,
            /// The passphrase, already found acceptable.
            passphrase: Secret,
            /// bcrypt cost of the hash.
            cost: u32
        } => Hashed(Box<Credentials>),
    }

    /// A question to another machine or to a program.
    NetworkJob {
        /// Look up the host name of an address.
        LookUpHost {
            /// The address.
            ip: IpAddr,
            /// Whether the name counts only if it resolves to the address.
            confirm: bool
        } => HostFound(Option<String>),
        /// Ask the client's machine for the name of its user (RFC 1413): the name as the machine spells it.
        AskIdent {
            /// The connection of the client.
            endpoints: Endpoints
        } => IdentFound(Option<String>),
        /// Ask `ip-check-script` about an address.
        CheckIp {
            /// The script.
            script: Box<Script>,
            /// The address.
            ip: IpAddr
        } => IpChecked(IpVerdict),
        /// Ask `accounts.auth-script` about a login.
        AskAuthScript {
            /// The question.
            call: Box<ScriptCall>,
            /// The job that decides if the script gives no answer; its answer is then the answer.
            otherwise: Option<HashJob>
        } => ScriptLogin(LoginVerdict),
        /// Send an email; the answer means that a mail server has accepted it.
        SendMail {
            /// The mail server and the sender.
            route: Box<MailRoute>,
            /// The email.
            mail: Box<Mail>
        } => Mailed(()),
    }
}

/// Whether a login is valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoginVerdict {
    /// The passphrase is right.
    Right {
        /// New credentials if the old ones are outdated.
        renewed: Option<Box<Credentials>>,
    },
    /// `accounts.auth-script` accepts the login.
    Vouched {
        /// The account; empty if the script did not name one.
        account: String,
    },
    /// The login is not valid.
    Wrong,
}

/// The verdict of `ip-check-script` on an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpVerdict {
    /// The client may connect.
    Accepted,
    /// The client must not connect.
    Rejected(IpRefusal),
    /// The client may connect only if it logs in.
    NeedsLogin(IpRefusal),
}

/// The details of a verdict against an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpRefusal {
    /// The reason, for the client; may be empty.
    pub why: String,
    /// The addresses to which the verdict applies without asking the script again, and for how long.
    pub lasts: Option<(Net, Duration)>,
}

/// A program that answers questions, or a service in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The program; empty if there is a socket.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// The Unix socket of a service; empty if there is a program.
    pub socket: String,
    /// Time after which the program is asked to end.
    pub timeout: Duration,
    /// Further time after which it is killed.
    pub kill_timeout: Duration,
    /// Limit on questions asked at the same time; 0 is no limit.
    pub max_concurrency: usize,
}

macro_rules! script_from {
    ($($section:ty),*) => {$(
        impl From<&$section> for Script {
            fn from(config: &$section) -> Script {
                Script {
                    command: config.command.clone(),
                    args: config.args.clone(),
                    socket: config.socket.clone(),
                    timeout: config.timeout,
                    kill_timeout: config.kill_timeout,
                    max_concurrency: config.max_concurrency,
                }
            }
        }
    )*};
}

script_from!(AuthScript, IpCheckScript);

/// A question for `accounts.auth-script`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptCall {
    /// The script.
    pub script: Script,
    /// The account that the client names; may be empty.
    pub account: String,
    /// The passphrase; empty for a login by certificate.
    pub passphrase: Secret,
    /// The fingerprint of the client's certificate; empty if it has none.
    pub certfp: String,
    /// The client's certificates in DER, its own first.
    pub certificates: Box<[Vec<u8>]>,
    /// The client's address.
    pub ip: IpAddr,
}

/// How email is sent: the mail server and the sender.
#[derive(Clone, PartialEq, Eq)]
pub struct MailRoute {
    /// The sender's address.
    pub sender: String,
    /// The name by which this server introduces itself to the mail server.
    pub helo_domain: String,
    /// Whether email must not be sent without TLS.
    pub require_tls: bool,
    /// IP version of the connection.
    pub protocol: MailProtocol,
    /// Address to connect from.
    pub local_address: Option<String>,
    /// The mail server.
    pub mta: Mta,
    /// Time after which sending fails; 0 is the default.
    pub timeout: Duration,
}

// The mail server's password must not appear.
impl fmt::Debug for MailRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailRoute").field("sender", &self.sender).finish_non_exhaustive()
    }
}

impl From<&EmailVerification> for MailRoute {
    fn from(config: &EmailVerification) -> MailRoute {
        MailRoute {
            sender: config.sender.clone(),
            helo_domain: config.helo_domain.clone(),
            require_tls: config.require_tls,
            protocol: config.protocol,
            local_address: config.local_address.clone(),
            mta: config.mta.clone(),
            timeout: config.timeout,
        }
    }
}

/// An email of plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Lines that end with CR LF.
    pub body: String,
}

// The body may contain a confirmation code.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("to", &self.to).finish_non_exhaustive()
    }
}
