"""Measures how many mutants of the guard, policy and conflict code the tests kill.

All mutants are compiled into one copy of the crate, each behind a switch that the environment chooses, so that one build
serves them all. Usage: mutants.py WORKSPACE COPY TARGET_DIR; the copy is made anew. Prints survivors and the share.
"""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

# File, an expression as it stands there (first occurrence), and what replaces it.
MUTANTS = [
    ("strength.rs", "TrustSource::ExternalVerified => 7", "TrustSource::ExternalVerified => 11"),
    ("strength.rs", "TrustSource::ExternalUnverified => 3", "TrustSource::ExternalUnverified => 8"),
    ("strength.rs", "others * 3 / 10", "others"),
    ("strength.rs", "sum.min(u128::from(Strength::CAP.0))", "sum"),
    ("strength.rs", "all - u128::from(strongest.0)", "all"),
    ("marks.rs", "age > decay.intent_ttl", "age >= decay.intent_ttl"),
    ("marks.rs", "decay.warning_half_life)", "decay.observation_half_life)"),
    ("marks.rs", "self.resolutions.contains_key(&seq) =>", "false =>"),
    ("marks.rs", "strength = strength.minus(own(warning));", "strength = strength.minus(Strength::ZERO);"),
    ("marks.rs", "slot.superseded = true;", "slot.superseded = false;"),
    ("marks.rs", "slot.superseded || gone", "gone"),
    ("marks.rs", "slot.superseded || gone", "true"),
    ("marks.rs", "then >= slot.created", "true"),
    ("read.rs", "held.contains(scope)", "scope.contains(held)"),
    ("read.rs", "Visibility::Protected => Sight::Projected", "Visibility::Protected => Sight::Full"),
    ("read.rs", "Visibility::Classified => Sight::Nothing", "Visibility::Classified => Sight::Projected"),
    ("read.rs", "sight == Sight::Nothing || strength", "strength"),
    ("read.rs", "strength == Strength::ZERO {", "false {"),
    ("read.rs", "kind == MarkKind::Need ||", ""),
    ("read.rs", "created(seq) < horizon", "created(seq) <= horizon.after(1)"),
    ("agents.rs", "grant.kinds.contains(&kind) &&", ""),
    ("agents.rs", "&& grant.scope.contains(scope)", ""),
    ("agents.rs", "name == SYSTEM_AGENT", "false"),
    ("barrier.rs", "held.contains(scope))", "held == scope)"),
    ("barrier.rs", "*k == kind && covers", "covers"),
    ("barrier.rs", "kind != MarkKind::Need =>", "true =>"),
    ("barrier.rs", "!has_need(held.as_ref())", "has_need(held.as_ref())"),
    ("barrier.rs", "gate.closed.remove(&(scope, kind));", "drop((scope, kind));"),
    ("barrier.rs", "gate.needs.remove(&scope);", ""),
    ("barrier.rs", "saturating_add(1)", "saturating_add(2)"),
    ("rates.rs", ">= max as usize", "> max as usize"),
    ("rates.rs", "now.since(at) >= window", "now.since(at) > window"),
    ("rates.rs", "mine.len() >= max as usize", "mine.len() > max as usize"),
    ("rates.rs", "window.all.push_back(now);", ""),
    ("rates.rs", "window.of.entry(agent).or_default().push_back(now);", ""),
    ("budget.rs", "over && !account.warned[dimension]", "over"),
    ("budget.rs", "account.warned[dimension] &= over;", "account.warned[dimension] |= over;"),
    ("budget.rs", "*left == Some(0)", "*left == None"),
    ("budget.rs", "account.spent[dimension].saturating_add(tokens)", "tokens"),
    ("envelope.rs", "f64::from(recent) > limit", "f64::from(recent) > limit * 100.0"),
    ("envelope.rs", "self.slices.iter().map(|slice| slice[kind as usize]).sum()", "self.in_window[kind as usize]"),
    ("envelope.rs", "skip || counts == [0; 5]", "counts == [0; 5]"),
    ("envelope.rs", "self.first.len() >= rules.windows_min as usize", "self.first.len() >= 2"),
    ("envelope.rs", ".max(1.0);", ".max(100.0);"),
    ("envelope.rs", "now < rules.shift_min || before == 0 || self.remarked", "now < rules.shift_min || before == 0"),
    ("envelope.rs", "shift.abs() > 0.5", "shift.abs() > 2.0"),
    ("envelope.rs", "agents.insert(agent) && agents.len()", "agents.len()"),
    ("envelope.rs", "profile.restricted = None;", ""),
    ("machine.rs", "now < self.now {", "false {"),
    ("machine.rs", "if kind != MarkKind::Need {\n            self.check_restricted(agent)?;\n        }", ""),
    ("machine.rs", "if kind != MarkKind::Need {\n            self.check_restricted(agent)?;\n        }", "self.check_restricted(agent)?;"),
    ("machine.rs", "slot.author == agent && inside", "inside"),
    ("machine.rs", "slot.author == agent && inside", "slot.author == agent"),
    ("machine.rs", "self.marks.live_of(pass.agent) < max", "self.marks.live_of(pass.agent) <= max"),
    ("machine.rs", "self.rates.take(&limits, agent, self.now)?;", ""),
    ("write.rs", "matches!(kind, MarkKind::Intent | MarkKind::Action)", "matches!(kind, MarkKind::Intent)"),
    ("write.rs", "*source > pass.charter.source_max", "*source < pass.charter.source_max"),
    ("write.rs", "draft.validate()?;", ""),
    ("write.rs", "self.check_vocabulary(scope, &draft.body)?;", ""),
    ("write.rs", "self.check_references(pass, draft)?;", ""),
    ("write.rs", "self.check_barrier(pass.agent, scope, &[kind])?;", ""),
    ("write.rs", "!same || !(own || shared)", "!(own || shared)"),
    ("write.rs", "!same || !(own || shared)", "!same"),
    ("write.rs", "let shared = kind == MarkKind::Observation &&", "let shared ="),
    ("write.rs", "author != pass.agent && !pass.allows(scope, MarkKind::Warning)", "false"),
    ("write.rs", "slot.author != pass.agent)", "slot.author == pass.agent)"),
    ("contest.rs", "min_by_key(|c| (c.since, c.intent))", "max_by_key(|c| (c.since, c.intent))"),
    ("contest.rs", "Reverse(c.confidence), c.since", "c.confidence, c.since"),
    ("contest.rs", "ConflictPolicy::YieldAll if contenders.len() > 1 => None", "ConflictPolicy::YieldAll if contenders.len() > 2 => None"),
    ("contest.rs", "if let Some(ruling) = self.acted_by_other(key, agent) {\n            return Ok(ruling);\n        }", ""),
    ("contest.rs", "holder.agent == agent {", "holder.agent != agent {"),
    ("contest.rs", "self.check_barrier(pass.agent, scope, &BOTH)?;", "self.check_barrier(pass.agent, scope, &[MarkKind::Intent])?;"),
    ("contest.rs", "self.authorise(pass_ix, scope, &BOTH)?", "self.authorise(pass_ix, scope, &[MarkKind::Intent])?"),
    ("contest.rs", "self.check_quota(pass)?;\n        self.check_barrier(pass.agent, scope, &BOTH)", "self.check_barrier(pass.agent, scope, &BOTH)"),
    ("contest.rs", "def.intent_verbs.allows(action) && def.action_verbs.allows(action)", "def.intent_verbs.allows(action)"),
    ("contest.rs", "contest.holder = contest.holder.filter(|holder| live(holder.intent));", ""),
    ("contest.rs", "contest.entrants.retain(|e| live(e.contender.intent));", ""),
    ("contest.rs", "s.author != agent);", "s.author == agent);"),
    ("contest.rs", "prior.map_or(intent, |e| e.contender.since)", "intent"),
    ("contest.rs", "Some(holder) if holder.taken =>", "Some(holder) if false & holder.taken =>"),
    ("contest.rs", "holder.intent != intent || !holder.taken", "holder.intent != intent"),
    ("contest.rs", "holder.intent != intent || !holder.taken", "!holder.taken"),
    ("contest.rs", "failed || objection.is_err()", "failed"),
    ("contest.rs", "contest.holder = None;", ""),
    ("contest.rs", "if !failed {\n            contest.actions.push(seq);\n        }", ""),
    ("contest.rs", "held.or_else(|| winner(policy, &contenders))", "winner(policy, &contenders)"),
    ("contest.rs", "taken: false", "taken: true"),
    ("contest.rs", "retired {\n            return Err(Refusal::Credential(crate::guard::DenyReason::Revoked));", "retired && false {\n            return Err(Refusal::Credential(crate::guard::DenyReason::Revoked));"),
    ("needs.rs", "Body::Action { failed: false, .. } if by == 0 || author == by => {}", "Body::Action { failed: false, .. } => {}"),
    ("needs.rs", "body.kind() != MarkKind::Need", "false"),
    ("needs.rs", "cluster.priority.max(u64::from(priority.as_millionths()))", "u64::from(priority.as_millionths())"),
    ("needs.rs", "cluster.blocking += usize::from(*blocking);", ""),
    ("needs.rs", "self.authorise(pass_ix, scope, &[MarkKind::Action])?;", ""),
    ("system.rs", ">= self.rules.escalation", "> self.rules.escalation"),
    ("system.rs", "self.barrier.require_need(agent, wide);", "drop(wide);"),
    ("system.rs", "slot.author == agent && !slot.superseded", "!slot.superseded"),
    ("system.rs", "slot.author == ix && seq > canary", "seq > canary"),
    ("system.rs", ".filter(|&kind| kind != MarkKind::Need)", ""),
    ("watch.rs", "agent == slot.author ||", ""),
    ("watch.rs", "topical && topic == subject", "topic == subject"),
    ("watch.rs", "resourceful && resource == subject", "resource == subject"),
    ("watch.rs", "(watch.pass, watch.patterns) = (pass, patterns);", "watch.pass = pass; watch.patterns.extend(patterns);"),
    ("policy.rs", "return (draft, Screened::Rejected(name, why), evaluations);", "flags.push((name, why));"),
    ("policy.rs", "draft = Arc::new(rewritten);", "drop(rewritten);"),
    ("schedule.rs", "now.since(last) >= plan.interval", "now.since(last) > plan.interval"),
    ("schedule.rs", "if check(&agent).is_err() {", "if check(&agent).is_err() && false {"),
    ("scopes.rs", "if self.inside(&def.name).next().is_some() {", "if false {"),
    ("doors.rs", "!Arc::ptr_eq(&permit.space, &self.issuer)", "false"),
    ("handle.rs", "Arc::ptr_eq(authority.issuer(), &self.issuer)", "true"),
    ("principal.rs", "self.retire_revoked(&mut self.lock());", ""),
    ("pipeline.rs", "input.kind.is_none_or(|k| k == *kind)", "true"),
]


def spans(text):
    """Where each function, match arm or condition begins is left to the compiler: a whole function is doubled."""
    starts = [m.start() for m in re.finditer(r"^ {0,4}(?:pub(?:\(crate\))? )?(?:const )?fn \w+", text, re.M)]
    return starts


def body_of(text, start):
    """Span of the function's block, from its brace to the matching one."""
    at = text.index("{", start)
    # A generic return or where clause has no brace in this code base; strings with braces are balanced.
    depth, end = 0, at
    while True:
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
        if depth == 0:
            return at, end


def double(text, number, old, new):
    where = text.find(old)
    if where < 0:
        raise SystemExit(f"mutant {number}: {old!r} is not there")
    starts = [s for s in spans(text) if s < where and body_of(text, s)[1] > where]
    start = starts[-1]
    begin, end = body_of(text, start)
    original = text[begin:end]
    mutated = original.replace(old, new, 1)
    return begin, end, mutated


def main():
    workspace, copy, target = sys.argv[1:4]
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(workspace, copy, ignore=shutil.ignore_patterns(".git", "target"))
    source = f"{copy}/engine/core/src/space"
    by_body = {}
    for number, (file, old, new) in enumerate(MUTANTS, 1):
        text = open(f"{source}/{file}").read()
        begin, end, mutated = double(text, number, old, new)
        by_body.setdefault(file, {}).setdefault((begin, end), []).append((number, mutated))
    for file, bodies in by_body.items():
        text = open(f"{source}/{file}").read()
        for (begin, end), mutants in sorted(bodies.items(), reverse=True):
            arms = "".join(f"if crate::mutant({n}) {body} else " for n, body in mutants)
            text = text[:begin] + "{ " + arms + text[begin:end] + " }" + text[end:]
        text = re.sub(r"const fn (weighted)", r"fn \1", text)
        open(f"{source}/{file}", "w").write(text)
    with open(f"{copy}/engine/core/src/lib.rs", "a") as lib:
        lib.write(
            "\n/// The chosen mutant.\n#[allow(clippy::all)]\npub(crate) fn mutant(number: u32) -> bool {\n"
            "    static CHOSEN: std::sync::OnceLock<u32> = std::sync::OnceLock::new();\n"
            '    *CHOSEN.get_or_init(|| std::env::var("MUTANT").ok().and_then(|m| m.parse().ok()).unwrap_or(0)) == number\n}\n'
        )
    tests = ["--lib", "--test", "properties", "--test", "defects", "--test", "bad_input", "--test", "authority"]
    build = subprocess.run(
        ["cargo", "test", "--offline", "--release", "-p", "hyperspace-core", "--no-run", *tests],
        cwd=copy, env={**os.environ, "CARGO_TARGET_DIR": target, "RUSTFLAGS": os.environ.get("RUSTFLAGS", "")},
        capture_output=True, text=True,
    )
    if build.returncode:
        raise SystemExit(build.stderr[-6000:])
    binaries = re.findall(r"Executable .*\((.*)\)", build.stderr)
    binaries = [b if b.startswith("/") else f"{copy}/{b}" for b in binaries]

    def killed_by(number):
        for binary in binaries:
            arguments = ["space"] if "hyperspace_core" in binary else []
            run = subprocess.run(
                [binary, *arguments], cwd=f"{copy}/engine/core", capture_output=True, text=True, timeout=300,
                env={**os.environ, "MUTANT": str(number)},
            )
            if run.returncode:
                return sorted(set(re.findall(r"^    (\S+)$", run.stdout, re.M))) or ["crashed"]
        return None

    if killed_by(0):
        raise SystemExit("the tests fail without a mutant")
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(killed_by, range(1, len(MUTANTS) + 1)))
    for (file, old, new), killers in zip(MUTANTS, results):
        if "-v" in sys.argv or killers is None:
            print("SURVIVED" if killers is None else "killed", file, repr(old), "->", repr(new), *(killers or []))
    killed = sum(killers is not None for killers in results)
    print(f"{killed} of {len(MUTANTS)} mutants killed: {100 * killed / len(MUTANTS):.1f} %")


main()
