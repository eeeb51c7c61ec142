pub struct Account {
    balance: i64,
}

#[unsafe(no_mangle)]
pub extern "C" fn account_open(balance: i64) -> *mut Account {
    Box::into_raw(Box::new(Account { balance }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn account_balance(account: *const Account) -> i64 {
    unsafe { (*account).balance }
}
