"""Collects the licences of everything whose code is inside the artifact.

usage: python licences.py OUT TREE SOURCES…   (TREE: a line `NAME VERSION` for each crate; SOURCES: folders of unpacked crates)
"""
import pathlib
import sys
import tomllib


def main(out, tree, *folders):
    names, texts = [], {}
    for line in sorted(set(pathlib.Path(tree).read_text().splitlines())):
        name, version = line.split()
        found = [path for folder in folders if (path := pathlib.Path(folder) / f"{name}-{version}").is_dir()]
        if not found:
            continue
        package = tomllib.loads((found[0] / "Cargo.toml").read_text())["package"]
        names.append(f"{name} {version}: {package.get('license', package.get('license-file', '?'))}")
        for path in sorted(found[0].iterdir()):
            if path.is_file() and path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE")):
                texts.setdefault(path.read_text(errors="replace").strip(), []).append(f"{name} {version} ({path.name})")
    parts = ["\n".join(names)] + ["\n".join(owners) + "\n\n" + text for text, owners in texts.items()]
    rule = "\n\n" + "=" * 80 + "\n"
    pathlib.Path(out).write_text("\n".join(line.rstrip() for line in rule.join(parts).splitlines()) + "\n")


main(*sys.argv[1:])
