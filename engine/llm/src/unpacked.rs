//! Compressed bodies. Compression is not requested, but some proxies and servers compress anyway.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// The first bytes of gzip data.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The first bytes of zstd data.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A body after decompression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unpacked {
    /// The whole content.
    Whole(Vec<u8>),
    /// The content has more bytes than the maximum; these are the first of them.
    Longer(Vec<u8>),
    /// The content is incomplete, or is not compressed content.
    Broken,
    /// The compression is not supported here.
    Unknown,
}

/// Decompresses a body to at most `most` bytes, whatever its compressed size. `encoding` is that of the header; gzip is also
/// recognised by its first bytes.
pub(crate) fn unpacked(body: Vec<u8>, encoding: &str, most: usize) -> Unpacked {
    let encoding = encoding.trim().to_ascii_lowercase();
    if body.starts_with(&GZIP) {
        return content(MultiGzDecoder::new(&*body), most);
    }
    // Text begins with neither of these; an answer with a wrong header is taken as it is.
    let is_text =
        body.iter().find(|byte| !byte.is_ascii_whitespace()).is_none_or(|byte| b"{[d:<e".contains(byte));
    match encoding.as_str() {
        "deflate" if !is_text => match content(ZlibDecoder::new(&*body), most) {
            Unpacked::Broken => content(DeflateDecoder::new(&*body), most),
            unpacked => unpacked,
        },
        "br" | "zstd" | "compress" if !is_text => Unpacked::Unknown,
        _ if body.starts_with(&ZSTD) => Unpacked::Unknown,
        _ => Unpacked::Whole(body),
    }
}

fn content(reader: impl Read, most: usize) -> Unpacked {
    let mut content = Vec::new();
    match reader.take(most as u64 + 1).read_to_end(&mut content) {
        Err(_) => Unpacked::Broken,
        Ok(read) if read > most => {
            content.truncate(most);
            Unpacked::Longer(content)
        }
        Ok(_) => Unpacked::Whole(content),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    #[test]
    fn compressed_bodies_are_unpacked_within_their_bounds() {
        let text = b"{\"a\": 1}".to_vec();
        let gzip = |text: &[u8]| {
            let mut writer = GzEncoder::new(Vec::new(), Compression::best());
            writer.write_all(text).unwrap();
            writer.finish().unwrap()
        };
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(&text).unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(&text).unwrap();
        for (body, encoding) in [
            (text.clone(), ""),
            (text.clone(), "gzip"),
            (text.clone(), "br"),
            (gzip(&text), "gzip"),
            (gzip(&text), ""),
            (zlib.finish().unwrap(), "deflate"),
            (deflate.finish().unwrap(), "deflate"),
        ] {
            assert_eq!(unpacked(body, encoding, 100), Unpacked::Whole(text.clone()), "{encoding:?}");
        }
        // A few kilobytes that expand to 8 MiB.
        let bomb = gzip(&vec![b' '; 8 << 20]);
        assert!(bomb.len() < 10_000);
        assert_eq!(unpacked(bomb, "gzip", 1_000), Unpacked::Longer(vec![b' '; 1_000]));
        let whole = gzip(&text);
        assert_eq!(unpacked(whole[..whole.len() - 9].to_vec(), "gzip", 100), Unpacked::Broken);
        assert_eq!(unpacked(vec![0x28, 0xb5, 0x2f, 0xfd, 0], "zstd", 100), Unpacked::Unknown);
        assert_eq!(unpacked(vec![0x8b, 0x05], "br", 100), Unpacked::Unknown);
    }
}
