//! `CheckIp`: asks `ip-check-script` about an address: `{"ip": …}` goes in, `{"result": …, "banMessage": …}`
//! comes out.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failed;
use super::script::Limiter;
use crate::auth::read_caseless;
use crate::config::Net;
use crate::engine::{IpRefusal, IpVerdict, JobAnswer, Script};

#[derive(Serialize)]
struct Question {
    ip: String,
}

#[derive(Deserialize)]
struct Answer {
    /// 1 accepts the client, 2 rejects it, 3 requires an account.
    result: u8,
    #[serde(default, rename = "banmessage")]
    ban_message: String,
    /// Network to which the verdict applies for `cache_seconds`; without a time, it applies to this
    /// connection only.
    #[serde(default, rename = "cachenet")]
    cache_net: String,
    #[serde(default, rename = "cacheseconds")]
    cache_seconds: u64,
    #[serde(default)]
    error: String,
}

/// Asks the script of `ip-check-script`.
#[derive(Clone, Debug, Default)]
pub(super) struct IpChecks(Limiter);

impl IpChecks {
    /// Answers with the verdict of the script on an address.
    pub(super) async fn answer(&self, script: &Script, ip: IpAddr) -> JobAnswer {
        match self.ask(script, ip).await {
            Ok(verdict) => JobAnswer::IpChecked(verdict),
            Err(error) => failed(format_args!("ip-check-script for {ip}"), error),
        }
    }

    async fn ask(&self, script: &Script, ip: IpAddr) -> Result<IpVerdict, String> {
        let question = serde_json::to_string(&Question { ip: ip.to_string() }).map_err(|e| e.to_string())?;
        verdict(&self.0.ask(script, &question).await?)
    }
}

fn verdict(line: &str) -> Result<IpVerdict, String> {
    let answer: Answer = read_caseless(line.as_bytes()).map_err(|error| error.to_string())?;
    match answer.result {
        _ if !answer.error.is_empty() => Err(answer.error),
        1 => Ok(IpVerdict::Accepted),
        2 => answer.refusal().map(IpVerdict::Rejected),
        3 => answer.refusal().map(IpVerdict::NeedsLogin),
        other => Err(format!("result {other}: expected 1, 2 or 3")),
    }
}

impl Answer {
    fn refusal(&self) -> Result<IpRefusal, String> {
        let why = one_line(&self.ban_message);
        if self.cache_seconds == 0 {
            return Ok(IpRefusal { why, lasts: None });
        }
        let net = Net::parse(&self.cache_net);
        let net = net.ok_or_else(|| format!("cacheNet {:?} is not a network", self.cache_net))?;
        Ok(IpRefusal { why, lasts: Some((net, Duration::from_secs(self.cache_seconds))) })
    }
}

/// Returns the text as it may appear in a line of the protocol.
fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_understood() {
        assert_eq!(verdict(r#"{"result": 1}"#), Ok(IpVerdict::Accepted));
        let rejected = verdict(r#"{"result":2,"banMessage":"go\r\naway","cacheSeconds":0}"#);
        assert_eq!(rejected, Ok(IpVerdict::Rejected(IpRefusal { why: "goaway".into(), lasts: None })));
        assert_eq!(verdict(r#"{"result":3}"#), Ok(IpVerdict::NeedsLogin(IpRefusal::default())));
        let lasting = verdict(r#"{"result":3,"cacheNet":"192.0.2.0/24","cacheSeconds":60}"#);
        let lasts = Some((Net::parse("192.0.2.0/24").unwrap(), Duration::from_secs(60)));
        assert_eq!(lasting, Ok(IpVerdict::NeedsLogin(IpRefusal { why: String::new(), lasts })));
        assert_eq!(verdict(r#"{"result":1,"error":"down"}"#), Err("down".into()));
        for line in ["", "{}", r#"{"result":2,"cacheSeconds":60}"#, r#"{"result":0}"#, r#"{"result":"1"}"#] {
            assert!(verdict(line).is_err(), "{line}");
        }
    }

    #[test]
    fn no_more_run_at_once_than_may() {
        let directory = tempfile::tempdir().unwrap();
        let lock = directory.path().join("lock");
        // mkdir fails when another one is inside.
        let text =
            format!("mkdir {0} || exit 1; sleep 0.1; rmdir {0}; echo '{{\"result\":1}}'", lock.display());
        let script = Script {
            command: "/bin/sh".into(),
            args: vec!["-c".into(), text],
            timeout: Duration::from_secs(10),
            max_concurrency: 1,
            ..Script::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let checks = IpChecks::default();
        let ip = IpAddr::from([192, 0, 2, 1]);
        let asked: Vec<_> = (0..4)
            .map(|_| {
                let (checks, script) = (checks.clone(), script.clone());
                runtime.spawn(async move { checks.ask(&script, ip).await })
            })
            .collect();
        for one in asked {
            assert_eq!(runtime.block_on(one).unwrap(), Ok(IpVerdict::Accepted));
        }
    }
}
