//! The engine: no lines from clients make it panic or violate an invariant of its state, and every line
//! it sends is UTF-8 without a line ending.
//!
//! The input is lines; the first byte of each says which of eight clients sends it. A client that was
//! disconnected connects again.

#![no_main]

use ircd::config::{Config, load};
use ircd::engine::{Door, Effect, Effects, Engine, Event, JobAnswer, Line, Now, Seed};
use ircd::state::{SessionId, check};
use libfuzzer_sys::fuzz_target;

const CLIENTS: usize = 8;
const CONFIG: &str = "
network: {name: FuzzNet}
server:
  name: irc.test
  listeners: {'127.0.0.1:6667': }
datastore: {path: ircd.db}
oper-classes:
  admin: {title: Server Admin, capabilities: [kill, ban, rehash, samode, sajoin, chanreg]}
opers:
  admin: {class: admin, password: $2a$04$bKb6k5A6yuFA2wx.iJtxcuT2dojHQAjHd5ZPK/I2sjJml7p4spxjG}
";

/// An engine, and which of the clients are connected.
struct World {
    engine: Engine,
    now: Now,
    effects: Effects,
    live: [bool; CLIENTS],
    generations: [u32; CLIENTS],
}

impl World {
    fn new() -> World {
        let config: Box<Config> = Box::new(load(CONFIG, &[]).expect("the configuration is valid").config);
        let now = Now { mono_ms: 1_000_000, wall_ms: 1_605_232_502_201 };
        let engine = Engine::new(config, Seed::default(), now);
        World { engine, now, effects: Effects::default(), live: [false; CLIENTS], generations: [0; CLIENTS] }
    }

    fn session(&self, client: usize) -> SessionId {
        SessionId { slot: client as u32, generation: self.generations[client] }
    }

    /// Connects and registers, so that most lines come from a user.
    fn connect(&mut self, client: usize) {
        self.live[client] = true;
        self.generations[client] += 1;
        let door = Door {
            ip: [127, 0, 0, 1].into(),
            proxied: false,
            endpoints: None,
            secure: client.is_multiple_of(2),
            certfp: None,
            certificates: Box::default(),
            websocket: false,
            tor: false,
            sts_only: false,
            hide_sts: false,
        };
        let session = self.session(client);
        self.handle(Event::Opened { session, door: Box::new(door) });
        let caps =
            if client.is_multiple_of(4) { "CAP REQ :batch labeled-response message-tags" } else { "PING x" };
        for line in [caps, &format!("NICK c{client}"), "USER u 0 * :Real Name", "CAP END"] {
            if self.live[client] {
                self.handle(Event::Received { session, line: Line::Text(line) });
            }
        }
    }

    fn send(&mut self, client: usize, bytes: &[u8]) {
        if !self.live[client] {
            self.connect(client);
        }
        let session = self.session(client);
        let line = std::str::from_utf8(bytes).map_or(Line::Bytes(bytes), Line::Text);
        self.handle(Event::Received { session, line });
        if self.live[client] {
            self.handle(Event::Drained { session });
        }
    }

    fn handle(&mut self, event: Event<'_>) {
        self.effects.clear();
        self.engine.handle(self.now, event, &mut self.effects);
        assert_eq!(check::violations(self.engine.state()), Vec::<String>::new());
        let effects = std::mem::take(&mut self.effects);
        let mut tickets = Vec::new();
        for effect in effects.list() {
            match effect {
                Effect::Deliver { line, .. } | Effect::Answer { line, .. } => {
                    let line = std::str::from_utf8(effects.line(*line)).expect("output is UTF-8");
                    assert!(!line.contains(['\0', '\r', '\n']), "{line:?}");
                }
                Effect::Close { session } => self.live[session.slot as usize] = false,
                Effect::Ask { ticket, .. } => tickets.push(*ticket),
                _ => {}
            }
        }
        for ticket in tickets {
            self.handle(Event::Answered { ticket, answer: JobAnswer::Password(true) });
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let mut world = World::new();
    for line in input.split(|&byte| byte == b'\n') {
        let Some((&client, line)) = line.split_first() else { continue };
        world.now.mono_ms += 100;
        world.now.wall_ms += 100;
        world.send(usize::from(client) % CLIENTS, line);
    }
});
