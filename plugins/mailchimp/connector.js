// Writes contacts to the audiences ("lists") of a Mailchimp account.
//
// Sources: https://mailchimp.com/developer/marketing/api/lists/batch-subscribe-or-unsubscribe/ (500 members a request, update_existing, errors by
// email address), https://mailchimp.com/developer/marketing/api/lists/get-lists-info/,
// https://mailchimp.com/developer/marketing/api/list-merges/list-merge-fields/, https://mailchimp.com/developer/marketing/api/root/list-api-root-resources/,
// https://mailchimp.com/developer/marketing/docs/fundamentals/ (authentication, ten simultaneous connections) and
// https://mailchimp.com/developer/marketing/docs/errors/.

import { CallFailure, Report, account, exportConnector } from "@offtake/sdk";

import { send } from "./client.js";
import { MATCH_KEY, member } from "./member.js";
import { audience, fields } from "./schema.js";

/** @import { Batch, Context, Operation, OutcomeKind, Row } from "@offtake/sdk" */
/** @typedef {{ email_address?: string, id?: string }} Member */
/** @typedef {{ email_address?: string, error?: string, error_code?: string, field?: string }} MemberError */
/** @typedef {{ new_members: Member[], updated_members: Member[], errors: MemberError[] }} Answer */

// "Up to 500 members may be added or updated with each API call."
const MEMBERS_MAX = 500;
// Of the ten connections that an account may hold at once, the rest is for everybody else.
const CALLS_AT_ONCE_MAX = 4;
/** @type {Operation[]} */
const OPERATIONS = ["insert", "upsert"];
const PAGE = 100;
// A batch of five hundred takes Mailchimp longer than other requests.
const TIMEOUT_MS = 60_000;

export const connector = exportConnector({
    check(cx) {
        const root = send(cx, { method: "GET", path: "/3.0/" }).json();
        return account({ Account: root.account_name ?? "unnamed", Contacts: root.total_subscribers ?? 0 });
    },

    objects(cx, cursor) {
        const offset = Number(cursor ?? 0);
        const query = `count=${PAGE}&offset=${offset}&fields=lists.id,lists.name,total_items`;
        /** @type {{ lists: { id: string, name: string }[], total_items: number }} */
        const { lists, total_items: total } = send(cx, { method: "GET", path: `/3.0/lists?${query}` }).json();
        const next = offset + lists.length < total && lists.length > 0 ? String(offset + lists.length) : null;
        return { objects: lists.map((list) => audience(list, OPERATIONS)), next };
    },

    fields(cx, list) {
        return fields(cx, list);
    },

    limits(_cx, _list, operation) {
        if (!OPERATIONS.includes(operation)) {
            throw unsupported(operation);
        }
        return { rows: MEMBERS_MAX, bytes: 1 << 21, concurrency: CALLS_AT_ONCE_MAX };
    },

    write(cx, batch) {
        if (!OPERATIONS.includes(batch.operation)) {
            throw unsupported(batch.operation);
        }
        const report = new Report(batch);
        /** @type {Map<string, Row>} */
        const sent = new Map();
        for (const row of batch) {
            prepare(row, sent, report);
        }
        if (sent.size > 0) {
            settle(sent, post(cx, batch, sent), report);
        }
        return report;
    },
});

/** @param {Operation} operation */
function unsupported(operation) {
    return CallFailure.misconfigured("operation_unsupported", `an audience cannot take ${operation}`);
}

/**
 * Puts a row among those that are sent, by its address, or answers for it at once.
 *
 * @param {Row} row
 * @param {Map<string, Row>} sent
 * @param {Report} report
 */
function prepare(row, sent, report) {
    const address = row.matchText?.trim().toLowerCase();
    if (!address) {
        report.rejected(row, "no_email", "email_address is empty", MATCH_KEY);
    } else if (sent.has(address)) {
        // Mailchimp refuses a request that names an address twice, and the second row is for the next call.
        const message = "another row of this batch has the same address";
        report.failed(row, new CallFailure("transient", "duplicate_key_in_batch", message));
    } else {
        sent.set(address, row);
    }
}

/**
 * @param {Context} cx
 * @param {Batch} batch
 * @param {Map<string, Row>} sent
 * @returns {Answer}
 */
function post(cx, batch, sent) {
    const members = [...sent.values()].map((row) => member(row.fields));
    const answer = send(cx, {
        method: "POST",
        path: `/3.0/lists/${encodeURIComponent(batch.object)}`,
        json: { members, update_existing: batch.operation === "upsert" },
        timeoutMs: TIMEOUT_MS,
    }).json();
    if (!Array.isArray(answer?.new_members) || !Array.isArray(answer.updated_members) || !Array.isArray(answer.errors)) {
        throw CallFailure.unreadable("the answer names no members and no errors", true);
    }
    return answer;
}

/**
 * Every address is in one of three lists. One that is in none stays unknown.
 *
 * @param {Map<string, Row>} sent
 * @param {Answer} answer
 * @param {Report} report
 */
function settle(sent, answer, report) {
    const rowOf = (/** @type {string | undefined} */ address) => sent.get(String(address ?? "").trim().toLowerCase());
    for (const error of answer.errors) {
        const row = rowOf(error.email_address);
        if (row !== undefined) {
            const code = String(error.error_code ?? "refused").toLowerCase();
            report.rejected(row, code, error.error ?? "Mailchimp refused the contact", error.field || undefined);
        }
    }
    /** @type {[OutcomeKind, Member[]][]} */
    const done = [["created", answer.new_members], ["updated", answer.updated_members]];
    for (const [kind, members] of done) {
        for (const found of members) {
            const row = rowOf(found.email_address);
            if (row !== undefined && !report.isAnswered(row)) {
                report.done(row, kind, found.id ?? null);
            }
        }
    }
}
