//! `AskAuthScript`: asks `accounts.auth-script` whether a login is valid, in the form of `auth::AuthRequest`.

use super::failed;
use super::script::Limiter;
use crate::auth::{AuthAnswer, AuthRequest, certificate_pem};
use crate::engine::{JobAnswer, LoginVerdict, ScriptCall};

/// Asks the script of `accounts.auth-script`.
#[derive(Clone, Debug, Default)]
pub(super) struct AuthScripts(Limiter);

impl AuthScripts {
    /// Answers with the verdict of the script on a login.
    pub(super) async fn answer(&self, call: &ScriptCall) -> JobAnswer {
        match self.ask(call).await {
            Ok(verdict) => JobAnswer::ScriptLogin(verdict),
            Err(error) => failed("auth-script", error),
        }
    }

    async fn ask(&self, call: &ScriptCall) -> Result<LoginVerdict, String> {
        let request = AuthRequest {
            account_name: call.account.clone(),
            passphrase: call.passphrase.reveal().to_owned(),
            certfp: call.certfp.clone(),
            peer_certs: call.certificates.iter().map(|der| certificate_pem(der)).collect(),
            ip: call.ip.to_string(),
            ..AuthRequest::default()
        };
        let answer = self.0.ask(&call.script, request.to_line().trim_end()).await?;
        match AuthAnswer::parse(answer.as_bytes()).map_err(|error| error.to_string())? {
            AuthAnswer::Accepted(account) => Ok(LoginVerdict::Vouched { account }),
            AuthAnswer::Refused => Ok(LoginVerdict::Wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Script;
    use std::time::Duration;

    fn ask(program: &str) -> Result<LoginVerdict, String> {
        ask_about(program, "", &[], Duration::from_secs(5))
    }

    fn ask_about(
        program: &str,
        certfp: &str,
        certificates: &[Vec<u8>],
        timeout: Duration,
    ) -> Result<LoginVerdict, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let script = Script {
            command: "/bin/sh".into(),
            args: vec!["-c".into(), program.into()],
            timeout,
            kill_timeout: Duration::from_millis(100),
            max_concurrency: 1,
            ..Script::default()
        };
        let call = ScriptCall {
            script,
            account: "alice".into(),
            passphrase: "a\"b".into(),
            certfp: certfp.into(),
            certificates: certificates.into(),
            ip: "127.0.0.1".parse().unwrap(),
        };
        runtime.block_on(AuthScripts::default().ask(&call))
    }

    #[test]
    fn the_script_sees_the_question_and_its_verdict_counts() {
        let question = r#"{"accountName":"alice","passphrase":"a\"b","ip":"127.0.0.1"}"#;
        let accepted = r#"{"success":true,"accountName":"Alice"}"#;
        let program =
            format!(r#"read -r line; [ "$line" = '{question}' ] && echo '{accepted}' || echo '{{}}'"#);
        assert_eq!(ask(&program), Ok(LoginVerdict::Vouched { account: "Alice".into() }));
        assert_eq!(ask(r#"echo '{"success":false}'"#), Ok(LoginVerdict::Wrong));
    }

    #[test]
    fn the_script_sees_the_certificates() {
        let question = concat!(
            r#"{"accountName":"alice","passphrase":"a\"b","certfp":"ab","#,
            r#""peerCerts":["-----BEGIN CERTIFICATE-----\nAAE=\n-----END CERTIFICATE-----\n"],"#,
            r#""ip":"127.0.0.1"}"#
        );
        let program = format!(
            r#"read -r line; [ "$line" = '{question}' ] && echo '{{"success":true}}' || echo '{{}}'"#
        );
        let vouched = Ok(LoginVerdict::Vouched { account: String::new() });
        assert_eq!(ask_about(&program, "ab", &[vec![0, 1]], Duration::from_secs(5)), vouched);
    }

    #[test]
    fn a_script_that_hangs_or_floods_has_no_verdict() {
        let begun = std::time::Instant::now();
        assert!(ask("tr '\\0' x < /dev/zero").is_err());
        assert!(ask("while :; do echo '{\"success\":'; done").is_err());
        assert!(ask("exec 1>&-; exit 0").is_err());
        let hanging = "trap '' TERM; while :; do sleep 1; done";
        assert_eq!(ask_about(hanging, "", &[], Duration::from_millis(100)), Err("no answer in time".into()));
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_script_that_fails_has_no_verdict() {
        assert!(ask("exit 1").is_err());
        assert!(ask("echo nonsense").unwrap_err().contains("malformed"));
        assert!(ask(r#"echo '{"success":true,"error":"down"}'"#).unwrap_err().contains("down"));
    }
}
