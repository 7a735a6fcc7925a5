// The way out: requests that name an endpoint and a credential slot, and answers that are failures where they fail.

import host from "offtake:destination/http@0.1.0";

import { CallFailure } from "./failure.js";
import { ofResponse, ofTransport } from "./status.js";
import * as utf8 from "./utf8.js";

/** Percent-encodes text for one path segment or one query value: everything but RFC 3986's unreserved characters. */
export function encode(text) {
    return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What the vendor answered. */
export class Response {
    constructor(raw, readOnly) {
        this.status = raw.status;
        this.headers = raw.headers;
        this.body = new Uint8Array(raw.body);
        this.readOnly = readOnly;
    }

    /** The first header of that name, whatever its case. */
    header(name) {
        const found = this.headers.find(([known]) => known.toLowerCase() === name.toLowerCase());
        return found === undefined ? null : found[1];
    }

    text() {
        return utf8.decode(this.body);
    }

    /** Reads the body as JSON. Fatal, when it is not. */
    json() {
        try {
            return JSON.parse(this.text());
        } catch {
            // The parser's words may quote the body.
            throw CallFailure.unreadable("the answer is not the JSON expected", !this.readOnly);
        }
    }
}

/** Sends requests for one call. */
export class Http {
    /** Requests after which the vendor may hold something that it did not hold before. */
    writes = 0;

    /** Sends a request. An answer other than 2xx throws a CallFailure, in the words that `explain` finds. */
    send(request) {
        const wit = toWit(request);
        let raw;
        try {
            raw = host.send(wit);
        } catch (error) {
            throw failed(request, ofTransport(payload(error)));
        }
        return this.#settle(request, raw);
    }

    /** Sends requests side by side. Answers and failures come in the order of the requests. */
    sendAll(requests, maxInFlight) {
        const outcomes = host.sendAll(requests.map(toWit), maxInFlight);
        return requests.map((request, index) => {
            const outcome = outcomes[index];
            if (outcome.tag !== "ok") {
                return failed(request, ofTransport(outcome.val));
            }
            try {
                return this.#settle(request, outcome.val);
            } catch (failure) {
                return failure;
            }
        });
    }

    #settle(request, raw) {
        const response = new Response(raw, onlyReads(request));
        if (response.status >= 200 && response.status <= 299) {
            this.writes += onlyReads(request) ? 0 : 1;
            return response;
        }
        throw failed(request, ofResponse(response, request.explain?.(response) ?? {}));
    }
}

/** What an import throws: the error itself, or an Error that carries it. */
function payload(error) {
    return error?.tag === undefined ? (error?.payload ?? { tag: "transport", val: String(error) }) : error;
}

function onlyReads(request) {
    return request.readOnly ?? ["GET", "HEAD"].includes(request.method);
}

function failed(request, failure) {
    failure.effectUnknown = failure.effectUnknown && !onlyReads(request);
    return failure;
}

function toWit(request) {
    const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [name, String(value)]);
    let body = request.body ?? null;
    if (request.json !== undefined) {
        body = utf8.encode(JSON.stringify(request.json));
        headers.push(["content-type", "application/json"]);
    }
    return {
        method: request.method,
        target: request.link
            ? { tag: "absolute", val: request.path }
            : { tag: "endpoint", val: [request.endpoint ?? "api", request.path] },
        headers,
        body,
        auth: request.auth ?? null,
        timeoutMs: request.timeoutMs ?? null,
        idempotencyKey: request.idempotencyKey ?? null,
        maxResponseBytes: request.maxResponseBytes ?? null,
    };
}
