//! The shell: golden transcripts, hostile commands, and determinism.

use crate::common::{file_set, files, sandbox};
use hyperspace_sandbox::{Denial, FileChange, Files};
use hyperspace_tools::{Shell, ShellConfig};

struct Session {
    files: Files,
    shell: Shell,
    runtime: tokio::runtime::Runtime,
}

impl Session {
    fn seeded(seed: u64) -> Self {
        let repo = file_set(&[("task_agent.py", "def f(x):\n\treturn x\n"), ("README", "read me\n")]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let config = ShellConfig::new("/repo", seed);
        Self { files: files(repo), shell: Shell::new(sandbox(), config), runtime }
    }

    fn new() -> Self {
        Self::seeded(7)
    }

    fn run(&mut self, command: &str) -> String {
        self.runtime.block_on(self.shell.run(&self.files, command)).unwrap()
    }

    #[track_caller]
    fn check(&mut self, command: &str, output: &str) {
        assert_eq!(self.run(command), output, "{command}");
    }

    fn end(self) -> (Vec<FileChange>, Vec<Denial>) {
        self.files.into_changes()
    }
}

/// Returns commands with their answers.
fn transcript(seed: u64, commands: &[&str]) -> String {
    let mut session = Session::seeded(seed);
    let mut text = String::new();
    for command in commands {
        text.push_str(&format!("$ {command}\n{}\n", session.run(command).trim_end_matches('\n')));
    }
    text
}

const EVERYDAY: [&str; 22] = [
    "pwd; ls -la",
    "cat task_agent.py",
    "grep -n return *.py",
    "sed -i 's/return x/return x + 1/' task_agent.py && cat task_agent.py",
    "mkdir -p lib && cat > lib/help.py <<'EOF'\ndef help(x):\n\treturn \"$x\"\nEOF\ncat lib/help.py",
    "diff task_agent.py lib/help.py",
    "x=5; greet() { echo \"hello $1 from $x\"; }",
    "greet you; cd lib; pwd",
    "pwd; ls nothing; echo after",
    "cd ..; find . -name '*.py' | sort; wc -l task_agent.py",
    "for i in 1 2 3; do echo $((i * i)); done | paste -sd+",
    "declare -A m; m[a]=1; m[b]=2; m[c]=3; for k in \"${!m[@]}\"; do echo $k=${m[$k]}; done",
    "cat evals/gen_1_0/report.json | head -c 8; echo; echo x > evals/y",
    "echo x > README; echo $?",
    "cp task_agent.py /tmp/kept.py && mv /tmp/kept.py lib/kept.py && ls lib",
    "true",
    "false",
    "cd /tmp",
    "pwd",
    "if then",
    "exit 3",
    "echo \"$x\"; greet",
];

#[test]
fn an_everyday_session() {
    insta::assert_snapshot!(transcript(7, &EVERYDAY));
}

#[test]
fn chance_and_time_repeat_and_follow_the_seed() {
    let commands = [
        "echo $RANDOM $RANDOM $(echo $RANDOM); echo $$ $BASHPID $PPID $UID",
        "echo $SRANDOM; n=SRAN; n=${n}DOM; echo ${!n} $((n)); bash -c \"echo \\$$n\"; uuidgen; openssl rand -hex 4",
        "dd if=/dev/urandom bs=4 count=1 | od -An -tx1; echo x > lib; sed -i s/x/y/ /tmp/none task_agent.py",
        "mktemp; mktemp -d /tmp/folder.XXXX; mktemp -u",
        "head -c 8 /dev/urandom | od -An -tx1; od -An -N4 -tx1 < /dev/random",
        "date +%s; date -u; echo $SECONDS $EPOCHSECONDS; sleep 2; echo $SECONDS; printf '%(%s)T\\n' -1",
        "time sleep 1.5",
        "touch lib; ls -l --full-time /repo; stat -c '%Y %s %n' /repo/task_agent.py",
        "awk 'BEGIN { srand(); print rand(), rand() }'",
        "env | sort; set | sort | head -50; declare -p | sort | head -50",
        "uname -a; whoami; hostname; id; nproc; uptime; ps; free; df; times",
        "echo {a,b}{1,2} *; compgen -c | sort | head -30; alias; trap; jobs; umask; ulimit -a",
        "declare -A q; for i in $(seq 30); do q[k$i]=$i; done; echo ${!q[@]}; echo ${q[@]}; declare -p q",
        "echo a b c d e f | tr ' ' '\\n' | sort | uniq -c | sort -rn; seq 5 | tac | xargs echo",
        "exit",
        "echo $RANDOM",
    ];
    let first = transcript(7, &commands);
    assert_eq!(first, transcript(7, &commands));
    let other = transcript(8, &commands);
    assert_ne!(first.lines().nth(1), other.lines().nth(1), "randomness must follow the seed");
}

#[test]
fn chance_is_the_shells_own_and_there_are_no_links() {
    let commands = ["seq 9 | sort -R", "seq 9 | shuf", "shuf -e a b c d e", "uuidgen"];
    assert_eq!(transcript(7, &commands), transcript(7, &commands));
    assert_ne!(transcript(7, &commands), transcript(8, &commands));
    let answer = Session::new().run("ln -s /etc/passwd lib");
    assert!(answer.contains("link"), "{answer}");
}

#[test]
fn hostile_commands_end_and_the_next_one_works() {
    for command in [
        ":(){ :|:& };:",
        "f() { f; f; }; f",
        "while :; do :; done",
        "while true; do echo flood; done",
        "yes | cat > /tmp/full",
        "x=x; while :; do x=$x$x; done",
        "for ((;;)); do echo $((i++)) >> /tmp/log; done",
        "sleep 1000000",
        "sleep 1000000 &\nwait",
        "eval \"$(printf '(%.0s' $(seq 5000))\"",
        "cat /dev/zero > /tmp/z; cat /dev/zero /tmp/z > /tmp/y; sleep infinity",
        "read line; read -t 100000 line; cat",
        "echo {1..100000000}",
        "printf '%*s' 2000000000 x",
        "seq 100000000000",
        "tr a b < /dev/zero; head -c 100000000000 /dev/zero | wc -c",
        "a=(); a[9999999999]=1; echo ${#a[@]}",
        "trap 'kill -9 $$' EXIT; kill -9 $$; kill -9 1; kill -9 -1",
        "exec 3>/tmp/three; exec bash; exec python3",
        "yes | head -1; yes > /dev/null",
        "a=($(seq 100000)); while :; do a+=(\"${a[@]}\"); done",
        "declare -A m; i=0; while :; do m[$i]=$(seq 1000); i=$((i + 1)); done",
        "f() { echo $(f $1 $1); }; f x | f y | f z",
        "bomb() { bomb | bomb | bomb; }; bomb | bomb",
        "shopt -s extglob; x=$(printf 'a%.0s' $(seq 3000)); [[ $x == +(+(a|aa)|a)b ]]; case $x in +(a*)+(a*)c) ;; esac",
        "x=$(seq 20000); while :; do : \"${x##*1*2*z}\" \"${x//+(1|2)/y}\"; done",
        "awk 'BEGIN { while (1) s = s s \"xxxxxxxx\" }'",
        "awk 'function f(n) { return f(n + 1) } BEGIN { f(0) }'",
        "jq -n 'def f: f | f; f'; jq -n '[range(1e9)]'",
        "head -c 50000000 /dev/zero > /tmp/a; tar czf - / | gzip | gzip | wc -c",
    ] {
        let mut session = Session::new();
        let answer = session.run(command);
        assert!(answer.chars().count() <= 32_000, "{command}: {} characters", answer.chars().count());
        let next = session.run("echo still here");
        assert!(next.contains("still here"), "{command}: {answer:.500}\nthen: {next:.500}");
    }
}

#[test]
fn nothing_of_the_host_is_in_reach() {
    let mut session = Session::new();
    for command in [
        "cat /etc/passwd",
        "ls /proc /sys /home /root /etc /dev/shm",
        "cat ../../../../etc/passwd",
        "cat /repo/../etc/shadow",
        "< /proc/self/environ cat",
        "source /etc/profile",
        "cat ~root/.bashrc",
        "curl http://localhost/",
        "wget http://localhost/",
        "git clone http://localhost/x",
        "ssh localhost",
        "nc localhost 80",
        "cat < /dev/tcp/127.0.0.1/80",
        "sudo id",
        "docker ps",
        "/bin/sh -c 'cat /etc/passwd'",
        "bash -c 'cat /etc/passwd'",
        "find / -name passwd",
        "command -p cat /etc/hostname",
        "env; set; export -p",
        "echo $CARGO_MANIFEST_DIR $CARGO $PATH $HOME $USER",
    ] {
        let answer = session.run(command);
        for secret in ["root:", "CARGO", "/usr/local", env!("CARGO_MANIFEST_DIR"), "rustc"] {
            let echoed = command.contains(secret);
            assert!(echoed || !answer.contains(secret), "{command}: {answer:.500}");
        }
    }
}

#[test]
fn writes_outside_of_the_scope_are_refused_and_written_down() {
    let mut session = Session::new();
    for command in [
        "echo x > README",
        "echo x >> evals/gen_1_0/report.json",
        "rm README",
        "mv README lib",
        "mkdir new",
        "touch new.py",
        "cp task_agent.py ../sdk/agent/llm_client.py",
        "sed -i s/a/b/ README",
        "rm -rf evals",
        "tee README < task_agent.py",
        "mv task_agent.py setup.py",
        "rm -rf /repo /sdk /usr",
        "echo x > /sdk/x; echo x > /x; mkdir /repo_evil",
    ] {
        let answer = session.run(command);
        // `rm -f` says nothing of what it could not remove; that it did not is checked below.
        assert!(command.starts_with("rm -rf") || answer != "(no output)", "{command}");
    }
    session.check("cat README evals/gen_1_0/report.json", "read me\n{\"score\": 0.25}\n");
    let (changes, denials) = session.end();
    // `rm -rf /repo` is inside of the scope for these.
    let changed: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    assert!(changed.iter().all(|path| *path == "task_agent.py"), "{changed:?}");
    assert!(denials.iter().any(|denial| denial.target == "/repo/README" && denial.op == "write"));
    assert!(denials.iter().any(|denial| denial.target == "/repo/evals/gen_1_0/report.json"));
    assert!(denials.iter().any(|denial| denial.target == "/sdk/agent/llm_client.py"));
}

#[test]
fn output_is_clipped_and_globs_over_many_files_work() {
    let mut session = Session::new();
    let long = session.run("seq 20000");
    assert!(
        long.starts_with("1\n2\n") && long.ends_with("19999\n20000\n") && long.contains("<response clipped>")
    );
    session.check("cd /tmp; for i in $(seq 500); do echo $i > f$i; done; cat f* | wc -l; cd /repo", "500\n");
    session.check("rm /tmp/f*; ls /tmp | wc -l", "0\n");
}

#[test]
fn equal_calls_cost_equal_fuel() {
    let cost = || {
        let mut session = Session::new();
        for command in &EVERYDAY[..8] {
            session.run(command);
        }
        session.files.cost()
    };
    assert_eq!(cost(), cost());
}

#[test]
fn a_call_that_nobody_waits_for_leaves_the_shell_usable() {
    let mut session = Session::new();
    let files = session.files.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let run = session.shell.run(&files, "while :; do :; done");
        // Dropped at its first wait.
        tokio::select! {
            biased;
            _ = run => {}
            () = std::future::ready(()) => {}
        }
    });
    session.check("echo $x alive", "alive\n");
}
