// Fresh randomness from the host. Never mint an idempotency key from it: the host has minted one for every row.

import entropy from "offtake:destination/entropy@0.1.0";

/** So many random bytes, 255 at most. */
export function bytes(length) {
    return new Uint8Array(entropy.bytes(length));
}

/** So many random bytes as lowercase hexadecimal digits. */
export function hex(length) {
    return Array.from(bytes(length), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
