//! Everything against the stub server over real HTTP on 127.0.0.1. Time is virtual, so no test waits.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

mod accounts;
mod canary;
mod cases;
mod cassette;
#[path = "../../examples/matrix/cells.rs"]
mod cells;
mod common;
#[path = "../../examples/matrix/conversation.rs"]
mod conversation;
mod dialects;
mod faults;
mod matrix;
mod odd;
#[expect(dead_code, reason = "the example writes the page")]
#[path = "../../examples/matrix/page.rs"]
mod page;
mod readme;
mod trimming;
