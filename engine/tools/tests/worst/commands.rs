//! Commands that cost the host as much as a script can make them cost.

/// A command, and the commands that run before it in the same shell.
pub(crate) struct Worst {
    pub(crate) name: &'static str,
    pub(crate) before: &'static [&'static str],
    pub(crate) command: &'static str,
}

const fn worst(name: &'static str, command: &'static str) -> Worst {
    Worst { name, before: &[], command }
}

const fn after(name: &'static str, before: &'static [&'static str], command: &'static str) -> Worst {
    Worst { name, before, command }
}

/// A variable of 60,000 bytes.
const LONG: &str = "printf -v x '%10000s'; x=\"${x// /a}\"; x=$x$x$x$x$x$x; unset IFS";
/// A function that runs a word of a thousand expansions.
const MANY: &str = "w=$(printf '${x//a/b}%.0s' $(seq 200)); eval \"many() { : \\\"$w\\\"; }\"";

pub(crate) const COMMANDS: &[Worst] = &[
    worst("python", "python3 -c 'i = 0\nwhile i < 20_000_000: i += 1'"),
    worst("nothing", "while :; do :; done"),
    worst("arithmetic loop", "for ((i = 0; ; i++)); do ((x = i * i, y = x ** 3)); done"),
    worst("append", "a=(); while :; do a+=(xxxxxxxx); done"),
    worst(
        "append ten",
        "a=(); while :; do a+=(x); a+=(x); a+=(x); a+=(x); a+=(x); a+=(x); a+=(x); a+=(x); done",
    ),
    worst(
        "append in one command",
        "a=($(seq 2000)); w=$(printf 'a+=(x) %.0s' $(seq 3000)); while :; do eval \"$w\"; done",
    ),
    worst("element", "a=($(seq 1200)); while :; do a[7]=x; b=(\"${a[@]}\"); done"),
    worst(
        "elements as a word",
        "a=($(seq 2400)); while :; do : \"${a[@]}\" \"${a[@]}\" \"${a[@]}\" \"${a[@]}\"; done",
    ),
    worst("associative", "declare -A m; while :; do m[k$((i++))]=x; n=(\"${!m[@]}\"); done"),
    after("replace", &[LONG], "while :; do : \"${x//a/b}\"; done"),
    after("replace by pattern", &[LONG], "while :; do : \"${x//[ab]?/b}\"; done"),
    after("replace by extglob", &[LONG, "shopt -s extglob"], "while :; do : \"${x//+(b|c)/b}\"; done"),
    after("many replaces", &[LONG, MANY], "while :; do many; done"),
    after(
        "length",
        &[LONG, "w=$(printf '${#x}%.0s' $(seq 1000)); eval \"many() { : $w; }\""],
        "while :; do many; done",
    ),
    after(
        "substring",
        &[LONG, "w=$(printf '${x:59000:1}%.0s' $(seq 1000)); eval \"many() { : $w; }\""],
        "while :; do many; done",
    ),
    after(
        "upper",
        &[LONG, "w=$(printf '${x^^}%.0s' $(seq 100)); eval \"many() { : $w; }\""],
        "while :; do many; done",
    ),
    after(
        "quoted",
        &[LONG, "w=$(printf '${x@Q}%.0s' $(seq 100)); eval \"many() { : $w; }\""],
        "while :; do many; done",
    ),
    after("longest prefix", &[LONG], "while :; do : \"${x##*a*a*b}\" \"${x%%b*a*a}\" \"${x#*b}\"; done"),
    after(
        "many longest prefixes",
        &[LONG, "w=$(printf '${x##*a*b}%.0s' $(seq 200)); eval \"many() { : $w; }\""],
        "while :; do many; done",
    ),
    after(
        "nested defaults",
        &[LONG],
        "p='${y:-${y:-${y:-${y:-${y:-${y:-${y:-${y:-$x}}}}}}}}'; while :; do : \"${p@P}\"; done",
    ),
    after(
        "nested prompts",
        &[
            "p0='${y:-aaaaaaaaaa}'; for i in 0 1 2 3 4 5 6; do eval \"p$((i + 1))='\\${p$i@P}\\${p$i@P}\\${p$i@P}\\${p$i@P}\\${p$i@P}'\"; done",
        ],
        "while :; do : \"${p7@P}\"; done",
    ),
    after("prompt of a long text", &[LONG], "p=$x'${y:-$x}'; while :; do : \"${p@P}\"; done"),
    after(
        "defaults a hundred deep",
        &["w=x; for i in $(seq 90); do w='${y:-'$w'}'; done"],
        "eval \"f() { : $w $w $w $w $w $w; }\"; while :; do f; done",
    ),
    worst("compile", "while :; do [[ a =~ ^((a{1,90}){1,90}|b$((i++)))$ ]]; done"),
    worst(
        "compile many",
        "w=$(printf '[[ a =~ ^(.{1,90}){1,50}%s$ ]];' $(seq 200)); while :; do eval \"$w\"; done",
    ),
    after("glob", &[LONG], "while :; do [[ $x == *a*a*a*a*a*a*b ]]; done"),
    after("extglob", &[LONG, "shopt -s extglob"], "while :; do [[ $x == +(+(a|aa)|a)b ]]; done"),
    after(
        "case",
        &[LONG, "w=$(printf '*a*%s*b) ;; ' $(seq 300)); eval \"many() { case \\$x in $w esac; }\""],
        "while :; do many; done",
    ),
    worst("printf", "while :; do printf -v y '%10000s%10000s%10000s%10000s%10000s' ''; done"),
    worst("printf of many", "while :; do printf -v y '%100s' {1..1000}; done"),
    worst("printf digits", "while :; do printf -v y '%.10000f%.10000g%.10000e' 1.1 1.2 1.3; done"),
    worst("braces", "while :; do : {1..10000}; done"),
    worst("braces times braces", "while :; do : {1..100}{1..100}{1..10}; done"),
    worst(
        "many braces",
        "w=$(printf '{1..10000} %.0s' $(seq 9)); eval \"many() { : $w; }\"; while :; do many; done",
    ),
    worst(
        "nested braces",
        "w=x; for i in $(seq 15); do w=\"{$w,$w}\"; done; eval \": $w\"; while :; do eval \": $w\"; done",
    ),
    worst(
        "arithmetic",
        "a=1+1; b=a+a+a+a+a+a+a+a; c=b+b+b+b+b+b+b+b; d=c+c+c+c+c+c+c+c; while :; do ((e=d+d+d)); done",
    ),
    worst("long arithmetic", "w=$(printf '1+%.0s' $(seq 20000)); while :; do ((y=${w}1)); done"),
    worst("arithmetic with names", "w=$(printf 'i+%.0s' $(seq 4000)); while :; do ((y=${w}1)); done"),
    after("subshells", &[LONG, "a=($(seq 2000))"], "while :; do (:); done"),
    after("substitutions", &[LONG, "a=($(seq 2000))"], "while :; do y=$(:); done"),
    after("children", &[LONG, "export x"], "while :; do bash -c :; done"),
    after("local", &[LONG], "f() { local y=$x; }; while :; do f; done"),
    after("split", &["x=$(seq 5000)"], "while :; do set -- $x $x; done"),
    after("here string", &[LONG], "while :; do read y <<< \"$x\"; done"),
    after("here document", &[LONG], "while :; do cat <<< \"$x$x$x\" > /dev/null; done"),
    worst("eval", "w=$(printf 'x=1;%.0s' $(seq 2000)); while :; do eval \"$w\"; done"),
    worst(
        "parse",
        "w=$(printf '(:;%.0s' $(seq 20))$(printf ')%.0s' $(seq 20)); while :; do eval \"false && $w\"; done",
    ),
    worst(
        "parse a long text",
        "w=$(printf '[[ a ]] && %.0s' $(seq 3000)):; while :; do eval \"false && { $w; }\"; done",
    ),
    worst(
        "parse quotes",
        "w=$(printf '\"${a:-\"%.0s' $(seq 40))$(printf '\"}\"%.0s' $(seq 40)); while :; do eval \"false && : $w\"; done",
    ),
    worst("read lines", "seq 20000 > /tmp/l; while read y; do :; done < /tmp/l"),
    worst("mapfile", "seq 2000 > /tmp/l; while :; do mapfile y < /tmp/l; done"),
    worst(
        "set",
        "for i in $(seq 900); do eval \"v$i=$i\"; done; while :; do set > /dev/null; declare -p > /dev/null; done",
    ),
    worst("files", "for i in $(seq 500); do : > /tmp/f$i; done; while :; do : /tmp/* /tmp/* /tmp/*; done"),
    worst(
        "globstar",
        "shopt -s globstar; for i in $(seq 300); do : > /tmp/f$i; done; while :; do : /**/*x*y; done",
    ),
    worst("find", "while :; do find / -regex '.*(a|b)*c' > /dev/null; done"),
    worst("awk", "awk 'BEGIN { while (1) i++ }'"),
    worst(
        "awk loops without end",
        "awk 'function f(n) { while (1) { i = i + 1; j = i * 2 } } BEGIN { f(1) }'; seq 100000 | awk '{ while (i++ < 1000000) ; }'",
    ),
    worst(
        "awk strings",
        "awk 'BEGIN { s = \"x\"; while (length(s) < 400000) s = s s; while (1) t = s \"y\" }'",
    ),
    worst(
        "awk substr",
        "awk 'BEGIN { s = \"é\"; while (length(s) < 200000) s = s s; while (1) t = substr(s, 1000000, 1) }'",
    ),
    worst(
        "awk upper",
        "awk 'BEGIN { s = \"x\"; while (length(s) < 400000) s = s s; while (1) t = toupper(s) }'",
    ),
    worst(
        "awk index",
        "awk 'BEGIN { s = \"x\"; while (length(s) < 400000) s = s s; while (1) t = index(s, \"xxxxxxxxxxxxxxxxxxy\") }'",
    ),
    worst(
        "awk gsub",
        "awk 'BEGIN { s = \"x\"; while (length(s) < 400000) s = s s; while (1) { t = s; gsub(/x/, \"y\", t) } }'",
    ),
    worst(
        "awk match",
        "awk 'BEGIN { s = \"x\"; while (length(s) < 400000) s = s s; while (1) t = s ~ /(x|xx)*y/ }'",
    ),
    worst(
        "awk split",
        "awk 'BEGIN { s = \"x\"; while (length(s) < 10000) s = s s; while (1) t = split(s, a, \"\") }'",
    ),
    worst(
        "awk fields",
        "awk 'BEGIN { s = \"x \"; while (length(s) < 10000) s = s s; while (1) { $0 = s; t = NF; $1 = 1; u = $0 } }'",
    ),
    worst("awk compile", "awk 'BEGIN { while (1) t = \"x\" ~ (\"(.{1,90}){1,40}\" i++) }'"),
    worst(
        "awk sprintf",
        "awk 'BEGIN { while (1) t = sprintf(\"%10000s%10000s%.10000f\", \"a\", \"b\", 1.1) }'",
    ),
    worst(
        "awk compare",
        "awk 'BEGIN { s = \"x\"; while (length(s) < 400000) s = s s; t = s \"y\"; while (1) u = s < t }'",
    ),
    worst(
        "awk print",
        "awk 'BEGIN { s = \"x\"; while (length(s) < 400000) s = s s; while (1) print s > \"/dev/null\" }'",
    ),
    worst(
        "awk delete",
        "awk 'BEGIN { while (1) { for (i = 0; i < 1000; i++) a[i] = i; for (k in a) b = b k; delete a; b = \"\" } }'",
    ),
    worst(
        "sed",
        "printf '%10000s\\n' $(seq 100) > /tmp/s; while :; do sed -E 's/( | x)*y/z/g; s/ /xx/g; s/x/ /g' /tmp/s > /dev/null; done",
    ),
    worst(
        "sed loops",
        "printf '%10000s\\n' $(seq 100) > /tmp/s; while :; do sed ':a; s/ /x/; ta' /tmp/s > /dev/null; done",
    ),
    worst(
        "sed back reference",
        "printf '%10000s\\n' $(seq 100) > /tmp/s; while :; do sed -E 's/(( *)*)y\\1/z/' /tmp/s > /dev/null; done",
    ),
    worst("sed hold", "seq 20000 > /tmp/s; while :; do sed -n 'H;x;s/a/b/;x' /tmp/s; done"),
    worst(
        "sed program",
        "seq 3000 > /tmp/s; w=$(printf 's/a*b*c/d/;%.0s' $(seq 1000)); while :; do sed \"$w\" /tmp/s > /dev/null; done",
    ),
    worst(
        "grep backtracks",
        "for i in $(seq 1000); do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac; done > /tmp/g; while :; do grep -P '^(a|aa)+\\1?$' /tmp/g; done",
    ),
    worst("grep", "seq 100000 > /tmp/g; while :; do grep -E '(1|11|2)*(3|33)*x' /tmp/g; done"),
    worst("grep many patterns", "seq 20000 > /tmp/g; while :; do grep -f /tmp/g /tmp/g > /dev/null; done"),
    worst("grep words", "seq 20000 > /tmp/g; while :; do grep -iwo -E '[0-9]+' /tmp/g > /dev/null; done"),
    worst(
        "sort",
        "seq 100000 | rev > /tmp/a; while :; do sort -k1.2,1.3n -k1.1,1.5V /tmp/a > /dev/null; done",
    ),
    worst("sort versions", "seq 50000 | rev > /tmp/a; while :; do sort -V /tmp/a > /dev/null; done"),
    worst(
        "diff",
        "seq 1 2 30000 > /tmp/a; seq 2 2 30000 > /tmp/b; while :; do diff /tmp/a /tmp/b > /dev/null; done",
    ),
    worst(
        "diff of like lines",
        "for i in $(seq 3000); do echo $((i % 7)); done > /tmp/a; for i in $(seq 3000); do echo $((i % 5)); done > /tmp/b; while :; do diff -u /tmp/a /tmp/b > /dev/null; done",
    ),
    worst(
        "comm join uniq",
        "seq 100000 | sort > /tmp/a; while :; do comm /tmp/a /tmp/a > /dev/null; join /tmp/a /tmp/a > /dev/null; uniq -c /tmp/a > /dev/null; done",
    ),
    worst(
        "join of equal lines",
        "for i in $(seq 3000); do echo x; done > /tmp/a; while :; do join /tmp/a /tmp/a > /dev/null; done",
    ),
    worst("bc", "while :; do echo '9^99999; e(1); scale=1000; 1/7; sqrt(2)' | bc -l > /dev/null; done"),
    worst(
        "bc long",
        "w=$(printf '9^9^9;%.0s' $(seq 2000)); while :; do echo \"$w\" | bc -l > /dev/null; done",
    ),
    worst("expr", "while :; do expr 9999999999 '*' 99999 : '.*' > /dev/null; done"),
    worst(
        "digests",
        "head -c 8000 /dev/zero > /tmp/z; for i in 1 2 3 4 5 6 7 8 9; do cat /tmp/z /tmp/z > /tmp/y; mv /tmp/y /tmp/z; done; while :; do sha512sum /tmp/z; md5sum /tmp/z; sha256sum /tmp/z; done > /dev/null",
    ),
    worst(
        "hexdump",
        "seq 100000 > /tmp/z; while :; do od -An -tx1 /tmp/z > /dev/null; xxd /tmp/z > /dev/null; strings /tmp/z > /dev/null; done",
    ),
    worst("base64", "seq 100000 > /tmp/z; while :; do base64 /tmp/z | base64 -d > /dev/null; done"),
    worst(
        "tr cut",
        "seq 100000 > /tmp/z; while :; do tr a-z0-9 A-Za-z < /tmp/z | cut -c 1-3,5-9 | rev | nl | fold -w 2 | paste -s > /dev/null; done",
    ),
    worst(
        "column",
        "seq 20000 > /tmp/z; while :; do column /tmp/z > /dev/null; pr /tmp/z > /dev/null; fmt /tmp/z > /dev/null; done",
    ),
    worst(
        "dd",
        "head -c 8000 /dev/zero > /tmp/z; for i in 1 2 3 4 5 6 7 8 9; do cat /tmp/z /tmp/z > /tmp/y; mv /tmp/y /tmp/z; done; while :; do dd if=/tmp/z of=/dev/null bs=1 2> /dev/null; done",
    ),
    worst(
        "tsort",
        "for i in $(seq 5000); do echo $i $((i + 1)); done > /tmp/t; while :; do tsort /tmp/t > /dev/null; done",
    ),
    worst("date", "while :; do date -d 'now + 3 days - 2 hours' > /dev/null; done"),
    worst("xargs", "seq 3000 > /tmp/x; while :; do xargs -n 1 echo < /tmp/x > /dev/null; done"),
    worst("tail of zeros", "while :; do head -c 1000000 /dev/zero | tail -c 5 | wc; done"),
    worst("seq", "while :; do seq 100000 > /dev/null; done"),
    worst("pipes", "while :; do seq 10000 | cat | cat | cat | cat | wc; done"),
    worst(
        "copy in",
        "seq 100000 > /tmp/a; while :; do cp /tmp/a /tmp/b; cat /tmp/b >> /tmp/c; rm /tmp/c; done",
    ),
    worst("append a file", "seq 100000 > /tmp/a; while :; do echo >> /tmp/a; done"),
    worst("traps", "trap 'x=1' DEBUG; while :; do :; done"),
    worst(
        "aliases",
        "shopt -s expand_aliases; for i in $(seq 1 300); do alias a$i=\"a$((i+1)) \"; done; while :; do eval 'a1 a1 a1 a1'; done",
    ),
    worst("completions", "while :; do compgen -A function -abck > /dev/null; done"),
    worst("unset", "while :; do x=1; unset x; done"),
    worst("indirection", "n=x; x=1; while :; do : ${!n} ${!n} ${!x*} ${!n*}; done"),
    worst(
        "names",
        "for i in $(seq 900); do eval \"v$i=$i\"; done; w=$(printf '${!v*} %.0s' $(seq 100)); eval \"many() { : $w; }\"; while :; do many; done",
    ),
    worst("functions", "f() { local a; f2; }; f2() { f3; }; f3() { :; }; while :; do f; done"),
];
