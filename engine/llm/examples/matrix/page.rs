//! The place of the table in `README.md`.

use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- matrix: made by the example `matrix` -->\n";
const END: &str = "<!-- end of the matrix -->\n";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Returns the page before, the table, and the page after it.
fn parts(page: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (table, after) = rest.split_once(END)?;
    Some((before, table, after))
}

/// Returns the table of the page; empty if it has none.
pub(crate) fn recorded() -> std::io::Result<String> {
    let page = std::fs::read_to_string(path())?;
    Ok(parts(&page).map(|(_, table, _)| table.to_owned()).unwrap_or_default())
}

/// Writes a table into the page.
pub(crate) fn write(table: &str) -> std::io::Result<()> {
    let page = std::fs::read_to_string(path())?;
    let Some((before, _, after)) = parts(&page) else {
        return Err(std::io::Error::other(format!("the page has no {BEGIN:?}")));
    };
    if recorded()? == table {
        return Ok(());
    }
    std::fs::write(path(), format!("{before}{BEGIN}{table}{END}{after}"))
}
