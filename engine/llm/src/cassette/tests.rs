use hyperspace_core::RecordId;
use serde_json::json;

use super::index::CassetteIndex;
use super::line::LINE_BYTES_MAX;
use super::*;
use crate::effort::Effort;
use crate::error::SessionError;
use crate::types::ChatAnswer;

fn exchange(stream: &str, sequence: u64, prev: Option<RecordId>) -> Exchange {
    let request = json!({"model": "m", "messages": [{"role": "user", "content": format!("{stream} {sequence}")}],
        "tools": [], "temperature": 0.0, "max_tokens": null});
    let answer = json!({"message": {"role": "assistant", "content": "héllo"}, "finish_reason": "stop",
        "usage": {"input_tokens": 1, "output_tokens": 2, "estimated": false}, "trimmed_messages": 0});
    Exchange {
        stream: stream.to_owned(),
        sequence,
        prev,
        request: serde_json::from_value(request).unwrap(),
        outcome: ExchangeOutcome::Answer(serde_json::from_value(answer).unwrap()),
        thinking: None,
    }
}

/// Two streams, of three and two exchanges.
fn fill(cassette: &dyn Cassette) {
    for (stream, sequence) in [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2)] {
        let prev = cassette.head(stream).unwrap().last;
        cassette
            .append(&exchange(stream, sequence, prev), &Effort { attempts: 1, ..Effort::default() })
            .unwrap();
    }
}

/// Checks the behaviour of an implementation.
fn behaves(cassette: &dyn Cassette) {
    fill(cassette);
    let head = cassette.head("a").unwrap();
    assert_eq!(head.count, 3);
    let (last, effort) = cassette.get("a", 2).unwrap().unwrap();
    assert_eq!((last.id().unwrap(), effort.attempts), (head.last.unwrap(), 1));
    let (before, _) = cassette.get("a", 1).unwrap().unwrap();
    assert_eq!(last.prev, Some(before.id().unwrap()));
    assert_eq!(Exchange::from_body(&last.body().unwrap()).unwrap(), last);
    assert!(cassette.get("a", 3).unwrap().is_none() && cassette.get("c", 0).unwrap().is_none());
    assert_eq!(cassette.head("c").unwrap(), StreamHead::default());
    for (sequence, prev) in [(2, head.last), (4, head.last), (3, None)] {
        let error = cassette.append(&exchange("a", sequence, prev), &Effort::default()).unwrap_err();
        assert!(matches!(error, SessionError::OutOfOrder { expected: 3, .. }), "{error}");
    }
}

#[test]
fn in_memory() {
    let cassette = MemoryCassette::default();
    behaves(&cassette);
    let order: Vec<_> = cassette.exchanges().into_iter().map(|(e, _)| (e.stream, e.sequence)).collect();
    let expected = [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)];
    assert_eq!(order, expected.map(|(stream, sequence)| (stream.to_owned(), sequence)));
}

#[test]
fn in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    let (cassette, recovered) = FileCassette::append_to(&path).unwrap();
    assert_eq!(recovered, CassetteRecovery::default());
    behaves(&cassette);
    assert!(FileCassette::append_to(&path).unwrap_err().to_string().contains("another process"));
    let heads = cassette.heads();
    cassette.sync().unwrap();
    drop(cassette);
    let memory = MemoryCassette::default();
    fill(&memory);
    for (stream, head) in &heads {
        assert_eq!(*head, memory.head(stream).unwrap(), "equal exchanges have equal identifiers");
    }
    let read = FileCassette::open(&path).unwrap();
    assert_eq!(read.heads(), heads);
    let next = exchange("a", 3, heads["a"].last);
    assert!(read.append(&next, &Effort::default()).unwrap_err().to_string().contains("reading only"));
    let (again, _) = FileCassette::append_to(&path).unwrap();
    again.append(&next, &Effort::default()).unwrap();
    assert_eq!(again.get("a", 3).unwrap().unwrap().0, next);
}

#[test]
fn damage_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    fill(&FileCassette::append_to(&path).unwrap().0);
    let whole = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let cut = &whole[..whole.len() - 10];
    let last = lines[5].len() - 9;
    let joined = |lines: &[&str]| lines.join("\n") + "\n";
    let cases = [
        (whole.replace("a 1", "a 7"), "line 4", "the exchange is"),
        (whole.replacen("\"attempts\":1", "\"attempts\":9", 1), "line 2", "effort"),
        (joined(&[&lines[..3], &lines[4..]].concat()), "line 5", "exchange 2 does not follow 1"),
        (joined(&[&lines[..2], &lines[1..]].concat()), "line 3", "exchange 0 does not follow 1"),
        (joined(&lines[1..]), "line 1", "version 1"),
        (whole.replace("version\":1", "version\":2"), "line 1", "version 2"),
        (whole.replacen("\"model\"", "\"modell\"", 1), "line 2", "modell"),
        (whole.replacen("\n{\"id\"", "\nx{\"id\"", 1), "line 2", "expected value"),
        (cut.to_owned(), "line 6", &format!("{last} bytes")),
    ];
    for (text, line, words) in cases {
        std::fs::write(&path, &text).unwrap();
        let error = FileCassette::open(&path).unwrap_err().to_string();
        assert!(error.contains("c.jsonl") && error.contains(line) && error.contains(words), "{error}");
    }
    let absent = FileCassette::open(&folder.path().join("none")).unwrap_err();
    assert!(absent.to_string().contains("none"));
}

#[test]
fn every_cut_is_recovered_to_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    fill(&FileCassette::append_to(&path).unwrap().0);
    let whole = std::fs::read(&path).unwrap();
    for cut in (0..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        let (cassette, recovered) = FileCassette::append_to(&path).unwrap();
        let kept: u64 = cassette.heads().values().map(|head| head.count).sum();
        assert_eq!(kept as usize, lines.saturating_sub(1), "cut at {cut}");
        drop(cassette);
        let left = std::fs::read(&path).unwrap();
        assert!(lines == 0 || left == whole[..cut - recovered.bytes as usize]);
        FileCassette::open(&path).unwrap();
    }
}

/// An exchange whose values have several encodings in JSON: fractions, escaped characters, arguments of tools.
fn ambiguous() -> Exchange {
    let mut exchange = exchange("a", 0, None);
    let call =
        json!({"id": "\u{1f}", "name": "bash", "arguments": {"b": [1.0, 1e300, -0.0, 2.5], "a": "\"\\/\n"}});
    let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    exchange.request.temperature = Some(1.0);
    exchange.outcome = ExchangeOutcome::Answer(ChatAnswer {
        message: serde_json::from_value(message).unwrap(),
        ..match exchange.outcome {
            ExchangeOutcome::Answer(answer) => answer,
            other => panic!("{other:?}"),
        }
    });
    exchange
}

/// The bytes of a cassette with these exchanges.
fn recorded(exchanges: &[Exchange]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    let (cassette, _) = FileCassette::append_to(&path).unwrap();
    for exchange in exchanges {
        cassette.append(exchange, &Effort { attempts: 1, ..Effort::default() }).unwrap();
    }
    std::fs::read(&path).unwrap()
}

#[test]
fn every_changed_byte_is_named_with_its_line() {
    let first = ambiguous();
    let second = exchange("a", 1, Some(first.id().unwrap()));
    let whole = recorded(&[first, exchange("b", 0, None), second]);
    check_cassette(&whole);
    let line_of = |at: usize| 1 + whole[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
    let mut damaged = whole.clone();
    let mut tried = 0;
    for at in 0..whole.len() {
        // Every bit, and bytes that may have the same meaning in JSON.
        let others = (0..8).map(|bit| whole[at] ^ 1 << bit).chain(*b" \teEF0/\n");
        for other in others.filter(|other| *other != whole[at]) {
            damaged[at] = other;
            let mut index = CassetteIndex::default();
            let line = match index.read(&mut damaged.as_slice(), "c") {
                Err(SessionError::Damaged { line, .. }) => line,
                // The end of the last line is missing.
                Ok(torn) if torn > 0 => index.lines + 1,
                other => panic!("byte {at}: {other:?}"),
            };
            assert_eq!(line, line_of(at), "byte {at} as {:?}", char::from(other));
            tried += 1;
        }
        damaged[at] = whole[at];
    }
    assert!(tried > 20_000, "{tried}");
}

#[test]
fn a_line_without_end_takes_nothing_with_it() {
    // A reader of endless bytes reaches the limit without a file of that size.
    let head = recorded(&[]);
    let mut endless = std::io::BufReader::new(std::io::Read::chain(
        head.as_slice(),
        std::io::Read::take(std::io::repeat(b'x'), LINE_BYTES_MAX + 10),
    ));
    let error = CassetteIndex::default().read(&mut endless, "c").unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("longer than"), "{error}");
}

#[test]
fn a_file_that_is_none_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine");
    for content in ["{\"token\":\"x\"}", "x", "{\"format\":\"hyperspace-cassettes", "\n"] {
        std::fs::write(&path, content).unwrap();
        let error = FileCassette::append_to(&path).unwrap_err();
        assert!(matches!(error, SessionError::Damaged { line: 1, .. }), "{content:?}: {error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    std::os::unix::fs::symlink(folder.path().join("nothing"), folder.path().join("link")).unwrap();
    FileCassette::append_to(&folder.path().join("link")).unwrap_err();
    assert!(!folder.path().join("nothing").exists());
}
