//! Every way to an account: logging in, registering one, and suspending it.

pub mod always_on;
pub mod login;
pub mod register;
pub mod suspension;
