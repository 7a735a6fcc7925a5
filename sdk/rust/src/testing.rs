//! Tests of a connector without wasm, host or network: `cargo test` and a vendor that follows a script.
//!
//! ```
//! use offtake_sdk::testing::{Call, Reply, Rows, Vendor};
//! # use offtake_sdk::*;
//! # struct Mailer;
//! # impl Connector for Mailer {
//! #     type Config = NoConfig;
//! #     fn check(_: &Context<NoConfig>) -> Result<Account, CallFailure> { Ok(Account::new()) }
//! #     fn objects(_: &Context<NoConfig>, _: Option<String>) -> Result<ObjectPage, CallFailure> { Ok(ObjectPage::default()) }
//! #     fn fields(_: &Context<NoConfig>, _: &str) -> Result<Vec<Field>, CallFailure> { Ok(vec![]) }
//! #     fn limits(_: &Context<NoConfig>, _: &str, _: Operation) -> Result<Limits, CallFailure> { Ok(Limits::rows(1)) }
//! #     fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
//! #         let mut report = Report::new(batch);
//! #         for row in batch {
//! #             cx.http().post("api", "/people").auth("token").json(row.fields()).send()?;
//! #             report.accepted(row);
//! #         }
//! #         Ok(report)
//! #     }
//! # }
//! let vendor = Vendor::scripted([Reply::json(202, &serde_json::json!({}))]);
//! let rows = Rows::upsert("people", "email").row(serde_json::json!({"email": "a@example.com"}));
//! let results = Call::<Mailer>::new(serde_json::json!({})).write(rows).unwrap();
//! assert_eq!(results.len(), 1);
//! assert_eq!(vendor.requests()[0].path(), "/people");
//! ```

mod call;
pub(crate) mod fake;
mod vendor;

pub use call::{Call, JobState, Rows};
pub use vendor::{LogLine, Reply, Request, Vendor};
