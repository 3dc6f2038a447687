//! The HTTP face of the binary: the routes of Ergo's API, their tokens, and the limits of requests.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::sandbox::{Running, Sandbox, WAIT_MAX};

const TOKEN: &str = "EYBbXVilnumTtfn4A9HE8_TiKLGWEGylre7FG6gEww0";

/// A server with the API on a listener of its own.
struct Api {
    sandbox: Sandbox,
    port: u16,
    _server: Running,
}

impl Api {
    fn start() -> Api {
        let sandbox = Sandbox::configured();
        let port = Sandbox::empty().port;
        let text = fs::read_to_string(sandbox.path("ircd.yaml")).unwrap();
        let api = format!(
            "{text}accounts: {{registration: {{bcrypt-cost: 4}}}}\n\
             api: {{enabled: true, listener: \"127.0.0.1:{port}\", bearer-tokens: [{TOKEN}]}}\n"
        );
        sandbox.write("ircd.yaml", &api);
        let server = sandbox.start();
        Api { sandbox, port, _server: server }
    }

    /// Posts a body with the token; returns the answer, which has status 200.
    fn post(&self, route: &str, body: &str) -> serde_json::Value {
        let answer = request(self.port, "POST", route, &format!("Authorization: Bearer {TOKEN}\r\n"), body);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{route}: {answer}");
        serde_json::from_str(body).unwrap()
    }

    /// Connects an IRC client that joins a channel; it stays as long as the result is kept.
    fn join(&self, nick: &str, channel: &str) -> TcpStream {
        let mut client = TcpStream::connect(("127.0.0.1", self.sandbox.port)).unwrap();
        client.set_read_timeout(Some(WAIT_MAX)).unwrap();
        write!(client, "NICK {nick}\r\nUSER {nick} 0 * :Real\r\n").unwrap();
        write!(client, "JOIN {channel}\r\nTOPIC {channel} :Hi\r\n").unwrap();
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(" TOPIC ") {
            let mut some = [0; 4096];
            let bytes = client.read(&mut some).unwrap();
            assert_ne!(bytes, 0);
            seen.extend_from_slice(&some[..bytes]);
        }
        client
    }
}

/// Makes a request on a connection of its own; returns head and body of the answer.
fn request(port: u16, method: &str, route: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
    let length = body.len();
    let head = format!("{method} {route} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    let head = format!("{head}Content-Length: {length}\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // The server may reject the request before its body has arrived.
    let _ = stream.write_all(body.as_bytes());
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn keys(value: &serde_json::Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_routes_of_ergo_describe_server_channels_and_users() {
    let api = Api::start();
    let _alice = api.join("alice", "#test");
    let status = api.post("/v1/status", "");
    assert_eq!(
        keys(&status),
        ["channels", "go_version", "servers", "start_time", "success", "users", "version"]
    );
    assert_eq!(keys(&status["users"]), ["invisible", "max", "operators", "total", "unknown"]);
    assert_eq!((&status["users"]["total"], &status["channels"]), (&1.into(), &1.into()));
    let list = api.post("/v1/list", "{}");
    let channel = &list["channels"][0];
    assert_eq!((&channel["name"], &channel["userCount"]), (&"#test".into(), &1.into()));
    assert_eq!((&channel["topic"], &channel["registered"]), (&"Hi".into(), &false.into()));
    assert!(channel["createdAt"].as_str().unwrap().ends_with('Z') && channel["topicSetAt"].is_string());
    let whois = api.post("/v1/whois", r#"{"nickname": "ALICE"}"#);
    assert_eq!((&whois["present"], &whois["nickname"]), (&true.into(), &"alice".into()));
    assert_eq!((&whois["realname"], &whois["session_count"]), (&"Real".into(), &1.into()));
    assert_eq!(
        (&whois["channels"][0]["name"], &whois["channels"][0]["mode"]),
        (&"#test".into(), &"o".into())
    );
    let absent = api.post("/v1/whois", r#"{"nickname": "bob"}"#);
    assert_eq!((&absent["success"], &absent["present"]), (&true.into(), &false.into()));
    assert_eq!(api.post("/v1/defcon", "")["defcon"], 5);
    assert_eq!(api.post("/v1/defcon", r#"{"defcon": 4}"#)["defcon"], 4);
    assert_eq!(api.post("/v1/defcon", r#"{"defcon": 9}"#)["defcon"], 4);
    assert_eq!(api.post("/v1/rehash", "")["success"], true);
    api.sandbox.write("ircd.yaml", "nonsense: [");
    let failed = api.post("/v1/rehash", "");
    assert!(
        failed["success"] == false && failed["error"].as_str().unwrap().contains("ircd.yaml"),
        "{failed}"
    );
}

#[test]
fn the_routes_of_ergo_manage_accounts() {
    let api = Api::start();
    let account = r#"{"accountName": "Alice", "passphrase": "first-passphrase"}"#;
    assert_eq!(api.post("/v1/ns/saregister", account)["success"], true);
    let again = api.post("/v1/saregister", account);
    assert_eq!((&again["success"], &again["errorCode"]), (&false.into(), &"ACCOUNT_EXISTS".into()));
    let bad = api.post("/v1/ns/saregister", r#"{"accountName": "bob", "passphrase": ""}"#);
    assert_eq!(bad["errorCode"], "INVALID_PASSPHRASE");
    let login = api.post("/v1/check_auth", r#"{"accountName": "aLICE", "passphrase": "first-passphrase"}"#);
    assert_eq!((&login["success"], &login["accountName"]), (&true.into(), &"Alice".into()));
    let change = r#"{"accountName": "alice", "passphrase": "second-passphrase"}"#;
    assert_eq!(api.post("/v1/ns/passwd", change)["success"], true);
    assert_eq!(api.post("/v1/check_auth", account)["success"], false);
    assert_eq!(api.post("/v1/check_auth", change)["success"], true);
    assert_eq!(api.post("/v1/check_auth", "{}")["success"], false);
    let missing = api.post("/v1/ns/passwd", r#"{"accountName": "carol", "passphrase": "x"}"#);
    assert_eq!(missing["errorCode"], "ACCOUNT_DOES_NOT_EXIST");
    let saget = api.post("/v1/ns/saget", r#"{"accountName": "alice"}"#);
    assert_eq!((&saget["alwaysOn"], &saget["replayJoins"]), (&"default".into(), &"commands-only".into()));
    let edits =
        r#"{"accountName": "alice", "alwaysOn": "on", "email": "a@example.com", "replayJoins": "on"}"#;
    let saset = api.post("/v1/ns/saset", edits);
    assert_eq!((&saset["alwaysOn"], &saset["email"]), (&"on".into(), &"a@example.com".into()));
    assert_eq!((&saset["autoAway"], &saset["replayJoins"]), (&"default".into(), &"on".into()));
    for bad in [r#"{"accountName": "alice", "autoAway": "maybe"}"#, r#"{"alwaysOn": "on"}"#] {
        assert_eq!(api.post("/v1/ns/saset", bad)["errorCode"], "INVALID_REQUEST");
    }
    let info = api.post("/v1/account_details", r#"{"accountName": "alice"}"#);
    assert_eq!(keys(&info), ["accountName", "email", "registeredAt", "success"]);
    assert_eq!(api.post("/v1/ns/info", r#"{"accountName": "carol"}"#)["success"], false);
    let list = api.post("/v1/account_list", "");
    assert_eq!((&list["totalCount"], &list["accounts"][0]["accountName"]), (&1.into(), &"Alice".into()));
    // The accounts survive a restart.
    let Api { sandbox, port, _server: server } = api;
    assert_eq!(server.stop(), Some(0));
    let server = sandbox.start();
    let api = Api { sandbox, port, _server: server };
    assert_eq!(api.post("/v1/check_auth", change)["success"], true);
    assert_eq!(api.post("/v1/ns/list", "")["totalCount"], 1);
}

#[test]
fn requests_without_a_valid_token_and_bad_requests_are_rejected() {
    let api = Api::start();
    let (valid, wrong) =
        (format!("Authorization: Bearer {TOKEN}\r\n"), format!("Authorization: Bearer {TOKEN}x\r\n"));
    let basic = format!("Authorization: Basic {TOKEN}\r\n");
    for route in [
        "status",
        "rehash",
        "list",
        "defcon",
        "check_auth",
        "whois",
        "ns/info",
        "ns/list",
        "ns/passwd",
        "ns/saregister",
        "ns/saget",
        "ns/saset",
        "saregister",
        "account_details",
        "account_list",
    ] {
        let route = format!("/v1/{route}");
        for headers in ["", &wrong, &basic, "Authorization: Bearer \r\n", "Authorization: Bearer\r\n"] {
            let answer = request(api.port, "POST", &route, headers, "{}");
            assert!(answer.starts_with("HTTP/1.1 401 "), "{route} with {headers:?}: {answer}");
        }
        let answer = request(api.port, "GET", &route, &valid, "");
        assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    }
    for (body, status) in [("{", "400"), ("[]", "400"), ("", "400"), (&"x".repeat(100_000), "413")] {
        let answer = request(api.port, "POST", "/v1/whois", &valid, body);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    let answer = request(api.port, "POST", "/v2/nothing", &valid, "");
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[test]
fn health_is_reported_without_a_token() {
    let api = Api::start();
    for (route, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = request(api.port, "GET", route, "", "");
        assert!(
            answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(&format!("\r\n\r\n{body}")),
            "{answer}"
        );
        assert!(answer.to_ascii_lowercase().contains("x-content-type-options: nosniff"), "{answer}");
    }
}

#[test]
fn metrics_count_what_happens() {
    let api = Api::start();
    let _alice = api.join("alice", "#test");
    let token = format!("Authorization: Bearer {TOKEN}\r\n");
    assert!(request(api.port, "GET", "/metrics", "", "").starts_with("HTTP/1.1 401 "));
    let answer = request(api.port, "GET", "/metrics", &token, "");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("# EOF\n"), "{answer}");
    assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0"), "{answer}");
    let listener = format!("ircd_connections{{listener=\"127.0.0.1:{}\"}} 1", api.sandbox.port);
    let logins = "ircd_logins_total{outcome=\"wrong\"} 0";
    for line in [
        "ircd_users 1",
        "ircd_channels 1",
        "ircd_lines_received_total 4",
        "ircd_spool_bytes 0",
        logins,
        &listener,
    ] {
        assert!(answer.lines().any(|found| found == line), "{line} is not in {answer}");
    }
    for name in ["turn_seconds", "event_seconds", "durable_seconds", "recipients", "job_seconds"] {
        assert!(answer.contains(&format!("# TYPE ircd_{name} histogram\n")), "{name} is not in {answer}");
    }
}

#[test]
fn a_request_head_that_never_ends_is_closed() {
    let api = Api::start();
    let mut streams: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", api.port)).unwrap();
            stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
            stream.write_all(b"POST /v1/status HTTP/1.1\r\nX: ").unwrap();
            stream
        })
        .collect();
    assert_eq!(api.post("/v1/status", "")["success"], true);
    for stream in &mut streams {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the server closes the connection");
    }
}
