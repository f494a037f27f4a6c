//! Prints the table of dialects and situations of `README.md`: every cell is run against the stub.
//!
//! ```sh
//! cargo run --release --workspace --example matrix                # prints the table
//! cargo run --release --workspace --example matrix -- --write     # writes it into README.md
//! ```

mod cells;
mod conversation;
mod page;

use std::io::Write;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let table = cells::table().await;
    if std::env::args().any(|argument| argument == "--write") {
        page::write(&table)?;
    }
    std::io::stdout().write_all(table.as_bytes())?;
    if table.contains("FAILS") {
        std::process::exit(1);
    }
    Ok(())
}
