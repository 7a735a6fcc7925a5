//! Work that a vendor finishes later: the host waits, asks again, and gives up.

use std::sync::Arc;
use std::time::Duration;

use offtake_core::destination::{CallFailure, Effect, Failure, OutcomeKind, RowResult};
use offtake_core::ports::Destination;
use tokio::time::Instant;

use crate::support::way_out::Turns;
use crate::support::{MACHINE, bind, connector, rows};

/// What the vendor answers in turn, and 204 from then on; then what the write came to, the requests and the time it took.
async fn written(object: &str, turns: &[u16]) -> (Result<Vec<RowResult>, CallFailure>, Vec<String>, Duration) {
    let way_out = Arc::new(Turns::new(turns));
    let later = bind(&connector("later"), way_out.clone());
    let began = Instant::now();
    let answer = later.write(rows(object, 3)).await;
    (answer, way_out.asked(), began.elapsed())
}

fn code(answer: &Result<Vec<RowResult>, CallFailure>) -> (&'static str, Effect) {
    let failed = answer.as_ref().unwrap_err();
    (failed.failure.code(), failed.effect)
}

/// Time stands still while nothing waits, so that an hour takes none.
#[tokio::test(start_paused = true)]
async fn the_host_waits_for_a_job_and_not_for_ever() {
    let _machine = MACHINE.read().await;
    let (answer, asked, took) = written("things", &[]).await;
    let results = answer.unwrap();
    assert!(results.len() == 3 && results.iter().all(|result| result.outcome == Ok(OutcomeKind::Accepted)));
    assert_eq!(asked, ["POST /v1/jobs", "GET /v1/jobs/0", "GET /v1/jobs/1", "GET /v1/jobs/2"]);
    assert!(
        took >= Duration::from_millis(300),
        "the connector asks for a millisecond, the host waits longer: {took:?}"
    );

    let (answer, asked, _) = written("at-once", &[]).await;
    assert_eq!((answer.unwrap().len(), asked.len()), (3, 1));

    let (answer, asked, _) = written("heavy", &[]).await;
    assert_eq!((code(&answer), asked.len()), (("OFT-E101", Effect::Unknown), 1));

    let (answer, _, took) = written("for-ever", &[]).await;
    assert_eq!(code(&answer), ("OFT-E101", Effect::Unknown));
    assert!(took > Duration::from_secs(59 * 60) && took <= Duration::from_secs(60 * 60), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_question_that_fails_is_asked_again_and_the_work_is_not_begun_again() {
    let _machine = MACHINE.read().await;
    for status in [503, 429, 401] {
        let (answer, asked, _) = written("things", &[204, status, status]).await;
        assert_eq!(answer.map(|results| results.len()), Ok(3), "{status}");
        let first = asked.iter().filter(|request| *request == "GET /v1/jobs/0").count();
        assert_eq!((first, asked.len()), (3, 6), "{status}: {asked:?}");
    }
    // What waiting does not mend, and what does not end.
    for (turns, expected) in [(vec![204, 403], "OFT-A002"), ([&[204][..], &[503; 20]].concat(), "OFT-E101")] {
        let (answer, asked, _) = written("things", &turns).await;
        assert_eq!(code(&answer), (expected, Effect::Unknown));
        assert_eq!(asked.iter().filter(|request| request.starts_with("POST")).count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_is_refused_at_the_start_is_renewed_and_the_batch_begins_again() {
    let _machine = MACHINE.read().await;
    let (answer, asked, _) = written("things", &[401]).await;
    assert_eq!((answer.unwrap().len(), asked.len()), (3, 5));
    let (answer, asked, _) = written("things", &[401, 401]).await;
    assert_eq!((code(&answer), asked.len()), (("OFT-A001", Effect::None), 2));
    assert!(matches!(answer, Err(CallFailure { failure: Failure::Auth(_), .. })));
}
