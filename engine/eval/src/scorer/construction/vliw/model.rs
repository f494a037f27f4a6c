//! A second machine for tests: it interprets the data of a program directly, one slot after the other, in wide integers, and keeps the
//! old state beside the new one. It shares nothing with the machine but the definition.

use std::collections::BTreeMap;

use serde_json::Value;

/// The state: words of scratch and memory that are not zero or have not been used yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) scratch: BTreeMap<i128, i128>,
    pub(super) memory: BTreeMap<i128, i128>,
}

const WRAP: i128 = 1 << 32;

fn calculate(op: &str, a: i128, b: i128) -> Option<i128> {
    let value = match op {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "//" => (b != 0).then(|| a / b)?,
        "cdiv" => (b != 0).then(|| (a + b - 1) / b)?,
        "^" => a ^ b,
        "&" => a & b,
        "|" => a | b,
        "<<" if b < 32 => a << b,
        ">>" if b < 32 => a >> b,
        "<<" | ">>" => 0,
        "%" => (b != 0).then(|| a % b)?,
        "<" => i128::from(a < b),
        "==" => i128::from(a == b),
        _ => return None,
    };
    Some(value.rem_euclid(WRAP))
}

/// Runs a program. Returns the number of cycles, or `None` if it does what the machine cannot do or takes more than 10,000 bundles.
pub(super) fn run(program: &Value, memory: &[u32]) -> Option<(i128, State)> {
    let bundles = program.as_array()?;
    let memory = memory.iter().enumerate().map(|(at, word)| (at as i128, i128::from(*word))).collect();
    let mut state = State { memory, scratch: BTreeMap::new() };
    let (mut at, mut cycles) = (0_i128, 0);
    for _ in 0..10_000 {
        let Some(bundle) = usize::try_from(at).ok().and_then(|at| bundles.get(at)) else {
            return (at == bundles.len() as i128).then_some((cycles, state));
        };
        let old = state.clone();
        let (mut next, mut stops, mut is_timed, mut seen) = (at + 1, false, false, Vec::new());
        for (engine, slots) in bundle.as_object()?.iter().filter(|(engine, _)| *engine != "debug") {
            for slot in slots.as_array()? {
                is_timed = true;
                let op = slot[0].as_str()?;
                let n = |place: usize| slot[place].as_i64().map(i128::from);
                let get = |word: i128| old.scratch.get(&word).copied().unwrap_or(0);
                let mut put: Vec<(bool, i128, i128)> = Vec::new();
                let lanes = 0..8_i128;
                match (engine.as_str(), op) {
                    ("alu", _) => put.push((false, n(1)?, calculate(op, get(n(2)?), get(n(3)?))?)),
                    ("valu", "vbroadcast") => {
                        put.extend(lanes.map(|lane| (false, n(1).unwrap() + lane, get(n(2).unwrap()))))
                    }
                    ("valu", "multiply_add") => put.extend(lanes.map(|lane| {
                        let part = |place| get(n(place).unwrap() + lane);
                        (false, n(1).unwrap() + lane, (part(2) * part(3) + part(4)) % WRAP)
                    })),
                    ("valu", _) => {
                        for lane in lanes {
                            put.push((
                                false,
                                n(1)? + lane,
                                calculate(op, get(n(2)? + lane), get(n(3)? + lane))?,
                            ));
                        }
                    }
                    ("load", "load") => put.push((false, n(1)?, *old.memory.get(&get(n(2)?))?)),
                    ("load", "load_offset") => {
                        put.push((false, n(1)? + n(3)?, *old.memory.get(&get(n(2)? + n(3)?))?))
                    }
                    ("load", "vload") => {
                        for lane in lanes {
                            put.push((false, n(1)? + lane, *old.memory.get(&(get(n(2)?) + lane))?));
                        }
                    }
                    ("load", "const") => put.push((false, n(1)?, n(2)?.rem_euclid(WRAP))),
                    ("store", "store") => put.push((true, get(n(1)?), get(n(2)?))),
                    ("store", "vstore") => put.extend(
                        lanes.map(|lane| (true, get(n(1).unwrap()) + lane, get(n(2).unwrap() + lane))),
                    ),
                    ("flow", "select") => {
                        put.push((false, n(1)?, if get(n(2)?) != 0 { get(n(3)?) } else { get(n(4)?) }))
                    }
                    ("flow", "vselect") => put.extend(lanes.map(|lane| {
                        let part = |place| get(n(place).unwrap() + lane);
                        (false, n(1).unwrap() + lane, if part(2) != 0 { part(3) } else { part(4) })
                    })),
                    ("flow", "add_imm") => put.push((false, n(1)?, (get(n(2)?) + n(3)?).rem_euclid(WRAP))),
                    ("flow", "coreid") => put.push((false, n(1)?, 0)),
                    ("flow", "halt") => stops = true,
                    ("flow", "cond_jump") if get(n(1)?) != 0 => next = n(2)?,
                    ("flow", "cond_jump_rel") if get(n(1)?) != 0 => next += n(2)?,
                    ("flow", "jump") => next = n(1)?,
                    ("flow", "jump_indirect") => next = get(n(1)?),
                    ("flow", "pause" | "trace_write" | "cond_jump" | "cond_jump_rel") => {}
                    _ => return None,
                }
                for (is_memory, word, value) in put {
                    if seen.contains(&(is_memory, word)) || (is_memory && !old.memory.contains_key(&word)) {
                        return None;
                    }
                    seen.push((is_memory, word));
                    let space = if is_memory { &mut state.memory } else { &mut state.scratch };
                    space.insert(word, value);
                }
            }
        }
        cycles += i128::from(is_timed);
        if stops {
            return Some((cycles, state));
        }
        at = next;
        if at < 0 {
            return None;
        }
    }
    None
}
