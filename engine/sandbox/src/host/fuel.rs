//! Fuel for host calls: charges accumulate while a call runs, and are debited when it returns.
//!
//! The engine yields the thread after a number of units of fuel, and starts counting again whenever fuel is debited. A guest
//! that calls the host in a loop would therefore never yield, so the call hook does it, by the clock: the backstop, and code
//! that drops the run, get their chance whatever the guest does. Nothing that a guest can see depends on this.
//!
//! Attacks that end here: T-BILL-01, T-BILL-02, T-BILL-03, T-BILL-04, T-BILL-05, T-BILL-06, T-BILL-07, T-BILL-08,
//! T-BILL-09, T-BILL-10, T-BILL-11, T-BILL-12, T-BILL-13, T-BILL-14, T-BILL-15, T-BILL-16, T-BILL-17, T-BILL-18,
//! T-BILL-19, T-BILL-20, T-BILL-21, T-BILL-22, T-BILL-23, T-BILL-24, T-BILL-25, T-BILL-26, T-BILL-27, T-BILL-28,
//! T-BILL-29, T-BILL-30, T-BILL-31, T-BILL-32, T-BILL-33, T-BILL-34, T-BILL-35, T-BILL-36, T-BILL-37, T-BILL-38,
//! T-BILL-39, T-BILL-40, T-BILL-41, T-BILL-42, T-BILL-43, T-BILL-44, T-BILL-45, T-BILL-46, T-BILL-47, T-BILL-48,
//! T-BILL-49, T-BILL-50, T-BILL-51, T-BILL-52, T-BILL-53, T-BILL-54, T-BILL-55, T-BILL-56, T-BILL-57, T-BILL-58,
//! T-BILL-59.

use async_trait::async_trait;
use wasmtime::{AsContextMut, CallHook, CallHookHandler, StoreContextMut};

use super::state::{Host, Stop};
use crate::limits::price;

/// Does the accounting at the beginning and the end of every host call.
pub(crate) struct CallAccounting;

#[async_trait]
impl CallHookHandler<Host> for CallAccounting {
    async fn handle_call_event(
        &self,
        mut store: StoreContextMut<'_, Host>,
        hook: CallHook,
    ) -> wasmtime::Result<()> {
        debit(store.as_context_mut(), hook)?;
        if matches!(hook, CallHook::ReturningFromHost) && store.data().call.turn.is_over() {
            tokio::task::yield_now().await;
            store.data_mut().call.turn.begin();
        }
        Ok(())
    }
}

/// Records the fuel used when a host call begins, and debits its charges when it returns.
pub(crate) fn debit(mut store: StoreContextMut<'_, Host>, hook: CallHook) -> wasmtime::Result<()> {
    match hook {
        CallHook::CallingHost => {
            let left = store.get_fuel()?;
            let host = store.data_mut();
            host.call.fuel_used =
                host.kept.limits.fuel.saturating_sub(left.saturating_add(host.call.reserve));
            host.call.owed = price::CALL;
            Ok(())
        }
        CallHook::ReturningFromHost => {
            let left = store.get_fuel()?;
            let call = &mut store.data_mut().call;
            let (owed, refund) = (std::mem::take(&mut call.owed), std::mem::take(&mut call.refund));
            let left = left.saturating_add(refund);
            let mut kept = left.saturating_sub(owed);
            if let Some(bound) = std::mem::take(&mut call.bound) {
                call.reserve = kept.saturating_sub(bound);
                kept = kept.min(bound);
            }
            store.set_fuel(kept)?;
            if owed > left { Err(Stop::Fuel.into()) } else { Ok(()) }
        }
        CallHook::CallingWasm | CallHook::ReturningFromWasm => Ok(()),
    }
}

impl Host {
    /// Charges fuel to the current call.
    pub(crate) fn charge(&mut self, fuel: u64) {
        self.call.owed = self.call.owed.saturating_add(fuel);
    }

    /// Charges the current call for the bytes that it moves.
    pub(crate) fn charge_bytes(&mut self, bytes: usize) {
        self.charge((bytes as u64).saturating_mul(price::BYTE));
    }
}
