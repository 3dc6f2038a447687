//! Every way to an account: logging in, registering one, and suspending it.

pub mod login;
pub mod register;
pub mod suspension;
