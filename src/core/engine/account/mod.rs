//! Every way to an account, and out of it: logging in, registering one, suspending and losing it.

pub mod always_on;
pub mod login;
mod loss;
mod permit;
pub mod register;
pub mod suspension;

pub use loss::lose_account;
