//! Tests of the pure engine: transcripts, simulation, determinism. No socket, thread or clock.

mod bench;
mod determinism;
mod imported;
mod login;
mod long_answers;
mod promises;
mod simulation;
mod stored;
mod transcript;
