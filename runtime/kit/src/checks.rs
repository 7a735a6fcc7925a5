//! All checks, in the order in which they run. `docs/spec/conformance.md` has a row for each.

mod discovery;
mod faults;
mod fresh;
mod hygiene;
mod outcomes;
mod rows;

use crate::check::Check;

macro_rules! checks {
    ($($id:literal, $name:literal, $run:path, $asserts:literal;)*) => {
        /// Every check.
        pub static ALL: &[Check] = &[$(Check {
            id: $id,
            name: $name,
            asserts: $asserts,
            run: |stage| Box::pin($run(stage)),
        }),*];
    };
}

checks! {
    "K01", "manifest", discovery::manifest, "endpoints are https, slots belong to endpoints, and no more is asked for than a host ever gives";
    "K02", "account", discovery::account, "`check` answers with offtake.account/1";
    "K03", "objects", discovery::objects, "`discover-objects` answers with offtake.objects/1, and the script's object, operations and match keys are in it";
    "K04", "fields", discovery::fields, "`discover-fields` answers with offtake.fields/1, and the script's fields are in it and can be written";
    "K05", "unknown object", discovery::unknown_object, "an object that is not there is a failure, and neither a crash nor an empty list";
    "K06", "limits", discovery::limits, "`limits-for` states what one call takes, for every operation that the object has";
    "K07", "reading", discovery::reading, "`look-up` answers a line a row and changes nothing";
    "K10", "one row", rows::one_row, "a row that the vendor takes is done, in every operation";
    "K11", "full batch", rows::full_batch, "as many rows as `limits-for` states are each answered once and done";
    "K12", "empty batch", rows::empty_batch, "a batch without rows is answered with no rows and no request";
    "K13", "strange values", rows::strange_values, "quotes, line ends, any script and long text arrive unchanged or are rejected";
    "K14", "null and absent", rows::null_and_absent, "a null clears the vendor's field, and an absent field is left alone";
    "K15", "some rows refused", outcomes::partial, "where the vendor refuses one row, that one is rejected and the others are done";
    "K16", "one row refused", outcomes::refused_alone, "a refused row that is alone is `rejected`, so that halving ends";
    "K17", "done means sent", outcomes::sent, "each row that is done stood in a request";
    "K18", "same input, same requests", outcomes::same_requests, "a batch that goes again is answered again, by the same requests";
    "K19", "idempotency keys", outcomes::idempotency, "each write carries a key of its rows, where the manifest names a header for it";
    "K20", "429 with seconds", faults::limited_seconds, "the failure is rate-limited with the vendor's wait, and every sync is paused";
    "K21", "429 with a date", faults::limited_date, "a date is read against the time of now";
    "K22", "429 without a wait", faults::limited_bare, "the failure is rate-limited";
    "K23", "5xx", faults::server_errors, "500, 502, 503 and 504 are transient, and their effect is unknown";
    "K24", "503 with a wait", faults::outage_with_end, "rate-limited or transient, effect unknown";
    "K25", "silence", faults::silence, "a request without an answer is transient, and its effect is unknown";
    "K26", "reset", faults::reset, "a connection that breaks before the answer is transient, and its effect is unknown";
    "K27", "answer cut short", faults::truncated, "an answer that breaks off is a failure of unknown effect, never done";
    "K28", "garbage", faults::garbage, "status 200 with something else than JSON is never done";
    "K29", "page of a proxy", faults::page, "status 200 with HTML is never done";
    "K30", "huge answer", faults::huge, "an answer past the host's cap is a failure of unknown effect";
    "K31", "401", faults::unauthorized, "the failure is auth";
    "K32", "403", faults::forbidden, "the failure is forbidden, or auth, or a quota";
    "K33", "redirect", faults::redirect, "a redirect is a failure, and nothing is sent to where it leads";
    "K34", "vendor is down", faults::down, "a connection that is refused is transient";
    "K35", "failure in the middle", faults::middle, "rows that were written before stay done, and nothing is said of an effect that is not known";
    "K36", "no retries", faults::no_retries, "a request that failed is not sent again within the call";
    "K37", "check and discovery fail", faults::reading_fails, "`check` and discovery under 401, 500 and garbage are failures of their class";
    "K50", "fresh randomness", fresh::randomness, "what looks random in requests is another one in a fresh instance";
    "K51", "moving clock", fresh::clock, "times in requests are those of now";
    "K60", "no values in log lines", hygiene::values, "no line holds a value of a row, also where the vendor quotes it";
    "K61", "secrets", hygiene::secrets, "writes carry their credential, and no answer of the connector holds it";
    "K62", "log budget", hygiene::budget, "no line is dropped for being one too many";
    "K70", "declared hosts", hygiene::declared, "the host has to refuse none of its requests";
    "K71", "foreign links", hygiene::foreign_links, "a link to another host is a failure, and nothing is sent there";
}
