//! The imported function `hyperspace.door`, the only host call besides WASI.
//!
//! A request is copied out, inspected without being built (`json_look.rs`), checked against the grant and the number of calls, and
//! answered; the answer is held until the guest fetches it. The program's result leaves the same way.
//!
//! Attacks that end here: T-DOOR-01, T-DOOR-03, T-DOOR-04, T-DOOR-07, T-DOOR-10, T-QUOTA-15, T-QUOTA-16, T-TIME-15,
//! T-TIME-16.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use wasmtime::{Caller, Extern, Linker, Memory};

use super::state::{Host, Stop};
use crate::compute_permits::ComputePermit;
use crate::door::{self, DoorCall, DoorError};
use crate::files::FilesLoan;
use crate::json_look::RequestHead;
use crate::limits::{DOOR_ANSWER_BYTES_MAX, DOOR_REQUEST_BYTES_MAX, price};
use crate::report::Denial;

const SEND: i32 = 0;
const RECEIVE: i32 = 1;
const RESULT: i32 = 2;
const TOO_LARGE: i32 = -1;
const NO_DOOR: i32 = -2;
/// Maximum size in bytes of an error that is returned even if the limit for results is smaller.
const ERROR_BYTES_MAX: usize = 256 << 10;

/// Adds the function to a linker.
pub(crate) fn add_to_linker(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    linker.func_wrap_async(
        "hyperspace",
        "door",
        |mut caller: Caller<'_, Host>, (operation, ptr, len): (i32, i32, i32)| {
            Box::new(async move {
                let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
                    return Err(wasmtime::Error::msg("the guest exports no memory"));
                };
                let (ptr, len) = (ptr.cast_unsigned() as usize, len.cast_unsigned() as usize);
                match operation {
                    SEND => send(&mut caller, &memory, ptr, len).await,
                    RECEIVE => receive(&mut caller, &memory, ptr, len),
                    RESULT => result(&mut caller, &memory, ptr, len),
                    _ => Ok(NO_DOOR),
                }
            })
        },
    )?;
    Ok(())
}

fn guest_bytes(
    caller: &Caller<'_, Host>,
    memory: &Memory,
    ptr: usize,
    len: usize,
) -> wasmtime::Result<Vec<u8>> {
    let end = ptr.checked_add(len);
    let bytes = end.and_then(|end| memory.data(caller).get(ptr..end));
    bytes.map(<[u8]>::to_vec).ok_or_else(|| wasmtime::Trap::MemoryOutOfBounds.into())
}

async fn send(
    caller: &mut Caller<'_, Host>,
    memory: &Memory,
    ptr: usize,
    len: usize,
) -> wasmtime::Result<i32> {
    if len > DOOR_REQUEST_BYTES_MAX {
        return Ok(TOO_LARGE);
    }
    let frame = guest_bytes(caller, memory, ptr, len)?;
    let reserve = std::mem::take(&mut caller.data_mut().call.reserve);
    if reserve > 0 {
        let left = caller.get_fuel()?;
        caller.set_fuel(left.saturating_add(reserve))?;
    }
    let host = caller.data_mut();
    host.charge(price::DOOR);
    host.charge_bytes(len);
    if host.kept.host_calls >= host.kept.limits.host_calls {
        return Err(Stop::HostCalls.into());
    }
    host.kept.host_calls += 1;
    if let Some(view) = host.view.clone() {
        view.share(memory.data_mut(&mut *caller));
    }
    let host = caller.data_mut();
    let answer = ask(host, &frame).await;
    match &answer {
        Err(DoorError::WallClock(_)) => return Err(Stop::WallClock.into()),
        Err(DoorError::Abort(why)) => return Err(Stop::Abort(why.clone()).into()),
        _ => {}
    }
    let keeps_integers = host.call.keeps_integers();
    let mut answer = if keeps_integers { door::exact_frame(answer) } else { door::frame(answer) };
    if answer.len() > DOOR_ANSWER_BYTES_MAX {
        let message = format!("the answer has {} bytes; at most {DOOR_ANSWER_BYTES_MAX}", answer.len());
        answer = door::frame(Err(DoorError::Exhausted(message)));
    }
    host.charge_bytes(answer.len());
    host.call.answer = answer;
    i32::try_from(host.call.answer.len()).map_err(wasmtime::Error::from)
}

/// Awaits the answer of the door. During a wait, the guest holds no permit to compute.
async fn answered<T>(
    mut answering: Pin<Box<dyn Future<Output = T> + Send + '_>>,
    permit: &mut ComputePermit,
) -> T {
    if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(answering.as_mut().poll(context))).await {
        return answer;
    }
    permit.release();
    let answer = answering.await;
    permit.acquire().await;
    answer
}

async fn ask(host: &mut Host, frame: &[u8]) -> Result<serde_json::Value, DoorError> {
    let frame = &*if host.call.keeps_integers() { door::marked(frame)? } else { Cow::Borrowed(frame) };
    let RequestHead { operation, unpaid_weight } = door::head(frame)?;
    let virtual_ns = host.virtual_ns();
    let call = &mut host.call;
    let granted = call.grant.contains(&operation);
    match &mut call.door {
        Some(door) if granted => {
            call.owed = call.owed.saturating_add(unpaid_weight * price::WEIGHT);
            let used = call.fuel_used.saturating_add(call.owed);
            // The guest ends when the call returns, because it owes more than it has.
            let left = host.kept.limits.fuel.checked_sub(used);
            let left = left.ok_or_else(|| DoorError::Exhausted("fuel is spent".to_owned()))?;
            let request = door::parse(frame)?;
            let memory = host.memory.account().clone();
            let loan = FilesLoan::new(&mut host.kept.fs, left, memory);
            let files = loan.files().clone();
            // The backstop limits the guest; limiting the time of the answer is up to the door.
            let waiting = call.wait_timer.begin();
            let fuel_used = call.fuel_used;
            let asked = DoorCall::new(&request.operation, request.params, &files);
            let answering = door.call(DoorCall { fuel_used, virtual_ns, ..asked });
            let answer = answered(answering, &mut call.permit).await;
            drop(waiting);
            drop(loan);
            let effects = files.effects();
            host.kept.slept_ns = host.kept.slept_ns.saturating_add(effects.passed_ns);
            host.call.refund = effects.refund.min(fuel_used);
            host.call.bound = effects.bound;
            host.charge(files.cost());
            answer
        }
        _ => {
            let reason = "the grant does not name this operation".to_owned();
            let target: String = operation.chars().take(200).collect();
            let message = format!("{target}: {reason}");
            host.kept.fs.deny(Denial { op: "call".to_owned(), target, reason });
            Err(DoorError::Denied(message))
        }
    }
}

fn receive(caller: &mut Caller<'_, Host>, memory: &Memory, ptr: usize, len: usize) -> wasmtime::Result<i32> {
    let answer = std::mem::take(&mut caller.data_mut().call.answer);
    if answer.len() > len {
        return Ok(TOO_LARGE);
    }
    memory.write(&mut *caller, ptr, &answer).map_err(|_| wasmtime::Trap::MemoryOutOfBounds)?;
    i32::try_from(answer.len()).map_err(wasmtime::Error::from)
}

fn result(caller: &mut Caller<'_, Host>, memory: &Memory, ptr: usize, len: usize) -> wasmtime::Result<i32> {
    let most = usize::try_from(caller.data().kept.limits.result_bytes).unwrap_or(usize::MAX);
    if len > most.max(ERROR_BYTES_MAX) {
        caller.data_mut().call.result_refused = true;
        return Ok(TOO_LARGE);
    }
    let frame = guest_bytes(caller, memory, ptr, len)?;
    let host = caller.data_mut();
    host.charge_bytes(len);
    if len > most && !frame.starts_with(b"{\"error\"") {
        host.call.result_refused = true;
        return Ok(TOO_LARGE);
    }
    host.call.result = Some(frame);
    Ok(0)
}
