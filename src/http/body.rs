//! Bodies of requests and answers.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Maximum size of the body of a request, in bytes.
pub(super) const BODY_BYTES_MAX: usize = 64 << 10;

/// The body of a request, read as JSON whatever type the request gives for it. If it is not valid, the
/// request is answered with 400.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<JsonBody<T>, Response> {
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        // Serde would read an array as the fields in their order.
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(bad_request("expected an object"));
        }
        serde_json::from_slice(&body).map(JsonBody).map_err(|error| bad_request(&error.to_string()))
    }
}

fn bad_request(reason: &str) -> Response {
    let text = format!("failed to deserialize json request: {reason}\n");
    (StatusCode::BAD_REQUEST, text).into_response()
}

/// Returns an answer with a body of JSON.
pub(super) fn json(body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(mut bytes) => {
            // Less annoying in a terminal.
            bytes.push(b'\n');
            ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
