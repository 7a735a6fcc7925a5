// Drives jsforce against the instance URL given as the first argument, with the access token given as the second.
// Run it in a folder whose node_modules holds the client.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { Connection } = require("jsforce");

const [instanceUrl, accessToken] = process.argv.slice(2);
const org = new Connection({ instanceUrl, accessToken, version: "68.0" });

const described = await org.describe("Contact");
assert.ok(described.fields.find((field) => field.name === "Ext__c").externalId);
assert.ok((await org.describeGlobal()).sobjects.some((object) => object.name === "Account"));

const names = ["ada", "grace", "edith"];
const people = names.map((name) => ({ LastName: name, Email: `${name}@example.com`, Ext__c: name }));
const made = await org.sobject("Contact").create(people);
assert.deepEqual(made.map((result) => result.success), [true, true, true]);
const ids = made.map((result) => result.id);

const upserted = await org.sobject("Contact").upsert(
    [{ Ext__c: "ada", LastName: "ADA", Account: { Ext__c: "acme" } }, { Ext__c: "bad", LastName: "Bad", Email: "nobody" }], "Ext__c");
assert.deepEqual(upserted.map((result) => result.success), [true, false]);
assert.equal(upserted[0].id, ids[0]);
assert.equal(upserted[1].errors[0].statusCode ?? upserted[1].errors[0].errorCode, "INVALID_EMAIL_ADDRESS");
const single = await org.sobject("Contact").upsert({ Ext__c: "single", LastName: "single" }, "Ext__c");
assert.ok(single.success);

const updated = await org.sobject("Contact").update([{ Id: ids[1], Phone: "1" }, { Id: ids[0], Phone: null }]);
assert.ok(updated.every((result) => result.success));
const found = await org.query("SELECT Id, LastName, Account.Ext__c FROM Contact WHERE Ext__c IN ('ada', 'grace') ORDER BY LastName");
assert.deepEqual(found.records.map((record) => [record.LastName, record.Account?.Ext__c ?? null]), [["ADA", "acme"], ["grace", null]]);
assert.equal((await org.sobject("Contact").retrieve(ids[1])).Phone, "1");
assert.ok((await org.sobject("Contact").destroy([ids[2]]))[0].success);

const job = await org.bulk2.loadAndWaitForResults({
    object: "Contact", operation: "upsert", externalIdFieldName: "Ext__c", pollInterval: 20, pollTimeout: 20000,
    input: [
        { Ext__c: "bulk-1", LastName: "bulk-1", "Account.Ext__c": "acme" },
        { Ext__c: "bulk-2", LastName: "bulk-2", "Account.Ext__c": "" },
        { Ext__c: "bulk-3", LastName: "", "Account.Ext__c": "" },
    ],
});
assert.deepEqual(job.successfulResults.map((row) => row.Ext__c).sort(), ["bulk-1", "bulk-2"]);
assert.match(job.failedResults[0].sf__Error, /^REQUIRED_FIELD_MISSING:/);
assert.equal(job.unprocessedRecords.length, 0);

await assert.rejects(org.sobject("Contact").create({ LastName: "Bad", Shoe__c: "1" }), /No such column/);
await assert.rejects(org.sobject("Contact").retrieve("0034S000005YJYwQAO"), /does not exist/);
