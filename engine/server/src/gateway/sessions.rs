//! Sessions: code that continues where earlier code stopped.

use std::sync::Arc;

use hyperspace_service::{ExecutionView, HostFunctions, SessionTurn};

use super::session_table::SessionSlot;
use super::{Gateway, memory_mib_by_default};
use crate::client::{Client, TokenScope};
use crate::refusal::RequestRefusal;
use crate::requests::{SessionCodeRequest, SessionRequest};

impl Gateway {
    /// Starts a session and returns its name.
    pub(crate) async fn start_session(
        &self,
        client: &Client,
        mut request: SessionRequest,
    ) -> Result<String, RequestRefusal> {
        client.permits(TokenScope::Execute)?;
        // Before the work; sessions that others start meanwhile are counted when it is kept.
        self.shared.sessions.check_room(client)?;
        request.memory_mib = client.account.memory_mib(request.memory_mib, memory_mib_by_default())?;
        let request = request.into_execution()?;
        let fuel = request.limits.fuel;
        let start = async { Ok((self.engine().session(request).await?, 0)) };
        let state = self.work(client, fuel, start).await?;
        self.shared.sessions.keep(client, SessionSlot { state, turns: 0, fuel })
    }

    /// Creates another session that continues from the present state of the given one.
    pub(crate) async fn fork_session(&self, client: &Client, name: &str) -> Result<String, RequestRefusal> {
        client.permits(TokenScope::Execute)?;
        let slot = self.shared.sessions.get(&client.name, name)?;
        let slot = slot.lock().await;
        let copy = SessionSlot { state: slot.state.clone(), turns: slot.turns, fuel: slot.fuel };
        self.shared.sessions.keep(client, copy)
    }

    /// Executes code in a session, after the code that is at work there. A piece of code stopped by a limit leaves the session
    /// unchanged.
    pub(crate) async fn execute_in_session(
        &self,
        client: &Client,
        name: &str,
        request: SessionCodeRequest,
    ) -> Result<ExecutionView, RequestRefusal> {
        let turns = vec![(request.code, request.variables.get().to_owned())];
        let (mut views, _) = self.execute_turns(client, name, turns).await?;
        views.pop().ok_or_else(|| RequestRefusal::absent("result"))
    }

    /// Executes pieces of code one after the other, up to the first one that leaves no state, after which the session is as
    /// before it. Returns the views, and the total number of pieces that were executed in the session.
    pub(crate) async fn execute_turns(
        &self,
        client: &Client,
        name: &str,
        pieces: Vec<(String, String)>,
    ) -> Result<(Vec<ExecutionView>, u64), RequestRefusal> {
        client.permits(TokenScope::Execute)?;
        let slot = self.shared.sessions.get(&client.name, name)?;
        let mut slot = Arc::clone(&slot).lock_owned().await;
        let fuel = slot.fuel.saturating_mul(pieces.len() as u64);
        let start = slot.state.clone();
        let work = async move {
            let (mut state, mut views, mut used) = (start, Vec::new(), 0_u64);
            for (code, variables) in pieces {
                let SessionTurn { view, next, .. } =
                    state.execute(&code, &variables, HostFunctions::none()).await?;
                used = used.saturating_add(view.fuel);
                views.push(view);
                match next {
                    Some(next) => state = next,
                    None => return Ok(((views, None), used)),
                }
            }
            Ok(((views, Some(state)), used))
        };
        let (views, state) = self.work(client, fuel, work).await?;
        if let Some(state) = state {
            slot.state = state;
        }
        slot.turns += 1;
        Ok((views, slot.turns))
    }

    /// Removes a session.
    pub(crate) fn delete_session(&self, client: &Client, name: &str) -> Result<(), RequestRefusal> {
        client.permits(TokenScope::Execute)?;
        self.shared.sessions.delete(&client.name, name)
    }

    /// Returns the names of the client's sessions.
    pub(crate) fn session_names(&self, client: &Client) -> Result<Vec<String>, RequestRefusal> {
        client.permits(TokenScope::Execute)?;
        Ok(self.shared.sessions.names(&client.name))
    }

    /// Returns the session shared by the client's code without a session, starting it if necessary.
    pub(crate) async fn default_session(&self, client: &Client) -> Result<String, RequestRefusal> {
        client.permits(TokenScope::Execute)?;
        let mut shared = self.shared.sessions.shared.lock().await;
        if let Some(name) = shared.get(&client.name)
            && self.shared.sessions.get(&client.name, name).is_ok()
        {
            return Ok(name.clone());
        }
        let name = self.start_session(client, SessionRequest::default()).await?;
        shared.insert(client.name.clone(), name.clone());
        Ok(name)
    }

    /// Resets a session to a new state, after the code that is at work there.
    pub(crate) async fn restart_session(&self, client: &Client, name: &str) -> Result<(), RequestRefusal> {
        client.permits(TokenScope::Execute)?;
        let slot = self.shared.sessions.get(&client.name, name)?;
        let mut slot = slot.lock().await;
        let memory_mib = client.account.memory_mib(None, memory_mib_by_default())?;
        let request = SessionRequest { memory_mib, ..SessionRequest::default() }.into_execution()?;
        let fuel = request.limits.fuel;
        let start = async { Ok((self.engine().session(request).await?, 0)) };
        let state = self.work(client, fuel, start).await?;
        *slot = SessionSlot { state, turns: 0, fuel };
        Ok(())
    }
}
