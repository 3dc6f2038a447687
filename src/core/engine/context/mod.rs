//! The context of every handler: the session being served, its answer, what it waits for, and how lines are
//! sent.

pub mod answer;
pub mod cx;
pub mod guard;
pub mod ids;
pub mod ledger;
pub mod multiline;
pub mod recorder;
pub mod refusal;
pub mod service;
pub mod timers;
pub mod turn;
pub mod voice;
pub mod waiting;
