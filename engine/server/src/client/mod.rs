//! Clients: tokens with scopes and budgets.

mod account;
mod token_file;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use self::account::{ClientAccount, ClientBudgets, MoneyClaim};
pub use self::token_file::{TokenFileError, Tokens};

use crate::refusal::{RefusalKind, RequestRefusal};

/// A right of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TokenScope {
    /// To run programs and sessions.
    Execute,
    /// To evaluate agents.
    Evaluate,
    /// To start, cancel, resume and replay runs.
    Runs,
    /// To look at runs, objects and metrics.
    Read,
}

impl TokenScope {
    pub(crate) const ALL: [Self; 4] = [Self::Execute, Self::Evaluate, Self::Runs, Self::Read];

    fn name(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Evaluate => "evaluate",
            Self::Runs => "runs",
            Self::Read => "read",
        }
    }
}

/// A client: the holder of a token, or anybody who reaches a server without tokens.
#[derive(Debug)]
pub(crate) struct Client {
    /// The name of the token in its file; empty without tokens.
    pub(crate) name: String,
    scopes: Vec<TokenScope>,
    pub(crate) account: Arc<ClientAccount>,
}

impl Client {
    pub(crate) fn new(name: String, scopes: Vec<TokenScope>, budgets: ClientBudgets) -> Self {
        Self { name, scopes, account: Arc::new(ClientAccount::new(budgets)) }
    }

    /// Returns a client without restrictions and budgets.
    pub(crate) fn unlimited() -> Self {
        Self::new(String::new(), TokenScope::ALL.to_vec(), ClientBudgets::default())
    }

    /// Returns an error for anything outside the scopes of the token.
    pub(crate) fn permits(&self, scope: TokenScope) -> Result<(), RequestRefusal> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        let detail = format!("the token {:?} lacks the scope `{}`", self.name, scope.name());
        Err(RequestRefusal::new(RefusalKind::Forbidden, detail))
    }
}
