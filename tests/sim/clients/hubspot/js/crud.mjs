// Drives HubSpot's own Node client against the base URL given as the first argument, with the token given as
// the second. Run it in a folder whose node_modules holds the client.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { Client } = require("@hubspot/api-client");

const [basePath, accessToken] = process.argv.slice(2);
const client = new Client({ accessToken, basePath });
const contacts = client.crm.contacts;
const address = (name) => `${name}.js@example.com`;

const created = await contacts.basicApi.create({
  properties: { email: address("ada"), firstname: "Ada" },
  associations: [],
});
assert.equal(created.properties.email, address("ada"));
assert.ok(created.createdAt instanceof Date);

const names = ["ada", "grace", "edith"];
const inputs = names.map((name) => ({
  id: address(name),
  idProperty: "email",
  properties: { lastname: name.toUpperCase() },
  objectWriteTraceId: name,
}));
const upserted = await contacts.batchApi.upsert({ inputs });
assert.equal(upserted.status, "COMPLETE");
assert.deepEqual(upserted.results.map((result) => result._new).sort(), [false, true, true]);
const ids = upserted.results.map((result) => ({ id: result.id }));

const properties = ["email", "lastname", "city"];
const read = await contacts.batchApi.read({ inputs: ids, properties, propertiesWithHistory: [] });
assert.deepEqual(
  read.results.map((result) => result.properties.lastname).sort(),
  names.map((name) => name.toUpperCase()).sort(),
);
assert.equal(read.results[0].properties.city, null);

const found = await contacts.searchApi.doSearch({
  filterGroups: [{ filters: [{ propertyName: "email", operator: "EQ", value: address("grace") }] }],
  properties,
  limit: 10,
});
assert.equal(found.total, 1);
assert.equal(found.results[0].properties.lastname, "GRACE");

await contacts.basicApi.update(created.id, { properties: { city: "London" } });
const one = await contacts.basicApi.getById(created.id, ["city"]);
assert.equal(one.properties.city, "London");

const definition = await client.crm.properties.coreApi.getByName("contacts", "lifecyclestage");
assert.equal(definition.type, "enumeration");

await assert.rejects(
  contacts.batchApi.create({ inputs: [{ properties: { shoe_size: "44" }, associations: [] }] }),
  (error) => error.code === 400 && error.body.category === "VALIDATION_ERROR",
);

const firm = await client.crm.companies.basicApi.create({ properties: { name: "Js" }, associations: [] });
const associations = client.crm.associations.v4;
const pair = { _from: { id: created.id }, to: { id: firm.id } };
const label = { associationCategory: "HUBSPOT_DEFINED", associationTypeId: 279 };
const made = await associations.batchApi.create("contacts", "companies", { inputs: [{ ...pair, types: [label] }] });
assert.equal(made.results[0].toObjectId, firm.id);
await associations.batchApi.archive("contacts", "companies", { inputs: [{ ...pair, to: [{ id: firm.id }] }] });
await client.crm.companies.basicApi.archive(firm.id);

const { list } = await client.crm.lists.listsApi.create({ name: "Js", objectTypeId: "0-1", processingType: "MANUAL" });
const added = await client.crm.lists.membershipsApi.add(list.listId, [created.id]);
assert.deepEqual(added.recordsIdsAdded, [created.id]);
const removed = await client.crm.lists.membershipsApi.remove(list.listId, [created.id]);
assert.deepEqual(removed.recordIdsRemoved, [created.id]);

await contacts.batchApi.archive({ inputs: ids });
await assert.rejects(contacts.basicApi.getById(created.id), (error) => error.code === 404);
console.log("ok");
