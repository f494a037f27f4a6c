//! Functions of the host that a guest may call.

use std::fmt;
use std::sync::Arc;

use hyperspace_sandbox::{Door, DoorCall, DoorError, Program, ProgramInput, async_trait};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::function_calls::{FunctionCall, FunctionRecord, RecordingDoor, ReplayingDoor};

/// Maximum number of an engine's guests that may wait for functions of the host at the same time. A function may run guests of
/// the same engine, whose functions may do so again. There are instances for more guests than that, so one of them can always
/// continue.
pub(crate) const WAITING_GUESTS_MAX: usize = 32;

/// Functions of the host, by name, behind one door. In the guest, `hyperspace.call(NAME, …)` calls one.
///
/// One value serves one run, because a door may have state. Calls are recorded with their answers in
/// [`ExecutionView::calls`](super::ExecutionView::calls), and [`HostFunctions::recorded`] answers them again.
#[derive(Default)]
pub struct HostFunctions {
    names: Vec<String>,
    answers: Answers,
}

#[derive(Default)]
enum Answers {
    #[default]
    None,
    Door(Box<dyn Door>),
    Record(Vec<FunctionCall>),
}

impl HostFunctions {
    /// Returns no functions.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns the functions with these names. `door` answers their calls, and receives no others.
    #[must_use]
    pub fn new(names: Vec<String>, door: impl Door + 'static) -> Self {
        Self { names, answers: Answers::Door(Box::new(door)) }
    }

    /// Returns the names of functions without the functions: calls are answered from a record, and must match it. A run with
    /// another call, or with fewer calls, is an error of class `Differs`.
    #[must_use]
    pub fn recorded(mut names: Vec<String>, calls: Vec<FunctionCall>) -> Self {
        for call in &calls {
            if !names.contains(&call.function) {
                names.push(call.function.clone());
            }
        }
        Self { names, answers: Answers::Record(calls) }
    }

    /// Returns the names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Lets a program call them, unless too many guests of the engine are waiting. Returns the program and the record of its
    /// calls.
    pub(super) fn lend<E>(
        self,
        program: Program<E, ProgramInput>,
        waiting_guests: &Arc<Semaphore>,
    ) -> (Program<E, ProgramInput>, FunctionRecord) {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let (door, record): (Box<dyn Door>, FunctionRecord) = match self.answers {
            Answers::None => return (program, FunctionRecord::default()),
            Answers::Door(door) => {
                let door = Box::new(CountedDoor { door, waiting_guests: Arc::clone(waiting_guests) });
                let record = FunctionRecord::new(0);
                (Box::new(RecordingDoor { door, record: record.clone() }), record)
            }
            Answers::Record(calls) => {
                let record = FunctionRecord::new(calls.len());
                (Box::new(ReplayingDoor::new(calls, record.clone())), record)
            }
        };
        (program.boxed_door(&names, door), record)
    }
}

/// A door that counts the guest as waiting while it answers.
struct CountedDoor {
    door: Box<dyn Door>,
    waiting_guests: Arc<Semaphore>,
}

#[async_trait]
impl Door for CountedDoor {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        let Ok(_waits) = self.waiting_guests.try_acquire() else {
            let message = format!("{WAITING_GUESTS_MAX} guests wait for functions of the host already");
            return Err(DoorError::Exhausted(message));
        };
        self.door.call(call).await
    }

    fn keeps_integers(&self) -> bool {
        self.door.keeps_integers()
    }
}

impl fmt::Debug for HostFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostFunctions").field(&self.names).finish()
    }
}
