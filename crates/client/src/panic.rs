//! The message of a panic.
//!
//! A panic aborts the instance, and its state may be inconsistent. The message is therefore kept outside of the instance.

use std::cell::RefCell;
use std::panic;

use crate::words::Words;

thread_local! {
    static MESSAGE: RefCell<Words> = RefCell::default();
}

/// Keeps the message of each panic from now on. The default hook would print it, which has no effect in WebAssembly. Called by
/// [`client!`](crate::client) only, because the hook applies to the whole process.
pub fn keep_panic_message() {
    panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        MESSAGE.with_borrow_mut(|message| message.push_text(text.as_bytes()));
    }));
}

/// Address of the message of the first panic, as text.
#[must_use]
pub fn panic_words() -> *const i32 {
    MESSAGE.with_borrow_mut(|message| {
        if message.len() == 0 {
            message.push(0);
        }
        message.list.as_ptr()
    })
}
