//! Pages are short enough to be read, and their links lead somewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::repository::{read, root, texts};
use super::violations;

/// Pages with the most words that they may have.
const WORDS_MAX: [(&str, usize); 1] = [("ARCHITECTURE.md", 1_500)];

#[test]
fn pages_are_short() {
    for (page, most) in WORDS_MAX {
        let words = read(page).split_whitespace().count();
        assert!(words <= most, "{page} has {words} words; at most {most}");
    }
}

/// Returns the targets of the links of a page, outside of code blocks.
fn links(page: &str) -> Vec<String> {
    let mut code = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if !code {
            found
                .extend(line.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
        }
    }
    found
}

/// Returns the anchors of a page, as forges make them of its headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| -> String {
        let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        text.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut broken = BTreeMap::new();
    for (path, text) in texts().into_iter().filter(|(path, _)| path.ends_with(".md")) {
        let folder = root().join(&path).parent().unwrap().to_path_buf();
        for link in
            links(&text).into_iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
        {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { root().join(&path) } else { folder.join(file) };
            let leads = target.exists()
                && (anchor.is_empty()
                    || std::fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor)));
            if !leads {
                broken.insert(format!("{path}: {link}"), String::new());
            }
        }
    }
    violations::none("link", broken);
}

#[test]
fn the_site_has_every_page_of_the_documentation() {
    let listed: BTreeSet<String> = links(&read("docs/SUMMARY.md")).into_iter().collect();
    let missing = texts().into_iter().filter_map(|(path, _)| {
        let page =
            path.strip_prefix("docs/").filter(|page| page.ends_with(".md") && *page != "SUMMARY.md")?;
        (!listed.contains(page)).then(|| (path.clone(), String::new()))
    });
    violations::none("page that docs/SUMMARY.md does not name", missing.collect());
}

#[test]
fn links_and_anchors_are_found() {
    let page = "# Changing a format\nsee [a](b.md#c), [d](e)\n```\n[no](code)\n```\n";
    assert_eq!(links(page), ["b.md#c", "e"]);
    assert_eq!(anchors(page), BTreeSet::from(["changing-a-format".to_owned()]));
}
