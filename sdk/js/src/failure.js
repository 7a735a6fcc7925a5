// Failures, named after what the host does about them.

const KINDS = [
    "transient", "rate-limited", "auth", "forbidden", "rejected", "unattributed", "too-large", "schema-changed",
    "misconfigured", "fatal",
];

/** A failure of a call, or of one row. */
export class CallFailure extends Error {
    constructor(kind, code, message, more = {}) {
        super(message);
        if (!KINDS.includes(kind)) {
            throw new TypeError(`no failure is called ${kind}`);
        }
        this.kind = kind;
        this.code = code;
        this.httpStatus = more.httpStatus ?? null;
        this.field = more.field ?? null;
        this.retryAfterMs = more.retryAfterMs ?? null;
        this.scope = more.scope ?? null;
        this.effectUnknown = more.effectUnknown ?? false;
    }

    /** This input can never succeed. */
    static rejected(code, message, field) {
        return new CallFailure("rejected", code, message, { field });
    }

    /** The connection's configuration is wrong. */
    static misconfigured(code, message) {
        return new CallFailure("misconfigured", code, message);
    }

    /** An object or a field is not there. */
    static schemaChanged(code, message) {
        return new CallFailure("schema-changed", code, message);
    }

    /** An answer that breaks the vendor's contract. */
    static unreadable(message, effectUnknown) {
        return new CallFailure("fatal", "unreadable_answer", message, { effectUnknown });
    }

    /** As the contract has it, for a row. */
    toWitFailure() {
        const detail = { code: this.code, message: this.message, httpStatus: this.httpStatus, field: this.field };
        if (this.kind === "rate-limited") {
            return { tag: this.kind, val: { retryAfterMs: this.retryAfterMs, scope: this.scope, detail } };
        }
        return { tag: this.kind, val: detail };
    }

    /** As the contract has it, for a call. */
    toWit() {
        return { failure: this.toWitFailure(), effect: this.effectUnknown ? "unknown" : "none" };
    }
}
