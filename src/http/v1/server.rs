//! Routes about the server, its channels and its users.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::engine::{Call, CallAnswer, CallRefused, ChannelInfo, UserInfo};
use crate::http::body::{JsonBody, json};

use super::{App, CALLER, Outcome, stamp, text, unavailable};

pub(super) async fn rehash(State(face): App) -> Response {
    let result = face.calls.make(CALLER, Call::Rehash).await;
    json(&match result {
        Ok(_) => Outcome::SUCCESS,
        Err(refused) => Outcome { error: text(&refused), ..Outcome::default() },
    })
}

#[derive(Debug, Serialize)]
struct Status {
    #[serde(flatten)]
    outcome: Outcome,
    version: &'static str,
    /// For programs that require the field; this server is not written in Go.
    go_version: &'static str,
    start_time: String,
    users: UserCounts,
    channels: usize,
    servers: usize,
}

#[derive(Debug, Serialize)]
struct UserCounts {
    total: usize,
    invisible: usize,
    operators: usize,
    unknown: usize,
    max: usize,
}

pub(super) async fn status(State(face): App) -> Response {
    let Ok(CallAnswer::Status(status)) = face.calls.make(CALLER, Call::ReadStatus).await else {
        return unavailable();
    };
    json(&Status {
        outcome: Outcome::SUCCESS,
        version: status.version,
        go_version: "",
        start_time: stamp(status.started_ms),
        users: UserCounts {
            total: status.users,
            invisible: status.invisible,
            operators: status.operators,
            unknown: status.unregistered,
            max: status.users_max,
        },
        channels: status.channels,
        servers: 1,
    })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Channel {
    name: String,
    has_key: bool,
    invite_only: bool,
    secret: bool,
    user_count: usize,
    topic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_set_at: Option<String>,
    created_at: String,
    registered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_at: Option<String>,
}

impl From<ChannelInfo> for Channel {
    fn from(info: ChannelInfo) -> Channel {
        let (owner, registered_ms) = info.registered.unzip();
        Channel {
            name: info.name,
            has_key: info.has_key,
            invite_only: info.invite_only,
            secret: info.secret,
            user_count: info.members,
            topic: info.topic,
            topic_set_at: info.topic_ms.map(stamp),
            created_at: stamp(info.created_ms),
            registered: owner.is_some(),
            owner,
            registered_at: registered_ms.map(stamp),
        }
    }
}

#[derive(Debug, Serialize)]
struct ChannelList {
    #[serde(flatten)]
    outcome: Outcome,
    channels: Vec<Channel>,
}

pub(super) async fn list(State(face): App) -> Response {
    let mut channels = Vec::new();
    let mut next = Some(0);
    while let Some(from) = next {
        let Ok(CallAnswer::Channels(page)) = face.calls.make(CALLER, Call::ListChannels { from }).await
        else {
            return unavailable();
        };
        channels.extend(page.entries.into_iter().map(Channel::from));
        next = page.next;
    }
    json(&ChannelList { outcome: Outcome::SUCCESS, channels })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DefconRequest {
    defcon: Option<u8>,
}

#[derive(Debug, Serialize)]
struct DefconAnswer {
    #[serde(flatten)]
    outcome: Outcome,
    defcon: u8,
}

/// Sets the level if the request contains a valid one; anything else only reads it.
pub(super) async fn defcon(State(face): App, body: Bytes) -> Response {
    let request: DefconRequest = serde_json::from_slice(&body).unwrap_or_default();
    let level = request.defcon.filter(|level| (1..=5).contains(level));
    match face.calls.make(CALLER, Call::Defcon { level }).await {
        Ok(CallAnswer::Defcon(defcon)) => json(&DefconAnswer { outcome: Outcome::SUCCESS, defcon }),
        _ => unavailable(),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WhoisRequest {
    nickname: Option<String>,
}

#[derive(Debug, Default, Serialize)]
struct Whois {
    #[serde(flatten)]
    outcome: Outcome,
    present: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    nickname: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    username: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    hostname: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    realname: String,
    account: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    modes: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    away: String,
    /// Absent users have `null`.
    channels: Option<Vec<Membership>>,
    session_count: usize,
}

#[derive(Debug, Serialize)]
struct Membership {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<char>,
    join_time: String,
}

impl From<UserInfo> for Whois {
    fn from(info: UserInfo) -> Whois {
        let channels = info.channels.into_iter().map(|membership| Membership {
            name: membership.channel,
            mode: membership.rank,
            join_time: stamp(membership.joined_ms),
        });
        Whois {
            outcome: Outcome::SUCCESS,
            present: true,
            nickname: info.nick,
            username: info.username,
            hostname: info.host,
            realname: info.realname,
            account: info.account.unwrap_or_default(),
            modes: info.modes,
            away: info.away.unwrap_or_default(),
            channels: Some(channels.collect()),
            session_count: info.sessions,
        }
    }
}

pub(super) async fn whois(State(face): App, JsonBody(request): JsonBody<WhoisRequest>) -> Response {
    let nick = request.nickname.unwrap_or_default();
    match face.calls.make(CALLER, Call::FindUser { nick }).await {
        Ok(CallAnswer::User(info)) => json(&Whois::from(*info)),
        Err(CallRefused::NotFound) => json(&Whois { outcome: Outcome::SUCCESS, ..Whois::default() }),
        _ => unavailable(),
    }
}
