// Requests to Mailchimp, and its error bodies.

/** @import { Context, Request, Response, VendorError } from "@offtake/sdk" */

/**
 * Sends a request with the key.
 *
 * @param {Context} cx
 * @param {Request} request
 */
export function send(cx, request) {
    return cx.http.send({ auth: "key", explain, ...request });
}

/**
 * RFC 7807: `{"type": …, "title": "Invalid Resource", "status": 400, "detail": …, "errors": [{"field": …, "message": …}]}`.
 *
 * @param {Response} response
 * @returns {VendorError}
 */
function explain(response) {
    let body = null;
    try {
        body = response.json();
    } catch {
        // At very high volume Mailchimp's edge answers 403 without a JSON body, and means the same as 429.
        return response.status === 403 ? { code: "throttled", scope: "connections", treatAs: 429 } : {};
    }
    const first = Array.isArray(body?.errors) ? body.errors[0] : undefined;
    const title = typeof body?.title === "string" ? body.title : undefined;
    return {
        code: title?.toLowerCase().replace(/[^a-z0-9]+/g, "_"),
        message: [body?.detail, first?.message].filter(Boolean).join(" ") || title,
        field: first?.field || undefined,
        scope: response.status === 429 ? "connections" : undefined,
        // An account that is not allowed to do this any more is no mistake of the row's.
        treatAs: title === "User Disabled" || title === "API Key Invalid" ? 401 : undefined,
    };
}
