//! Tests of the pure engine: transcripts, simulation, determinism. No socket, thread or clock.

mod calls;
mod determinism;
mod fake_archive;
mod form;
mod full_log;
mod imported;
mod invariants;
mod jobs;
mod large;
mod login;
mod long_answers;
mod secret_channels;
mod simulation;
mod testbench;
mod transcript;
