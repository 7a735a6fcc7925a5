// Carries the calls of the WIT to the connector and keeps the rules that every connector has in common.

import "./globals.js";
import { Batch, onlyKey, parseRows, text } from "./batch.js";
import { CallFailure } from "./failure.js";
import { Http } from "./http.js";
import * as log from "./log.js";
import * as utf8 from "./utf8.js";

const BYTES_MAX = 1 << 20;

/** What a component exports: `export const connector = exportConnector({...})`. */
export function exportConnector(connector) {
    return {
        check: (conn) => call(conn, (cx) => JSON.stringify(connector.check(cx))),
        discoverObjects: (conn, cursor) =>
            call(conn, (cx) => {
                const page = connector.objects(cx, cursor ?? null);
                const document = { schema: "offtake.objects/1", objects: page.objects };
                return { objectsJson: JSON.stringify(document), next: page.next ?? null };
            }),
        discoverFields: (conn, object) =>
            call(conn, (cx) => {
                const fields = connector.fields(cx, object);
                return JSON.stringify({ schema: "offtake.fields/1", object, fields });
            }),
        limitsFor: (conn, object, operation) =>
            call(conn, (cx) => {
                const limits = connector.limits(cx, object, operation);
                return {
                    maxRows: limits.rows,
                    maxBytes: limits.bytes ?? BYTES_MAX,
                    maxConcurrency: limits.concurrency ?? 1,
                    rates: (limits.rates ?? []).map(([requests, windowMs]) => ({ requests, windowMs })),
                };
            }),
        lookUp: (conn, object, matchKeys, fields, rows) =>
            call(conn, (cx) => lookUp(connector, cx, { object, matchKeys, fields, rows: parseRows(rows) })),
        write: (conn, batch) => call(conn, (cx) => write(connector, cx, batch)),
    };
}

function call(conn, enter) {
    try {
        let config;
        try {
            config = JSON.parse(conn.configJson);
        } catch {
            throw CallFailure.misconfigured("config_invalid", "the configuration is not JSON");
        }
        return enter({ config, connectionId: conn.id, http: new Http() });
    } catch (failure) {
        throw border(failure).toWit();
    }
}

/** What leaves the component. An error that is none of the contract's is a mistake of the connector's. */
function border(failure) {
    if (!(failure instanceof CallFailure)) {
        // The message stays out: it may quote a row. The place is enough to find the mistake.
        const place = String(failure?.stack ?? "").split("\n")[0].trim();
        const named = `${failure?.name ?? "an error"} ${place}`;
        log.error(`the connector broke off: ${named}`);
        return new CallFailure("fatal", "exception", named, { effectUnknown: true });
    }
    // Nothing can be halved outside of a write, which settles its own.
    if (failure.kind === "unattributed" && failure.ofWrite !== true) {
        failure.kind = "rejected";
    }
    return failure;
}

function lookUp(connector, cx, query) {
    if (connector.lookUp === undefined) {
        return null;
    }
    const asked = {
        ...query,
        get matchKey() {
            return onlyKey(query.object, query.matchKeys);
        },
        matchTexts() {
            return query.rows.map((row) => text(row[this.matchKey]));
        },
    };
    const found = connector.lookUp(cx, asked);
    if (found === null) {
        return null;
    }
    if (found.length !== query.rows.length) {
        const message = `${found.length} records were read for ${query.rows.length} rows`;
        throw new CallFailure("fatal", "unreadable_answer", message);
    }
    return utf8.encode(found.map((record) => `${JSON.stringify(record)}\n`).join(""));
}

function write(connector, cx, raw) {
    const batch = new Batch(raw);
    try {
        return connector.write(cx, batch).results();
    } catch (failure) {
        if (!(failure instanceof CallFailure)) {
            throw failure;
        }
        // A refusal that names no row is about the only row there is.
        if (["unattributed", "rejected"].includes(failure.kind) && batch.length === 1) {
            failure.kind = "rejected";
            return [{ row: 0, outcome: { tag: "failed", val: failure.toWitFailure() }, remoteId: null }];
        }
        // The failing request may have done nothing while an earlier one did.
        failure.effectUnknown = failure.effectUnknown || cx.http.writes > 0;
        failure.ofWrite = true;
        throw failure;
    }
}
