"""The table for people."""

import textwrap


def table(rows):
    """Rows of texts as aligned columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def text(document):
    rows = [["engine", "version", "healthy right", "hostile contained", "forged", "host effects", "batch"]]
    for engine in document["engines"]:
        if "missing" in engine:
            rows.append([engine["name"], f"SKIPPED: {engine['missing']}", *[""] * 5])
            continue
        batch, alone = engine["batch"], engine["alone"].values()
        counts = ["-"] * 3
        if alone:
            counts = [
                f"{sum(one['contained'] for one in alone)} of {len(alone)}",
                str(sum(one["forged"] is not None for one in alone)),
                str(sum(bool(one["effects"]) for one in alone)),
            ]
        share = f"{batch['right']} of {batch['healthy']}"
        rows.append([engine["name"], engine["version"], share, *counts, f"{engine['seconds']:.1f} s"])
    parts = [table(rows), ""]
    parts += [f"{engine['name']}: {engine.get('isolation', '')}" for engine in document["engines"]]
    with_alone = [engine for engine in document["engines"] if engine.get("alone")]
    names = sorted({name for engine in with_alone for name in engine["alone"]})
    for name in names:
        parts += ["", name]
        for engine in with_alone:
            verdict = engine["alone"][name]["verdict"]
            parts.append(textwrap.indent(f"{engine['name']:<20} {verdict}", "  "))
    lost = [engine for engine in document["engines"] if engine.get("batch", {}).get("wrong")]
    for engine in lost:
        wrong = ", ".join(f"{name} got {score}" for name, score in engine["batch"]["wrong"].items())
        parts += ["", f"{engine['name']}, healthy candidates scored wrong in the batch: {wrong}"]
    return "\n".join(parts)
