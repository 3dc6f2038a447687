//! Who may use the routes of programs.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::config::LogType;
use crate::net::HttpDoor;

use super::Face;

/// Rejects requests without a valid token, before their body is read.
pub(super) async fn authorized(
    State(face): State<Arc<Face>>,
    Extension(door): Extension<HttpDoor>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let token = bearer_token(headers);
    if door.serves_api() && token.is_some_and(|token| face.settings().accepts(token)) {
        return next.run(request).await;
    }
    if token.is_some() {
        let client = door.client(&forwarded_for(headers));
        tracing::info!(target: LogType::Api.name(), %client, "rejected a wrong token");
    }
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], "Unauthorized\n").into_response()
}

/// Returns all values of `X-Forwarded-For` as one list (RFC 9110 section 5.3).
fn forwarded_for(headers: &HeaderMap) -> String {
    let values = headers.get_all("X-Forwarded-For").iter().map(|value| value.to_str().unwrap_or("?"));
    values.collect::<Vec<_>>().join(",")
}

/// Returns the token of a request (RFC 6750 section 2.1).
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
