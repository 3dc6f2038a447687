//! Assembles the parts into a running server.

pub mod logging;
