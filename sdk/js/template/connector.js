// Writes people to the API of Example: a whole connector, to be changed into yours.

import { CallFailure, Report, account, encode, exportConnector, field, object } from "@offtake/sdk";

/** @import { Context, Operation, OutcomeKind, Request, Response, Row, VendorError } from "@offtake/sdk" */

// It answers five questions and never sleeps, retries or sees a secret.
export const connector = exportConnector({
    check(cx) {
        const me = send(cx, "GET", "/me").json();
        return account({ Account: me.name ?? "unnamed" });
    },

    objects() {
        return { objects: [object("people", "People", ["insert", "upsert", "delete"], ["email"])] };
    },

    fields(_cx, name) {
        if (name !== "people") {
            throw CallFailure.schemaChanged("unknown_object", `there is no object ${name}`);
        }
        return [
            field("email", "string", { label: "Email", required: true, unique: true }),
            field("name", "string", { label: "Name" }),
            field("age", "integer", { label: "Age" }),
        ];
    },

    limits() {
        return { rows: 50, concurrency: 2, rates: [[600, 60_000]] };
    },

    write(cx, batch) {
        // The row's own fault is rejected and the next one goes on. Anything else ends the call, and the host decides.
        return Report.rowByRow(batch, (row) => writeOne(cx, batch.operation, row));
    },
});

/**
 * @param {Context} cx
 * @param {Operation} operation
 * @param {Row} row
 * @returns {[OutcomeKind, (string | null)?]}
 */
function writeOne(cx, operation, row) {
    if (!row.matchText) {
        throw CallFailure.rejected("no_email", "email is empty", "email");
    }
    const person = `/people/${encode(row.matchText)}`;
    // The key is the same when the row goes again, so a vendor that knows it does nothing twice.
    const key = { idempotencyKey: row.idempotencyKey };
    if (operation === "delete") {
        send(cx, "DELETE", person, key);
        return ["deleted", null];
    }
    const [method, path] = operation === "insert" ? ["POST", "/people"] : ["PUT", person];
    const response = send(cx, method, path, { json: row.fields, ...key });
    return [response.status === 201 ? "created" : "updated", response.json().id ?? null];
}

/**
 * @param {Context} cx
 * @param {string} method
 * @param {string} path
 * @param {Partial<Request>} more
 */
function send(cx, method, path, more = {}) {
    const workspace = encode(cx.config.workspace ?? "main");
    return cx.http.send({ method, path: `/v1/${workspace}${path}`, auth: "token", explain, ...more });
}

/**
 * Reads `{"code": …, "message": …, "field": …}`; what is missing is filled in from the status.
 *
 * @param {Response} response
 * @returns {VendorError}
 */
function explain(response) {
    try {
        const { code, message, field: name } = response.json() ?? {};
        return { code, message, field: name };
    } catch {
        return {};
    }
}
