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
    /// Charges the current call.
    pub(crate) fn charge(&mut self, fuel: u64) {
        self.call.owed = self.call.owed.saturating_add(fuel);
    }

    /// Charges bytes that the current call moves.
    pub(crate) fn charge_bytes(&mut self, bytes: usize) {
        self.charge((bytes as u64).saturating_mul(price::BYTE));
    }
}
