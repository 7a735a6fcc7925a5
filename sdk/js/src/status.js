// From transport errors and HTTP statuses to the failures of the contract.

import { nowUnixMs } from "./clock.js";
import { CallFailure } from "./failure.js";

// The host cuts messages at 1 KiB; a body is not carried further than that.
const MESSAGE_CHARS_MAX = 1024;
const SENT_NOTHING = ["dns", "connect", "tls"];
const REFUSALS = {
    "denied-by-policy": ["misconfigured", "the manifest does not declare this request, or the operator did not grant it"],
    "unknown-credential": ["misconfigured", "the connection has no credential for the slot that the request names"],
    "too-large": ["too-large", "the request is too large"],
    "budget-exhausted": ["too-large", "the call has used up the requests it may make"],
    "invalid-request": ["fatal", "the connector made a request that is not valid HTTP"],
};
const KINDS = {
    401: "auth", 403: "forbidden", 404: "schema-changed", 410: "schema-changed", 413: "too-large", 429: "rate-limited",
};
// A gateway that got no good answer does not know what the vendor did, and its own hint is none of the vendor's.
const UNCERTAIN = [408, 502, 504];

/** What an error of the way out means. */
export function ofTransport(error) {
    if (error.tag === "refused") {
        const [kind, message] = REFUSALS[error.val] ?? ["fatal", "the host refused the request"];
        return new CallFailure(kind, String(error.val).replaceAll("-", "_"), message);
    }
    if (SENT_NOTHING.includes(error.tag)) {
        return new CallFailure("transient", error.tag, String(error.val));
    }
    const message = typeof error.val === "string" ? error.val : "the vendor did not answer in time";
    return new CallFailure("transient", error.tag ?? "transport", message, { effectUnknown: true });
}

/** What a status other than 2xx means, in the vendor's words where there are any. */
export function ofResponse(response, vendor) {
    const asked = vendor.retryAfterMs ?? retryAfterMs(response.header("retry-after"), nowUnixMs());
    const [kind, effectUnknown] = meaning(vendor.treatAs ?? response.status, asked);
    return new CallFailure(kind, vendor.code ?? `http_${response.status}`, vendor.message ?? words(response), {
        httpStatus: response.status,
        field: vendor.field,
        retryAfterMs: kind === "rate-limited" ? asked : null,
        scope: vendor.scope,
        effectUnknown,
    });
}

function meaning(status, asked) {
    if (KINDS[status] !== undefined) {
        return [KINDS[status], false];
    }
    if (UNCERTAIN.includes(status)) {
        return ["transient", true];
    }
    if (status >= 500 && status <= 599) {
        return [asked === null ? "transient" : "rate-limited", true];
    }
    // Redirects are followed by nobody.
    return status >= 400 && status <= 499 ? ["unattributed", false] : ["fatal", true];
}

/** RFC 9110 section 10.2.3: seconds or a date. Null where the header says neither. */
export function retryAfterMs(value, now) {
    const trimmed = value?.trim() ?? "";
    if (/^\d+(\.\d+)?$/.test(trimmed)) {
        return Math.ceil(Number(trimmed) * 1000);
    }
    const at = /[a-z]{3}/i.test(trimmed) ? Date.parse(trimmed) : NaN;
    return Number.isNaN(at) ? null : Math.max(0, at - now);
}

function words(response) {
    return response.text().trim().slice(0, MESSAGE_CHARS_MAX) || `the vendor answered with status ${response.status}`;
}
