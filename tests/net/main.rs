//! The doors from outside: real sockets against a server whose core is a simple one.

mod board;
mod disk;
mod durable;
mod harness;
mod history;
mod keeper;
mod limits;
mod lines;
mod proxy;
mod stop;
mod tls;
mod websocket;
