//! Routes about accounts.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::auth::Secret;
use crate::engine::{AccountEdits, AccountInfo, Call, CallAnswer, CallRefused, LoginProof};
use crate::http::Face;
use crate::http::body::{JsonBody, json};

use super::{App, CALLER, Outcome, conclude, stamp, unavailable};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AccountRequest {
    account_name: Option<String>,
    passphrase: Option<String>,
    certfp: Option<String>,
}

impl AccountRequest {
    /// Returns the name of the account; `None` if it is missing or empty.
    fn account(&self) -> Option<String> {
        self.account_name.clone().filter(|name| !name.is_empty())
    }

    fn passphrase(&self) -> Secret {
        Secret::from(self.passphrase.as_deref().unwrap_or_default())
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckedLogin {
    #[serde(flatten)]
    outcome: Outcome,
    #[serde(skip_serializing_if = "String::is_empty")]
    account_name: String,
}

pub(super) async fn check_auth(State(face): App, JsonBody(request): JsonBody<AccountRequest>) -> Response {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let proof = match (given(&request.passphrase), given(&request.certfp)) {
        (Some(_), _) if request.account().is_some() => LoginProof::Passphrase(request.passphrase()),
        (_, Some(certfp)) => LoginProof::Certificate(certfp),
        (_, None) => return json(&Outcome::default()),
    };
    // Like Ergo, a certificate is checked without the account.
    let account = match proof {
        LoginProof::Passphrase(_) => request.account().unwrap_or_default(),
        LoginProof::Certificate(_) => String::new(),
    };
    let (outcome, account_name) = match face.calls.make(CALLER, Call::CheckLogin { account, proof }).await {
        Ok(CallAnswer::LoggedIn { account }) => (Outcome::SUCCESS, account),
        Err(CallRefused::Busy) => return unavailable(),
        _ => (Outcome::default(), String::new()),
    };
    json(&CheckedLogin { outcome, account_name })
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountDetails {
    #[serde(flatten)]
    outcome: Outcome,
    #[serde(skip_serializing_if = "String::is_empty")]
    account_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_at: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<String>,
}

pub(super) async fn info(State(face): App, JsonBody(request): JsonBody<AccountRequest>) -> Response {
    let Some(account) = request.account() else { return json(&Outcome::failed("INVALID_REQUEST")) };
    match face.calls.make(CALLER, Call::FindAccount { account }).await {
        Ok(CallAnswer::Account(info)) if info.verified && !info.suspended => json(&AccountDetails {
            outcome: Outcome::SUCCESS,
            account_name: info.name,
            email: info.email,
            registered_at: Some(stamp(info.registered_ms)),
            channels: info.channels,
        }),
        Err(CallRefused::Busy) => unavailable(),
        _ => json(&Outcome::default()),
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountList {
    #[serde(flatten)]
    outcome: Outcome,
    accounts: Vec<AccountDetails>,
    total_count: usize,
}

pub(super) async fn list(State(face): App) -> Response {
    let mut accounts = Vec::new();
    let mut next = Some(String::new());
    while let Some(after) = next {
        let Ok(CallAnswer::Accounts(page)) = face.calls.make(CALLER, Call::ListAccounts { after }).await
        else {
            return unavailable();
        };
        let verified = page.entries.into_iter().filter(|info| info.verified);
        accounts.extend(verified.map(|info| AccountDetails {
            outcome: Outcome::SUCCESS,
            account_name: info.name,
            email: info.email,
            ..AccountDetails::default()
        }));
        next = page.next;
    }
    json(&AccountList { outcome: Outcome::SUCCESS, total_count: accounts.len(), accounts })
}

pub(super) async fn passwd(State(face): App, JsonBody(request): JsonBody<AccountRequest>) -> Response {
    let (account, passphrase) = (request.account().unwrap_or_default(), request.passphrase());
    conclude(face.calls.make(CALLER, Call::SetPassphrase { account, passphrase }).await)
}

pub(super) async fn saregister(State(face): App, JsonBody(request): JsonBody<AccountRequest>) -> Response {
    let (account, passphrase) = (request.account().unwrap_or_default(), request.passphrase());
    conclude(face.calls.make(CALLER, Call::CreateAccount { account, passphrase }).await)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SettingsRequest {
    account_name: Option<String>,
    always_on: Option<String>,
    auto_away: Option<String>,
    email: Option<String>,
    replay_joins: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SettingsAnswer {
    #[serde(flatten)]
    outcome: Outcome,
    always_on: &'static str,
    auto_away: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    replay_joins: &'static str,
}

impl From<AccountInfo> for SettingsAnswer {
    fn from(info: AccountInfo) -> SettingsAnswer {
        let choice = |choice: Option<bool>| match choice {
            None => "default",
            Some(true) => "on",
            Some(false) => "off",
        };
        SettingsAnswer {
            outcome: Outcome::SUCCESS,
            always_on: choice(info.always_on),
            auto_away: choice(info.auto_away),
            email: info.email,
            replay_joins: if info.replay_joins { "on" } else { "commands-only" },
        }
    }
}

impl SettingsRequest {
    /// Returns the changes; `None` if a value is not valid.
    fn edits(&self) -> Option<AccountEdits> {
        let choice = |text: &String| match text.to_ascii_lowercase().as_str() {
            "default" => Some(None),
            "on" => Some(Some(true)),
            "off" => Some(Some(false)),
            _ => None,
        };
        let replay = |text: &String| match text.to_ascii_lowercase().as_str() {
            "on" => Some(true),
            "commands-only" => Some(false),
            _ => None,
        };
        // An invalid value of a setting makes the whole request invalid.
        let valid = self.always_on.as_ref().is_none_or(|text| choice(text).is_some())
            && self.auto_away.as_ref().is_none_or(|text| choice(text).is_some())
            && self.replay_joins.as_ref().is_none_or(|text| replay(text).is_some());
        valid.then(|| AccountEdits {
            always_on: self.always_on.as_ref().and_then(choice),
            auto_away: self.auto_away.as_ref().and_then(choice),
            replay_joins: self.replay_joins.as_ref().and_then(replay),
            email: self.email.clone(),
        })
    }
}

pub(super) async fn saget(State(face): App, JsonBody(request): JsonBody<AccountRequest>) -> Response {
    settings(&face, request.account(), Some(AccountEdits::default())).await
}

pub(super) async fn saset(State(face): App, JsonBody(request): JsonBody<SettingsRequest>) -> Response {
    let account = request.account_name.clone().filter(|name| !name.is_empty());
    settings(&face, account, request.edits()).await
}

async fn settings(face: &Face, account: Option<String>, edits: Option<AccountEdits>) -> Response {
    let (Some(account), Some(changes)) = (account, edits) else {
        return json(&Outcome::failed("INVALID_REQUEST"));
    };
    match face.calls.make(CALLER, Call::ChangeAccount { account, changes }).await {
        Ok(CallAnswer::Account(info)) => json(&SettingsAnswer::from(*info)),
        Err(CallRefused::Invalid(_)) => json(&Outcome::failed("INVALID_REQUEST")),
        Err(refused) => json(&Outcome::of(&refused)),
        Ok(_) => unavailable(),
    }
}
