//! The lines of others that a meta agent sees: a tool shows them as a quoted block.

use std::collections::BTreeSet;

use hyperspace_core::FileSet;

use crate::executor::interface::MetaRunRequest;
use crate::record::sharing_config::Sharing;
use crate::sharing::quoted;

/// Minimum number of characters of a line by which a text is recognized.
const LINE_CHARS_MIN: usize = 8;
/// The folder with the publications of peers.
const STRATEGIES: &str = "strategies";

/// The lines of peers that are not the agent's own.
pub(super) struct PeerLines(BTreeSet<String>);

impl PeerLines {
    /// Returns the lines of a run's peers, or `None` if texts are shown as they are.
    pub(super) fn of(request: &MetaRunRequest) -> Option<Self> {
        if request.sharing == Sharing::Raw {
            return None;
        }
        let own: BTreeSet<String> = lines(&request.files).collect();
        Some(Self(lines(&request.strategies).filter(|line| !own.contains(line)).collect()))
    }

    /// Returns the answer of a tool as a quoted block if it may show texts of peers: its request names their folder, or it
    /// contains one of their lines.
    pub(super) fn quoted(&self, tool: &str, request: &str, output: &str) -> Option<String> {
        let named = request.contains(STRATEGIES) && !output.starts_with("Error:");
        (named || output.lines().any(|line| self.has(line)))
            .then(|| quoted(&format!("the tool {tool}, which shows what others wrote"), output))
    }

    /// Returns whether a line is one of a peer's, possibly after a number or a path.
    fn has(&self, line: &str) -> bool {
        let numbered = line.split_once('\t').map(|(_, rest)| rest);
        let named = line.split_once(':').map(|(_, rest)| rest);
        let twice = named.and_then(|rest| rest.split_once(':')).map(|(_, rest)| rest);
        [Some(line), numbered, named, twice].into_iter().flatten().any(|line| self.0.contains(line.trim()))
    }
}

/// Returns the lines of all text files that are long enough to be recognized.
fn lines(files: &FileSet) -> impl Iterator<Item = String> {
    let texts = files.iter().filter_map(|(_, content)| std::str::from_utf8(content).ok());
    let lines = texts.flat_map(str::lines).map(str::trim);
    lines.filter(|line| line.chars().count() >= LINE_CHARS_MIN).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_peers_wrote_is_quoted_wherever_it_comes_from() {
        let peers = PeerLines(BTreeSet::from(["weights = [1, 2, 3]".to_owned()]));
        let quoted = |request: &str, output: &str| peers.quoted("bash", request, output);
        assert_eq!(quoted("cat task_agent.py", "x = 1\ny = 2\n"), None);
        assert_eq!(quoted("cat strategies/a", "Error: no"), None);
        for (request, output) in [
            ("cat /repo/strategies/a/notes.md", "anything"),
            ("cd str*; cat */*", "x\n    weights = [1, 2, 3]\n"),
            ("view", "     7\tweights = [1, 2, 3]"),
            ("grep -rn w", "a/b.py:7:weights = [1, 2, 3]"),
        ] {
            let block = quoted(request, output).unwrap();
            assert!(block.starts_with("Quoted from the tool bash"), "{block}");
            assert!(block.lines().skip(1).all(|line| line.starts_with("| ")), "{block}");
        }
    }
}
