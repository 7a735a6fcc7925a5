// Drives node-zendesk against the base URL given as the first argument, with the OAuth token given as the second.
// Run it in a folder whose node_modules holds the client.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { createClient } = require("node-zendesk");

const [endpointUri, token] = process.argv.slice(2);
const client = createClient({ endpointUri, token, oauth: true, username: "ada@example.com" });
const body = (answer) => answer.result ?? answer;
const address = (name) => `${name}.js@example.com`;

const finished = async (answer) => {
    const { job_status: job } = body(answer);
    assert.ok(job.id.startsWith("V3-"));
    for (;;) {
        const { job_status: now } = body(await client.jobstatuses.show(job.id));
        if (!["queued", "working"].includes(now.status)) return now;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
};

const names = ["ada", "grace", "edith"];
const users = names.map((name) => ({ name, email: address(name), external_id: name, verified: true }));
const created = await finished(await client.users.createOrUpdateMany({ users }));
assert.equal(created.status, "completed");
assert.deepEqual(created.results.map((result) => result.status), ["Created", "Created", "Created"]);
const ids = created.results.map((result) => result.id);

const updated = body(await client.users.update(ids[0], { user: { name: "ADA", user_fields: { numeric_field: 17 } } }));
assert.equal((updated.user ?? updated).name, "ADA");
const found = body(await client.users.search({ query: address("grace") }));
assert.equal((found.users ?? found)[0].id, ids[1]);
await client.users.delete(ids[2]);

const organizations = ["One", "Two"].map((name) => ({ name, external_id: name }));
const made = await finished(await client.organizations.createMany({ organizations }));
const destroyed = await finished(await client.organizations.bulkDelete(made.results.map((result) => result.id)));
assert.deepEqual(destroyed.results.map((result) => result.status), ["Deleted", "Deleted"]);

await assert.rejects(client.users.create({ user: { name: "Bad", email: "no address" } }), /422|Unprocessable|RecordInvalid/);
await assert.rejects(client.users.show(1), /404|Not Found/i);
