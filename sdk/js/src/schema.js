// The account, objects and fields that a connector discovers.

/** What people see of the account: label to value. */
export function account(facts) {
    const named = Object.entries(facts).map(([label, value]) => ({ label, value: String(value) }));
    return { schema: "offtake.account/1", facts: named };
}

/** A kind of record at the vendor. */
export function object(id, label, operations, matchKeys = []) {
    return { id, label, operations, match_keys: matchKeys };
}

/** A field of an object; `more` has label, required, readOnly, unique, multiple, maxLength, options. */
export function field(name, type, more = {}) {
    return {
        name,
        label: more.label ?? name,
        type,
        required: more.required ?? false,
        read_only: more.readOnly ?? false,
        unique: more.unique ?? false,
        multiple: more.multiple ?? false,
        max_length: more.maxLength ?? null,
        options: more.options ?? [],
    };
}
