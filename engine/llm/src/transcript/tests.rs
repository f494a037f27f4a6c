use serde_json::json;

use super::*;

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
fn fill(transcript: &dyn Transcript) {
    for (stream, sequence) in [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2)] {
        let prev = transcript.head(stream).unwrap().last;
        transcript
            .append(&exchange(stream, sequence, prev), &Effort { attempts: 1, ..Effort::default() })
            .unwrap();
    }
}

/// What every implementation does.
fn behaves(transcript: &dyn Transcript) {
    fill(transcript);
    let head = transcript.head("a").unwrap();
    assert_eq!(head.count, 3);
    let (last, effort) = transcript.get("a", 2).unwrap().unwrap();
    assert_eq!((last.id().unwrap(), effort.attempts), (head.last.unwrap(), 1));
    let (before, _) = transcript.get("a", 1).unwrap().unwrap();
    assert_eq!(last.prev, Some(before.id().unwrap()));
    assert_eq!(Exchange::from_body(&last.body().unwrap()).unwrap(), last);
    assert!(transcript.get("a", 3).unwrap().is_none() && transcript.get("c", 0).unwrap().is_none());
    assert_eq!(transcript.head("c").unwrap(), Head::default());
    for (sequence, prev) in [(2, head.last), (4, head.last), (3, None)] {
        let error = transcript.append(&exchange("a", sequence, prev), &Effort::default()).unwrap_err();
        assert!(matches!(error, TranscriptError::OutOfOrder { expected: 3, .. }), "{error}");
    }
}

#[test]
fn in_memory() {
    let transcript = MemoryTranscript::default();
    behaves(&transcript);
    let order: Vec<_> = transcript.exchanges().into_iter().map(|(e, _)| (e.stream, e.sequence)).collect();
    let expected = [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)];
    assert_eq!(order, expected.map(|(stream, sequence)| (stream.to_owned(), sequence)));
}

#[test]
fn in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    let (transcript, recovered) = FileTranscript::append_to(&path).unwrap();
    assert_eq!(recovered, Recovered::default());
    behaves(&transcript);
    assert!(FileTranscript::append_to(&path).unwrap_err().to_string().contains("another process"));
    let heads = transcript.heads();
    transcript.sync().unwrap();
    drop(transcript);
    let memory = MemoryTranscript::default();
    fill(&memory);
    for (stream, head) in &heads {
        assert_eq!(*head, memory.head(stream).unwrap(), "the same exchanges have the same names everywhere");
    }
    let read = FileTranscript::open(&path).unwrap();
    assert_eq!(read.heads(), heads);
    let next = exchange("a", 3, heads["a"].last);
    assert!(read.append(&next, &Effort::default()).unwrap_err().to_string().contains("reading only"));
    let (again, _) = FileTranscript::append_to(&path).unwrap();
    again.append(&next, &Effort::default()).unwrap();
    assert_eq!(again.get("a", 3).unwrap().unwrap().0, next);
}

#[test]
fn damage_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    fill(&FileTranscript::append_to(&path).unwrap().0);
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
        let error = FileTranscript::open(&path).unwrap_err().to_string();
        assert!(error.contains("c.jsonl") && error.contains(line) && error.contains(words), "{error}");
    }
    let absent = FileTranscript::open(&folder.path().join("none")).unwrap_err();
    assert!(absent.to_string().contains("none"));
}

#[test]
fn every_cut_is_recovered_to_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    fill(&FileTranscript::append_to(&path).unwrap().0);
    let whole = std::fs::read(&path).unwrap();
    for cut in (0..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        let (transcript, recovered) = FileTranscript::append_to(&path).unwrap();
        let kept: u64 = transcript.heads().values().map(|head| head.count).sum();
        assert_eq!(kept as usize, lines.saturating_sub(1), "cut at {cut}");
        drop(transcript);
        let left = std::fs::read(&path).unwrap();
        assert!(lines == 0 || left == whole[..cut - recovered.bytes as usize]);
        FileTranscript::open(&path).unwrap();
    }
}

/// What can be written in more than one way: fractions, characters with escapes, arguments of tools.
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

/// A cassette of this many lines, as bytes.
fn recorded(exchanges: &[Exchange]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    let (transcript, _) = FileTranscript::append_to(&path).unwrap();
    for exchange in exchanges {
        transcript.append(exchange, &Effort { attempts: 1, ..Effort::default() }).unwrap();
    }
    std::fs::read(&path).unwrap()
}

#[test]
fn every_changed_byte_is_named_with_its_line() {
    let first = ambiguous();
    let second = exchange("a", 1, Some(first.id().unwrap()));
    let whole = recorded(&[first, exchange("b", 0, None), second]);
    index::check_cassette(&whole);
    let line_of = |at: usize| 1 + whole[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
    let mut damaged = whole.clone();
    let mut tried = 0;
    for at in 0..whole.len() {
        // Every bit, and what means the same somewhere in JSON.
        let others = (0..8).map(|bit| whole[at] ^ 1 << bit).chain(*b" \teEF0/\n");
        for other in others.filter(|other| *other != whole[at]) {
            damaged[at] = other;
            let mut index = index::Index::default();
            let line = match index.read(&mut damaged.as_slice(), "c") {
                Err(TranscriptError::Damaged { line, .. }) => line,
                // The end of the last line.
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
    // Endless bytes that are nowhere: only a reader sees the limit without a file of its size.
    let head = recorded(&[]);
    let mut endless = std::io::BufReader::new(std::io::Read::chain(
        head.as_slice(),
        std::io::Read::take(std::io::repeat(b'x'), index::LINE_BYTES_MAX + 10),
    ));
    let error = index::Index::default().read(&mut endless, "c").unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("longer than"), "{error}");
}
