//! Fuel for host calls: charges add up while a call runs, and are debited when it returns.

use wasmtime::{CallHook, StoreContextMut};

use super::state::{Host, Stop};
use crate::limits::price;

/// Notes the fuel used when a host call begins, and debits its charges when it returns.
pub(crate) fn debit(mut store: StoreContextMut<'_, Host>, hook: CallHook) -> wasmtime::Result<()> {
    match hook {
        CallHook::CallingHost => {
            let left = store.get_fuel()?;
            let host = store.data_mut();
            host.call.fuel_used = host.kept.limits.fuel.saturating_sub(left);
            host.call.owed = price::CALL;
            Ok(())
        }
        CallHook::ReturningFromHost => {
            let left = store.get_fuel()?;
            let owed = std::mem::take(&mut store.data_mut().call.owed);
            store.set_fuel(left.saturating_sub(owed))?;
            if owed > left { Err(Stop::Fuel.into()) } else { Ok(()) }
        }
        CallHook::CallingWasm | CallHook::ReturningFromWasm => Ok(()),
    }
}

impl Host {
    /// Charges the current call.
    pub(crate) fn charge(&mut self, fuel: u64) {
        self.call.owed = self.call.owed.saturating_add(fuel);
    }

    /// Charges bytes that the current call moves.
    pub(crate) fn charge_bytes(&mut self, bytes: usize) {
        self.charge((bytes as u64).saturating_mul(price::BYTE));
    }
}
