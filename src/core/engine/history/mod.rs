//! Reads history: decides which client may read it, finds it in memory and the archive, and sends it.
//!
//! Lines in memory are sent at once; lines in the archive are requested as a job, and the session waits for
//! it. `context::recorder` decides what is recorded.

mod latest;
mod missed;
mod page;
pub mod reading;
pub mod redaction;
mod scope;
pub mod targets;
pub mod znc_playback;

pub use latest::play_latest;
pub use missed::{Period, catch_up, on_join, play, znc_limit};
pub use page::{SUBCOMMANDS, Style};
pub use reading::{HistoryReading, ReadingStep, read};
pub use scope::{HistoryScope, scope};
pub use targets::{Listed, list_targets};
