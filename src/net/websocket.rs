//! Decodes WebSocket messages into lines as they arrive. Leaves the handshake to [`super::upgrade`].
//!
//! The library parses frame headers, but messages are assembled here, because the library's own reader keeps
//! a read buffer for every idle connection. Invariant: between messages, a decoder uses no heap memory, and
//! within a message never more than the line limit.

use std::io::Cursor;

use smallvec::SmallVec;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::framing::{EmptyLineCounter, classify};
use super::outbox::push_frame_header;
use crate::engine::{CloseReason, Line};

/// The first byte of an unfragmented text frame.
pub(super) const TEXT: u8 = 0x81;
/// The first byte of an unfragmented binary frame.
pub(super) const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PONG: u8 = 0x8a;

/// Maximum payload of a control frame, in bytes (RFC 6455 section 5.5).
const CONTROL_BYTES_MAX: u64 = 125;
/// Maximum number of frames in one message. Clients that fragment messages do so at kilobytes.
const MESSAGE_FRAMES_MAX: u32 = 1024;
/// Maximum length of a client's frame header, in bytes.
const HEADER_BYTES_MAX: usize = 14;

/// Returns a close frame with a status code of RFC 6455 section 7.4.1.
pub(super) fn close_frame(status: u16) -> [u8; 4] {
    let [high, low] = status.to_be_bytes();
    [CLOSE, 2, high, low]
}

/// Decodes the input of one WebSocket client.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The beginning of a header that is not complete yet.
    head: SmallVec<[u8; HEADER_BYTES_MAX]>,
    frame: Option<WebSocketFrame>,
    /// The kind of the current message; `None` between messages.
    message_is_text: Option<bool>,
    /// The payload of the message so far, unmasked.
    message: Vec<u8>,
    /// The number of frames of the message so far.
    message_frames: u32,
    blanks: EmptyLineCounter,
    /// The payload of the current control frame, which can be between the frames of a message.
    control: Vec<u8>,
}

#[derive(Debug)]
struct WebSocketFrame {
    opcode: OpCode,
    is_final: bool,
    mask: [u8; 4],
    /// The number of payload bytes already read, which determines the position in the mask.
    read: u64,
    length: u64,
}

/// The end of a WebSocket client's input.
#[derive(Debug)]
pub struct End {
    /// The reason for the engine.
    pub reason: CloseReason,
    /// The status code of the close frame to send.
    pub status: u16,
}

fn violation(what: &str, status: u16) -> End {
    End { reason: CloseReason::Violation(what.into()), status }
}

impl Decoder {
    /// Decodes bytes as they arrived, and calls `emit` with each message as a line, until it returns false.
    /// Appends pongs to `reply`, at most one for each ping. Every 64th frame without a message becomes an
    /// empty line ([`EmptyLineCounter`]). Returns the number of bytes used.
    ///
    /// # Errors
    /// If the client closes the connection or violates the protocol, or a message is too long.
    pub fn feed(
        &mut self,
        mut input: &[u8],
        line_bytes_max: usize,
        reply: &mut Vec<u8>,
        mut emit: impl FnMut(Line<'_>) -> bool,
    ) -> Result<usize, End> {
        let length = input.len();
        let mut continues = true;
        while continues {
            if self.frame.is_none() {
                match self.read_header(&mut input, line_bytes_max)? {
                    Some(frame) => self.frame = Some(frame),
                    None => break,
                }
            }
            if !self.read_payload(&mut input) {
                break;
            }
            let Some(frame) = self.frame.take() else { break };
            let is_blank = match frame.opcode {
                OpCode::Control(control) => {
                    self.finish_control(control, reply)?;
                    true
                }
                OpCode::Data(_) if frame.is_final => match self.finish_message(&mut emit)? {
                    Some(wants_more) => {
                        continues = wants_more;
                        false
                    }
                    None => true,
                },
                OpCode::Data(_) => frame.length == 0,
            };
            if is_blank && self.blanks.add() {
                continues = emit(Line::Text(""));
            }
        }
        Ok(length - input.len())
    }

    fn read_header(
        &mut self,
        input: &mut &[u8],
        line_bytes_max: usize,
    ) -> Result<Option<WebSocketFrame>, End> {
        let parsed = if self.head.is_empty() {
            let mut cursor = Cursor::new(*input);
            let parsed = parse_header(&mut cursor)?;
            if parsed.is_some() {
                *input = &input[cursor.position() as usize..];
            } else {
                // An incomplete header always fits.
                self.head.extend(input.iter().copied());
                *input = &[];
            }
            parsed
        } else {
            let mut parsed = None;
            while let (None, Some((&byte, rest))) = (&parsed, input.split_first()) {
                self.head.push(byte);
                *input = rest;
                parsed = parse_header(&mut Cursor::new(&self.head[..]))?;
            }
            if parsed.is_some() {
                self.head.clear();
            }
            parsed
        };
        parsed.map(|(header, length)| self.begin(&header, length, line_bytes_max)).transpose()
    }

    /// Checks a header against the state of the connection (RFC 6455 sections 5.1, 5.2 and 5.4), and the
    /// announced length against the limits of a message (section 7.4.1, status 1009).
    fn begin(
        &mut self,
        header: &FrameHeader,
        length: u64,
        line_bytes_max: usize,
    ) -> Result<WebSocketFrame, End> {
        let Some(mask) = header.mask else {
            return Err(violation("websocket frame is not masked", 1002));
        };
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(violation("reserved bit set in websocket frame", 1002));
        }
        match header.opcode {
            OpCode::Control(_) => {
                if length > CONTROL_BYTES_MAX || !header.is_final {
                    return Err(violation("websocket control frame is too long or fragmented", 1002));
                }
            }
            OpCode::Data(Data::Continue) if self.message_is_text.is_none() => {
                return Err(violation("websocket continuation without a message", 1002));
            }
            OpCode::Data(Data::Continue) => {}
            OpCode::Data(kind) if self.message_is_text.is_none() => {
                self.message_is_text = Some(kind == Data::Text);
            }
            OpCode::Data(_) => {
                return Err(violation("websocket message begins within another", 1002));
            }
        }
        if let OpCode::Data(_) = header.opcode {
            self.message_frames += 1;
            let bytes = length.saturating_add(self.message.len() as u64);
            if bytes > line_bytes_max as u64 || self.message_frames > MESSAGE_FRAMES_MAX {
                return Err(violation("websocket message is too long", 1009));
            }
        }
        Ok(WebSocketFrame { opcode: header.opcode, is_final: header.is_final, mask, read: 0, length })
    }

    /// Moves payload from `input` to its buffer; returns true if the frame is complete.
    fn read_payload(&mut self, input: &mut &[u8]) -> bool {
        let Some(frame) = &mut self.frame else { return false };
        let count = (frame.length - frame.read).min(input.len() as u64) as usize;
        let (payload, rest) = input.split_at(count);
        *input = rest;
        let offset = frame.read as usize;
        let mask = frame.mask;
        let unmasked = payload.iter().enumerate().map(|(at, byte)| byte ^ mask[(offset + at) & 3]);
        frame.read += count as u64;
        if let OpCode::Control(_) = frame.opcode {
            self.control.extend(unmasked);
        } else {
            self.message.extend(unmasked);
        }
        frame.read == frame.length
    }

    fn finish_control(&mut self, control: Control, reply: &mut Vec<u8>) -> Result<(), End> {
        let payload = std::mem::take(&mut self.control);
        match control {
            Control::Ping => {
                push_frame_header(reply, PONG, payload.len());
                reply.extend_from_slice(&payload);
                Ok(())
            }
            Control::Pong => Ok(()),
            Control::Close => Err(End { reason: CloseReason::Hangup, status: 1000 }),
            Control::Reserved(_) => Err(violation("unknown websocket opcode", 1002)),
        }
    }

    /// Emits a message; returns whether more are wanted, or `None` if the message was empty.
    fn finish_message(&mut self, emit: &mut impl FnMut(Line<'_>) -> bool) -> Result<Option<bool>, End> {
        let message = std::mem::take(&mut self.message);
        let is_text = self.message_is_text.take() == Some(true);
        self.message_frames = 0;
        let line = message.strip_suffix(b"\n").unwrap_or(&message);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match classify(line) {
            Line::Bytes(_) if is_text => Err(violation("websocket text message is not utf-8", 1007)),
            Line::Text("") => Ok(None),
            line => Ok(Some(emit(line))),
        }
    }
}

fn parse_header(cursor: &mut Cursor<&[u8]>) -> Result<Option<(FrameHeader, u64)>, End> {
    FrameHeader::parse(cursor).map_err(|_| violation("unknown websocket opcode", 1002))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::frame::Frame as ClientFrame;

    const MAX: usize = 40;

    fn masked(opcode: OpCode, is_final: bool, payload: &[u8]) -> Vec<u8> {
        let header = FrameHeader { is_final, opcode, mask: Some([1, 2, 3, 250]), ..Default::default() };
        let mut out = Vec::new();
        ClientFrame::from_payload(header, payload.to_vec().into()).format(&mut out).unwrap();
        out
    }

    fn text(payload: &str) -> Vec<u8> {
        masked(OpCode::Data(Data::Text), true, payload.as_bytes())
    }

    fn read(chunks: &[&[u8]]) -> (Vec<String>, Vec<u8>, Result<(), End>) {
        let (mut lines, mut reply) = (Vec::new(), Vec::new());
        let mut decoder = Decoder::default();
        for chunk in chunks {
            let result = decoder.feed(chunk, MAX, &mut reply, |line| {
                lines.push(format!("{line:?}"));
                true
            });
            match result {
                Ok(used) => assert_eq!(used, chunk.len()),
                Err(end) => return (lines, reply, Err(end)),
            }
        }
        (lines, reply, Ok(()))
    }

    #[test]
    fn one_line_per_message_without_its_line_ending() {
        let binary = masked(OpCode::Data(Data::Binary), true, b"caf\xe9");
        let input = [text("NICK a"), text("USER b\r\n"), text(""), binary].concat();
        let (lines, _, result) = read(&[&input]);
        assert_eq!(lines, [r#"Text("NICK a")"#, r#"Text("USER b")"#, "Bytes([99, 97, 102, 233])"]);
        assert!(result.is_ok());
    }

    #[test]
    fn fragments_are_one_message_with_pings_in_between() {
        let input = [
            masked(OpCode::Data(Data::Text), false, b"PRIVMSG "),
            masked(OpCode::Control(Control::Ping), true, b"x"),
            masked(OpCode::Data(Data::Continue), true, b"a :b"),
        ]
        .concat();
        let (lines, reply, _) = read(&[&input]);
        assert_eq!(lines, [r#"Text("PRIVMSG a :b")"#]);
        assert_eq!(reply, [0x8a, 1, b'x']);
    }

    #[test]
    fn a_message_that_is_too_long_is_rejected_by_its_header() {
        let longest = text(&"y".repeat(MAX));
        let (lines, _, result) = read(&[&longest]);
        assert_eq!(lines, [format!("Text(\"{}\")", "y".repeat(MAX))]);
        assert!(result.is_ok());
        let begun = masked(OpCode::Data(Data::Text), false, b"xx");
        let rest = masked(OpCode::Data(Data::Continue), true, &[b'x'; MAX - 1]);
        let endless = masked(OpCode::Data(Data::Continue), false, b"").repeat(MESSAGE_FRAMES_MAX as usize);
        let huge = [0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4];
        let cases: [&[&[u8]]; 4] =
            [&[&text(&"x".repeat(MAX + 1))[..6]], &[&begun, &rest[..6]], &[&begun, &endless], &[&huge]];
        for chunks in cases {
            let (lines, _, result) = read(chunks);
            assert_eq!(result.unwrap_err().status, 1009);
            assert!(lines.iter().all(|line| line == "Text(\"\")"), "{lines:?}");
        }
    }

    #[test]
    fn many_frames_without_a_message_count_as_a_line() {
        let ping = masked(OpCode::Control(Control::Ping), true, b"");
        let pong = masked(OpCode::Control(Control::Pong), true, b"");
        for blank in [&ping, &pong, &text(""), &text("\r\n")] {
            assert!(read(&[&blank.repeat(63)]).0.is_empty());
            assert_eq!(read(&[&blank.repeat(64)]).0, ["Text(\"\")"]);
        }
    }

    #[test]
    fn violations_end_the_connection_with_the_right_status() {
        let mut unmasked = Vec::new();
        push_frame_header(&mut unmasked, TEXT, 1);
        unmasked.push(b'x');
        let cases: [(&str, Vec<u8>, u16); 7] = [
            ("not masked", unmasked, 1002),
            ("reserved bit", [0xc1, 0x80, 0, 0, 0, 0].to_vec(), 1002),
            ("continuation", masked(OpCode::Data(Data::Continue), true, b"x"), 1002),
            ("within another", [masked(OpCode::Data(Data::Text), false, b"x"), text("y")].concat(), 1002),
            ("control frame", masked(OpCode::Control(Control::Ping), true, &[0; 126]), 1002),
            ("opcode", [0x83, 0x80, 0, 0, 0, 0].to_vec(), 1002),
            ("utf-8", masked(OpCode::Data(Data::Text), true, b"\xff"), 1007),
        ];
        for (word, input, status) in cases {
            let end = read(&[&input]).2.expect_err(word);
            assert_eq!(end.status, status, "{word}");
            assert!(format!("{:?}", end.reason).contains(word), "{word}: {end:?}");
        }
        let close = masked(OpCode::Control(Control::Close), true, &1000u16.to_be_bytes());
        assert_eq!(read(&[&close]).2.unwrap_err().reason, CloseReason::Hangup);
    }

    proptest! {
        #[test]
        fn splitting_the_input_has_no_effect(
            messages in proptest::collection::vec("[a-z]{0,50}", 0..6),
            cuts in proptest::collection::vec(0usize..300, 0..12),
        ) {
            let input: Vec<u8> = messages.iter().flat_map(|message| text(message)).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(input.len())).collect();
            cuts.extend([0, input.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &input[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(&chunks).0, read(&[&input]).0);
        }

        #[test]
        fn arbitrary_bytes_never_panic(input in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&[&input]);
        }
    }
}
