//! What the pages show of the kit's fixture.

use plumberd_testkit::{given, sample::*};

#[rustfmt::skip] // as it stands on the page
#[test]
fn the_pages_account_refuses_what_it_does_not_have() {
    given::<Account>((
        AccountOpened { owner: "Joe".into() },
        AccountCredited { amount: 40, balance: 40 },
    ))
    .when(|account| account.debit(50))
    .then_error(AccountError::InsufficientFunds { balance: 40 })
    .when(|account| account.debit(30))
    .then(AccountDebited { amount: 30, balance: 10 })
    .then_state(|account| account.balance() == 10);
}
