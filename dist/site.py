"""Collects the pages of the documentation for mdBook, and checks the links of the finished site.

    python3 dist/site.py collect SUMMARY FOLDER
    python3 dist/site.py check SITE
"""

import html.parser
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

LINK = re.compile(r"\]\(([^)\s]+)\)")


def local_links(page):
    """Returns the files that a page links to, without anchors."""
    links = (urlsplit(link) for link in LINK.findall(page.read_text(encoding="utf-8")))
    return [page.parent / link.path for link in links if link.path and not link.scheme and not link.netloc]


def as_index(path):
    """Returns the path of a page on the site: that of a folder's README is its index, as servers of pages have it."""
    return re.sub(r"(^|/)README\.md", r"\1index.md", path)


def collect(summary, folder):
    """Copies the pages that the summary names, and the files that they link to, to their places below the folder."""
    root = Path.cwd()
    pages = [page.resolve() for page in local_links(summary)]
    files = {link.resolve() for page in pages for link in local_links(page) if link.is_file()}
    for file in sorted({*pages, *files}):
        copy = folder / as_index(file.relative_to(root).as_posix())
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file in pages:
            text = file.read_text(encoding="utf-8")
            copy.write_text(LINK.sub(lambda link: f"]({as_index(link[1])})", text), encoding="utf-8")
        else:
            shutil.copyfile(file, copy)
    # The summary stands in docs/, and mdBook wants it at the top.
    at_top = LINK.sub(
        lambda link: f"]({as_index((summary.parent / link[1]).resolve().relative_to(root).as_posix())})",
        summary.read_text(encoding="utf-8"),
    )
    (folder / "SUMMARY.md").write_text(at_top, encoding="utf-8")


class Page(html.parser.HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, file):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if attributes.get("id"):
            self.anchors.add(attributes["id"])


def broken(site):
    """Returns links of the site that lead nowhere, as (page, link)."""
    pages = {file: Page(file) for file in site.rglob("*.html")}
    for file, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            known = pages.get(target)
            if not target.is_file() or (known and parts.fragment and unquote(parts.fragment) not in known.anchors):
                yield file.relative_to(site), link


def check(site):
    """Ends the program with a list when links of the site lead nowhere."""
    found = sorted(set(broken(site.resolve())))
    pages = sum(1 for _ in site.rglob("*.html"))
    if not pages:
        sys.exit(f"{site}: no pages")
    if found:
        sys.exit("\n".join(f"{page}: {link} leads nowhere" for page, link in found))
    print(f"{site}: {pages} pages, every link leads somewhere")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["collect", summary, folder]:
            collect(Path(summary), Path(folder))
        case ["check", site]:
            check(Path(site))
        case _:
            sys.exit(__doc__)
