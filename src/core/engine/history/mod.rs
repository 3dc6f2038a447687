//! Giving history back: who may read what, where it lies, and how it is told.
//!
//! What is in memory is told at once; what is stored for good is asked for, and the session waits. What comes
//! into history is the business of `context::recorder`.

mod latest;
mod missed;
pub mod reading;
pub mod redaction;
mod scope;
pub mod targets;
mod tell;
pub mod znc_playback;

pub use latest::play_latest;
pub use missed::{Stretch, catch_up, on_join, play, znc_limit};
pub use reading::{HistoryReading, ReadingStep, read};
pub use scope::{HistoryScope, scope};
pub use targets::{Listed, list_targets};
pub use tell::{SUBCOMMANDS, Style};
