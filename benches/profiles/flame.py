"""Draws a flame graph: `perf script | python3 flame.py TITLE > graph.svg`.

Equal input gives equal bytes. Names lose hashes and type parameters; nothing of the machine is kept: no paths, no ids.
"""

import html
import re
import sys

WIDTH, ROW, FONT = 1200, 17, 11
SHARE_MIN = 0.004
"""Frames below this share of all samples are left out."""
DEPTH_MAX = 40


def name(frame):
    """A frame's name: `address symbol+offset (module)`."""
    words = frame.strip().split(" ", 1)
    rest = words[1] if len(words) > 1 else ""
    symbol, _, module = rest.rpartition(" (")
    module = module.rstrip(")")
    if "kernel" in module or module == "[kernel]":
        return "kernel: " + re.sub(r"\+0x[0-9a-f]+$", "", symbol)
    if module.endswith(".cwasm"):
        return "compiled guest code"
    if symbol == "[unknown]" or not symbol:
        # Code that Cranelift made has no symbols: perf looks for them in a map that is not there.
        return "compiled guest code" if module.endswith(".map") or "JIT" in module else "unknown"
    symbol = re.sub(r"\+0x[0-9a-f]+$", "", symbol)
    symbol = re.sub(r"::h[0-9a-f]{16}$", "", symbol)
    symbol = symbol.removesuffix(" (inlined)")
    symbol = re.sub(r"^<(.*) as ([^<>]*(?:<.*>)?)>::", lambda match: match[1].split("<")[0] + "::", symbol)
    for _ in range(6):
        symbol = re.sub(r"(?<=.)<(?!impl)[^<>]*>", "", symbol)
    return symbol.replace("::{{closure}}", "")[:90]


def stacks(lines):
    """Stacks from the outermost frame in, each with its number of samples."""
    frames, inside = [], False
    for line in lines:
        if not line.strip():
            if frames:
                yield frames[::-1]
            frames, inside = [], False
        elif line[0] in " \t" and inside:
            frames.append(name(line))
        else:
            inside = True
    if frames:
        yield frames[::-1]


SKIPPED = re.compile(
    r"^(<?std::|core::|.*thread_start|syscall$|kernel: (entry_|do_syscall|__x64_|asm_)|rustix::|alloc::|tokio::|<alloc::|<core::|<std::|__rust|_start|__libc_start|start_thread|clone|main$|thread_start|\[|unknown)"
)


def interesting(stack):
    """Without the frames of runtimes, which say nothing about what is done, except at the end of the stack."""
    kept = [frame for frame in stack[:-1] if not SKIPPED.match(frame)] + stack[-1:]
    merged = [frame for at, frame in enumerate(kept) if at == 0 or kept[at - 1] != frame]
    return merged[:DEPTH_MAX]


def tree(lines):
    root = {"count": 0, "children": {}}
    for stack in stacks(lines):
        node = root
        node["count"] += 1
        for frame in interesting(stack):
            node = node["children"].setdefault(frame, {"count": 0, "children": {}})
            node["count"] += 1
    return root


def boxes(node, left, depth, total):
    for frame, child in sorted(node["children"].items()):
        if child["count"] / total >= SHARE_MIN:
            yield frame, child["count"], left, depth
            yield from boxes(child, left, depth + 1, total)
            left += child["count"]


def colour(frame):
    if frame.startswith("kernel"):
        return "#e8a06a"
    if frame.startswith("compiled guest"):
        return "#8fbf6f"
    return "#8fb4d9" if "hyperspace" in frame else "#d9d08f"


def draw(title, root):
    total = root["count"]
    found = list(boxes(root, 0, 0, total))
    height = (max((depth for *_, depth in found), default=0) + 3) * ROW
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="monospace" font-size="{FONT}">'
    yield f'<text x="4" y="13">{html.escape(title)} ({total} samples)</text>'
    for frame, count, left, depth in found:
        x, width, y = WIDTH * left / total, WIDTH * count / total, (depth + 1.5) * ROW
        text = html.escape(frame)
        shown = html.escape(frame[: max(0, int((width - 4) / (FONT * 0.6)))])
        yield (
            f'<g><title>{text}: {100 * count / total:.1f} %</title>'
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{ROW - 1}" fill="{colour(frame)}"/>'
            f'<text x="{x + 2:.1f}" y="{y + 12:.1f}">{shown}</text></g>'
        )
    yield "</svg>"


if __name__ == "__main__":
    print("\n".join(draw(sys.argv[1], tree(sys.stdin))))
