//! `$1$`: the MD5 variant of crypt(3), in which old versions of Atheme stored passphrases.
//!
//! Only for comparison with such a hash, never for storage. No maintained crate implements it.

use md5::{Digest, Md5};

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The order in which bytes of the digest are encoded, in groups of three; byte 11 follows alone.
const ORDER: [[usize; 3]; 5] = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]];

/// Returns the 22 characters after `$1$<salt>$`. Only the first 8 bytes of the salt count.
pub(super) fn md5_crypt(password: &[u8], salt: &[u8]) -> String {
    let salt = &salt[..salt.len().min(8)];
    let mut inner = Md5::digest([password, salt, password].concat());
    let mut outer = Md5::new();
    outer.update([password, b"$1$", salt].concat());
    for chunk in password.chunks(16) {
        outer.update(&inner[..chunk.len()]);
    }
    let mut bits = password.len();
    while bits > 0 {
        // A set bit adds a zero byte, a clear one the password's first byte: a bug of the original
        // implementation that became the definition.
        outer.update(if bits & 1 == 1 { &[0][..] } else { &password[..1] });
        bits >>= 1;
    }
    inner = outer.finalize();
    for round in 0..1000 {
        let odd = round % 2 == 1;
        let mut hash = Md5::new();
        hash.update(if odd { password } else { &inner });
        if round % 3 != 0 {
            hash.update(salt);
        }
        if round % 7 != 0 {
            hash.update(password);
        }
        hash.update(if odd { &inner[..] } else { password });
        inner = hash.finalize();
    }
    encode(&inner)
}

fn encode(digest: &[u8]) -> String {
    let mut text = String::with_capacity(22);
    let mut push = |mut bits: usize, characters: usize| {
        for _ in 0..characters {
            text.push(char::from(ALPHABET[bits & 63]));
            bits >>= 6;
        }
    };
    for [high, middle, low] in ORDER.map(|three| three.map(|at| usize::from(digest[at]))) {
        push(high << 16 | middle << 8 | low, 4);
    }
    push(usize::from(digest[11]), 2);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes created by the C library.
    #[test]
    fn hashes_equal_those_of_crypt() {
        let cases = [
            ("", "abcdefgh", "M55TzYaaccxVGbptZWaxX/"),
            ("a much longer passphrase than sixteen bytes", "ab", "Y4mqtXql9QOLIULIPZE6F1"),
            ("shivarampassphrase", "hcspif", "nCm4r3S14Me9ifsOPGuJT."),
        ];
        for (password, salt, digest) in cases {
            assert_eq!(md5_crypt(password.as_bytes(), salt.as_bytes()), digest, "{password}");
        }
        assert_eq!(md5_crypt(b"x", b"12345678"), md5_crypt(b"x", b"123456789"));
    }
}
