"""Writes LAPACK and the reference BLAS in C: prepares their Fortran for f2c, which reads Fortran 77 only, runs it, and gives
its C the calling convention of today: no lengths of texts among the parameters, no results of subroutines, one underscore.

usage: lapack.py F2C SOURCES OUT   (prints what was left out)
"""
import pathlib
import re
import subprocess
import sys
import textwrap

# Refinement in extended precision needs XBLAS; dynamic mode decomposition and the QZ of Fortran 90 are not called by scipy.
LEFT_OUT = re.compile(r"[sdcz](la_.*|.*(_extended|rfsx|svxx|laqz[0-4]|gges3|ggev3|trsyl3|getsqrhrt|laorhr_col_getrfnp2?|launhr_col_getrfnp2?))|xerbla(_array)?|chla_transtype")
INTENT = re.compile(r", *INTENT\( *IN *\) *::", re.I)
RANGE = re.compile(r"(\w+)\((\d+):(\d+)\) *= *(.+)")
PLACE = re.compile(r"MAXLOC\( *WORK\( *(\(N\+J\)|1) *: *(\(2\*N\)|N) *\), *1 *\)")
# NaN spreads through factors as it does in OpenBLAS: it is no reason to fail, and what is below a pivot that is NaN is not divided by it.
NAN_FAILS = re.compile(r"(?<=\.LE\.ZERO) *\.OR\. *[SD]ISNAN\( *(AJJ|A\( *1, *1 *\)) *\)")
NAN_DIVIDES = "A( 1+I, 1 ) = A( 1+I, 1 ) / A( 1, 1 )"
LARGEST = {"s": "3.40282347E+38", "c": "3.40282347E+38", "d": "1.7976931348623157D+308", "z": "1.7976931348623157D+308"}


def statements(text):
    """Label and statement of each logical line; comments are left out."""
    found = []
    for line in text.splitlines():
        if not line.strip() or line[0] in "*cC!":
            continue
        if len(line) > 5 and line[:5].isspace() and line[5] not in " 0":
            found[-1][1] += line[6:72].ljust(66) if found[-1][1].count("'") % 2 else line[6:72].rstrip()
        elif not line.lstrip().startswith("!"):
            found.append([line[:5].strip(), line[6:72].rstrip()])
    return found


def leave_loops(lines):
    """EXIT and CYCLE as jumps to labels before and behind the end of their loop."""
    open_loops, out, label = [], [], 90000
    for place, text in lines:
        word = text.strip().upper()
        if match := re.match(r"DO +(\d+) ", word):
            open_loops.append([match[1], None, None])
        elif re.match(r"DO( |$)", word):
            open_loops.append(["", None, None])
        if match := re.search(r"(^|\) *)(EXIT|CYCLE)$", word):
            which = 1 if match[2] == "CYCLE" else 2
            if open_loops[-1][which] is None:
                label += 1
                open_loops[-1][which] = str(label)
            text = re.sub(r"(EXIT|CYCLE)$", f"GO TO {open_loops[-1][which]}", text.rstrip(), flags=re.I)
        ends = re.match(r"END *DO$", word) and open_loops and not open_loops[-1][0]
        if ends or (place and open_loops and open_loops[-1][0] == place):
            _, again, after = open_loops.pop()
            if again:
                out.append([again, "CONTINUE"])
            out.append([place, text])
            if after:
                out.append([after, "CONTINUE"])
        else:
            out.append([place, text])
    return out


def prepared(name, text):
    kind = "D" if name[0] in "dz" else "S"
    out = []
    for place, text in leave_loops(statements(text)):
        text = re.sub(r"^ *RECURSIVE +", "", text, flags=re.I)
        text = re.sub(r"^ *END +(SUBROUTINE|FUNCTION).*", "END", text, flags=re.I)
        text = INTENT.sub(" ", text)
        text = PLACE.sub(lambda match: f"I{kind}MXLC( {match[2]}-{match[1]}+1, WORK( {match[1]} ) )", text)
        if re.fullmatch(r"[sdcz]potr?f2\.f", name):
            text = NAN_FAILS.sub("", text)
        if text.strip() == NAN_DIVIDES:
            text = f"IF( A( 1, 1 ).EQ.A( 1, 1 ) ) {NAN_DIVIDES}"
        text = text.replace("HUGE(ZERO)", LARGEST.get(name[0], ""))
        if text.strip().upper().startswith("INTRINSIC"):
            text = re.sub(r"(, *(MAXLOC|HUGE)\b|\b(MAXLOC|HUGE) *, *)", "", text)
        if name[0] == "z":
            text = re.sub(r"\bAIMAG\b", "DIMAG", text)
        if match := RANGE.fullmatch(text.strip()):
            for n in range(int(match[2]), int(match[3]) + 1):
                out.append(["", f"{match[1]}({n}) = {match[4]}"])
        else:
            out.append([place, text.strip()])
    lines = []
    for place, text in out:
        lines.append(f"{place:5} {text[:66]}")
        lines += [f"     ${text[at:at + 66]}" for at in range(66, len(text), 66)]
    return "\n".join(lines) + "\n"


def without_lengths(text):
    """Takes the lengths of texts out of what has a Fortran name (`name_(…)`): definitions, declarations and calls."""
    out, at = [], 0
    for match in re.finditer(r"\b\w+_\(", text):
        if match.start() < at:
            continue
        out.append(text[at:match.end()])
        out_of, depth = match.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[out_of], 0)
            out_of += 1
        inside = without_lengths(text[match.end():out_of - 1])
        inside = re.sub(r",\s*ftnlen\b(\s+\w+)?", "", inside)
        inside = re.sub(r",\s*\(\s*ftnlen\s*\)\s*\d+", "", inside)
        inside = re.sub(r",\s*\w+_len\b", "", inside)
        out.append(inside + ")")
        at = out_of
    return "".join(out) + text[at:]


def finished(text):
    text = re.sub(r"/\*(?! (Subroutine|Complex|Double Complex) \*/).*?\*/", "", text, flags=re.S)
    text = re.sub(r"\b(\w+?)__\(", r"\1_(", text)
    text = text.replace("/* Subroutine */ int", "void").replace("return 0;", "return;")
    text = without_lengths(text)
    lengths = sorted(set(re.findall(r"\b(\w+)_len\b(?!\()", text)))
    for name in lengths: # of a parameter of any length, which is a C string here
        parameter = re.search(rf"\bchar \*({name}(__)?)\b", text)[1]
        text = re.sub(r"\n\{\n", f"\n{{\n    ftnlen {name}_len = strlen({parameter});\n", text, count=1)
    return re.sub(r"\n\s*\n+", "\n", text).strip() + "\n"


def main(f2c, sources, out):
    sources, out = pathlib.Path(sources), pathlib.Path(out)
    files = [*(sources / "BLAS/SRC").glob("*.f"), *(sources / "SRC").glob("*.f"), sources / "INSTALL/ilaver.f"]
    names = []
    for path in sorted(files, key=lambda path: path.name):
        if LEFT_OUT.fullmatch(path.stem):
            continue
        (out / path.name).write_text(prepared(path.name, path.read_text()))
        names.append(path.stem)
    left = []
    for name in names:
        run = subprocess.run([f2c, "-a", "-A", "-R", f"{name}.f"], cwd=out, capture_output=True, text=True)
        if run.returncode:
            (out / f"{name}.c").unlink(missing_ok=True)
            left.append(f"{name}: " + next((line for line in run.stderr.splitlines() if "Error" in line), "failed"))
        else:
            (out / f"{name}.c").write_text(finished((out / f"{name}.c").read_text()))
    print(textwrap.dedent("\n".join(left)))


main(*sys.argv[1:])
