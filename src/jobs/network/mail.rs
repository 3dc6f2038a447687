//! `SendMail`: sends email by SMTP through the mail server of `email-verification.mta`.
//!
//! It delivers to no other server and tries once. Invariant: the password is sent only over TLS or to this
//! machine; with `require-tls`, so is the email.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::failed;
use crate::config::{MailProtocol, Mta};
use crate::engine::{JobAnswer, Mail, MailRoute};

/// Maximum number of emails being sent at the same time.
const SENDING_MAX: usize = 16;
/// Default time limit, after which the client has given up.
const TIME_MAX: Duration = Duration::from_secs(120);

/// Sends email, a limited number at the same time.
#[derive(Clone, Debug)]
pub(super) struct Mails(Arc<Semaphore>);

impl Default for Mails {
    fn default() -> Self {
        Mails(Arc::new(Semaphore::new(SENDING_MAX)))
    }
}

impl Mails {
    /// Sends an email; answers once the mail server has accepted it.
    pub(super) async fn answer(&self, route: &MailRoute, mail: &Mail) -> JobAnswer {
        match self.send(route, mail).await {
            Ok(()) => JobAnswer::Mailed(()),
            Err(error) => failed(format_args!("mail to {}", mail.to), error),
        }
    }

    async fn send(&self, route: &MailRoute, mail: &Mail) -> Result<(), String> {
        let limit = Some(route.timeout).filter(|limit| !limit.is_zero()).unwrap_or(TIME_MAX);
        let sending = async {
            let _permit = self.0.acquire().await.map_err(text)?;
            deliver(route, mail).await
        };
        timeout(limit, sending).await.unwrap_or_else(|_| Err("it took too long".to_owned()))
    }
}

async fn deliver(route: &MailRoute, mail: &Mail) -> Result<(), String> {
    let sender: Mailbox = route.sender.parse().map_err(text)?;
    let message = Message::builder()
        .from(sender)
        .to(mail.to.parse().map_err(text)?)
        .subject(mail.subject.as_str())
        .message_id(None)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.body.clone())
        .map_err(text)?;
    let mut connection = connect(route).await?;
    let sent = connection.send(message.envelope(), &message.formatted()).await.map_err(text);
    connection.abort().await;
    sent.map(drop)
}

async fn connect(route: &MailRoute) -> Result<AsyncSmtpConnection, String> {
    let mta = &route.mta;
    let hello = ClientId::Domain(route.helo_domain.clone());
    let addresses = resolve(mta, route.protocol).await?;
    let local: Option<IpAddr> = route.local_address.as_deref().map(str::parse).transpose().map_err(text)?;
    let tls = || TlsParameters::new(mta.server.clone()).map_err(text);
    let implicit = if mta.implicit_tls { Some(tls()?) } else { None };
    let connecting = AsyncSmtpConnection::connect_tokio1(&addresses[..], None, &hello, implicit, local);
    let mut connection = connecting.await.map_err(text)?;
    if !connection.is_encrypted() && connection.can_starttls() {
        connection.starttls(tls()?, &hello).await.map_err(text)?;
    }
    let is_here = addresses.iter().all(|address| address.ip().is_loopback());
    if !connection.is_encrypted() && (route.require_tls || !mta.username.is_empty() && !is_here) {
        connection.abort().await;
        return Err("the mail server offers no TLS".to_owned());
    }
    if !mta.username.is_empty() {
        let credentials = Credentials::new(mta.username.clone(), mta.password.clone());
        connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(text)?;
    }
    Ok(connection)
}

/// Returns the addresses of the mail server that have the configured IP version.
async fn resolve(mta: &Mta, protocol: MailProtocol) -> Result<Vec<SocketAddr>, String> {
    let port = match (mta.port, mta.implicit_tls) {
        (0, true) => 465,
        (0, false) => 25,
        (port, _) => port,
    };
    let found = tokio::net::lookup_host((mta.server.as_str(), port)).await.map_err(text)?;
    let wanted = |address: &SocketAddr| match protocol {
        MailProtocol::Tcp => true,
        MailProtocol::Tcp4 => address.is_ipv4(),
        MailProtocol::Tcp6 => address.is_ipv6(),
    };
    let addresses: Vec<SocketAddr> = found.filter(wanted).collect();
    if addresses.is_empty() { Err("the mail server has no address".to_owned()) } else { Ok(addresses) }
}

fn text(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread::{JoinHandle, spawn};

    /// A mail server for one connection; returns the lines that it received.
    fn server(extensions: &'static str) -> (u16, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let work = move || {
            let (stream, _) = listener.accept().unwrap();
            let (mut received, mut in_message) = (Vec::new(), false);
            let mut output = &stream;
            output.write_all(b"220 test\r\n").unwrap();
            for line in BufReader::new(&stream).lines() {
                let Ok(line) = line else { break };
                let answer = match line.split(' ').next().unwrap() {
                    "." => "250 taken\r\n".to_owned(),
                    _ if in_message => String::new(),
                    "EHLO" => format!("250-test\r\n{extensions}250 8BITMIME\r\n"),
                    "AUTH" => "235 welcome\r\n".to_owned(),
                    "DATA" => "354 go on\r\n".to_owned(),
                    "QUIT" => "221 bye\r\n".to_owned(),
                    _ => "250 fine\r\n".to_owned(),
                };
                in_message = (in_message || line == "DATA") && line != ".";
                received.push(line);
                let _ = output.write_all(answer.as_bytes());
            }
            received
        };
        (port, spawn(work))
    }

    fn send(route: &MailRoute) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mail = Mail {
            to: "alice@good.example".into(),
            subject: "Hello".into(),
            body: "One\r\n.\r\nTwo\r\n".into(),
        };
        runtime.block_on(Mails::default().send(route, &mail))
    }

    fn route(port: u16, username: &str) -> MailRoute {
        let mta = Mta {
            server: "127.0.0.1".into(),
            port,
            username: username.into(),
            password: "sesame".into(),
            ..Mta::default()
        };
        MailRoute {
            sender: "admin@irc.test".into(),
            helo_domain: "irc.test".into(),
            timeout: Duration::from_secs(5),
            mta,
            require_tls: false,
            protocol: MailProtocol::Tcp,
            local_address: None,
        }
    }

    #[test]
    fn a_letter_arrives() {
        let (port, heard) = server("250-AUTH PLAIN\r\n");
        assert_eq!(send(&route(port, "us")), Ok(()));
        let heard = heard.join().unwrap();
        assert!(heard.iter().any(|line| line == "EHLO irc.test"), "{heard:?}");
        assert!(heard.iter().any(|line| line == "AUTH PLAIN AHVzAHNlc2FtZQ=="), "{heard:?}");
        assert!(heard.iter().any(|line| line.starts_with("MAIL FROM:<admin@irc.test>")), "{heard:?}");
        assert!(heard.iter().any(|line| line == "RCPT TO:<alice@good.example>"), "{heard:?}");
        assert!(heard.iter().any(|line| line == "Subject: Hello"), "{heard:?}");
        let body = heard.iter().position(|line| line == "One").unwrap();
        assert_eq!(heard[body..body + 3], ["One", "..", "Two"]);
    }

    #[test]
    fn without_tls_nothing_goes_where_it_is_required() {
        let (port, heard) = server("");
        let route = MailRoute { require_tls: true, ..route(port, "") };
        assert_eq!(send(&route), Err("the mail server offers no TLS".to_owned()));
        assert!(!heard.join().unwrap().iter().any(|line| line.starts_with("MAIL")));
    }

    #[test]
    fn a_server_that_is_silent_or_absent_is_an_error() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let route = MailRoute { timeout: Duration::from_millis(100), ..route(port, "") };
        assert_eq!(send(&route), Err("it took too long".to_owned()));
        drop(silent);
        assert!(send(&route).is_err());
    }
}
