//! The command on a terminal: a pseudo terminal of several widths, and the screen that it leaves, as text.

use std::process::Command;

use hyperspace_testkit::command::TestEnvironment;

use crate::common::{EVOLVE, environment};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/terminal.py");

/// A screen that obeys what the status line uses, and notes when a line is too long for it.
struct Screen {
    columns: usize,
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
    /// Lines that went on in the next row of the terminal.
    wrapped: Vec<String>,
    /// Lines as they were when they were drawn again.
    drawn: Vec<String>,
}

impl Screen {
    fn new(columns: usize) -> Self {
        let lines = vec![Vec::new()];
        Self { columns, lines, row: 0, column: 0, wrapped: Vec::new(), drawn: Vec::new() }
    }

    fn line(&mut self) -> &mut Vec<char> {
        while self.lines.len() <= self.row {
            self.lines.push(Vec::new());
        }
        &mut self.lines[self.row]
    }

    fn put(&mut self, letter: char) {
        if self.column == self.columns {
            let line = self.line().iter().collect();
            self.wrapped.push(line);
            (self.row, self.column) = (self.row + 1, 0);
        }
        let column = self.column;
        let line = self.line();
        while line.len() <= column {
            line.push(' ');
        }
        line[column] = letter;
        self.column += 1;
    }

    /// Obeys a control sequence.
    fn control(&mut self, parameters: &str, end: char) {
        let number = parameters.parse().unwrap_or(1_usize);
        let column = self.column;
        match end {
            'm' | 'h' | 'l' => {}
            'K' => {
                let drawn: String = self.line().iter().collect();
                self.drawn.push(drawn);
                match parameters {
                    "2" => self.line().clear(),
                    _ => self.line().truncate(column),
                }
            }
            'A' => self.row = self.row.saturating_sub(number),
            'B' => self.row += number,
            'C' => self.column += number,
            'D' => self.column = self.column.saturating_sub(number),
            'G' => self.column = number - 1,
            'J' => {
                self.line().truncate(column);
                self.lines.truncate(self.row + 1);
            }
            other => panic!("the screen does not know the sequence {parameters:?} {other:?}"),
        }
    }

    fn show(&mut self, text: &str) {
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\n' => (self.row, self.column) = (self.row + 1, 0),
                '\r' => self.column = 0,
                '\u{1b}' => {
                    assert_eq!(letters.next(), Some('['), "a sequence of another kind");
                    let mut parameters = String::new();
                    let end = letters.by_ref().find(|letter| {
                        let ends = letter.is_ascii_alphabetic();
                        if !ends && *letter != '?' {
                            parameters.push(*letter);
                        }
                        ends
                    });
                    self.control(&parameters, end.unwrap());
                }
                letter => self.put(letter),
            }
        }
    }

    fn text(&self) -> String {
        let lines =
            self.lines.iter().map(|line| line.iter().collect::<String>().trim_end().to_owned() + "\n");
        lines.collect::<String>().trim_end().to_owned() + "\n"
    }
}

/// Runs the command on a terminal of this width; `None` where there is no Python to make one.
fn on_terminal(
    env: &TestEnvironment,
    columns: usize,
    variables: &[(&str, &str)],
    args: &[&str],
) -> Option<(Screen, String)> {
    let hermetic = env.command(args);
    let mut command = Command::new("python3");
    command.args(["-I", SCRIPT, &columns.to_string()]).arg(env.program()).args(args);
    command.current_dir(env.path(".")).env_clear().env("TERM", "xterm-256color");
    command.envs(hermetic.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").envs(variables.iter().copied());
    let output = command.output().ok()?;
    let raw = String::from_utf8(output.stdout).unwrap();
    // Exit codes up to 15 are those of the command; a signal and a script that failed are others.
    assert!(output.status.code().is_some_and(|code| code <= 15 && code != 1), "{args:?}: {raw}");
    let mut screen = Screen::new(columns);
    screen.show(&raw);
    Some((screen, raw))
}

/// Replaces times, which differ, and digests, which depend on the build.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let hash = |word: &str| word.len() >= 9 && word.chars().all(|c| c.is_ascii_hexdigit());
        let shown = words.iter().enumerate().map(|(index, word)| match words.get(index + 1) {
            Some(&"s") if word.parse::<f64>().is_ok() => "TIME",
            _ if hash(word) => "HASH",
            _ => word,
        });
        masked.push_str(shown.collect::<Vec<_>>().join(" ").trim_end());
        masked.push('\n');
    }
    masked
}

#[test]
fn a_run_fits_terminals_of_every_width() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terminal");
    for columns in [60, 80, 120, 200] {
        let env = environment();
        let args = [&EVOLVE[..], &["--generations", "12", "--store", "S"]].concat();
        let Some((screen, raw)) = on_terminal(&env, columns, &[], &args) else {
            println!("skipped: python3 cannot be started");
            return;
        };
        assert!(screen.wrapped.is_empty(), "{columns} columns: {:#?}", screen.wrapped);
        let status: Vec<&String> = screen.drawn.iter().filter(|line| line.contains("/12")).collect();
        assert!(!status.is_empty(), "no status line was drawn: {raw:?}");
        assert!(status.iter().all(|line| line.trim_end().chars().count() < columns), "{status:#?}");
        assert!(raw.contains("\u{1b}[32m") || raw.contains("\u{1b}[1;32m"), "no colours: {raw:?}");
        let path = folder.join(format!("{columns}.txt"));
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        let found = masked(&screen.text());
        if expected != found {
            let proposed = path.with_extension("txt.new");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&proposed, &found).unwrap();
            panic!(
                "the screen has changed; look at {} and move it there if that is meant",
                proposed.display()
            );
        }
    }
}

#[test]
fn a_dumb_terminal_and_no_color_get_plain_text() {
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let env = environment();
        let args = [&EVOLVE[..], &["--generations", "2", "--store", "S"]].concat();
        let Some((screen, raw)) = on_terminal(&env, 80, &[(name, value)], &args) else {
            println!("skipped: python3 cannot be started");
            return;
        };
        for code in ["\u{1b}[31m", "\u{1b}[32m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[33m"] {
            assert!(!raw.contains(code), "{name}: {raw:?}");
        }
        assert_eq!(raw.contains('\u{1b}'), name == "NO_COLOR", "a dumb terminal knows no sequences: {raw:?}");
        assert!(screen.wrapped.is_empty() && screen.text().contains("best agent"), "{}", screen.text());
    }
}

/// Returns whether a line is too long only because of one long word that is shown whole so that it can be copied, such as a path.
/// Hashes are none: their beginnings are enough.
fn is_one_word(line: &str) -> bool {
    let (long, others): (Vec<&str>, Vec<&str>) = line.split_whitespace().partition(|word| word.len() >= 40);
    let is_hash = |word: &str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    long.len() == 1 && others.len() <= 1 && !is_hash(long[0])
}

#[test]
fn no_command_wraps_on_a_terminal_of_any_width() {
    let env = environment();
    let output = env.run(&[&EVOLVE[..], &["--generations", "6", "--store", "S"]].concat());
    assert!(output.status.success());
    let other = ["--generations", "2", "--store", "S", "--seed", "6"];
    let other = [&EVOLVE[..7], &other[..]].concat();
    assert!(env.run(&other).status.success());
    let (list, code) = env.json(&["log", "--store", "S"]);
    assert_eq!(code, 0);
    let hash = |at: usize| list["runs"][at]["run"].as_str().unwrap()[..12].to_owned();
    let (run, second) = (hash(0), hash(1));
    let (seed, child) = (format!("{run}:0:0"), format!("{run}:1:0"));
    let text =
        "print(1)\ndef guess():\n\traise ValueError('\\t箱詰め問題の長い説明がここにあります。' * 4)\n";
    env.write("broken/task_agent.py", text);
    let of = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<String>>();
    let commands = [
        of(&["log"]),
        of(&["log", "--task", "gues"]),
        of(&["log", &run]),
        of(&["log", &run, "--fate", "no-better"]),
        of(&["log", &run, "--fate", "failed"]),
        of(&["log", &run, "--fate", "duplicate"]),
        of(&["log", &run, "--events"]),
        of(&["compare", &run, &second]),
        of(&["show", &run]),
        of(&["show", &seed]),
        of(&["show", &child]),
        of(&["lineage", &run]),
        of(&["tree", &run, "--all"]),
        of(&["why", &run]),
        of(&["costs", &run]),
        of(&["transcript", &child]),
        of(&["diff", &seed, &child]),
        of(&["best", &run]),
        of(&["marks", &run]),
        of(&["needs"]),
        of(&["fsck"]),
        of(&["replay", &run]),
        of(&["tasks"]),
        of(&["agents"]),
        of(&["models"]),
        of(&["strategies"]),
        of(&["strategies", "islands"]),
        of(&["eval", "--task", "./guess", "--agent", "./climber"]),
        of(&["evolve", "--help"]),
        of(&["evolve", "--task", "capset"]),
        of(&["evolve", "--task", "./guess", "--agent", "genetics"]),
        of(&["show", "abcdef"]),
        of(&["logg"]),
        of(&["data"]),
        of(&["compare", &run]),
        of(&["log", "--fate", "faild"]),
        of(&["log", "--since", "2999-01-01"]),
        of(&["show", &format!("{run}:99:0")]),
        of(&["exec", "--fuel", "5xx", "-c", "pass"]),
        of(&["doctor"]),
        of(&["marks", &run, "--refused"]),
        of(&["eval", "--task", "./guess", "--agent", "./broken"]),
        of(&["exec", "-c", "import no_such_module"]),
        of(&["exec", "-c", "raise ValueError('a long text ' * 30)"]),
    ];
    for columns in [60, 80, 120, 200] {
        for command in &commands {
            let args: Vec<&str> = command.iter().map(String::as_str).collect();
            let with_store = [("HYPERSPACE_STORE", "S")];
            let Some((screen, raw)) = on_terminal(&env, columns, &with_store, &args) else {
                println!("skipped: python3 cannot be started");
                return;
            };
            assert!(!raw.trim().is_empty(), "{args:?} shows nothing");
            // What a guest printed is its own.
            let own = |line: &&String| !is_one_word(line) && !line.contains("a long text ");
            let wrapped: Vec<&String> = screen.wrapped.iter().filter(own).collect();
            assert!(wrapped.is_empty(), "{args:?} at {columns} columns: {wrapped:#?}");
        }
    }
}
