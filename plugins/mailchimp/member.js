// A row as a member of an audience.

/** @import { Json } from "@offtake/sdk" */

/** The address, by which Mailchimp finds a contact. */
export const MATCH_KEY = "email_address";

/** Fields that a member has beside the audience's own merge fields. */
export const OWN = ["email_address", "status", "language", "vip", "email_type"];

/**
 * Everything else is a merge field, whose empty text clears it.
 *
 * @param {{ [field: string]: Json }} fields
 */
export function member(fields) {
    /** @type {{ [field: string]: Json }} */
    const own = {};
    /** @type {{ [tag: string]: Json }} */
    const merge = {};
    for (const [name, value] of Object.entries(fields)) {
        if (OWN.includes(name)) {
            own[name] = value ?? "";
        } else {
            merge[name] = value ?? "";
        }
    }
    return Object.keys(merge).length === 0 ? own : { ...own, merge_fields: merge };
}
