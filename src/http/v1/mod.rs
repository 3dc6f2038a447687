//! The API of Ergo, with the same routes, requests and answers, for programs that use it.
//!
//! Every request is a POST with a token. Errors that Ergo reports with status 200 have it here, too.

mod accounts;
mod server;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Serialize;

use crate::engine::{CallRefused, CallResult};
use crate::wire::clock::Stamp;

use super::Face;
use super::access::authorized;
use super::body::{BODY_BYTES_MAX, json};

/// The name under which these calls are logged.
const CALLER: &str = "API";

type App = State<Arc<Face>>;

pub(super) fn routes(face: &Arc<Face>) -> Router<Arc<Face>> {
    Router::new()
        .route("/v1/rehash", post(server::rehash))
        .route("/v1/status", post(server::status))
        .route("/v1/list", post(server::list))
        .route("/v1/defcon", post(server::defcon))
        .route("/v1/check_auth", post(accounts::check_auth))
        .route("/v1/whois", post(server::whois))
        .route("/v1/ns/info", post(accounts::info))
        .route("/v1/ns/list", post(accounts::list))
        .route("/v1/ns/passwd", post(accounts::passwd))
        .route("/v1/ns/saregister", post(accounts::saregister))
        .route("/v1/ns/saget", post(accounts::saget))
        .route("/v1/ns/saset", post(accounts::saset))
        // Their names in older versions.
        .route("/v1/account_details", post(accounts::info))
        .route("/v1/account_list", post(accounts::list))
        .route("/v1/saregister", post(accounts::saregister))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .route_layer(from_fn_with_state(face.clone(), authorized))
}

/// The fields that all answers have.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    success: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
}

impl Outcome {
    const SUCCESS: Outcome = Outcome { success: true, error: String::new(), error_code: None };

    fn failed(error_code: &'static str) -> Outcome {
        Outcome { error_code: Some(error_code), ..Outcome::default() }
    }

    fn of(refused: &CallRefused) -> Outcome {
        let error = text(refused);
        let error_code = match refused {
            CallRefused::NotFound => "ACCOUNT_DOES_NOT_EXIST",
            CallRefused::AccountExists => "ACCOUNT_EXISTS",
            CallRefused::AccountUnverified => "ACCOUNT_UNVERIFIED",
            CallRefused::BadPassphrase => "INVALID_PASSPHRASE",
            _ => "UNKNOWN_ERROR",
        };
        Outcome { success: false, error, error_code: Some(error_code) }
    }
}

/// Returns the text about a refusal for a person.
fn text(refused: &CallRefused) -> String {
    match refused {
        CallRefused::NotFound => "No such account".to_owned(),
        CallRefused::AccountExists => "Account already exists".to_owned(),
        CallRefused::AccountUnverified => "Account is not verified".to_owned(),
        CallRefused::AccountSuspended => "Account is suspended".to_owned(),
        CallRefused::WrongCredentials => "Invalid account credentials".to_owned(),
        CallRefused::BadPassphrase => {
            "Passphrase contains forbidden characters or is otherwise invalid".to_owned()
        }
        CallRefused::Invalid(name) => format!("Invalid value of {name}"),
        CallRefused::Busy => "Server is busy".to_owned(),
        CallRefused::Failed(reason) => reason.clone(),
    }
}

/// Answers a call that has no result of its own.
fn conclude(result: CallResult) -> Response {
    json(&match result {
        Ok(_) => Outcome::SUCCESS,
        Err(refused) => Outcome::of(&refused),
    })
}

/// Answers a call that cannot be refused for what it asks: the server does not respond.
fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "Server is busy\n").into_response()
}

fn stamp(ms: u64) -> String {
    String::from_utf8_lossy(Stamp::new(ms).as_bytes()).into_owned()
}
