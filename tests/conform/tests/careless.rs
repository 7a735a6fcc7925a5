//! One connector, and every fault that it can have: each is found by the checks that are about it, and by no others.

use crate::support::{failed, guest, report, script, script_of, stage, told};

/// Runs the kit on the guest with a fault.
async fn run(does: &str, expected: &[&str]) {
    let script = script(&script_of("careless"), |text| text.replace("nothing-wrong", does));
    let report = report(&stage(&guest::component("careless"), script)).await;
    assert_eq!(failed(&report), expected, "{does}:\n{}", told(&report));
    assert_eq!(report.is_good(), expected.is_empty());
}

/// A row for each fault: what the guest does, the test, and the checks that fail.
macro_rules! faults {
    ($($does:literal => $test:ident: [$($id:literal),*],)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                run($does, &[$($id),*]).await;
            }
        )*
    };
}

faults! {
    "nothing-wrong" => a_connector_without_a_fault_passes: [],
    "blames-nobody" => a_refused_row_that_is_unattributed: ["K15", "K16"],
    // The host names what it refused instead of whatever the connector says.
    "calls-out" => a_request_to_an_undeclared_host:
        ["K20", "K21", "K22", "K23", "K24", "K25", "K26", "K31", "K32", "K33", "K34", "K70"],
    "check-without-asking" => a_check_that_tries_nothing: ["K37"],
    "drops-nulls" => a_null_that_is_not_sent: ["K14"],
    "floods" => a_flood_of_log_lines: ["K62"],
    "forgets-rows" => rows_that_are_not_answered: ["K11", "K15", "K18", "K19"],
    "guesses-effect" => an_effect_that_is_only_guessed: ["K23", "K25", "K26", "K27", "K30"],
    "hides-refusals" => a_refusal_that_is_called_done: ["K15", "K16"],
    "ignores-429" => a_quota_that_is_called_a_refusal: ["K20", "K21", "K22"],
    "lies" => rows_that_are_done_and_never_sent: [
        "K10", "K11", "K13", "K14", "K15", "K16", "K17", "K18", "K19", "K20", "K21", "K22", "K23", "K24", "K25", "K26",
        "K27", "K28", "K29", "K30", "K31", "K32", "K33", "K34", "K36"
    ],
    "logs-refusals" => a_vendor_s_words_in_the_log: ["K60"],
    "logs-rows" => row_values_in_the_log: ["K60"],
    "mints-keys" => idempotency_keys_of_its_own: ["K19"],
    "mistakes-401" => a_refused_credential_that_is_called_something_else: ["K31"],
    "never-the-same" => requests_that_differ_for_the_same_rows: ["K18"],
    "reads-no-answer" => an_answer_that_nobody_reads: ["K15", "K16", "K28", "K29"],
    "repeats-randomness" => randomness_out_of_a_snapshot: ["K50"],
    "retries" => a_request_that_is_sent_again: ["K36"],
    "sends-no-secret" => a_write_without_its_credential: ["K61"],
    "speaks-ascii" => text_that_is_changed: ["K13"],
    "stops-the-clock" => a_clock_out_of_a_snapshot: ["K51"],
    "swallows-failures" => discovery_that_hides_a_failure: ["K05", "K37"],
    "swallows-links" => a_foreign_link_that_is_passed_over: ["K71"],
    "takes-nothing" => limits_without_rows: ["K06"],
    "writes-nothing" => an_empty_batch_that_is_sent: ["K12"],
    "writes-to-read" => a_look_up_that_writes: ["K07"],
}
