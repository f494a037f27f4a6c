//! Pictures as PNG: each row is written as its difference from the row above, and runs of equal bytes are shortened.

/// Maximum length of one repetition.
const REPEAT_MAX: usize = 258;
/// Minimum length of a repetition.
const REPEAT_MIN: usize = 3;

/// Encodes rows of RGB pixels.
pub(super) fn encode(pixels: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    for size in [width, height] {
        head.extend(u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes());
    }
    // Eight bits per channel, RGB; the only compression, the only filters, no interlacing.
    head.extend([8, 2, 0, 0, 0]);
    chunk(&mut out, *b"IHDR", &head);
    chunk(&mut out, *b"IDAT", &compressed(&filtered(pixels, width * 3)));
    chunk(&mut out, *b"IEND", &[]);
    out
}

/// Returns the rows, each as its difference from the row above, after the number of that filter.
fn filtered(pixels: &[u8], row_bytes: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(pixels.len() + pixels.len() / row_bytes.max(1));
    let mut above = vec![0_u8; row_bytes];
    for row in pixels.chunks_exact(row_bytes) {
        out.push(2);
        out.extend(row.iter().zip(&above).map(|(now, above)| now.wrapping_sub(*above)));
        above.copy_from_slice(row);
    }
    out
}

/// Collects bits, starting with the lowest bit of a byte.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.held |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push((self.held & 0xFF) as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// Adds a code, highest bit first.
    fn code(&mut self, code: u32, count: u32) {
        self.push(code.reverse_bits() >> (32 - count), count);
    }

    /// Adds a symbol in the fixed Huffman code.
    fn symbol(&mut self, symbol: u32) {
        match symbol {
            0..=143 => self.code(0x30 + symbol, 8),
            144..=255 => self.code(0x190 + symbol - 144, 9),
            256..=279 => self.code(symbol - 256, 7),
            _ => self.code(0xC0 + symbol - 280, 8),
        }
    }

    /// Repeats the last byte `len` times.
    fn repeat(&mut self, len: usize) {
        let len = u32::try_from(len).unwrap_or_default();
        let (symbol, extra, bits) = match len {
            258 => (285, 0, 0),
            3..=10 => (254 + len, 0, 0),
            _ => {
                let bits = (len - 3).ilog2() - 2;
                let group = (len - 3) >> bits;
                (257 + bits * 4 + group, (len - 3) & ((1 << bits) - 1), bits)
            }
        };
        self.symbol(symbol);
        self.push(extra, bits);
        // A distance of one.
        self.code(0, 5);
    }
}

/// Compresses data in zlib format, with the fixed Huffman code.
fn compressed(data: &[u8]) -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, in the fixed Huffman code.
    bits.push(0b011, 3);
    let mut at = 0;
    while at < data.len() {
        let same = |data: &[u8]| data[at..].iter().take_while(|byte| **byte == data[at]).count();
        bits.symbol(u32::from(data[at]));
        let mut left = same(data) - 1;
        at += 1;
        while left >= REPEAT_MIN {
            let len = left.min(REPEAT_MAX);
            bits.repeat(len);
            (at, left) = (at + len, left - len);
        }
    }
    bits.symbol(256);
    bits.push(0, 7);
    let mut out = vec![0x78, 0x01];
    out.append(&mut bits.bytes);
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend((b << 16 | a).to_be_bytes());
    out
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let from = out.len();
    out.extend(kind);
    out.extend(data);
    let sum = crc(&out[from..]);
    out.extend(sum.to_be_bytes());
}

/// Returns the checksum of a chunk.
fn crc(data: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in data {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_and_codes_are_those_of_the_standards() {
        assert_eq!(crc(b"IEND"), 0xAE42_6082);
        // Made by zlib with the fixed code and runs alone.
        assert_eq!(compressed(b"a"), [0x78, 0x01, 0x4B, 0x04, 0x00, 0x00, 0x62, 0x00, 0x62]);
    }
}
