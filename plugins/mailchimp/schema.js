// Audiences and their fields.

import { field, object } from "@offtake/sdk";

import { send } from "./client.js";
import { MATCH_KEY } from "./member.js";

/** @import { Context, FieldType, Operation } from "@offtake/sdk" */
/** @typedef {{ tag: string, name: string, type: string, required?: boolean, options?: { size?: number, choices?: string[] } }} MergeField */

// Mailchimp allows 80 merge fields an audience at most.
const MERGE_FIELDS_MAX = 100;
const STATUSES = [
    ["subscribed", "Subscribed"],
    ["unsubscribed", "Unsubscribed"],
    ["pending", "Pending: Mailchimp asks for a confirmation"],
    ["transactional", "Transactional"],
];
/** @type {{ [type: string]: FieldType }} */
const KINDS = { number: "number", date: "string", dropdown: "enumeration", radio: "enumeration", address: "json" };

/**
 * An audience as an object.
 *
 * @param {{ id: string, name: string }} list
 * @param {Operation[]} operations
 */
export function audience(list, operations) {
    return object(list.id, list.name, operations, [MATCH_KEY]);
}

/**
 * The fields of an audience: what every contact has, and the audience's merge fields by their tag.
 *
 * @param {Context} cx
 * @param {string} list
 */
export function fields(cx, list) {
    const path = `/3.0/lists/${encodeURIComponent(list)}/merge-fields?count=${MERGE_FIELDS_MAX}`;
    const { merge_fields: merge } = send(cx, { method: "GET", path }).json();
    const options = STATUSES.map(([value, label]) => ({ value, label }));
    return [
        field(MATCH_KEY, "string", { label: "Email address", required: true, unique: true }),
        // Who may be written to is known in the source and nowhere else: there is no default.
        field("status", "enumeration", { label: "Subscription status", required: true, options }),
        field("language", "string", { label: "Language" }),
        field("vip", "boolean", { label: "VIP" }),
        ...merge.map(mergeField),
    ];
}

/** @param {MergeField} found */
function mergeField(found) {
    const choices = found.options?.choices ?? [];
    return field(found.tag, KINDS[found.type] ?? "string", {
        label: found.name,
        required: found.required === true,
        maxLength: found.options?.size,
        options: choices.map((choice) => ({ value: choice, label: choice })),
    });
}
