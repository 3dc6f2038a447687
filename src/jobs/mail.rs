//! Letters, by SMTP through the mail server of `email-verification.mta`.
//!
//! It delivers to no other server, and tries once. Invariant: the password goes only through TLS, or to this
//! machine; with `require-tls`, so does the letter.

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

use crate::config::{EmailVerification, MailProtocol, Mta};
use crate::engine::Mail;

/// Letters on their way at once.
const LETTERS_MAX: usize = 16;
/// Timeout of delivery without a configured one: the client has given up by then.
const TIME_MAX: Duration = Duration::from_secs(120);

/// Sends letters, a bounded number at a time.
#[derive(Clone, Debug)]
pub(super) struct Mails(Arc<Semaphore>);

impl Default for Mails {
    fn default() -> Self {
        Mails(Arc::new(Semaphore::new(LETTERS_MAX)))
    }
}

impl Mails {
    /// Hands a letter to the mail server.
    ///
    /// # Errors
    /// In words, when it did not take it in time.
    pub(super) async fn send(&self, settings: &EmailVerification, mail: &Mail) -> Result<(), String> {
        let limit = Some(settings.timeout).filter(|limit| !limit.is_zero()).unwrap_or(TIME_MAX);
        let sending = async {
            let _permit = self.0.acquire().await.map_err(text)?;
            deliver(settings, mail).await
        };
        timeout(limit, sending).await.unwrap_or_else(|_| Err("it took too long".to_owned()))
    }
}

async fn deliver(settings: &EmailVerification, mail: &Mail) -> Result<(), String> {
    let sender: Mailbox = settings.sender.parse().map_err(text)?;
    let letter = Message::builder()
        .from(sender)
        .to(mail.to.parse().map_err(text)?)
        .subject(mail.subject.as_str())
        .message_id(None)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.body.clone())
        .map_err(text)?;
    let mut connection = connect(settings).await?;
    let sent = connection.send(letter.envelope(), &letter.formatted()).await.map_err(text);
    connection.abort().await;
    sent.map(drop)
}

async fn connect(settings: &EmailVerification) -> Result<AsyncSmtpConnection, String> {
    let mta = &settings.mta;
    let hello = ClientId::Domain(settings.helo_domain.clone());
    let addresses = resolve(mta, settings.protocol).await?;
    let local: Option<IpAddr> =
        settings.local_address.as_deref().map(str::parse).transpose().map_err(text)?;
    let tls = || TlsParameters::new(mta.server.clone()).map_err(text);
    let implicit = if mta.implicit_tls { Some(tls()?) } else { None };
    let connecting = AsyncSmtpConnection::connect_tokio1(&addresses[..], None, &hello, implicit, local);
    let mut connection = connecting.await.map_err(text)?;
    if !connection.is_encrypted() && connection.can_starttls() {
        connection.starttls(tls()?, &hello).await.map_err(text)?;
    }
    let is_here = addresses.iter().all(|address| address.ip().is_loopback());
    if !connection.is_encrypted() && (settings.require_tls || !mta.username.is_empty() && !is_here) {
        connection.abort().await;
        return Err("the mail server offers no TLS".to_owned());
    }
    if !mta.username.is_empty() {
        let credentials = Credentials::new(mta.username.clone(), mta.password.clone());
        connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(text)?;
    }
    Ok(connection)
}

/// The addresses of the mail server, of the IP version that is wanted.
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

    /// A mail server for one connection; gives what it was told.
    fn server(extensions: &'static str) -> (u16, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let work = move || {
            let (stream, _) = listener.accept().unwrap();
            let (mut heard, mut in_letter) = (Vec::new(), false);
            let mut said = &stream;
            said.write_all(b"220 test\r\n").unwrap();
            for line in BufReader::new(&stream).lines() {
                let Ok(line) = line else { break };
                let answer = match line.split(' ').next().unwrap() {
                    "." => "250 taken\r\n".to_owned(),
                    _ if in_letter => String::new(),
                    "EHLO" => format!("250-test\r\n{extensions}250 8BITMIME\r\n"),
                    "AUTH" => "235 welcome\r\n".to_owned(),
                    "DATA" => "354 go on\r\n".to_owned(),
                    "QUIT" => "221 bye\r\n".to_owned(),
                    _ => "250 fine\r\n".to_owned(),
                };
                in_letter = (in_letter || line == "DATA") && line != ".";
                heard.push(line);
                let _ = said.write_all(answer.as_bytes());
            }
            heard
        };
        (port, spawn(work))
    }

    fn send(settings: &EmailVerification) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mail = Mail {
            to: "alice@good.example".into(),
            subject: "Hello".into(),
            body: "One\r\n.\r\nTwo\r\n".into(),
        };
        runtime.block_on(Mails::default().send(settings, &mail))
    }

    fn settings(port: u16, username: &str) -> EmailVerification {
        let mta = Mta {
            server: "127.0.0.1".into(),
            port,
            username: username.into(),
            password: "sesame".into(),
            ..Mta::default()
        };
        EmailVerification {
            sender: "admin@irc.test".into(),
            helo_domain: "irc.test".into(),
            timeout: Duration::from_secs(5),
            mta,
            ..EmailVerification::default()
        }
    }

    #[test]
    fn a_letter_arrives() {
        let (port, heard) = server("250-AUTH PLAIN\r\n");
        assert_eq!(send(&settings(port, "us")), Ok(()));
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
        let settings = EmailVerification { require_tls: true, ..settings(port, "") };
        assert_eq!(send(&settings), Err("the mail server offers no TLS".to_owned()));
        assert!(!heard.join().unwrap().iter().any(|line| line.starts_with("MAIL")));
    }

    #[test]
    fn a_server_that_is_silent_or_absent_is_an_error() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let settings = EmailVerification { timeout: Duration::from_millis(100), ..settings(port, "") };
        assert_eq!(send(&settings), Err("it took too long".to_owned()));
        drop(silent);
        assert!(send(&settings).is_err());
    }
}
