// Signs requests with standardwebhooks: base URL, token and secret are the arguments.
// Run it in a folder whose node_modules holds the library.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { Webhook } = require("standardwebhooks");

const [base, token, secret] = process.argv.slice(2);
const OTHER = "whsec_" + Buffer.alloc(24, 7).toString("base64");

// What `change` does to the headers and to the body comes after the signature.
async function ask(method, path, body, { key = secret, late = 0, change = (headers, body) => body, type = "application/json" } = {}) {
    const at = new Date(Date.now() - late * 1000);
    const id = `msg_${path}`;
    const headers = {
        "x-acme-token": token,
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
        "webhook-signature": new Webhook(key).sign(id, at, body),
    };
    if (body) headers["content-type"] = type;
    const sent = change(headers, body);
    const answer = await fetch(base + path, { method, headers, body: sent || undefined });
    return answer.status;
}

const ada = "/v1/people/ada@example.com";
const person = JSON.stringify({ name: "ada" });
assert.equal(await ask("GET", "/v1/me", ""), 200);
assert.equal(await ask("PUT", ada, person), 201);
assert.equal(await ask("PUT", ada, person, { late: 240 }), 200);
const people = JSON.stringify({ people: ["grace", "edith"].map((name) => ({ email: `${name}@example.com`, name })) });
assert.equal(await ask("POST", "/v1/people/batch", people), 200);
assert.equal(await ask("DELETE", "/v1/people/edith@example.com", ""), 204);
const event = JSON.stringify({ email: "ada@example.com", name: "signed_up" }) + "\n";
assert.equal(await ask("POST", "/v1/events", event, { type: "application/x-ndjson" }), 202);

const bad = {
    "another body": { change: () => JSON.stringify({ name: "other" }) },
    "another time": {
        change: (headers, body) => {
            headers["webhook-timestamp"] = String(Number(headers["webhook-timestamp"]) - 1);
            return body;
        },
    },
    "another id": {
        change: (headers, body) => {
            headers["webhook-id"] = "msg_other";
            return body;
        },
    },
    "another secret": { key: OTHER },
    "too old": { late: 400 },
    "too new": { late: -400 },
    "no time": {
        change: (headers, body) => {
            delete headers["webhook-timestamp"];
            return body;
        },
    },
    "no signature": {
        change: (headers, body) => {
            delete headers["webhook-signature"];
            return body;
        },
    },
};
for (const [name, how] of Object.entries(bad)) {
    assert.equal(await ask("PUT", ada, JSON.stringify({ name: "changed" }), how), 401, name);
}
