// The answer to a write: at most one outcome a row, and silence where nobody knows.

import { CallFailure } from "./failure.js";
import * as log from "./log.js";

const KINDS = ["created", "updated", "unchanged", "deleted", "accepted"];
// Failures that are about the row itself: the next row may go on.
const OF_THE_ROW = ["rejected", "unattributed", "too-large"];

/**
 * Collects what became of each row. The first answer to a row stands. A row that is never answered counts as unknown: the host
 * sends it again with the same idempotency key.
 */
export class Report {
    #answers;

    constructor(batch) {
        this.#answers = new Array(batch.length).fill(null);
    }

    /**
     * Calls `writeOne` for each row in turn, for vendors that take one record a request. It returns `[kind, remoteId]`, or throws
     * a CallFailure.
     */
    static rowByRow(batch, writeOne) {
        const report = new Report(batch);
        for (const row of batch) {
            try {
                const [kind, remoteId] = writeOne(row);
                report.done(row, kind, remoteId);
            } catch (failure) {
                if (!(failure instanceof CallFailure)) {
                    throw failure;
                }
                if (!report.failOne(row, failure)) {
                    break;
                }
            }
        }
        return report;
    }

    /** The vendor did it: created, updated, unchanged, deleted or accepted. */
    done(row, kind, remoteId) {
        if (!KINDS.includes(kind)) {
            throw new TypeError(`no outcome is called ${kind}`);
        }
        this.#answer(row, { tag: "done", val: kind }, remoteId ?? null);
    }

    /** The vendor will never take this row. */
    rejected(row, code, message, field) {
        this.failed(row, CallFailure.rejected(code, message, field));
    }

    /** The row failed, and the vendor did nothing with it. */
    failed(row, failure) {
        this.#answer(row, { tag: "failed", val: failure.toWitFailure() }, null);
    }

    /** Settles a failure of the request that wrote one row, and says whether the next row may go on. */
    failOne(row, failure) {
        if (failure.effectUnknown) {
            // Nobody knows what became of it: silence has the host ask again.
            return false;
        }
        if (OF_THE_ROW.includes(failure.kind)) {
            this.rejected(row, failure.code, failure.message, failure.field);
            return true;
        }
        this.failed(row, failure);
        return false;
    }

    /** Whether the row has its answer. */
    isAnswered(row) {
        return this.#answers[row.index] !== null;
    }

    /** As the contract has it. */
    results() {
        return this.#answers.filter((answer) => answer !== null);
    }

    #answer(row, outcome, remoteId) {
        if (this.#answers[row.index] !== null) {
            log.warn(`row ${row.index} was answered twice; the first stands`);
            return;
        }
        this.#answers[row.index] = { row: row.index, outcome, remoteId };
    }
}
