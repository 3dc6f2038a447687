//! The output of one connection that is not sent yet, and the pool that provides its memory. Invariant: an
//! empty outbox owns no memory.

/// Maximum size of a buffer in the pool. Larger buffers are freed.
const POOLED_BUFFER_BYTES_MAX: usize = 32 * 1024;
/// Maximum memory in the pool of one shard.
const POOL_BYTES_MAX: usize = 2 << 20;

/// Maximum size of the answers to a client's own commands that may wait beyond `max-sendq`, in bytes. The
/// engine holds a client that does not read long before; this is a second limit in case it does not.
const OWN_BYTES_MAX: usize = 1 << 20;

/// Spare buffers of a shard.
#[derive(Debug, Default)]
pub(super) struct Pool {
    spare: Vec<Vec<u8>>,
    bytes: usize,
}

impl Pool {
    fn take(&mut self) -> Vec<u8> {
        let buffer = self.spare.pop().unwrap_or_default();
        self.bytes -= buffer.capacity();
        buffer
    }

    fn give_back(&mut self, mut buffer: Vec<u8>) {
        let bytes = buffer.capacity();
        if bytes <= POOLED_BUFFER_BYTES_MAX && self.bytes + bytes <= POOL_BYTES_MAX {
            buffer.clear();
            self.bytes += bytes;
            self.spare.push(buffer);
        }
    }
}

/// The framing of a line that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    /// `line` CR LF.
    Line,
    /// A WebSocket frame; the byte is its first.
    Frame(u8),
}

/// Bytes that wait for one socket.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    data: Vec<u8>,
    /// Size of the answers to the client's own commands, which do not count against `max-sendq`.
    own: usize,
}

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.data.len()
    }

    /// Returns the size of the waiting answers to own commands, in bytes; an upper bound until the outbox is
    /// empty.
    pub(super) fn own_len(&self) -> usize {
        self.own
    }

    /// Returns whether the output exceeds `max-sendq`. Answers to the client's own commands do not count, up
    /// to a limit that a client that reads never reaches.
    #[inline]
    pub(super) fn is_over(&self, sendq_bytes_max: usize) -> bool {
        self.data.len() > sendq_bytes_max + self.own.min(OWN_BYTES_MAX)
    }

    pub(super) fn pending(&self) -> &[u8] {
        &self.data
    }

    /// Appends a line that another client caused.
    #[inline]
    pub(super) fn push(&mut self, line: &[u8], wrapping: Wrapping, pool: &mut Pool) {
        if self.data.capacity() == 0 {
            self.data = pool.take();
        }
        match wrapping {
            Wrapping::Line => {
                self.data.reserve(line.len() + 2);
                self.data.extend_from_slice(line);
                self.data.extend_from_slice(b"\r\n");
            }
            Wrapping::Frame(first) => {
                push_frame_header(&mut self.data, first, line.len());
                self.data.extend_from_slice(line);
            }
        }
    }

    /// Appends a line that the client itself caused.
    pub(super) fn push_own(&mut self, line: &[u8], wrapping: Wrapping, pool: &mut Pool) {
        let before = self.data.len();
        self.push(line, wrapping, pool);
        self.own += self.data.len() - before;
    }

    /// Appends bytes unchanged: a WebSocket control frame.
    pub(super) fn push_raw(&mut self, bytes: &[u8], pool: &mut Pool) {
        if self.data.capacity() == 0 {
            self.data = pool.take();
        }
        self.data.extend_from_slice(bytes);
        self.own += bytes.len();
    }

    /// Removes the first `count` bytes, which were sent.
    pub(super) fn consume(&mut self, count: usize, pool: &mut Pool) {
        if count < self.data.len() {
            self.data.drain(..count);
        } else {
            self.own = 0;
            pool.give_back(std::mem::take(&mut self.data));
        }
    }
}

/// Appends the header of an unmasked frame (RFC 6455 section 5.2).
pub(super) fn push_frame_header(out: &mut Vec<u8>, first: u8, length: usize) {
    out.push(first);
    match length {
        0..=125 => out.push(length as u8),
        126..=0xffff => {
            out.push(126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;

    #[test]
    fn an_empty_outbox_owns_nothing_and_the_pool_is_bounded() {
        let mut pool = Pool::default();
        for size in [10, 1000, POOLED_BUFFER_BYTES_MAX * 2] {
            let mut outbox = Outbox::default();
            outbox.push(&vec![b'x'; size], Wrapping::Line, &mut pool);
            outbox.consume(outbox.len(), &mut pool);
            assert_eq!(outbox.data.capacity(), 0);
        }
        let mut full: Vec<Outbox> = (0..1000)
            .map(|_| {
                let mut outbox = Outbox::default();
                outbox.push(&[b'x'; 8000], Wrapping::Line, &mut pool);
                outbox
            })
            .collect();
        for outbox in &mut full {
            outbox.consume(outbox.len(), &mut pool);
        }
        assert!(pool.bytes <= POOL_BYTES_MAX);
        assert_eq!(pool.bytes, pool.spare.iter().map(Vec::capacity).sum::<usize>());
    }

    #[test]
    fn own_bytes_are_counted_until_all_is_sent() {
        let mut pool = Pool::default();
        let mut outbox = Outbox::default();
        outbox.push_own(b"mine", Wrapping::Line, &mut pool);
        outbox.push(b"theirs", Wrapping::Line, &mut pool);
        assert_eq!((outbox.own_len(), outbox.pending()), (6, &b"mine\r\ntheirs\r\n"[..]));
        outbox.consume(6, &mut pool);
        assert_eq!((outbox.own_len(), outbox.pending()), (6, &b"theirs\r\n"[..]));
        outbox.consume(8, &mut pool);
        assert_eq!((outbox.own_len(), outbox.len()), (0, 0));
    }

    #[test]
    fn own_answers_are_allowed_beyond_the_sendq_up_to_a_limit() {
        let mut pool = Pool::default();
        let mut outbox = Outbox::default();
        outbox.push_own(&vec![b'x'; OWN_BYTES_MAX], Wrapping::Line, &mut pool);
        outbox.push(&[b'x'; 990], Wrapping::Line, &mut pool);
        assert!(!outbox.is_over(1000));
        outbox.push_own(b"more than a thousand", Wrapping::Line, &mut pool);
        assert!(outbox.is_over(1000));
    }

    #[test]
    fn frame_headers_are_read_by_the_library() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
            let mut out = Vec::new();
            push_frame_header(&mut out, 0x81, length);
            let mut cursor = std::io::Cursor::new(&out);
            let (header, parsed) = FrameHeader::parse(&mut cursor).unwrap().unwrap();
            assert_eq!(parsed, length as u64);
            assert_eq!(cursor.position(), out.len() as u64);
            assert!(header.is_final && header.mask.is_none());
        }
    }
}
