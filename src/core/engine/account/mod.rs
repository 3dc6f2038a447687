//! Every way into and out of an account: logging in, registering, suspending it, and losing it.

pub mod always_on;
pub mod credentials;
pub mod login;
mod loss;
pub mod name;
mod permit;
pub mod register;
pub mod suspension;

pub use loss::lose_account;
