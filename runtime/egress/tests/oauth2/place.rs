//! A place for a refresh token, in memory, that can be made to fail.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use offtake_egress::{Entry, Vault};
use secrecy::{ExposeSecret, SecretString};

#[derive(Default)]
pub(crate) struct Place {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    text: Mutex<Option<String>>,
    fails: AtomicBool,
    held: Mutex<bool>,
    released: Condvar,
}

struct Held(Arc<Inner>);

impl Place {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.inner.fails.store(fails, Ordering::SeqCst);
    }

    pub(crate) fn text(&self) -> Option<String> {
        self.inner.text.lock().unwrap().clone()
    }
}

impl Vault for Place {
    fn hold(&self) -> io::Result<Box<dyn Entry>> {
        let mut held = self.inner.held.lock().unwrap();
        while *held {
            held = self.inner.released.wait(held).unwrap();
        }
        *held = true;
        Ok(Box::new(Held(self.inner.clone())))
    }
}

impl Entry for Held {
    fn load(&self) -> io::Result<Option<SecretString>> {
        Ok(self.0.text.lock().unwrap().clone().map(SecretString::from))
    }

    fn save(&self, text: &SecretString) -> io::Result<()> {
        if self.0.fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is full"));
        }
        *self.0.text.lock().unwrap() = Some(text.expose_secret().to_owned());
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        *self.0.held.lock().unwrap() = false;
        self.0.released.notify_one();
    }
}
