use plumberd::aggregate;

#[aggregate]
#[derive(Default)]
struct Account;

fn main() {
    let _ = Account;
}
