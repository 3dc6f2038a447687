//! The same events have the same effects, byte for byte.

use crate::simulation::{Random, Step, World};

const EVENTS: usize = 100_000;

#[test]
fn a_hundred_thousand_recorded_events_have_the_same_effects_twice() {
    let mut random = Random(42);
    let mut world = World::new(42);
    // The simulation checks the state after each event; here there are too many.
    world.bench.check_every = 100;
    let mut recorded: Vec<Step> = Vec::with_capacity(EVENTS);
    let mut first = Vec::with_capacity(EVENTS);
    for _ in 0..EVENTS {
        let step = random.step(&world);
        first.push(world.step(&step));
        recorded.push(step);
    }
    assert!(first.iter().map(String::len).sum::<usize>() > EVENTS, "hardly any effects");

    let mut again = World::new(42);
    again.bench.check_every = 100;
    for (number, step) in recorded.iter().enumerate() {
        let second = again.step(step);
        assert!(first[number] == second, "event {number} ({step:?}) differs:\n{}\n{second}", first[number]);
    }
}
