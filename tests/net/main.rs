//! The doors from outside: real sockets against a server whose core is a simple one.

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
