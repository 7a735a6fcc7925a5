// Drives braze-api against the base URL given as the first argument, with the API key given as the second.
// Run it in a folder whose node_modules holds the client.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { Braze } = require("braze-api");

const [url, key] = process.argv.slice(2);
const braze = new Braze(url, key);
const time = "2026-11-22T10:00:00Z";

const names = ["ada", "grace", "edith"];
const tracked = await braze.users.track({
    attributes: names.map((name) => ({ external_id: name, first_name: name, plan: "pro" })),
    events: [{ external_id: "ada", name: "signed_up", time }],
    purchases: [{ external_id: "ada", product_id: "p", currency: "EUR", price: 2.5, time }],
});
assert.deepEqual(tracked, { attributes_processed: 3, events_processed: 1, purchases_processed: 1, message: "success" });

const partly = await braze.users.track({ attributes: [{ external_id: "grace", plan: null }, { first_name: "nobody" }] });
assert.equal(partly.message, "success");
assert.deepEqual(partly.errors.map((error) => [error.input_array, error.index]), [["attributes", 1]]);

const aliased = await braze.users.alias.new({ user_aliases: [{ external_id: "ada", alias_name: "a", alias_label: "l" }] });
assert.equal(aliased.message, "success");

const exported = await braze.users.export.ids({ external_ids: ["ada", "nobody"], fields_to_export: ["external_id", "first_name"] });
assert.deepEqual(exported.users, [{ external_id: "ada", first_name: "ada" }]);
assert.deepEqual(exported.invalid_user_ids, ["nobody"]);

assert.deepEqual(await braze.users.delete({ external_ids: ["edith"] }), { deleted: 1, message: "success" });
const catalogs = await braze.catalogs.synchronous.list();
assert.equal(catalogs.catalogs[0].name, "restaurants");

await assert.rejects(braze.users.track({ attributes: [{ first_name: "nobody" }] }), /Valid data must be provided/);
