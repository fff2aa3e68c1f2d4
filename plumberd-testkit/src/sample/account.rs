use super::{
    AccountClosed, AccountCredited, AccountDebited, AccountError, AccountOpened, Close, Credit,
    Debit, Open,
};

use plumberd::{EventValue, aggregate};

/// A bank account: open or not, with a balance that never falls below nothing.
#[derive(EventValue, Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    open: bool,
    balance: u64,
}

#[aggregate(category = "Account")]
impl Account {
    #[event_sourcing_handler]
    fn on_opened(&mut self, _event: &AccountOpened) {
        self.open = true;
    }

    #[event_sourcing_handler]
    fn on_credited(&mut self, event: &AccountCredited) {
        self.balance = event.balance;
    }

    #[event_sourcing_handler]
    fn on_debited(&mut self, event: &AccountDebited) {
        self.balance = event.balance;
    }

    #[event_sourcing_handler]
    fn on_closed(&mut self, _event: &AccountClosed) {
        self.open = false;
    }

    #[command_handler]
    fn handle_open(&self, command: Open) -> Result<AccountOpened, AccountError> {
        self.open(command.owner)
    }

    #[command_handler]
    fn handle_credit(&self, command: Credit) -> Result<AccountCredited, AccountError> {
        self.credit(command.amount)
    }

    #[command_handler]
    fn handle_debit(&self, command: Debit) -> Result<AccountDebited, AccountError> {
        self.debit(command.amount)
    }

    #[command_handler]
    fn handle_close(&self, _command: Close) -> Result<Option<AccountClosed>, AccountError> {
        self.close()
    }
}

impl Account {
    /// Whether it is open.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// What is on it.
    pub const fn balance(&self) -> u64 {
        self.balance
    }

    /// Opens it.
    ///
    /// # Errors
    ///
    /// [`AccountError::AlreadyOpen`].
    pub fn open(&self, owner: impl Into<String>) -> Result<AccountOpened, AccountError> {
        if self.open {
            return Err(AccountError::AlreadyOpen);
        }
        Ok(AccountOpened {
            owner: owner.into(),
        })
    }

    /// Puts `amount` on it.
    ///
    /// # Errors
    ///
    /// [`AccountError::NotOpen`], [`AccountError::TooMuch`].
    pub fn credit(&self, amount: u64) -> Result<AccountCredited, AccountError> {
        self.expect_open()?;
        let balance = self.balance.checked_add(amount);
        let balance = balance.ok_or(AccountError::TooMuch)?;
        Ok(AccountCredited { amount, balance })
    }

    /// Takes `amount` off it.
    ///
    /// # Errors
    ///
    /// [`AccountError::NotOpen`], [`AccountError::InsufficientFunds`].
    pub fn debit(&self, amount: u64) -> Result<AccountDebited, AccountError> {
        self.expect_open()?;
        let balance = self.balance.checked_sub(amount);
        let balance = balance.ok_or(AccountError::InsufficientFunds {
            balance: self.balance,
        })?;
        Ok(AccountDebited { amount, balance })
    }

    /// Closes it; nothing happens to one that is not open.
    ///
    /// # Errors
    ///
    /// [`AccountError::NotEmpty`].
    pub const fn close(&self) -> Result<Option<AccountClosed>, AccountError> {
        match self {
            Self { open: false, .. } => Ok(None),
            Self { balance: 0, .. } => Ok(Some(AccountClosed)),
            Self { balance, .. } => Err(AccountError::NotEmpty { balance: *balance }),
        }
    }

    const fn expect_open(&self) -> Result<(), AccountError> {
        if self.open {
            Ok(())
        } else {
            Err(AccountError::NotOpen)
        }
    }
}
