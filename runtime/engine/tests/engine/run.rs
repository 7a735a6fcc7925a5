//! Does a run account for every row, whatever destination and state do?

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use offtake_core::destination::{CallFailure, Detail, Effect, Failure, WriteRequest};
use offtake_core::guard::Guards;
use offtake_core::mode::{FieldPolicy, Mode, NullPolicy, OnDelete, WritePolicy};
use offtake_core::object::Operation;
use offtake_core::run::Status;
use offtake_engine::SyncSpec;

use crate::support::{Memory, Rows, Vendor, accepted, failed, go, mirror, rows, spec, table};

#[tokio::test]
async fn all_rows_arrive_with_no_more_in_flight_than_allowed() {
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    let record = go(&spec(), rows(0..95), &vendor, &state).await;
    assert_eq!((record.status, record.counts.delivered, record.requests), (Status::Completed, 95, 10));
    assert_eq!(record.snapshot.as_deref(), Some("s1"));
    assert_eq!(vendor.in_flight_most.load(Ordering::SeqCst), 3);
    let again = go(&spec(), rows(0..95), &vendor, &state).await;
    assert_eq!((again.counts.unchanged, again.requests), (95, 10));
}

#[tokio::test]
async fn a_refused_credential_stops_and_leaves_the_rest_pending() {
    let vendor = Vendor::new(|call, request| match call {
        0..2 => accepted(request),
        _ => failed(Failure::Auth, Effect::None),
    });
    let state = Arc::<Memory>::default();
    let record = go(&mirror(), rows(0..95), &vendor, &state).await;
    assert_eq!((record.status, record.counts.delivered, record.counts.pending), (Status::Paused, 20, 75));
    assert_eq!(record.error.unwrap().code, "OFT-A001");
    assert!(record.requests <= 2 + 3, "nothing new starts after the refusal");
    assert_eq!(state.rows.lock().unwrap().len(), 20);
}

#[tokio::test]
async fn a_destination_that_stays_down_leaves_rows_pending_after_six_attempts() {
    let vendor = Vendor::new(|_, _| failed(Failure::Transient, Effect::Unknown));
    let record = go(&spec(), rows(0..25), &vendor, &Arc::default()).await;
    assert_eq!(
        (record.status, record.counts.pending, record.requests, record.retries),
        (Status::Incomplete, 25, 18, 15)
    );
    assert_eq!(record.error.unwrap().code, "OFT-E101", "the record says why rows are pending");
    let seen = vendor.seen.lock().unwrap();
    let first: Vec<_> = seen.iter().filter(|request| request.batch_id.ends_with("/1")).collect();
    assert_eq!(first.iter().map(|request| request.attempt).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert!(first.iter().all(|request| request.refs == first[0].refs), "the same rows with the same idempotency keys");
}

#[tokio::test]
async fn rows_without_an_answer_go_again_alone() {
    let vendor = Vendor::new(|call, request| {
        let mut answer = accepted(request).unwrap();
        if call == 0 {
            answer.truncate(4);
        }
        Ok(answer)
    });
    let record = go(&spec(), rows(0..10), &vendor, &Arc::default()).await;
    assert_eq!((record.counts.delivered, record.requests), (10, 2));
    assert_eq!(vendor.seen.lock().unwrap()[1].refs.len(), 6);
}

#[tokio::test]
async fn a_row_that_breaks_the_connector_stands_alone_in_the_end() {
    let poison = |request: &WriteRequest| request.rows.contains("\"p7@example.com\"");
    let vendor = Vendor::new(
        move |_, request| {
            if poison(request) { failed(Failure::Fatal, Effect::Unknown) } else { accepted(request) }
        },
    );
    let state = Arc::<Memory>::default();
    let record = go(&spec(), rows(0..40), &vendor, &state).await;
    assert_eq!((record.status, record.counts.delivered), (Status::CompletedWithRejects, 39));
    let rejects = state.rejects.lock().unwrap();
    assert_eq!(
        (rejects[0].reject.code.as_str(), rejects[0].reject.key.as_str()),
        ("OFT-P001", "{\"email\":\"p7@example.com\"}")
    );
}

#[tokio::test]
async fn a_connector_that_always_breaks_rejects_no_row() {
    let vendor = Vendor::new(|_, _| failed(Failure::Fatal, Effect::Unknown));
    let record = go(&spec(), rows(0..1_000), &vendor, &Arc::default()).await;
    assert_eq!((record.status, record.counts.pending, record.counts.rejected), (Status::Failed, 1_000, 0));
    assert!(record.requests < 30);
}

#[tokio::test]
async fn a_state_that_cannot_be_written_makes_no_row_delivered() {
    let vendor = Vendor::new(|_, request| accepted(request));
    let state = Arc::new(Memory { fails: true, ..Memory::default() });
    let record = go(&spec(), rows(0..2_500), &vendor, &state).await;
    assert_eq!((record.status, record.counts.delivered, record.counts.pending), (Status::Failed, 0, 2_500));
    assert_eq!(record.error.unwrap().code, "OFT-S004");
}

#[tokio::test]
async fn v10_a_torn_read_sends_and_deletes_nothing() {
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    go(&mirror(), rows(0..20), &vendor, &state).await;
    let torn = Rows { fails: true, ..rows(0..5) };
    let record = go(&mirror(), torn, &vendor, &state).await;
    assert_eq!((record.status, record.requests), (Status::Failed, 2));
    assert_eq!(state.rows.lock().unwrap().len(), 20);
}

#[tokio::test]
async fn removed_rows_are_deleted_by_their_key_and_id_or_forgotten() {
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    go(&mirror(), rows(0..20), &vendor, &state).await;
    let deleting = go(&mirror(), rows(0..15), &vendor, &state).await;
    assert_eq!((deleting.counts.removed, deleting.counts.delivered, deleting.counts.kept), (5, 5, 0));
    {
        let seen = vendor.seen.lock().unwrap();
        let delete = seen.last().unwrap();
        assert_eq!(delete.operation, Operation::Delete);
        assert!(delete.refs.iter().all(|row| row.remote_id.is_some()) && !delete.rows.contains("score"));
    }
    let ignoring = go(&spec(), rows(0..10), &vendor, &state).await;
    assert_eq!((ignoring.counts.removed, ignoring.counts.kept, ignoring.counts.delivered), (5, 5, 0));
    assert_eq!(state.rows.lock().unwrap().len(), 10, "what left the source is this sync's no more");
}

#[tokio::test]
async fn a_key_that_leads_to_the_record_just_written_does_not_remove_it() {
    // The vendor answers row 0 with id "0" each time: to it both keys are one record.
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    go(&mirror(), rows(0..1), &vendor, &state).await;
    let renamed = go(&mirror(), rows(1..2), &vendor, &state).await;
    assert_eq!((renamed.counts.added, renamed.counts.removed, renamed.counts.kept), (1, 1, 1));
    assert!(vendor.seen.lock().unwrap().iter().all(|request| request.operation == Operation::Upsert));
    assert_eq!(state.rows.lock().unwrap().len(), 1);
}

fn keys(vendor: &Vendor, calls: impl Iterator<Item = usize>) -> Vec<String> {
    let seen = vendor.seen.lock().unwrap();
    calls.flat_map(|call| seen[call].refs.iter().map(|row| row.idempotency_key.clone())).collect()
}

#[tokio::test]
async fn rows_in_doubt_go_first_with_their_keys_and_a_reverted_row_goes_again() {
    let down = Vendor::new(|_, _| failed(Failure::Transient, Effect::Unknown));
    let state = Arc::<Memory>::default();
    go(&spec(), rows(0..5), &Vendor::new(|_, request| accepted(request)), &state).await;
    let doubtful = |n| (n, if n < 5 { n + 100 } else { n });
    let given_up = go(&spec(), table((0..8).map(doubtful)), &down, &state).await;
    assert_eq!((given_up.status, given_up.counts.pending), (Status::Incomplete, 8));
    assert_eq!(state.intents.lock().unwrap().len(), 8);

    // Row 0 has its acknowledged value again: to the destination it may have the other one.
    let up = Vendor::new(|_, request| accepted(request));
    let source = table((-50..8).map(|n| if n == 0 { (0, 0) } else { doubtful(n) }));
    let record = go(&spec(), source, &up, &state).await;
    assert_eq!(record.recovered.as_ref().map(|left| (left.run.clone(), left.rows)), Some((given_up.id, 8)));
    assert_eq!((record.counts.delivered, record.counts.unchanged), (58, 0));
    let repeated = keys(&down, 0..1);
    let first = keys(&up, 0..1);
    let same = first.iter().take(8).filter(|key| repeated.contains(key)).count();
    assert_eq!(same, 7, "the row with another value is another change");
    assert!(state.intents.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_row_in_doubt_that_left_the_source_is_deleted() {
    let state = Arc::<Memory>::default();
    go(&mirror(), rows(0..3), &Vendor::new(|_, _| failed(Failure::Transient, Effect::Unknown)), &state).await;
    let vendor = Vendor::new(|_, request| accepted(request));
    let record = go(&mirror(), rows(0..2), &vendor, &state).await;
    assert_eq!((record.counts.removed, record.counts.delivered), (1, 3));
    let seen = vendor.seen.lock().unwrap();
    assert_eq!((seen[1].operation, seen[1].rows.as_str()), (Operation::Delete, "{\"email\":\"p2@example.com\"}\n"));
}

#[tokio::test]
async fn a_value_that_returns_has_a_key_of_its_own() {
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    for score in [1, 2, 1] {
        go(&spec(), table([(0, score)]), &vendor, &state).await;
    }
    let keys = keys(&vendor, 0..3);
    assert_ne!(keys[0], keys[2], "a vendor that remembers keys would not write it");
}

#[tokio::test]
async fn d3_one_bad_row_among_a_thousand_is_found_by_halving() {
    let vendor = Vendor::new(|_, request| {
        let bad = request.rows.contains("\"p77@example.com\"");
        if bad { failed(Failure::Unattributed, Effect::None) } else { accepted(request) }
    });
    let state = Arc::<Memory>::default();
    let record = go(&spec(), rows(0..1_000), &vendor, &state).await;
    assert_eq!((record.status, record.counts.delivered), (Status::CompletedWithRejects, 999));
    // A hundred batches of ten, one of which is halved down to single rows.
    assert!(record.requests <= 100 + 2 * 4, "{}", record.requests);
    assert_eq!(state.rejects.lock().unwrap()[0].reject.key, "{\"email\":\"p77@example.com\"}");
}

#[tokio::test]
async fn a_size_that_was_refused_is_not_tried_again() {
    let vendor =
        Vendor::new(
            |_, request| {
                if request.refs.len() > 5 { failed(Failure::TooLarge, Effect::None) } else { accepted(request) }
            },
        );
    let record = go(&spec(), rows(0..100), &vendor, &Arc::default()).await;
    assert_eq!((record.counts.delivered, record.requests), (100, 1 + 20));
}

fn limited(seconds: u64) -> Result<Vec<offtake_core::destination::RowResult>, CallFailure> {
    let retry_after = Some(Duration::from_secs(seconds));
    let failure = Failure::RateLimited { retry_after, scope: None, detail: Detail::default() };
    Err(CallFailure { failure, effect: Effect::None })
}

#[tokio::test]
async fn d1_a_quota_is_waited_for_without_using_up_attempts_and_ends_the_run_when_it_is_far() {
    let vendor = Vendor::new(|call, request| if call < 20 { limited(5) } else { accepted(request) });
    let record = go(&spec(), rows(0..30), &vendor, &Arc::default()).await;
    assert_eq!((record.status, record.counts.delivered), (Status::Completed, 30));

    for far in [901, 1_000_000_000] {
        let vendor = Vendor::new(move |call, request| if call < 2 { accepted(request) } else { limited(far) });
        let state = Arc::<Memory>::default();
        let record = go(&spec(), rows(0..95), &vendor, &state).await;
        assert_eq!((record.status, record.counts.delivered, record.counts.pending), (Status::Incomplete, 20, 75));
        assert!(record.resume_at_ms.unwrap() >= far * 1_000 && record.error.unwrap().code == "OFT-E102");
        assert!(state.intents.lock().unwrap().is_empty(), "nothing of a throttled row reached the destination");
    }
}

#[tokio::test]
async fn a_destination_that_is_down_is_not_asked_for_every_batch() {
    let vendor = Vendor::new(|_, _| failed(Failure::Transient, Effect::None));
    let record = go(&spec(), rows(0..5_000), &vendor, &Arc::default()).await;
    assert_eq!((record.status, record.counts.pending), (Status::Failed, 5_000));
    assert_eq!((record.error.unwrap().code.as_str(), record.requests), ("OFT-E106", 5 * 6));
    assert_eq!(vendor.in_flight_most.load(Ordering::SeqCst), 1, "one call at a time asks whether it is there");
}

#[tokio::test]
async fn s15_a_stop_finishes_what_is_under_way_and_leaves_the_rest() {
    let vendor = Vendor::new(|_, request| accepted(request));
    let stop = vendor.stop.clone();
    let stopping = Vendor::new(move |call, request| {
        if call == 4 {
            stop.ask();
        }
        accepted(request)
    });
    let stopping = stopping.stopped_by(&vendor.stop);
    let state = Arc::<Memory>::default();
    let record = go(&spec(), rows(0..2_000), &stopping, &state).await;
    assert_eq!((record.status, record.error), (Status::Interrupted, None));
    assert_eq!(record.counts.delivered as usize, stopping.seen.lock().unwrap().len() * 10);
    assert!(record.counts.delivered >= 50 && record.counts.delivered <= 80, "{}", record.counts.delivered);
    assert!(state.intents.lock().unwrap().is_empty(), "what was not sent is in no doubt");
    let rest = go(&spec(), rows(0..2_000), &Vendor::new(|_, request| accepted(request)), &state).await;
    assert_eq!(rest.counts.delivered + record.counts.delivered, 2_000);
}

#[tokio::test]
async fn guards_hold_a_run_back_until_exactly_its_plan_is_approved() {
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    go(&mirror(), rows(0..500), &vendor, &state).await;
    let sent = vendor.seen.lock().unwrap().len();
    let cases: [(SyncSpec, Rows, &str); 3] = [
        (mirror(), rows(0..300), "OFT-R016"),
        (spec(), rows(0..0), "OFT-R015"),
        (
            SyncSpec { guards: Guards { max_resend_rows: 10, ..Guards::default() }, ..mirror() },
            table((0..500).map(|n| (n, -n))),
            "OFT-R017",
        ),
    ];
    for (spec, rows, code) in cases {
        let record = go(&spec, rows, &vendor, &state).await;
        assert_eq!((record.status, record.counts.pending, record.counts.delivered), (Status::NeedsApproval, 0, 0));
        assert_eq!(record.approval.unwrap().objections[0].code, code);
    }
    assert_eq!((vendor.seen.lock().unwrap().len(), state.rows.lock().unwrap().len()), (sent, 500));

    let asked = go(&mirror(), rows(0..300), &vendor, &state).await.approval.unwrap().plan;
    let approved = SyncSpec { approved: vec![asked.clone()], ..mirror() };
    let other = go(&approved, rows(0..299), &vendor, &state).await;
    assert_eq!(other.status, Status::NeedsApproval, "an approval is of one plan");
    assert_ne!(other.approval.unwrap().plan, asked);
    let record = go(&approved, rows(0..300), &vendor, &state).await;
    assert_eq!((record.status, record.counts.delivered), (Status::Completed, 200));
}

#[tokio::test]
async fn modes_and_removals_ask_for_their_operations() {
    let cases = [
        (Mode::Insert, OnDelete::Ignore, vec![Operation::Insert], (1, 1, 0)),
        (Mode::Append, OnDelete::Ignore, vec![Operation::Append], (1, 1, 0)),
        (Mode::Update, OnDelete::Ignore, vec![Operation::Update], (2, 1, 1)),
        (Mode::Mirror, OnDelete::Delete, vec![Operation::Upsert, Operation::Delete], (3, 0, 1)),
        (Mode::Members, OnDelete::Delete, vec![Operation::MemberAdd, Operation::MemberRemove], (3, 0, 1)),
        (Mode::Members, OnDelete::Ignore, vec![Operation::MemberAdd], (2, 1, 1)),
        (Mode::Upsert, OnDelete::Clear, vec![Operation::Upsert, Operation::Update], (3, 0, 1)),
    ];
    for (mode, on_delete, operations, (delivered, kept, removed)) in cases {
        let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
        let spec = SyncSpec { mode, on_delete, ..spec() };
        go(&spec, table([(0, 0), (1, 1), (2, 2)]), &vendor, &state).await;
        let record = go(&spec, table([(1, 1), (2, 9), (3, 3)]), &vendor, &state).await;
        let counts = record.counts;
        assert_eq!((counts.delivered, counts.kept, counts.removed), (delivered, kept, removed), "{mode:?}");
        let seen = vendor.seen.lock().unwrap();
        let asked: Vec<Operation> = seen.iter().skip(1).map(|request| request.operation).collect();
        assert_eq!(asked, operations, "{mode:?}");
        if on_delete == OnDelete::Clear {
            assert_eq!(seen.last().unwrap().rows, "{\"email\":\"p0@example.com\",\"score\":null}\n");
        }
    }
}

#[tokio::test]
async fn rows_that_lock_each_other_are_never_in_two_calls_at_once() {
    let some_fail = |call: usize, request: &WriteRequest| match call % 5 {
        4 => failed(Failure::Transient, Effect::None),
        _ => accepted(request),
    };
    for partition in [vec![], vec!["score".to_owned()]] {
        let (vendor, state) = (Vendor::new(some_fail), Arc::<Memory>::default());
        let spec = SyncSpec { partition: partition.clone(), ..spec() };
        let record = go(&spec, table((0..200).map(|n| (n, n % 7))), &vendor, &state).await;
        assert_eq!(record.counts.delivered, 200);
        let calls = vendor.seen.lock().unwrap().len() as u64;
        assert_eq!(calls, 20 + record.retries, "batches are full all the same");
        assert!(vendor.in_flight_most.load(Ordering::SeqCst) > 1, "calls go side by side");
        assert_eq!(vendor.clashed.lock().unwrap().is_empty(), !partition.is_empty(), "{partition:?}");
    }
}

#[tokio::test]
async fn fields_are_written_by_their_policies() {
    let policy = |null, write| [("score".to_owned(), FieldPolicy { null, write })].into();
    let with = |policies| SyncSpec { policies, ..spec() };
    let on_create = with(policy(NullPolicy::Send, WritePolicy::OnCreate));
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    let unread = go(&on_create, table([(0, 0)]), &vendor, &state).await;
    assert_eq!((unread.status, unread.error.unwrap().code.as_str()), (Status::Failed, "OFT-E105"));

    *vendor.records.lock().unwrap() = Some(vec!["null".to_owned(), "{\"score\":5}".to_owned()]);
    go(&on_create, table([(0, 7), (1, 7)]), &vendor, &state).await;
    let sent = vendor.seen.lock().unwrap()[0].rows.clone();
    assert_eq!(sent.matches("\"score\":7").count(), 1, "{sent}");
    let later = go(&on_create, table([(0, 8), (1, 8)]), &vendor, &state).await;
    assert_eq!(later.counts.unchanged, 2, "what is only written on creation is no change");
}

#[tokio::test]
async fn ignored_values_rest_until_they_change_and_a_retry_sends_only_what_is_left() {
    let state = Arc::<Memory>::default();
    let picky = Vendor::new(|_, request| {
        let bad = request.rows.contains("\"score\":3");
        if bad { failed(Failure::Unattributed, Effect::None) } else { accepted(request) }
    });
    go(&spec(), rows(0..5), &picky, &state).await;
    assert_eq!(state.rejects.lock().unwrap().len(), 1);
    let left = SyncSpec { selection: offtake_core::choose::Selection::Left, ..spec() };
    let retried = go(&left, rows(0..9), &picky, &state).await;
    assert_eq!((retried.counts.rejected, retried.counts.held, retried.counts.delivered), (1, 4, 0));

    state.rejects.lock().unwrap()[0].reject.ignored = true;
    let ignoring = go(&spec(), rows(0..5), &picky, &state).await;
    assert_eq!((ignoring.counts.kept, ignoring.counts.rejected), (1, 0));
    let corrected = go(
        &spec(),
        table((0..5).map(|n| (n, if n == 3 { 33 } else { n }))),
        &Vendor::new(|_, request| accepted(request)),
        &state,
    )
    .await;
    assert_eq!((corrected.counts.delivered, corrected.counts.kept), (1, 0));
}
