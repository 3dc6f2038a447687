//! Listeners and connections: real sockets against a server with a simple core.

mod child_server;
mod disk;
mod durable;
mod fake_core;
mod harness;
mod history;
mod limits;
mod lines;
mod proxy;
mod stop;
mod tls;
mod websocket;
