//! The table of dialects and situations in `README.md` is what the command makes.

use crate::{cells, page};

#[tokio::test]
async fn the_page_has_the_table_that_the_command_makes() {
    let table = cells::table().await;
    assert!(!table.contains("FAILS"), "{table}");
    assert_eq!(
        page::recorded().unwrap(),
        table,
        "cargo run --release --workspace --example matrix -- --write"
    );
}
