//! The page that lists every event with its fields: `docs/events.md`.

use std::fmt::Write as _;

use hyperspace_eval::Split;

use super::described;
use crate::record::fate::Fate;
use crate::record::program_form::Resemblance;
use crate::record::tournament_side::TournamentSide;
use crate::sharing::SharingPolicy;

const HEAD: &str = "\
# Events of a run's journal

<!-- Generated from `engine/evolve/src/record/event/`. Do not edit: change the types, then see `reference.rs` there. -->

The journal of a run is one chain of events. An event is recorded as its kind and a JSON body; in the chain it is the
canonical bytes of `{run, seq, prev, kind, body}`. Every field below is present, also when it is null, unless it says \"left
out\". `hyperspace log --events --json` prints them; in Rust they are `hyperspace_evolve::Event`. A kind or a field that is not
on this page makes a journal unreadable, never partly read.

";

/// Terms of the column \"type\".
const TERMS: &str = "\
## Types

| type | JSON |
|---|---|
| integer | a number from 0 to 2⁶⁴ − 1 |
| integer as text | the same as decimal digits in a string |
| text | a string |
| boolean | `true` or `false` |
| path | a string: relative, with `/` between parts |
| blob, tree, record, mark | the identifier: 64 lowercase hexadecimal digits |
| candidate | `{\"generation\": integer, \"candidate\": integer}` |
| score | a string `numerator/denominator`, reduced |
| outcome | an object with `kind` and, for `exception`, `trap`, `quota` and `exit`, the details |
| stream | `{\"stream\": text, \"calls\": integer, \"head\": record}`: name, number of calls, last exchange |
| arm | `{\"arm\": text, \"trials\": integer, \"wins\": integer, \"waiting\": integer, \"value\": text or null}` |
| change | `{\"policy\": policy, \"lines\": integer}` |
";

/// Returns the reference of all events as Markdown.
#[must_use]
pub fn event_reference() -> String {
    let mut page = HEAD.to_owned();
    let events = described();
    page.push_str("| event | meaning |\n|---|---|\n");
    for event in &events {
        let anchor = event.kind.replace('.', "");
        let _ = writeln!(page, "| [`{}`](#{anchor}) | {} |", event.kind, event.meaning);
    }
    for event in &events {
        let _ = write!(
            page,
            "\n## {}\n\n{}\n\n| field | type | meaning |\n|---|---|---|\n",
            event.kind, event.meaning
        );
        for field in &event.fields {
            let _ = writeln!(page, "| `{}` | {} | {} |", field.name, field.form, field.meaning);
        }
    }
    let _ = write!(page, "\n{TERMS}");
    let fates = Fate::ALL.map(Fate::name);
    let splits = [Split::Train, Split::HeldOut, Split::Test].map(Split::name);
    let contenders = [TournamentSide::Directed, TournamentSide::Blind].map(|one| match one {
        TournamentSide::Directed => "directed",
        TournamentSide::Blind => "blind",
    });
    let resemblances = Resemblance::ALL.map(Resemblance::name);
    let policies = SharingPolicy::ALL.map(SharingPolicy::name);
    let terms = [
        ("fate", &fates[..]),
        ("split", &splits[..]),
        ("contender", &contenders[..]),
        ("resemblance", &resemblances[..]),
        ("policy", &policies[..]),
    ];
    for (term, names) in terms {
        let _ = writeln!(page, "| {term} | `{}` |", names.join("`, `"));
    }
    page
}
