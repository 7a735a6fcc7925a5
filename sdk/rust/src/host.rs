//! What the host offers, behind one seam: the imports on wasm, the scripted vendor of [`crate::testing`] elsewhere.

#[cfg(target_arch = "wasm32")]
pub(crate) use wasm::{deadline_unix_ms, log, now_unix_ms, random, send, send_all};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::testing::fake::{deadline_unix_ms, log, now_unix_ms, random, send, send_all};

#[cfg(target_arch = "wasm32")]
mod wasm {
    use crate::bindings::offtake::destination::{clock, entropy, http, log as host_log};

    pub(crate) fn send(request: http::Request) -> Result<http::Response, http::Error> {
        http::send(&request)
    }

    pub(crate) fn send_all(
        requests: Vec<http::Request>,
        in_flight_max: u16,
    ) -> Vec<Result<http::Response, http::Error>> {
        http::send_all(&requests, in_flight_max)
    }

    pub(crate) fn log(level: host_log::Level, message: &str, fields_json: Option<&str>) {
        host_log::emit(level, message, fields_json);
    }

    pub(crate) fn now_unix_ms() -> u64 {
        clock::now_unix_ms()
    }

    pub(crate) fn deadline_unix_ms() -> u64 {
        clock::deadline_unix_ms()
    }

    pub(crate) fn random(len: u8) -> Vec<u8> {
        entropy::bytes(len)
    }
}
