// The rows of a write: parsed once, with what the host knows about each.

import { CallFailure } from "./failure.js";
import * as utf8 from "./utf8.js";

const CONTENT_TYPE = "application/x-ndjson;profile=offtake-v1";

/** What a row says about a field that it does not have: the vendor's value stays. `null` clears it. */
export const ABSENT = Symbol("absent");

/** A scalar as text, the way it stands in the row; null for null, lists and objects. */
export function text(value) {
    if (typeof value === "string") {
        return value;
    }
    return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** One record to write. */
export class Row {
    constructor(index, fields, matchText, ref) {
        this.index = index;
        /** The fields that are present, null ones included. */
        this.fields = fields;
        /** The value of the first match key as text; null when it is absent, null, a list or an object. */
        this.matchText = matchText;
        this.idempotencyKey = ref.idempotencyKey;
        this.remoteId = ref.remoteId;
    }

    /** ABSENT, null or the value. */
    get(field) {
        return Object.hasOwn(this.fields, field) ? this.fields[field] : ABSENT;
    }
}

/** Rows of one object that take one operation. */
export class Batch {
    constructor(raw) {
        if (raw.contentType !== CONTENT_TYPE) {
            throw unreadable(`rows of type ${raw.contentType} are not understood`);
        }
        const rows = parseRows(raw.rows);
        if (rows.length !== raw.refs.length) {
            throw unreadable(`${rows.length} rows came with ${raw.refs.length} references`);
        }
        this.object = raw.object;
        this.operation = raw.op;
        this.matchKeys = raw.matchKeys;
        this.id = raw.batchId;
        this.attempt = raw.attempt;
        this.rows = rows.map((fields, index) => new Row(index, fields, text(fields[raw.matchKeys[0]]), raw.refs[index]));
    }

    /** The match key, for vendors that find a record by one field. Misconfigured, when there is none or are several. */
    get matchKey() {
        return onlyKey(this.object, this.matchKeys);
    }

    get length() {
        return this.rows.length;
    }

    [Symbol.iterator]() {
        return this.rows[Symbol.iterator]();
    }
}

/** NDJSON as rows. The parser's own message may quote a row, and a failure must not carry row values into a log. */
export function parseRows(bytes) {
    const lines = utf8.decode(new Uint8Array(bytes)).split("\n").filter((line) => line !== "");
    return lines.map((line, index) => {
        let row = null;
        try {
            row = JSON.parse(line);
        } catch {
            row = null;
        }
        if (row === null || typeof row !== "object" || Array.isArray(row)) {
            throw unreadable(`row ${index} is not a JSON object`);
        }
        return row;
    });
}

/** The one match key. */
export function onlyKey(object, matchKeys) {
    if (matchKeys.length === 1) {
        return matchKeys[0];
    }
    if (matchKeys.length === 0) {
        throw CallFailure.misconfigured("match_key_missing", `${object} needs a match key`);
    }
    const message = `a record of ${object} is found by one field, and \`match\` has ${matchKeys.join(", ")}`;
    throw CallFailure.misconfigured("match_keys_unsupported", message);
}

function unreadable(message) {
    return new CallFailure("fatal", "unreadable_batch", message);
}
